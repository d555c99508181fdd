package tests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import tests.process.Processes.Outcome;
import tests.process.Processes.Running;

/// What can somebody do who runs code of his own in the server? The code is [Planted] with the server, and does its worst from
/// six kinds of threads; then the machine is looked at from outside.
@EnabledIfSystemProperty(named = "os.name", matches = "Linux")
@EnabledIfSystemProperty(named = "os.arch", matches = "amd64") // the numbers of the planted calls
class SandboxTest {
    private static final Set<String> THREADS = Set.of("old", "pool", "common", "new", "virtual", "hook");

    /// Readable by every user: the class path as jars, which a server in another root can hold open.
    @TempDir
    static Path shared;

    private static String classPath;

    @TempDir
    Path room;

    private Path site;
    private Path outside;
    private ServerSocket tcp;
    private DatagramSocket udp;
    private ServerSocketChannel unix;

    @BeforeAll
    static void packClassPath() throws IOException {
        classPath = ClassPath.packed(shared);
    }

    @BeforeEach
    void furnish() throws IOException {
        Files.setPosixFilePermissions(room, PosixFilePermissions.fromString("rwxr-xr-x"));
        site = Files.createDirectories(room.resolve("jail/site"));
        Files.writeString(site.resolve("a.txt"), "a");
        outside = Files.createDirectory(room.resolve("outside"));
        Files.writeString(outside.resolve("secret.txt"), "secret");
        Files.writeString(outside.resolve("other.txt"), "other");
        for (String thread : THREADS) {
            Files.writeString(outside.resolve("movable-" + thread), "x");
            Files.writeString(outside.resolve("deletable-" + thread), "x");
        }
        Files.createSymbolicLink(site.resolve("link"), outside.resolve("secret.txt"));
        tcp = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        udp = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        unix = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(outside.resolve("socket")));
        for (Path path : List.of(site, outside, outside.resolve("secret.txt"), outside.resolve("other.txt"))) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(Files.isDirectory(path) ? "rwxr-xr-x" : "rw-r--r--"));
        }
    }

    @AfterEach
    void tidy() throws IOException {
        tcp.close();
        udp.close();
        unix.close();
        Files.deleteIfExists(site.resolve("link")); // JUnit warns of links that lead out
        try (Stream<Path> links = Files.list(outside)) {
            for (Path link : links.filter(Files::isSymbolicLink).toList()) {
                Files.delete(link);
            }
        }
    }

    // What a planted deed comes to

    /// Whether the deeds can be seen at all: a test that refuses everything for another reason would prove nothing.
    @Test
    void withoutASandboxAlmostEverythingCanBeDone() throws Exception {
        Map<String, Set<String>> done = strike(List.of(), "--sandbox=off");
        for (String deed : List.of("file-read", "file-read-by-link", "file-read-by-proc", "file-list", "file-append", "file-empty",
                "file-create", "file-directory", "file-symlink", "file-link", "file-take", "file-delete", "file-mode",
                "file-document", "file-environ", "process-start", "process-execv", "process-signal", "power-io_uring_setup",
                "net-connect", "net-unix", "net-datagram", "net-listen")) {
            assertEquals(THREADS, done.get(deed), deed);
        }
    }

    @Test
    void aStrictSandboxLeavesNothing() throws Exception {
        assumeTrue(hasLandlock(), "a kernel with Landlock");
        Set<Path> before = tree();
        assertNothing(strike(List.of(), "--sandbox=strict"), "");
        assertUntouched(before);
    }

    @Test
    void aStrictSandboxNeedsNoRoot() throws Exception {
        assumeTrue(hasLandlock() && isRoot() && Files.exists(Path.of("/usr/bin/setpriv")), "root, to be somebody else");
        Set<Path> before = tree();
        assertNothing(strike(List.of("setpriv", "--reuid", "nobody", "--clear-groups", "--regid", "nogroup"), "--sandbox=strict"), "");
        assertUntouched(before);
    }

    @Test
    void afterUserAndChrootThereIsNoFileOutsideNoProcessAndNoPower() throws Exception {
        assumeTrue(isRoot(), "only root can change the root");
        Set<Path> before = tree();
        Map<String, Set<String>> done = strike(List.of(), "--chroot", room.resolve("jail").toString(), "-u", "nobody");
        assertNothing(done, "net-");
        assertUntouched(before);
    }

    @Test
    void aStrictSandboxHoldsInsideAnotherRoot() throws Exception {
        assumeTrue(hasLandlock() && isRoot(), "only root can change the root");
        Set<Path> before = tree();
        assertNothing(strike(List.of(), "--sandbox=strict", "--chroot", room.resolve("jail").toString(), "-u", "nobody"), "");
        assertUntouched(before);
    }

    // The server lives on

    /// One life: files are sent, logs moved away and opened anew, settings exchanged.
    @Test
    void aStrictServerDoesItsWorkAndKnowsWhatItLacks() throws Exception {
        assumeTrue(hasLandlock(), "a kernel with Landlock");
        Path file = Files.createDirectory(room.resolve("settings")).resolve("comanche.toml");
        Path log = room.resolve("logs/access.log");
        String settings = "docbase = \"" + site + "\"\nupload = true\nlogfile = \"" + log + "\"\nport = 0\n";
        Files.writeString(file, settings);
        try (ComancheProcess server = ComancheProcess.start(Map.of(), "serve", "-c", file.toString(), "--sandbox=strict")) {
            server.awaitErr("notice Sandbox: files by Landlock");
            assertEquals(201, server.exchange("PUT /new.txt HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi").status());
            assertEquals("hi", Files.readString(site.resolve("new.txt")));

            Files.move(log, log.resolveSibling("access.log.1"));
            server.signal("USR1");
            ComancheProcess.await("no new log", () -> Files.exists(log));
            assertEquals("a", server.get("/a.txt").text());

            reload(server, file, settings + "no-listing = true\n", "notice The settings were read again and are in force.");
            assertEquals(403, server.get("/").status());
            reload(server, file, settings.replace(site.toString(), outside.toString()), "The sandbox was made without writing in " + outside
                    + "; restart Comanche to have a wider one.");
            reload(server, file, settings + "address = [\"127.0.0.1\", \"127.0.0.2\"]\n",
                    "The sandbox was made without other addresses; restart Comanche to have a wider one.");
            reload(server, file, settings + "[[fastcgi]]\npath = \"*.php\"\naddress = \"127.0.0.1:9\"\n",
                    "The sandbox was made without asking other servers; restart Comanche to have a wider one.");
            assertEquals(403, server.get("/").status());
            assertEquals(0, server.stop().code());
        }
    }

    private static void reload(ComancheProcess server, Path file, String settings, String sentence) throws IOException {
        Path beside = Files.writeString(file.resolveSibling("new"), settings);
        Files.move(beside, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        server.signal("HUP");
        server.awaitErr(sentence);
    }

    /// The directory of the logs is made by root, at the first start, for somebody else.
    @Test
    void aStrictDaemonOpensItsLogsAnewAsTheUserThatItBecame() throws Exception {
        assumeTrue(hasLandlock() && isRoot(), "only root can change the user");
        Path log = room.resolve("logs/access.log");
        Path pid = Files.createDirectory(room.resolve("run")).resolve("comanche.pid");
        Outcome start = Processes.run(Path.of("/"), ComancheProcess.environment(Map.of()), command("-b", site.toString(), "-p", "0",
                "--sandbox=strict", "-u", "nobody", "-l", log.toString(), "--error-log", room.resolve("logs/error.log").toString(),
                "--pidfile", pid.toString()));
        assertEquals(new Outcome(0, "", ""), start);
        long process = Long.parseLong(Files.readString(pid).strip());
        try {
            assertEquals(Set.of("2"), filters(process));
            Files.move(log, log.resolveSibling("access.log.1"));
            ComancheProcess.signal("USR1", process);
            ComancheProcess.await("no new log", () -> Files.exists(log));
        } finally {
            ComancheProcess.signal("KILL", process);
        }
    }

    @Test
    void aStrictServerSpeaksTlsWithItsOwnAuthority() throws Exception {
        assumeTrue(hasLandlock(), "a kernel with Landlock");
        try (ComancheProcess server = ComancheProcess.serve(site, "--sandbox=strict", "--tls", "--tls-state",
                room.resolve("state").toString())) {
            Outcome answer = Processes.run(room, ComancheProcess.environment(Map.of()), List.of("curl", "-sS", "--cacert",
                    room.resolve("state/authority.crt").toString(), server.urls().getFirst() + "a.txt"));
            assertEquals(new Outcome(0, "a", ""), answer);
            assertEquals(0, server.stop().code());
        }
    }

    /// A first call of the system costs more than the rest of the start.
    @Test
    void whoServesToHimselfDoesNotPayAndWhoServesOthersDoesLater() throws Exception {
        Path socket = room.resolve("socket");
        try (ComancheProcess own = ComancheProcess.serve(site);
                ComancheProcess others = ComancheProcess.serve(site, "-a", "127.0.0.1", "-a", "unix:" + socket)) {
            ComancheProcess.await("no filter", () -> filters(others.pid()).equals(Set.of("2")));
            assertEquals(Set.of("0"), filters(own.pid()));
            assertEquals("a", others.get("/a.txt").text());
            assertEquals(0, others.stop().code());
        }
    }

    /// Of all threads, as the kernel has it: 0 for none, 2 for a filter.
    private static Set<String> filters(long pid) {
        Set<String> filters = new HashSet<>();
        try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
            for (Path thread : threads.toList()) {
                Files.readAllLines(thread.resolve("status")).stream().filter(line -> line.startsWith("Seccomp:"))
                        .forEach(line -> filters.add(line.substring(8).strip()));
            }
        } catch (IOException _) {
            filters.add("a thread has ended");
        }
        return filters;
    }

    @Test
    void programsThatAreNewNeedARestart() throws Exception {
        assumeTrue(isRoot(), "only root can change the user");
        Path file = room.resolve("comanche.toml");
        String settings = "docbase = \"" + site + "\"\nport = 0\nlogfile = \"-\"\n";
        Files.writeString(file, settings);
        Running running = Processes.start(Path.of("/"), ComancheProcess.environment(Map.of()),
                command("serve", "-c", file.toString(), "-u", "nobody"));
        try (running) {
            running.awaitOut("Ctrl+C stops.\n");
            running.awaitErr("notice Sandbox: calls by seccomp.");
            Files.writeString(file, settings + "[[cgi]]\npath = \"*.cgi\"\n");
            ComancheProcess.signal("HUP", running.pid());
            running.awaitErr("The sandbox was made without starting programs; restart Comanche to have a wider one.");
        }
    }

    // What is not possible

    @Test
    void aSystemWithoutLandlockHasNoStrictSandbox() throws IOException {
        Outcome outcome = Processes.run(Path.of("/"), ComancheProcess.environment(Map.of()),
                without(444, "serve", site.toString(), "-p", "0", "--sandbox=strict"));
        assertEquals(new Outcome(78, "", "comanche: This system can't hold a strict sandbox (syscall: this system has no such call); "
                + "--sandbox=auto goes without.\n"), outcome);
    }

    @Test
    void aSystemWithoutSeccompIsServedFromWithOneWarning() throws IOException {
        assumeTrue(isRoot(), "only root can change the user");
        Running running = Processes.start(Path.of("/"), ComancheProcess.environment(Map.of()),
                without(317, "serve", site.toString(), "-p", "0", "-u", "nobody"));
        try (running) {
            running.awaitOut("Ctrl+C stops.\n");
            running.awaitErr("warning There is no sandbox here (syscall: this system has no such call); --sandbox=off does not ask for one.");
        }
    }

    /// A command line of Comanche on a system that lacks a call.
    private static List<String> without(int call, String... arguments) {
        List<String> command = command(arguments);
        command.set(command.indexOf("Comanche"), Older.class.getName());
        command.add(command.indexOf(Older.class.getName()) + 1, Integer.toString(call));
        return command;
    }

    /// Becomes Comanche, for which a call is not there (ENOSYS).
    static final class Older {
        public static void main(String[] arguments) throws Exception {
            long absent = Long.parseLong(arguments[0]);
            lib.host.Posix.setNoNewPrivileges();
            lib.host.Posix.seccomp(new long[] {0x20, 0x15 | 1L << 24 | absent << 32, 0x06 | 0x0005_0026L << 32, 0x06 | 0x7FFF_0000L << 32});
            List<String> command = new ArrayList<>(List.of(Files.readString(Path.of("/proc/self/cmdline")).split("\0")));
            int main = command.indexOf(Older.class.getName());
            command.set(main, "Comanche");
            command.remove(main + 1);
            lib.host.Posix.execv(command.getFirst(), command);
        }
    }

    @Test
    void whatAStrictSandboxCanNotGoWithIsSaidAtOnce() {
        Map<String, List<String>> lines = Map.of(
                "--sandbox 'strict' lets no program start, and --cgi does; say auto, or have the program answer by FastCGI.",
                List.of("serve", site.toString(), "--cgi", "*.cgi"),
                "--sandbox 'strict' would be for the command, too; leave it out with run.",
                List.of("run", site.toString()),
                "--pidfile '/run/x.pid' would have a strict sandbox leave all of /run open for writing; name a file in a directory of its own.",
                List.of("serve", site.toString(), "--pidfile", "/run/x.pid"));
        lines.forEach((sentence, line) -> {
            List<String> whole = new ArrayList<>(line);
            whole.add("--sandbox=strict");
            whole.addAll(line.getFirst().equals("run") ? List.of("--", "true") : List.of());
            assertEquals(new Outcome(2, "", "comanche: " + sentence + "\n"),
                    ComancheProcess.run(Map.of(), whole.toArray(String[]::new)));
        });
    }

    @Test
    void theVariableAloneIsNoSandbox() {
        Outcome outcome = ComancheProcess.run(Map.of("COMANCHE_SANDBOXED", "7"), "serve", site.toString(), "-p", "0",
                "--sandbox=strict");
        assertEquals(new Outcome(1, "", "comanche: COMANCHE_SANDBOXED is set, but there is no sandbox; unset it, Comanche sets it itself.\n"),
                outcome);
    }

    /// The deeds that some thread has done, apart from those that nobody promises to prevent.
    private static void assertNothing(Map<String, Set<String>> done, String apart) {
        Map<String, Set<String>> left = new TreeMap<>(done);
        left.keySet().removeIf(deed -> !apart.isEmpty() && deed.startsWith(apart));
        assertEquals(Map.of(), left);
    }

    private void assertUntouched(Set<Path> before) throws IOException {
        assertEquals(before, tree());
        assertEquals("secret", Files.readString(outside.resolve("secret.txt")));
        assertEquals("other", Files.readString(outside.resolve("other.txt")));
        assertEquals("rw-r--r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(outside.resolve("secret.txt"))));
    }

    private Set<Path> tree() throws IOException {
        try (Stream<Path> files = Files.walk(room)) {
            return files.collect(Collectors.toCollection(TreeSet::new));
        }
    }

    /// Deeds, each with the threads that have done it.
    private Map<String, Set<String>> strike(List<String> prefix, String... options) throws Exception {
        List<String> command = new ArrayList<>(prefix);
        boolean jailed = List.of(options).contains("--chroot");
        command.addAll(command(Stream.concat(Stream.of("serve", jailed ? "/site" : site.toString(), "-p", "0"), Stream.of(options))
                .toArray(String[]::new)));
        command.set(command.indexOf("Comanche"), Planted.class.getName());
        Running running = Processes.start(Path.of("/"), environment(freePort()), command);
        try (running) {
            running.awaitOut("Ctrl+C stops.\n");
            running.input("go\n");
            running.awaitOut("PLANTED through");
            running.terminate();
            return read(running.outcome());
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            return free.getLocalPort();
        }
    }

    private Map<String, String> environment(int free) {
        Map<String, String> environment = new HashMap<>(ComancheProcess.environment(Map.of()));
        environment.putAll(Map.of(Planted.OUTSIDE, outside.toString(), Planted.DOCBASE, site.toString(), Planted.TCP,
                Integer.toString(tcp.getLocalPort()), Planted.UDP, Integer.toString(udp.getLocalPort()), Planted.FREE,
                Integer.toString(free), Planted.PARENT, Long.toString(ProcessHandle.current().pid())));
        return environment;
    }

    private static Map<String, Set<String>> read(Outcome outcome) {
        Map<String, Set<String>> done = new TreeMap<>();
        Set<String> threads = new HashSet<>();
        for (String line : outcome.outLines()) {
            String[] words = line.split(" ");
            if (words[0].equals("DEED")) {
                threads.add(words[1]);
                if (words[3].equals("done")) {
                    done.computeIfAbsent(words[2], _ -> new HashSet<>()).add(words[1]);
                }
            }
        }
        assertEquals(THREADS, threads, () -> outcome.out() + outcome.err());
        return done;
    }

    private static List<String> command(String... arguments) {
        List<String> command = ComancheProcess.command(arguments);
        command.set(command.indexOf("-cp") + 1, classPath);
        return command;
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static boolean hasLandlock() {
        try {
            return lib.host.Posix.landlockVersion() >= 3;
        } catch (lib.host.Posix.Failure _) {
            return false;
        }
    }
}
