package tests.process;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tests.process.Processes.Outcome;
import tests.process.RawClient.Answer;

/// Two copies of a tree that differ in all but names and octets, served by two processes that differ in all that surrounds
/// them: every answer of the one is that of the other, octet for octet.
class ReproducibleTest {
    private static final long SEED = 6;
    private static final Path SHARED_MEMORY = Path.of("/dev/shm"); // another file system, where there is one

    private static final List<String> NAMES = List.of("a.txt", "a.txt.gz", "b.html", "b.html.br", "empty", "I.txt", "i.txt", "ı.txt", "ü.bin",
            "new\nline", "x/file10", "x/file2", "x/y/z/deep.bin", "page/index.html", "page/style.css", "README.md");

    @TempDir
    static Path room;

    private static Path elsewhere;
    private static ComancheProcess one;
    private static ComancheProcess other;
    private static ComancheProcess plain;

    @BeforeAll
    static void start() throws IOException {
        elsewhere = Files.isWritable(SHARED_MEMORY) ? Files.createTempDirectory(SHARED_MEMORY, "comanche-test")
                : Files.createDirectory(room.resolve("elsewhere"));
        List<String> backwards = new ArrayList<>(NAMES);
        Collections.reverse(backwards);
        Path first = tree(room.resolve("first"), NAMES, Instant.parse("1999-12-31T23:59:59.5Z"), "rw-r--r--");
        Path second = tree(elsewhere.resolve("second"), backwards, Instant.now().plusSeconds(3600), "rwx------");
        one = serve(first, Map.of("TZ", "UTC", "SOURCE_DATE_EPOCH", "1767225600"));
        other = serve(second, Map.of("TZ", "Asia/Kathmandu", "LC_ALL", "C", "SOURCE_DATE_EPOCH", "1767225600",
                "JDK_JAVA_OPTIONS", "-Duser.language=tr -Duser.country=TR"));
        plain = ComancheProcess.serve(second, "-q");
    }

    private static ComancheProcess serve(Path tree, Map<String, String> environment) {
        return ComancheProcess.start(environment, "serve", tree.toString(), "-p", "0", "-q", "--reproducible");
    }

    /// @param date of the first name; each further one is a minute older
    private static Path tree(Path root, List<String> names, Instant date, String permissions) throws IOException {
        Files.createDirectories(root.resolve("nothing in it"));
        for (String name : names) {
            byte[] octets = new byte[name.equals("empty") ? 0 : 100 + Math.floorMod(name.hashCode(), 100_000)];
            new Random(SEED + name.hashCode()).nextBytes(octets);
            Path file = root.resolve(name);
            Files.createDirectories(file.getParent());
            Files.write(file, octets);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
            Files.setLastModifiedTime(file, FileTime.from(date.minusSeconds(60L * names.indexOf(name))));
        }
        Files.createSymbolicLink(root.resolve("link"), Path.of("a.txt"));
        return root;
    }

