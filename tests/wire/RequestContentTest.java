package tests.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import lib.wire.Limits;
import lib.wire.RequestContent;
import lib.wire.RequestReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Content, sized and in chunks (RFC 9112 §6 and §7). Each is followed by a request that must be found.
class RequestContentTest {
    private static final String CHUNKED = "PUT / HTTP/1.1⏎Host: h⏎Transfer-Encoding: chunked⏎⏎";
    private static final String SIZED = "PUT / HTTP/1.1⏎Host: h⏎Content-Length: ";
    private static final String NEXT = "GET /next HTTP/1.1⏎Host: h⏎⏎";

    private static RequestContent content(String picture) throws IOException {
        return ((RequestReader.Received) Feed.reader(picture).next()).content();
    }

    private static void assertMalformed(String chunks) throws IOException {
        assertEquals("PUT / 1.1 h !malformed", Feed.outcome(CHUNKED + chunks + NEXT, Feed.LIMITS), chunks);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0⏎⏎                              | ''
            000⏎⏎                            | ''
            5⏎hello⏎0⏎⏎                      | hello
            5⏎hello⏎6⏎ world⏎0⏎⏎             | hello world
            A⏎0123456789⏎a⏎0123456789⏎0⏎⏎    | 01234567890123456789
            0005⏎hello⏎0⏎⏎                   | hello
            2⏎⏎⏎0⏎⏎                          | ␍␊
            3⏎0⏎⏎1⏎a⏎0⏎⏎                     | 0␍␊a
            5;a⏎hello⏎0⏎⏎                    | hello
            5;a=b⏎hello⏎0;c=d⏎⏎              | hello
            5;a="b"⏎hello⏎0⏎⏎                | hello
            5;a=""⏎hello⏎0⏎⏎                 | hello
            5;a="b c;d=e"⏎hello⏎0⏎⏎          | hello
            5;a="\\"\\\\␉é"⏎hello⏎0⏎⏎        | hello
            5;a;b=c;d="e";f⏎hello⏎0⏎⏎        | hello
            5 ; a = b␉;␉c⏎hello⏎0⏎⏎          | hello
            5␉;a= "b" ;c⏎hello⏎0⏎⏎           | hello
            0⏎X: y⏎⏎                         | ''
            0⏎X: y⏎Z:⏎Host: evil⏎⏎           | ''
            0⏎Content-Length: 5⏎⏎            | ''
            """)
    void chunksAreTheContentWhateverTheirExtensionsAndTrailersSay(String chunks, String content) throws IOException {
        String expected = content.replace('␍', '\r').replace('␊', '\n');
        assertEquals("PUT / 1.1 h <" + expected + ">; GET /next 1.1 h", Feed.outcome(CHUNKED + chunks + NEXT, Feed.LIMITS));
    }

    @ParameterizedTest
    @ValueSource(strings = {"5⏎hello0⏎⏎", "5⏎helloX⏎0⏎⏎", "5⏎hell⏎0⏎⏎⏎", "5⏎hello␊0⏎⏎", "5⏎hello␍0⏎⏎", "5⏎hello␍␍␊0⏎⏎", "5⏎hello⏎⏎0⏎⏎",
        "4⏎hello⏎0⏎⏎", "5⏎hello⏎ 0⏎⏎"})
    void aChunkEndsInCrlfWhereItsSizeSays(String chunks) throws IOException {
        assertMalformed(chunks);
    }

    @ParameterizedTest
    @ValueSource(strings = {"5␊hello⏎0⏎⏎", "5␍hello⏎0⏎⏎", "5␍␍␊hello⏎0⏎⏎", "⏎hello⏎0⏎⏎", "g⏎hello⏎0⏎⏎", "-5⏎hello⏎0⏎⏎", "+5⏎hello⏎0⏎⏎",
        "0x5⏎hello⏎0⏎⏎", "5h⏎hello⏎0⏎⏎", " 5⏎hello⏎0⏎⏎", "␉5⏎hello⏎0⏎⏎", "5 ⏎hello⏎0⏎⏎", "5␉⏎hello⏎0⏎⏎", "5.0⏎hello⏎0⏎⏎", "5,5⏎hello⏎0⏎⏎",
        "5 5⏎hello⏎0⏎⏎", "\"5\"⏎hello⏎0⏎⏎", "5␀⏎hello⏎0⏎⏎", "0_5⏎hello⏎0⏎⏎", ";a⏎hello⏎0⏎⏎", "5#⏎hello⏎0⏎⏎", "\u00b2⏎hello⏎0⏎⏎"})
    void aSizeIsHexadecimalDigitsAndNothingElse(String chunks) throws IOException {
        assertMalformed(chunks);
    }

    /// The last but one of these would be 5 to who keeps only 64 bits.
    @ParameterizedTest
    @ValueSource(strings = {"FFFFFFFFFFFFFFFF", "8000000000000000", "8000000000000005", "10000000000000005", "fffffffffffffffffffffffffffffffffff"})
    void aSizeThatOverflowsIsMalformed(String size) throws IOException {
        assertMalformed(size + "⏎hello⏎0⏎⏎");
    }

    @ParameterizedTest
    @ValueSource(strings = {"5;", "5; ", "5;;a", "5;=b", "5;a=", "5;a=;b", "5;a=\"b", "5;a=\"b\\\"", "5;a=\"b\"c", "5;a=b\"c\"", "5;a=b c", "5;a b",
        "5;a=b ", "5;a=\"b\" ", "5,a=b", "5;a=␀", "5;a=\"␀\"", "5;a=\"b\\␀\"", "5;a=\"\u007f\"", "5;a=b␍c", "5;a␊b", "5;a=\"␊\"", "5;(a)", "5;é",
        "5;a==b", "5;a;"})
    void anExtensionKeepsToItsGrammar(String line) throws IOException {
        assertMalformed(line + "⏎hello⏎0⏎⏎");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0⏎X : y⏎⏎", "0⏎ X: y⏎⏎", "0⏎X⏎⏎", "0⏎: y⏎⏎", "0⏎X: y␊⏎", "0⏎X: a␍b⏎⏎", "0⏎X: y⏎ folded⏎⏎", "0␊␊", "0⏎␊", "0␊⏎",
        "0⏎X: a␀b⏎⏎", "0⏎␍␍␊", "0⏎GET / HTTP/1.1⏎⏎"})
    void aTrailerSectionKeepsToTheGrammarOfFields(String chunks) throws IOException {
        assertMalformed(chunks);
    }

    @Test
    void extensionsAndTrailersAreBounded() throws IOException {
        assertMalformed("5;a=" + "b".repeat(Limits.CHUNK_LINE_OCTETS) + "⏎hello⏎0⏎⏎");
        assertMalformed("0⏎" + "X: y⏎".repeat(129) + "⏎");
        assertMalformed("0⏎X: " + "y".repeat(32 * 1024) + "⏎⏎");
        assertEquals("PUT / 1.1 h <>; GET /next 1.1 h", Feed.outcome(CHUNKED + "0⏎" + "X: y⏎".repeat(128) + "⏎" + NEXT, Feed.LIMITS));
    }

    @ParameterizedTest
    @ValueSource(strings = {CHUNKED, CHUNKED + "5", CHUNKED + "5␍", CHUNKED + "5⏎", CHUNKED + "5⏎hel", CHUNKED + "5⏎hello", CHUNKED + "5⏎hello⏎",
        CHUNKED + "5⏎hello⏎0⏎", CHUNKED + "0⏎X: y⏎", CHUNKED + "5;a=\"", SIZED + "5⏎⏎", SIZED + "5⏎⏎hell"})
    void contentThatEndsTooEarlyIsNotTakenForTheWhole(String picture) throws IOException {
        assertEquals("PUT / 1.1 h !cut", Feed.outcome(picture, Feed.LIMITS));
    }

    @Test
    void sizedContentIsReadToItsEndAndNoFurther() throws IOException {
        RequestContent content = content(SIZED + "5⏎⏎hello" + NEXT);
        assertEquals(5, content.announced());
        assertEquals('h', content.read());
        assertEquals(4, content.announced());
        assertFalse(content.isAtEnd());

        assertEquals("ello", new String(content.readAllBytes(), StandardCharsets.US_ASCII));
        assertTrue(content.isAtEnd());
        assertEquals(-1, content.read());
        assertEquals(0, content.announced());
    }

    @Test
    void chunkedContentAnnouncesWhatIsLeftOfItsChunk() throws IOException {
        RequestContent content = content(CHUNKED + "5⏎hello⏎1⏎!⏎0⏎⏎");
        assertFalse(content.isAtEnd());
        assertEquals('h', content.read());
        assertEquals(4, content.announced());
        assertEquals("ello!", new String(content.readAllBytes(), StandardCharsets.US_ASCII));
        assertTrue(content.isAtEnd());
        assertEquals(-1, content.read());
    }

    @Test
    void anOctetAbove127IsNotTheEnd() throws IOException {
        assertEquals(255, content(SIZED + "1⏎⏎\u00ff").read());
        assertEquals(255, content(CHUNKED + "1⏎\u00ff⏎0⏎⏎").read());
    }

    @Test
    void contentLargerThanAnyBufferPasses() throws IOException {
        String content = "0123456789abcdef".repeat(20_000);
        assertEquals(content, new String(content(SIZED + content.length() + "⏎⏎" + content).readAllBytes(), StandardCharsets.US_ASCII));
        String chunk = Integer.toHexString(content.length()) + "⏎" + content + "⏎";
        assertEquals(content + content, new String(content(CHUNKED + chunk + chunk + "0⏎⏎").readAllBytes(), StandardCharsets.US_ASCII));
    }

    @Test
    void noContentIsAtItsEndFromTheStart() throws IOException {
        assertTrue(content(NEXT).isAtEnd());
        assertTrue(content(SIZED + "0⏎⏎").isAtEnd());
        assertEquals(-1, content(NEXT).read());
    }

    @Test
    void theTwoWaysToFailAreToldApart() throws IOException {
        assertThrows(RequestContent.MalformedContent.class, () -> content(CHUNKED + "x⏎").readAllBytes());
        assertThrows(EOFException.class, () -> content(CHUNKED + "5⏎").readAllBytes());
    }
}
