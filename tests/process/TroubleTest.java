package tests.process;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tests.process.Processes.Outcome;
import tests.process.RawClient.Answer;
import tests.process.RawClient.Ending;

/// Trouble on purpose, as clients meet it: curl, git, Python, a browser, and octets by hand. Each of them against a rule that
/// trips it, and beside one that does not.
class TroubleTest {
    private static final String RULES = """
            seed = 7
            [[rule]]
            path = "/busy"
            methods = ["GET", "PUT"]
            times = 1
            status = 503
            fields = ["Retry-After: 1", "X-Why: on purpose"]
            content = "later"

            [[rule]]
            path = "/gone"
            status = 410

            [[rule]]
            path = "/gone-once"
            times = 1
            status = 410

            [[rule]]
            path = "/cut-twice"
            methods = "GET"
            times = 2
            cut = 2000

            [[rule]]
            path = "/cut"
            cut = 2000

            [[rule]]
            path = "/cut-later"
            cut = 5000

            [[rule]]
            path = "/no-answer"
            cut = true

            [[rule]]
            path = "/reset"
            reset = 2000

            [[rule]]
            path = "/reset-at-once"
            reset = true

            [[rule]]
            path = "/late-reset"
            latency = "500ms"
            reset = true

            [[rule]]
            path = "/longer"
            wrong-length = +10

            [[rule]]
            path = "/shorter"
            wrong-length = -10

            [[rule]]
            path = "/never"
            silent = true

            [[rule]]
            path = "/late"
            latency = "600ms"

            [[rule]]
            path = "/very-late"
            latency = "10m"

            [[rule]]
            path = "/narrow"
            bandwidth = "16k"

            [[rule]]
            path = "/drip"
            drip = { octets = 2000, pause = "600ms" }

            [[rule]]
            path = "/endless"
            drip = { octets = 2000, pause = "10m" }

            [[rule]]
            path = "/maybe"
            chance = 0.5
            status = 500

            [[rule]]
            path = "/in-turn"
            answers = [{ status = 500 }, { status = 502, fields = "X-Turn: 2" }, {}]

            [[rule]]
            path = "/late.git/**"
            latency = ["1ms", "20ms"]

            [[rule]]
            path = "/broken.git/objects/**"
            cut = 10
            """;

    private static final byte[] OCTETS = new byte[5000];

    @TempDir
    static Path room;

    private static Path site;
    private static ComancheProcess server;

