package tests.process;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tests.process.Processes.Outcome;
import tests.process.RawClient.Answer;

/// A directory downloaded over a line that breaks.
class ArchiveDownloadTest {
    private static final int CUTS = 100;
    private static final long SEED = 4;

    @TempDir
    static Path room;

    private static ComancheProcess server;

    @BeforeAll
    static void start() throws IOException {
        Random random = new Random(SEED);
        for (String name : List.of("a.bin", "b/c.bin", "b/ü.bin", "d/empty")) {
            byte[] octets = new byte[name.endsWith("empty") ? 0 : 50_000 + random.nextInt(200_000)];
            random.nextBytes(octets);
            Path path = room.resolve("site/tree", name);
            Files.createDirectories(path.getParent());
            Files.write(path, octets);
        }
        Files.createDirectory(room.resolve("site/changing"));
        server = ComancheProcess.serve(room.resolve("site"), "-q");
    }

    @AfterAll
    static void nothingWasSaidOnStandardError() {
        try (ComancheProcess ended = server) {
            assertEquals("", ended.stop().err());
        }
    }

    private static Outcome curl(String... words) {
        List<String> command = new java.util.ArrayList<>(List.of("curl", "-sS"));
        command.addAll(List.of(words));
        return Processes.run(room, ComancheProcess.environment(Map.of()), command);
    }

    private static String url(String target) {
        return "http://127.0.0.1:" + server.port() + target;
    }

    @Test
    void aDownloadThatWasCutAnywhereAndResumedIsTheWholeOctetForOctet() throws IOException {
        Path whole = room.resolve("whole.tar");
        assertEquals(0, curl("-o", whole.toString(), url("/tree/?tar")).code());
        byte[] octets = Files.readAllBytes(whole);
        assertEquals("" + octets.length, curl("-I", "-o", "/dev/null", "-w", "%header{content-length}", url("/tree/?tar")).out());

        Random random = new Random(SEED);
        Path part = room.resolve("part.tar");
        for (int i = 0; i < CUTS; i++) {
            int cut = 1 + random.nextInt(octets.length - 1);
            try (RawClient client = server.connect()) {
                client.send("GET /tree/?tar HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").readHead();
                Files.write(part, client.octets(cut));
            }
            Outcome outcome = curl("-C", "-", "-o", part.toString(), url("/tree/?tar"));
            assertEquals(0, outcome.code(), "cut at " + cut + ": " + outcome.err());
            assertArrayEquals(octets, Files.readAllBytes(part), "cut at " + cut);
        }
    }

    /// Whoever downloads sees that it has not got all; the rest is not made up.
    @ParameterizedTest
    @ValueSource(strings = {"tar", "zip"})
    void aDirectoryThatChangesOnTheWayIsCutShort(String form) throws IOException {
        byte[] noise = new byte[16 << 20];
        new Random(SEED).nextBytes(noise);
        Path first = Files.write(room.resolve("site/changing/1"), noise);
        Files.write(room.resolve("site/changing/2"), noise);
        try (RawClient client = new RawClient(server.address(), 64 * 1024)) {
            Answer head = client.send("GET /changing/?" + form + " HTTP/1.1\r\nHost: a\r\n\r\n").readHead();
            assertEquals(200, head.status());
            client.octets(1 << 20);
            Files.setLastModifiedTime(first, java.nio.file.attribute.FileTime.fromMillis(0));
            assertTrue(client.countToEnd() < 17 << 20);
        }
    }

    /// Each holds memory for as long as its client takes it. Who leaves makes room; what is no archive goes on all the time.
    @ParameterizedTest
    @ValueSource(strings = {"tar", "zip"})
    void noMoreArchivesAreMadeAtATimeThanTheLimitAllows(String form) throws IOException {
        byte[] noise = new byte[16 << 20]; // more than the buffers between here and a client that reads nothing
        new Random(SEED).nextBytes(noise);
        Files.write(Files.createDirectories(room.resolve("site/large")).resolve("noise"), noise);
        String request = "GET /large/?" + form + " HTTP/1.1\r\nHost: a\r\n\r\n";
        try (ComancheProcess narrow = ComancheProcess.serve(room.resolve("site"), "-q", "--max-archives=1")) {
            try (RawClient slow = new RawClient(narrow.address(), 4096)) {
                assertEquals(200, slow.send(request).readHead().status());
                for (String other : List.of("/tree/?tar", "/tree/?zip", "/SHA256SUMS")) {
                    Answer refused = narrow.get(other);
                    assertEquals(503, refused.status(), other);
                    assertEquals("5", refused.field("Retry-After").orElse(""));
                }
                assertEquals(200, narrow.get("/large/").status());
            }
            for (String other : List.of("/tree/?tar", "/tree/?zip", "/SHA256SUMS")) {
                ComancheProcess.await("there is no room again", () -> narrow.get(other).status() == 200);
            }
            assertEquals("", narrow.stop().err());
        }
    }

    @Test
    void aZipIsServedAsTheTreeThatIsInItToAClientThatReadsSlowlyToo() throws IOException {
        Path zip = room.resolve("all.zip");
        assertEquals(0, curl("-o", zip.toString(), url("/tree/?zip")).code());
        try (ComancheProcess other = ComancheProcess.serve(zip, "-q"); RawClient slow = new RawClient(other.address(), 4096)) {
            byte[] wanted = Files.readAllBytes(room.resolve("site/tree/b/c.bin"));
            slow.send("GET /tree/b/c.bin HTTP/1.1\r\nHost: a\r\n\r\n").readHead();
            assertArrayEquals(wanted, other.get("/tree/b/c.bin").content());
            assertArrayEquals(wanted, slow.octets(wanted.length));
        }
    }
}
