package lib.site;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import lib.http.Content;
import lib.site.Resource.Document;

/// Which documents are ready to be sent, and are still what they were?
///
/// Short ones are kept in memory, of longer ones the file is kept open, and of the shorter of these a copy beside it. Each time that one is asked for, the system is asked whether the
/// file is still the same: an edit shows at once.
public final class DocumentCache {
    /// Keeps nothing.
    public static final DocumentCache NONE = new DocumentCache(0, 0);

    /// The longest document that is kept in memory. One is held for as long as a slow client takes it, kept or not: a client may have a
    /// thousand connections, and all of these documents must fit in the heap.
    private static final int DOCUMENT_OCTETS = 64 * 1024;

    /// What an entry takes besides its octets, roughly.
    private static final int ENTRY_OCTETS = 512;

    private final long mostOctets;
    private final int mostFiles;
    private final Generations<Place, Kept> inMemory;
    private final Generations<Place, Kept> open;
    private final Copies copies;
    private volatile boolean closed;

    /// No record: one that is a key is linked when it is first looked for, which takes longer than all else about a first answer.
    private static final class Place {
        private final Tree tree;
        private final List<String> segments;

        /// @param tree whose rules have let the document be served
        Place(Tree tree, List<String> segments) {
            this.tree = tree;
            this.segments = segments;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Place place && tree == place.tree && segments.equals(place.segments);
        }

        @Override
        public int hashCode() {
            return 31 * tree.hashCode() + segments.hashCode();
        }
    }

    /// @param mostOctets of memory; and half as many outside of the heap, for copies of files that are open
    /// @param mostFiles that are open
    public DocumentCache(long mostOctets, int mostFiles) {
        this.mostOctets = mostOctets;
        this.mostFiles = mostFiles;
        this.inMemory = new Generations<>(mostOctets);
        this.open = new Generations<>(mostFiles);
        this.copies = new Copies(mostOctets / 2);
    }

    /// The document of this tree at these segments if it is here, as it is on disk; else null. Its file is a [Ready].
    Document find(Tree tree, List<String> segments) {
        Place place = new Place(tree, segments);
        Document document = find(inMemory, place);
        return document != null || mostFiles == 0 ? document : find(open, place);
    }

    private static Document find(Generations<Place, Kept> generations, Place place) {
        Kept kept = generations.find(place);
        if (kept == null) {
            return null;
        }
        if (!kept.sight().identity.holds()) {
            generations.remove(place, kept);
            return null;
        }
        return kept.lend();
    }

    /// Takes a document over, if it is one to keep; returns it, or what was made of it, whose file is a [Ready].
    ///
    /// @param path where it was opened, no link on the way
    /// @param attributes of the open file
    Document keep(Tree tree, List<String> segments, Document document, Path path, BasicFileAttributes attributes) {
        boolean isShort = document.length() <= Math.min(DOCUMENT_OCTETS, mostOctets / 8);
        if (!isShort && (mostFiles == 0 || document.length() <= DOCUMENT_OCTETS)) {
            return document;
        }
        try {
            Optional<FileIdentity> identity = FileIdentity.of(path, attributes);
            if (identity.isEmpty() || !identity.get().isSettled()) {
                return document;
            }
            Place place = new Place(tree, List.copyOf(segments));
            Content.Stamp stamp = new Content.Stamp(identity.get().attributes(), attributes.size(), attributes.lastModifiedTime().toInstant());
            Sight sight = new Sight(identity.get(), Optional.of(stamp));
            return isShort ? read(place, document, sight) : keptOpen(place, document, sight);
        } catch (IOException _) {
            return document;
        }
    }

    private Document read(Place place, Document document, Sight sight) throws IOException {
        ByteBuffer octets = read(document);
        if (octets == null || !sight.identity.holds()) {
            return document;
        }
        Document ready = with(new InMemory(octets, sight), document);
        inMemory.keep(place, new Copied(ready, sight));
        document.file().close();
        return ready;
    }

    private Document keptOpen(Place place, Document document, Sight sight) throws IOException {
        Opened opened = new Opened(document, sight, copies, copy(document, sight));
        Document lent = opened.lend();
        open.keep(place, opened);
        if (closed) {
            giveUp(); // who still asked the service before has come too late
        }
        return lent;
    }

    /// All of it, or null if it is shorter by now.
    private static ByteBuffer read(Document document) throws IOException {
        ByteBuffer octets = ByteBuffer.allocate((int) document.length());
        return fill(octets, document) ? octets.flip().asReadOnlyBuffer() : null;
    }

    private static boolean fill(ByteBuffer octets, Document document) throws IOException {
        while (octets.hasRemaining()) {
            if (document.file().read(octets, octets.position()) < 0) {
                return false;
            }
        }
        return true;
    }

