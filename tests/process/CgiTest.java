package tests.process;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Programs that are started for each request (RFC 3875): real ones, seen from outside.
class CgiTest {
    @TempDir
    private static Path room;

    private static Path site;
    private static Path errorLog;
    private static ComancheProcess server;

    @BeforeAll
    static void serve() throws IOException {
        site = Files.createDirectories(room.resolve("site"));
        errorLog = room.resolve("error.log");
        script("cgi-bin/say", "exec cat");
        script("cgi-bin/told", "$HEAD; env; pwd");
        script("cgi-bin/count", "$HEAD; wc -c");
        script("cgi-bin/early", "$HEAD; echo early; exec cat > /dev/null");
        script("cgi-bin/closes", "exec <&-; $HEAD; echo enough; while ! [ -e " + room.resolve("go") + " ]; do sleep 0.05; done; echo more");
        script("cgi-bin/uninterested", "$HEAD; echo enough");
        script("cgi-bin/leads", "touch " + room.resolve("led") + "; echo Location: /plain.txt; echo");
        script("cgi-bin/leads-far", "echo Location: /large.bin; echo");
        script("cgi-bin/line", "read line; $HEAD; echo \"$line\"; exec cat");
        script("hang/silent", "exec sleep 1000");
        script("hang/stuck", "printf 'A: b\\n\\nbegun'; exec sleep 1000");
        script("cgi-bin/dies", "exit 3");
        script("cgi-bin/falls", "$HEAD; echo all; exit 4");
        script("cgi-bin/nonsense", "echo this is no head; echo");
        script("cgi-bin/babble", "while echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: b; do :; done");
        script("cgi-bin/complains", "printf 'one\\033[31m\\ntwo\\n' >&2; $HEAD; echo said");
        Files.writeString(site.resolve("cgi-bin/closed"), "#!/bin/sh\nprintf 'A: b\\n\\nrun'\n");
        Files.writeString(site.resolve("cgi-bin/lost"), "#!/no/such/interpreter\n");
        Files.setPosixFilePermissions(site.resolve("cgi-bin/lost"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(script("tool.pl", "").getParent().resolve("tool.pl"), "#!/usr/bin/perl\nprint \"A: b\\n\\nperl $ENV{PATH_INFO}\";\n");
        Files.writeString(site.resolve("index.php"), "<?php header('X-Api: ' . PHP_SAPI); echo strlen($_POST['a'] ?? ''), $_GET['b'] ?? ''; ");
        Files.writeString(site.resolve("plain.txt"), "plain");
        server = ComancheProcess.start(Map.of(), "serve", "-p", "0", "-c", settings(room.resolve("c.toml"), """
                max-target = "1m"
                max-upload = "8m"
                indexfiles = ["index.php"]
                [[cgi]]
                path = "/hang/"
                timeout = "1500ms"
                [[cgi]]
                path = "/cgi-bin/"
                environment = { OURS = "gr\u00fc\u00df", PATH = "/usr/bin:/bin" }
                [[cgi]]
                path = "*.php"
                interpreter = "php-cgi"
                [[cgi]]
                path = "*.pl"
                """));
    }

    /// The file of these settings, with the site and the log before them.
    private static String settings(Path file, String settings) throws IOException {
        Files.writeString(file, "docbase = \"" + site + "\"\nerror-log = \"" + errorLog + "\"\n" + settings);
        return file.toString();
    }

    private static Path script(String name, String text) throws IOException {
        Path file = site.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + text.replace("$HEAD", "echo A: b; echo") + "\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static String post(String target, String content) {
        return "POST " + target + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + content.length() + "\r\nConnection: close\r\n\r\n" + content;
    }

    private static String request(String head) {
        return head.replace("~", "\r\n") + "\r\nConnection: close\r\n\r\n";
    }

    private static void awaitLog(String text) {
        ComancheProcess.await("not in the error log: " + text, () -> {
            try {
                return Files.exists(errorLog) && Files.readString(errorLog).contains(text);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    // What it is told

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            GET /cgi-bin/told HTTP/1.1~Host: h                       | GATEWAY_INTERFACE | CGI/1.1
            GET /cgi-bin/told HTTP/1.1~Host: h                       | SERVER_PROTOCOL | HTTP/1.1
            GET /cgi-bin/told?a=%20b&c HTTP/1.1~Host: h              | QUERY_STRING | a=%20b&c
            GET /cgi-bin/told HTTP/1.1~Host: h                       | QUERY_STRING | ''
            GET /cgi-bin/told/a%20b/c/?x HTTP/1.1~Host: h            | PATH_INFO | /a b/c/
            GET /cgi-bin/told/a%20b HTTP/1.1~Host: h                 | SCRIPT_NAME | /cgi-bin/told
            GET /cgi-bin/told HTTP/1.1~Host: h                       | PATH_INFO | -
            GET /cgi-bin/told HTTP/1.1~Host: h.example:81            | SERVER_NAME | h.example
            DELETE /cgi-bin/told HTTP/1.1~Host: h                    | REQUEST_METHOD | DELETE
            BREW /cgi-bin/told HTTP/1.1~Host: h                      | REQUEST_METHOD | BREW
            GET /cgi-bin/told HTTP/1.1~Host: h                       | CONTENT_LENGTH | -
            PUT /cgi-bin/told HTTP/1.1~Host: h~Content-Length: 0     | CONTENT_LENGTH | 0
            GET /cgi-bin/told HTTP/1.1~Host: h~X-A-B: c              | HTTP_X_A_B | c
            GET /cgi-bin/told HTTP/1.1~Host: h~X_A_B: c              | HTTP_X_A_B | -
            GET /cgi-bin/told HTTP/1.1~Host: h~Proxy: evil           | HTTP_PROXY | -
            GET /cgi-bin/told HTTP/1.1~Host: h~Authorization: Basic eA== | HTTP_AUTHORIZATION | Basic eA==
            GET /cgi-bin/told HTTP/1.1~Host: h~Cookie: a=1~Cookie: b=2 | HTTP_COOKIE | a=1; b=2
            GET /cgi-bin/told HTTP/1.1~Host: h                       | PATH | /usr/bin:/bin
            GET /cgi-bin/told HTTP/1.1~Host: h                       | LC_ALL | -
            GET /cgi-bin/told HTTP/1.1~Host: h                       | COMANCHE_PORT | -
            GET /cgi-bin/told HTTP/1.1~Host: h                       | HTTPS | -
            GET /cgi-bin/told HTTP/1.1~Host: h                       | REMOTE_ADDR | 127.0.0.1
            GET /cgi-bin/told HTTP/1.1~Host: h~Expect: 100-continue  | HTTP_EXPECT | -
            """)
    void itIsToldOfTheRequest(String head, String name, String value) {
        Map<String, String> told = told(server.exchange(request(head)));
        assertEquals(value, told.get(name), told.toString());
    }

    private static Map<String, String> told(RawClient.Answer answer) {
        assertEquals(200, answer.status());
        Map<String, String> told = new HashMap<>();
        new String(answer.content(), StandardCharsets.ISO_8859_1).lines().filter(line -> line.contains("="))
                .forEach(line -> told.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1)));
        return told;
    }

    @Test
    void itStartsInItsOwnDirectoryAndIsToldWhereItIs() throws IOException {
        RawClient.Answer answer = server.get("/cgi-bin/told/x");
        Path real = site.toRealPath();
        assertEquals(real.resolve("cgi-bin").toString(), answer.text().lines().reduce((_, last) -> last).orElseThrow());
        assertEquals(real.resolve("cgi-bin/told").toString(), told(answer).get("SCRIPT_FILENAME"));
        assertEquals(real + "/x", told(answer).get("PATH_TRANSLATED"));
        assertEquals(real.toString(), told(answer).get("DOCUMENT_ROOT"));
    }

    /// UTF-8 or not, and whatever the locale: the octets that the client sent, and those of the settings, in UTF-8.
    @ParameterizedTest
    @ValueSource(strings = {"C.UTF-8", "C"})
    void octetsArriveAsTheyAreInEveryLocale(String locale) throws IOException {
        Path directory = Files.createDirectories(site.resolve("cgi-bin/gr\u00fcn"));
        Path script = script("cgi-bin/gr\u00fcn/caf\u00e9", "$HEAD; env; pwd");
        try (ComancheProcess other = ComancheProcess.start(Map.of("LC_ALL", locale), "serve", "-p", "0", "-c",
                settings(room.resolve("locale.toml"), "[[cgi]]\npath = \"/cgi-bin/\"\nenvironment = { OURS = \"gr\u00fc\u00df\" }\n"))) {
            RawClient.Answer answer = other.exchange(request("GET /cgi-bin/gr%C3%BCn/caf%C3%A9/%E9%0a HTTP/1.1~Host: h~Referer: caf\u00e9"));
            String text = new String(answer.content(), StandardCharsets.ISO_8859_1);
            assertEquals(200, answer.status());
            assertTrue(text.contains("PATH_INFO=/\u00e9\n\n"), text);
            assertTrue(text.contains("HTTP_REFERER=caf\u00e9\n"), text);
            assertTrue(text.contains("SCRIPT_NAME=/cgi-bin/gr\u00c3\u00bcn/caf\u00c3\u00a9\n"), text);
            assertTrue(text.contains("OURS=gr\u00c3\u00bc\u00c3\u009f\n"), text);
            assertTrue(answer.text().endsWith(directory.toRealPath() + "\n"), text);
        } finally {
            Files.delete(script);
            Files.delete(directory);
        }
    }

    @Test
    void whatNoProgramCouldBeToldIsRefusedAndTheServerGoesOn() {
        assertEquals(500, server.get("/cgi-bin/told?" + "q".repeat(200_000)).status());
        awaitLog("The program /cgi-bin/told could not be started");
        assertEquals(200, server.get("/cgi-bin/told").status());
    }

    // What it says

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Content-Type: a/b~~x                          | 200 | x    | Content-Type   | a/b
            Content-Type: a/b\\r~\\r~x                    | 200 | x    | Content-Type   | a/b
            Status: 404 Gone Fishing~~x                   | 404 | x    | Content-Type   | ''
            Status: 404~~x                                | 404 | x    | Content-Type   | ''
            HTTP/1.0 201 Made~X: y~~x                     | 201 | x    | X              | y
            Location: http://a/~~                         | 302 | ''   | Location       | http://a/
            Status: 303~Location: /b~~x                   | 303 | x    | Location       | /b
            Location: /plain.txt~~                        | 200 | plain | Content-Length | 5
            Location: /cgi-bin/told?moved~~               | 200 | *QUERY_STRING=moved* | Content-Type | ''
            Content-Length: 3~~abcdef                     | 200 | abc  | Content-Length | 3
            Set-Cookie: a=1~Set-Cookie: b=2~~             | 200 | ''   | Set-Cookie     | a=1
            Server: mine~Transfer-Encoding: x~~x          | 200 | x    | Transfer-Encoding | chunked
            Status: 100~~x                                | 502 | *502* | X             | ''
            Status: 999~~x                                | 502 | *502* | X             | ''
            Content-Type: a/b~no colon~~x                 | 502 | *502* | X             | ''
            ~x                                            | 502 | *502* | X             | ''
            Content-Type: a/b                             | 502 | *502* | X             | ''
            """)
    void whatItSaysIsTheAnswer(String said, int status, String content, String name, String value) {
        RawClient.Answer answer = server.exchange(post("/cgi-bin/say", said.replace("\\r", "\r").replace('~', '\n')));
        assertEquals(status, answer.status(), answer.toString());
        assertEquals(value, answer.field(name).orElse(""));
        if (content.startsWith("*")) {
            assertTrue(answer.text().contains(content.replace("*", "")), answer.text());
        } else {
            assertEquals(content, answer.text());
        }
    }

    @Test
    void aConnectionGoesOnBehindAProgram() {
        try (RawClient client = server.connect()) {
            for (int i = 0; i < 3; i++) {
                client.send("POST /cgi-bin/say HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nA: b\n\nab");
                assertEquals("ab", client.read().text());
            }
        }
    }

    @Test
    void lessThanWasAnnouncedBreaksOff() {
        try (RawClient client = server.connect()) {
            client.send(post("/cgi-bin/say", "Content-Length: 9\n\nabc"));
            client.readHead();
            assertEquals(3, client.countToEnd());
        }
        awaitLog("The program /cgi-bin/say has ended 6 octets before the end that it announced.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"HEAD /cgi-bin/told", "HEAD /cgi-bin/line"})
    void ofAHeadNobodyGetsTheContent(String line) {
        try (RawClient client = server.connect()) {
            client.send(line + " HTTP/1.1\r\nHost: h\r\n\r\n");
            assertEquals(200, client.readHead().status());
            client.send("GET /plain.txt HTTP/1.1\r\nHost: h\r\n\r\n");
            assertEquals("plain", client.read().text());
        }
    }

    @Test
    void whatHasNoContentHasNone() {
        try (RawClient client = server.connect()) {
            client.send("POST /cgi-bin/say HTTP/1.1\r\nHost: h\r\nContent-Length: 15\r\n\r\nStatus: 204\n\nxy");
            assertEquals(204, client.readHead().status());
            client.send("GET /plain.txt HTTP/1.1\r\nHost: h\r\n\r\n");
            assertEquals("plain", client.read().text());
        }
    }

    // As it comes

    @Test
    void eachEventIsSentWhenItIsSaidAndContentIsReadWhenItArrives() {
        try (RawClient client = server.connect()) {
            client.send("POST /cgi-bin/line HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\n\r\nfirst\n");
            assertEquals(200, client.readHead().status());
            assertEquals("6\r\nfirst\n\r\n", new String(client.octets(11), StandardCharsets.ISO_8859_1));
            client.send("second");
            assertEquals("6\r\nsecond\r\n0\r\n\r\n", new String(client.octets(16), StandardCharsets.ISO_8859_1));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"early", "uninterested"})
    void anAnswerComesBeforeTheContentHasGone(String program) {
        try (RawClient client = server.connect()) {
            client.send("POST /cgi-bin/" + program + " HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n");
            RawClient.Answer head = client.readHead();
            assertEquals(200, head.status());
            assertTrue(head.closes());
        }
    }

    /// Content that still arrives belongs to the program, and to nobody else: what looks like requests in it is none.
    @Test
    void contentThatArrivesBehindALocalRedirectIsNotTakenForRequests() throws Exception {
        String content = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n".repeat(10_000);
        for (int i = 0; i < 5; i++) {
            Files.deleteIfExists(room.resolve("led"));
            try (RawClient client = server.connect()) {
                client.send("POST /cgi-bin/leads HTTP/1.1\r\nHost: h\r\nContent-Length: " + content.length() + "\r\n\r\n");
                client.send(content.substring(0, 30_000));
                awaitFile(room.resolve("led"));
                for (int from = 30_000; from < content.length(); from += 20_000) {
                    client.send(content.substring(from, Math.min(from + 20_000, content.length())));
                    Thread.sleep(2);
                }
                client.send("HEAD /plain.txt HTTP/1.1\r\nHost: h\r\n\r\n");
                assertEquals("plain", client.read().text());
                assertEquals(200, client.readHead().status());
            }
        }
    }

    /// Who looks after the client that waits for a program does so five times a second.
    @Test
    void aLargeFileBehindALocalRedirectComesWholeToAClientThatPauses() throws Exception {
        try (RandomAccessFile file = new RandomAccessFile(site.resolve("large.bin").toFile(), "rw")) {
            file.setLength(30_000_000);
        }
        try (RawClient client = server.connect()) {
            client.send("GET /cgi-bin/leads-far HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
            assertEquals(200, client.readHead().status());
            Thread.sleep(700);
            assertEquals(30_000_000, client.countToEnd());
        } finally {
            Files.delete(site.resolve("large.bin"));
        }
    }

    /// What it does not want is read all the same: the client is to find the answer.
    @Test
    void aProgramThatClosesItsSideIsHeardToItsEnd() throws IOException {
        try (RawClient client = server.connect()) {
            client.send("POST /cgi-bin/closes HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n");
            assertEquals(200, client.readHead().status());
            assertEquals("7\r\nenough\n\r\n", new String(client.octets(12), StandardCharsets.ISO_8859_1)); // or both came in one chunk
            client.send("x".repeat(100)).send(new byte[2_999_900]);
            Files.createFile(room.resolve("go"));
            assertEquals("5\r\nmore\n\r\n0\r\n\r\n", new String(client.octets(15), StandardCharsets.ISO_8859_1));
            assertEquals(0, client.countToEnd());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 10, 4095, 4096, 4097, 65_535, 65_536, 65_537, 1_000_000})
    void contentInChunksIsGivenWithItsLength(int length) {
        byte[] content = new byte[length];
        new Random(length).nextBytes(content);
        try (RawClient client = server.connect()) {
            client.send("POST /cgi-bin/count HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
            for (int i = 0; i < length; i += 50_000) {
                int size = Math.min(50_000, length - i);
                client.send(Integer.toHexString(size) + "\r\n").send(Arrays.copyOfRange(content, i, i + size)).send("\r\n");
            }
            client.send("0\r\n\r\n");
            assertEquals(length + "", client.read().text().strip());
        }
    }

    @Test
    void tooMuchContentIsRefused() {
        assertEquals(413, server.exchange("POST /cgi-bin/count HTTP/1.1\r\nHost: h\r\nContent-Length: 9000000\r\nExpect: 100-continue\r\n\r\n").status());
    }

    @Test
    void whatGoesInComesOutOfAProgramThatReadsAndWritesAtTheSameTime() {
        byte[] content = new byte[4_000_000];
        new Random(1).nextBytes(content);
        try (RawClient client = server.connect()) {
            Thread sender = Thread.startVirtualThread(() -> client.send("POST /cgi-bin/say HTTP/1.1\r\nHost: h\r\nContent-Length: "
                    + (content.length + 6) + "\r\n\r\nA: b\n\n").send(content));
            assertArrayEquals(content, client.read().content());
            assertFalse(sender.isAlive() && !sender.isDaemon());
        }
    }

    // What goes wrong

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            dies     | 502 | ended with exit code 3.
            nonsense | 502 | says no head that could be understood.
            babble   | 502 | says a head of more than 65536 octets.
            closed   | 500 | is not executable; chmod +x makes it so.
            lost     | 500 | could not be started.
            falls    | 200 | ended with exit code 4.
            complains | 200 | says: one\\u001b[31m
            """)
    void whatGoesWrongIsAnsweredAndLogged(String program, int status, String complaint) {
        assertEquals(status, server.get("/cgi-bin/" + program).status());
        awaitLog("The program /cgi-bin/" + program + ' ' + complaint);
    }

    @Test
    void aProgramThatSaysNothingIsEnded() {
        assertEquals(504, server.get("/hang/silent").status());
        awaitLog("The program /hang/silent said nothing for 1.5 seconds, and was ended.");
    }

    @Test
    void aProgramThatFallsSilentInTheMiddleBreaksOff() {
        try (RawClient client = server.connect()) {
            client.send("GET /hang/stuck HTTP/1.1\r\nHost: h\r\n\r\n");
            assertEquals(200, client.readHead().status());
            assertEquals("5\r\nbegun\r\n".length(), client.countToEnd());
        }
    }

    // Its source

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            GET /cgi-bin/told HTTP/1.1~Host: h~Range: bytes=0-9
            GET /cgi-bin/told.gz HTTP/1.1~Host: h
            GET /cgi-bin/told HTTP/1.1~Host: h~Accept-Encoding: gzip
            GET /cgi-bin/%74old HTTP/1.1~Host: h
            GET /cgi-bin//told HTTP/1.1~Host: h
            GET /cgi-bin/./told HTTP/1.1~Host: h
            GET /x/../cgi-bin/told HTTP/1.1~Host: h
            GET /cgi-bin%2Ftold HTTP/1.1~Host: h
            GET /cgi-bin/told%00 HTTP/1.1~Host: h
            GET /cgi-bin/told%00.txt HTTP/1.1~Host: h
            GET /cgi-bin/told/../told HTTP/1.1~Host: h
            GET /cgi-bin/told/..%2F..%2Fplain.txt HTTP/1.1~Host: h
            GET /cgi-bin/told/ HTTP/1.1~Host: h
            GET /CGI-BIN/told HTTP/1.1~Host: h
            GET /cgi-bin/TOLD HTTP/1.1~Host: h
            GET /cgi-bin/ HTTP/1.1~Host: h
            GET /?zip HTTP/1.1~Host: h
            GET /?tar HTTP/1.1~Host: h
            GET /link.txt HTTP/1.1~Host: h
            GET /INDEX.PHP HTTP/1.1~Host: h
            GET /index.php%20 HTTP/1.1~Host: h
            GET /index.php. HTTP/1.1~Host: h
            GET / HTTP/1.1~Host: h
            """)
    void nobodyGetsAtTheSource(String head) throws IOException {
        if (!Files.exists(site.resolve("link.txt"))) {
            Files.createSymbolicLink(site.resolve("link.txt"), Path.of("cgi-bin/told"));
        }
        try (RawClient client = server.connect()) {
            client.send(request(head));
            RawClient.Answer answer = client.read();
            assertFalse(answer.text().contains("; env; pwd") || answer.text().contains("<?php"), answer.text());
        }
    }

    @Test
    void aFileOutsideThePatternIsNotRun() throws IOException {
        script("other.sh", "$HEAD; echo run");
        assertTrue(server.get("/other.sh").text().startsWith("#!/bin/sh"));
    }

    // Interpreters

    @Test
    void anInterpreterGetsTheFile() {
        String form = "a=" + "x".repeat(100_000);
        RawClient.Answer answer = server.exchange("POST /?b=y HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                + "Content-Length: " + form.length() + "\r\nConnection: close\r\n\r\n" + form);
        assertEquals("100000y", answer.text());
        assertEquals("cgi-fcgi", answer.field("X-Api").orElseThrow());
    }

    @Test
    void anIndexedQueryIsNoOptionOfAnInterpreter() {
        assertEquals("0", server.get("/?-s").text());
    }

    @Test
    void perlRunsByItself() {
        assertEquals("perl /a/b", server.get("/tool.pl/a/b").text());
    }

    // Its end

    /// The script notes itself and a child, neither of which listens to signals that ask.
    private static Path stubborn(String name, String last) throws IOException {
        Path pids = room.resolve(name.replace('/', '-') + ".pids");
        script(name, "trap '' TERM\n(while :; do sleep 1000; done) & echo $! > " + pids + ".new\necho $$ >> " + pids
                + ".new\nmv " + pids + ".new " + pids + "\n" + last);
        return pids;
    }

    private static void awaitEnd(Path pids) {
        ComancheProcess.await("something runs still", () -> {
            try (Stream<String> lines = Files.lines(pids)) {
                return lines.noneMatch(CgiTest::runs);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /// A zombie runs no more, even where nobody buries it.
    private static boolean runs(String pid) {
        try {
            return !Files.readString(Path.of("/proc/" + pid + "/stat")).replaceAll("\\(.*\\)", "").contains(" Z ");
        } catch (IOException _) {
            return false;
        }
    }

    private static void awaitFile(Path file) {
        ComancheProcess.await(file + " is not there", () -> Files.exists(file));
    }

    @Test
    void withTheClientItEndsAndSoDoItsChildren() throws IOException {
        Path pids = stubborn("cgi-bin/endless", "$HEAD; while echo more; do :; done; while :; do sleep 1000; done");
        try (RawClient client = server.connect()) {
            client.send("GET /cgi-bin/endless HTTP/1.1\r\nHost: h\r\n\r\n");
            client.readHead();
            awaitFile(pids);
        }
        awaitEnd(pids);
    }

    @Test
    void withTheContentThatBreaksOffItEnds() throws IOException {
        Path pids = stubborn("cgi-bin/reader", "cat > /dev/null; while :; do sleep 1000; done");
        try (RawClient client = server.connect()) {
            client.send("POST /cgi-bin/reader HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nsome");
            awaitFile(pids);
        }
        awaitEnd(pids);
    }

    /// It may have left, or have only no more to send: a silent program is waited for a little, one that speaks finds out.
    @Test
    void withAClientThatHasClosedItsSideASilentProgramEndsSoonAndAnotherGoesOn() throws IOException {
        Path pids = stubborn("cgi-bin/still", "while :; do sleep 1000; done");
        script("cgi-bin/slow", "$HEAD; for i in 1 2 3 4 5 6 7; do sleep 1; echo $i; done");
        try (ComancheProcess other = ComancheProcess.start(Map.of(), "serve", site.toString(), "-p", "0", "--cgi", "/cgi-bin/");
                RawClient patient = other.connect()) {
            patient.send("GET /cgi-bin/slow HTTP/1.1\r\nHost: h\r\n\r\n").endOutput();
            try (RawClient gone = other.connect()) {
                gone.send("GET /cgi-bin/still HTTP/1.1\r\nHost: h\r\n\r\n");
                awaitFile(pids);
            }
            awaitEnd(pids);
            assertEquals("1\n2\n3\n4\n5\n6\n7\n", patient.read().text());
        }
    }

    @Test
    void whenItsTimeIsUpItEndsWithTheChildrenThatOutliveIt() throws IOException {
        Path pids = stubborn("hang/parent", "exit 0");
        assertEquals(504, server.get("/hang/parent").status());
        awaitEnd(pids);
    }

    @Test
    void nothingOutlivesTheServer() throws IOException {
        Path pids = stubborn("cgi-bin/last", "$HEAD; echo begun; while :; do sleep 1000; done");
        try (ComancheProcess other = ComancheProcess.start(Map.of(), "serve", site.toString(), "-p", "0", "--cgi", "/cgi-bin/",
                "--drain-timeout", "100ms"); RawClient client = other.connect()) {
            client.send("GET /cgi-bin/last HTTP/1.1\r\nHost: h\r\n\r\n");
            client.readHead();
            awaitFile(pids);
            assertEquals(0, other.stop().code());
            assertEquals(List.of(), Files.readAllLines(pids).stream().filter(CgiTest::runs).toList());
        }
    }

    @Test
    void aProgramThatTakesTooLongInAllIsEndedAlthoughItSpeaks() throws IOException {
        script("cgi-bin/chatter", "$HEAD; while echo more; do sleep 0.1; done");
        String settings = "[[cgi]]\npath = \"/cgi-bin/\"\nlifetime = \"500ms\"\n";
        try (ComancheProcess other = ComancheProcess.start(Map.of(), "serve", "-p", "0", "-c", settings(room.resolve("life.toml"), settings));
                RawClient client = other.connect()) {
            client.send("GET /cgi-bin/chatter HTTP/1.1\r\nHost: h\r\n\r\n");
            assertEquals(200, client.readHead().status());
            assertTrue(client.countToEnd() > 0);
            awaitLog("The program /cgi-bin/chatter ran for longer than 0.5 seconds, and was ended.");
        }
    }

    /// A response to a Digest challenge is good once, and for one target.
    @Test
    void behindALocalRedirectTheClientIsStillWhoItHasProvenToBe() throws IOException {
        script("cgi-bin/elsewhere", "printf 'Location: /cgi-bin/told?x=1\\n\\n'");
        String settings = "auth = [\"ann:secret\"]\n[[cgi]]\npath = \"/cgi-bin/\"\n";
        try (ComancheProcess other = ComancheProcess.start(Map.of(), "serve", "-p", "0", "-c", settings(room.resolve("known.toml"), settings))) {
            String told = Processes.run(room, Map.of(), List.of("curl", "-s", "--digest", "-u", "ann:secret",
                    "http://127.0.0.1:" + other.port() + "/cgi-bin/elsewhere")).out();
            assertTrue(told.contains("\nREMOTE_USER=ann\n") && told.contains("\nQUERY_STRING=x=1\n") && told.contains("\nAUTH_TYPE=Digest\n"), told);
        }
    }

    /// A reload exchanges the settings; what has begun goes on.
    @Test
    void onlySoManyRunAtOnceAndAReloadLetsThemGoOn() throws IOException {
        script("cgi-bin/holds", "touch " + room.resolve("held") + "; read line; $HEAD; echo \"$line\"");
        Path file = room.resolve("once.toml");
        String settings = "[[cgi]]\npath = \"/cgi-bin/\"\nat-once = 1\n";
        try (ComancheProcess other = ComancheProcess.start(Map.of(), "serve", "-p", "0", "-c", settings(file, settings + "timeout = \"500ms\"\n"));
                RawClient first = other.connect()) {
            first.send("POST /cgi-bin/holds HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\n");
            awaitFile(room.resolve("held"));
            assertEquals(503, other.get("/cgi-bin/told").status());
            awaitLog("has had no place for 0.5 seconds: 1 run at once.");
            settings(file, settings);
            other.signal("HUP");
            awaitLog("The settings were read again");
            assertEquals(200, other.get("/cgi-bin/told").status());
            first.send("first\n");
            assertEquals("first\n", first.read().text());
            assertEquals(200, other.get("/cgi-bin/told").status());
        }
    }

    // A real one

    @Test
    void gitServesARepositoryAndTakesAPushOfWhoIsKnown() throws IOException {
        Path work = Files.createDirectories(room.resolve("git"));
        git(work, "init", "-q", "--bare", "p.git");
        git(work, "-C", "p.git", "config", "http.receivepack", "true");
        git(work, "init", "-q", "-b", "main", "a");
        byte[] large = new byte[3_000_000];
        new Random(2).nextBytes(large);
        Files.write(work.resolve("a/large"), large);
        git(work, "-C", "a", "add", ".");
        git(work, "-C", "a", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "one");
        try (ComancheProcess other = ComancheProcess.start(Map.of(), "serve", "-p", "0", "-c", settings(room.resolve("git.toml"), """
                auth = "ann:secret"
                [[access]]
                path = "/git/p.git/git-receive-pack"
                users = ["ann"]
                [[access]]
                [[cgi]]
                path = "/git/"
                program = ["git", "http-backend"]
                environment = { GIT_PROJECT_ROOT = "%s", GIT_HTTP_EXPORT_ALL = "1" }
                """.formatted(work)))) {
            String url = "http://%s127.0.0.1:" + other.port() + "/git/p.git";
            assertFalse(tryGit(work, "-C", "a", "push", "-q", url.formatted("ann:wrong@"), "main").code() == 0);
            git(work, "-C", "a", "push", "-q", url.formatted("ann:secret@"), "main");
            git(work, "clone", "-q", "-b", "main", "--depth", "1", url.formatted(""), "b");
            assertArrayEquals(large, Files.readAllBytes(work.resolve("b/large")));
        }
    }

    private static Processes.Outcome tryGit(Path directory, String... words) {
        return Processes.run(directory, ComancheProcess.environment(Map.of("GIT_TERMINAL_PROMPT", "0", "HOME", directory.toString(),
                "GIT_CONFIG_NOSYSTEM", "1")), Stream.concat(Stream.of("git"), Arrays.stream(words)).collect(Collectors.toList()));
    }

    private static void git(Path directory, String... words) {
        Processes.Outcome outcome = tryGit(directory, words);
        assertEquals(0, outcome.code(), outcome.err());
    }
}
