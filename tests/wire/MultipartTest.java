package tests.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import lib.wire.Multipart;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The parts of a form, however the octets of its stream are cut. In the tables `⏎` is CRLF, the boundary `b`, and a part is
/// shown as its fields and its content.
class MultipartTest {
    private static final String TYPE = "multipart/form-data; boundary=b";

    /// A stream that comes in pieces.
    private static final class Pieces extends InputStream {
        private final ByteArrayInputStream octets;
        private final IntUnaryOperator most;
        private int reads;

        Pieces(byte[] octets, IntUnaryOperator most) {
            this.octets = new ByteArrayInputStream(octets);
            this.most = most;
        }

        @Override
        public int read() {
            return octets.read();
        }

        @Override
        public int read(byte[] into, int offset, int count) {
            return octets.read(into, offset, Math.min(count, most.applyAsInt(reads++)));
        }
    }

    /// What comes out of the stream, however it is cut.
    private static String outcome(String picture) {
        byte[] octets = Feed.octets(picture);
        String whole = outcome(new Pieces(octets, _ -> Integer.MAX_VALUE));
        assertEquals(whole, outcome(new Pieces(octets, _ -> 1)), "octet by octet");
        for (int cut = 1; cut < octets.length; cut++) {
            int half = cut;
            assertEquals(whole, outcome(new Pieces(octets, read -> read == 0 ? half : Integer.MAX_VALUE)), "in two at " + cut);
        }
        Random random = new Random(octets.length);
        for (int i = 0; i < 20; i++) {
            assertEquals(whole, outcome(new Pieces(octets, _ -> 1 + random.nextInt(7))), "in random pieces");
        }
        return whole;
    }

