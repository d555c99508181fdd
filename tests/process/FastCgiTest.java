package tests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
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
import org.junit.jupiter.params.provider.CsvSource;

/// Comanche in front of real applications: php-fpm, and fcgiwrap, which runs CGI programs.
class FastCgiTest {
    private static final Map<String, String> SCRIPTS = Map.ofEntries(
            Map.entry("index.php", "index <?= $_SERVER['REQUEST_URI'], ' ', $_SERVER['SCRIPT_NAME'] ?>"),
            Map.entry("plain.txt", "plain"),
            Map.entry("hello.php", "<?php header('X-Mine: yes'); setcookie('a', 'b'); echo 'hello ', $_GET['name'] ?? 'world';"),
            Map.entry("status.php", "<?php http_response_code(418); echo 'teapot';"),
            Map.entry("there.php", "<?php header('Location: https://example.com/'); exit(3);"),
            Map.entry("unchanged.php", "<?php http_response_code(304); header('ETag: \"1\"');"),
            Map.entry("info.php", "<?php echo $_SERVER['PATH_INFO'], '|', $_SERVER['QUERY_STRING'], '|', $_SERVER['HTTPS'] ?? 'plain';"),
            Map.entry("echo.php", "<?php echo $_SERVER['REQUEST_METHOD'], ' ', $_SERVER['CONTENT_LENGTH'], ' ', file_get_contents('php://input');"),
            Map.entry("session.php", "<?php session_start(); echo $_SESSION['count'] = ($_SESSION['count'] ?? 0) + 1;"),
            Map.entry("fatal.php", "<?php nowhere();"),
            Map.entry("notice.php", "<?php error_log(\"two\\nlines\"); echo 'done';"),
            Map.entry("form.php", "<?php $f = $_FILES['f']; echo $_POST['name'], ' ', $f['name'], ' ', $f['size'], ' ', md5_file($f['tmp_name']);"),
            Map.entry("waits.php", "<?php echo 'first'; flush(); while (!file_exists('go')) { clearstatcache(); usleep(5000); } echo ' second';"),
            Map.entry("ticks.php", "<?php ignore_user_abort(false); while (true) { echo 'tick'; flush(); usleep(2000); }"));

    @TempDir
    private static Path room;
    private static Path tree;
    private static PhpFpm php;
    private static ComancheProcess server;

    @BeforeAll
    static void start() throws IOException {
        tree = Files.createDirectory(room.resolve("tree"));
        for (Map.Entry<String, String> script : SCRIPTS.entrySet()) {
            Files.writeString(tree.resolve(script.getKey()), script.getValue());
        }
        php = new PhpFpm(room, 4, "post_max_size=64M", "upload_max_filesize=64M");
        server = ComancheProcess.serve(tree, "--index", "index.php", "--spa", "--fastcgi", "*.php=" + php.address(), "--error-log",
                room.resolve("errors").toString());
    }

