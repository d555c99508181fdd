package tests.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tests.process.ComancheProcess;
import tests.process.Processes;
import tests.process.RawClient;

/// Clients that are slow, and clients that are many: each costs little, has so much time and no more, and the others do not
/// notice. `~` stands for CRLF.
class SlowAndManyTest {
    private static final String GET = "GET /small.txt HTTP/1.1\r\nHost: a\r\n\r\n";
    /// Of each kind; of all kinds together no more than may be connected.
    private static final int SLOW = Torture.rounds(30, 1000);
    private static final int HALF_OPEN = Torture.rounds(1000, 10_000);
    private static final int QUESTIONS = Torture.rounds(20, 1000);

    @TempDir
    static Path room;

    private static Path site;
    private static ComancheProcess impatient;
    private static ComancheProcess secure;

    @BeforeAll
    static void build() throws IOException {
        site = Files.createDirectory(room.resolve("site"));
        Files.writeString(site.resolve("small.txt"), "hello");
        try (RandomAccessFile file = new RandomAccessFile(site.resolve("large.bin").toFile(), "rw")) {
            file.setLength(1L << 30);
        }
        impatient = impatient();
        secure = impatient("--tls", "--tls-state=" + room);
    }

    private static ComancheProcess impatient(String... more) {
        return ComancheProcess.serveWithin("64m", site, Stream.concat(Stream.of("-q", "--write", "--timeout=3s", "--head-timeout=3s",
                "--progress-timeout=3s"), Stream.of(more)).toArray(String[]::new));
    }

    /// None of all this is worth a word to the operator.
    @AfterAll
    static void nothingWasSaidOnStandardError() {
        try (ComancheProcess first = impatient; ComancheProcess second = secure) {
            assertEquals("", first.stop().err());
            assertEquals("", second.stop().err());
        }
    }

    /// A way to be slow: to send this, and then, for as long as the connection is open, a drop now and then.
    ///
    /// @param told how what the client hears begins; empty for nothing
    private record Slow(String beginning, String drop, String told) {
        private static final String MOVE_ON = "HTTP/1.1 408 ";

        Crowd crowd(ComancheProcess server) {
            return new Crowd(server.address()).come(SLOW, beginning.replace("~", "\r\n"));
        }
    }

    private static final List<Slow> SLOW_SENDERS = List.of(
            new Slow("", "", ""),
            new Slow("GET /", "x", Slow.MOVE_ON),
            new Slow("GET / HTTP/1.1~Host: a~X:", "x", Slow.MOVE_ON),
            new Slow("PUT /slow HTTP/1.1~Host: a~Content-Length: 1000000~~", "", Slow.MOVE_ON),
            new Slow("PUT /slow HTTP/1.1~Host: a~Content-Length: 1000000~~abc", "", Slow.MOVE_ON),
            new Slow("PUT /slow HTTP/1.1~Host: a~Transfer-Encoding: chunked~~", "", Slow.MOVE_ON),
            new Slow("PUT /slow HTTP/1.1~Host: a~Transfer-Encoding: chunked~~ff~ab", "", Slow.MOVE_ON),
            new Slow("POST / HTTP/1.1~Host: a~Content-Type: multipart/form-data; boundary=b~Content-Length: 1000~~--b~", "", Slow.MOVE_ON));

    @Test
    void whoIsSlowToSendHoldsUpNobodyAndIsCutOff() throws IOException {
        areCutOff(impatient, SLOW_SENDERS);
        try (Stream<Path> left = Files.list(site)) {
            assertEquals(2, left.count(), "of what came in pieces something is left");
        }
    }

    /// A handshake that never comes, and one that has begun.
    @Test
    void whoIsSlowToShakeHandsHoldsUpNobodyAndIsCutOff() {
        areCutOff(secure, List.of(new Slow("", "", ""), new Slow("\u0016\u0003\u0001", "", "")));
    }

    private static void areCutOff(ComancheProcess server, List<Slow> kinds) {
        List<Crowd> crowds = kinds.stream().map(kind -> kind.crowd(server)).toList();
        try {
            if (server == impatient) {
                assertOthersAreServed(server);
            }
            for (int i = 0; i < kinds.size(); i++) {
                Slow kind = kinds.get(i);
                Crowd crowd = crowds.get(i);
                ComancheProcess.await("they are not ended: " + kind, () -> {
                    crowd.send(kind.drop);
                    return crowd.ended() == SLOW;
                });
                assertEquals(SLOW, crowd.told(kind.told), kind.toString());
            }
        } finally {
            crowds.forEach(Crowd::close);
        }
    }

