package tests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.process.Processes.Outcome;
import tests.process.Processes.Running;

/// `comanche run DIR -- COMMAND`: the command has the server for as long as it runs, and nothing of either is left.
class RunTest {
    @TempDir
    static Path room;

    private static Path site;

    @BeforeAll
    static void furnish() throws IOException {
        site = Files.createDirectory(room.resolve("site"));
        Files.writeString(site.resolve("a.txt"), "hello");
    }

    /// The words of a command line, a blank between them; `SITE` is the directory, and what follows `--` one word for sh.
    private static String[] words(String line) {
        List<String> words = new ArrayList<>(List.of("run"));
        int dashes = line.indexOf(" -- ");
        for (String word : (dashes < 0 ? line : line.substring(0, dashes)).split(" ")) {
            words.add(word.equals("SITE") ? site.toString() : word);
        }
        if (dashes >= 0) {
            words.addAll(List.of("--", "sh", "-c", line.substring(dashes + 4)));
        }
        return words.toArray(String[]::new);
    }

    private static Outcome run(String line) {
        return ComancheProcess.run(Map.of(), words(line));
    }

    /// Started with every signal at its default, as from a shell, and without a terminal.
    private static Running start(String line) {
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT,HUP,TERM", "setsid"));
        command.addAll(ComancheProcess.command(words(line)));
        return Processes.start(Path.of("/"), ComancheProcess.environment(Map.of()), command);
    }

