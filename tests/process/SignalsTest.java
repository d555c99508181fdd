package tests.process;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tests.process.Processes.Outcome;
import tests.process.RawClient.Answer;
import tests.process.RawClient.Ending;

/// How Comanche stops: what is under way is finished, within bounds, and nobody new comes in.
class SignalsTest {
    private static final String GET_LARGE = "GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n";

    @TempDir
    static Path room;

    private static Path site;
    private static byte[] large;

    /// Large enough that the system cannot hold it for a client that does not read.
    @BeforeAll
    static void furnish() throws IOException {
        site = Files.createDirectory(room.resolve("site"));
        large = new byte[32 << 20];
        new Random(2).nextBytes(large);
        Files.write(site.resolve("large.bin"), large);
        Files.writeString(site.resolve("a.txt"), "hello");
    }

    /// Who is started with the signal ignored (`&` in a script) keeps it ignored, as the tests' own process hands it on.
    private static void assumeTaken(ComancheProcess server, String signal) throws IOException {
        long bit = signal.equals("INT") ? 1 << 1 : 1 << 14;
        String ignored = Files.readAllLines(Path.of("/proc/" + server.pid() + "/status")).stream()
                .filter(line -> line.startsWith("SigIgn:")).findFirst().orElseThrow().substring(7).strip();
        assumeFalse((Long.parseUnsignedLong(ignored, 16) & bit) != 0, "these tests were started with SIG" + signal + " ignored");
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM"})
    void requestsInFlightAreFinishedAndNobodyNewIsServed(String signal) throws IOException {
        try (ComancheProcess server = ComancheProcess.serve(site);
                RawClient reading = server.connect();
                RawClient idle = server.connect();
                RawClient used = server.connect();
                RawClient asking = server.connect()) {
            assumeTaken(server, signal);
            assertEquals(200, used.send("GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n").read().status());
            assertEquals(200, asking.send("GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\nGET /a.txt HTTP/1.1\r\n").read().status());
            assertEquals(200, reading.send(GET_LARGE).readHead().status());
            byte[] first = reading.octets(1 << 20);

            server.signal(signal);

            server.awaitRefusal();
            assertEquals(Ending.CLOSED, idle.ending());
            assertEquals(Ending.CLOSED, used.ending());
            Answer late = asking.send("Host: a\r\n\r\n").read();
            assertEquals("hello", late.text());
            assertTrue(late.closes());
            assertEquals(Ending.CLOSED, asking.ending());
            asking.endOutput();
            assertArrayEquals(Arrays.copyOf(large, 1 << 20), first);
            assertArrayEquals(Arrays.copyOfRange(large, 1 << 20, large.length), reading.octets(large.length - (1 << 20)));
            assertEquals(Ending.CLOSED, reading.ending());
            reading.endOutput();
            Outcome outcome = server.outcome();
            assertEquals("", outcome.err());
            assertEquals(0, outcome.code());
            assertTrue(outcome.out().contains("\"GET /large.bin HTTP/1.1\" 200 " + large.length + "\n"), outcome.out());
        }
    }

    /// With its default of ten seconds, or without an end, the client that never reads would hold it longer.
    @Test
    void theDrainIsBounded() {
        try (ComancheProcess server = ComancheProcess.serve(site, "--drain-timeout", "1s");
                RawClient stuck = new RawClient(server.address(), 4096)) {
            assertEquals(200, stuck.send(GET_LARGE).readHead().status());
            long start = System.nanoTime();
            Outcome outcome = server.stop();
            long millis = (System.nanoTime() - start) / 1_000_000;
            assertTrue(millis > 900 && millis < 8000, millis + " ms");
            assertEquals("", outcome.err());
            assertEquals(0, outcome.code());
            assertTrue(stuck.countToEnd() < large.length);
        }
    }

    @Test
    void theSecondSignalEndsItAtOnce() {
        Path socket = room.resolve("at once");
        try (ComancheProcess server = ComancheProcess.serve(site, "--drain-timeout=1h", "--progress-timeout=1h", "-a",
                "127.0.0.1", "-a", "unix:" + socket); RawClient stuck = new RawClient(server.address(), 4096)) {
            assertEquals(200, stuck.send(GET_LARGE).readHead().status());
            server.signal("TERM");
            server.awaitRefusal();
            server.signal("TERM");
            Outcome outcome = server.outcome();
            assertEquals("", outcome.err());
            assertEquals(1, outcome.code());
            assertFalse(Files.exists(socket));
        }
    }

    /// From then on the name is free for the next server, even while this one still drains.
    @Test
    void aUnixSocketIsRemovedWhenTheDrainBegins() {
        Path socket = room.resolve("socket");
        try (ComancheProcess server = ComancheProcess.serve(site, "-a", "127.0.0.1", "-a", "unix:" + socket);
                RawClient reading = server.connect()) {
            assertEquals(200, reading.send(GET_LARGE).readHead().status());
            assertTrue(Files.exists(socket));
            server.signal("TERM");
            ComancheProcess.await("the socket stays", () -> !Files.exists(socket));
            assertArrayEquals(large, reading.octets(large.length));
            reading.endOutput();
            assertEquals(0, server.outcome().code());
        }
    }

    /// The content of a request in flight is awaited, too.
    @Test
    void aRequestWhoseContentIsStillComingIsAnswered() {
        try (ComancheProcess server = ComancheProcess.serve(site); RawClient client = server.connect()) {
            client.send("GET /a.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
            assertEquals(100, client.readHead().status());
            server.signal("TERM");
            server.awaitRefusal();
            Answer answer = client.send("hello").read();
            assertEquals("hello", answer.text());
            assertTrue(answer.closes());
            client.endOutput();
            assertEquals(0, server.outcome().code());
        }
    }
}
