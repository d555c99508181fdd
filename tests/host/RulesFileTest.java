package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lib.host.ConfigFile;
import lib.host.Fault;
import lib.host.Setting;
import lib.host.Settings;
import lib.http.Fields;
import lib.http.Status;
import lib.http.TargetPattern;
import lib.site.Behaviour;
import lib.site.Behaviour.Latency;
import lib.site.Behaviour.Reply;
import lib.site.Rules;
import lib.wire.Trouble;
import lib.wire.Trouble.End;
import lib.wire.Trouble.Pace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The file of rules: what it says, and a complaint with line and column for everything that is wrong in it.
class RulesFileTest {
    @TempDir
    private Path directory;

    private Settings settings(Path rules) throws Fault {
        return Settings.of(new Settings.Sources(Setting.Profile.SERVE, ConfigFile.Contents.NONE, Map.of(),
                Map.of(Setting.RULES, List.of(rules.toString())), false));
    }

    private Rules rules(String toml) throws Fault, IOException {
        return settings(Files.writeString(directory.resolve("r.toml"), toml)).rules().orElseThrow();
    }

    private List<String> complaints(String toml) {
        Fault fault = assertThrows(Fault.class, () -> rules(toml));
        assertEquals(Fault.USAGE, fault.exitCode());
        return fault.getMessage().lines().map(line -> line.replace(directory + "/", "")).toList();
    }

    private static Behaviour with(Latency latency, Reply reply, Pace pace, End end) {
        return new Behaviour(latency, reply, Fields.NONE, new Trouble(pace, end));
    }

    private static Behaviour with(Latency latency) {
        return with(latency, new Reply.Real(), new Pace.Free(), new End.Whole());
    }

    private static Behaviour with(Reply reply) {
        return with(Latency.NONE, reply, new Pace.Free(), new End.Whole());
    }

    private static Behaviour with(Pace pace) {
        return with(Latency.NONE, new Reply.Real(), pace, new End.Whole());
    }

    private static Behaviour with(End end) {
        return with(Latency.NONE, new Reply.Real(), new Pace.Free(), end);
    }

    private static Reply instead(int code, String content) {
        return new Reply.Instead(Status.of(code, ""), Optional.ofNullable(content));
    }

    private static Latency.Point point(double share, long millis) {
        return new Latency.Point(share, Duration.ofMillis(millis));
    }

    static Stream<Arguments> answers() {
        return Stream.of(
                Arguments.of("", Behaviour.USUAL),
                Arguments.of("status = 503", with(instead(503, null))),
                Arguments.of("status = 418", with(instead(418, null))),
                Arguments.of("content = \"gr\u00fc\u00df\"", with(instead(200, "gr\u00c3\u00bc\u00c3\u009f"))),
                Arguments.of("status = 404\ncontent = \"\"", with(instead(404, ""))),
                Arguments.of("silent = true", with(new Reply.Never())),
                Arguments.of("silent = false", Behaviour.USUAL),
                Arguments.of("latency = \"250ms\"", with(new Latency.Fixed(Duration.ofMillis(250)))),
                Arguments.of("latency = 2", with(new Latency.Fixed(Duration.ofSeconds(2)))),
                Arguments.of("latency = [\"0s\", \"1s\"]", with(new Latency.Range(Duration.ZERO, Duration.ofSeconds(1)))),
                Arguments.of("latency = { p99 = \"1s\", p50 = \"20ms\", \"p99.9\" = 3 }",
                        with(new Latency.Percentiles(List.of(point(0.5, 20), point(0.99, 1000), point(0.9990000000000001, 3000))))),
                Arguments.of("bandwidth = \"32k\"", with(new Pace.Bandwidth(32768))),
                Arguments.of("bandwidth = 100", with(new Pace.Bandwidth(100))),
                Arguments.of("drip = { octets = 10, pause = \"100ms\" }", with(new Pace.Drip(10, Duration.ofMillis(100)))),
                Arguments.of("drip = { pause = \"1s\" }", with(new Pace.Drip(1, Duration.ofSeconds(1)))),
                Arguments.of("cut = 0", with(new End.Cut(0))),
                Arguments.of("cut = \"1k\"", with(new End.Cut(1024))),
                Arguments.of("cut = true", with(new End.Cut(Trouble.AT_ONCE))),
                Arguments.of("reset = 10", with(new End.Reset(10))),
                Arguments.of("reset = true", with(new End.Reset(Trouble.AT_ONCE))),
                Arguments.of("wrong-length = +10", with(new End.WrongLength(10))),
                Arguments.of("wrong-length = -10", with(new End.WrongLength(-10))),
                Arguments.of("fields = [\"Retry-After: 1\", \"a:b\"]", new Behaviour(Latency.NONE, new Reply.Real(),
                        Fields.of("Retry-After", "1", "a", "b"), Trouble.NONE)),
                Arguments.of("latency = 1\nstatus = 500\nbandwidth = 1\ncut = 1", with(new Latency.Fixed(Duration.ofSeconds(1)),
                        instead(500, null), new Pace.Bandwidth(1), new End.Cut(1))));
    }

