package tests.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import lib.http.Content;
import lib.http.Fields;
import lib.http.Response;
import lib.http.Status;
import lib.site.Docroot;
import lib.site.Resource;
import lib.site.Visibility;
import lib.wire.ResponseWriter;
import lib.wire.ResponseWriter.Afterwards;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Responses to octets (RFC 9112 §4 to §6), over a pair of connected sockets on the loopback.
class ResponseWriterTest {
    private static final Instant NOW = Instant.parse("1994-11-06T08:49:37.999Z");
    private static final int LARGE = 6 * 1024 * 1024 + 17;

    @TempDir
    private Path tree;

    /// Both ends of a connection.
    private record Pair(SocketChannel client, SocketChannel server) implements AutoCloseable {
        static Pair open() throws IOException {
            try (ServerSocketChannel listener = ServerSocketChannel.open()) {
                listener.setOption(StandardSocketOptions.SO_RCVBUF, 64 * 1024);
                listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                SocketChannel client = SocketChannel.open(listener.getLocalAddress());
                SocketChannel server = listener.accept();
                server.setOption(StandardSocketOptions.SO_SNDBUF, 64 * 1024);
                return new Pair(client, server);
            }
        }

        /// All that the client reads, on a thread of its own, until the server closes.
        CompletableFuture<byte[]> received() {
            CompletableFuture<byte[]> received = new CompletableFuture<>();
            Thread.ofVirtual().start(() -> {
                try {
                    ByteArrayOutputStream all = new ByteArrayOutputStream();
                    ByteBuffer some = ByteBuffer.allocate(16 * 1024);
                    while (client.read(some.clear()) >= 0) {
                        all.write(some.array(), 0, some.position());
                    }
                    received.complete(all.toByteArray());
                } catch (IOException e) {
                    received.completeExceptionally(e);
                }
            });
            return received;
        }

        @Override
        public void close() throws IOException {
            client.close();
            server.close();
        }
    }

    private static byte[] written(Response response, boolean headOnly, Afterwards afterwards, String server) throws IOException {
        try (Pair pair = Pair.open()) {
            CompletableFuture<byte[]> received = pair.received();
            new ResponseWriter(pair.server, server, () -> { }).write(response, headOnly, afterwards, NOW);
            pair.server.close();
            return received.join();
        }
    }

    private static String text(byte[] octets) {
        return new String(octets, StandardCharsets.ISO_8859_1);
    }

    private static String head(byte[] response) {
        String text = text(response);
        return text.substring(0, text.indexOf("\r\n\r\n") + 4);
    }

    private static byte[] content(byte[] response) {
        return Arrays.copyOfRange(response, head(response).length(), response.length);
    }

    private static Response octets(String text) {
        return new Response(Status.OK, Fields.of("Content-Type", "text/plain"),
                new Content.Octets(text.getBytes(StandardCharsets.ISO_8859_1)));
    }

    private static byte[] noise(int length, long seed) {
        byte[] noise = new byte[length];
        new Random(seed).nextBytes(noise);
        return noise;
    }

    /// A file whose date lies well back, so that every later change shows in it.
    private Path file(String name, byte[] octets) throws IOException {
        Path file = Files.write(tree.resolve(name), octets);
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2020-02-02T02:02:02Z")));
        return file;
    }

    private Content.OpenFile open(String name) throws IOException {
        Docroot docroot = new Docroot(tree, new Visibility(false, false), false);
        return assertInstanceOf(Resource.Document.class, docroot.resolve(List.of(name))).file();
    }

    @Test
    void aResponseIsAStatusLineItsFieldsAndItsContent() throws IOException {
        assertEquals("HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nServer: Comanche/x\r\nContent-Type: text/plain\r\n"
                + "Content-Length: 5\r\n\r\nhello", text(written(octets("hello"), false, Afterwards.PERSIST, "Comanche/x")));
    }

    @Test
    void withoutANameThereIsNoServerField() throws IOException {
        assertFalse(text(written(octets("hello"), false, Afterwards.PERSIST, "")).contains("Server"));
    }

