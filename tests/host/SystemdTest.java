package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import lib.host.Confinement;
import lib.host.Fault;
import lib.host.Posix;
import lib.host.Systemd;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledOnOs(OS.LINUX)
@Timeout(120)
final class SystemdTest {
    private static final Path ACTIVATE = Path.of("/usr/bin/systemd-socket-activate");
    private static final Path PYTHON = Path.of("/usr/bin/python3");

    /// A service manager that prints what it is told, a message per line.
    private static final String LISTENER = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            n = sys.argv[1]
            s.bind('\\0' + n[1:] if n[0] == '@' else n)
            print('BOUND', flush=True)
            while True:
                print(s.recv(4096).decode().replace('\\n', '|'), flush=True)
            """;

    @TempDir
    Path directory;

    @Test
    void everyInheritedSocketAnswersUnderItsNameAndAddress() throws Exception {
        assumeTrue(Files.exists(ACTIVATE), "systemd-socket-activate is not here (Debian: systemd)");
        int port = freePort();
        Path file = directory.resolve("comanche.socket");

        try (Forked server = activated(List.of("-l", "127.0.0.1:" + port, "-l", "[::1]:" + port, "-l", file.toString(),
                "--fdname=first:second:third"))) {
            awaitListening(server, 3);
            SocketAddress ipv4 = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
            SocketAddress ipv6 = new InetSocketAddress(InetAddress.ofLiteral("::1"), port);
            for (int round = 0; round < 3; round++) {
                assertEquals("first " + ipv4 + " hello", ask(ipv4));
                assertEquals("second " + ipv6 + " hello", ask(ipv6));
                assertEquals("third " + file + " hello", ask(UnixDomainSocketAddress.of(file)));
            }
            server.await("CLOSED [true, true, true]"); // not for those that we start
        }
    }

    @Test
    void aSocketThatTakesNoConnectionsIsRefused() throws Exception {
        assumeTrue(Files.exists(ACTIVATE), "systemd-socket-activate is not here (Debian: systemd)");
        Path file = directory.resolve("comanche.socket");

        try (Forked server = activated(List.of("--datagram", "-l", file.toString()))) {
            awaitListening(server, 1);
            assertEquals(0, new ProcessBuilder("python3", "-c", "import socket,sys\n"
                    + "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', sys.argv[1])", file.toString()).start()
                    .waitFor());
            assertEquals(Fault.USAGE, server.code());
            assertTrue(server.errors().contains("The inherited socket 3 (unknown) takes no connections; the socket unit "
                    + "needs ListenStream= and Accept=no."), server::errors);
        }
    }

    @Test
    void socketsOfAnotherProcessAreNotOurs() throws Exception {
        String ours = Long.toString(ProcessHandle.current().pid());
        for (Map<String, String> environment : List.of(Map.<String, String>of(), Map.of("LISTEN_FDS", "1"),
                Map.of("LISTEN_PID", "1", "LISTEN_FDS", "1"), Map.of("LISTEN_PID", ours),
                Map.of("LISTEN_PID", ours, "LISTEN_FDS", "0"), Map.of("LISTEN_PID", ours, "LISTEN_FDS", "many"))) {
            assertFalse(Systemd.hasSockets(environment), environment::toString);
            assertEquals(List.of(), Systemd.sockets(environment));
        }
    }

    @Test
    void noneOfItsVariablesIsLeftForAProcessThatWeStart() {
        Map<String, String> environment = new HashMap<>(Map.of("LISTEN_PID", "1", "LISTEN_FDS", "1", "LISTEN_FDNAMES", "a",
                "NOTIFY_SOCKET", "/run/x", "PATH", "/bin"));
        Systemd.removeFrom(environment);
        assertEquals(Map.of("PATH", "/bin"), environment);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a path", "@comanche-test-"})
    void theManagerIsToldEveryStep(String kind) throws Exception {
        assumeTrue(Files.exists(PYTHON), "python3 is not here");
        String name = kind.startsWith("@") ? kind + ProcessHandle.current().pid() : directory.resolve("notify").toString();

        try (Forked manager = Forked.run(List.of("python3", "-c", LISTENER, name), Map.of());
                Systemd systemd = afterBound(manager, name)) {
            systemd.ready("Listening on 1\nREADY=0");
            assertEquals("READY=1|STATUS=Listening on 1 READY=0|MAINPID=" + ProcessHandle.current().pid(),
                    manager.await(""));
            long before = System.nanoTime() / 1000;
            systemd.reloading();
            String[] told = manager.await("").split("[|=]");
            assertEquals(List.of("RELOADING", "1", "MONOTONIC_USEC"), List.of(told).subList(0, 3));
            assertTrue(Long.parseLong(told[3]) >= before && Long.parseLong(told[3]) <= System.nanoTime() / 1000);
            systemd.status("5 connections");
            assertEquals("STATUS=5 connections", manager.await(""));
            systemd.stopping();
            assertEquals("STOPPING=1|STATUS=Finishing requests", manager.await(""));
        }
    }

    @Test
    void theManagerIsToldFromWithinAJail() throws Exception {
        assumeTrue(Forked.isRoot() && Files.exists(PYTHON), "only root can change the root; python3 listens");
        String name = directory.resolve("notify").toString();
        Path jail = Files.createDirectory(directory.resolve("jail"));

        try (Forked manager = Forked.run(List.of("python3", "-c", LISTENER, name), Map.of())) {
            manager.await("BOUND");
            try (Forked server = Forked.start(List.of(), Map.of("NOTIFY_SOCKET", name), Jailed.class, jail.toString())) {
                assertEquals(0, server.code(), server::errors);
                assertEquals("READY=1|STATUS=Inside|MAINPID=" + server.pid(), manager.await(""));
                assertEquals("STOPPING=1|STATUS=Finishing requests", manager.await(""));
            }
        }
    }

    @Test
    void withoutAManagerEveryWordGoesNowhere() {
        for (Map<String, String> environment : List.of(Map.<String, String>of(), Map.of("NOTIFY_SOCKET", ""),
                Map.of("NOTIFY_SOCKET", "vsock:2:1"), Map.of("NOTIFY_SOCKET", "/no/such/socket"),
                Map.of("NOTIFY_SOCKET", "/" + "long".repeat(50)))) {
            Systemd systemd = Systemd.open(environment);
            systemd.ready("x");
            systemd.close();
            systemd.stopping();
        }
    }

    private static Systemd afterBound(Forked manager, String name) {
        manager.await("BOUND");
        return Systemd.open(Map.of("NOTIFY_SOCKET", name));
    }

    private static Forked activated(List<String> options) {
        List<String> command = new ArrayList<>(List.of(ACTIVATE.toString()));
        command.addAll(options);
        return Forked.start(command, Map.of(), Activated.class);
    }

    /// It says so on its standard error, which is a file.
    private static void awaitListening(Forked server, int sockets) {
        while (server.errors().split("Listening on", -1).length <= sockets) {
            Thread.onSpinWait(); // bounded by the time limit of the class
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static String ask(SocketAddress address) throws IOException {
        try (SocketChannel channel = SocketChannel.open(address)) {
            Channels.newOutputStream(channel).write("hello\n".getBytes(StandardCharsets.UTF_8));
            return new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /// Answers on whatever it inherits, from virtual threads.
    static final class Activated {
        public static void main(String[] arguments) throws Exception {
            try {
                List<Systemd.Inherited> sockets = Systemd.sockets(System.getenv());
                System.out.println("CLOSED " + sockets.stream().map(Systemd.Inherited::channel)
                        .map(Activated::isClosedOnExec).toList());
                for (Systemd.Inherited socket : sockets) {
                    Thread.ofVirtual().start(() -> accept(socket));
                }
                new CountDownLatch(1).await();
            } catch (Fault fault) {
                System.err.println(fault.getMessage());
                System.exit(fault.exitCode());
            }
        }

        /// The descriptors from 3 up are the inherited ones, which have moved; none may be left that a child would get.
        private static boolean isClosedOnExec(ServerSocketChannel channel) {
            try {
                for (int descriptor = 3; descriptor < 200; descriptor++) {
                    if (isListening(descriptor) && Posix.descriptorFlags(descriptor) != Posix.FD_CLOEXEC) {
                        return false;
                    }
                }
                return channel.isOpen();
            } catch (Posix.Failure failure) {
                throw new IllegalStateException(failure);
            }
        }

        private static boolean isListening(int descriptor) {
            try {
                return Posix.isListening(descriptor);
            } catch (Posix.Failure _) {
                return false;
            }
        }

        private static void accept(Systemd.Inherited socket) {
            try {
                while (true) {
                    SocketChannel client = socket.channel().accept();
                    Thread.ofVirtual().start(() -> answer(client, socket));
                }
            } catch (IOException e) {
                e.printStackTrace();
            }
        }

        private static void answer(SocketChannel client, Systemd.Inherited socket) {
            try (client; BufferedReader lines = new BufferedReader(Channels.newReader(client, StandardCharsets.UTF_8))) {
                String answer = socket.name() + ' ' + socket.address() + ' ' + lines.readLine();
                Channels.newOutputStream(client).write(answer.getBytes(StandardCharsets.UTF_8));
            } catch (IOException _) {
                // the client is gone
            }
        }
    }

    /// Opens the way to the manager, and speaks from inside.
    static final class Jailed {
        public static void main(String[] arguments) throws Exception {
            try (Systemd systemd = Systemd.open(System.getenv())) {
                Confinement confinement = Confinement.of(Optional.of(Path.of(arguments[0])), Optional.of("nobody"));
                confinement.warmUp(() -> { });
                confinement.enter();
                systemd.ready("Inside");
                systemd.stopping();
            }
        }
    }
}
