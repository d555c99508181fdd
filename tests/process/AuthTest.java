package tests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.process.Processes.Outcome;
import tests.process.RawClient.Answer;

/// Names and passwords as curl sends them and as htpasswd and openssl keep them; what an operator sees of it, and never a
/// password.
class AuthTest {
    private static final String PASSWORD = "s\u00e9cret word";

    @TempDir
    private Path room;

    private Path site;

    @BeforeEach
    void furnish() throws IOException {
        site = Files.createDirectory(room.resolve("site"));
        Files.createDirectory(site.resolve("private"));
        Files.writeString(site.resolve("a.txt"), "hello");
        Files.writeString(site.resolve("private/s.txt"), "inside");
    }

    private static Outcome tool(String... command) {
        assumeTrue(Stream.of(System.getenv("PATH").split(":")).anyMatch(bin -> Files.isExecutable(Path.of(bin, command[0]))),
                command[0] + " is not here");
        return Processes.run(Path.of("/"), ComancheProcess.environment(Map.of()), List.of(command));
    }

    /// The status of what curl gets at last.
    private static String curl(ComancheProcess server, String target, String... options) {
        List<String> command = new ArrayList<>(List.of("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}"));
        command.addAll(Arrays.asList(options));
        command.add("http://127.0.0.1:" + server.port() + target);
        return tool(command.toArray(String[]::new)).out();
    }

    private static String basic(String user, String password) {
        return "Authorization: Basic " + Base64.getEncoder().encodeToString((user + ':' + password).getBytes(StandardCharsets.UTF_8));
    }

    private static Answer get(ComancheProcess server, String target, String field) {
        return server.exchange("GET " + target + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + field + "\r\n\r\n");
    }

    private Path users(String text) throws IOException {
        return Files.writeString(room.resolve("users"), text);
    }

    /// The entry that Debian's htpasswd makes.
    private static String entry(String user, String... options) {
        List<String> command = new ArrayList<>(List.of("htpasswd", "-nb"));
        command.addAll(Arrays.asList(options));
        command.addAll(List.of(user, PASSWORD));
        return tool(command.toArray(String[]::new)).out().strip() + "\n";
    }

    // Ways to log in

    @Test
    void curlLogsInByEveryWay() {
        try (ComancheProcess server = ComancheProcess.start(Map.of("COMANCHE_AUTH", "ann:" + PASSWORD + "\nb\u00f6b:x,y"), "serve",
                site.toString(), "-p", "0")) {
            for (String way : List.of("--basic", "--digest", "--anyauth")) {
                assertEquals("200", curl(server, "/private/s.txt", way, "-u", "ann:" + PASSWORD));
                assertEquals("200", curl(server, "/a.txt?x=1", way, "-u", "b\u00f6b:x,y"));
                assertEquals("405", curl(server, "/a.txt", way, "-u", "ann:" + PASSWORD, "-T", "/etc/hostname"));
                assertEquals("401", curl(server, "/private/s.txt", way, "-u", "ann:wrong"));
                assertEquals("401", curl(server, "/private/s.txt", way));
            }
            String log = server.stop().out();
            assertTrue(log.contains(" - ann ["), log);
            assertTrue(log.contains(" 401 17\n"), log);
            assertFalse(log.contains("wrong") || log.contains("x,y"), log);
        }
    }

    /// A proof that was overheard is worth nothing.
    @Test
    void aProofThatIsSentAgainIsRefused() {
        try (ComancheProcess server = ComancheProcess.serve(site, "--auth", "ann:pa55")) {
            String trace = tool("curl", "-sv", "--digest", "-u", "ann:pa55", "http://127.0.0.1:" + server.port() + "/a.txt").err();
            String proof = trace.lines().filter(line -> line.startsWith("> Authorization: Digest")).findFirst().orElseThrow().substring(2);
            Answer again = get(server, "/a.txt", proof);
            assertEquals(401, again.status());
            assertTrue(again.field("WWW-Authenticate").orElse("").contains("stale=true"), again.toString());
            assertEquals(400, get(server, "/private/s.txt", proof).status());
            assertEquals("", server.stop().err());
        }
    }