    private static String outcome(InputStream content) {
        List<String> parts = new ArrayList<>();
        Multipart form = Multipart.of(TYPE, content).orElseThrow();
        try {
            for (Optional<Multipart.Part> part = form.next(); part.isPresent(); part = form.next()) {
                String fields = part.get().fields().lines().stream().map(line -> line.name() + ':' + line.value())
                        .reduce("", (all, line) -> all.isEmpty() ? line : all + ',' + line);
                String octets = new String(part.get().content().readAllBytes(), StandardCharsets.ISO_8859_1);
                parts.add(fields + '<' + octets.replace("\r", "␍").replace("\n", "␊") + '>');
            }
        } catch (Multipart.MalformedForm _) {
            parts.add("malformed");
        } catch (Multipart.EarlyEnd _) {
            parts.add("early end");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return String.join(" ", parts);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            --b⏎A: 1⏎⏎hello⏎--b--⏎                            | A:1<hello>
            --b⏎A: 1⏎⏎hello⏎--b--                             | A:1<hello>
            --b⏎⏎hello⏎--b--⏎                                 | <hello>
            --b⏎A: 1⏎B: 2⏎⏎hello⏎--b--⏎                       | A:1,B:2<hello>
            --b⏎A: 1⏎⏎⏎--b--⏎                                 | A:1<>
            --b⏎A: 1⏎⏎one⏎--b⏎B: 2⏎⏎two⏎--b--⏎                | A:1<one> B:2<two>
            --b⏎A: 1⏎⏎⏎--b⏎B: 2⏎⏎⏎--b--⏎                      | A:1<> B:2<>
            --b  ⏎A: 1⏎⏎hello⏎--b --⏎                         | A:1<hello> malformed
            --b ␉⏎A: 1⏎⏎hello⏎--b--  ⏎                        | A:1<hello>
            for nobody⏎--b⏎A: 1⏎⏎hello⏎--b--⏎                 | A:1<hello>
            ⏎--b⏎A: 1⏎⏎hello⏎--b--⏎                           | A:1<hello>
            --b⏎A: 1⏎⏎hello⏎--b--⏎for nobody⏎--b⏎⏎x⏎--b--     | A:1<hello>
            --b--⏎                                            | ``
            for nobody⏎--b--⏎                                 | ``
            --b⏎A: 1⏎⏎--b⏎--b--⏎                              | A:1<--b>
            --b⏎A: 1⏎⏎x--b⏎--b--⏎                             | A:1<x--b>
            --b⏎A: 1⏎⏎⏎⏎--⏎-⏎--⏎--a⏎-b⏎--b--⏎                 | A:1<␍␊␍␊--␍␊-␍␊--␍␊--a␍␊-b>
            --b⏎A: 1⏎⏎␍␍⏎␍␊--c␍⏎--b--⏎                        | A:1<␍␍␍␊␍␊--c␍>
            --b⏎A: 1⏎⏎␊--b␊␍--b␍⏎--b--⏎                       | A:1<␊--b␊␍--b␍>
            --b⏎A: 1⏎⏎␀é⏎--b--⏎                               | A:1<\0é>
            """)
    void aPartIsWhatStandsBetweenTwoDelimiters(String octets, String parts) {
        assertEquals(parts.replace("\\0", "\0"), outcome(octets));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            ``                                   | malformed
            nothing of the kind                  | malformed
            --b                                  | malformed
            --b-                                 | malformed
            --b⏎                                 | malformed
            --b⏎A: 1                             | malformed
            --b⏎A: 1⏎                            | malformed
            --b⏎A: 1⏎⏎                           | early end
            --b⏎A: 1⏎⏎hello                      | early end
            --b⏎A: 1⏎⏎hello⏎                     | early end
            --b⏎A: 1⏎⏎hello⏎--                   | early end
            --b⏎A: 1⏎⏎hello⏎--b                  | A:1<hello> malformed
            --b⏎A: 1⏎⏎hello⏎--b-                 | A:1<hello> malformed
            --b⏎A: 1⏎⏎hello⏎--b⏎                 | A:1<hello> malformed
            --b⏎A: 1⏎⏎hello⏎--bc⏎                | A:1<hello> malformed
            --bc⏎A: 1⏎⏎hello⏎--b--⏎              | malformed
            --b⏎A⏎⏎hello⏎--b--⏎                  | malformed
            --b⏎A : 1⏎⏎hello⏎--b--⏎              | malformed
            --b⏎: 1⏎⏎hello⏎--b--⏎                | malformed
            --b⏎A: 1⏎ folded⏎⏎hello⏎--b--⏎       | malformed
            --b⏎A: ␀⏎⏎hello⏎--b--⏎               | malformed
            """)
    void whatBreaksTheGrammarIsNotTakenForAForm(String octets, String outcome) {
        assertEquals(outcome, outcome(octets));
    }

    @ParameterizedTest
    @ValueSource(strings = {"multipart/form-data; boundary=b", "Multipart/Form-Data;BOUNDARY=b", "multipart/form-data; boundary=\"b\"",
        "multipart/form-data; charset=utf-8; boundary=b", "multipart/form-data; boundary=b; charset=utf-8",
        "multipart/form-data; boundary=\"b\"; x=y", "multipart/form-data ;boundary=b "})
    void theBoundaryStandsInTheMediaType(String type) throws Exception {
        Multipart form = Multipart.of(type, new ByteArrayInputStream(Feed.octets("--b⏎⏎hello⏎--b--"))).orElseThrow();
        assertEquals("hello", new String(form.next().orElseThrow().content().readAllBytes(), StandardCharsets.US_ASCII));
        assertTrue(form.next().isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "multipart/form-data", "multipart/form-data;", "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"", "multipart/mixed; boundary=b", "application/x-www-form-urlencoded", "text/plain; boundary=b",
        "multipart/form-data; boundary=0123456789012345678901234567890123456789012345678901234567890123456789x"})
    void anotherMediaTypeIsNoForm(String type) {
        assertTrue(Multipart.of(type, InputStream.nullInputStream()).isEmpty());
    }

    @Test
    void aBoundaryMayHaveSeventyOctets() throws Exception {
        String boundary = "'()+_,-./:=? 0123456789".repeat(4).substring(0, 70);
        String octets = "--" + boundary + "\r\n\r\nhello\r\n--" + boundary + "--";
        Multipart form = Multipart.of("multipart/form-data; boundary=\"" + boundary + '"', in(octets)).orElseThrow();
        assertEquals("hello", new String(form.next().orElseThrow().content().readAllBytes(), StandardCharsets.US_ASCII));
    }

    private static InputStream in(String octets) {
        return new ByteArrayInputStream(octets.getBytes(StandardCharsets.ISO_8859_1));
    }

    @ParameterizedTest
    @ValueSource(ints = {8 * 1024 - 10, 8 * 1024 + 10})
    void aFieldLineHasALimit(int octets) throws Exception {
        Multipart form = Multipart.of(TYPE, in("--b\r\nA: " + "x".repeat(octets) + "\r\n\r\nhello\r\n--b--")).orElseThrow();
        if (octets < 8 * 1024) {
            assertEquals(octets, form.next().orElseThrow().fields().first("A").orElseThrow().length());
        } else {
            assertThrows(Multipart.MalformedForm.class, form::next);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {32, 33})
    void theFieldLinesHaveALimit(int count) throws Exception {
        Multipart form = Multipart.of(TYPE, in("--b\r\n" + "A: 1\r\n".repeat(count) + "\r\nhello\r\n--b--")).orElseThrow();
        if (count == 32) {
            assertEquals(32, form.next().orElseThrow().fields().lines().size());
        } else {
            assertThrows(Multipart.MalformedForm.class, form::next);
        }
    }

    @Test
    void aPartThatIsNotReadIsSkipped() throws Exception {
        Multipart form = Multipart.of(TYPE, in("--b\r\n\r\none\r\n--b\r\n\r\n" + "x".repeat(1 << 19) + "\r\n--b\r\n\r\nthree\r\n--b--"))
                .orElseThrow();
        form.next().orElseThrow().content().read();
        form.next();
        assertEquals("three", new String(form.next().orElseThrow().content().readAllBytes(), StandardCharsets.US_ASCII));
    }

    /// Nobody keeps us busy with what nobody wants.
    @ParameterizedTest
    @ValueSource(strings = {"", "--b\r\nA: 1\r\n\r\n"})
    void moreThanAMebibyteIsNotSkipped(String front) throws Exception {
        Multipart form = Multipart.of(TYPE, in(front + "x".repeat((1 << 20) + 1024) + "\r\n--b\r\n\r\nhello\r\n--b--")).orElseThrow();
        if (!front.isEmpty()) {
            form.next();
        }
        assertThrows(Multipart.MalformedForm.class, form::next);
    }

    /// What was read to its end stays at its end, whatever comes behind it.
    @Test
    void aPartEndsOnce() throws Exception {
        Multipart form = Multipart.of(TYPE, in("--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--")).orElseThrow();
        InputStream one = form.next().orElseThrow().content();
        assertEquals("one", new String(one.readAllBytes(), StandardCharsets.US_ASCII));
        assertEquals(-1, one.read());
        InputStream two = form.next().orElseThrow().content();
        assertEquals(-1, one.read());
        assertEquals('t', two.read());
    }

    @Test
    void anOctetAbove127IsNotTheEnd() throws Exception {
        Multipart form = Multipart.of(TYPE, in("--b\r\n\r\n\u00ff\r\n--b--")).orElseThrow();
        assertEquals(255, form.next().orElseThrow().content().read());
    }

    /// Content larger than any window, full of what looks like the beginning of a delimiter.
    @Test
    void largeContentPassesUnchanged() throws Exception {
        Random random = new Random(7);
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        while (file.size() < 1 << 20) {
            file.write(Feed.octets(List.of("⏎", "␍", "␊", "⏎--", "⏎-", "x--b", "⏎--a", "x", "⏎--B").get(random.nextInt(9))));
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(Feed.octets("--b⏎⏎"));
        all.write(file.toByteArray());
        all.write(Feed.octets("⏎--b--"));
        Multipart form = Multipart.of(TYPE, new Pieces(all.toByteArray(), _ -> 1 + random.nextInt(5000))).orElseThrow();
        assertArrayEquals(file.toByteArray(), form.next().orElseThrow().content().readAllBytes());
        assertTrue(form.next().isEmpty());
    }

    @Test
    void aPartIsNotHeldInMemory() throws Exception {
        long length = 300L << 20;
        Multipart form = Multipart.of(TYPE, new SequenceInputStream(Collections.enumeration(
                List.of(in("--b\r\n\r\n"), new Zeros(length), in("\r\n--b--"))))).orElseThrow();
        ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        byte[] block = new byte[128 * 1024];
        InputStream part = form.next().orElseThrow().content();
        long before = thread.getCurrentThreadAllocatedBytes();

        long count = 0;
        for (int read = part.read(block); read >= 0; read = part.read(block)) {
            count += read;
        }
        assertEquals(length, count);
        assertTrue(form.next().isEmpty());
        assertTrue(thread.getCurrentThreadAllocatedBytes() - before < 1 << 20);
    }

    private static final class Zeros extends InputStream {
        private long left;

        Zeros(long length) {
            left = length;
        }

        @Override
        public int read() {
            throw new AssertionError("octet by octet");
        }

        @Override
        public int read(byte[] into, int offset, int count) {
            int some = (int) Math.min(count, left);
            left -= some;
            Arrays.fill(into, offset, offset + some, (byte) 0);
            return some == 0 ? -1 : some;
        }
    }
}
