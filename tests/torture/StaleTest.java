package tests.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Is what is ready in memory ever older than what is on disk? Files are changed in every way under full load: in place, by a file that is
/// renamed over them, by one that is made anew, by a directory that takes the place of theirs. Length and modification date stay the
/// same each time, as in a reproducible build. An answer is never older than the last change before its request, and never a mixture.
class StaleTest {
    /// Two that leave from memory, in one piece with their head and beside it; one that is kept open and leaves in one piece, one that
    /// goes from the disk to the socket.
    private static final int[] LENGTHS = {1024, 50_000, 100_000, 300_000};

    /// The ways to change a file.
    private enum Way { IN_PLACE, RENAMED, ANEW, DIRECTORY }

    private static final int READERS = 6;

    /// A file must have been left alone for so long before it is kept in memory.
    private static final long SETTLED_MILLIS = 3_300;

    private static final FileTime DATE = FileTime.from(Instant.parse("2020-01-02T03:04:05Z"));

    @TempDir
    Path site;

    /// A file: the version that was there last, and the one that is perhaps being put there.
    private final class Subject {
        final Way way;
        final int length;
        final Path directory;
        final Path path;
        volatile int done;
        volatile int begun;

        Subject(Way way, int length) {
            this.way = way;
            this.length = length;
            this.directory = site.resolve(way + "-" + length);
            this.path = directory.resolve("file.bin");
        }

        byte[] version(int number) {
            byte[] line = String.format("%07d\n", number).getBytes(StandardCharsets.US_ASCII);
            byte[] octets = new byte[length];
            for (int i = 0; i < length; i++) {
                octets[i] = line[i % line.length];
            }
            return octets;
        }

        void write(Path to) throws IOException {
            Files.write(to, version(begun));
            Files.setLastModifiedTime(to, DATE);
        }

        void change() throws IOException {
            begun++;
            switch (way) {
                case IN_PLACE -> {
                    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
                        file.write(version(begun));
                    }
                    Files.setLastModifiedTime(path, DATE);
                }
                case RENAMED -> {
                    Path other = directory.resolve("other.bin");
                    write(other);
                    Files.move(other, path, StandardCopyOption.ATOMIC_MOVE);
                }
                case ANEW -> {
                    Files.delete(path);
                    write(path);
                }
                case DIRECTORY -> {
                    Path old = site.resolve("old-" + length);
                    Path fresh = Files.createDirectory(site.resolve("fresh-" + length));
                    write(fresh.resolve("file.bin"));
                    Files.move(directory, old);
                    Files.move(fresh, directory);
                    Files.delete(old.resolve("file.bin"));
                    Files.delete(old);
                }
            }
            done = begun;
        }
    }

    private final AtomicLong answers = new AtomicLong();
    private final AtomicLong fresh = new AtomicLong();
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
    private volatile boolean over;

    @Test
    void anAnswerIsNeverOlderThanTheLastChangeAndNeverAMixture() throws Exception {
        List<Subject> subjects = new ArrayList<>();
        for (Way way : Way.values()) {
            for (int length : LENGTHS) {
                Subject subject = new Subject(way, length);
                Files.createDirectory(subject.directory);
                subject.write(subject.path);
                subjects.add(subject);
            }
        }
        try (Served server = Served.serve(site)) {
            List<Thread> readers = new ArrayList<>();
            for (int i = 0; i < READERS; i++) {
                int seed = i;
                readers.add(Thread.ofPlatform().start(() -> read(server.port(), subjects, new Random(seed))));
            }
            for (int round = 0; round < Torture.rounds(3, 100) && wrong.isEmpty(); round++) {
                LockSupport.parkNanos(SETTLED_MILLIS * 1_000_000);
                for (Subject subject : subjects) {
                    subject.change();
                    LockSupport.parkNanos(20_000_000);
                }
            }
            over = true;
            for (Thread reader : readers) {
                reader.join();
            }
        }
        assertEquals(List.of(), List.copyOf(wrong));
        assertTrue(answers.get() > 1000, answers + " answers");
        assertTrue(fresh.get() > 0, "nobody saw a change");
    }

    private void read(int port, List<Subject> subjects, Random random) {
        int[] seen = new int[subjects.size()];
        try (Caller caller = new Caller(port)) {
            while (!over && wrong.isEmpty()) {
                int which = random.nextInt(subjects.size());
                Subject subject = subjects.get(which);
                int before = subject.done;
                Caller.Reply reply = caller.ask("GET /" + site.relativize(subject.path) + " HTTP/1.1\r\nHost: a\r\n\r\n");
                int after = subject.begun;
                judge(subject, before, after, reply);
                answers.incrementAndGet();
                if (after > seen[which]) {
                    seen[which] = after;
                    fresh.incrementAndGet();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// While a change is under way, both versions may be seen, or none, or what of a new file there is; and a file that is written in
    /// place is a mixture then, on disk, too.
    private void judge(Subject subject, int before, int after, Caller.Reply reply) {
        boolean changing = after > before;
        boolean growing = changing && subject.way == Way.ANEW && reply.content().length < subject.length;
        if (changing && (reply.status() == 404 || !reply.whole()) || growing) {
            return;
        }
        if (reply.status() != 200 || !reply.whole() || reply.content().length != subject.length) {
            wrong.add(subject.way + " " + subject.length + ": " + reply.head() + reply.content().length);
            return;
        }
        String text = reply.text();
        int first = Integer.parseInt(text, 0, 7, 10);
        boolean torn = changing && subject.way == Way.IN_PLACE;
        for (int i = 0; i + 8 <= subject.length; i += 8) {
            int version = Integer.parseInt(text, i, i + 7, 10);
            if (version < before || version > after || version != first && !torn) {
                wrong.add(subject.way + " " + subject.length + ": version " + version + " at " + i + " behind " + first + ", where " + before + " to "
                        + after + " are right");
                return;
            }
        }
    }
}