    private static boolean runs(String words) throws IOException {
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            return processes.filter(process -> Character.isDigit(process.getFileName().toString().charAt(0)))
                    .anyMatch(process -> commandLine(process).contains(words));
        }
    }

    private static String commandLine(Path process) {
        try {
            return Files.readString(process.resolve("cmdline")).replace('\0', ' ');
        } catch (IOException _) {
            return "";
        }
    }

    // What it says, and to whom

    @Test
    void theUsageLineShowsWhereTheCommandStands() {
        Outcome help = ComancheProcess.run(Map.of(), "run", "--help");
        assertEquals("Usage: comanche run [OPTIONS] [DIR [PORT]] -- COMMAND", help.outLines().getFirst());
        assertEquals(0, help.code());
    }

    @Test
    void theCommandFindsTheServerAndHasTheStandardStreams() {
        Running running = Processes.start(Path.of("/"), ComancheProcess.environment(Map.of()), ComancheProcess.command(
                words("SITE -- cat; curl -s $COMANCHE_URL/a.txt; curl -s localhost:$COMANCHE_PORT/a.txt; echo oops >&2")));
        running.input("typed ");
        assertEquals(new Outcome(0, "typed hellohello", "oops\n"), running.outcome());
    }

    @Test
    void theAccessLogGoesToItsFileOrToStandardErrorAndNeverToStandardOutput() throws IOException {
        Path log = room.resolve("access.log");
        assertEquals(new Outcome(0, "hello", ""), run("SITE --logfile " + log + " -- curl -s $COMANCHE_URL/a.txt"));
        assertTrue(Files.readString(log).contains("\"GET /a.txt HTTP/1.1\" 200 5"));
        Outcome outcome = run("SITE -l - -- curl -s $COMANCHE_URL/a.txt");
        assertEquals("hello", outcome.out());
        assertTrue(outcome.err().contains("\"GET /a.txt HTTP/1.1\" 200 5"), outcome.err());
    }

    @Test
    void underTlsTheCommandIsToldWhomToTrust() {
        Outcome outcome = run("SITE --tls --tls-state " + room.resolve("authority")
                + " -- curl -s --cacert $COMANCHE_CA $COMANCHE_URL/a.txt; test $NODE_EXTRA_CA_CERTS = $COMANCHE_CA; echo $COMANCHE_URL");
        assertTrue(outcome.out().startsWith("hellohttps://127.0.0.1:"), outcome.toString());
        assertEquals(0, outcome.code());
    }

    /// The port of the outer server is no wish for the inner one.
    @Test
    void oneMayRunInsideAnother() {
        String inner = String.join(" ", ComancheProcess.command("run", site.toString(), "--", "sh", "-c",
                "'echo $COMANCHE_PORT; curl -s $COMANCHE_URL/a.txt'"));
        List<String> lines = run("SITE -- echo $COMANCHE_PORT; " + inner).outLines();
        assertEquals("hello", lines.get(2));
        assertFalse(lines.get(0).equals(lines.get(1)));
    }

    // Exit codes

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            SITE -- true                              | 0
            SITE -- exit 7                            | 7
            SITE -- kill -9 $$                        | 137
            SITE -- kill -TERM $$                     | 143
            SITE --nonsense -- touch started          | 2
            nosuchdirectory -- touch started          | 2
            SITE --json -- touch started              | 2
            SITE --exit-with-parent -- touch started  | 2
            SITE -a 192.0.2.1 -- touch started        | 1
            SITE --expect GET -- touch started        | 2
            """)
    void theCodeIsThatOfTheCommandOrItNeverRan(String line, int code) {
        Outcome outcome = run(line.replace("started", room.resolve("started").toString()));
        assertEquals(code, outcome.code(), outcome.toString());
        assertEquals("", outcome.out());
        assertFalse(Files.exists(room.resolve("started")));
        assertTrue(outcome.err().isEmpty() || outcome.err().startsWith("comanche: "), outcome.err());
    }

    @Test
    void aPortInUseIsSaidBeforeTheCommandRuns() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Outcome outcome = run("SITE -a 127.0.0.1 -p " + taken.getLocalPort() + " -- echo started");
            assertEquals(1, outcome.code());
            assertEquals("", outcome.out());
        }
    }

    @Test
    void aCommandThatIsNotThereIs127AndOneThatCannotBeRun126() throws IOException {
        Path script = Files.writeString(room.resolve("script"), "echo\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rw-r--r--"));
        for (Map.Entry<String, Integer> row : Map.of("nosuchcommand", 127, "/no/such", 127, script.toString(), 126, "/", 126)
                .entrySet()) {
            Outcome outcome = ComancheProcess.run(Map.of(), "run", site.toString(), "--", row.getKey());
            assertEquals(row.getValue(), outcome.code(), outcome.toString());
            assertEquals(1, outcome.errLines().size());
            assertTrue(outcome.err().startsWith("comanche: The command '" + row.getKey() + "' "), outcome.err());
        }
    }

    /// To the C locale an umlaut is nothing that a path could hold.
    @Test
    void aNameThatTheLocaleDoesNotKnowIsStillOne() throws IOException {
        Map<String, String> environment = Map.of("LC_ALL", "C");
        Outcome outcome = ComancheProcess.run(environment, words("SITE -- " + String.join(" ", ComancheProcess.command("run",
                site.toString(), "--")) + " \"./$(printf 'n\\303\\244')\""));
        assertEquals(127, outcome.code(), outcome.toString());
        assertEquals(1, outcome.errLines().size(), outcome.err());

        Outcome left = ComancheProcess.run(environment, words("SITE -- cd " + room + "; s=./$(printf 's\\303\\244'); "
                + "cp $(command -v sleep) $s; $s 2345 & exit 3"));
        assertEquals(3, left.code(), left.toString());
        assertEquals(1, left.errLines().size(), left.err());
        assertFalse(runs(" 2345 "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "run .", "run . --", "run . npm test", "run -q"})
    void theCommandStandsBehindTwoDashes(String line) {
        Outcome outcome = ComancheProcess.run(Map.of(), line.split(" "));
        assertEquals(2, outcome.code());
        assertTrue(outcome.err().endsWith(" comanche run DIR -- COMMAND.\n"), outcome.err());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --expect /a.txt                       | curl -sf $COMANCHE_URL/a.txt              | 0 |
            --expect /a*                          | curl -sf $COMANCHE_URL/a.txt?v=1          | 0 |
            --expect /b.txt --expect /a.txt       | curl -s $COMANCHE_URL/b.txt               | 3 | never fetched: /b.txt,never fetched: /a.txt,
            --expect /b.txt                       | exit 7                                    | 7 | never fetched: /b.txt,
            --fail-on 404                         | curl -s $COMANCHE_URL/a.txt               | 0 |
            --fail-on 404                         | curl -s $COMANCHE_URL/favicon.ico         | 0 |
            --fail-on 4xx,500                     | for i in 1 2; do curl -s $COMANCHE_URL/b; done | 3 | answered 404 GET /b (2 times),
            --fail-on 500 --fail-on 405           | curl -sX PUT $COMANCHE_URL/b              | 3 | answered 405 PUT /b,
            """)
    void whatWasNotFetchedOrNotFoundIsSaidAtTheEnd(String options, String command, int code, String complaints) {
        Outcome outcome = run("SITE " + options + " -- " + command + " > /dev/null");
        assertEquals(code, outcome.code(), outcome.toString());
        String said = complaints == null ? "" : complaints.replaceAll("([^,]+),", "comanche: $1\n");
        assertEquals(said, outcome.err());
    }

    // Signals

    @ParameterizedTest
    @CsvSource({"TERM, 5", "HUP, 6", "INT, 7"})
    void aSignalIsPassedOnAndTheCommandSaysWhatComesOfIt(String signal, int code) {
        try (Running running = start("SITE -- trap 'exit 5' TERM; trap 'exit 6' HUP; trap 'exit 7' INT; echo ready; "
                + "while :; do sleep 0.05; done")) {
            running.awaitOut("ready\n");
            ComancheProcess.signal(signal, running.pid());
            assertEquals(new Outcome(code, "ready\n", ""), running.outcome());
        }
    }

    @Test
    void aCommandThatIgnoresTheSignalIsKilledInTime() throws IOException {
        try (Running running = start("SITE --kill-after 300ms -- trap '' TERM; echo ready; while :; do sleep 0.0501; done")) {
            running.awaitOut("ready\n");
            ComancheProcess.signal("TERM", running.pid());
            assertEquals(137, running.outcome().code());
            assertFalse(runs("sleep 0.0501"));
        }
    }

    @Test
    void aSecondSignalHasNoPatience() {
        try (Running running = start("SITE --kill-after 1h -- trap 'echo told' TERM; echo ready; while :; do sleep 0.05; done")) {
            running.awaitOut("ready\n");
            ComancheProcess.signal("TERM", running.pid());
            running.awaitOut("told\n");
            ComancheProcess.signal("TERM", running.pid());
            assertEquals(137, running.outcome().code());
        }
    }

    /// A terminal of its own, in which somebody types ^C once the command has said that it is ready.
    private static final String AT_A_TERMINAL = """
            import os, pty, signal, sys
            pid, terminal = pty.fork()
            if pid == 0:
                for name in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
                    signal.signal(name, signal.SIG_DFL)
                os.execvp(sys.argv[1], sys.argv[1:])
            said = b""
            typed = False
            while True:
                try:
                    some = os.read(terminal, 1024)
                except OSError:
                    break
                if not some:
                    break
                said += some
                if b"ready" in said and not typed:
                    typed = True
                    os.write(terminal, b"\\x03")
            status = os.waitpid(pid, 0)[1]
            print(said.decode().replace("\\r", ""), os.waitstatus_to_exitcode(status))
            """;

    private static Outcome atATerminal(String line) {
        List<String> command = new ArrayList<>(List.of("python3", "-c", AT_A_TERMINAL));
        command.addAll(ComancheProcess.command(words(line)));
        return Processes.run(Path.of("/"), ComancheProcess.environment(Map.of()), command);
    }

    @Test
    void ctrlCReachesTheCommandOnceAndItMayGoOnWithTheServer() {
        Outcome outcome = atATerminal("SITE -- trap 'echo told; told=1' INT; echo ready; while [ -z \"$told\" ]; do sleep 0.05; done; "
                + "curl -s $COMANCHE_URL/a.txt; exit 9");
        assertEquals("ready\n^Ctold\nhello 9\n", outcome.out(), outcome.toString());
    }

    /// Who has a script around it wants that to end, too: the shell looks for the signal, not for a code.
    @Test
    void whatCtrlCHasEndedEndsLikeThat() {
        assertEquals("ready\n^C -2\n", atATerminal("SITE -- echo ready; exec sleep 1000").out());
    }

    // What is left

    @ParameterizedTest
    @ValueSource(strings = {"sleep 1234 &", "setsid sleep 1234 &", "(setsid sh -c 'sleep 1234 & exec sleep 1234' &); exit 0",
        "env -i sleep 1234 & sleep 1.2", "sh -c 'trap \"\" TERM; sleep 1234; sleep 1234' & sleep 0.2"})
    void whatTheCommandLeavesRunningEndsWithIt(String command) throws IOException {
        Outcome outcome = run("SITE --kill-after 500ms -- " + command);
        assertEquals(0, outcome.code());
        assertTrue(outcome.err().matches("comanche: The command left something running, which is ended now: [a-z, ]+\\.\n"), outcome.err());
        assertFalse(runs("sleep 1234"));
    }

    @Test
    void whatAKilledOneOfUsHasLeftEndsWithTheOneAroundIt() throws IOException {
        String inner = String.join(" ", ComancheProcess.command("run", site.toString(), "--", "sh", "-c",
                "'setsid sleep 3456 & kill -9 $PPID'"));
        Outcome outcome = run("SITE -- " + inner);
        assertEquals(137, outcome.code(), outcome.toString());
        assertTrue(outcome.err().contains("The command left something running"), outcome.err());
        assertFalse(runs("sleep 3456"));
    }

    /// The way out, for a daemon that is to stay: the README names it.
    @Test
    void whoClearsTheMarkAwayStays() throws IOException {
        Outcome outcome = run("SITE -- f=$(mktemp); (env -u COMANCHE_RUN sleep 4321 > /dev/null 2>&1 & echo $! > $f); "
                + "while grep -qsz COMANCHE_RUN /proc/$(cat $f)/environ; do sleep 0.05; done; rm $f");
        try {
            assertEquals(new Outcome(0, "", ""), outcome);
            assertTrue(runs("sleep 4321"));
        } finally {
            ProcessHandle.allProcesses().filter(process -> commandLine(Path.of("/proc/" + process.pid())).equals("sleep 4321 "))
                    .forEach(ProcessHandle::destroy);
        }
    }

    @Test
    void manyAtOnceAndInARowNeverMeet() throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/self/environ")), "no /proc here");
        Set<String> ports = new HashSet<>();
        for (int round = 0; round < 3; round++) {
            List<Running> four = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                four.add(start("SITE -- curl -sf $COMANCHE_URL/a.txt; echo \" $COMANCHE_PORT\"; read _"));
            }
            four.forEach(running -> running.awaitOut("hello "));
            four.forEach(running -> running.input("\n"));
            ports.clear();
            for (Running running : four) {
                Outcome outcome = running.outcome();
                assertEquals("", outcome.err());
                assertEquals(0, outcome.code());
                assertTrue(ports.add(outcome.out()), outcome.out());
            }
        }
        assertFalse(runs("Comanche run " + site));
    }
}
