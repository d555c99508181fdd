package tests.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.util.concurrent.CountDownLatch;
import lib.wire.RequestReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A client is looked after while its answer takes long, and nothing that it sends meanwhile is lost.
class ReadAheadTest {
    private Pipe pipe;
    private RequestReader reader;
    private final CountDownLatch left = new CountDownLatch(1);

    @BeforeEach
    void open() throws IOException {
        pipe = Pipe.open();
        reader = new RequestReader(pipe.source(), Feed.LIMITS, () -> { }, () -> { });
    }

    @AfterEach
    void close() throws IOException {
        pipe.sink().close();
        pipe.source().close();
    }

    private void send(String picture) throws IOException {
        for (ByteBuffer octets = ByteBuffer.wrap(Feed.octets(picture)); octets.hasRemaining(); ) {
            pipe.sink().write(octets);
        }
    }

    private String next() throws IOException {
        return assertInstanceOf(RequestReader.Received.class, reader.next()).request().rawTarget();
    }

    private Thread readAhead() {
        return Thread.ofVirtual().start(reader.readAhead(left::countDown));
    }

    /// Longer than what is fetched ahead, so that both ways of reading have their part.
    @ParameterizedTest
    @ValueSource(ints = {0, 100, 2000, 5000, 30_000})
    void whatComesMeanwhileIsTheNextRequest(int octets) throws Exception {
        send("GET /1 HTTP/1.1⏎Host: a⏎⏎");
        assertEquals("/1", next());
        assertFalse(reader.isReadingAhead());
        Thread ahead = readAhead();
        assertTrue(reader.isReadingAhead());
        send("GET /2 HTTP/1.1⏎Host: a⏎X: " + "x".repeat(octets) + "⏎⏎GET /3 HTTP/1.1⏎Host: a⏎⏎");
        ahead.join();
        assertEquals("/2", next());
        assertEquals("/3", next());
        assertFalse(reader.isReadingAhead());
        assertEquals(1, left.getCount());
    }

    @Test
    void whoAsksForTheNextRequestWaitsForWhatIsFetched() throws Exception {
        send("GET /1 HTTP/1.1⏎Host: a⏎⏎");
        next();
        readAhead();
        Thread client = Thread.ofVirtual().start(() -> {
            try {
                send("GET /2 HTTP/1.1⏎Host: a⏎⏎");
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        assertEquals("/2", next());
        client.join();
    }

    @Test
    void aRequestThatWasSentAtOnceIsNotOvertaken() throws Exception {
        send("GET /1 HTTP/1.1⏎Host: a⏎⏎GET /2 HTTP/1.1⏎Host: a⏎⏎");
        next();
        Thread ahead = readAhead();
        send("GET /3 HTTP/1.1⏎Host: a⏎⏎");
        ahead.join();
        assertEquals("/2", next());
        assertEquals("/3", next());
    }

    @Test
    void aClientThatLeavesIsNoticed() throws Exception {
        send("GET /1 HTTP/1.1⏎Host: a⏎⏎");
        next();
        readAhead();
        pipe.sink().close();
        left.await();
        assertInstanceOf(RequestReader.Closed.class, reader.next());
        assertInstanceOf(RequestReader.Closed.class, reader.next());
    }
}