    @Test
    void whatHtpasswdAndOpensslWriteIsUnderstoodAndAChangeIsReadAtOnce() throws IOException {
        Map<String, String> entries = new HashMap<>();
        for (String options : List.of("-m", "-B", "-2", "-5", "-B -C 4", "-5 -r 1000")) {
            String user = "h" + options.replace(" ", "");
            entries.put(user, entry(user, options.split(" ")));
        }
        for (String kind : List.of("-5", "-6", "-apr1")) {
            entries.put("o" + kind, "o" + kind + ":" + tool("openssl", "passwd", kind, PASSWORD).out());
        }
        Path file = users(String.join("", entries.values()));
        try (ComancheProcess server = ComancheProcess.serve(site, "--auth-file", file.toString(), "--auth", "bob:b")) {
            for (String user : entries.keySet()) {
                assertEquals("hello", get(server, "/a.txt", basic(user, PASSWORD)).text(), user);
            }
            assertEquals("200", curl(server, "/a.txt", "--anyauth", "-u", "h-B:" + PASSWORD));
            assertEquals("401", curl(server, "/a.txt", "--digest", "-u", "h-B:" + PASSWORD));
            assertEquals(401, get(server, "/a.txt", basic("h-B", PASSWORD + " ")).status());

            users("h-B:broken\n");
            assertEquals(200, get(server, "/a.txt", basic("h-B", PASSWORD)).status());
            users(entry("eve", "-m"));
            assertEquals(401, get(server, "/a.txt", basic("h-B", PASSWORD)).status());
            assertEquals(200, get(server, "/a.txt", basic("eve", PASSWORD)).status());
            assertEquals(200, get(server, "/a.txt", basic("bob", "b")).status());
            Outcome outcome = server.stop();
            assertEquals(1, outcome.errLines().size(), outcome.err());
            assertTrue(outcome.err().contains(file + ":1: the password of 'h-B' is neither "), outcome.err());
        }
    }

    @Test
    void whatIsNoSafeHashIsRefusedWithItsPlace() throws IOException {
        Path file = users("# old\n" + entry("ann", "-s") + entry("bob", "-p") + entry("cat", "-d"));
        Outcome outcome = ComancheProcess.run(Map.of(), "serve", site.toString(), "-p", "0", "--auth-file", file.toString());
        assertEquals(2, outcome.code());
        assertEquals(List.of(":2: the password of 'ann' ", ":3: the password of 'bob' ", ":4: the password of 'cat' "),
                outcome.errLines().stream().map(line -> line.replace("comanche: " + file, "")).map(line -> line.substring(0, 26)).toList());
        assertFalse(outcome.err().contains(PASSWORD));
    }

    // Rules

    @Test
    void rulesOfTheFileHoldAndAReloadExchangesThem() throws IOException {
        Path file = Files.writeString(room.resolve("c.toml"), """
                auth = ["ann:a", "bob:b"]
                [[access]]
                path = "/private"
                users = ["ann"]
                [[access]]
                methods = "read"
                """);
        try (ComancheProcess server = ComancheProcess.serve(site, "-c", file.toString())) {
            assertEquals(200, get(server, "/a.txt", "A: b").status());
            assertEquals(401, get(server, "/private/s.txt", "A: b").status());
            assertEquals(401, get(server, "/%70rivate//s.txt", "A: b").status());
            assertEquals(403, get(server, "/private/s.txt", basic("bob", "b")).status());
            assertEquals("inside", get(server, "/private/s.txt", basic("ann", "a")).text());
            assertEquals("401", curl(server, "/a.txt", "-X", "DELETE"));

            Files.writeString(file, "auth = \"ann:a\"\n[[access]]\npath = \"/a.txt\"\nallow = false\n[[access]]\n");
            server.signal("HUP");
            ComancheProcess.await("the old rules hold", () -> get(server, "/a.txt", basic("ann", "a")).status() == 403);
            assertEquals(200, get(server, "/private/s.txt", "A: b").status());
        }
    }

    // Guesses

    /// Another's first login waits for one comparison at most, and a page that needs none for nothing.
    @Test
    void fiftyGuessesAtOnceDelayNobodyElse() throws IOException {
        Path file = users(entry("ann", "-B", "-C", "13") + entry("bob", "-m"));
        List<RawClient> guessers = new ArrayList<>();
        try (ComancheProcess server = ComancheProcess.serve(site, "-a", "127.0.0.1", "--auth-file", file.toString())) {
            for (int i = 0; i < 50; i++) {
                guessers.add(server.connect().send("GET /a.txt HTTP/1.1\r\nHost: h\r\n" + basic("ann", "guess" + i) + "\r\n\r\n"));
            }
            assertEquals("401", curl(server, "/a.txt", "--interface", "127.0.0.2"));
            assertEquals("200", curl(server, "/a.txt", "--interface", "127.0.0.3", "-u", "bob:" + PASSWORD));
            assertTrue(guessers.stream().anyMatch(guesser -> !guesser.hasInputWithin(1)), "the guesses are through already");

            List<Integer> statuses = guessers.stream().map(guesser -> guesser.read().status()).toList();
            assertEquals(5, statuses.stream().filter(status -> status == 401).count(), statuses.toString());
            assertEquals(45, statuses.stream().filter(status -> status == 429).count(), statuses.toString());
        } finally {
            guessers.forEach(RawClient::close);
        }
    }

    // What an operator sees