    @AfterAll
    static void stop() {
        Stream.of(server, php).filter(one -> one != null).forEach(one -> {
            try {
                one.close();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /hello.php                  | 200 | hello world
            /hello.php?name=ann%20b     | 200 | hello ann b
            /status.php                 | 418 | teapot
            /there.php                  | 302 | ''
            /unchanged.php              | 304 | ''
            /info.php/a%20b/c?x=1&y     | 200 | /a b/c!x=1&y!plain
            /                           | 200 | index / /index.php
            /blog/2026/hello?x          | 200 | index /blog/2026/hello?x /index.php
            /plain.txt                  | 200 | plain
            /fatal.php                  | 500 | ''
            """)
    void aScriptAnswersAndAFileIsSent(String target, int status, String content) {
        RawClient.Answer answer = server.get(target);
        assertEquals(status, answer.status());
        assertEquals(content.replace('!', '|'), answer.text());
    }

    @Test
    void fieldsAndCookiesAreTheScripts() {
        RawClient.Answer answer = server.get("/hello.php");
        assertEquals("yes", answer.field("X-Mine").orElseThrow());
        assertEquals("a=b", answer.field("Set-Cookie").orElseThrow());
        assertEquals("11", answer.field("Content-Length").orElseThrow());
        assertEquals("https://example.com/", server.get("/there.php").field("Location").orElseThrow());
    }

    @Test
    void aSessionGoesOn() {
        RawClient.Answer first = server.get("/session.php");
        assertEquals("1", first.text());
        String cookie = first.field("Set-Cookie").orElseThrow().split(";")[0];
        for (int i = 2; i < 5; i++) {
            assertEquals("" + i, server.exchange("GET /session.php HTTP/1.1\r\nHost: x\r\nCookie: " + cookie + "\r\n\r\n").text());
        }
    }

    @Test
    void manyRequestsOfOneConnectionAreAnsweredInTheirOrder() {
        try (RawClient client = server.connect()) {
            for (int i = 0; i < 50; i++) {
                client.send("GET /hello.php?name=" + i + " HTTP/1.1\r\nHost: x\r\n\r\nPOST /echo.php HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                        + "HEAD /hello.php HTTP/1.1\r\nHost: x\r\n\r\n");
                assertEquals("hello " + i, client.read().text());
                assertEquals("POST 3 abc", client.read().text());
                assertEquals(200, client.readHead().status());
            }
        }
    }

    @Test
    void contentInChunksHasALengthForTheScript() {
        assertEquals("PUT 6 abcdef", server.exchange("PUT /echo.php HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n").text());
    }

    @Test
    void aFormBringsAFile() throws Exception {
        byte[] file = new byte[20_000_000];
        new Random(1).nextBytes(file);
        byte[] front = ("--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nann\r\n--b\r\nContent-Disposition: form-data; "
                + "name=\"f\"; filename=\"a.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
        byte[] end = "\r\n--b--\r\n".getBytes(StandardCharsets.US_ASCII);
        try (RawClient client = server.connect()) {
            client.send("POST /form.php HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: multipart/form-data; boundary=b\r\n"
                    + "Content-Length: " + (front.length + file.length + end.length) + "\r\n\r\n");
            assertEquals(100, client.readHead().status());
            client.send(front).send(file).send(end);
            String digest = HexFormat.of().formatHex(java.security.MessageDigest.getInstance("MD5").digest(file));
            assertEquals("ann a.bin 20000000 " + digest, client.read().text());
        }
    }

    @Test
    void whatAScriptComplainsOfStandsInTheErrorLog() {
        assertEquals("done", server.get("/notice.php").text());
        assertEquals(500, server.get("/fatal.php").status());
        ComancheProcess.await("the log does not say it", () -> {
            String log = read(room.resolve("errors"));
            return log.contains("Call to undefined function nowhere()") && log.contains("says: PHP message: two\n") && log.contains("says: lines");
        });
    }

    private static String read(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void whatAScriptHasWrittenIsSentBeforeItEnds() throws IOException {
        try (RawClient client = server.connect()) {
            client.send("GET /waits.php HTTP/1.0\r\n\r\n");
            assertEquals(200, client.readHead().status());
            assertEquals("first", new String(client.octets(5), StandardCharsets.US_ASCII));
            Files.createFile(tree.resolve("go"));
            assertEquals(" second", new String(client.octets(7), StandardCharsets.US_ASCII));
        }
    }

    @Test
    void theSourceIsNeverSent() {
        for (String target : List.of("/hello.php/", "/hello.php%00", "/hello.php::$DATA", "/hello%2Ephp", "/hello.PHP", "/./hello.php", "/hello.php.")) {
            assertFalse(server.get(target).text().contains("<?php"), target);
        }
        assertFalse(server.exchange("GET /hello.php HTTP/1.1\r\nHost: x\r\nRange: bytes=0-20\r\n\r\n").text().contains("<?php"));
    }

    /// Open descriptors of the server.
    private static int descriptors(ComancheProcess of) {
        try (Stream<Path> open = Files.list(Path.of("/proc/" + of.pid() + "/fd"))) {
            return (int) open.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Scripts that write without end: only the server can end them.
    @Test
    void clientsThatLeaveInTheMiddleLeaveNothingBehind() {
        server.get("/hello.php");
        int before = descriptors(server);
        for (int round = 0; round < 10; round++) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                clients.add(server.connect().send("GET /ticks.php HTTP/1.1\r\nHost: x\r\n\r\n"));
            }
            clients.forEach(client -> assertEquals(200, client.readHead().status()));
            clients.forEach(RawClient::close);
            assertEquals("hello world", server.get("/hello.php").text());
        }
        ComancheProcess.await("descriptors are left open", () -> descriptors(server) <= before);
    }

    @Test
    void anApplicationThatIsGoneIs502AndWhenItIsBackItAnswersAgain() throws IOException {
        Path place = Files.createDirectory(room.resolve("other"));
        try (PhpFpm other = new PhpFpm(place, 2);
                ComancheProcess front = ComancheProcess.serve(tree, "--fastcgi", "*.php=" + other.address())) {
            for (int i = 0; i < 3; i++) {
                assertEquals("hello world", front.get("/hello.php").text());
                other.kill();
                assertEquals(502, front.get("/hello.php").status());
                other.start();
            }
            assertEquals("hello world", front.get("/hello.php").text());
        }
    }

    @Test
    void fcgiwrapRunsPrograms() throws IOException {
        Path wrap = Path.of("/usr/sbin/fcgiwrap");
        assumeTrue(Files.isExecutable(wrap), "fcgiwrap is not installed");
        Path program = Files.writeString(Files.createDirectories(tree.resolve("bin")).resolve("show"), """
                #!/bin/sh
                echo 'Content-Type: text/plain'
                echo 'Status: 201 Made'
                echo
                echo "$REQUEST_METHOD $PATH_INFO $(cat)"
                echo complaint >&2
                """);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path socket = room.resolve("wrap.sock");
        try (Processes.Running _ = Processes.start(room, ComancheProcess.environment(Map.of()),
                List.of(wrap.toString(), "-f", "-s", "unix:" + socket));
                ComancheProcess front = ComancheProcess.serve(tree, "--fastcgi", "/bin/=unix:" + socket)) {
            PhpFpm.awaitListener(socket);
            RawClient.Answer answer = front.exchange("POST /bin/show/rest HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
            assertEquals(201, answer.status());
            assertEquals("POST /rest hello\n", answer.text());
            assertEquals(404, front.get("/bin/none").status());
        }
    }

    @Test
    void aHostHasAnApplicationOfItsOwnAndTheFileSaysAll() throws IOException {
        Path file = Files.writeString(room.resolve("comanche.toml"), """
                docbase = "%1$s"
                port = 0
                [[host]]
                names = ["php.example"]
                [[host.fastcgi]]
                path = "/any/"
                application = true
                address = ["127.0.0.1:1", "%2$s"]
                parameters = { SCRIPT_FILENAME = "%1$s/info.php", HTTPS = "on" }
                timeout = 20
                connect-timeout = "2s"
                connections = 3
                keep = 0
                """.formatted(tree, php.address()));
        try (ComancheProcess front = ComancheProcess.start(Map.of(), "serve", "-c", file.toString())) {
            assertEquals("/thing|q|on", front.exchange("GET /any/thing?q HTTP/1.1\r\nHost: php.example\r\n\r\n").text());
            assertEquals(404, front.exchange("GET /any/thing?q HTTP/1.1\r\nHost: other.example\r\n\r\n").status());
        }
    }
}