    static List<Status> statuses() {
        return Status.KNOWN;
    }

    @ParameterizedTest
    @MethodSource("statuses")
    void onlyAStatusThatForbidsContentHasNoContentLength(Status status) throws IOException {
        boolean forbidden = status.code() < 200 || status.code() == 204 || status.code() == 304;
        String none = text(written(Response.of(status, Fields.NONE), false, Afterwards.PERSIST, ""));
        assertEquals(!forbidden, none.contains("Content-Length: 0\r\n"), none);
        assertTrue(none.startsWith("HTTP/1.1 " + status.code() + ' ' + status.reason() + "\r\n"), none);

        String some = text(written(new Response(status, Fields.NONE, new Content.Octets(new byte[] {'x'})), false,
                Afterwards.PERSIST, ""));
        assertEquals(!forbidden, some.contains("Content-Length: 1\r\n"), some);
        assertEquals(forbidden ? "" : "x", some.substring(some.indexOf("\r\n\r\n") + 4));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            PERSIST     | nothing
            PERSIST_1_0 | Connection: keep-alive
            CLOSE       | Connection: close
            """)
    void theClientIsToldWhatHappensToTheConnection(Afterwards afterwards, String expected) throws IOException {
        String head = head(written(octets("hello"), false, afterwards, ""));
        assertEquals(expected, head.lines().filter(line -> line.startsWith("Connection")).findFirst().orElse("nothing"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1000, 64 * 1024, 64 * 1024 + 1, 300_000})
    void headHasTheFieldsOfGetAndNoContent(int length) throws IOException {
        file("f", noise(length, length));
        Content.OpenFile file = open("f");
        for (Response response : List.of(octets("x".repeat(length)), new Response(Status.OK, Fields.of("ETag", "\"x\""),
                new Content.FileSlice(file, 0, length)))) {
            byte[] get = written(response, false, Afterwards.PERSIST, "");
            byte[] head = written(response, true, Afterwards.PERSIST, "");
            assertEquals(head(get), text(head));
            assertTrue(text(head).contains("\r\nContent-Length: " + length + "\r\n"));
            assertEquals(length, content(get).length);
        }
        file.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0       | 0       | 0
            1       | 0       | 1
            1000    | 0       | 1000
            1000    | 999     | 1
            65536   | 0       | 65536
            65537   | 0       | 65537
            200000  | 1       | 199998
            200000  | 65536   | 65536
            6291473 | 0       | 6291473
            6291473 | 4000001 | 2000000
            """)
    void aSliceIsTheOctetsOfTheFileFromItsOffsetOn(int complete, int offset, int length) throws IOException {
        byte[] octets = noise(complete, 42);
        file("f", octets);
        Content.OpenFile file = open("f");
        byte[] response = written(new Response(Status.OK, Fields.NONE, new Content.FileSlice(file, offset, length)), false,
                Afterwards.PERSIST, "");
        file.close();

        assertTrue(head(response).contains("\r\nContent-Length: " + length + "\r\n"));
        assertArrayEquals(Arrays.copyOfRange(octets, offset, offset + length), content(response));
    }

    @Test
    void partsAreSentInOrderWithTheLengthOfAll() throws IOException {
        byte[] octets = noise(500_000, 7);
        file("f", octets);
        Content.OpenFile file = open("f");
        Content.Parts parts = new Content.Parts(List.of(
                new Content.Part("--b\r\n\r\n".getBytes(StandardCharsets.US_ASCII), new Content.FileSlice(file, 0, 10)),
                new Content.Part("\r\n--b\r\n\r\n".getBytes(StandardCharsets.US_ASCII), new Content.FileSlice(file, 1000, 300_000)),
                new Content.Part("\r\n--b\r\n\r\n".getBytes(StandardCharsets.US_ASCII), new Content.FileSlice(file, 499_999, 1))),
                "\r\n--b--\r\n".getBytes(StandardCharsets.US_ASCII));
        byte[] response = written(new Response(Status.PARTIAL_CONTENT, Fields.NONE, parts), false, Afterwards.PERSIST, "");
        file.close();

        String expected = "--b\r\n\r\n" + text(Arrays.copyOfRange(octets, 0, 10)) + "\r\n--b\r\n\r\n"
                + text(Arrays.copyOfRange(octets, 1000, 301_000)) + "\r\n--b\r\n\r\n" + text(Arrays.copyOfRange(octets, 499_999, 500_000))
                + "\r\n--b--\r\n";
        assertEquals(expected, text(content(response)));
        assertTrue(head(response).contains("\r\nContent-Length: " + expected.length() + "\r\n"));
    }