    @AfterAll
    static void stop() throws IOException {
        for (ComancheProcess server : List.of(one, other, plain)) {
            server.close();
        }
        try (Stream<Path> files = Files.walk(elsewhere)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /// All that comes, to the end of the connection.
    private static byte[] octets(ComancheProcess server, String request) {
        try (Socket socket = new Socket(server.address().getAddress(), server.port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write((request + "Host: example.com\r\nConnection: close\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            return socket.getInputStream().readAllBytes();
        } catch (IOException e) {
            throw new AssertionError(request, e);
        }
    }

    private static String get(String target, String... lines) {
        return "GET " + target + " HTTP/1.1\r\n" + String.join("", lines);
    }

    private static String encoded(String name) {
        StringBuilder target = new StringBuilder("/");
        for (byte octet : name.getBytes(StandardCharsets.UTF_8)) {
            target.append(octet == '/' ? "/" : String.format("%%%02X", octet & 0xFF));
        }
        return target.toString();
    }

    private static List<String> requests() {
        List<String> requests = new ArrayList<>();
        List<String> names = new ArrayList<>(NAMES);
        names.add("link");
        for (String name : names) {
            String target = encoded(name);
            requests.addAll(List.of(get(target), "HEAD " + target + " HTTP/1.1\r\n", get(target + "?sha256"),
                    get(target, "Range: bytes=1-5\r\n"), get(target, "Range: bytes=0-1,10-20,-7\r\n"), get(target, "Range: bytes=9999999-\r\n"),
                    get(target, "Accept-Encoding: br, gzip\r\n", "Want-Repr-Digest: sha-512=3\r\n"), get(target, "If-None-Match: *\r\n"),
                    get(target, "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n"), get(target + "/")));
        }
        for (String target : List.of("/", "/x/", "/x/y/", "/nothing%20in%20it/", "/page/", "/x", "/missing/")) {
            requests.addAll(List.of(get(target), get(target, "Accept: text/html\r\n"), get(target + "?json"), get(target + "?sort=date&order=desc"),
                    get(target + "?sort=size", "Accept: text/html\r\n"), get(target + "?tar"), get(target + "?zip"),
                    get(target + "?tar", "Range: bytes=700-2000\r\n"), "HEAD " + target + "?tar HTTP/1.1\r\n",
                    "HEAD " + target + "?zip HTTP/1.1\r\n", get(target + "SHA256SUMS")));
        }
        requests.addAll(List.of(get("/?tar&only=x&only=a.txt"), get("/?zip&only=x&only=a.txt"), get("/no", "Accept: text/html\r\n"),
                "OPTIONS * HTTP/1.1\r\n", "PUT /new HTTP/1.1\r\nContent-Length: 0\r\n", "NONSENSE / HTTP/1.1\r\n", "what is this\r\n",
                "GET / HTTP/1.0\r\n"));
        return requests;
    }

    @Test
    void everyAnswerIsTheSameOctetForOctet() {
        for (String request : requests()) {
            byte[] answer = octets(one, request);
            assertTrue(answer.length > 50, request);
            assertArrayEquals(answer, octets(other, request), request);
        }
    }

    /// What the test above would miss, if these trees did not differ.
    @Test
    void withoutTheOptionTheDatesShow() {
        assertNotEquals(one.get("/?json").text(), plain.get("/?json").text());
        assertNotEquals(one.get("/a.txt").field("ETag"), plain.get("/a.txt").field("ETag"));
        assertNotEquals(one.get("/a.txt").field("Date"), plain.get("/a.txt").field("Date"));
        assertNotEquals(one.get("/a.txt").field("Server"), plain.get("/a.txt").field("Server"));
    }

    @Test
    void theDateIsThatOfTheEnvironment() {
        Answer answer = one.get("/a.txt");
        assertEquals("Thu, 01 Jan 2026 00:00:00 GMT", answer.field("Date").orElseThrow());
        assertEquals("Thu, 01 Jan 2026 00:00:00 GMT", answer.field("Last-Modified").orElseThrow());
    }

    @Test
    void anArchiveUnpackedIsTheTree() throws IOException {
        for (String form : List.of("tar", "zip")) {
            Path archive = Files.write(room.resolve("all." + form), one.get("/?" + form).content());
            Path unpacked = Files.createDirectory(room.resolve(form));
            Outcome outcome = Processes.run(unpacked, ComancheProcess.environment(Map.of("TZ", "America/New_York")), form.equals("tar")
                    ? List.of("tar", "-xf", archive.toString()) : List.of("unzip", "-q", "-^", archive.toString()));
            assertEquals(0, outcome.code(), outcome.err());
            for (String name : NAMES) {
                Path file = unpacked.resolve("localhost").resolve(name);
                assertArrayEquals(Files.readAllBytes(room.resolve("first").resolve(name)), Files.readAllBytes(file), form + " " + name);
                assertEquals(Instant.parse("2026-01-01T00:00:00Z"), Files.getLastModifiedTime(file).toInstant(), form + " " + name);
            }
        }
    }

    @Test
    void curlAndSha256sumCheckWhatWasFetched() throws IOException {
        Path fetched = Files.createDirectories(room.resolve("fetched/x/y/z"));
        Outcome curl = Processes.run(room.resolve("fetched"), ComancheProcess.environment(Map.of()), List.of("sh", "-c", """
                url=http://127.0.0.1:%d
                curl -fsS -o x/file2 $url/x/file2 -o x/file10 $url/x/file10 -o x/y/z/deep.bin $url/x/y/z/deep.bin
                curl -fsS $url/x/SHA256SUMS | (cd x && sha256sum --strict -c)
                curl -fsS "$url/x/file2?sha256" | (cd x && sha256sum --strict -c)
                printf x >> x/file2
                curl -fsS $url/x/SHA256SUMS | (cd x && sha256sum --quiet -c) && echo wrong
                """.formatted(one.port())));
        assertTrue(Files.exists(fetched));
        assertEquals("file10: OK\nfile2: OK\ny/z/deep.bin: OK\nfile2: OK\nfile2: FAILED\n", curl.out());
    }

    @Test
    void aChecksumIsNotTheFileThatOneCameFor() {
        Path file = room.resolve("first/a.txt");
        try (ComancheProcess once = ComancheProcess.serve(file, "-q", "--once")) {
            assertTrue(once.get("/?sha256").text().endsWith("  a.txt\n"));
            assertEquals(200, once.get("/").status());
            assertEquals(0, once.outcome().code());
        }
    }

    /// 800 MB by eight readers at once, on a heap that would hold none of them; and somebody else is answered meanwhile.
    /// There is place for one client: the next one is answered when what was made for the one before has ended.
    @ParameterizedTest
    @ValueSource(strings = {"GET /SHA256SUMS", "GET /zeros?sha256", "HEAD /zeros"})
    void nothingIsDigestedForWhoHasLeft(String line) throws IOException {
        Path huge = Files.createDirectories(room.resolve("huge"));
        try (var file = new java.io.RandomAccessFile(huge.resolve("zeros").toFile(), "rw")) {
            file.setLength(200L << 30);
        }
        Files.setLastModifiedTime(huge.resolve("zeros"), FileTime.fromMillis(0));
        Files.writeString(huge.resolve("small"), "small");
        try (ComancheProcess server = ComancheProcess.serve(huge, "-q", "--max-connections", "1")) {
            try (RawClient impatient = server.connect()) {
                impatient.send(line + " HTTP/1.1\r\nHost: a\r\nWant-Repr-Digest: sha-256=1\r\n\r\n");
            }
            assertEquals("small", server.get("/small").text());
        } finally {
            Files.delete(huge.resolve("zeros"));
        }
    }

    @Test
    void largeFilesAreDigestedInLittleMemoryAndOthersAreAnsweredMeanwhile() throws Exception {
        Path large = Files.createDirectory(room.resolve("large"));
        for (int i = 0; i < 8; i++) {
            try (var file = new java.io.RandomAccessFile(large.resolve("zeros" + i).toFile(), "rw")) {
                file.setLength((100L << 20) + i);
            }
            Files.setLastModifiedTime(large.resolve("zeros" + i), FileTime.fromMillis(0));
        }
        Files.writeString(large.resolve("small"), "small");
        try (ComancheProcess server = ComancheProcess.serveWithin("24m", large, "-q");
                var threads = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
            List<java.util.concurrent.Future<Answer>> answers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                String target = "/zeros" + i + "?sha256";
                answers.add(threads.submit(() -> server.get(target)));
            }
            int answeredBeforeTheFirst = 0;
            while (answers.stream().noneMatch(java.util.concurrent.Future::isDone)) {
                assertEquals("small", server.get("/small").text());
                answeredBeforeTheFirst += answers.stream().noneMatch(java.util.concurrent.Future::isDone) ? 1 : 0;
            }
            assertTrue(answeredBeforeTheFirst > 0);
            var digest = java.security.MessageDigest.getInstance("SHA-256");
            byte[] block = new byte[1 << 20];
            for (int i = 0; i < 100; i++) {
                digest.update(block);
            }
            assertEquals(HexFormat.of().formatHex(digest.digest()) + "  zeros0\n", answers.getFirst().get().text());
        }
    }
}