    /// It has less patience than its rules ask of it.
    @BeforeAll
    static void start() throws IOException {
        site = Files.createDirectory(room.resolve("site"));
        new Random(3).nextBytes(OCTETS);
        String names = "plain busy gone-once cut cut-twice cut-later no-answer reset reset-at-once late-reset longer shorter never late very-late "
                + "narrow drip endless maybe in-turn";
        for (String name : names.split(" ")) {
            Files.write(site.resolve(name), OCTETS);
        }
        Files.writeString(site.resolve("page.html"), "<title>a page</title>");
        server = ComancheProcess.serve(site, "--rules", Files.writeString(room.resolve("rules.toml"), RULES).toString(), "--write", "--cors",
                "--timeout", "300ms", "--progress-timeout", "300ms");
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    /// One more server by the same rules.
    private static ComancheProcess another(String... options) {
        return ComancheProcess.serve(site, Stream.concat(Stream.of("--rules", room.resolve("rules.toml").toString()), Arrays.stream(options))
                .toArray(String[]::new));
    }

    private static String url(String target) {
        return "http://127.0.0.1:" + server.port() + target;
    }

    private static Outcome run(String... command) {
        assumeTrue(Stream.of(System.getenv("PATH").split(":")).anyMatch(bin -> Files.isExecutable(Path.of(bin, command[0]))),
                command[0] + " is not installed");
        return Processes.run(room, ComancheProcess.environment(Map.of("GIT_TERMINAL_PROMPT", "0", "HOME", room.toString())), List.of(command));
    }

    private static Outcome curl(String... arguments) {
        return run(Stream.concat(Stream.of("curl", "-sS", "-m", "30"), Arrays.stream(arguments)).toArray(String[]::new));
    }

    private static String get(String target, String... fields) {
        return request("GET", target, fields);
    }

    private static String request(String method, String target, String... fields) {
        return method + ' ' + target + " HTTP/1.1\r\nHost: a\r\n" + String.join("", Arrays.stream(fields).map(field -> field + "\r\n").toList())
                + "\r\n";
    }

    /// Has every rule begin anew, by reading them again.
    private static void beginAnew(ComancheProcess server, Path rules, String toml) throws IOException {
        Files.writeString(rules, toml + "\n[[rule]]\npath = \"/anew-" + System.nanoTime() + "\"\nstatus = 299\n");
        String mark = Files.readAllLines(rules).stream().filter(line -> line.contains("/anew-")).findFirst().orElseThrow();
        String target = mark.substring(mark.indexOf('"') + 1, mark.length() - 1);
        server.signal("HUP");
        ComancheProcess.await("the rules were not read again", () -> server.get(target).status() == 299);
    }

    @Test
    void curlTriesAgainWhereItIsTold() throws IOException {
        beginAnew(server, room.resolve("rules.toml"), RULES);
        Outcome busy = curl("--retry", "3", "-o", "got", "-w", "%{http_code}", url("/busy"));
        assertEquals("200", busy.out(), busy.err());
        assertArrayEquals(OCTETS, Files.readAllBytes(room.resolve("got")));
    }

    @Test
    void curlDoesNotTryAgainWhatIsFinal() throws IOException {
        beginAnew(server, room.resolve("rules.toml"), RULES);
        assertEquals("410", curl("--retry", "3", "-o", "/dev/null", "-w", "%{http_code}", url("/gone-once")).out());
        assertEquals("200", curl("--retry", "3", "-o", "/dev/null", "-w", "%{http_code}", url("/gone-once")).out());
    }

    @Test
    void curlResumesWhatWasCutAsOftenAsItTakes() throws IOException {
        beginAnew(server, room.resolve("rules.toml"), RULES);
        List<Integer> codes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            codes.add(curl("-C", "-", "-o", "resumed", url("/cut-twice")).code());
        }
        assertEquals(List.of(18, 18, 0), codes);
        assertArrayEquals(OCTETS, Files.readAllBytes(room.resolve("resumed")));
    }

    @Test
    void whatIsCutBehindItsEndIsNotCut() {
        assertEquals(0, curl("-o", "/dev/null", url("/cut-later")).code());
        assertEquals(18, curl("-o", "/dev/null", url("/cut")).code());
        assertEquals(0, curl("-I", "-o", "/dev/null", url("/cut")).code(), "a HEAD has no content");
    }

    /// curl's codes: 18 less than was told, 28 out of time, 52 no answer, 56 reset.
    @ParameterizedTest
    @CsvSource(textBlock = """
            /no-answer,     52, 000
            /reset-at-once, 56, 000
            /late-reset,    56, 000
            /longer,        18, 200
            /shorter,        0, 200
            /plain,          0, 200
            """)
    void curlCallsItByItsName(String target, int code, String status) {
        Outcome outcome = curl("-o", "/dev/null", "-w", "%{http_code}", url(target));
        assertEquals(code + " " + status, outcome.code() + " " + outcome.out(), outcome.err());
    }

    @Test
    void pythonHasEnoughOfAServerThatNeverAnswers() {
        String script = """
                import sys, urllib.request
                for target in ("/plain", "/late", "/never"):
                    try:
                        print(urllib.request.urlopen(sys.argv[1] + target, timeout=20 if target != "/never" else 0.3).status)
                    except OSError as e:
                        print(type(e).__name__)
                """;
        assertEquals(List.of("200", "200", "TimeoutError"), run("python3", "-c", script, url("")).outLines());
    }

    @Test
    void gitSeesThatACloneIsBroken() {
        run("sh", "-e", "-c", """
                git init -q work && cd work
                git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m one
                cd .. && for name in plain late broken; do
                    git clone -q --bare work "site/$name.git" && git -C "site/$name.git" update-server-info
                done
                """);
        for (String name : List.of("plain", "late")) {
            Outcome clone = run("git", "clone", "-q", url("/" + name + ".git"), "clone-" + name);
            assertEquals(0, clone.code(), clone.err());
            assertEquals("one", run("git", "-C", "clone-" + name, "log", "-1", "--format=%s").out().strip());
        }
        assertNotEquals(0, run("git", "clone", "-q", url("/broken.git"), "clone-broken").code());
    }

