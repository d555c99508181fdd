package lib.site;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import lib.http.Content;
import lib.http.Status;
import lib.site.Resource.Document;
import lib.site.Resource.Entry;

/// Which file does a target name? The only file of the house that turns the one into the other.
///
/// To compare a real path with the root and then to open it is a race: who may write in the tree swaps a link in
/// between, and gets any file of the machine served. So the tree is walked name by name from an open directory, and no
/// step follows a symbolic link. A link is read instead: if the real path behind it lies in the tree, that path is
/// walked in the same way, link-free or not at all.
public final class Docroot implements Tree {
    /// A file that is exchanged at the very moment of opening is tried again; more often than this it is an attack.
    private static final int ATTEMPTS = 8;

    private static final Instant EARLIEST = Instant.EPOCH;
    private static final Instant LATEST = Instant.ofEpochSecond(253_402_300_799L); // the end of 9999

    /// Where every walk begins; the root is here or below, and what lies between is walked as well.
    private final Path start;

    private final Path root;
    private final Optional<String> onlyName;
    private final Visibility visibility;
    private final boolean followsLinks;
    private final Programs programs;
    private final DocumentCache cache;

    /// @param root a directory to serve, or one file to serve at `/`
    /// @param followsLinks may links lead out of the tree?
    /// @throws IOException if there is nothing there, or it can't be read
    public Docroot(Path root, Visibility visibility, boolean followsLinks) throws IOException {
        this(root, visibility, followsLinks, Programs.NONE, DocumentCache.NONE);
    }

    /// @param programs what they hide is run, and never read or written
    /// @param cache for documents that may be sent from memory
    public Docroot(Path root, Visibility visibility, boolean followsLinks, Programs programs, DocumentCache cache) throws IOException {
        Path real = root.toRealPath();
        boolean directory = Files.isDirectory(real);
        this.root = directory ? real : real.getParent();
        this.start = this.root;
        this.onlyName = directory ? Optional.empty() : Optional.of(FileNames.octets(real));
        this.visibility = visibility;
        this.followsLinks = followsLinks;
        this.programs = programs;
        this.cache = cache;
    }

    private Docroot(Path start, Path root, Visibility visibility, boolean followsLinks, Programs programs,
                    DocumentCache cache) {
        this.start = start;
        this.root = root;
        this.onlyName = Optional.empty();
        this.visibility = visibility;
        this.followsLinks = followsLinks;
        this.programs = programs;
        this.cache = cache;
    }

    /// The tree of a directory that [#resolve] has found. Nobody makes it another one by exchanging the directory for a link.
    ///
    /// @param programs of that tree
    public Docroot below(Resource.Directory directory, Programs programs) {
        Path path = directory.path();
        return new Docroot(path.startsWith(root) ? start : path, path, visibility, followsLinks, programs, cache);
    }

    /// The name of the one file that is served, if it is not a directory.
    @Override
    public Optional<String> onlyName() {
        return onlyName;
    }

    /// What these decoded segments name. A document is open when it is returned.
    @Override
    public Resource resolve(List<String> segments) {
        if (onlyName.isPresent()) {
            return segments.isEmpty() ? walk(List.of(FileNames.path(onlyName.get()).orElseThrow()), true)
                    : Resource.MISSING;
        }
        Document ready = cache.find(this, segments);
        return ready != null ? ready : lookUp(segments);
    }

    private Resource lookUp(List<String> segments) {
        Optional<List<Path>> names = names(segments);
        Resource found = names.isEmpty() ? Resource.MISSING : walk(names.get(), false);
        Resource resource = programs.isEmpty() ? found : runnable(found, segments);
        boolean linkFree = resource instanceof Document(OpenDocument file, _, _, _) && file.path.equals(path(names.get()));
        return linkFree ? kept(segments, (Document) resource) : resource;
    }

    private Document kept(List<String> segments, Document document) {
        OpenDocument file = (OpenDocument) document.file();
        return cache.keep(this, segments, document, file.path, file.attributes);
    }

