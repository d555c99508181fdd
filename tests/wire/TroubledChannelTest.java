package tests.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import lib.http.Content;
import lib.http.Fields;
import lib.http.Response;
import lib.http.Status;
import lib.wire.ResponseWriter;
import lib.wire.ResponseWriter.Afterwards;
import lib.wire.Trouble;
import lib.wire.Trouble.End;
import lib.wire.Trouble.Pace;
import lib.wire.TroubledChannel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Responses on their way through trouble. Time does not go by here: pauses are noted.
class TroubledChannelTest {
    private static final byte[] TEN = "0123456789".getBytes(StandardCharsets.US_ASCII);

    /// What arrives, and a `~` for each pause.
    private final ByteArrayOutputStream arrived = new ByteArrayOutputStream();
    private final List<Duration> pauses = new ArrayList<>();

    private TroubledChannel channel(Pace pace, End end) {
        return new TroubledChannel(Channels.newChannel(arrived), new Trouble(pace, end), time -> {
            pauses.add(time);
            arrived.write('~');
        });
    }

    private static void write(TroubledChannel channel, Content content, boolean headOnly) throws IOException {
        new ResponseWriter(channel, "", () -> { }).write(new Response(Status.OK, Fields.NONE, content), headOnly,
                Afterwards.PERSIST, Instant.EPOCH);
    }

    private String arrived() {
        return arrived.toString(StandardCharsets.ISO_8859_1);
    }

    /// Behind the head.
    private String content() {
        return arrived().substring(arrived().indexOf("\r\n\r\n") + 4);
    }

    @Test
    void withoutTroubleAllArrivesAtOnce() throws IOException {
        write(channel(new Pace.Free(), new End.Whole()), new Content.Octets(TEN), false);
        assertTrue(arrived().startsWith("HTTP/1.1 200 OK\r\n") && arrived().contains("\r\nContent-Length: 10\r\n"), arrived());
        assertEquals("0123456789", content());
        assertEquals(List.of(), pauses);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            0, ''
            1, 0
            9, 012345678
            """)
    void itIsCutBehindSoManyOctetsOfContent(long octets, String content) {
        for (End end : List.of(new End.Cut(octets), new End.Reset(octets))) {
            arrived.reset();
            TroubledChannel channel = channel(new Pace.Free(), end);
            assertThrows(TroubledChannel.Broken.class, () -> write(channel, new Content.Octets(TEN), false));
            assertTrue(arrived().contains("\r\nContent-Length: 10\r\n"), arrived());
            assertEquals(content, content());
            assertEquals(octets, channel.contentOctets());
        }
    }

    @ParameterizedTest
    @CsvSource({"10", "11"})
    void whatIsNoLongerThanThatArrivesWhole(long octets) throws IOException {
        write(channel(new Pace.Free(), new End.Cut(octets)), new Content.Octets(TEN), false);
        assertEquals("0123456789", content());
    }

    @Test
    void cutAtOnceNotEvenTheHeadArrives() {
        TroubledChannel channel = channel(new Pace.Free(), new End.Cut(Trouble.AT_ONCE));
        assertThrows(TroubledChannel.Broken.class, () -> write(channel, new Content.Octets(TEN), false));
        assertEquals("", arrived());
        assertFalse(channel.hasBegun());
    }

    @Test
    void theOctetsOfChunksCount() {
        TroubledChannel channel = channel(new Pace.Free(), new End.Cut(5));
        assertThrows(TroubledChannel.Broken.class, () -> write(channel, new Content.Stream(out -> out.write(TEN)), false));
        assertEquals("a\r\n01", content());
    }

    @ParameterizedTest
    @CsvSource({"5, 15", "-3, 7", "-10, 0", "-99, 0"})
    void theLengthIsAnother(long by, String told) throws IOException {
        write(channel(new Pace.Free(), new End.WrongLength(by)), new Content.Octets(TEN), false);
        assertTrue(arrived().contains("\r\nContent-Length: " + told + "\r\n"), arrived());
        assertEquals("0123456789", content());
        arrived.reset();
        write(channel(new Pace.Free(), new End.WrongLength(by)), new Content.Octets(TEN), true);
        assertTrue(arrived().contains("\r\nContent-Length: " + told + "\r\n"), "HEAD lies as GET does: " + arrived());
        assertEquals("", content());
    }

    @Test
    void chunksHaveNoLengthToLieAbout() throws IOException {
        write(channel(new Pace.Free(), new End.WrongLength(5)), new Content.Stream(out -> out.write(TEN)), false);
        assertFalse(arrived().contains("Content-Length"), arrived());
        assertEquals("a\r\n0123456789\r\n0\r\n\r\n", content());
    }

    @Test
    void aDripPausesBetweenFewOctets() throws IOException {
        write(channel(new Pace.Drip(1000, Duration.ofMillis(7)), new End.Whole()), new Content.Octets(TEN), false);
        assertEquals("~0123456789", content(), "the head is the first drop");
        arrived.reset();
        write(channel(new Pace.Drip(4, Duration.ofMillis(7)), new End.Whole()), new Content.Octets(TEN), false);
        assertTrue(arrived().startsWith("HTTP~/1.1~ 200~"), arrived());
        assertEquals("~0123~4567~89", content());
        assertTrue(pauses.stream().allMatch(Duration.ofMillis(7)::equals), pauses.toString());
    }

    @Test
    void aBandwidthTakesItsTimeForEveryOctet() throws IOException {
        write(channel(new Pace.Bandwidth(100_000), new End.Whole()), new Content.Octets(new byte[1_000_000]), false);
        long octets = arrived.size() - pauses.size();
        Duration all = pauses.stream().reduce(Duration.ZERO, Duration::plus);
        assertEquals(octets / 100_000.0, all.toNanos() / 1e9, 0.001);
        assertTrue(pauses.stream().allMatch(pause -> pause.compareTo(Duration.ofMillis(51)) < 0), "in small pieces");
    }

    @Test
    void whatIsSlowCanBeCutToo() {
        assertThrows(TroubledChannel.Broken.class, () -> write(channel(new Pace.Drip(3, Duration.ofSeconds(1)), new End.Cut(5)),
                new Content.Octets(TEN), false));
        assertTrue(arrived().endsWith("~012~34"), arrived());
    }
}