    @ParameterizedTest
    @MethodSource("answers")
    void whatHappensIsSaidByKeysThatGoTogether(String toml, Behaviour behaviour) throws Exception {
        assertEquals(List.of(behaviour), rules("[[rule]]\n" + toml + "\n").rules().getFirst().answers());
    }

    @Test
    void aRuleSaysToWhichRequestsAndHowOften() throws Exception {
        Rules rules = rules("""
                seed = 7
                [[rule]]
                path = "/a/**"
                methods = ["GET", "PURGE"]
                times = 2
                every = 3
                chance = 0.5
                answers = [{ status = 503 }, {}]
                again = true
                [[rule]]
                methods = "PUT"
                chance = 1
                [[rule.answers]]
                status = 507
                """);
        assertEquals(new Rules(7, List.of(
                new Rules.Rule(TargetPattern.parse("/a/**").orElseThrow(), Set.of("GET", "PURGE"), new Rules.When(2, 3, 0.5),
                        List.of(with(instead(503, null)), Behaviour.USUAL), true),
                new Rules.Rule(TargetPattern.EVERYTHING, Set.of("PUT"), Rules.When.ALWAYS, List.of(with(instead(507, null))), false))),
                rules);
        assertEquals(new Rules(0, List.of()), rules(""));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            path = "a"                  | r.toml:2:1: path takes one path from the root, such as
            path = 1                    | r.toml:2:1: path takes a path in quotes
            methods = "get"             | r.toml:2:1: methods names 'get', which is no method; they are written in capitals.
            methods = []                | r.toml:2:1: methods takes "GET", or a list
            times = 0                   | r.toml:2:1: times takes a number from 1 on.
            every = "2"                 | r.toml:2:1: every takes a number from 1 on.
            chance = 1.5                | r.toml:2:1: chance takes a number from 0 to 1
            chance = nan                | r.toml:2:1: chance takes a number from 0 to 1
            again = 1                   | r.toml:2:1: again takes true or false.
            status = 199                | r.toml:2:1: status takes a number from 200 to 599.
            status = "503"              | r.toml:2:1: status takes a number from 200 to 599.
            content = 1                 | r.toml:2:1: content takes a text in quotes.
            fields = "no field"         | r.toml:2:1: fields holds 'no field', which is no field; write it as "Name: value".
            fields = "A: b\\nC: d"      | r.toml:2:1: fields holds
            fields = "Content-Length: 3" | r.toml:2:1: fields can't set Content-Length, which the server sets itself; leave it out, or use wrong-length.
            fields = "date: x"          | r.toml:2:1: fields can't set date, which the server sets itself; leave it out.
            latency = "soon"            | r.toml:2:1: latency takes a time such as "200ms", a range
            latency = -1                | r.toml:2:1: latency takes
            latency = "400d"            | r.toml:2:1: latency takes
            latency = ["2s", "1s"]      | r.toml:2:1: latency takes
            latency = ["1s"]            | r.toml:2:1: latency takes
            latency = { p50 = "2s", p99 = "1s" } | r.toml:2:1: latency takes
            latency = { p101 = "2s" }   | r.toml:2:1: latency takes
            latency = { half = "2s" }   | r.toml:2:1: latency takes
            latency = { }               | r.toml:2:1: latency takes
            bandwidth = 0               | r.toml:2:1: bandwidth takes octets for each second, such as "32k".
            bandwidth = "fast"          | r.toml:2:1: bandwidth takes octets for each second
            drip = 1                    | r.toml:2:1: drip takes a number of octets and a time
            drip = { octets = 1 }       | r.toml:2:1: drip takes a number of octets and a time
            drip = { every = 1, pause = 1 } | r.toml:2:10: there is no key 'every' here; what can be said is octets, pause.
            cut = -1                    | r.toml:2:1: cut takes octets of content, such as 1000 or "64k", or true
            cut = false                 | r.toml:2:1: cut takes octets of content
            wrong-length = "10"         | r.toml:2:1: wrong-length takes a number of octets, such as +10 or -10.
            answers = 1                 | r.toml:2:1: answers must be a list of tables, such as
            answers = [{ path = "/" }]  | r.toml:2:14: there is no key 'path' here; what can be said is status, content, fields,
            answers = [{ stats = 1 }]   | r.toml:2:14: there is no key 'stats' here; did you mean 'status'?
            method = "GET"              | r.toml:2:1: there is no key 'method' here; did you mean 'methods'?
            """)
    void whatIsWrongIsSaidWithItsPlaceAndWhatWouldBeRight(String line, String complaint) {
        List<String> complaints = complaints("[[rule]]\n" + line + "\n");
        assertEquals(1, complaints.size(), complaints.toString());
        assertTrue(complaints.getFirst().startsWith(complaint), complaints.getFirst());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            cut = 1, reset = 1                 | r.toml:3:1: reset can't be had together with cut; leave one of them out.
            reset = 1, wrong-length = 1        | r.toml:3:1: wrong-length can't be had together with reset; leave one of them out.
            bandwidth = 1, drip = { pause = 1 } | r.toml:3:1: drip can't be had together with bandwidth; leave one of them out.
            status = 200, silent = true        | r.toml:3:1: silent leaves no answer for the other keys; leave one or the others out.
            answers = [{}], status = 503       | r.toml:3:1: status stands beside answers; write it into one of them.
            """)
    void whatContradictsItselfIsAMistake(String pair, String complaint) {
        assertEquals(List.of(complaint), complaints("[[rule]]\n" + pair.replaceFirst(", ", "\n") + "\n"));
    }