    @Override
    public Glance<Resource> atOnce(List<String> segments) {
        Document document = cache.find(this, segments);
        if (document != null) {
            return new Glance<>(document, ((DocumentCache.Ready) document.file()).basis());
        }
        Optional<List<Path>> names = onlyName.isPresent() || segments.isEmpty() ? Optional.empty() : names(segments);
        Absence absence = names.isEmpty() ? null : new Absence(start, path(names.get()));
        return absence != null && absence.holds() ? new Glance<>(Resource.MISSING, absence) : null;
    }

    /// That nothing at all is there is known by one look at the whole path, wherever links on it may lead; as long as the tree itself
    /// is there.
    private record Absence(Path tree, Path path) implements Glance.Basis {
        @Override
        public boolean holds() {
            try {
                return isAbsent(path) && !isAbsent(tree);
            } catch (IOException _) {
                return false;
            }
        }
    }

    /// Links are followed, for then Java throws nothing, which would cost more than the look: a link to nothing is nothing, too.
    private static boolean isAbsent(Path path) throws IOException {
        return path.getFileSystem().provider().readAttributesIfExists(path, BasicFileAttributes.class) == null;
    }

    /// The name that a client says decides what is run; what is behind it decides as well what is not read.
    private Resource runnable(Resource resource, List<String> segments) {
        boolean hidden = programs.hide(segments);
        return switch (resource) {
            case Resource.Script _ when !hidden -> Resource.FORBIDDEN;
            case Document(OpenDocument file, _, long length, Instant modified) when hidden -> {
                file.close();
                yield new Resource.Script(file.path(), length, modified);
            }
            default -> resource;
        };
    }

    /// The directory that all is in.
    Path root() {
        return root;
    }

    /// Is it worth while to resolve these segments? A cheap hint, for what is rarely there: it opens nothing and decides
    /// nothing.
    @Override
    public boolean mayHold(List<String> segments) {
        Optional<List<Path>> names = names(segments);
        try {
            return names.isPresent() && !isAbsent(path(names.get()));
        } catch (IOException _) {
            return true;
        }
    }

    /// Where these decoded segments point, for somebody who wants to write there. No link is followed: who writes through one
    /// writes where others did not mean him to.
    ///
    /// @param making are directories on the way made that are not there?
    Placement place(List<String> segments, boolean making) throws IOException {
        if (onlyName.isPresent() || segments.isEmpty()) {
            return new Placement.Refused(Status.METHOD_NOT_ALLOWED);
        }
        Optional<List<Path>> names = names(segments);
        if (names.isEmpty() || !segments.stream().allMatch(Docroot::isDecent) || programs.hide(segments)) {
            return new Placement.Refused(Status.FORBIDDEN);
        }
        try {
            Placement.Spot spot = new Placement.Spot(descend(names.get().subList(0, segments.size() - 1), making), names.get().getLast());
            if (isSecret(spot)) {
                spot.close();
                return new Placement.Refused(Status.FORBIDDEN);
            }
            return spot;
        } catch (OpenDirectory.LinkOnTheWay | AccessDeniedException _) {
            return new Placement.Refused(Status.FORBIDDEN);
        } catch (NoSuchFileException | NotDirectoryException _) {
            return new Placement.Refused(Status.CONFLICT);
        }
    }

    /// Nobody replaces or deletes what nobody is shown: a file with a private key in it, or one that can't be looked into.
    private boolean isSecret(Placement.Spot spot) {
        if (!visibility.suspects(FileNames.octets(spot.name()))) {
            return false;
        }
        try {
            Optional<BasicFileAttributes> occupant = spot.occupant();
            if (occupant.isEmpty() || !occupant.get().isRegularFile()) {
                return false;
            }
            Optional<FileChannel> opened = spot.directory().open(spot.name(), occupant.get());
            if (opened.isEmpty()) {
                return true;
            }
            try (OpenDocument document = new OpenDocument(opened.get(), spot.name(), occupant.get())) {
                return Visibility.holdsPrivateKey(document);
            }
        } catch (IOException _) {
            return true;
        }
    }

