package lib.site;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import lib.http.Content;
import lib.site.Resource.Document;
import lib.site.Resource.Entry;

/// Which document of a zip does a target name? A `.zip` or `.jar` is served as the tree that is in it, and never unpacked.
///
/// Names are looked up in a tree in memory, never on a disk: one that is absolute, or has `..` in it, leads nowhere. A zip
/// that is exchanged, or written over, is opened anew at the next request; documents that are under way keep theirs. What nobody
/// holds any more closes itself.
///
/// Documents bear the date of the zip: what is in it may be dated anyhow, and a validator must change when the content does.
public final class ZipTree implements Tree {

    /// What lies deeper was made to hurt.
    private static final int DEEPEST = 256;

    private final Path path;
    private final Visibility visibility;
    private Opened opened;

    /// @param path of the zip, or of a link to it
    /// @throws IOException if it can't be read, or is no zip, or one that is encrypted or squeezed in a way that is not ours
    public ZipTree(Path path, Visibility visibility) throws IOException {
        this.path = path.toAbsolutePath();
        this.visibility = visibility;
        this.opened = open();
    }

    /// Is it served as a tree, by its name?
    public static boolean serves(Path path) {
        String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
        return (name.endsWith(".zip") || name.endsWith(".jar")) && Files.isRegularFile(path);
    }

    /// Can it be read as a zip?
    ///
    /// @throws IOException if not
    public static void check(Path path) throws IOException {
        zip(path).close();
    }

    /// The zip as it was opened.
    ///
    /// @param root what is in it
    private record Opened(Path path, ZipFile zip, BasicFileAttributes attributes, Node root) implements ZippedFile.Home {

        boolean isCurrent() throws IOException {
            BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
            return isSame(now) && Objects.equals(now.fileKey(), attributes.fileKey());
        }

        /// A zip that was put in the place of ours does ours no harm.
        @Override
        public boolean isUnchanged() throws IOException {
            try {
                BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
                return isSame(now) || !Objects.equals(now.fileKey(), attributes.fileKey());
            } catch (NoSuchFileException _) {
                return true;
            }
        }

        private boolean isSame(BasicFileAttributes now) {
            return now.size() == attributes.size() && now.lastModifiedTime().equals(attributes.lastModifiedTime());
        }

        @Override
        public Content.Stamp stamp() {
            return new Content.Stamp(Objects.requireNonNullElse(attributes.fileKey(), path), attributes.size(), modified());
        }

        Instant modified() {
            return attributes.lastModifiedTime().toInstant();
        }

        Document document(ZipEntry entry, String name) {
            return new Document(new ZippedFile(zip, entry, this), name, entry.getSize(), modified());
        }
    }

    /// A directory; or a document, which has an entry and nothing below it. A name that is both is a directory.
    private static final class Node {
        private final Map<String, Node> below = new TreeMap<>();
        private Optional<ZipEntry> entry = Optional.empty();

        boolean isDirectory() {
            return entry.isEmpty() || entry.get().isDirectory() || !below.isEmpty();
        }

        /// In a directory of that date, if the zip says nothing of its own.
        Instant modified(Instant otherwise) {
            Instant modified = entry.map(ZipEntry::getLastModifiedTime).map(time -> time.toInstant()).orElse(otherwise);
            return modified.isBefore(Instant.EPOCH) ? Instant.EPOCH : modified;
        }
    }