    /// All of it, in room that is given back when nobody sends it any more; null if it is too long, or there is no room.
    private ByteBuffer copy(Document document, Sight sight) throws IOException {
        ByteBuffer room = document.length() <= Copies.OCTETS ? copies.take() : null;
        if (room == null) {
            return null;
        }
        boolean copied = false;
        try {
            copied = fill(room.limit((int) document.length()), document) && sight.identity.holds();
            return copied ? room.flip() : null;
        } finally {
            if (!copied) {
                copies.giveBack(room);
            }
        }
    }

    private static Document with(Content.OpenFile file, Document document) {
        return new Document(file, document.name(), document.length(), document.modified());
    }

    /// Wants to be called now and then. Files that nobody has asked for since the last call but one are closed: else those that were
    /// deleted would keep their room on the disk, and a file system could not be unmounted.
    public void rest() {
        if (!open.isEmpty()) {
            open.age();
        }
    }

    /// Closes all files at once. What is being sent is sent to its end.
    public void giveUp() {
        open.age();
        open.age();
    }

    /// Keeps no file open from now on.
    public void close() {
        closed = true;
        giveUp();
    }

    /// What is known of a file that is kept, for all who have it.
    private static final class Sight {
        final FileIdentity identity;
        final Optional<Content.Stamp> stamp;
        volatile long alone = Long.MIN_VALUE;

        Sight(FileIdentity identity, Optional<Content.Stamp> stamp) {
            this.identity = identity;
            this.stamp = stamp;
        }
    }

    private sealed interface Kept extends Generations.Member {
        Sight sight();

        /// For one who asks; null if it was given up at this very moment.
        Document lend();
    }

    private record Copied(Document document, Sight sight) implements Kept {
        @Override
        public long size() {
            return document.length() + ENTRY_OCTETS;
        }

        @Override
        public Document lend() {
            return document;
        }

        @Override
        public void part() {}
    }

    /// Closed when it is kept no longer and nobody sends it any more.
    private static final class Opened implements Kept {
        private final Document document;
        private final Sight sight;
        private final Copies copies;
        private final ByteBuffer copy;
        private int holders = 1;

        /// @param copy of `copies`, or null for none
        Opened(Document document, Sight sight, Copies copies, ByteBuffer copy) {
            this.document = document;
            this.sight = sight;
            this.copies = copies;
            this.copy = copy;
        }

        @Override
        public Sight sight() {
            return sight;
        }

        @Override
        public long size() {
            return 1;
        }

        @Override
        public synchronized Document lend() {
            if (holders == 0) {
                return null;
            }
            holders++;
            return with(new Lent(this), document);
        }

        @Override
        public synchronized void part() {
            holders--;
            if (holders > 0) {
                return;
            }
            document.file().close();
            if (copy != null) {
                copies.giveBack(copy);
            }
        }
    }

    /// A file that can be sent without being looked up.
    abstract static sealed class Ready implements Content.OpenFile {
        private final Sight sight;

        private Ready(Sight sight) {
            this.sight = sight;
        }

        /// What must hold for it to be sent again.
        Glance.Basis basis() {
            return sight.identity;
        }

        /// Has somebody looked in this second, and found none beside it that could be sent in its place?
        boolean isAlone(Instant now) {
            return sight.alone == now.getEpochSecond();
        }

        void foundAlone(Instant now) {
            sight.alone = now.getEpochSecond();
        }

        @Override
        public Optional<Content.Stamp> stamp() {
            return sight.stamp;
        }
    }

    /// A file that was read whole.
    private static final class InMemory extends Ready {
        private final ByteBuffer octets;

        /// @param octets nobody changes them
        InMemory(ByteBuffer octets, Sight sight) {
            super(sight);
            this.octets = octets;
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
        public void close() {}
    }

    /// A file that others may be sending, too.
    private static final class Lent extends Ready {
        private final Opened opened;
        private boolean returned;

        Lent(Opened opened) {
            super(opened.sight);
            this.opened = opened;
        }

        @Override
        public Optional<ByteBuffer> octets() {
            return opened.copy == null ? Optional.empty() : Optional.of(opened.copy.asReadOnlyBuffer());
        }

        @Override
        public int read(ByteBuffer into, long offset) throws IOException {
            return opened.document.file().read(into, offset);
        }

        @Override
        public long transferTo(long offset, long count, WritableByteChannel target) throws IOException {
            return opened.document.file().transferTo(offset, count, target);
        }

        @Override
        public boolean isUnchanged() throws IOException {
            return opened.document.file().isUnchanged();
        }

        @Override
        public synchronized void close() {
            if (!returned) {
                returned = true;
                opened.part();
            }
        }
    }
}
