package tests.process;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tests.process.Processes.Outcome;
import tests.process.RawClient.Answer;

/// Large files: clients that do not read them, offsets that no int holds, and what happens when they change on the way. The
/// files are sparse, and take no room.
class SlowReaderTest {
    private static final long GIB = 1L << 30;
    private static final int CLIENTS = 600;
    private static final int ASKERS = 4;
    private static final int REQUESTS = 150;

    /// Octets of a file that leaves in one piece if the client takes it.
    private static final byte[] MIDDLING = new byte[100_000];

    @TempDir
    static Path room;

    private static ComancheProcess server;

    @BeforeAll
    static void start() throws IOException {
        Path site = Files.createDirectory(room.resolve("site"));
        Files.writeString(site.resolve("small.txt"), "hello");
        sparse("large.bin", GIB);
        sparse("huge.bin", 5 * GIB);
        new Random(7).nextBytes(MIDDLING);
        Files.write(site.resolve("middling.bin"), MIDDLING);
        server = ComancheProcess.serveWithin("32m", site, "-q");
    }

    private static Path sparse(String name, long length) throws IOException {
        Path path = room.resolve("site", name);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(length);
        }
        return path;
    }

    @AfterAll
    static void nothingWasSaidOnStandardError() {
        try (ComancheProcess ended = server) {
            Outcome outcome = ended.stop();
            assertEquals("", outcome.err());
            assertEquals(0, outcome.code());
        }
    }

    /// Two failures that this detects: with nothing but a loop of `transferTo`, not even all of these clients are served
    /// before the reaper cuts them off, half a minute later; and what is held in memory for each of them fills the heap
    /// (600 in an eighth of the usual one stand for about 5,000).
    @Test
    void clientsThatNeverReadDoNotHoldUpTheOthers() throws Exception {
        List<RawClient> stuck = new ArrayList<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(ASKERS)) {
            for (int i = 0; i < CLIENTS; i++) {
                stuck.add(new RawClient(server.address(), 4096).send("GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n"));
            }
            for (RawClient client : stuck) {
                assertEquals(200, client.readHead().status());
            }

            List<Callable<List<Long>>> askers = Collections.nCopies(ASKERS, SlowReaderTest::ask);
            List<Long> nanos = new ArrayList<>();
            for (Future<List<Long>> times : pool.invokeAll(askers)) {
                nanos.addAll(times.get());
            }
            assertEquals(ASKERS * REQUESTS, nanos.size());
            Collections.sort(nanos);
            double median = nanos.get(nanos.size() / 2) / 1e6;
            assertTrue(median < 50, "the median was " + median + " ms");
            stuck.forEach(client -> assertArrayEquals(new byte[512], client.octets(512))); // none was cut off for it
        } finally {
            stuck.forEach(RawClient::close);
        }
    }

    private static List<Long> ask() {
        List<Long> nanos = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            long start = System.nanoTime();
            assertEquals("hello", server.get("/small.txt").text());
            nanos.add(System.nanoTime() - start);
        }
        return nanos;
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            4294967296, 4294967305, 4294967296
            4294967290, 4294967310, 4294967296
            5368709110, 9999999999, 5368709112
            5368709100, 5368709119, 5368709112
            """)
    void aRangeBeyondFourGibibytesHasTheRightOctets(long first, long last, long mark) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(room.resolve("site/huge.bin").toFile(), "rw")) {
            file.seek(mark);
            file.writeBytes("Comanche");
        }
        long end = Math.min(last, 5 * GIB - 1);
        byte[] wanted = new byte[(int) (end - first + 1)];
        System.arraycopy("Comanche".getBytes(), 0, wanted, (int) (mark - first), 8);
        Answer answer = server.exchange("GET /huge.bin HTTP/1.1\r\nHost: a\r\nRange: bytes=" + first + "-" + last + "\r\n\r\n");
        assertEquals(206, answer.status());
        assertEquals("bytes " + first + "-" + end + "/5368709120", answer.field("Content-Range").orElse(""));
        assertArrayEquals(wanted, answer.content());
    }

    /// What a client takes late leaves in parts, of which none is lost or told twice, on a connection that goes on; and the file is closed behind it.
    @Test
    @EnabledOnOs(OS.LINUX)
    void whatIsTakenLateIsWhole() throws IOException {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(3_200)); // what has just been written is not kept open
        String request = "GET /middling.bin HTTP/1.1\r\nHost: a\r\n\r\n";
        try (RawClient client = new RawClient(server.address(), 4096)) {
            client.send(request);
            assertArrayEquals(MIDDLING, client.read().content());
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 60; i++) { // more than the buffers of both sides take
                    client.send(request);
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300));
                for (int i = 0; i < 60; i++) {
                    assertArrayEquals(MIDDLING, client.read().content());
                }
            }
        }
        ComancheProcess.await("the file stays open", () -> !isOpen("middling.bin"));
    }

    private static boolean isOpen(String name) {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + server.pid() + "/fd"))) {
            return descriptors.anyMatch(descriptor -> target(descriptor).endsWith(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException _) {
            return ""; // closed meanwhile
        }
    }

    @Test
    void theLengthOfAHugeFileIsTold() {
        try (RawClient client = server.connect()) {
            Answer head = client.send("HEAD /huge.bin HTTP/1.1\r\nHost: a\r\n\r\n").readHead();
            assertEquals("5368709120", head.field("Content-Length").orElse(""));
        }
    }

    /// A change on the way: short of its length is how the client sees it, never a mixture of two files.
    @ParameterizedTest
    @CsvSource({"shrinks", "grows", "is written", "is touched"})
    void aFileThatChangesWhileItIsSentIsCutShort(String change) throws IOException {
        long length = 64 << 20;
        Path path = sparse("changing " + change, length);
        try (RawClient client = new RawClient(server.address(), 64 * 1024)) {
            client.send("GET /" + path.getFileName().toString().replace(" ", "%20") + " HTTP/1.1\r\nHost: a\r\n\r\n");
            assertEquals(Long.toString(length), client.readHead().field("Content-Length").orElse(""));
            client.octets(1 << 20);
            try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
                switch (change) {
                    case "shrinks" -> file.setLength(2 << 20);
                    case "grows" -> file.setLength(length + 1);
                    case "is written" -> {
                        file.seek(length - 1);
                        file.write('x');
                    }
                    default -> Files.setLastModifiedTime(path, FileTime.from(Instant.EPOCH));
                }
            }
            long rest = client.countToEnd();
            assertTrue(rest < length - (1 << 20), "all of it");
        }
    }

    /// An editor that puts a new file in the place of the old one does no harm to who still reads that.
    @ParameterizedTest
    @CsvSource({"replaced", "deleted"})
    void aFileThatIsReplacedWholeIsSentAsItWas(String change) throws IOException {
        int length = 64 << 20;
        Path path = sparse(change, length);
        Path other = Files.writeString(room.resolve("site/other-" + change), "other");
        try (RawClient client = new RawClient(server.address(), 64 * 1024)) {
            client.send("GET /" + change + " HTTP/1.1\r\nHost: a\r\n\r\n");
            assertEquals(200, client.readHead().status());
            client.octets(1 << 20);
            if (change.equals("replaced")) {
                Files.move(other, path, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            } else {
                Files.delete(path);
            }
            assertArrayEquals(new byte[length - (1 << 20)], client.octets(length - (1 << 20)));
            assertEquals(change.equals("replaced") ? "other" : "404 Not Found\n", server.get("/" + change).text());
        }
    }
}
