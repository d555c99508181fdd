package tests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.process.Processes.Outcome;
import tests.process.Processes.Running;
import tests.process.RawClient.Answer;

/// The classic server as its operator meets it: a file of settings, a command that returns, a daemon that stays, and the
/// commands that speak to it.
class ClassicTest {
    /// How long a client may be idle here: for as long as a command takes, on a busy machine.
    private static final String PATIENT = "60s";

    /// Readable by every user: the class path as jars, which a server in another root can hold open.
    @TempDir
    static Path shared;

    private static String classPath;

    @TempDir
    Path room;

    private Path file;
    private Path pidFile;
    private Path site;

    @BeforeAll
    static void packClassPath() throws IOException {
        classPath = ClassPath.packed(shared);
    }

    @BeforeEach
    void furnish() throws IOException {
        file = room.resolve("comanche.toml");
        pidFile = room.resolve("comanche.pid");
        site = Files.createDirectory(room.resolve("site"));
        Files.writeString(site.resolve("a.txt"), "a");
    }

    /// Nothing that names this test's own directory outlives it.
    @AfterEach
    void endWhatIsLeft() throws IOException {
        Files.deleteIfExists(room.resolve("cell/bin/sh"));
        Files.deleteIfExists(room.resolve("jail/www/main/passwd")); // JUnit warns of links that lead out
        ours().forEach(ProcessHandle::destroyForcibly);
    }

    // Root, jail, user, daemon

    /// Of `x`, with bcrypt and with apr1.
    private static final String USERS = """
            bc:$2y$04$Qk.Hhsxpo.Whp2Tm1sZMCuxBr6Q5U1/lIVIMkCtfy.sW/l5bSSrRK
            apr:$apr1$GzMwYZ.w$bDqDDbOWb82F.Kv5S8BJv0
            """;

    @Test
    void inAJailAndAsAnotherUserEverythingWorks() throws IOException {
        assumeRoot();
        Path jail = furnishJail();
        file = jail.resolve("comanche.toml");
        Path log = room.resolve("log/access.log");
        int port = freePort();
        String settings = settings(port, "/www") + """
                chroot = "%s"
                user = "nobody"
                virthost = true
                default-host = "main"
                follow-symlinks = true
                auth-file = "/users"
                """.formatted(jail);
        String host = """
                [[access]]
                path = "/closed/"
                users = "*"
                [[access]]
                [[host]]
                names = ["named.example", "*.named.example"]
                docbase = "/named"
                """;
        configure(settings + host);

        Outcome started = run("-c", file.toString(), "-t", PATIENT);
        assertEquals("", started.err());
        assertEquals(0, started.code());
        long pid = Long.parseLong(Files.readString(pidFile).strip());
        assertTrue(threads(pid) > 5);
        assertEquals(jail.toRealPath(), Files.readSymbolicLink(Path.of("/proc/" + pid + "/root")));
        assertEquals(1, ours().size());

        try (RawClient client = connect(port)) {
            assertEquals("main", get(client, "any", "/").text());
            assertTrue(get(client, "any", "/list/").text().contains("one.txt"));
            Answer page = client.send("GET /list/ HTTP/1.1\r\nHost: any\r\nAccept: text/html\r\n\r\n").read();
            assertTrue(page.text().contains("<p>A <del>README</del></p>"), page.text()); // by a library that can't be seen any more
            assertEquals("other", get(client, "OTHER.example:81", "/").text());
            assertEquals("named", get(client, "named.example", "/").text());
            assertEquals("named", get(client, "www.named.example", "/").text());
            Answer part = client.send("GET /list/one.txt HTTP/1.1\r\nHost: any\r\nRange: bytes=2-4\r\n\r\n").read();
            assertEquals(206, part.status());
            assertEquals("234", part.text());
            Answer zipped = client.send("GET /big.txt HTTP/1.1\r\nHost: any\r\nAccept-Encoding: gzip\r\n\r\n").read();
            assertEquals("gzip", zipped.field("Content-Encoding").orElse(""));
            assertEquals("zipped", zipped.text());
            assertEquals(404, get(client, "any", "/passwd").status());
            assertEquals(404, get(client, "any", "/%2e%2e/%2e%2e/etc/passwd").status());

            // hashes of both libraries are compared, and the file is read again, from within
            assertEquals(401, get(client, "any", "/closed/").status());
            assertEquals(404, login(client, "bc:x").status());
            assertEquals(404, login(client, "apr:x").status());
            Files.writeString(jail.resolve("users"), "eve" + USERS.substring(USERS.indexOf(':')));
            assertEquals(404, login(client, "eve:x").status());
            assertEquals(401, login(client, "bc:x").status());

            // the jail can be configured anew from within
            configure(settings + "header = \"X-New: yes\"\n" + host);
            assertEquals(0, run("reload", "-c", file.toString()).code());
            awaitLine(room.resolve("log/error.log"), "read again");
            Answer anew = get(client, "any", "/");
            assertEquals("yes", anew.field("X-New").orElse(""));
            assertEquals("main", anew.text());

            awaitLine(log, "\"GET /list/ HTTP/1.1\" 200");
            Files.move(log, room.resolve("log/access.log.1"));
            assertEquals(0, run("reopen", "-c", file.toString()).code());
            ComancheProcess.await("no new log", () -> Files.exists(log));
            assertEquals(404, get(client, "any", "/after-reopen").status());
            awaitLine(log, "\"GET /after-reopen HTTP/1.1\" 404");

            Files.move(log, room.resolve("log/access.log.2"));
            ComancheProcess.signal("USR1", pid);
            ComancheProcess.await("no new log", () -> Files.exists(log));
            assertEquals(404, get(client, "any", "/after-signal").status());
            awaitLine(log, "\"GET /after-signal HTTP/1.1\" 404");
        }

        Outcome status = run("status", "-c", file.toString());
        assertEquals("Comanche is running (process " + pid + ").\n", status.out());
        assertEquals(0, status.code());
        assertEquals(0, run("stop", "-c", file.toString()).code());
        ComancheProcess.await("it runs still", () -> ours().isEmpty());
        assertEquals(3, run("status", "-c", file.toString()).code());
        String errors = Files.readString(room.resolve("log/error.log"));
        assertFalse(errors.contains(" error ") || errors.contains(" warning "), errors);
    }