    private Opened open() throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        ZipFile zip = zip(path);
        Opened fresh = new Opened(path, zip, attributes, new Node());
        zip.entries().asIterator().forEachRemaining(entry -> place(entry).ifPresent(names -> plant(fresh, names, entry)));
        hidePrivateKeys(fresh, fresh.root);
        return fresh;
    }

    /// Names are UTF-8, or else as DOS wrote them.
    private static ZipFile zip(Path path) throws IOException {
        try {
            return new ZipFile(path.toFile());
        } catch (ZipException notUtf8) {
            String dos = "IBM437";
            return new ZipFile(path.toFile(), Charset.isSupported(dos) ? Charset.forName(dos) : StandardCharsets.ISO_8859_1);
        }
    }

    /// The names on the way to an entry; empty if one of them can't be a name, or is not for strangers.
    private Optional<List<String>> place(ZipEntry entry) {
        String name = entry.getName();
        String octets = new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        List<String> names = List.of((entry.isDirectory() ? octets.substring(0, octets.length() - 1) : octets).split("/", -1));
        return names.size() <= DEEPEST && names.stream().allMatch(each -> FileNames.isName(each) && visibility.shows(each)) ? Optional.of(names)
                : Optional.empty();
    }

    /// Of two entries of the same name, the one counts that the zip itself finds.
    private static void plant(Opened fresh, List<String> names, ZipEntry entry) {
        Node node = fresh.root;
        for (String name : names) {
            node = node.below.computeIfAbsent(name, _ -> new Node());
        }
        node.entry = Optional.of(node.entry.isEmpty() ? entry : fresh.zip.getEntry(entry.getName()));
    }

    private void hidePrivateKeys(Opened fresh, Node node) throws IOException {
        List<String> hidden = new ArrayList<>();
        for (Map.Entry<String, Node> child : node.below.entrySet()) {
            if (child.getValue().isDirectory()) {
                hidePrivateKeys(fresh, child.getValue());
            } else if (visibility.suspects(child.getKey()) && holdsPrivateKey(fresh, child.getValue())) {
                hidden.add(child.getKey());
            }
        }
        hidden.forEach(node.below::remove);
    }

    private static boolean holdsPrivateKey(Opened fresh, Node node) throws IOException {
        try (Content.OpenFile file = fresh.document(node.entry.orElseThrow(), "").file()) {
            return Visibility.holdsPrivateKey(file);
        }
    }

    /// @throws IOException if the zip is gone, or is one no more
    private synchronized Opened current() throws IOException {
        if (!opened.isCurrent()) {
            opened = open();
        }
        return opened;
    }

    @Override
    public Resource resolve(List<String> segments) {
        try {
            Opened now = current();
            Optional<Node> node = node(now, segments);
            if (node.isEmpty()) {
                return Resource.MISSING;
            }
            return node.get().isDirectory() ? new Resource.Directory(path, segments)
                    : now.document(node.get().entry.orElseThrow(), segments.getLast());
        } catch (NoSuchFileException _) {
            return Resource.MISSING;
        } catch (IOException _) {
            return Resource.FORBIDDEN; // somebody is writing it just now
        }
    }

    private static Optional<Node> node(Opened now, List<String> names) {
        Optional<Node> node = Optional.of(now.root);
        for (String name : names) {
            node = node.map(directory -> directory.below.get(name));
        }
        return node;
    }

    @Override
    public boolean mayHold(List<String> segments) {
        try {
            return node(current(), segments).isPresent();
        } catch (IOException _) {
            return false;
        }
    }

    @Override
    public Optional<String> onlyName() {
        return Optional.empty();
    }

    @Override
    public boolean isReadable(Resource.Directory directory) {
        return mayHold(directory.inside());
    }

    @Override
    public void entries(Resource.Directory directory, Predicate<Entry> taker) throws IOException {
        Opened now = current();
        Optional<Node> node = node(now, directory.inside());
        if (node.isEmpty()) {
            return;
        }
        for (Map.Entry<String, Node> child : node.get().below.entrySet()) {
            if (!taker.test(entry(now, child.getKey(), child.getValue()))) {
                return;
            }
        }
    }

    private static Entry entry(Opened now, String name, Node child) {
        long length = child.isDirectory() ? 0 : child.entry.orElseThrow().getSize();
        return new Entry(name, child.isDirectory(), length, child.modified(now.modified()));
    }

    /// In the order in which a directory on disk is shown: documents, then what is in directories.
    @Override
    public void show(Resource.Directory directory, List<String> names, Predicate<List<String>> wanted, Tour.Guest guest)
            throws IOException {
        Opened now = current();
        Optional<Node> node = node(now, directory.inside());
        if (node.isPresent()) {
            show(now, node.get(), names, wanted, guest);
        }
    }

    private void show(Opened now, Node node, List<String> names, Predicate<List<String>> wanted, Tour.Guest guest)
            throws IOException {
        guest.directory(names, node.modified(now.modified()));
        for (boolean directories : List.of(false, true)) {
            for (Map.Entry<String, Node> child : node.below.entrySet()) {
                List<String> place = new ArrayList<>(names);
                place.add(child.getKey());
                if (child.getValue().isDirectory() == directories && wanted.test(place)) {
                    show(now, child.getValue(), place, wanted, guest, directories);
                }
            }
        }
    }

    private void show(Opened now, Node node, List<String> names, Predicate<List<String>> wanted, Tour.Guest guest,
                      boolean directory) throws IOException {
        if (directory) {
            show(now, node, names, wanted, guest);
        } else {
            ZipEntry entry = node.entry.orElseThrow();
            guest.document(new Tour.Sight(names, entry.getSize(), node.modified(now.modified()), entry.getCrc(),
                    () -> now.document(entry, names.getLast())));
        }
    }
}