    /// Two writes would be two packets, and the second would wait for the acknowledgement of the first.
    @Test
    void headAndSmallContentLeaveInOneWrite() throws IOException {
        file("f", noise(10_000, 1));
        Content.OpenFile file = open("f");
        for (Content content : List.of(new Content.Octets(new byte[10_000]), new Content.FileSlice(file, 0, 10_000))) {
            try (Pair pair = Pair.open()) {
                CompletableFuture<byte[]> received = pair.received();
                AtomicInteger writes = new AtomicInteger();
                ResponseWriter writer = new ResponseWriter(pair.server, "", writes::incrementAndGet);
                writer.write(new Response(Status.OK, Fields.NONE, content), false, Afterwards.PERSIST, NOW);
                assertEquals(1, writes.get());
                assertEquals(10_000, writer.contentOctets());
                pair.server.close();
                assertEquals(10_000, content(received.join()).length);
            }
        }
        file.close();
    }

    /// The client begins to read only when the writer is under way, and reads less at a time than is written.
    @Test
    void aSlowClientGetsTheWholeOfALargeFile() throws Exception {
        byte[] octets = noise(LARGE, 3);
        file("f", octets);
        Content.OpenFile file = open("f");
        try (Pair pair = Pair.open()) {
            CountDownLatch underWay = new CountDownLatch(2);
            ResponseWriter writer = new ResponseWriter(pair.server, "", underWay::countDown);
            Thread writing = Thread.ofPlatform().start(() -> write(writer, file, pair.server));
            underWay.await();
            byte[] received = pair.received().join();
            writing.join();
            assertArrayEquals(octets, content(received));
            assertEquals(LARGE, writer.contentOctets());
        }
        file.close();
    }