    /// What could drive a terminal may be in a tree, but does not come into one through us.
    private static boolean isDecent(String segment) {
        String text = new String(segment.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        return text.codePoints().noneMatch(Character::isISOControl);
    }

    /// The directory that these segments name, for somebody who wants to write in it; empty if there is none.
    Optional<OpenDirectory> directory(List<String> segments) throws IOException {
        Optional<List<Path>> names = onlyName.isPresent() ? Optional.empty() : names(segments);
        try {
            return names.isEmpty() ? Optional.empty() : Optional.of(descend(names.get()));
        } catch (OpenDirectory.LinkOnTheWay | AccessDeniedException | NoSuchFileException | NotDirectoryException _) {
            return Optional.empty();
        }
    }

    /// A directory that is held open, and where it is.
    record Ground(OpenDirectory directory, List<String> segments) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            directory.close();
        }
    }

    /// The deepest directory on the way to these segments, which are a place, that is there already: what is made below it
    /// lies on the same disk.
    ///
    /// @throws IOException if something on the way is no directory, or closed to us
    Ground ground(List<String> segments) throws IOException {
        List<Path> names = names(segments.subList(0, segments.size() - 1)).orElseThrow();
        OpenDirectory directory = open();
        int depth = 0;
        try {
            while (depth < names.size() && directory.occupant(names.get(depth)).isPresent()) {
                try (OpenDirectory parent = directory) {
                    directory = parent.child(names.get(depth++));
                }
            }
            return new Ground(directory, segments.subList(0, depth));
        } catch (IOException e) {
            directory.close();
            throw e;
        }
    }

    /// Looks at a directory, and says which of its directories are to be visited as well.
    @FunctionalInterface
    interface Visitor {
        List<Path> visit(OpenDirectory directory) throws IOException;
    }

    /// Goes through the tree, from the root down. What can't be entered is left out.
    void visit(Visitor visitor) {
        if (onlyName.isPresent()) {
            return;
        }
        try (OpenDirectory directory = open()) {
            visit(directory, visitor);
        } catch (IOException | DirectoryIteratorException _) {
            // the tree is gone, or closed to us
        }
    }

    private static void visit(OpenDirectory directory, Visitor visitor) throws IOException {
        for (Path name : visitor.visit(directory)) {
            try (OpenDirectory below = directory.child(name)) {
                visit(below, visitor);
            } catch (IOException | DirectoryIteratorException _) {
                // gone meanwhile, or closed to us
            }
        }
    }

    private Path path(List<Path> names) {
        Path path = root;
        for (Path name : names) {
            path = path.resolve(name);
        }
        return path;
    }

    private Optional<List<Path>> names(List<String> segments) {
        List<Path> names = new ArrayList<>(segments.size());
        for (String segment : segments) {
            Optional<Path> name = name(segment);
            if (name.isEmpty()) {
                return Optional.empty();
            }
            names.add(name.get());
        }
        return Optional.of(names);
    }

    /// A name as the file system knows it; empty if it can be none, or none that is shown.
    Optional<Path> name(String segment) {
        return visibility.shows(segment) ? FileNames.path(segment) : Optional.empty();
    }

    /// The one place where an error of the file system becomes an answer.
    private Resource walk(List<Path> names, boolean trusted) {
        try {
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                Optional<Resource> resource = tryToOpen(names, trusted);
                if (resource.isPresent()) {
                    return resource.get();
                }
            }
            return Resource.MISSING;
        } catch (AccessDeniedException _) {
            return Resource.FORBIDDEN;
        } catch (NoSuchFileException | NotDirectoryException _) {
            return Files.isDirectory(root) ? Resource.MISSING : Resource.UNAVAILABLE; // without the tree nobody knows what is in it
        } catch (IOException e) {
            return OpenDirectory.isShortage(e) ? Resource.UNAVAILABLE : Resource.MISSING; // a name too long, a loop of links, a link where none was a moment ago
        }
    }

    /// Empty if something was exchanged meanwhile.
    private Optional<Resource> tryToOpen(List<Path> names, boolean trusted) throws IOException {
        if (names.isEmpty()) {
            return Optional.of(new Resource.Directory(root));
        }

        try (OpenDirectory parent = descend(names.subList(0, names.size() - 1))) {
            Path name = names.getLast();
            BasicFileAttributes attributes = parent.attributes(name);
            if (attributes.isSymbolicLink()) {
                return behindLink(names);
            }
            if (attributes.isDirectory()) {
                return Optional.of(new Resource.Directory(parent.path().resolve(name)));
            }
            if (attributes.isRegularFile() && isProgram(names)) {
                return Optional.of(new Resource.Script(parent.path().resolve(name), attributes.size(), modified(attributes)));
            }
            return attributes.isRegularFile() ? open(parent, name, attributes, trusted) : Optional.of(Resource.MISSING);
        } catch (OpenDirectory.LinkOnTheWay _) {
            return behindLink(names);
        }
    }

    private boolean isProgram(List<Path> names) {
        return !programs.isEmpty() && programs.hide(names.stream().map(FileNames::octets).toList());
    }

    /// The open directory that these names lead to, each step relative to the one before.
    private OpenDirectory descend(List<Path> names) throws IOException {
        return descend(names, false);
    }

    private OpenDirectory open() throws IOException {
        return start.equals(root) ? OpenDirectory.of(root) : descend(OpenDirectory.of(start), start.relativize(root));
    }

    private OpenDirectory descend(List<Path> names, boolean making) throws IOException {
        if (!making) {
            return descend(open(), names);
        }
        OpenDirectory directory = open();
        try (OpenDirectory base = OpenDirectory.of(start)) {
            for (Path name : names) {
                try (OpenDirectory parent = directory) {
                    directory = parent.childMade(name, base);
                }
            }
        }
        return directory;
    }

    private static OpenDirectory descend(OpenDirectory from, Iterable<Path> names) throws IOException {
        OpenDirectory directory = from;
        for (Path name : names) {
            try (OpenDirectory parent = directory) {
                directory = parent.child(name);
            }
        }
        return directory;
    }

    /// A link on the way is replaced by the real path behind the whole. The only file was none when we began: whoever has made it
    /// one may not choose another.
    private Optional<Resource> behindLink(List<Path> names) throws IOException {
        if (onlyName.isPresent()) {
            return Optional.of(Resource.MISSING);
        }
        Path path = root;
        for (Path name : names) {
            path = path.resolve(name);
        }
        return at(path.toRealPath());
    }

    /// A real path must lie in the tree, and be as visible as any other there. Where links may lead out, what lies
    /// outside is opened as the system does it.
    private Optional<Resource> at(Path real) throws IOException {
        if (!real.startsWith(root)) {
            return followsLinks ? outside(real) : Optional.of(Resource.MISSING);
        }

        List<Path> realNames = names(real);
        if (!realNames.stream().allMatch(name -> visibility.shows(FileNames.octets(name)))) {
            return Optional.of(Resource.MISSING);
        }
        return leadsThroughLink(realNames) ? Optional.empty() : tryToOpen(realNames, false);
    }

    private List<Path> names(Path path) {
        List<Path> names = new ArrayList<>();
        if (!path.equals(root)) {
            root.relativize(path).forEach(names::add);
        }
        return names;
    }

    /// A real path has no links: one that has was exchanged a moment ago.
    private boolean leadsThroughLink(List<Path> names) throws IOException {
        if (names.isEmpty()) {
            return false;
        }
        try (OpenDirectory parent = descend(names.subList(0, names.size() - 1))) {
            return parent.attributes(names.getLast()).isSymbolicLink();
        } catch (OpenDirectory.LinkOnTheWay _) {
            return true;
        }
    }

    private Optional<Resource> outside(Path real) throws IOException {
        if (leadsToSecret(real)) {
            return Optional.of(Resource.MISSING);
        }
        if (real.getNameCount() == 0 || Files.isDirectory(real)) {
            return Optional.of(new Resource.Directory(real));
        }
        if (!visibility.shows(FileNames.octets(real))) {
            return Optional.of(Resource.MISSING);
        }
        try (OpenDirectory parent = OpenDirectory.of(real.getParent())) {
            Path name = real.getFileName();
            BasicFileAttributes attributes = parent.attributes(name);
            return attributes.isRegularFile() ? open(parent, name, attributes, false) : Optional.of(Resource.MISSING);
        }
    }

    /// Whoever links to a place outside has chosen it, below a dotted directory or not; but not a secret that lies there.
    private boolean leadsToSecret(Path real) {
        Visibility butSecrets = new Visibility(true, visibility.secrets());
        for (Path name : real) {
            if (!butSecrets.shows(FileNames.octets(name))) {
                return true;
            }
        }
        return false;
    }

    /// Opens a regular file: never a device, a socket or a FIFO, whose opening alone may block or act. What was asked
    /// before and after the opening must agree, else the handle may be of another file than the answers.
    private Optional<Resource> open(OpenDirectory parent, Path name, BasicFileAttributes before, boolean trusted)
            throws IOException {
        Optional<FileChannel> opened = parent.open(name, before);
        if (opened.isEmpty()) {
            return Optional.empty();
        }
        FileChannel channel = opened.get();
        OpenDocument document = new OpenDocument(channel, parent.path().resolve(name), before);
        boolean handedOver = false;
        try {
            BasicFileAttributes after = parent.attributes(name);
            if (!document.isSame(after) || channel.size() != before.size()) {
                return Optional.empty();
            }
            String octets = FileNames.octets(name);
            if (!trusted && visibility.suspects(octets) && Visibility.holdsPrivateKey(document)) {
                return Optional.of(Resource.MISSING);
            }
            handedOver = true;
            return Optional.of(new Document(document, octets, before.size(), modified(before)));
        } finally {
            if (!handedOver) {
                document.close();
            }
        }
    }

    /// A date that HTTP can write, however odd the one on disk is.
    private static Instant modified(BasicFileAttributes attributes) {
        Instant modified = attributes.lastModifiedTime().toInstant();
        return modified.isBefore(EARLIEST) ? EARLIEST : modified.isAfter(LATEST) ? LATEST : modified;
    }

    /// Is a directory that [#resolve] has found still there, and may it be read?
    @Override
    public boolean isReadable(Resource.Directory directory) {
        try (OpenDirectory open = reopen(directory.path())) {
            return open.attributes(Path.of(".")).isDirectory(); // fails where names may be read, but nothing of the files
        } catch (IOException _) {
            return false;
        }
    }

    /// Goes once through what can be seen of a directory, in the order in which the file system has it.
    ///
    /// @param taker says whether it wants more
    /// @throws IOException if it is there no more, or must not be read
    @Override
    public void entries(Resource.Directory directory, Predicate<Entry> taker) throws IOException {
        try (OpenDirectory open = reopen(directory.path())) {
            for (Path path : open.stream()) {
                Optional<Entry> entry = entry(open, path.getFileName());
                if (entry.isPresent() && !taker.test(entry.get())) {
                    return;
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    /// Shows everything that is served of a directory and below it.
    ///
    /// @param names of the directory itself, for the guest
    /// @param wanted of what is in it: by its names, asked before anybody looks
    /// @throws IOException if the tree can't be read, or the guest throws it
    @Override
    public void show(Resource.Directory directory, List<String> names, Predicate<List<String>> wanted, Tour.Guest guest)
            throws IOException {
        new Tour(new Guide(), wanted, guest).from(names, directory.path());
    }

    /// What a tour asks of us.
    private final class Guide implements Tour.Guide {
        @Override
        public OpenDirectory open(Path directory) throws IOException {
            return reopen(directory);
        }

        @Override
        public Instant modified(OpenDirectory directory) throws IOException {
            return Docroot.modified(directory.attributes(Path.of(".")));
        }

        /// A program is nothing to take along.
        @Override
        public Optional<Entry> entry(OpenDirectory directory, Path name) throws IOException {
            boolean program = !programs.isEmpty() && leadsToProgram(directory.path().resolve(name));
            return program ? Optional.empty() : Docroot.this.entry(directory, name);
        }

        @Override
        public Document open(OpenDirectory directory, Path name, Entry entry) throws IOException {
            BasicFileAttributes attributes = directory.attributes(name);
            Resource resource = attributes.isRegularFile()
                    ? Docroot.this.open(directory, name, attributes, false).orElse(Resource.MISSING)
                    : behind(directory.path().resolve(name));
            if (!(resource instanceof Document document)) {
                throw new IOException("a document is gone");
            }
            if (document.length() != entry.length() || !document.modified().equals(entry.modified())) {
                document.file().close();
                throw new IOException("a document has changed");
            }
            return document;
        }
    }

    private OpenDirectory reopen(Path path) throws IOException {
        return path.startsWith(root) ? descend(names(path)) : OpenDirectory.of(path);
    }

    /// Only what would be served is listed: a name that leads to 404 helps nobody.
    private Optional<Entry> entry(OpenDirectory directory, Path name) throws IOException {
        String octets = FileNames.octets(name);
        if (!visibility.shows(octets)) {
            return Optional.empty();
        }
        try {
            BasicFileAttributes attributes = directory.attributes(name);
            boolean plain = !attributes.isSymbolicLink() && !visibility.suspects(octets);
            if (attributes.isDirectory() || (plain && attributes.isRegularFile())) {
                long length = attributes.isDirectory() ? 0 : attributes.size();
                return Optional.of(new Entry(octets, attributes.isDirectory(), length, modified(attributes)));
            }
            return plain ? Optional.empty() : throughLink(directory.path().resolve(name), octets, modified(attributes));
        } catch (NoSuchFileException _) {
            return Optional.empty(); // deleted meanwhile
        }
    }

    private Optional<Entry> throughLink(Path path, String octets, Instant modified) {
        return switch (behind(path)) {
            case Document document -> {
                document.file().close();
                yield Optional.of(new Entry(octets, false, document.length(), document.modified()));
            }
            case Resource.Directory _ -> Optional.of(new Entry(octets, true, 0, modified));
            case Resource.Script script -> Optional.of(new Entry(octets, false, script.length(), script.modified()));
            case Resource.Missing _, Resource.Forbidden _, Resource.Unavailable _ -> Optional.empty();
        };
    }

    private boolean leadsToProgram(Path path) {
        boolean inside = path.startsWith(root);
        return isProgram(inside ? names(path) : List.of(path.getFileName()))
                || Files.isSymbolicLink(path) && behind(path) instanceof Resource.Script;
    }

    private Resource behind(Path path) {
        return path.startsWith(root) ? walk(names(path), false) : follow(path);
    }

    /// What a path outside of the tree leads to, which may be inside again.
    private Resource follow(Path path) {
        try {
            return at(path.toRealPath()).orElse(Resource.MISSING);
        } catch (IOException _) {
            return Resource.MISSING;
        }
    }

    /// An open file and what was known of it when it was opened.
    private record OpenDocument(FileChannel channel, Path path, BasicFileAttributes attributes)
            implements Content.OpenFile {

        @Override
        public int read(ByteBuffer into, long offset) throws IOException {
            return channel.read(into, offset);
        }

        @Override
        public long transferTo(long offset, long count, WritableByteChannel target) throws IOException {
            return channel.transferTo(offset, count, target);
        }

        /// The name may by now belong to another file, put in its place whole; then ours is as it was, and only its
        /// length can still be asked.
        @Override
        public boolean isUnchanged() throws IOException {
            try {
                BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class, NOFOLLOW_LINKS);
                boolean replaced = !Objects.equals(now.fileKey(), attributes.fileKey());
                return replaced ? channel.size() == attributes.size() : isSame(now);
            } catch (NoSuchFileException _) {
                return channel.size() == attributes.size();
            }
        }

        /// None, if another file stands at its path by now.
        @Override
        public Optional<Content.Stamp> stamp() {
            try {
                Optional<FileIdentity> identity = FileIdentity.of(path, attributes);
                return identity.map(known -> new Content.Stamp(known.attributes(), attributes.size(), attributes.lastModifiedTime().toInstant()));
            } catch (IOException _) {
                return Optional.empty();
            }
        }

        boolean isSame(BasicFileAttributes other) {
            return other.size() == attributes.size() && other.lastModifiedTime().equals(attributes.lastModifiedTime())
                    && Objects.equals(other.fileKey(), attributes.fileKey());
        }

        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException _) {
                // it was only read: nothing is lost
            }
        }
    }
}
