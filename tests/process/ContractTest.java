package tests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.process.Processes.Outcome;
import tests.process.Processes.Running;

/// What a program can rely on that starts `comanche serve` by itself: where it learns that the server is ready, what was asked of
/// it, and how it ended.
class ContractTest {
    @TempDir
    static Path room;

    private static Path site;
    private static byte[] large;

    @BeforeAll
    static void furnish() throws IOException {
        site = Files.createDirectory(room.resolve("site"));
        Files.writeString(site.resolve("a.txt"), "hello");
        large = "0123456789abcdef".repeat(500_000).getBytes(StandardCharsets.US_ASCII);
        Files.write(site.resolve("large.bin"), large);
    }

    private static Running serve(String... options) {
        List<String> command = new ArrayList<>(List.of("serve", site.toString(), "-p", "0"));
        command.addAll(List.of(options));
        return Processes.start(Path.of("/"), ComancheProcess.environment(Map.of()),
                ComancheProcess.command(command.toArray(String[]::new)));
    }

    private static Outcome stop(Running running) {
        ComancheProcess.signal("TERM", running.pid());
        return running.outcome();
    }

    private static String value(String json, String name) {
        java.util.regex.Matcher member = Pattern.compile("\"" + name + "\":(\"([^\"]*)\"|[^,}]*)").matcher(json);
        assertTrue(member.find(), name + " in " + json);
        return member.group(2) != null ? member.group(2) : member.group(1);
    }