    @Test
    void aBrowserSeesWhatGoesWrong() throws IOException {
        beginAnew(server, room.resolve("rules.toml"), RULES);
        try (Browser browser = new Browser(Files.createDirectory(room.resolve("browser")))) {
            browser.open(server, "/page.html");
            assertEquals("200 5000", fetched(browser, "/plain", "{}"));
            assertEquals("503 5", fetched(browser, "/busy", "{}"));
            assertEquals("200 5000", fetched(browser, "/busy", "{}"));
            assertEquals("TypeError", fetched(browser, "/cut", "{}"));
            assertEquals("TypeError", fetched(browser, "/reset-at-once", "{}"));
            assertEquals("TypeError", fetched(browser, "/longer", "{}"));
            assertEquals("200 4990", fetched(browser, "/shorter", "{}"));
            assertEquals("TimeoutError", fetched(browser, "/never", "{signal: AbortSignal.timeout(200)}"));
            assertEquals("200 5000", fetched(browser, "/late", "{signal: AbortSignal.timeout(20000)}"));
        }
    }

    private static Object fetched(Browser browser, String target, String options) {
        return browser.run("return fetch('" + target + "', " + options + ").then(async (answer) => answer.status + ' ' + "
                + "(await answer.arrayBuffer()).byteLength).catch((error) => error.name)");
    }

    @Test
    void anAnswerThatStandsInHasTheFieldsOfTheRuleAndOfTheSite() throws IOException {
        beginAnew(server, room.resolve("rules.toml"), RULES);
        Answer answer = server.get("/busy");
        assertEquals("503 later", answer.status() + " " + answer.text());
        assertEquals("1", answer.field("Retry-After").orElse(""));
        assertEquals("on purpose", answer.field("X-Why").orElse(""));
        assertEquals("*", answer.field("Access-Control-Allow-Origin").orElse(""), "so that a script of another origin sees it");
        assertEquals("410 Gone", server.get("/gone").status() + " Gone");
        assertTrue(server.get("/gone").text().startsWith("410"));
    }

    @Test
    void whatAClientSendsIsReadAndTheConnectionGoesOn() throws IOException {
        beginAnew(server, room.resolve("rules.toml"), RULES);
        try (RawClient client = server.connect()) {
            client.send(request("PUT", "/busy", "Content-Length: 3") + "abc" + get("/plain"));
            assertEquals(503, client.read().status());
            assertArrayEquals(OCTETS, client.read().content());
            client.send(get("/in-turn") + get("/in-turn") + get("/in-turn"));
            assertEquals(List.of(500, 502, 200), List.of(client.read().status(), client.read().status(), client.read().status()));
        }
        assertArrayEquals(OCTETS, Files.readAllBytes(site.resolve("busy")), "the site has not heard of it");
    }