    /// Who does not read takes a descriptor for the file, too, and both are given back.
    @Test
    void whoIsSlowToReadHoldsUpNobodyAndIsCutOff() {
        assertOthersAreServed(impatient);
        Vitals before = Vitals.of(impatient.pid());
        try (Crowd crowd = new Crowd(impatient.address()).come(SLOW, "GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n")) {
            assertOthersAreServed(impatient);
            ComancheProcess.await("they are not cut off", () -> Vitals.of(impatient.pid()).descriptors() <= before.descriptors());
            assertEquals(SLOW, crowd.told("HTTP/1.1 200 "));
        }
    }

    private static void assertOthersAreServed(ComancheProcess server) {
        for (int i = 0; i < QUESTIONS; i++) {
            assertEquals("hello", server.get("/small.txt").text());
        }
    }

    @Test
    void manyThatAreOpenAndSilentCostLittleAndTheOthersAreServed() {
        try (ComancheProcess server = ComancheProcess.serve(site, "-q", "--max-connections=" + (HALF_OPEN + 10));
                Crowd crowd = new Crowd(server.address())) {
            assertOthersAreServed(server);
            Vitals before = Vitals.of(server.pid());
            crowd.come(HALF_OPEN, "");
            assertOthersAreServed(server);
            Vitals then = Vitals.of(server.pid());
            long each = (then.residentKiB() - before.residentKiB()) / (HALF_OPEN / 1000);
            System.out.println(HALF_OPEN + " half-open: " + before + " " + then + ", " + each + " KiB per thousand");
            assertTrue(each < 40_000, each + " KiB for a thousand");
            assertEquals(0, crowd.ended());
            assertEquals("", server.stop().err());
        }
    }

    @Test
    void whenAllPlacesAreTakenAnIdleOneGivesWay() {
        try (ComancheProcess server = ComancheProcess.serve(site, "-q", "--max-connections=50", "--drain-timeout=100ms");
                RawClient idle = server.connect(); Crowd busy = new Crowd(server.address())) {
            assertEquals("hello", idle.send(GET).read().text());
            busy.come(49, "GET / HT");
            for (int i = 0; i < 20; i++) {
                assertEquals("hello", server.get("/small.txt").text());
            }
            assertEquals(RawClient.Ending.CLOSED, idle.ending());
            assertEquals(0, busy.ended());
            server.awaitErr("All 50 connections that --max-connections allows are open; idle ones give way, or clients wait.\n");
            assertTrue(server.stop().errLines().size() <= 2, "once, and how often more");
        }
    }

    @Test
    void whenNoneIsIdleClientsWaitForOneThatLeaves() {
        try (ComancheProcess server = ComancheProcess.serve(site, "-q", "--max-connections=20", "--head-timeout=700ms");
                Crowd crowd = new Crowd(server.address())) {
            crowd.come(20, "GET / HT");
            assertEquals("hello", server.get("/small.txt").text());
            assertTrue(crowd.ended() > 0);
        }
    }