    @Test
    void allThatIsWrongIsSaidAtOnceAlsoBesideOtherSettings() {
        assertEquals(List.of("r.toml:1:1: there is no key 'sed' here; did you mean 'seed'?",
                "r.toml:3:1: status takes a number from 200 to 599.", "r.toml:5:1: cut takes octets of content, such as 1000 or "
                        + "\"64k\", or true for none, not even a status.", "r.toml:7:1: times takes a number from 1 on."),
                complaints("sed = 7\n[[rule]]\nstatus = 1\nchance = 0.5\ncut = \"\"\n[[rule]]\ntimes = -1\n"));
        Fault fault = assertThrows(Fault.class, () -> Settings.of(new Settings.Sources(Setting.Profile.SERVE, ConfigFile.Contents.NONE,
                Map.of(), Map.of(Setting.RULES, List.of(directory.resolve("r.toml").toString()), Setting.PORT, List.of("x")), false)));
        assertEquals(5, fault.getMessage().lines().count(), fault.getMessage());
    }

    @Test
    void aRuleThatIsNeverReachedIsAMistake() throws Exception {
        String complaint = "this rule is never reached: one above it takes all that it is about; put it above that one.";
        assertEquals(List.of("r.toml:3:1: " + complaint), complaints("[[rule]]\nstatus = 500\n[[rule]]\npath = \"/a\"\n"));
        assertEquals(List.of("r.toml:4:1: " + complaint),
                complaints("[[rule]]\npath = \"/a\"\nmethods = [\"GET\", \"PUT\"]\n[[rule]]\npath = \"/a\"\nmethods = \"PUT\"\n"));
        assertEquals(2, rules("[[rule]]\ntimes = 1\n[[rule]]\npath = \"/a\"\n").rules().size());
        assertEquals(2, rules("[[rule]]\nmethods = \"GET\"\n[[rule]]\npath = \"/a\"\n").rules().size());
    }

    @Test
    void whatIsNoTomlAndAFileThatIsNotThereAreSaid() {
        assertTrue(complaints("[[rule]\n").getFirst().startsWith("r.toml:1:"), complaints("[[rule]\n").toString());
        Fault fault = assertThrows(Fault.class, () -> settings(directory.resolve("none.toml")));
        assertTrue(fault.getMessage().contains("none.toml' can't be read; name one that is there."), fault.getMessage());
        assertEquals("r.toml:1:1: there is no key 'path' here; what can be said is seed, rule.", complaints("path = \"/\"\n").getFirst());
        assertEquals("r.toml:1:1: rule must be written as [[rule]], once for each.", complaints("rule = 1\n").getFirst());
    }

    /// The example in the checkout and the README's table have every key that is read.
    @Test
    void theExampleAndTheReadmeNameEveryKey() throws Exception {
        String source = Files.readString(LawTest.root().resolve("lib/host/RulesFile.java"));
        Path example = LawTest.root().resolve("rules.toml");
        String readme = Files.readString(LawTest.root().resolve("README.md"));
        List<String> keys = Pattern.compile("(?:number|count|flag|texts|size|octetsUntil)\\(table, \"([a-z-]+)\"|table\\.(?:get|contains)\\(\"([a-z-]+)\"")
                .matcher(source).results().map(key -> key.group(1) == null ? key.group(2) : key.group(1)).distinct().toList();
        assertTrue(keys.containsAll(List.of("path", "silent", "answers", "drip", "latency")) && keys.size() == 17, keys.toString());
        for (String key : keys) {
            assertTrue(Files.readAllLines(example).stream().anyMatch(line -> line.startsWith(key + " = ")), key);
            assertTrue(readme.contains("\n| `" + key + "` | "), key);
        }
        assertEquals(7, settings(example).rules().orElseThrow().seed());
    }
}
