package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import lib.host.Posix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// The calls that leave this process as it was; the others are in [ConfinementTest] and [DaemonTest].
@EnabledOnOs(OS.LINUX)
@Timeout(60)
final class PosixTest {
    /// Linux has at most 2^22 processes.
    private static final long NOBODYS_PID = (1L << 22) + 1;
    private static final int NO_DESCRIPTOR = 1 << 20;

    @TempDir
    Path directory;

    @Test
    void weAreWhoOwnsOurProcess() throws Exception {
        long owner = ((Number) Files.getAttribute(Path.of("/proc/self"), "unix:uid")).longValue();

        assertEquals(owner, Posix.geteuid());
        assertEquals(List.of(Posix.getuid(), owner, owner), Posix.getresuid());
        assertEquals(3, Posix.getresgid().size());
    }

    @Test
    void aUserIsFoundByNameAndByNumber() throws Exception {
        long uid = Long.parseLong(Forked.listed("/etc/passwd", "nobody", 2));
        long gid = Long.parseLong(Forked.listed("/etc/passwd", "nobody", 3));
        Optional<Posix.Account> expected = Optional.of(new Posix.Account("nobody", uid, gid));

        assertEquals(expected, Posix.getpwnam("nobody"));
        assertEquals(expected, Posix.getpwuid(uid));
    }

    @Test
    void aGroupIsFoundByName() throws Exception {
        assertEquals(Optional.of(Long.parseLong(Forked.listed("/etc/group", "daemon", 2))), Posix.getgrnam("daemon"));
    }

    @Test
    void whoIsUnknownIsEmpty() throws Exception {
        assertEquals(Optional.empty(), Posix.getpwnam("no-such-user"));
        assertEquals(Optional.empty(), Posix.getpwuid(3_999_999_999L));
        assertEquals(Optional.empty(), Posix.getgrnam("no-such-group"));
    }

    @Test
    void aUsersGroupsHoldTheOneThatIsGiven() throws Exception {
        assertTrue(Posix.getgrouplist("nobody", 3_999_999_999L).contains(3_999_999_999L));
    }

    @Test
    void theMaskIsReturnedWhenTheNextIsSet() throws Exception {
        int before = Posix.umask(0077);
        assertEquals(0077, Posix.umask(before));
    }

    @Test
    void signalZeroAsksWhetherAProcessIsThere() throws Exception {
        Posix.kill(ProcessHandle.current().pid(), 0);

        Posix.Failure failure = assertThrows(Posix.Failure.class, () -> Posix.kill(NOBODYS_PID, 0));
        assertEquals(Posix.ESRCH, failure.errno());
        assertEquals("kill: no such process", failure.getMessage());
    }

    @Test
    void aDescriptorIsOpenedMarkedAndClosed() throws Exception {
        int descriptor = Posix.open("/dev/null", Posix.O_RDWR);
        assertEquals(0, Posix.descriptorFlags(descriptor));
        Posix.setDescriptorFlags(descriptor, Posix.FD_CLOEXEC);
        assertEquals(Posix.FD_CLOEXEC, Posix.descriptorFlags(descriptor));
        Posix.close(descriptor);

        assertEquals(Posix.EBADF, assertThrows(Posix.Failure.class, () -> Posix.close(NO_DESCRIPTOR)).errno());
        assertEquals(Posix.ENOENT,
                assertThrows(Posix.Failure.class, () -> Posix.open("/no/such", Posix.O_RDWR)).errno());
    }

    @Test
    void aSocketTellsItsAddress() throws Exception {
        Path file = directory.resolve("socket");
        for (SocketAddress address : List.of(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0),
                new InetSocketAddress(InetAddress.ofLiteral("::"), 0), UnixDomainSocketAddress.of(file))) {
            try (ServerSocketChannel channel = address instanceof UnixDomainSocketAddress
                    ? ServerSocketChannel.open(StandardProtocolFamily.UNIX) : ServerSocketChannel.open()) {
                channel.bind(address);
                List<Integer> found = descriptorsWith(channel.getLocalAddress());
                assertEquals(1, found.size(), address::toString);
                assertTrue(Posix.isListening(found.getFirst()));
            }
        }
    }

    @Test
    void aSocketThatTakesNoConnectionsSaysSo() throws Exception {
        try (DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET)) {
            channel.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
            assertFalse(Posix.isListening(descriptorsWith(channel.getLocalAddress()).getFirst()));
        }
    }

    @Test
    void errnoIsThatOfTheCallingThread() throws Exception {
        List<Thread> threads = new ArrayList<>();
        List<Integer> wrong = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 8; i++) {
            boolean isEven = i % 2 == 0;
            threads.add(Thread.ofPlatform().start(() -> {
                for (int round = 0; round < 500; round++) {
                    int errno = errno(isEven);
                    if (errno != (isEven ? Posix.ENOENT : Posix.EBADF)) {
                        wrong.add(errno);
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(List.of(), wrong);
    }

    private static int errno(boolean ofOpen) {
        try {
            if (ofOpen) {
                Posix.open("/no/such", Posix.O_RDWR);
            } else {
                Posix.descriptorFlags(NO_DESCRIPTOR);
            }
            return 0;
        } catch (Posix.Failure failure) {
            return failure.errno();
        }
    }

    private static List<Integer> descriptorsWith(SocketAddress address) throws IOException {
        List<Integer> found = new ArrayList<>();
        try (Stream<Path> paths = Files.list(Path.of("/proc/self/fd"))) {
            for (Path path : paths.toList()) {
                int descriptor = Integer.parseInt(path.getFileName().toString());
                try {
                    if (Posix.getsockname(descriptor).equals(address)) {
                        found.add(descriptor);
                    }
                } catch (Posix.Failure _) {
                    // no socket
                }
            }
        }
        return found;
    }
}