    /// The address that this machine has for others.
    private static Optional<InetAddress> foreign() throws IOException {
        return NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress()).findFirst();
    }

    @Test
    void whoOpensConnectionsWithoutEndGetsNoMoreThanHisShare() throws IOException {
        Optional<InetAddress> foreign = foreign();
        assumeTrue(foreign.isPresent(), "this machine has no address but its own");
        try (ComancheProcess server = ComancheProcess.serve(site, "-q", "-a", "*", "--max-connections=200", "--max-connections-per-client=50",
                "--drain-timeout=100ms");
                Crowd greedy = new Crowd(new InetSocketAddress(foreign.get(), server.port()));
                Crowd neighbours = new Crowd(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()))) {
            greedy.come(50, "GET / HT");
            neighbours.come(100, "GET / HT");
            greedy.come(SLOW, "");
            ComancheProcess.await("they are let in", () -> greedy.ended() >= SLOW);
            assertEquals(SLOW, greedy.ended());
            assertEquals(0, neighbours.ended());
            try (RawClient refused = new RawClient(new InetSocketAddress(foreign.get(), server.port()))) {
                assertEquals("5", refused.read().field("Retry-After").orElse(""));
            }
            try (RawClient other = new RawClient(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()))) {
                assertEquals("hello", other.send(GET).read().text());
            }

            greedy.leave();
            ComancheProcess.await("his share is not his again", () -> {
                try (RawClient again = new RawClient(new InetSocketAddress(foreign.get(), server.port()))) {
                    return again.send(GET).read().status() == 200;
                }
            });
            String said = foreign.get().getHostAddress() + " has 50 connections, the most that --max-connections-per-client allows; "
                    + "others are refused.";
            server.awaitErr(said);
            assertEquals(2, server.stop().errLines().size(), "once, and how often more");
        }
    }

    /// Each comes from an address, with a request that has no end yet, and stays; the last says what it is answered.
    private static final String GUESTS = """
            import socket, sys
            guests = []
            for source in sys.argv[2:]:
                here = "2001:db8:0:1::1" if ":" in source else "192.0.2.1"
                guests.append(socket.create_connection((here, int(sys.argv[1])), 20, (source, 0)))
                guests[-1].sendall(b"GET /small.txt HTTP/1.1\\r\\nHost: a")
            guests[-1].sendall(b"\\r\\n\\r\\n")
            print(guests[-1].recv(12).decode().split()[-1])
            """;

    /// A household has a /64 of IPv6, or one address of IPv4. (RFC 6177)
    @ParameterizedTest
    @CsvSource(textBlock = """
            503, 2001:db8:0:1::2 2001:db8:0:1::3 2001:db8:0:1:ffff:ffff:ffff:ffff 2001:db8:0:1::2
            503, 2001:db8:0:1::3 2001:db8:0:1::3 2001:db8:0:1::3                  2001:db8:0:1::3
            200, 2001:db8:0:1::2 2001:db8:0:1::3 2001:db8:0:1::2                  2001:db8:0:2::2
            200, 192.0.2.2       192.0.2.2       192.0.2.2                        192.0.2.3
            503, 192.0.2.2       192.0.2.2       192.0.2.2                        192.0.2.2
            200, 192.0.2.2       192.0.2.2       192.0.2.2                        2001:db8:0:1::2
            200, ::1             ::1             ::1                              ::1
            """)
    void aHouseholdIsOneClient(int status, String guests) {
        String addresses = "for a in 2001:db8:0:1::1 2001:db8:0:1::2 2001:db8:0:1::3 2001:db8:0:1:ffff:ffff:ffff:ffff 2001:db8:0:2::2 "
                + "192.0.2.1 192.0.2.2 192.0.2.3; do ip addr add $a dev lo || exit; done";
        List<String> alone = List.of("unshare", "--net", "sh", "-c", "ip link set lo up && " + addresses + " && exec \"$@\"", "sh");
        assumeTrue(Processes.run(Path.of("/"), ComancheProcess.environment(Map.of()), join(alone, List.of("true"))).code() == 0,
                "nobody here may have a network of his own");
        try (ComancheProcess server = ComancheProcess.start(Map.of(), join(alone, ComancheProcess.command("serve", site.toString(), "-p", "0",
                "-q", "-a", "*", "--max-connections-per-client=3")))) {
            List<String> come = List.of("nsenter", "--net", "--target", Long.toString(server.pid()), "python3", "-c", GUESTS,
                    Integer.toString(server.port()));
            Processes.Outcome outcome = Processes.run(Path.of("/"), ComancheProcess.environment(Map.of()),
                    join(come, List.of(guests.split(" +"))));
            assertEquals(status + "\n", outcome.out(), outcome.err());
        }
    }

    private static List<String> join(List<String> some, List<String> more) {
        return Stream.of(some, more).flatMap(List::stream).toList();
    }

    /// Connections that it keeps and does not use give way to those that it uses.
    @Test
    void aClientsOwnIdleConnectionsGiveWayFirst() throws IOException {
        Optional<InetAddress> foreign = foreign();
        assumeTrue(foreign.isPresent(), "this machine has no address but its own");
        try (ComancheProcess server = ComancheProcess.serve(site, "-q", "-a", "*", "--max-connections-per-client=10");
                Crowd crowd = new Crowd(new InetSocketAddress(foreign.get(), server.port()))) {
            crowd.come(10, GET);
            ComancheProcess.await("none is let in", () -> {
                try (RawClient one = new RawClient(new InetSocketAddress(foreign.get(), server.port()))) {
                    return one.send(GET).read().status() == 200;
                } catch (java.io.UncheckedIOException _) {
                    return false;
                }
            });
            ComancheProcess.await("none gave way", () -> crowd.ended() == 1);
        }
    }
}