    private static String sha256(byte[] octets) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(octets));
    }

    // The URL in a file

    @Test
    void theUrlIsInItsFileOnceTheServerListensAndAsLongAsThat() throws IOException {
        Path file = room.resolve("url");
        Files.writeString(file, "http://127.0.0.1:1\n");
        try (Running running = serve("-q", "--url-file", file.toString())) {
            ComancheProcess.await("no new URL", () -> !text(file).isEmpty() && !text(file).contains(":1\n"));
            assertTrue(text(file).matches("http://127\\.0\\.0\\.1:\\d+\n"), text(file));
            try (RawClient client = new RawClient(ComancheProcess.address(URI.create(text(file).strip())))) {
                assertEquals("hello", client.send("GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n").read().text());
            }
            assertEquals(0, stop(running).code());
        }
        assertEquals(List.of(), named("url"));
    }

    /// The names in the room that begin so.
    private static List<String> named(String beginning) throws IOException {
        try (java.util.stream.Stream<Path> files = Files.list(room)) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.startsWith(beginning)).toList();
        }
    }

    @Test
    void ofTwoServersWithOneUrlFileTheLaterOneHasItAndTheOtherLeavesItThere() throws IOException {
        Path file = room.resolve("shared");
        try (Running first = serve("-q", "--json", "--url-file", file.toString())) {
            first.awaitOut("}\n");
            try (Running second = serve("-q", "--json", "--url-file", file.toString())) {
                second.awaitOut("}\n");
                stop(first);
                assertEquals(value(second.toString(), "url") + "\n", text(file));
                stop(second);
            }
        }
        assertEquals(List.of(), named("shared"));
    }

    /// `/dev/stdout` is such a link, and root could remove it.
    @ParameterizedTest
    @ValueSource(strings = {"--url-file", "--journal"})
    void whatIsNoFileIsNeitherRemovedNorWrittenTo(String option) throws Exception {
        Path pipe = room.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        Path link = Files.createSymbolicLink(room.resolve("link to it"), pipe);
        for (Path path : List.of(pipe, link)) {
            Outcome outcome = ComancheProcess.run(Map.of(), "serve", site.toString(), "-p", "0", option, path.toString());
            assertEquals(1, outcome.code());
            assertEquals(1, outcome.errLines().size(), outcome.err());
            assertTrue(Files.exists(path, LinkOption.NOFOLLOW_LINKS));
        }
        Files.delete(link);
        Files.delete(pipe);
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException _) {
            return "";
        }
    }

    @Test
    void whoWaitsForTheFileOfAServerThatCannotStartFindsNone() throws IOException {
        Path file = Files.writeString(room.resolve("old url"), "http://127.0.0.1:1\n");
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Outcome outcome = ComancheProcess.run(Map.of(), "serve", site.toString(), "-a", "127.0.0.1", "-p",
                    Integer.toString(taken.getLocalPort()), "--json", "--url-file", file.toString());
            assertEquals(1, outcome.code());
            assertEquals("", outcome.out());
            assertEquals(1, outcome.errLines().size());
        }
        assertFalse(Files.exists(file));
    }

    @ParameterizedTest
    @CsvSource({"--url-file, /no/such/directory/url, 1", "--url-file, /, 1", "--journal, /no/such/directory/journal, 1",
        "--journal, -, 2", "--fail-on, 4, 2", "--fail-on, 404 x, 2", "--expect, get /a, 2", "--kill-after, 0, 2"})
    void whatCannotBeIsSaidInASentence(String option, String value, int code) {
        Outcome outcome = ComancheProcess.run(Map.of(), "serve", site.toString(), "-p", "0", option, value);
        assertEquals(code, outcome.code(), outcome.toString());
        assertTrue(outcome.err().startsWith("comanche: ") && outcome.err().endsWith(".\n"), outcome.err());
        assertEquals(1, outcome.errLines().size());
    }

    // Events

    @Test
    void eventsAreAllThatIsPrinted() {
        try (Running running = serve("--json", "--random")) {
            running.awaitOut("}\n");
            String listening = running.toString();
            URI url = URI.create(value(listening, "url"));
            assertEquals(Integer.toString(url.getPort()), value(listening, "port"));
            assertEquals(Long.toString(running.pid()), value(listening, "pid"));
            try (RawClient client = new RawClient(ComancheProcess.address(url))) {
                client.send("GET " + url.getPath() + "/a.txt HTTP/1.1\r\nHost: a\r\n\r\n");
                assertEquals("hello", client.read().text());
            }
            Outcome outcome = stop(running);
            List<String> events = outcome.outLines();
            assertEquals(3, events.size(), outcome.out());
            assertTrue(events.get(0).startsWith("{\"event\":\"listening\",\"url\":\"http://127.0.0.1:"), events.get(0));
            assertTrue(events.get(1).startsWith("{\"event\":\"request\",\"time\":"), events.get(1));
            assertEquals("200", value(events.get(1), "status"));
            assertEquals("{\"event\":\"stopped\",\"requests\":1,\"octets\":5,\"complaints\":[]}", events.get(2));
            assertEquals(0, outcome.code());
            assertEquals("", outcome.err());
        }
    }

    /// A program that reads the first line and no other must not bring the server to a stop.
    @Test
    void aReaderThatStopsReadingStopsNobody() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(ComancheProcess.command("serve", site.toString(), "-p", "0", "--json"));
        Process process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try {
            byte[] line = new byte[1024];
            int count = process.getInputStream().read(line);
            URI url = URI.create(value(new String(line, 0, count, StandardCharsets.UTF_8), "url"));
            try (RawClient client = new RawClient(ComancheProcess.address(url))) {
                for (int i = 0; i < 1000; i++) {
                    client.send("GET /a.txt HTTP/1.1\r\nHost: a\r\nReferer: " + "x".repeat(300) + "\r\n\r\n");
                    assertEquals("hello", client.read().text());
                }
            }
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void theEndOfStandardInputIsTheEnd() {
        try (Running running = serve("--json", "--exit-with-parent")) {
            running.awaitOut("}\n");
            running.input("whatever is typed is of no interest\n");
            Outcome outcome = running.outcome();
            assertEquals(0, outcome.code());
            assertTrue(outcome.out().endsWith("\"complaints\":[]}\n"), outcome.out());
        }
    }

    // The verdict at the end

    @Test
    void aServerThatIsStoppedSaysWhatWasNeverFetchedByItsCode() {
        try (Running running = serve("--json", "-q", "--expect", "GET /a.txt", "--fail-on", "404")) {
            running.awaitOut("}\n");
            Outcome outcome = stop(running);
            assertEquals(3, outcome.code());
            assertEquals("comanche: never fetched: GET /a.txt\n", outcome.err());
            assertTrue(outcome.out().endsWith("\"complaints\":[\"never fetched: GET /a.txt\"]}\n"), outcome.out());
        }
    }

    // The journal

    /// With the hash of what the client has really got, from a file, in parts, in memory or made as it is sent.
    @Test
    void theJournalHasALineForEachRequestBeforeTheConnectionsNextIsAnswered() throws Exception {
        Path journal = Files.writeString(room.resolve("journal"), "what was there before\n");
        try (Running running = serve("--json", "-q", "--write", "--journal", journal.toString())) {
            running.awaitOut("}\n");
            InetSocketAddress address = ComancheProcess.address(URI.create(value(running.toString(), "url")));
            try (RawClient client = new RawClient(address)) {
                List<String> heads = List.of("GET /large.bin HTTP/1.1\r\nAuthorization: Bearer abc\r\nX-Api-Key: k\r\nA: 1\r\nA: 2\r\n",
                        "GET /large.bin HTTP/1.1\r\nRange: bytes=0-9\r\n", "GET /large.bin HTTP/1.1\r\nRange: bytes=0-9,100000-300000\r\n",
                        "GET /nothing HTTP/1.1\r\n", "GET /?json HTTP/1.1\r\n", "GET /?zip HTTP/1.1\r\n",
                        "PUT /b.txt HTTP/1.1\r\nContent-Length: 5\r\n");
                List<String> hashes = new ArrayList<>();
                for (String head : heads) {
                    RawClient.Answer answer = client.send(head + "Host: a\r\n\r\n" + (head.startsWith("PUT") ? "world" : "")).read();
                    hashes.add(answer.text().isEmpty() ? "null" : sha256(answer.content()));
                    int lines = Files.readAllLines(journal).size();
                    assertTrue(lines == hashes.size() || lines == hashes.size() - 1, lines + " lines");
                }
                client.send("HEAD /a.txt HTTP/1.1\r\nHost: a\r\n\r\n").readHead();
                stop(running);

                List<String> lines = Files.readAllLines(journal);
                assertEquals(heads.size() + 1, lines.size(), lines.toString());
                for (int i = 0; i < hashes.size(); i++) {
                    String response = lines.get(i).substring(lines.get(i).indexOf("\"response\""));
                    assertEquals(hashes.get(i), value(response, "sha256"), lines.get(i));
                    assertTrue(lines.get(i).contains("\"complete\":true"), lines.get(i));
                }
                String first = lines.getFirst();
                assertTrue(first.contains("\"authorization\":\"Bearer ***\",\"x-api-key\":\"***\",\"a\":\"1, 2\""), first);
                assertEquals(Integer.toString(large.length), value(first, "octets"));
                String put = lines.get(heads.size() - 1);
                assertTrue(put.contains("\"octets\":5,\"sha256\":\"" + sha256("world".getBytes(StandardCharsets.US_ASCII)) + "\"},\"resp"), put);
                assertEquals("201", value(put, "status"));
                assertEquals("0", value(lines.getLast(), "octets"));
            }
        }
    }

    @Test
    void twoServersHaveNoJournalInCommon() {
        Path journal = room.resolve("of one");
        try (Running running = serve("--json", "-q", "--journal", journal.toString())) {
            running.awaitOut("}\n");
            Outcome outcome = ComancheProcess.run(Map.of(), "serve", site.toString(), "-p", "0", "--journal", journal.toString());
            assertEquals(1, outcome.code());
            assertTrue(outcome.err().contains("is that of another server"), outcome.err());
        }
    }

    /// The limit of a file's size stands for a disk that is full.
    @Test
    void ofALineThatDoesNotFitNothingStaysInTheJournal() throws IOException {
        Path journal = room.resolve("no room");
        List<String> command = new ArrayList<>(List.of("sh", "-c", "ulimit -f 8; trap '' XFSZ; exec \"$@\"", "sh"));
        command.addAll(ComancheProcess.command("serve", site.toString(), "-p", "0", "--json", "-q", "--journal", journal.toString()));
        try (Running running = Processes.start(Path.of("/"), ComancheProcess.environment(Map.of()), command)) {
            running.awaitOut("}\n");
            try (RawClient client = new RawClient(ComancheProcess.address(URI.create(value(running.toString(), "url"))))) {
                for (int i = 0; i < 20; i++) {
                    client.send("GET /a.txt HTTP/1.1\r\nHost: a\r\nReferer: " + "x".repeat(400) + "\r\n\r\n");
                    assertEquals("hello", client.read().text());
                }
                client.send("GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n").read();
            }
            Outcome outcome = stop(running);
            assertTrue(outcome.err().contains("it is not complete"), outcome.err());
        }
        String text = Files.readString(journal);
        assertTrue(text.endsWith("}\n"));
        assertTrue(text.lines().allMatch(line -> line.startsWith("{\"time\":") && line.endsWith("}}")));
    }

    @Test
    void whatBrokeOffIsNotComplete() throws IOException {
        Path journal = room.resolve("broken");
        try (Running running = serve("--json", "-q", "--journal", journal.toString(), "--journal-secrets", "--expect", "/large.bin")) {
            running.awaitOut("}\n");
            InetSocketAddress address = ComancheProcess.address(URI.create(value(running.toString(), "url")));
            try (RawClient client = new RawClient(address, 4096)) {
                client.send("GET /large.bin HTTP/1.1\r\nHost: a\r\nCookie: a=b\r\n\r\n");
            }
            ComancheProcess.await("no line", () -> text(journal).endsWith("\n"));
            assertEquals("false", value(text(journal), "complete"));
            assertEquals("a=b", value(text(journal), "cookie"));
            assertEquals(3, stop(running).code());
        }
    }
}
