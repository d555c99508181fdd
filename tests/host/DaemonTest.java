package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import lib.host.Confinement;
import lib.host.Daemon;
import lib.host.Fault;
import lib.host.PidFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sun.misc.Signal;

@EnabledOnOs(OS.LINUX)
@Timeout(120)
final class DaemonTest {
    private static final Duration BOUND = Duration.ofSeconds(30);

    @TempDir
    Path directory;
    private Path pidFile;

    @BeforeEach
    void name() {
        pidFile = directory.resolve("comanche.pid");
    }

    /// No daemon outlives its test.
    @AfterEach
    void end() throws Exception {
        PidFile.runningPid(pidFile).flatMap(ProcessHandle::of).ifPresent(ProcessHandle::destroyForcibly);
        awaitEnd();
    }

    @Test
    void thePromptComesBackWhenTheServerServes() throws Exception {
        long pid = started("serve");

        assertEquals("/", Files.readSymbolicLink(Path.of("/proc/" + pid + "/cwd")).toString());
        for (int stream = 0; stream <= 2; stream++) {
            assertEquals("/dev/null", Files.readSymbolicLink(Path.of("/proc/" + pid + "/fd/" + stream)).toString());
        }
        assertEquals("0027", Forked.status(Path.of("/proc/" + pid + "/status")).get("Umask"));
        assertEquals(Long.toString(pid), session(pid));
    }

    @Test
    void whatTheServerSaysBeforeItServesIsPassedOn() {
        try (Forked parent = parent("serve")) {
            assertEquals("(from the server) ünï", parent.await("Listening").strip());
            assertEquals(0, parent.code(), parent::errors);
            assertEquals("comanche: a warning\n", parent.errors());
        }
    }

    /// Among them an empty one, and one that looks like two.
    @Test
    void theArgumentsArriveAsTheyWere() {
        try (Forked parent = parent("serve", "", "a  b", "ü\n")) {
            parent.await("ARGUMENTS [serve, , a  b, ü\\n]");
            assertEquals(0, parent.code(), parent::errors);
        }
    }

    @Test
    void aServerThatCanNotStartHandsOverItsComplaintAndItsCode() {
        try (Forked parent = parent("fail")) {
            assertEquals(7, parent.code());
            assertEquals("comanche: a warning\ncomanche: it can't be.\n", parent.errors());
        }
    }

    @Test
    void aServerThatEndsWithoutAWordIsNoSuccess() {
        try (Forked parent = parent("vanish")) {
            assertEquals(Fault.CANNOT_START, parent.code());
            assertTrue(parent.errors().endsWith("comanche: The server ended while it started.\n"), parent::errors);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"KILL", "INT", "TERM"})
    void aServerWhoseParentEndsBeforeItServesEnds(String signal) throws Exception {
        try (Forked parent = parent("hang")) {
            long pid = Long.parseLong(parent.await("HANGS"));
            assertEquals(Optional.of(pid), PidFile.runningPid(pidFile));

            assertEquals(0, new ProcessBuilder("kill", "-" + signal, Long.toString(parent.pid())).start().waitFor());
            assertFalse(parent.code() == 0);
            awaitEnd();
            assertEquals(Optional.empty(), PidFile.runningPid(pidFile));
        }
    }

    @Test
    void stopWaitsUntilItHasStopped() throws Exception {
        long pid = started("serve");

        assertEquals("0 Comanche is running (process " + pid + ").", said(out -> Daemon.status(pidFile, out)));
        assertEquals("0 Comanche (process " + pid + ") has stopped.", said(out -> Daemon.stop(pidFile, BOUND, out)));
        assertFalse(Files.exists(pidFile));
        assertEquals("3 Comanche isn't running.", said(out -> Daemon.status(pidFile, out)));
        assertEquals("0 Comanche isn't running.", said(out -> Daemon.stop(pidFile, BOUND, out)));
        assertEquals("7 Comanche isn't running; there is nothing to reload.", said(out -> Daemon.reload(pidFile, out)));
    }

    @Test
    void aServerThatDoesNotStopInTimeIsNamed() throws Exception {
        long pid = started("stubborn");

        assertEquals("1 Comanche (process " + pid + ") still ends its work after 0 s; kill -9 " + pid + " cuts it off.",
                said(out -> Daemon.stop(pidFile, Duration.ofMillis(300), out)));
    }

    @Test
    void theFileOfAServerThatWasKilledIsNotTakenForARunningOne() throws Exception {
        Files.writeString(pidFile, "1\n");

        assertEquals("1 Comanche isn't running; it was ended by force, or the machine was.",
                said(out -> Daemon.status(pidFile, out)));
        assertEquals("0 Comanche isn't running.", said(out -> Daemon.stop(pidFile, BOUND, out)));
    }

