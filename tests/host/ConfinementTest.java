package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import lib.host.Confinement;
import lib.host.Confinement.Identity;
import lib.host.Fault;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledOnOs(OS.LINUX)
@Timeout(120)
final class ConfinementTest {
    @TempDir
    Path directory;

    @Test
    void aUserIsGivenByNameOrNumberWithOrWithoutAGroup() throws Exception {
        long uid = Long.parseLong(Forked.listed("/etc/passwd", "nobody", 2));
        long gid = Long.parseLong(Forked.listed("/etc/passwd", "nobody", 3));
        long other = Long.parseLong(Forked.listed("/etc/group", "daemon", 2));

        assertEquals(new Identity("nobody", uid, gid, List.of(gid)), Identity.of("nobody"));
        assertEquals(new Identity("" + uid, uid, gid, List.of(gid)), Identity.of("" + uid));
        assertEquals(new Identity("nobody:daemon", uid, other, List.of(other)), Identity.of("nobody:daemon"));
        assertEquals(new Identity("54321:54322", 54321, 54322, List.of(54322L)), Identity.of("54321:54322"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            no-such-user        | There is no user 'no-such-user' here; name one that there is (useradd --system makes one).
            nobody:no-such      | There is no group 'no-such' here; name one that there is (groupadd --system makes one).
            54321               | User 54321 is in no list, so its group is unknown; write it as 54321:GROUP.
            4294967295:1        | There is no user '4294967295' here; name one that there is (useradd --system makes one).
            99999999999:1       | There is no user '99999999999' here; name one that there is (useradd --system makes one).
            :daemon             | There is no user '' here; name one that there is (useradd --system makes one).
            nobody:             | There is no group '' here; name one that there is (groupadd --system makes one).
            root                | 'root' has root's power, which is what a user is set to give up; name one without it.
            nobody:root         | 'nobody:root' has root's power, which is what a user is set to give up; name one without it.
            0:1                 | '0:1' has root's power, which is what a user is set to give up; name one without it.
            """)
    void aUserThatCanNotBeIsRefused(String text, String sentence) {
        Fault fault = assertThrows(Fault.class, () -> Identity.of(text));
        assertEquals(sentence, fault.getMessage());
        assertEquals(Fault.USAGE, fault.exitCode());
    }

    @Test
    void aPathReadsAnotherWayInside() {
        Confinement jail = new Confinement(Optional.of(Path.of("/srv/jail")), Optional.empty());

        assertEquals(Optional.of(Path.of("/www/a")), jail.inside(Path.of("/srv/jail/www/a")));
        assertEquals(Optional.of(Path.of("/")), jail.inside(Path.of("/srv/jail/www/..")));
        assertEquals(Optional.empty(), jail.inside(Path.of("/srv/jail/../x")));
        assertEquals(Optional.empty(), jail.inside(Path.of("/srv/jailer")));
        assertEquals(Optional.of(Path.of("/srv/x")),
                new Confinement(Optional.empty(), Optional.empty()).inside(Path.of("/srv/x")));
    }

    @Test
    void nothingIsAskedOfRootWhenNothingIsAskedFor() throws Exception {
        assertTrue(Confinement.of(Optional.of(Path.of("/")), Optional.empty()).isNone());
        assertEquals(List.of(), Confinement.of(Optional.empty(), Optional.empty()).enter());
    }

    @Test
    void aRootThatIsNoDirectoryIsRefused() {
        Fault fault = assertThrows(Fault.class,
                () -> Confinement.of(Optional.of(directory.resolve("none")), Optional.empty()));
        assertTrue(fault.getMessage().contains("is no directory"), fault::getMessage);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-XX:+UseSerialGC", "-XX:+UseG1GC"})
    void everyThreadIsInTheJailAndPowerless(String collector) throws Exception {
        assumeTrue(Forked.isRoot(), "only root can change the root");
        Path jail = jail();
        String uid = Forked.listed("/etc/passwd", "daemon", 2);
        String gid = Forked.listed("/etc/group", "nogroup", 2);

        try (Forked server = Forked.run(Forked.java(List.of(collector), Jailed.class, jail.toString(), "daemon:nogroup"),
                Map.of())) {
            int port = Integer.parseInt(server.await("PORT"));
            List<Map<String, String>> threads = Forked.threads(server.pid());
            assertTrue(threads.size() > 20, () -> threads.size() + " threads");
            for (Map<String, String> thread : threads) {
                assertEquals((uid + ' ').repeat(4).strip(), thread.get("Uid"), thread::toString);
                assertEquals((gid + ' ').repeat(4).strip(), thread.get("Gid"), thread::toString);
                assertEquals(gid, thread.get("Groups"), thread::toString);
                assertEquals("0000000000000000", thread.get("CapPrm"), thread::toString);
                assertEquals("0000000000000000", thread.get("CapEff"), thread::toString);
                assertEquals("1", thread.get("NoNewPrivs"), thread::toString);
            }
            assertEquals(jail, Path.of("/proc/" + server.pid() + "/root").toRealPath());
            assertEquals(jail, Path.of("/proc/" + server.pid() + "/cwd").toRealPath());

            assertEquals("inside", ask(port, "/a.txt"));
            assertEquals("NoSuchFileException", ask(port, "/etc/passwd"));
            assertEquals("AccessDeniedException", ask(port, "/secret.txt"));
            server.tell("stop");
            assertEquals(0, server.code(), server::errors);
            assertEquals("", server.errors());
        }
    }

    @Test
    void aUserWithoutAnotherRootIsEnough() throws Exception {
        assumeTrue(Forked.isRoot(), "only root can change the user");

        try (Forked server = Forked.start(Jailed.class, "/", "nobody")) {
            int port = Integer.parseInt(server.await("PORT"));
            assertEquals("inside", ask(port, jail().resolve("a.txt").toString()));
            server.tell("stop");
            assertEquals(0, server.code(), server::errors);
        }
    }

    @Test
    void anotherRootWithoutAUserIsWarnedOf() throws Exception {
        assumeTrue(Forked.isRoot(), "only root can change the root");

        try (Forked server = Forked.start(Jailed.class, jail().toString(), "")) {
            assertEquals("A new root does not hold a server that runs as root: name a user, too (-u).",
                    server.await("WARNING"));
            server.tell("stop");
            assertEquals(0, server.code(), server::errors);
        }
    }

    /// The securebit has the kernel leave all capabilities to a root that changes its user: all ids look right, but one call
    /// leads back.
    @Test
    void aSystemThatLeavesRootsPowerStopsTheStart() throws Exception {
        assumeTrue(Forked.isRoot() && Files.exists(Path.of("/usr/bin/setpriv")), "only root, and with util-linux");

        try (Forked server = Forked.start(List.of("setpriv", "--securebits", "+no_setuid_fixup"), Map.of(), Jailed.class,
                jail().toString(), "nobody")) {
            assertEquals(Fault.CANNOT_START, server.code());
            assertEquals("Root's power is not gone: setuid(0) still works. Comanche does not serve like this.\n",
                    server.errors());
        }
    }

    @Test
    void aRootThatTheUserCanNotEnterStopsTheStart() throws Exception {
        assumeTrue(Forked.isRoot(), "only root can change the root");
        Path jail = jail();
        Files.setPosixFilePermissions(jail, PosixFilePermissions.fromString("rwx------"));

        try (Forked server = Forked.start(Jailed.class, jail.toString(), "nobody")) {
            assertEquals(Fault.CANNOT_START, server.code());
            assertEquals("The root '" + jail + "' is closed to nobody; check its permissions (chmod o+x).\n",
                    server.errors());
        }
    }

    @Test
    void whoIsNotRootIsToldSo() throws Exception {
        assumeTrue(Forked.isRoot() && Files.exists(Path.of("/usr/bin/setpriv")), "only root, and with util-linux");
        List<String> asNobody = List.of("setpriv", "--reuid", "nobody", "--clear-groups", "--regid", "nogroup");

        for (String user : List.of("", "daemon")) {
            try (Forked server = Forked.start(asNobody, Map.of(), Jailed.class, user.isEmpty() ? "/tmp" : "/", user)) {
                assertEquals(Fault.CANNOT_START, server.code());
                assertEquals("Only root can " + (user.isEmpty() ? "enter another root (chroot)" : "become daemon")
                        + "; start Comanche as root (sudo), or leave this out: without root it has nothing to give up.\n",
                        server.errors());
            }
        }
    }

    @Test
    void whoIsThatUserAlreadyHasNothingToDo() throws Exception {
        assumeTrue(Forked.isRoot() && Files.exists(Path.of("/usr/bin/setpriv")), "only root, and with util-linux");

        try (Forked server = Forked.start(List.of("setpriv", "--reuid", "nobody", "--clear-groups", "--regid", "nogroup"),
                Map.of(), Jailed.class, "/", "nobody")) {
            assertFalse(server.await("PORT").isEmpty());
            server.tell("stop");
            assertEquals(0, server.code(), server::errors);
        }
    }

    private Path jail() throws IOException {
        Path jail = Files.createDirectories(directory.resolve("jail")).toRealPath();
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(jail.resolve("a.txt"), "inside");
        Path secret = Files.writeString(jail.resolve("secret.txt"), "root's");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        return jail;
    }

    private static String ask(int port, String path) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write((path + "\n").getBytes(StandardCharsets.UTF_8));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /// A server that answers a line with the file of that name.
    static final class Jailed {
        public static void main(String[] arguments) throws Exception {
            try (ServerSocketChannel listener = ServerSocketChannel.open()
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
                int port = ((InetSocketAddress) listener.getLocalAddress()).getPort();
                Thread.ofVirtual().start(() -> accept(listener));
                idle(10);
                confine(arguments[0], arguments[1], port);
                idle(5); // threads that start later are of the same kind
                System.out.println("PORT " + port);
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
            } catch (Fault fault) {
                System.err.println(fault.getMessage());
                System.exit(fault.exitCode());
            }
            System.exit(0);
        }

        private static void confine(String root, String user, int port) throws Fault {
            Confinement confinement = Confinement.of(Optional.of(Path.of(root)),
                    user.isEmpty() ? Optional.empty() : Optional.of(user));
            confinement.warmUp(() -> {
                try {
                    ask(port, "/no/such");
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            confinement.enter().forEach(warning -> System.out.println("WARNING " + warning));
        }

        private static void idle(int threads) {
            CountDownLatch never = new CountDownLatch(1);
            for (int i = 0; i < threads; i++) {
                Thread.ofPlatform().daemon().start(() -> {
                    try {
                        never.await();
                    } catch (InterruptedException _) {
                        Thread.currentThread().interrupt();
                    }
                });
            }
        }

        private static void accept(ServerSocketChannel listener) {
            try {
                while (true) {
                    SocketChannel client = listener.accept();
                    Thread.ofVirtual().start(() -> answer(client));
                }
            } catch (IOException _) {
                // closed
            }
        }

        private static void answer(SocketChannel client) {
            try (client; BufferedReader lines = new BufferedReader(Channels.newReader(client, StandardCharsets.UTF_8))) {
                String answer;
                try {
                    answer = Files.readString(Path.of(lines.readLine()));
                } catch (IOException e) {
                    answer = e.getClass().getSimpleName();
                }
                Channels.newOutputStream(client).write(answer.getBytes(StandardCharsets.UTF_8));
            } catch (IOException _) {
                // the client is gone
            }
        }
    }
}
