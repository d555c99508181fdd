package lib.site;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;
import lib.site.Resource.Document;

/// What of a directory goes into an archive: all of it, or what was chosen by name?
///
/// @param segments where the directory was found
/// @param chosen names of it; empty for all
/// @param mayRead who asks for it, may he have what is at these segments?
record Selection(Tree tree, Resource.Directory directory, List<String> segments, List<String> chosen,
                 Predicate<List<String>> mayRead) {

    Selection {
        segments = List.copyOf(segments);
        chosen = List.copyOf(new TreeSet<>(chosen));
    }

    /// Shows it; names are seen from the directory. What was chosen is found as any request finds it: a link to a directory
    /// that was chosen is followed.
    ///
    /// @throws NoSuchFileException if something that was chosen is not there, or not for him who asks
    /// @throws IOException if the tree can't be read, or the guest throws it
    void show(Tour.Guest guest) throws IOException {
        if (chosen.isEmpty()) {
            tree.show(directory, List.of(), names -> mayRead.test(place(names)), guest);
        }
        for (String name : chosen) {
            show(List.of(name), guest);
        }
    }

    private List<String> place(List<String> names) {
        List<String> place = new ArrayList<>(segments);
        place.addAll(names);
        return place;
    }

    private void show(List<String> names, Tour.Guest guest) throws IOException {
        switch (mayRead.test(place(names)) ? tree.resolve(place(names)) : Resource.MISSING) {
            case Resource.Directory found -> tree.show(found, names, more -> mayRead.test(place(more)), guest);
            case Document found -> {
                long checksum;
                try (var _ = found.file()) {
                    checksum = checksum(found);
                }
                guest.document(new Tour.Sight(names, found.length(), found.modified(), checksum, () -> again(names, found, checksum)));
            }
            case Resource.Missing _, Resource.Forbidden _, Resource.Script _, Resource.Unavailable _ -> throw new NoSuchFileException("");
        }
    }

    private long checksum(Document document) throws IOException {
        return tree.isDated() ? 0 : Fingerprints.checksum(document);
    }

    private Document again(List<String> names, Document found, long checksum) throws IOException {
        Optional<Document> document = tree.resolve(place(names)) instanceof Document again
                ? Optional.of(again) : Optional.empty();
        if (document.isPresent() && document.get().isSame(found) && checksum(document.get()) == checksum) {
            return document.get();
        }
        document.ifPresent(other -> other.file().close());
        throw new IOException("a document has changed");
    }
}
