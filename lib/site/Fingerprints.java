package lib.site;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import lib.http.Content;
import lib.http.DigestFields.Algorithm;
import lib.http.Exchange;
import lib.site.Resource.Document;

/// Which octets does a document have, in brief? A digest of them, made by reading all of it.
///
/// It is made once and kept for as long as the file's stamp stays the same. A file that was changed a moment ago can be changed
/// again without a later date, for file systems count time in steps: its digest is not kept.
final class Fingerprints {
    /// Digests that are kept; beyond, the one that was not asked for for the longest time is made anew. Some 8 MB of the heap.
    private static final int MOST_KEPT = 20_000;

    /// Two changes so close to each other may bear the same date. (FAT counts in steps of two seconds.)
    private static final Duration STEP = Duration.ofSeconds(2);

    private static final int BLOCK_OCTETS = 64 * 1024;

    /// So many documents are read for their digests at once; others wait.
    private static final Semaphore SEATS = new Semaphore(8);

    /// Does anybody still wait for a digest? Who has left does not, and to read on for him would be in vain.
    static final class Patience implements AutoCloseable {
        static final Patience ENDLESS = new Patience(_ -> { });

        private final Exchange.Watch watch;
        private volatile boolean over;

        private Patience(Exchange.Watch watch) {
            this.watch = watch;
        }

        /// That of a client, from now on until this is closed.
        static Patience of(Exchange.Watch watch) {
            Patience patience = new Patience(watch);
            watch.keep(() -> patience.over = true);
            return patience;
        }

        @Override
        public void close() {
            watch.keep(null);
        }
    }

    private record Key(Content.Stamp stamp, Algorithm algorithm) {}

    /// Guarded by itself; each fingerprint by its own.
    private static final Map<Key, Fingerprint> KEPT = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Fingerprint> eldest) {
            return size() > MOST_KEPT;
        }
    };

    private Fingerprints() {}

    /// One that is made when it is first asked for. Who comes meanwhile waits, rather than read the same file again.
    private static final class Fingerprint {
        private byte[] octets = {};

        synchronized byte[] of(Document document, Algorithm algorithm, Patience patience) throws IOException {
            if (octets.length == 0) {
                octets = make(document, algorithm, patience);
            }
            return octets;
        }
    }

    /// The digest of a document, which stays open. Shared, never changed.
    ///
    /// @throws IOException if it can't be read, or has changed since it was opened, or nobody waits for it any more
    static byte[] of(Document document, Algorithm algorithm, Patience patience) throws IOException {
        Optional<Content.Stamp> stamp = document.file().stamp();
        if (stamp.isEmpty() || stamp.get().modified().plus(STEP).isAfter(Instant.now())) {
            return make(document, algorithm, patience);
        }
        Fingerprint fingerprint;
        synchronized (KEPT) {
            fingerprint = KEPT.computeIfAbsent(new Key(stamp.get(), algorithm), _ -> new Fingerprint());
        }
        return fingerprint.of(document, algorithm, patience);
    }

    /// So much of it as a number holds: enough to tell a document from what it was.
    static long checksum(Document document) throws IOException {
        return ByteBuffer.wrap(of(document, Algorithm.SHA_256, Patience.ENDLESS)).getLong();
    }

    private static byte[] make(Document document, Algorithm algorithm, Patience patience) throws IOException {
        SEATS.acquireUninterruptibly();
        try {
            return read(document, algorithm.begin(), patience);
        } finally {
            SEATS.release();
        }
    }

    /// A digest is all computing: without a pause now and then, a few of them would hold up everybody else.
    private static byte[] read(Document document, MessageDigest digest, Patience patience) throws IOException {
        ByteBuffer block = ByteBuffer.allocate((int) Math.min(BLOCK_OCTETS, Math.max(document.length(), 1)));
        for (long offset = 0; offset < document.length(); offset += block.limit()) {
            block.clear().limit((int) Math.min(block.capacity(), document.length() - offset));
            int count = document.file().read(block, offset);
            if (patience.over) {
                throw new IOException("nobody waits for the digest any more");
            }
            if (count < 0) {
                throw new EOFException("a document shrank while it was read");
            }
            digest.update(block.flip());
            Thread.yield();
        }
        if (!document.file().isUnchanged()) {
            throw new IOException("a document changed while it was read");
        }
        return digest.digest();
    }
}