    private static void write(ResponseWriter writer, Content.OpenFile file, SocketChannel channel) {
        try (channel) {
            writer.write(new Response(Status.OK, Fields.NONE, new Content.FileSlice(file, 0, LARGE)), false, Afterwards.CLOSE, NOW);
            assertTrue(channel.isBlocking());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /// Something that is done to a file.
    private interface Change {
        void apply(Path file) throws IOException;
    }

    /// Sends a large file and changes it when the first octets are out; returns the content that the client got, which
    /// the writer itself declared too short if it threw.
    private byte[] sentWhile(Change change, boolean expectFailure) throws IOException {
        Path path = file("f", noise(LARGE, 5));
        Content.OpenFile file = open("f");
        try (Pair pair = Pair.open()) {
            CompletableFuture<byte[]> received = pair.received();
            AtomicInteger moves = new AtomicInteger();
            ResponseWriter writer = new ResponseWriter(pair.server, "", () -> {
                if (moves.incrementAndGet() == 2) {
                    try {
                        change.apply(path);
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }
            });
            Response response = new Response(Status.OK, Fields.NONE, new Content.FileSlice(file, 0, LARGE));
            if (expectFailure) {
                assertThrows(IOException.class, () -> writer.write(response, false, Afterwards.PERSIST, NOW));
            } else {
                writer.write(response, false, Afterwards.PERSIST, NOW);
            }
            pair.server.close();
            byte[] all = received.join();
            assertTrue(head(all).contains("\r\nContent-Length: " + LARGE + "\r\n"));
            return content(all);
        } finally {
            file.close();
        }
    }

    @Test
    void aFileThatShrinksWhileItIsSentEndsShort() throws IOException {
        assertTrue(sentWhile(path -> Files.newByteChannel(path, StandardOpenOption.WRITE).truncate(1000).close(), true).length < LARGE);
    }

    @Test
    void aFileThatIsOverwrittenWhileItIsSentEndsShort() throws IOException {
        byte[] content = sentWhile(path -> Files.write(path, noise(LARGE, 6)), true);
        assertTrue(content.length < LARGE);
    }

    @Test
    void aFileThatGrowsWhileItIsSentEndsShort() throws IOException {
        assertTrue(sentWhile(path -> Files.write(path, new byte[1], StandardOpenOption.APPEND), true).length < LARGE);
    }

    @Test
    void aFileThatIsReplacedWhileItIsSentIsDeliveredWholeFromTheOldOne() throws IOException {
        byte[] content = sentWhile(path -> {
            Path other = Files.write(path.resolveSibling("other"), noise(LARGE, 8));
            Files.move(other, path, StandardCopyOption.ATOMIC_MOVE);
        }, false);
        assertArrayEquals(noise(LARGE, 5), content);
    }

    @Test
    void aFileThatIsDeletedWhileItIsSentIsDeliveredWhole() throws IOException {
        assertArrayEquals(noise(LARGE, 5), sentWhile(Files::delete, false));
    }

    @ParameterizedTest
    @ValueSource(ints = {999, 1000, 1001})
    void aSmallFileThatChangedSinceItWasOpenedIsNeverSentUnderTheOldLength(int length) throws IOException {
        Path path = file("f", noise(1000, 1));
        Content.OpenFile file = open("f");
        Files.write(path, noise(length, 2));
        try (Pair pair = Pair.open()) {
            CompletableFuture<byte[]> received = pair.received();
            ResponseWriter writer = new ResponseWriter(pair.server, "", () -> { });
            Response response = new Response(Status.OK, Fields.NONE, new Content.FileSlice(file, 0, 1000));
            assertThrows(IOException.class, () -> writer.write(response, false, Afterwards.PERSIST, NOW));
            pair.server.close();
            byte[] all = received.join();
            assertTrue(all.length == 0 || content(all).length < 1000);
        }
        file.close();
    }

    @Test
    void aClientThatLeavesEndsTheResponse() throws IOException {
        file("f", noise(LARGE, 9));
        Content.OpenFile file = open("f");
        try (Pair pair = Pair.open()) {
            pair.client.close();
            ResponseWriter writer = new ResponseWriter(pair.server, "", () -> { });
            assertThrows(IOException.class, () -> writer.write(new Response(Status.OK, Fields.NONE,
                    new Content.FileSlice(file, 0, LARGE)), false, Afterwards.PERSIST, NOW));
            assertTrue(writer.contentOctets() < LARGE);
        }
        file.close();
    }

    @Test
    void responsesFollowEachOtherOnOneConnection() throws IOException {
        file("f", noise(LARGE, 4));
        Content.OpenFile file = open("f");
        try (Pair pair = Pair.open()) {
            CompletableFuture<byte[]> received = pair.received();
            ResponseWriter writer = new ResponseWriter(pair.server, "", () -> { });
            writer.write(new Response(Status.OK, Fields.NONE, new Content.FileSlice(file, 0, LARGE)), false, Afterwards.PERSIST, NOW);
            writer.writeContinue();
            writer.write(octets("hello"), false, Afterwards.PERSIST, NOW);
            assertEquals(5, writer.contentOctets());
            pair.server.close();
            String all = text(received.join());
            String behind = all.substring(head(all.getBytes(StandardCharsets.ISO_8859_1)).length() + LARGE);
            assertTrue(behind.startsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), behind);
            assertTrue(behind.endsWith("\r\n\r\nhello"), behind);
        }
        file.close();
    }

    private static Response stream(Content.Producer producer) {
        return new Response(Status.OK, Fields.NONE, new Content.Stream(producer));
    }

    /// RFC 9112 §7.1: sizes in hexadecimal, CRLF around, an empty chunk at the end.
    @Test
    void contentOfUnknownLengthGoesInChunksAndAFlushSendsWhatIsThere() throws IOException {
        Response response = stream(out -> {
            out.write("first".getBytes(StandardCharsets.US_ASCII));
            out.flush();
            out.write(new byte[26]);
        });
        String text = text(written(response, false, Afterwards.PERSIST, ""));
        assertTrue(text.contains("\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n1a\r\n\0"), text);
        assertTrue(text.endsWith("\0\r\n0\r\n\r\n"), text);
        assertFalse(text.contains("Content-Length"), text);
    }

    @Test
    void anOldClientGetsItUntilTheConnectionEnds() throws IOException {
        String text = text(written(stream(out -> out.write('x')), false, Afterwards.CLOSE_1_0, ""));
        assertTrue(text.endsWith("\r\nConnection: close\r\n\r\nx"), text);
        assertFalse(text.contains("Transfer-Encoding") || text.contains("Content-Length"), text);
    }

    @Test
    void emptyContentOfUnknownLengthIsOneLastChunk() throws IOException {
        String text = text(written(stream(_ -> { }), false, Afterwards.PERSIST, ""));
        assertTrue(text.endsWith("\r\n\r\n0\r\n\r\n"), text);
    }

    @Test
    void aHeadOfAStreamHasItsFieldsAndMakesNothing() throws IOException {
        Response response = stream(_ -> {
            throw new AssertionError("nobody wants it");
        });
        assertTrue(text(written(response, true, Afterwards.PERSIST, "")).endsWith("Transfer-Encoding: chunked\r\n\r\n"));
    }

    /// The client must not take what it has for the whole.
    @Test
    void aStreamThatBreaksOffHasNoLastChunk() throws IOException {
        try (Pair pair = Pair.open()) {
            CompletableFuture<byte[]> received = pair.received();
            Response response = stream(out -> {
                out.write(new byte[100_000]);
                throw new IOException("the disk is gone");
            });
            ResponseWriter writer = new ResponseWriter(pair.server, "", () -> { });
            assertThrows(IOException.class, () -> writer.write(response, false, Afterwards.PERSIST, NOW));
            pair.server.close();
            String text = text(received.join());
            assertTrue(text.contains("\r\n4000\r\n"), "some of it was sent");
            assertFalse(text.contains("\r\n0\r\n"));
        }
    }

    @Test
    void anotherResponseMayTakeThePlaceOfOneThatHasNotBegun() throws IOException {
        try (Pair pair = Pair.open()) {
            CompletableFuture<byte[]> received = pair.received();
            Response gone = stream(out -> {
                out.write(1);
                throw new IOException("the disk is gone");
            });
            ResponseWriter writer = new ResponseWriter(pair.server, "", () -> { });
            assertThrows(ResponseWriter.Unsent.class, () -> writer.write(gone, false, Afterwards.PERSIST, NOW));
            writer.write(new Response(Status.SERVICE_UNAVAILABLE, Fields.NONE, new Content.None()), false, Afterwards.PERSIST, NOW);
            pair.server.close();
            assertTrue(text(received.join()).startsWith("HTTP/1.1 503 "));
        }
    }

    @Test
    void anExcerptIsSentWithItsLengthAndMustKeepToIt() throws IOException {
        Content.Whole digits = (out, offset, length) -> {
            for (long i = offset; i < offset + length; i++) {
                out.write((int) ('0' + i % 10));
            }
        };
        Response three = new Response(Status.PARTIAL_CONTENT, Fields.NONE, new Content.Excerpt(digits, 8, 3));
        assertTrue(text(written(three, false, Afterwards.PERSIST, "")).endsWith("Content-Length: 3\r\n\r\n890"));

        for (int length : new int[] {2, 4}) {
            Content.Whole wrong = (out, _, _) -> out.write(new byte[length]);
            Response response = new Response(Status.OK, Fields.NONE, new Content.Excerpt(wrong, 0, 3));
            assertThrows(IOException.class, () -> written(response, false, Afterwards.PERSIST, ""));
        }
    }
}