    /// Here, a server notes a signal in a file of its name.
    @Test
    void signalsReachTheServerEvenIfItsShellIgnoredThem() throws Exception {
        try (Forked parent = Forked.start(List.of("nohup"), Map.of(), Served.class, pidFile.toString(), "serve")) {
            assertEquals(0, parent.code(), parent::errors);
        }
        long pid = PidFile.runningPid(pidFile).orElseThrow();

        assertEquals("0 Comanche (process " + pid + ") reads its settings again; its error log says if they are good.",
                said(out -> Daemon.reload(pidFile, out)));
        assertEquals("0 Comanche (process " + pid + ") opens its logs anew.", said(out -> Daemon.reopen(pidFile, out)));
        for (String signal : List.of("HUP", "USR1")) {
            while (!Files.exists(directory.resolve(signal))) {
                Thread.onSpinWait(); // bounded by the time limit of the class
            }
        }
    }

    @Test
    void aServerInAJailLetsGoOfTheTerminal() throws Exception {
        assumeTrue(Forked.isRoot(), "only root can change the root");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));

        long pid = started("jail");
        assertEquals("/dev/null", Files.readSymbolicLink(Path.of("/proc/" + pid + "/fd/1")).toString());
        assertEquals(directory.toRealPath(), Path.of("/proc/" + pid + "/cwd").toRealPath());
    }

    @Test
    void anotherUsersServerIsLeftAlone() throws Exception {
        assumeTrue(Forked.isRoot() && Files.exists(Path.of("/usr/bin/setpriv")), "only root, and with util-linux");
        long pid = started("serve");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));

        try (Forked other = Forked.start(List.of("setpriv", "--reuid", "nobody", "--clear-groups"), Map.of(), Served.class,
                pidFile.toString(), "stop")) {
            other.await("Comanche (process " + pid + ") belongs to another user; stop it as that user or as root (sudo).");
            assertEquals(4, other.code());
        }
    }

    private Forked parent(String... words) {
        String[] arguments = new String[words.length + 1];
        arguments[0] = pidFile.toString();
        System.arraycopy(words, 0, arguments, 1, words.length);
        return Forked.start(List.of(), Map.of("LC_ALL", "C.UTF-8"), Served.class, arguments);
    }

    private long started(String word) throws Fault {
        try (Forked parent = parent(word)) {
            assertEquals(0, parent.code(), parent::errors);
        }
        return PidFile.runningPid(pidFile).orElseThrow();
    }

    /// The sixth field; the second, in parentheses, may hold anything.
    private static String session(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[3];
    }

    private interface Told {
        int by(PrintStream out) throws Fault;
    }

    private static String said(Told told) throws Fault {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        int code = told.by(new PrintStream(octets, true, StandardCharsets.UTF_8));
        return code + " " + octets.toString(StandardCharsets.UTF_8).strip();
    }

    /// The system gives up a process's locks when it ends; this waits for its turn.
    private void awaitEnd() throws IOException {
        if (Files.exists(pidFile)) {
            try (FileChannel file = FileChannel.open(pidFile, StandardOpenOption.WRITE)) {
                file.lock().release();
            }
        }
    }

    /// A server of nothing, which can be started in several ways that go wrong.
    static final class Served {
        public static void main(String[] arguments) throws Exception {
            try {
                Path pidFile = Path.of(arguments[0]);
                System.exit(arguments[1].equals("stop") ? Daemon.stop(pidFile, BOUND, System.out)
                        : Daemon.isChild() ? serve(pidFile, arguments) : Daemon.detach(System.out, System.err));
            } catch (Fault fault) {
                System.err.println("comanche: " + fault.getMessage());
                System.exit(fault.exitCode());
            }
        }

        private static int serve(Path path, String[] arguments) throws Exception {
            Daemon daemon = Daemon.begin();
            CountDownLatch stop = new CountDownLatch(1);
            Signal.handle(new Signal("TERM"), _ -> stop.countDown());
            for (String signal : List.of("HUP", "USR1")) {
                Signal.handle(new Signal(signal), _ -> note(path.resolveSibling(signal)));
            }
            try (PidFile _ = PidFile.hold(path)) {
                List<String> words = List.of(arguments).subList(1, arguments.length);
                System.out.println("ARGUMENTS " + words.toString().replace("\n", "\\n"));
                System.err.println("comanche: a warning");
                switch (arguments[1]) {
                    case "fail" -> throw new Fault(7, "it can't be.");
                    case "vanish" -> System.exit(0);
                    case "hang" -> {
                        System.out.println("HANGS " + ProcessHandle.current().pid());
                        new CountDownLatch(1).await();
                    }
                    case "jail" -> confine(path.getParent());
                    default -> System.out.println("Listening (from the server) ünï");
                }
                daemon.ready();
                stop.await();
                if (arguments[1].equals("stubborn")) {
                    new CountDownLatch(1).await();
                }
            }
            return 0;
        }

        private static void confine(Path root) throws Fault {
            Confinement confinement = Confinement.of(Optional.of(root), Optional.of("nobody"));
            confinement.warmUp(() -> { });
            confinement.enter();
        }

        private static void note(Path log) {
            try {
                Files.writeString(log, "came");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