    private Path furnishJail() throws IOException {
        Path jail = Files.createDirectory(room.resolve("jail"));
        Path main = Files.createDirectories(jail.resolve("www/main/list")).getParent();
        Files.writeString(main.resolve("index.html"), "main");
        Files.writeString(main.resolve("list/one.txt"), "0123456789");
        Files.writeString(main.resolve("big.txt"), "plain and long enough");
        Files.writeString(main.resolve("big.txt.gz"), "zipped");
        Files.createSymbolicLink(main.resolve("passwd"), Path.of("/etc/passwd"));
        Files.writeString(Files.createDirectory(jail.resolve("www/other.example")).resolve("index.html"), "other");
        Files.writeString(Files.createDirectory(jail.resolve("named")).resolve("index.html"), "named");
        Files.writeString(main.resolve("list/README.md"), "A ~~README~~");
        Files.writeString(jail.resolve("users"), USERS);
        return jail;
    }

    /// @return how many there are
    private static int threads(long pid) throws IOException {
        int count = 0;
        try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
            for (Path thread : threads.toList()) {
                Map<String, String> status = Files.readAllLines(thread.resolve("status")).stream()
                        .collect(Collectors.toMap(line -> line.substring(0, line.indexOf(':')),
                                line -> line.substring(line.indexOf(':') + 1).strip()));
                assertEquals("65534\t65534\t65534\t65534", status.get("Uid"), thread::toString);
                assertEquals("65534\t65534\t65534\t65534", status.get("Gid"), thread::toString);
                assertEquals("65534", status.get("Groups"), thread::toString);
                assertEquals("0000000000000000", status.get("CapEff"), thread::toString);
                assertEquals("0000000000000000", status.get("CapPrm"), thread::toString);
                count++;
            }
        }
        return count;
    }

    // A daemon that can't start

    @Test
    void aDaemonThatCannotStartSaysWhyAndLeavesNoProcess() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            configure(settings(taken.getLocalPort(), site.toString()));
            Outcome outcome = run("-c", file.toString());
            assertTrue(outcome.err().startsWith("comanche: Port " + taken.getLocalPort() + " on 127.0.0.1 is in use"),
                    outcome.err());
            assertEquals(1, outcome.code());
        }
        assertEquals(Set.of(), ours());
        assertFalse(Files.exists(pidFile));

        configure(settings(freePort(), site.resolve("none").toString()) + "logfil = \"x\"\n");
        Outcome outcome = run("-c", file.toString());
        assertTrue(outcome.err().contains("did you mean 'logfile'?"), outcome.err());
        assertEquals(2, outcome.code());
        assertEquals(Set.of(), ours());
    }

    @Test
    void aSecondServerIsRefusedAndAKilledOnesFileIsTakenOver() throws IOException {
        configure(settings(freePort(), site.toString()));
        assertEquals(0, run("start", "-c", file.toString()).code());
        String first = Files.readString(pidFile).strip();

        Outcome second = run("start", "-c", file.toString(), "-p", Integer.toString(freePort()));
        assertTrue(second.err().contains("running already (process " + first + ")"), second.err());
        assertEquals(1, second.code());
        assertEquals(first, Files.readString(pidFile).strip());
        assertEquals(1, ours().size());

        ComancheProcess.signal("KILL", Long.parseLong(first));
        ComancheProcess.await("it runs still", () -> ours().isEmpty());
        assertEquals(1, run("status", "-c", file.toString()).code());
        assertEquals(0, run("start", "-c", file.toString()).code());
        assertNotEquals(first, Files.readString(pidFile).strip());
        assertEquals(0, run("stop", "-c", file.toString()).code());
        assertFalse(Files.exists(pidFile));
        assertEquals(7, run("reload", "-c", file.toString()).code());
    }

    // Reload

    @Test
    void aReloadIsInForceForTheNextRequestOnAnOpenConnection() throws IOException {
        Path other = Files.createDirectory(room.resolve("other"));
        Files.writeString(other.resolve("a.txt"), "other a");
        Files.writeString(other.resolve("a.gmi"), "gemini");
        Files.writeString(Files.createDirectory(room.resolve("host")).resolve("a.txt"), "host a");
        configure(settings(0, site.toString()));
        try (ComancheProcess server = foreground(); RawClient client = server.connect()) {
            assertEquals("a", get(client, "h.example", "/a.txt").text());
            configure(settings(0, other.toString()).replace("access.log", "access-2.log") + """
                    header = "X-New: yes"
                    server = "Other"
                    [mime]
                    gmi = "text/gemini"
                    [[host]]
                    names = ["h.example"]
                    docbase = "%s"
                    """.formatted(room.resolve("host")));
            assertEquals(0, run("reload", "-c", file.toString()).code());
            awaitLine(room.resolve("log/error.log"), "read again");

            Answer answer = get(client, "any", "/a.gmi");
            assertEquals("gemini", answer.text());
            assertTrue(answer.field("Content-Type").orElse("").startsWith("text/gemini"), answer.toString());
            assertEquals("yes", answer.field("X-New").orElse(""));
            assertEquals("Other", answer.field("Server").orElse(""));
            assertEquals("host a", get(client, "h.example", "/a.txt").text());
            awaitLine(room.resolve("log/access-2.log"), "\"GET /a.gmi HTTP/1.1\" 200");
            assertFalse(Files.readString(room.resolve("log/access.log")).contains("a.gmi"));
            assertEquals(0, server.stop().code());
        }
    }

    @Test
    void badSettingsAreComplainedOfAndTheOldOnesGoOn() throws IOException {
        Path errors = room.resolve("log/error.log");
        configure(settings(0, site.toString()));
        try (ComancheProcess server = foreground(); RawClient client = server.connect()) {
            configure(settings(0, site.toString()) + "timout = 3\n");
            Outcome refused = run("reload", "-c", file.toString());
            assertTrue(refused.err().contains("did you mean 'timeout'?"), refused.err());
            assertEquals(2, refused.code());
            server.signal("HUP");
            awaitLine(errors, file + ":7:1: there is no key 'timout' here; did you mean 'timeout'?");
            awaitLine(errors, "the old ones go on");
            assertEquals("a", get(client, "any", "/a.txt").text());

            // good as far as anybody could see beforehand; and more than once
            for (int i = 1; i <= 3; i++) {
                try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
                    configure("address = ['127.0.0.1', '127.0.0.1:" + taken.getLocalPort() + "']\nheader = 'X-New: yes'\n"
                            + settings(0, site.toString()).replaceFirst("address.*\n", "").replace("access.log", "new.log"));
                    server.signal("HUP");
                    awaitLine(errors, "Port " + taken.getLocalPort() + " on 127.0.0.1 is in use");
                }
            }
            configure(settings(0, site.toString()) + "port = 1\n");
            server.signal("HUP");
            awaitLine(errors, file + ":7:");
            Answer answer = get(client, "any", "/a.txt?late");
            assertEquals("a", answer.text());
            assertTrue(answer.field("X-New").isEmpty());
            awaitLine(room.resolve("log/access.log"), "\"GET /a.txt?late HTTP/1.1\" 200");
            assertEquals(0, server.stop().code());
        }
    }

    @Test
    void aReloadListensOnWhatIsNewLeavesWhatIsGoneAndKeepsTheRest() throws IOException {
        int kept = freePort();
        int gone = freePort();
        int fresh = freePort();
        Path socket = room.resolve("socket");
        String rest = settings(kept, site.toString()).replaceFirst("address.*\n", "");
        configure("address = ['127.0.0.1', '127.0.0.1:" + gone + "']\n" + rest);
        try (ComancheProcess server = foreground(); RawClient leaving = connect(gone)) {
            String inode = inode(kept);
            assertEquals(200, get(leaving, "any", "/a.txt").status());
            configure("address = ['127.0.0.1:" + fresh + "', '127.0.0.1', 'unix:" + socket + "']\n" + rest);
            server.signal("HUP");
            ComancheProcess.await("no new address", () -> !inode(fresh).isEmpty() && Files.exists(socket));
            ComancheProcess.await("the old address stays", () -> inode(gone).isEmpty());
            assertEquals(inode, inode(kept));
            assertEquals("a", get(leaving, "any", "/a.txt").text());
            for (int port : List.of(kept, fresh)) {
                try (RawClient client = connect(port)) {
                    assertEquals("a", get(client, "any", "/a.txt").text());
                }
            }
            assertEquals(0, server.stop().code());
            assertFalse(Files.exists(socket));
        }
    }

    /// The number of the socket that listens on this port of 127.0.0.1; empty for none.
    private static String inode(int port) {
        String address = "0100007F:%04X".formatted(port);
        try {
            return Files.readAllLines(Path.of("/proc/net/tcp")).stream().map(line -> line.strip().split("\\s+"))
                    .filter(words -> words[1].equals(address) && words[3].equals("0A")).map(words -> words[9]).findFirst()
                    .orElse("");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void underLoadNotOneRequestFailsForFiftyReloads() throws IOException, InterruptedException {
        Path errors = room.resolve("log/error.log");
        configure(reloaded(0));
        try (ComancheProcess server = foreground()) {
            AtomicBoolean done = new AtomicBoolean();
            AtomicInteger answers = new AtomicInteger();
            Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                clients.add(Thread.ofPlatform().start(() -> askUntil(done, server, answers, failures)));
            }
            long before = 0;
            for (int i = 1; i <= 50; i++) {
                int round = i;
                configure(reloaded(i));
                server.signal("HUP");
                ComancheProcess.await("reload " + i + " is not in force", () -> !failures.isEmpty()
                        || server.get("/a.txt").field("X-Round").orElse("").equals(Integer.toString(round)));
                before = i == 10 ? descriptors(server.pid()) : before;
            }
            done.set(true);
            for (Thread client : clients) {
                client.join();
            }
            assertEquals(List.of(), List.copyOf(failures));
            assertTrue(answers.get() > 50, answers::toString);
            assertTrue(descriptors(server.pid()) <= before + 20, "descriptors leak: " + before + " became "
                    + descriptors(server.pid()));
            assertEquals(0, server.stop().code());
            assertFalse(Files.readString(errors).contains(" error "), () -> text(errors));
        }
    }

    private String reloaded(int round) {
        return settings(0, site.toString()).replace("access.log", "access-" + round % 2 + ".log")
                + "header = 'X-Round: " + round + "'\n[[host]]\nnames = ['h" + round + ".example']\nlogfile = '"
                + room.resolve("log/host.log") + "'\n";
    }

    private static void askUntil(AtomicBoolean done, ComancheProcess server, AtomicInteger answers,
                                 Queue<Throwable> failures) {
        try (RawClient client = server.connect()) {
            while (!done.get()) {
                Answer answer = get(client, "any", "/a.txt");
                assertEquals(200, answer.status());
                assertEquals("a", answer.text());
                assertFalse(answer.closes());
                answers.incrementAndGet();
            }
        } catch (RuntimeException | AssertionError failure) {
            failures.add(failure);
        }
    }

    private static long descriptors(long pid) throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            return descriptors.count();
        }
    }

    // Settings

    @Test
    void theLineStandsOverTheEnvironmentThatOverTheFileAndThisOverTheDefaults() throws IOException {
        configure("""
                port = 1001
                timeout = 11
                indexfiles = ["x.html", "y.html"]
                docbase = "%s"
                """.formatted(site));
        Outcome check = run(Map.of("COMANCHE_PORT", "1002", "COMANCHE_TIMEOUT", "12", "COMANCHE_SERVER_NAME", "Env"),
                "check", "-c", file.toString(), "-p", "1003");
        assertEquals("", check.err());
        assertEquals(0, check.code());
        List<String> lines = check.outLines().stream().map(line -> line.replaceAll(" +", " ")).toList();
        assertTrue(lines.containsAll(List.of("port 1003 --port", "timeout 12 COMANCHE_TIMEOUT",
                "server-name Env COMANCHE_SERVER_NAME", "index x.html,y.html " + file + ":3:1: indexfiles",
                "docbase " + site + " " + file + ":4:1: docbase", "address 127.0.0.1 default",
                "logfile /var/log/comanche/access.log default", "foreground false default", "It would start.")),
                check.out());
        assertEquals(Set.of(), ours());
    }

    /// A program that is all there is in its jail: a shell without libraries.
    private static void assumeStaticShell() {
        assumeTrue(Files.exists(Path.of("/bin/busybox")) && Processes.run(Path.of("/"), ComancheProcess.environment(Map.of()),
                List.of("ldd", "/bin/busybox")).code() != 0, "there is no static shell here");
    }

    @Test
    void aProgramRunsInsideTheNewRootIfAllThatItNeedsIsThere() throws IOException {
        assumeRoot();
        assumeStaticShell();
        Path jail = Files.createDirectory(room.resolve("cell"));
        Files.createDirectories(jail.resolve("www/cgi-bin"));
        Files.createDirectories(jail.resolve("bin"));
        Files.copy(Path.of("/bin/busybox"), jail.resolve("bin/busybox"), StandardCopyOption.COPY_ATTRIBUTES);
        Files.createSymbolicLink(jail.resolve("bin/sh"), Path.of("/bin/busybox"));
        Files.createSymbolicLink(jail.resolve("bin/setsid"), Path.of("busybox"));
        Path script = executable(jail.resolve("www/cgi-bin/x"), "#!/bin/sh\necho A: b; echo; cd /; echo *; id -un; id -u");
        int port = freePort();
        configure(settings(port, "/www") + "user = \"65534:65534\"\n[[cgi]]\npath = \"/cgi-bin/\"\n");
        String[] line = {"-c", file.toString(), "--chroot", jail.toString()};

        Outcome started = run(line);
        assertEquals(0, started.code(), started.err());
        try (RawClient client = connect(port)) {
            assertEquals("bin www\n65534\n65534\n", get(client, "any", "/cgi-bin/x").text().replace("id: unknown ID ", ""));
        }
        assertEquals(0, run("stop", "-c", file.toString()).code());

        Path foreign = executable(script.resolveSibling("y"), "#!/usr/bin/perl");
        Outcome refused = run(line);
        assertEquals(78, refused.code());
        assertEquals("comanche: The program /www/cgi-bin/y can't run inside the new root, for /usr/bin/perl is not there; put a static one "
                + "there, or use no --chroot.\n", refused.err());
        Files.copy(Path.of("/usr/bin/env"), foreign, StandardCopyOption.REPLACE_EXISTING);
        assertTrue(run(line).err().contains("/www/cgi-bin/y can't run inside the new root, for /lib"));

        Files.delete(foreign);
        configure(settings(port, "/www") + "chroot = \"" + jail + "\"\nuser = \"65534:65534\"\n[[cgi]]\npath = \"/cgi-bin/\"\n");
        Outcome late = run("-c", file.toString());
        assertEquals(78, late.code());
        assertTrue(late.err().contains("say --chroot " + jail + " on the command line, too."), late.err());
    }

    private static Path executable(Path file, String text) throws IOException {
        return Files.setPosixFilePermissions(Files.writeString(file, text + "\n"), PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void everyRowOfTheTableCanBeSaidInTheFileAndOnTheLine() throws IOException {
        assumeRoot();
        Path jail = furnishJail();
        configure("""
                address = ["127.0.0.1", "localhost:81"]
                port = 82
                timeout = "4s"
                docbase = "/www"
                virthost = true
                indexfiles = ["x.html"]
                logfile = "-"
                chroot = "%s"
                user = "nobody:nogroup"
                daemon = false
                server = "File"
                pidfile = "%s"
                """.formatted(jail, pidFile));
        Outcome fromFile = run("check", "-c", file.toString());
        assertEquals("", fromFile.err());
        List<String> words = fromFile.outLines().stream().map(line -> line.replaceAll(" +", " ")).toList();
        assertTrue(words.containsAll(List.of("address 127.0.0.1 " + file + ":1:1: address",
                "address localhost:81 " + file + ":1:1: address", "port 82 " + file + ":2:1: port",
                "timeout 4s " + file + ":3:1: timeout", "docbase /www " + file + ":4:1: docbase",
                "virthost true " + file + ":5:1: virthost", "index x.html " + file + ":6:1: indexfiles",
                "logfile - " + file + ":7:1: logfile", "chroot " + jail + " " + file + ":8:1: chroot",
                "user nobody:nogroup " + file + ":9:1: user", "foreground true " + file + ":10:1: daemon",
                "server-name File " + file + ":11:1: server", "pidfile " + pidFile + " " + file + ":12:1: pidfile")),
                fromFile.out());

        Outcome fromLine = run("check", "-a", "127.0.0.1", "-a", "localhost:81", "-p", "82", "-t", "4s", "-b", "/www", "-v",
                "--index", "x.html", "-l", "-", "--chroot", jail.toString(), "-u", "nobody:nogroup", "-d", "--server-name",
                "Line", "--pidfile", pidFile.toString());
        assertEquals("", fromLine.err());
        words = fromLine.outLines().stream().map(line -> line.replaceAll(" +", " ")).toList();
        assertTrue(words.containsAll(List.of("address 127.0.0.1 --address", "address localhost:81 --address",
                "port 82 --port", "timeout 4s --timeout", "docbase /www --docbase", "virthost true --virthost",
                "index x.html --index", "logfile - --logfile", "chroot " + jail + " --chroot",
                "user nobody:nogroup --user", "foreground true --foreground", "server-name Line --server-name",
                "pidfile " + pidFile + " --pidfile")), fromLine.out());

        Outcome defaults = run("check", "-b", site.toString());
        words = defaults.outLines().stream().map(line -> line.replaceAll(" +", " ").strip()).toList();
        assertTrue(words.containsAll(List.of("address 127.0.0.1 default", "port 80 default", "timeout 3s default",
                "virthost false default", "index index.html,index.htm default",
                "logfile /var/log/comanche/access.log default", "chroot default", "user default",
                "foreground false default", "pidfile default")), defaults.out());
    }

    @Test
    void checkShowsTheProgramsAndTheRulesThatAreInForce() throws IOException {
        Path rules = Files.writeString(room.resolve("rules.toml"), """
                [[rule]]
                path = "/api/**"
                methods = ["HEAD", "GET"]
                status = 503
                [[rule]]
                latency = "1ms"
                """);
        configure("rules = \"%s\"\n".formatted(rules) + """
                [[cgi]]
                path = "/cgi-bin/"
                [[cgi]]
                path = "*.ü"
                interpreter = ["sh", "-e"]
                [[fastcgi]]
                path = "/app/"
                application = true
                address = ["127.0.0.1:9001", "unix:/run/app.sock"]
                [[host]]
                names = ["same.example"]
                [[host]]
                names = ["own.example"]
                [[host.cgi]]
                path = "/own/"
                program = "/bin/sh"
                """);
        Outcome outcome = run("check", "-c", file.toString(), "-b", site.toString(), "--cgi", "*.x");
        assertEquals("", outcome.err());
        List<String> lines = outcome.outLines().stream().map(line -> line.replaceAll(" +", " "))
                .filter(line -> line.matches("(rule|program|host) .*")).map(line -> line.replace("/usr/bin/", "/bin/")).toList();
        assertEquals(List.of("rule GET,HEAD /api/** " + rules, "rule /** " + rules,
                "program *.x cgi by itself", "program /cgi-bin/ cgi by itself", "program *.ü cgi /bin/sh -e",
                "program /app/ fastcgi 127.0.0.1:9001 unix:/run/app.sock", "host same.example " + site, "host own.example " + site,
                "program /own/ cgi /bin/sh"), lines);
    }

    @Test
    void allComplaintsComeAtOnceEachWithItsPlaceAndNothingStarts() throws IOException {
        configure(settings(freePort(), site.toString()) + """
                prot = 80
                timeout = "soon"
                virthost = "yes"
                """);
        Outcome outcome = run(Map.of("COMANCHE_MAX_RANGES", "many"), "-c", file.toString());
        assertTrue(outcome.err().contains(file + ":7:1: there is no key 'prot' here; did you mean 'port'?\n"), outcome.err());
        assertTrue(outcome.err().contains(file + ":9:1: virthost takes true or false.\n"), outcome.err());
        assertTrue(outcome.err().contains(file + ":8:1: timeout 'soon' is no time"), outcome.err());
        assertTrue(outcome.err().contains("COMANCHE_MAX_RANGES 'many' is not a number"), outcome.err());
        assertTrue(outcome.errLines().stream().allMatch(line -> line.startsWith("comanche: ")), outcome.err());
        assertEquals(2, outcome.code());
        assertEquals(Set.of(), ours());
        assertFalse(Files.exists(pidFile));
        assertFalse(Files.exists(room.resolve("log")));
    }

    @Test
    void theReferenceFileIsWhatHoldsWithoutIt() {
        Path reference = Processes.checkout().resolve("comanche.toml");
        String with = run("check", "-c", reference.toString(), "-b", site.toString()).out();
        String without = run("check", "-b", site.toString()).out();
        assertEquals(values(without, "config"), values(with, "config"));
    }

    private static List<String> values(String check, String butNot) {
        return check.lines().filter(line -> !line.startsWith(butNot + ' ')).map(line -> line.replaceAll(" +", " "))
                .map(line -> line.replaceAll(" (default|/\\S+:\\d+:\\d+: \\S+)$", "").replaceAll("^timeout 3$", "timeout 3s"))
                .toList();
    }

    // Virtual hosts

    @Test
    void aHostIsADirectoryOfTheDocumentBaseAndNothingElse() throws IOException {
        for (String host : List.of("a.example", ".hidden", "main")) {
            Files.writeString(Files.createDirectory(site.resolve(host)).resolve("index.html"), host);
        }
        Files.writeString(room.resolve("index.html"), "outside");
        configure(settings(0, site.toString()) + "virthost = true\n");
        try (ComancheProcess server = foreground()) {
            for (String host : List.of("a.example", "a.example:8080", "A.Example", "a.example.")) {
                assertEquals("a.example", hostAt(server, host).text(), host);
            }
            for (String host : List.of("b.example", ".hidden", "..", "a.txt", ".", "%2e%2e", "")) {
                Answer answer = hostAt(server, host);
                assertTrue(answer.status() == 404 || answer.status() == 400, host + " " + answer);
                assertFalse(answer.text().contains("outside"));
            }
            assertEquals(404, hostAt(server, "b.example").status());
            assertEquals(404, hostAt(server, ".hidden").status());
            assertEquals(421, server.exchange("GET http://b.example/ HTTP/1.1\r\nHost: b.example\r\n\r\n").status());
            assertEquals("a.example",
                    server.exchange("GET http://a.example/ HTTP/1.1\r\nHost: b.example\r\n\r\n").text());

            configure(settings(0, site.toString()) + "virthost = true\ndefault-host = 'main'\n");
            server.signal("HUP");
            ComancheProcess.await("no default host", () -> hostAt(server, "b.example").text().equals("main"));
            assertEquals("a.example", hostAt(server, "a.example").text());
            assertEquals("main", server.exchange("GET / HTTP/1.0\r\n\r\n").text());
            assertEquals(0, server.stop().code());
        }
    }

    private static Answer hostAt(ComancheProcess server, String host) {
        return server.exchange("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
    }

    // Logs

    @Test
    void everyFormatHasALineForEachRequestAlsoForRefusedAndBrokenOnes() throws IOException {
        Path log = room.resolve("log/access.log");
        String stamp = "\\[\\d\\d/[A-Z][a-z]{2}/\\d{4}:\\d\\d:\\d\\d:\\d\\d [+-]\\d{4}]";
        String client = "127\\.0\\.0\\.1 - - " + stamp + ' ';
        Map<String, List<String>> formats = Map.of(
                "common", List.of(client + "\"GET /a\\.txt HTTP/1\\.1\" 200 1", client + "\"GET /none HTTP/1\\.1\" 404 \\d+",
                        client + "\"DELETE /a\\.txt HTTP/1\\.1\" 405 \\d+", client + "\"rubbish\" 400 \\d+"),
                "combined", List.of(client + "\"GET /a\\.txt HTTP/1\\.1\" 200 1 \"-\" \"x\\\\\"y\\\\\\\\\"",
                        client + "\"GET /none HTTP/1\\.1\" 404 \\d+ \"-\" \"-\"",
                        client + "\"DELETE /a\\.txt HTTP/1\\.1\" 405 \\d+ \"-\" \"-\"",
                        client + "\"rubbish\" 400 \\d+ \"-\" \"-\""),
                "json", List.of("\\{\"time\":.*\"host\":\"any\",\"method\":\"GET\",\"target\":\"/a\\.txt\","
                                + "\"version\":\"HTTP/1\\.1\",\"status\":200,\"octets\":1,\"duration_ms\":[\\d.]+,"
                                + "\"referer\":null,\"user_agent\":\"x\\\\\"y\\\\\\\\\",\"user\":null,\"tls\":false}",
                        "\\{.*\"target\":\"/none\".*\"status\":404.*}", "\\{.*\"method\":\"DELETE\".*\"status\":405.*}",
                        "\\{.*\"method\":\"rubbish\".*\"status\":400.*}"));
        configure(logging("common"));
        try (ComancheProcess server = foreground()) {
            for (String format : List.of("common", "combined", "json")) {
                configure(logging(format));
                server.signal("HUP");
                ComancheProcess.await("not " + format, () -> hostAt(server, "own.example").field("X-Format").orElse("")
                        .equals(format));
                Files.move(log, room.resolve("log/before-" + format));
                server.signal("USR1");
                ComancheProcess.await("no new log", () -> Files.exists(log));

                server.exchange("GET /a.txt HTTP/1.1\r\nHost: any\r\nUser-Agent: x\"y\\\r\n\r\n");
                server.exchange("GET /none HTTP/1.1\r\nHost: any\r\n\r\n");
                server.exchange("DELETE /a.txt HTTP/1.1\r\nHost: any\r\n\r\n");
                server.exchange("rubbish\r\n\r\n");
                // a line is written behind its answer: those of two connections may change places
                ComancheProcess.await("not four lines", () -> text(log).lines().count() >= 4);
                List<String> lines = Files.readAllLines(log);
                assertEquals(4, lines.size(), lines::toString);
                for (String pattern : formats.get(format)) {
                    assertEquals(1, lines.stream().filter(line -> line.matches(pattern)).count(), pattern + " in " + lines);
                }
            }
            assertFalse(Files.readString(room.resolve("log/own.log")).contains("any"));
            server.exchange("GET /of-its-own HTTP/1.1\r\nHost: own.example\r\n\r\n");
            assertEquals(0, server.stop().code());
            assertTrue(Files.readString(room.resolve("log/own.log")).contains("/of-its-own"));
            assertEquals(4, Files.readAllLines(log).size());
        }
    }

    private String logging(String format) {
        return settings(0, site.toString()) + "log-format = '" + format + "'\nheader = 'X-Format: " + format
                + "'\n[[host]]\nnames = ['own.example']\nlogfile = '" + room.resolve("log/own.log") + "'\n";
    }

    // Without root

    @Test
    void withoutRootPort80AndAUserAreRefusedWithAWayOut() throws IOException {
        assumeRoot();
        Files.setPosixFilePermissions(room, PosixFilePermissions.fromString("rwxr-xr-x"));
        List<String> nobody = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
        Outcome user = runAs(nobody, "-b", site.toString(), "-p", "0", "-u", "daemon", "-d", "-l", "-", "--error-log", "-");
        assertTrue(user.err().matches("comanche: Only root can become daemon; start .*sudo.*\n"), user.err());
        assertEquals(1, user.code());

        List<String> confined = new ArrayList<>(List.of("unshare", "-n", "sh", "-c",
                "echo 1024 > /proc/sys/net/ipv4/ip_unprivileged_port_start; ip link set lo up; exec \"$@\"", "sh"));
        assumeTrue(Processes.run(Path.of("/"), ComancheProcess.environment(Map.of()), Stream.concat(confined.stream(),
                Stream.of("true")).toList()).err().isEmpty(), "no network of its own can be had");
        confined.addAll(nobody);
        Outcome port = runAs(confined, "-b", site.toString(), "-d", "-l", "-", "--error-log", "-");
        assertTrue(port.err().startsWith("comanche: Port 80 on 127.0.0.1 is not open to this user"), port.err());
        for (String way : List.of("-p 8080", "root with -u USER", "systemd")) {
            assertTrue(port.err().contains(way), port.err());
        }
        assertEquals(1, port.code());
    }

    private Outcome runAs(List<String> prefix, String... arguments) {
        return Processes.run(Path.of("/"), ComancheProcess.environment(Map.of()),
                Stream.concat(prefix.stream(), command(arguments).stream()).toList());
    }

    // systemd

    @Test
    void systemdHandsOverItsSocketAndHearsOfStartAndStop() throws IOException {
        Path activate = Path.of("/usr/bin/systemd-socket-activate");
        assumeTrue(Files.isExecutable(activate), "systemd-socket-activate is not here");
        assumeTrue(Processes.run(room, ComancheProcess.environment(Map.of()), List.of("python3", "-V")).code() == 0,
                "python3 is not here");
        Path notify = room.resolve("notify");
        int port = freePort();
        configure(settings(freePort(), site.toString()));
        List<String> command = new ArrayList<>(List.of(activate.toString(), "-l", "127.0.0.1:" + port, "-E",
                "NOTIFY_SOCKET=" + notify, "-E", "LC_ALL=C.UTF-8"));
        command.addAll(command("-d", "-c", file.toString(), "-t", PATIENT));
        try (Running manager = Processes.start(room, ComancheProcess.environment(Map.of()), List.of("python3", "-u", "-c", """
                import socket
                s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                s.bind('%s')
                print('bound')
                while True: print(s.recv(4096).decode())
                """.formatted(notify)))) {
            manager.awaitOut("bound");
            try (Running server = Processes.start(room, ComancheProcess.environment(Map.of()), command)) {
                server.awaitErr("Listening on");
                try (RawClient client = connect(port)) {
                    assertEquals("a", get(client, "any", "/a.txt").text());
                    manager.awaitOut("READY=1");
                    ComancheProcess.signal("HUP", server.pid());
                    manager.awaitOut("RELOADING=1");
                    assertEquals("a", get(client, "any", "/a.txt").text());
                }
                ComancheProcess.signal("TERM", server.pid());
                manager.awaitOut("STOPPING=1");
                assertEquals(0, server.outcome().code());
            }
        }
    }

    // What these tests share

    private static void assumeRoot() {
        assumeTrue(System.getProperty("user.name").equals("root"), "only root can try this");
    }

    /// Six lines that keep all that is written inside the test's own directory.
    private String settings(int port, String docbase) {
        return """
                address = "127.0.0.1"
                port = %d
                docbase = "%s"
                pidfile = "%s"
                logfile = "%s"
                error-log = "%s"
                """.formatted(port, docbase, pidFile, room.resolve("log/access.log"),
                room.resolve("log/error.log"));
    }

    /// At once, so that a server that is told to read it never reads half of it.
    private void configure(String text) throws IOException {
        Path half = file.resolveSibling("half.toml");
        Files.writeString(half, text);
        Files.move(half, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private ComancheProcess foreground() {
        return ComancheProcess.start(Map.of(), "-d", "-c", file.toString(), "-t", PATIENT);
    }

    private static List<String> command(String... arguments) {
        List<String> command = ComancheProcess.command(arguments);
        command.set(command.indexOf("-cp") + 1, classPath);
        return command;
    }

    private Outcome run(String... arguments) {
        return run(Map.of(), arguments);
    }

    private Outcome run(Map<String, String> environment, String... arguments) {
        return Processes.run(room, ComancheProcess.environment(environment), command(arguments));
    }

    /// All processes whose command line names this test's own directory.
    private Set<ProcessHandle> ours() {
        return ProcessHandle.allProcesses().filter(process -> commandLine(process.pid()).contains(room.toString() + '/'))
                .collect(Collectors.toSet());
    }

    private static String commandLine(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException _) {
            return ""; // it has ended
        }
    }

    /// Below the range from which the system picks by itself.
    private static int freePort() {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(10_000, 32_000);
            try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
                return port;
            } catch (IOException _) {
                // somebody has it
            }
        }
    }

    private static RawClient connect(int port) {
        return new RawClient(new InetSocketAddress("127.0.0.1", port));
    }

    private static Answer login(RawClient client, String pair) {
        String basic = Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.US_ASCII));
        return client.send("GET /closed/ HTTP/1.1\r\nHost: any\r\nAuthorization: Basic " + basic + "\r\n\r\n").read();
    }

    private static Answer get(RawClient client, String host, String target) {
        return client.send("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n").read();
    }

    private static void awaitLine(Path log, String part) {
        ComancheProcess.await("no line with <" + part + "> in " + log, () -> text(log).contains(part));
    }

    private static String text(Path log) {
        try {
            return Files.exists(log) ? Files.readString(log) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
