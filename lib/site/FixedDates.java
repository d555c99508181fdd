package lib.site;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import lib.site.Resource.Directory;
import lib.site.Resource.Document;
import lib.site.Resource.Entry;

/// What is left of a tree when nobody asks when it came to this machine? Its names and its octets, with one date on everything.
///
/// Two copies of a tree are alike then, whatever has happened to their dates. Whether something has changed can only be told
/// by its octets, and they are read for it.
record FixedDates(Tree tree, Instant date) implements Tree {

    @Override
    public boolean isDated() {
        return false;
    }

    @Override
    public Resource resolve(List<String> segments) {
        return switch (tree.resolve(segments)) {
            case Document document -> dated(document);
            case Resource other -> other;
        };
    }

    private Document dated(Document document) {
        return new Document(document.file(), document.name(), document.length(), date);
    }

    @Override
    public boolean mayHold(List<String> segments) {
        return tree.mayHold(segments);
    }

    @Override
    public Optional<String> onlyName() {
        return tree.onlyName();
    }

    @Override
    public boolean isReadable(Directory directory) {
        return tree.isReadable(directory);
    }

    @Override
    public void entries(Directory directory, Predicate<Entry> taker) throws IOException {
        tree.entries(directory, entry -> taker.test(new Entry(entry.name(), entry.directory(), entry.length(), date)));
    }

    @Override
    public void show(Directory directory, List<String> names, Predicate<List<String>> wanted, Tour.Guest guest)
            throws IOException {
        tree.show(directory, names, wanted, new Tour.Guest() {
            @Override
            public void directory(List<String> names, Instant modified) throws IOException {
                guest.directory(names, date);
            }

            @Override
            public void document(Tour.Sight sight) throws IOException {
                guest.document(dated(sight));
            }
        });
    }

    private Tour.Sight dated(Tour.Sight sight) throws IOException {
        Document document = sight.opener().open();
        try (var _ = document.file()) {
            return new Tour.Sight(sight.names(), sight.length(), date, Fingerprints.checksum(document), sight.opener());
        }
    }
}