    @Test
    void aNetworkIsWarnedOfOnceAndNeitherTheOwnMachineNorTls() {
        try (ComancheProcess server = ComancheProcess.serve(site, "--auth", "ann:a", "-a", "0.0.0.0")) {
            Outcome outcome = server.stop();
            assertEquals(1, outcome.errLines().size(), outcome.err());
            assertTrue(outcome.err().contains(" warning Over plain HTTP, everybody on the way "), outcome.err());
        }
        try (ComancheProcess server = ComancheProcess.serve(site, "--auth", "ann:a", "-a", "0.0.0.0", "--tls", "--tls-state",
                room.resolve("state").toString())) {
            String url = "https://127.0.0.1:" + server.port() + "/a.txt";
            String fields = tool("curl", "-skD", "-", url).out();
            assertTrue(fields.contains("WWW-Authenticate: Basic "), fields);
            assertFalse(fields.contains("Digest"), fields);
            assertEquals("hello", tool("curl", "-sk", "-u", "ann:a", url).out());
            assertEquals("", server.stop().err());
        }
    }

    @Test
    void noPasswordIsPrinted() {
        Map<String, String> environment = Map.of("COMANCHE_AUTH", "ann:pa55\nbob:pa55");
        Outcome check = ComancheProcess.run(environment, "check", "-b", site.toString());
        assertEquals(0, check.code(), check.err());
        assertTrue(check.outLines().stream().anyMatch(line -> line.matches("auth +ann:\\*\\*\\* +COMANCHE_AUTH")), check.out());
        assertFalse(check.out().contains("pa55"));
        Outcome wrong = ComancheProcess.run(Map.of(), "serve", site.toString(), "-p", "0", "--auth", "pa55", "--auth", ":pa55",
                "--auth", "ann:pa55\u0007");
        assertEquals(2, wrong.code());
        assertEquals(3, wrong.errLines().size(), wrong.err());
        assertFalse(wrong.err().contains("pa55"), wrong.err());
    }

    // comanche hash

    @Test
    void hashTakesAPasswordFromAPipeAndWritesWhatOthersUnderstand() throws IOException {
        String line = hash("j\u00f8n", PASSWORD + "\nno password\n").out();
        assertTrue(line.matches("j\u00f8n:\\$2y\\$10\\$[./A-Za-z0-9]{53}\n"), line);
        Path file = users(line);
        assertEquals(0, tool("htpasswd", "-vb", file.toString(), "j\u00f8n", PASSWORD).code());
    }

    /// bcrypt takes 72 octets, and htpasswd drops the rest silently.
    @Test
    void hashTakesNothingThatWouldNotBeThePassword() throws IOException {
        assertEquals(2, hash("ann", "\nsecond line\n").code());
        assertEquals(2, hash("a:b", "x").code());
        assertEquals("comanche: The password is too long; bcrypt takes from 1 to 72 octets.\n", hash("ann", "\u00e9".repeat(37)).err());
        Path file = users("ann:" + hash("", "\u00e9".repeat(36)).out());
        assertEquals(0, tool("htpasswd", "-vb", file.toString(), "ann", "\u00e9".repeat(36)).code());
        assertEquals(3, tool("htpasswd", "-vb", file.toString(), "ann", "\u00e9".repeat(35)).code());
    }

    private static Outcome hash(String user, String input) {
        String[] arguments = user.isEmpty() ? new String[] {"hash"} : new String[] {"hash", user};
        try (Processes.Running running = Processes.start(Path.of("/"), ComancheProcess.environment(Map.of()),
                ComancheProcess.command(arguments))) {
            running.input(input);
            return running.outcome();
        }
    }

    /// A terminal shows the question and not the answer.
    @Test
    void hashAsksAtATerminalTwiceAndShowsNothingWhereverTheEntryGoes() throws IOException {
        String script = """
                import os, pty, sys
                answers = {b"Password: ": b"hidden", b"The same again: ": sys.argv[1].encode()}
                child, terminal = pty.fork()
                if child == 0:
                    os.execvp(sys.argv[2], sys.argv[2:])
                shown = b""
                try:
                    while True:
                        octets = os.read(terminal, 4096)
                        if not octets:
                            break
                        shown += octets
                        for question in [q for q in answers if q in shown]:
                            os.write(terminal, answers.pop(question) + b"\\n")
                except OSError:
                    pass
                sys.stdout.write(shown.decode())
                sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
                """;
        for (String redirection : List.of(" > '" + room.resolve("entry") + "'", "")) {
            String command = String.join(" ", ComancheProcess.command("hash", "ann").stream().map(word -> "'" + word + "'").toList());
            Outcome outcome = tool("python3", "-c", script, "hidden", "sh", "-c", command + redirection);
            assertEquals(0, outcome.code(), outcome.out());
            assertTrue(outcome.out().contains("Password: ") && outcome.out().contains("The same again: "), outcome.out());
            assertFalse(outcome.out().contains("hidden"), outcome.out());
            String entry = redirection.isEmpty() ? outcome.out() : Files.readString(room.resolve("entry"));
            assertTrue(entry.contains("ann:$2y$10$"), entry);
        }
        Outcome differing = tool(Stream.concat(Stream.of("python3", "-c", script, "other"),
                ComancheProcess.command("hash", "ann").stream()).toArray(String[]::new));
        assertEquals(2, differing.code(), differing.out());
        assertTrue(differing.out().contains("These were two passwords; "), differing.out());
    }
}