    /// Late or slow, it is the answer that it would be anyway; and the server waits for itself no less than it wants to.
    @ParameterizedTest
    @CsvSource({"/late", "/narrow", "/drip"})
    void whatIsSlowIsRightInTheEnd(String target) {
        try (RawClient client = server.connect()) {
            Answer whole = client.send(get(target)).read();
            assertEquals(200, whole.status());
            assertArrayEquals(OCTETS, whole.content());
            Answer part = client.send(get(target, "Range: bytes=10-19")).read();
            assertEquals(206, part.status());
            assertArrayEquals(Arrays.copyOfRange(OCTETS, 10, 20), part.content());
            assertEquals(304, client.send(get(target, "If-None-Match: " + whole.field("ETag").orElseThrow())).read().status());
            assertEquals("5000", client.send(request("HEAD", target)).readHead().field("Content-Length").orElseThrow());
            assertArrayEquals(OCTETS, client.send(get("/plain")).read().content());
        }
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            /cut,     5000, 2000, CLOSED
            /reset,   5000, 2000, RESET
            /longer,  5010, 5000, CLOSED
            /shorter, 4990, 5000, CLOSED
            """)
    void aConnectionWhoseAnswerIsWrongEnds(String target, String told, int octets, Ending ending) {
        try (RawClient client = server.connect()) {
            Answer head = client.send(get("/plain") + get(target)).read();
            assertArrayEquals(OCTETS, head.content(), "the one before is not troubled");
            head = client.readHead();
            assertEquals(told, head.field("Content-Length").orElseThrow());
            assertFalse(head.closes(), "nobody announces it");
            assertArrayEquals(Arrays.copyOf(OCTETS, octets), client.octets(octets));
            assertEquals(ending, client.ending());
        }
    }

    @Test
    void chanceComesAgainWithTheSeed() throws IOException {
        List<String> runs = new ArrayList<>();
        for (String rules : List.of(RULES, RULES, RULES.replace("seed = 7", "seed = 8"))) {
            beginAnew(server, room.resolve("rules.toml"), rules);
            StringBuilder run = new StringBuilder();
            try (RawClient client = server.connect()) {
                for (int i = 0; i < 60; i++) {
                    run.append(client.send(get("/maybe")).read().status()).append(' ');
                }
            }
            runs.add(run.toString());
        }
        assertEquals(runs.get(0), runs.get(1));
        assertNotEquals(runs.get(0), runs.get(2));
        assertTrue(runs.get(0).contains("500") && runs.get(0).contains("200"), runs.get(0));
    }

    /// Were one of them waited for, the server would not stop within any patience of ours.
    @Test
    void whoeverWaitsOnPurposeDoesNotKeepTheServer() throws IOException {
        try (ComancheProcess other = another("--drain-timeout", "10m");
                RawClient late = other.connect();
                RawClient dripping = other.connect();
                RawClient silent = other.connect()) {
            assertEquals(200, late.send(get("/plain") + get("/very-late")).read().status(), "so that the other one is there, too");
            dripping.send(get("/endless")).readHead();
            silent.send(get("/never"));
            other.awaitOut("GET /never");
            other.signal("TERM");
            assertArrayEquals(OCTETS, late.read().content());
            assertArrayEquals(OCTETS, dripping.octets(5000));
            assertEquals(Ending.CLOSED, silent.ending());
            late.endOutput();
            dripping.endOutput();
            assertEquals(0, other.outcome().code());
        }
    }

    /// There is one place; the next client gets it only when the one before is forgotten.
    @ParameterizedTest
    @CsvSource({"/never", "/very-late", "/endless"})
    void whoeverLeavesIsNotWaitedFor(String target) {
        try (ComancheProcess other = another("-a", "127.0.0.1", "--max-connections", "1")) {
            try (RawClient leaving = other.connect()) {
                leaving.send(get(target));
                if (target.equals("/endless")) {
                    leaving.readHead();
                } else if (target.equals("/never")) {
                    other.awaitOut("GET /never");
                } else {
                    assertFalse(leaving.hasInputWithin(50));
                }
            }
            assertEquals(200, other.get("/plain").status());
        }
    }

    @Test
    void itIsSaidLoudlyAndReadAgain() throws IOException {
        Path rules = Files.writeString(room.resolve("own.toml"), "[[rule]]\npath = \"/plain\"\nstatus = 500\n");
        try (ComancheProcess other = ComancheProcess.serve(site, "--rules", rules.toString())) {
            other.awaitErr("warning This server misbehaves on purpose, by 1 rule of " + rules);
            assertEquals(500, other.get("/plain").status());
            Files.writeString(rules, "[[rule]]\npath = \"/plain\"\nstats = 502\n");
            other.signal("HUP");
            other.awaitErr("own.toml:3:1: there is no key 'stats' here; did you mean 'status'?");
            other.awaitErr("the old ones go on");
            assertEquals(500, other.get("/plain").status());
            Files.writeString(rules, "[[rule]]\npath = \"/plain\"\nstatus = 502\n[[rule]]\npath = \"/other\"\nstatus = 404\n");
            other.signal("HUP");
            other.awaitErr("by 2 rules of");
            assertEquals(502, other.get("/plain").status());
        }
    }

    @Test
    void aBadFileIsComplainedOfAllAtOnceAndNothingStarts() throws IOException {
        Path rules = Files.writeString(room.resolve("bad.toml"), "sed = 1\n[[rule]]\nstatus = 99\n");
        Outcome outcome = ComancheProcess.run(Map.of(), "serve", site.toString(), "-p", "0", "--rules", rules.toString());
        assertEquals(2, outcome.code());
        assertEquals(List.of("comanche: " + rules + ":1:1: there is no key 'sed' here; did you mean 'seed'?",
                "comanche: " + rules + ":3:1: status takes a number from 200 to 599."), outcome.errLines());
    }

    /// The lines of the README's chapter: its file of rules, and what curl makes of them.
    @Test
    void whatTheReadmeShowsIsSo() throws IOException {
        String readme = Files.readString(Processes.checkout().resolve("README.md"));
        int first = readme.indexOf("\n## Trouble on purpose\n");
        String chapter = readme.substring(first, readme.indexOf("\n## ", first + 1));
        List<String> shown = chapter.lines().filter(line -> line.startsWith("    ")).map(String::strip).toList();
        List<String> commands = shown.stream().filter(line -> line.startsWith("curl ")).toList();
        String toml = String.join("\n", shown.stream().takeWhile(line -> !line.startsWith("comanche ")).toList());

        Path told = Files.createDirectories(room.resolve("told"));
        Files.write(Files.createDirectories(told.resolve("api")).resolve("items"), OCTETS);
        Files.write(Files.createDirectories(told.resolve("download")).resolve("big.iso"), new byte[100_000]);
        try (ComancheProcess other = ComancheProcess.serve(told, "--rules", Files.writeString(room.resolve("told.toml"), toml).toString())) {
            List<String> lines = commands.stream().map(line -> line.replace("localhost:8080", "127.0.0.1:" + other.port())).toList();
            assertEquals("1", curl("-o", "/dev/null", "-w", "%header{retry-after}", "http://127.0.0.1:" + other.port() + "/api/items").out());
            assertEquals(0, run("sh", "-c", lines.getFirst().replace(" #", " -f -o items #")).code());
            assertArrayEquals(OCTETS, Files.readAllBytes(room.resolve("items")));
            assertEquals(18, run("sh", "-c", lines.getLast()).code());
            assertEquals(65536, Files.size(room.resolve("big.iso")));
            assertEquals(0, run("sh", "-c", lines.getLast()).code());
            assertEquals(100_000, Files.size(room.resolve("big.iso")));
        }
    }

    /// Rules can stand before everything, because what they let through is asked as always.
    @Test
    void rulesOpenNothing() throws IOException {
        try (ComancheProcess other = another("--auth", "ann:secret")) {
            assertEquals(401, other.get("/late").status());
            assertEquals(401, other.get("/plain").status());
            assertEquals(410, other.get("/gone").status());
        }
    }

    @Test
    void underTlsTroubleIsTheSame() {
        try (ComancheProcess other = another("--tls", "--tls-state", room.resolve("tls").toString())) {
            String url = "https://127.0.0.1:" + other.port();
            assertEquals(0, curl("-k", "-o", "secret", url + "/narrow").code());
            assertEquals(0, run("cmp", "secret", "site/plain").code());
            assertEquals(18, curl("-k", "-o", "/dev/null", url + "/cut").code());
            assertEquals(18, curl("-k", "-o", "/dev/null", url + "/longer").code());
            assertEquals(56, curl("-k", "-o", "/dev/null", url + "/reset-at-once").code());
            assertEquals(28, curl("-k", "-m", "0.5", "-o", "/dev/null", url + "/never").code());
        }
    }

    /// Nothing of it is there unless somebody asks for it.
    @Test
    void withoutRulesNoClassOfThemIsLoaded() {
        Pattern ours = Pattern.compile("lib\\.\\w+\\.(Rules|Turns|Behaviour|Trouble|Mischief|TomlFile|TargetPattern)\\S*");
        for (boolean with : List.of(false, true)) {
            List<String> options = with ? List.of("--rules", room.resolve("rules.toml").toString()) : List.of();
            try (ComancheProcess other = ComancheProcess.start(Map.of("JDK_JAVA_OPTIONS", "-Xlog:class+load:file=" + room.resolve("classes")),
                    Stream.concat(Stream.of("serve", site.toString(), "-p", "0"), options.stream()).toArray(String[]::new))) {
                assertEquals(200, other.get("/plain").status());
                other.stop();
                List<String> loaded = ours.matcher(loaded()).results().map(MatchResult::group).toList();
                assertEquals(with, !loaded.isEmpty(), loaded.toString());
            }
        }
    }

    private static String loaded() {
        try {
            return Files.readString(room.resolve("classes"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
