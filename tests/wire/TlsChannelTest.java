package tests.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import lib.wire.TlsChannel;
import lib.wire.TlsChannel.Opening;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.host.Openssl;

/// Octets through TLS, whatever the pieces are that they come in, against the JDK's own client.
@Timeout(60)
class TlsChannelTest {
    private static final int LONG = 100_000;

    @TempDir
    static Path room;

    private static SSLContext context;

    @BeforeAll
    static void makeContext() throws Exception {
        Openssl.certificate(room, "a", "DNS:localhost");
        Openssl.run(room, "pkcs12 -export -in a.pem -inkey a.key -passout pass:geheim -out a.p12");
        Openssl.run(room, "x509 -in a.pem -out a.pem");
        KeyStore own = KeyStore.getInstance("PKCS12");
        own.load(Files.newInputStream(room.resolve("a.p12")), "geheim".toCharArray());
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, "geheim".toCharArray());
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("a", own.getCertificate(own.aliases().nextElement()));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    }

    private static SSLEngine engine() {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(false);
        return engine;
    }

    /// What the server does with its channel.
    private interface Part {
        Object play(TlsChannel channel) throws Exception;
    }

    /// A connection on the loopback: the server's side on a thread of its own, the client's for the test.
    private static final class Pair implements AutoCloseable {
        private final ExecutorService thread = Executors.newVirtualThreadPerTaskExecutor();
        private final ServerSocketChannel listener = ServerSocketChannel.open()
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        private final Socket plain = new Socket();
        private final Future<Object> server;

        /// @param most octets that the server's socket takes or gives at once
        Pair(int most, Part part) throws IOException {
            this(most, new AtomicBoolean(), part);
        }

        /// @param unready from when on does it do nothing every second time, as a socket that is not ready and does not wait?
        Pair(int most, AtomicBoolean unready, Part part) throws IOException {
            plain.connect(listener.getLocalAddress());
            server = thread.submit(() -> {
                try (SocketChannel socket = listener.accept()) {
                    return part.play(new TlsChannel(new Pieces(socket, most, unready), TlsChannelTest::engine));
                }
            });
        }

        SSLSocket secured(String version) throws IOException {
            SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", plain.getPort(), true);
            socket.setEnabledProtocols(new String[] {version});
            socket.startHandshake();
            return socket;
        }

        Object played() throws Exception {
            return server.get(30, TimeUnit.SECONDS);
        }

        @Override
        public void close() throws IOException {
            plain.close();
            listener.close();
            thread.shutdownNow();
        }
    }

    /// A socket that takes and gives only so many octets at once.
    private static final class Pieces implements ByteChannel {
        private final SocketChannel socket;
        private final int most;
        private final AtomicBoolean unready;
        private int times;

        Pieces(SocketChannel socket, int most, AtomicBoolean unready) {
            this.socket = socket;
            this.most = most;
            this.unready = unready;
        }

        private boolean isReady() {
            return !unready.get() || ++times % 2 == 0;
        }

        @Override
        public int read(ByteBuffer into) throws IOException {
            if (!isReady()) {
                return 0;
            }
            ByteBuffer piece = into.slice(into.position(), Math.min(most, into.remaining()));
            int count = socket.read(piece);
            into.position(into.position() + Math.max(count, 0));
            return count;
        }

        @Override
        public int write(ByteBuffer octets) throws IOException {
            if (!isReady()) {
                return 0;
            }
            int count = socket.write(octets.slice(octets.position(), Math.min(most, octets.remaining())));
            octets.position(octets.position() + count);
            return count;
        }

        @Override
        public boolean isOpen() {
            return socket.isOpen();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static byte[] random(int count) {
        byte[] octets = new byte[count];
        new Random(count).nextBytes(octets);
        return octets;
    }

    /// So many octets, read into buffers of this size, with a rest before each.
    private static byte[] read(TlsChannel channel, int count, int size) throws IOException {
        ByteBuffer all = ByteBuffer.allocate(count);
        while (all.hasRemaining()) {
            channel.rest();
            ByteBuffer some = all.slice(all.position(), Math.min(size, all.remaining()));
            int read = channel.read(some);
            if (read != some.position() || read < 1) {
                throw new AssertionError("read says " + read + ", and the buffer " + some);
            }
            all.position(all.position() + read);
        }
        return all.array();
    }

    private static void write(TlsChannel channel, byte[] octets) throws IOException {
        for (ByteBuffer rest = ByteBuffer.wrap(octets); rest.hasRemaining(); ) {
            channel.write(rest);
        }
    }

    @ParameterizedTest
    @CsvSource({"TLSv1.3, 1, 700, 1000", "TLSv1.2, 1, 700, 1000", "TLSv1.3, 7, 100000, 17000", "TLSv1.2, 1000, 100000, 64",
        "TLSv1.3, 100000, 100000, 2048", "TLSv1.2, 100000, 100000, 100000"})
    void octetsComeAndGoUnchangedInWhateverPieces(String version, int piece, int count, int size) throws Exception {
        byte[] question = random(count);
        byte[] answer = random(count + 1);
        try (Pair pair = new Pair(piece, channel -> {
            assertEquals(Opening.SECURE, channel.open());
            byte[] read = read(channel, count, size);
            write(channel, answer);
            channel.endOutput();
            return read;
        })) {
            SSLSocket client = pair.secured(version);
            client.getOutputStream().write(question);
            assertArrayEquals(answer, client.getInputStream().readAllBytes());
            assertArrayEquals(question, (byte[]) pair.played());
        }
    }

    /// On a socket that does not wait, what it did not take goes out first next time, and who reads learns that nothing is there.
    @ParameterizedTest
    @CsvSource({"TLSv1.3, 7", "TLSv1.2, 1000", "TLSv1.3, 100000"})
    void whereNobodyWaitsNothingIsLostEither(String version, int piece) throws Exception {
        byte[] question = random(10_000);
        byte[] answer = random(100_000);
        AtomicBoolean unready = new AtomicBoolean();
        try (Pair pair = new Pair(piece, unready, channel -> {
            assertEquals(Opening.SECURE, channel.open());
            unready.set(true);
            int pauses = 0;
            ByteBuffer read = ByteBuffer.allocate(question.length);
            while (read.hasRemaining()) {
                pauses += channel.read(read) == 0 ? 1 : 0;
            }
            for (ByteBuffer rest = ByteBuffer.wrap(answer); rest.hasRemaining() || !channel.flush(); ) {
                pauses += channel.write(rest) == 0 ? 1 : 0;
            }
            assertTrue(pauses > 0, pauses + " pauses");
            unready.set(false);
            channel.endOutput();
            return read.array();
        })) {
            SSLSocket client = pair.secured(version);
            client.getOutputStream().write(question);
            assertArrayEquals(answer, client.getInputStream().readAllBytes());
            assertArrayEquals(question, (byte[]) pair.played());
        }
    }

    /// A client takes an end without close_notify for an attack, and the JDK's throws.
    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void theEndIsSaidAndNotCut(String version) throws Exception {
        try (Pair pair = new Pair(LONG, channel -> {
            channel.open();
            write(channel, new byte[1]);
            channel.endOutput();
            return channel.read(ByteBuffer.allocate(10));
        })) {
            SSLSocket client = pair.secured(version);
            InputStream in = client.getInputStream();
            assertEquals(0, in.read());
            assertEquals(-1, in.read());
            client.close();
            assertEquals(-1, pair.played());
        }
    }

    @Test
    void aClientThatSaysItsEndIsStillAnswered() throws Exception {
        try (Pair pair = new Pair(LONG, channel -> {
            channel.open();
            assertEquals(3, channel.read(ByteBuffer.allocate(10)));
            assertEquals(-1, channel.read(ByteBuffer.allocate(10)));
            assertEquals(-1, channel.read(ByteBuffer.allocate(10)));
            write(channel, random(LONG));
            return null;
        })) {
            SSLSocket client = pair.secured("TLSv1.3");
            client.getOutputStream().write(new byte[3]);
            client.shutdownOutput();
            byte[] answer = new byte[LONG];
            new DataInputStream(client.getInputStream()).readFully(answer);
            assertArrayEquals(random(LONG), answer);
            pair.played();
        }
    }

    @Test
    void aSecondHandshakeIsRefused() throws Exception {
        try (Pair pair = new Pair(LONG, channel -> {
            channel.open();
            channel.read(ByteBuffer.allocate(10));
            return assertThrows(SSLException.class, () -> channel.read(ByteBuffer.allocate(10)));
        })) {
            SSLSocket client = pair.secured("TLSv1.2");
            client.getOutputStream().write(1);
            client.startHandshake();
            assertThrows(IOException.class, () -> {
                client.getOutputStream().write(1);
                client.getInputStream().read();
                client.getInputStream().read();
            });
            pair.played();
        }
    }

    @Test
    void aNewKeyIsTakenAndAnswered() throws Exception {
        byte[] octets = random(LONG);
        try (Pair pair = new Pair(LONG, channel -> {
            channel.open();
            byte[] first = read(channel, LONG, 5000);
            write(channel, first);
            return read(channel, LONG, 5000);
        })) {
            SSLSocket client = pair.secured("TLSv1.3");
            client.getOutputStream().write(octets);
            client.startHandshake(); // in TLS 1.3 a KeyUpdate
            byte[] echo = new byte[LONG];
            new DataInputStream(client.getInputStream()).readFully(echo);
            client.getOutputStream().write(echo);
            assertArrayEquals(octets, (byte[]) pair.played());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"G", "GET / HTTP/1.1\r\n\r\n", "\r\n", "\u0080\u002e\u0001"})
    void whatIsNoTlsPassesAsItIs(String text) throws Exception {
        byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
        try (Pair pair = new Pair(LONG, channel -> {
            assertEquals(Opening.PLAIN, channel.open());
            byte[] read = read(channel, octets.length, 4);
            write(channel, read);
            channel.endOutput();
            return read;
        })) {
            pair.plain.getOutputStream().write(octets);
            assertArrayEquals(octets, pair.plain.getInputStream().readAllBytes());
            pair.played();
        }
    }

    /// The first octets of an alert that follows a record which is none (RFC 8446 §6): its type, the version, its length.
    @ParameterizedTest
    @CsvSource(nullValues = "none", value = {"16030100050102030405, 150303", "1603010200, none", "16, none", "none, none",
        "16ffffffff00, 150303"})
    void whatBeginsAsAHandshakeAndIsNoneFails(String hex, String alert) throws Exception {
        try (Pair pair = new Pair(LONG, TlsChannel::open)) {
            pair.plain.getOutputStream().write(java.util.HexFormat.of().parseHex(hex == null ? "" : hex));
            pair.plain.shutdownOutput();
            byte[] said = pair.plain.getInputStream().readAllBytes();
            assertEquals(Opening.FAILED, pair.played());
            assertEquals(alert == null ? "" : alert, java.util.HexFormat.of().formatHex(said, 0, Math.min(said.length, 3)));
        }
    }

    @Test
    void aRecordThatSomebodyHasChangedIsRefused() throws Exception {
        try (Pair pair = new Pair(LONG, channel -> {
            channel.open();
            return assertThrows(SSLException.class, () -> channel.read(ByteBuffer.allocate(10)));
        })) {
            pair.secured("TLSv1.3");
            pair.plain.getOutputStream().write(java.util.HexFormat.of().parseHex("170303001400112233445566778899aabbccddeeff00112233"));
            pair.played();
        }
    }
}
