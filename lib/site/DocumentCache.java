package lib.site;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import lib.http.Content;
import lib.site.Resource.Document;

/// Which small documents are ready to be sent, and are still what they were?
///
/// Each time that one is asked for, the system is asked whether the file is still the same: an edit shows at once. Two generations of documents: when the young one has filled its half of the room it becomes the old one, and who
/// is asked for in the old one becomes young again. So what is often asked for stays, and nobody keeps a list.
public final class DocumentCache {
    /// Keeps nothing.
    public static final DocumentCache NONE = new DocumentCache(0);

    /// The longest document that is kept. One is held for as long as a slow client takes it, kept or not: a client may have a thousand
    /// connections, and all of these documents must fit in the heap. What is longer is sent from the disk.
    private static final int DOCUMENT_OCTETS = 64 * 1024;

    /// What an entry takes besides its octets, roughly.
    private static final int ENTRY_OCTETS = 512;

    /// A file that was written so short a time ago could be written again without a change of its time: clocks of file systems
    /// tick in milliseconds, some in seconds.
    private static final Duration SETTLED = Duration.ofSeconds(3);

    private final long mostOctets;
    private final AtomicLong youngOctets = new AtomicLong();
    private volatile ConcurrentHashMap<Place, Document> young = new ConcurrentHashMap<>();
    private volatile ConcurrentHashMap<Place, Document> old = new ConcurrentHashMap<>();

    /// @param tree whose rules have let the document be served
    private record Place(Tree tree, List<String> segments) {}

    /// What tells a file from what it will be and from others. The time of its last change, of whatever kind, is set by the system
    /// alone; a modification date can be set back, and is the same in all files of a reproducible build.
    private static final String IDENTITY = FileSystems.getDefault().supportedFileAttributeViews().contains("unix")
            ? "unix:ctime,ino,dev" : "size,lastModifiedTime,fileKey";

    /// The time of IDENTITY that says whether a file has settled.
    private static final String CHANGED = IDENTITY.startsWith("unix") ? "ctime" : "lastModifiedTime";

    private static Map<String, Object> look(Path path) throws IOException {
        return Files.readAttributes(path, IDENTITY, NOFOLLOW_LINKS);
    }

    /// @param mostOctets of memory
    public DocumentCache(long mostOctets) {
        this.mostOctets = mostOctets;
    }

    /// The document of this tree at these segments if it is here, as it is on disk; else null.
    Document find(Tree tree, List<String> segments) {
        Place place = new Place(tree, segments);
        Document document = young.get(place);
        boolean aged = document == null;
        if (aged) {
            document = old.get(place);
        }
        if (document == null || !ready(document).holds()) {
            return null;
        }
        if (aged) {
            keep(place, document);
        }
        return document;
    }

    /// The same as a file of its own kind.
    private static Ready ready(Document document) {
        return (Ready) document.file();
    }

    /// Takes a document over, if it is one to keep; returns it, or what was made of it, whose file is [Ready].
    ///
    /// @param path where it was opened, no link on the way
    /// @param attributes of the open file
    Document keep(Tree tree, List<String> segments, Document document, Path path, BasicFileAttributes attributes) {
        if (document.length() > Math.min(DOCUMENT_OCTETS, mostOctets / 8)) {
            return document;
        }
        try {
            Optional<Map<String, Object>> identity = identity(path, attributes);
            ByteBuffer octets = identity.isPresent() && isSettled(identity.get()) ? read(document) : null;
            if (octets == null || !identity.equals(identity(path, attributes))) {
                return document;
            }
            Document ready = new Document(new Ready(octets, path, identity.get(), document.file().stamp()), document.name(),
                    document.length(), document.modified());
            keep(new Place(tree, List.copyOf(segments)), ready);
            document.file().close();
            return ready;
        } catch (IOException _) {
            return document;
        }
    }

    private static boolean isSettled(Map<String, Object> identity) {
        return ((FileTime) identity.get(CHANGED)).toInstant().plus(SETTLED).isBefore(Instant.now());
    }

    /// The identity of an open file; empty if by now another stands at its path.
    static Optional<Map<String, Object>> identity(Path path, BasicFileAttributes open) throws IOException {
        Map<String, Object> identity = look(path);
        Object key = Files.readAttributes(path, BasicFileAttributes.class, NOFOLLOW_LINKS).fileKey();
        return Objects.equals(key, open.fileKey()) && identity.equals(look(path)) ? Optional.of(identity) : Optional.empty();
    }

    /// All of it, or null if it is shorter by now.
    private static ByteBuffer read(Document document) throws IOException {
        ByteBuffer octets = ByteBuffer.allocate((int) document.length());
        while (octets.hasRemaining()) {
            if (document.file().read(octets, octets.position()) < 0) {
                return null;
            }
        }
        return octets.flip().asReadOnlyBuffer();
    }

    private void keep(Place place, Document document) {
        Document before = young.put(place, document);
        long octets = youngOctets.addAndGet(before == null ? octets(document) : document.length() - before.length());
        if (octets > mostOctets / 2) {
            age();
        }
    }

    private static long octets(Document document) {
        return document.length() + ENTRY_OCTETS;
    }

    private synchronized void age() {
        if (youngOctets.get() > mostOctets / 2) {
            old = young;
            young = new ConcurrentHashMap<>();
            youngOctets.set(0);
        }
    }

    /// A file that was read whole.
    static final class Ready implements Content.OpenFile, Glance.Basis {
        private final ByteBuffer octets;
        private final Path path;
        private final Map<String, Object> identity;
        private final Optional<Content.Stamp> stamp;
        private volatile long alone = Long.MIN_VALUE;

        /// @param octets nobody changes them
        /// @param path where it was opened, no link on the way
        /// @param identity of the file there
        Ready(ByteBuffer octets, Path path, Map<String, Object> identity, Optional<Content.Stamp> stamp) {
            this.octets = octets;
            this.path = path;
            this.identity = identity;
            this.stamp = stamp;
        }

        /// Would who opens it anew get the same?
        @Override
        public boolean holds() {
            try {
                return identity.equals(look(path));
            } catch (IOException _) {
                return false;
            }
        }

        /// Has somebody looked in this second, and found none beside it that could be sent in its place?
        boolean isAlone(Instant now) {
            return alone == now.getEpochSecond();
        }

        void foundAlone(Instant now) {
            alone = now.getEpochSecond();
        }

        @Override
        public Optional<ByteBuffer> octets() {
            return Optional.of(octets.duplicate());
        }

        @Override
        public int read(ByteBuffer into, long offset) {
            int count = Math.min(into.remaining(), octets.limit() - (int) offset);
            if (count <= 0) {
                return into.hasRemaining() ? -1 : 0;
            }
            into.put(octets.slice((int) offset, count));
            return count;
        }

        @Override
        public long transferTo(long offset, long count, WritableByteChannel target) throws IOException {
            return target.write(octets.slice((int) offset, (int) Math.min(count, octets.limit() - offset)));
        }

        /// It is a copy.
        @Override
        public boolean isUnchanged() {
            return true;
        }

        @Override
        public Optional<Content.Stamp> stamp() {
            return stamp;
        }

        @Override
        public void close() {}
    }
}
