package tests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lib.host.Setting;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.process.Processes.Outcome;
import tests.process.RawClient.Answer;

/// `comanche serve` as an operator meets it: what it says, where it listens, how it refuses to start.
class ServeTest {
    private static boolean ipv6;

    @TempDir
    Path room;

    private Path site;

    @BeforeAll
    static void lookForIpv6() {
        try (ServerSocket _ = new ServerSocket(0, 1, InetAddress.ofLiteral("::1"))) {
            ipv6 = true;
        } catch (IOException _) {
            ipv6 = false;
        }
    }

    @BeforeEach
    void furnish() throws IOException {
        site = Files.createDirectory(room.resolve("site"));
        Files.writeString(site.resolve("a.txt"), "hello");
    }

    /// Every run that goes well ends so.
    private static void assertEndsWell(ComancheProcess server) {
        Outcome outcome = server.stop();
        assertEquals("", outcome.err());
        assertEquals(0, outcome.code());
    }

    private static Answer get(URI url, String target) {
        try (RawClient client = new RawClient(ComancheProcess.address(url))) {
            return client.send("GET " + target + " HTTP/1.1\r\nHost: " + url.getAuthority() + "\r\n\r\n").read();
        }
    }

    // Where it listens

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                            | 127.0.0.1 [::1]
            127.0.0.1       | 127.0.0.1
            ::1             | [::1]
            [::1]:0         | [::1]
            localhost       | 127.0.0.1
            0.0.0.0         | 127.0.0.1
            ::              | 127.0.0.1 [::1]
            0.0.0.0 ::      | 127.0.0.1 [::1]
            127.0.0.1 ::    | 127.0.0.1 [::1]
            127.0.0.1 ::1   | 127.0.0.1 [::1]
            """)
    void everyUrlOfTheBannerAnswersAndAllShareOnePort(String addresses, String hosts) {
        assumeTrue(ipv6 || !hosts.contains(":"), "this machine has no IPv6");
        String[] options = addresses == null ? new String[0]
                : Stream.of(addresses.split(" ")).flatMap(address -> Stream.of("-a", address)).toArray(String[]::new);
        try (ComancheProcess server = ComancheProcess.serve(site, options)) {
            for (String host : hosts.split(" ")) {
                assertTrue(server.urls().contains(URI.create("http://" + host + ":" + server.port() + "/")),
                        host + " of " + server.urls());
            }
            for (URI url : server.urls()) {
                assertEquals("hello", get(url, "/a.txt").text(), url.toString());
                assertEquals(server.port(), url.getPort());
            }
            assertEndsWell(server);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--bind", "--host"})
    void theAddressHasSeveralNames(String option) {
        try (ComancheProcess server = ComancheProcess.serve(site, option, "127.0.0.1")) {
            assertEquals(List.of(URI.create("http://127.0.0.1:" + server.port() + "/")), server.urls());
        }
    }

    @Test
    void theBannerSaysWhatIsServedAndHowToStopAndHowToLetOthersIn() {
        try (ComancheProcess server = ComancheProcess.serve(site)) {
            String banner = server.stop().out();
            assertTrue(banner.startsWith("Comanche serves " + site + "\n"), banner);
            assertTrue(banner.contains("-a 0.0.0.0 lets others in"), banner);
            assertTrue(banner.contains("Ctrl+C stops"), banner);
            assertFalse(banner.contains("\u001b"), banner);
        }
    }

    @Test
    void whoHasLetOthersInIsNotToldHow() {
        try (ComancheProcess server = ComancheProcess.serve(site, "-a", "0.0.0.0")) {
            assertFalse(server.stop().out().contains("lets others in"));
        }
    }

    @Test
    void thePortMayStandBehindTheDirectory() {
        try (ComancheProcess server = ComancheProcess.start(Map.of(), "serve", site.toString(), "0")) {
            assertEquals("hello", server.get("/a.txt").text());
        }
    }

    // A port that is in use

    @Test
    void aChosenPortInUseIsAnErrorThatOffersNoOther() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            String port = Integer.toString(taken.getLocalPort());
            Map<String, String> chosen = Map.of("COMANCHE_PORT", port);
            for (Outcome outcome : List.of(ComancheProcess.run(Map.of(), "serve", site.toString(), "-p", port),
                    ComancheProcess.run(chosen, "serve", site.toString()),
                    ComancheProcess.run(Map.of(), "serve", site.toString(), "-a", "127.0.0.1:" + port))) {
                assertOneSentence(outcome, 1, "Port " + port + " on 127.0.0.1 is in use");
                assertFalse(outcome.err().contains("-p 0"), outcome.err());
            }
        }
    }

    /// Whoever has it: if it is not somebody else, it is this test.
    @Test
    void theDefaultPortInUseIsAnErrorThatOffersAFreeOne() throws IOException {
        try (ServerSocket taken = new ServerSocket()) {
            try {
                taken.bind(new InetSocketAddress("127.0.0.1", 8080));
            } catch (BindException _) {
                // it is in use, which is all that is wanted
            }
            Outcome outcome = ComancheProcess.run(Map.of(), "serve", site.toString());
            assertOneSentence(outcome, 1, "Port 8080 on 127.0.0.1 is in use");
            assertTrue(outcome.err().contains("-p 0 picks a free one"), outcome.err());
        }
    }

    /// Half of `localhost` would be worse than none.
    @Test
    void aPortThatOnlyOneFamilyHasFreeIsInUse() throws IOException {
        assumeTrue(ipv6, "this machine has no IPv6");
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("::1"))) {
            Outcome outcome = ComancheProcess.run(Map.of(), "serve", site.toString(), "-p", "" + taken.getLocalPort());
            assertOneSentence(outcome, 1, "is in use");
        }
    }

    // Unix sockets

    private Outcome curl(Path socket, String target) {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")), "curl is not installed");
        return Processes.run(room, Map.of(), List.of("/usr/bin/curl", "-sS", "--max-time", "20", "--unix-socket",
                socket.toString(), "http://localhost" + target));
    }

    @Test
    void aUnixSocketIsServedAndItsFileRemovedAtTheEnd() {
        Path socket = room.resolve("a socket");
        try (ComancheProcess server = ComancheProcess.serve(site, "-a", "unix:" + socket, "-a", "127.0.0.1")) {
            assertEquals("hello", curl(socket, "/a.txt").out());
            assertEquals("hello", server.get("/a.txt").text());
            Outcome outcome = server.stop();
            assertEquals("", outcome.err());
            assertEquals(0, outcome.code());
            assertTrue(outcome.out().contains("    unix:" + socket + "\n"), outcome.out());
            assertTrue(outcome.out().contains("\n- - - ["), outcome.out());
            assertFalse(Files.exists(socket));
        }
    }

    @Test
    void aSocketThatAKilledServerLeftIsTakenOver() throws IOException {
        Path socket = room.resolve("socket");
        try (ServerSocketChannel left = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            left.bind(UnixDomainSocketAddress.of(socket));
        }
        assertTrue(Files.exists(socket));
        try (ComancheProcess server = ComancheProcess.serve(site, "-a", "unix:" + socket)) {
            assertEquals("hello", curl(socket, "/a.txt").out());
            assertEndsWell(server);
        }
    }

    @Test
    void aSocketThatAnswersIsInUseAndStays() throws IOException {
        Path socket = room.resolve("socket");
        try (ServerSocketChannel used = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            used.bind(UnixDomainSocketAddress.of(socket));
            assertOneSentence(ComancheProcess.run(Map.of(), "serve", site.toString(), "-a", "unix:" + socket), 1,
                    "The socket " + socket + " is in use");
            assertTrue(Files.exists(socket));
        }
    }

    /// Whatever is there and is no socket is somebody's: `unix:/dev/null` once too often, and the machine is broken.
    @ParameterizedTest
    @ValueSource(strings = {"file", "fifo", "directory", "link"})
    void whatIsNoSocketIsNeverRemoved(String kind) throws IOException {
        Path path = room.resolve(kind);
        switch (kind) {
            case "file" -> Files.writeString(path, "dear");
            case "directory" -> Files.createDirectory(path);
            case "link" -> Files.createSymbolicLink(path, Path.of("site"));
            default -> assertEquals(0, Processes.run(room, ComancheProcess.environment(Map.of()),
                    List.of("mkfifo", path.toString())).code());
        }
        assertOneSentence(ComancheProcess.run(Map.of(), "serve", site.toString(), "-a", "unix:" + path), 1, "can't be made");
        assertTrue(Files.exists(path));
    }

    @Test
    void whenOneOfTheAddressesCannotBeHadTheSocketOfAnotherIsRemoved() throws IOException {
        Path socket = room.resolve("socket");
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            Outcome outcome = ComancheProcess.run(Map.of(), "serve", site.toString(), "-a", "unix:" + socket,
                    "-a", "127.0.0.1:" + taken.getLocalPort());
            assertOneSentence(outcome, 1, "is in use");
            assertFalse(Files.exists(socket));
        }
    }

    // What is served

    @Test
    void aSingleFileIsServedAtTheRoot() {
        try (ComancheProcess server = ComancheProcess.serve(site.resolve("a.txt"))) {
            Answer answer = server.get("/");
            assertEquals("hello", answer.text());
            assertEquals("text/plain; charset=utf-8", answer.field("Content-Type").orElse("").toLowerCase(java.util.Locale.ROOT));
            assertEquals(404, server.get("/a.txt").status());
            assertEquals(404, server.get("/b").status());
            assertEndsWell(server);
        }
    }

    @Test
    void theEnvironmentSetsEveryOptionAndTheLineWinsOverIt() {
        Map<String, String> environment = Map.of("COMANCHE_DOCBASE", site.toString(), "COMANCHE_PORT", "0",
                "COMANCHE_ADDRESS", "127.0.0.1", "COMANCHE_NO_LISTING", "true", "COMANCHE_QUIET", "false",
                "COMANCHE_HEADER", "A: b, c\nD: e", "COMANCHE_SERVER_NAME", "other");
        try (ComancheProcess server = ComancheProcess.start(environment, "serve", "--server-name", "mine")) {
            Answer answer = server.get("/");
            assertEquals(403, answer.status());
            assertEquals("b, c", answer.field("A").orElse(""));
            assertEquals("e", answer.field("D").orElse(""));
            assertEquals("mine", answer.field("Server").orElse(""));
            assertEquals(1, server.urls().size());
            assertEndsWell(server);
        }
    }

    // What it says while it serves

    @Test
    void eachResponseIsALineOfTheCommonLogFormat() {
        try (ComancheProcess server = ComancheProcess.serve(site, "-a", "127.0.0.1")) {
            try (RawClient client = server.connect()) { // one connection, one order
                client.send("GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\nGET /missing?a=%22 HTTP/1.1\r\nHost: a\r\n\r\n"
                        + "BAD \"\u001b\r\n\r\n");
                assertEquals(List.of(200, 404, 400), Stream.generate(client::read).limit(3).map(Answer::status).toList());
            }
            Outcome outcome = server.stop();
            List<String> lines = outcome.outLines().stream().filter(line -> line.startsWith("127.0.0.1 ")).toList();
            Pattern time = Pattern.compile(
                    "127\\.0\\.0\\.1 - - \\[\\d\\d/[A-Z][a-z]{2}/\\d{4}:\\d\\d:\\d\\d:\\d\\d [+-]\\d{4}] ");
            assertEquals(List.of("\"GET /a.txt HTTP/1.1\" 200 5", "\"GET /missing?a=%22 HTTP/1.1\" 404 14",
                    "\"BAD \\\"\\x1b\" 400 16"), lines.stream().map(line -> time.matcher(line).replaceFirst("")).toList());
        }
    }

    @Test
    void aQuietServerSaysNothingOfItsResponses() {
        try (ComancheProcess server = ComancheProcess.serve(site, "-q", "-a", "127.0.0.1")) {
            assertEquals(200, server.get("/a.txt").status());
            Outcome outcome = server.stop();
            assertEquals(3, outcome.outLines().size(), outcome.out());
            assertEquals("", outcome.err());
        }
    }

    private static Process start(String... arguments) {
        try {
            ProcessBuilder builder = new ProcessBuilder(ComancheProcess.command(arguments)).directory(new java.io.File("/"));
            builder.environment().clear();
            builder.environment().putAll(ComancheProcess.environment(Map.of()));
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InetSocketAddress firstUrl(BufferedReader out) throws IOException {
        out.readLine();
        return ComancheProcess.address(URI.create(out.readLine().strip()));
    }

    /// `comanche serve | head -2`
    @Test
    void aClosedStandardOutputDoesNotEndTheServer() throws Exception {
        Process server = start("serve", site.toString(), "-p", "0");
        try {
            InetSocketAddress address;
            try (BufferedReader out = server.inputReader()) {
                address = firstUrl(out);
            }
            for (int i = 0; i < 20; i++) {
                assertEquals(200, get(address));
            }
            ComancheProcess.signal("TERM", server.pid());
            assertTrue(server.waitFor(30, TimeUnit.SECONDS));
            assertEquals(0, server.exitValue());
            List<String> complaints = new String(server.getErrorStream().readAllBytes()).lines().toList();
            assertTrue(complaints.getFirst().contains("The access log can't be written"), complaints.toString());
            assertTrue(complaints.size() <= 2, complaints.toString()); // not one for each response
        } finally {
            server.destroyForcibly();
        }
    }

    /// A pager that is not scrolled fills its pipe: neither the clients nor the end may wait for it.
    @Test
    void aStandardOutputThatNobodyReadsHoldsUpNeitherTheClientsNorTheEnd() throws Exception {
        Process server = start("serve", site.toString(), "-p", "0");
        try {
            InetSocketAddress address = firstUrl(new BufferedReader(server.inputReader(), 1));
            String target = "/" + "x".repeat(8000);
            try (RawClient client = new RawClient(address)) {
                for (int i = 0; i < 200; i++) { // 1.6 MB of log
                    assertEquals(404, client.send("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n").read().status());
                }
            }
            ComancheProcess.signal("TERM", server.pid());
            assertTrue(server.waitFor(30, TimeUnit.SECONDS), "it does not end");
            assertEquals(0, server.exitValue());
        } finally {
            server.destroyForcibly();
        }
    }

    private static int get(InetSocketAddress address) {
        try (RawClient client = new RawClient(address)) {
            return client.send("GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n").read().status();
        }
    }

    // What it says instead of serving

    private static void assertOneSentence(Outcome outcome, int code, String part) {
        assertEquals("", outcome.out());
        assertEquals(1, outcome.errLines().size(), outcome.err());
        assertTrue(outcome.err().startsWith("comanche: ") && outcome.err().endsWith(".\n"), outcome.err());
        assertTrue(outcome.err().contains(part), outcome.err());
        assertEquals(code, outcome.code());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            frob                            | 2 | frob
            serve --frob                    | 2 | --frob
            serve -p                        | 2 | --port
            serve . 0 more                  | 2 | more
            serve -p -1                     | 2 | -1
            serve . 0 -p 0                  | 2 | --port says what '0' says, too
            serve /no/such                  | 2 | '/no/such' is no file or directory
            serve 8080                      | 2 | say -p 8080
            serve /dev/null                 | 2 | neither a directory nor a regular file
            serve -a a_b/c                  | 2 | is no address
            serve -p 0 -a no.such.invalid   | 1 | 'no.such.invalid' is unknown
            serve -p 0 -a 192.0.2.1         | 1 | 192.0.2.1 is not one of this machine
            serve -p 0 -a 1:2:3             | 1 | '1:2:3' is unknown
            serve -p 0 -a 0x7f.1            | 1 | '0x7f.1' is unknown
            serve -a unix:/no/such/socket   | 1 | The socket /no/such/socket can't be made
            serve -t 0                      | 2 | --timeout '0' is no time
            serve --header=Content-Length:3 | 2 | is set by the server itself
            """)
    void whatIsWrongIsOneSentenceAndAnExitCode(String line, int code, String part) {
        assertOneSentence(ComancheProcess.run(Map.of(), line.split(" ")), code, part);
    }

    /// In the locale C a JVM has no path for such a name.
    @Test
    void aSocketPathThatTheLocaleCannotSpellIsOneSentence() {
        assertOneSentence(ComancheProcess.run(Map.of("LC_ALL", "C"), "serve", site.toString(), "-a", "unix:/tmp/\u00fc"), 1,
                "can't be made");
    }

    @Test
    void aSocketPathThatIsTooLongIsOneSentence() {
        assertOneSentence(ComancheProcess.run(Map.of(), "serve", site.toString(), "-a", "unix:" + room.resolve("x".repeat(110))),
                1, "can't be made");
    }

    @Test
    void everyComplaintIsTold() {
        Outcome outcome = ComancheProcess.run(Map.of("COMANCHE_MAX_RANGES", "x"), "serve", "/no/such", "-p", "x", "-t", "y");
        assertEquals(4, outcome.errLines().size(), outcome.err());
        assertTrue(outcome.errLines().stream().allMatch(line -> line.startsWith("comanche: ")), outcome.err());
        assertTrue(outcome.err().contains("COMANCHE_MAX_RANGES 'x'"), outcome.err());
        assertEquals(2, outcome.code());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--version", "serve -V"})
    void theVersionIsTold(String line) {
        assertEquals(new Outcome(0, "Comanche " + Setting.VERSION + "\n", ""),
                ComancheProcess.run(Map.of(), line.split(" ")));
    }

    @Test
    void theHelpNamesEveryOption() {
        Outcome outcome = ComancheProcess.run(Map.of(), "serve", "--help");
        List<String> words = Arrays.asList(outcome.out().split("[\\s,=]+"));
        for (Setting setting : Setting.values()) {
            assertTrue(words.containsAll(setting.options()), setting + " in " + outcome.out());
        }
        assertTrue(words.containsAll(List.of("--help", "--version")), outcome.out());
        assertEquals("", outcome.err());
        assertEquals(0, outcome.code());
    }

    @Test
    void theHelpAboveNamesTheCommands() {
        Outcome outcome = ComancheProcess.run(Map.of(), "--help");
        assertTrue(outcome.out().contains("serve") && outcome.out().contains("completion"), outcome.out());
        assertEquals("", outcome.err());
        assertEquals(0, outcome.code());
    }

    @Test
    void theCompletionIsUnderstoodByBash() throws IOException {
        Outcome completion = ComancheProcess.run(Map.of(), "completion");
        assertEquals("", completion.err());
        Path script = Files.writeString(room.resolve("completion"), completion.out());
        Outcome bash = Processes.run(room, ComancheProcess.environment(Map.of()), List.of("bash", "-c", """
                bash -n "$0" && source "$0" || exit
                compopt() { :; } # works only while bash completes
                complete -p comanche
                COMP_WORDS=(comanche serve --no-l) COMP_CWORD=2
                _complete_comanche && echo "${COMPREPLY[@]}"
                """, script.toString()));
        assertEquals("", bash.err());
        assertEquals(0, bash.code());
        assertTrue(bash.outLines().getFirst().contains("_complete_comanche"), bash.out());
        assertEquals("--no-listing", bash.outLines().getLast());
    }

    // Two readers of the line

    /// The left line is read by `PlainLine`, the right one, which has a form that only picocli knows, by picocli.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            SITE -p 0                                  | SITE -p0
            SITE 0                                     | SITE 0 -a127.0.0.1
            SITE -q -q -p 1 -p 0 --no-listing          | SITE -qqp1 -p 0 --no-listing
            -b SITE --header=A:b,c --header A:2 -p 0   | -bSITE --header=A:b,c --header A:2 -p 0
            -q SITE --cors --index a.txt,b 0           | SITE --cors --index=a.txt,b -qp0
            SITE -p 0 --server-name=  --cors           | SITE -p0 --server-name= --cors
            """)
    void bothReadersMakeTheSameServerOfALine(String plain, String full) {
        CompletableFuture<List<Object>> other = CompletableFuture.supplyAsync(() -> portrait(full));
        assertEquals(portrait(plain), other.join());
    }

    private List<Object> portrait(String line) {
        String[] arguments = Stream.concat(Stream.of("serve"), Stream.of(line.replace("SITE", site.toString()).split(" +")))
                .toArray(String[]::new);
        try (ComancheProcess server = ComancheProcess.start(Map.of(), arguments)) {
            List<Object> portrait = new ArrayList<>();
            for (String target : List.of("/", "/a.txt")) {
                Answer answer = server.get(target);
                portrait.add(answer.status());
                portrait.add(answer.text());
                portrait.add(answer.fields().stream().filter(field -> !field.startsWith("Date:")).toList());
            }
            Outcome outcome = server.stop();
            portrait.add(outcome.outLines().stream().filter(text -> text.startsWith("127.0.0.1 ")).count());
            portrait.add(outcome.code());
            portrait.add(outcome.err());
            return portrait;
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --docbase . . -p 0     | --docbase . . -p0
            -p x                   | -px
            """)
    void bothReadersRefuseALineInTheSameWords(String plain, String full) {
        Outcome first = ComancheProcess.run(Map.of(), ("serve " + plain).split(" "));
        assertEquals(2, first.code());
        assertEquals(first, ComancheProcess.run(Map.of(), ("serve " + full).split(" ")));
    }
}
