package tests.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import lib.http.Status;
import lib.wire.Limits;
import lib.wire.RequestReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Octets to requests (RFC 9112 §2 to §6). Every row is fed whole, octet by octet, and in two pieces cut everywhere.
class RequestReaderTest {
    private static final String TCHAR = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static void assertOutcome(String expected, String picture) throws IOException {
        assertEquals(expected, Feed.outcome(picture, Feed.LIMITS), picture);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            GET / HTTP/1.1⏎Host: h⏎⏎                           | GET / 1.1 h
            GET / HTTP/1.0⏎⏎                                   | GET / 1.0 nobody
            GET / HTTP/1.0⏎Host: h⏎⏎                           | GET / 1.0 h
            GET / HTTP/1.2⏎Host: h⏎⏎                           | GET / 1.1 h
            GET / HTTP/1.9⏎Host: h⏎⏎                           | GET / 1.1 h
            get / HTTP/1.1⏎Host: h⏎⏎                           | get / 1.1 h
            M-SEARCH / HTTP/1.1⏎hOST: h⏎⏎                      | M-SEARCH / 1.1 h
            GET /a%20b?c=%2F HTTP/1.1⏎Host: h:8080⏎⏎           | GET /a%20b?c=%2F 1.1 h:8080
            GET /a/../b HTTP/1.1⏎Host: h⏎⏎                     | GET /a/../b 1.1 h
            GET / HTTP/1.1⏎Host:h⏎⏎                            | GET / 1.1 h
            GET / HTTP/1.1⏎Host:  ␉ h ␉ ⏎⏎                     | GET / 1.1 h
            GET / HTTP/1.1⏎Host: [::1]:80⏎⏎                    | GET / 1.1 [::1]:80
            GET / HTTP/1.1⏎Host: h:⏎⏎                          | GET / 1.1 h
            GET / HTTP/1.1⏎X:⏎Host: h⏎Y: ␉⏎⏎                   | GET / 1.1 h X= Y=
            GET / HTTP/1.1⏎Host: h⏎X: a␉b  c⏎⏎                 | GET / 1.1 h X=a␉b  c
            GET / HTTP/1.1⏎Host: h⏎X: a:b⏎X: c, d⏎⏎            | GET / 1.1 h X=a:b X=c, d
            GET / HTTP/1.1⏎Host: h⏎X: é\u00ff⏎⏎                | GET / 1.1 h X=é\u00ff
            GET / HTTP/1.1⏎Host: h⏎!#$%&'*+-.^_`~9: v⏎⏎        | GET / 1.1 h !#$%&'*+-.^_`~9=v
            OPTIONS * HTTP/1.1⏎Host: h⏎⏎                       | OPTIONS * 1.1 h
            CONNECT h:443 HTTP/1.1⏎Host: h⏎⏎                   | CONNECT tunnel 1.1 h:443
            PUT / HTTP/1.1⏎Host: h⏎Content-Length: 0⏎⏎         | PUT / 1.1 h
            PUT / HTTP/1.1⏎Host: h⏎Content-Length: 3⏎⏎abc      | PUT / 1.1 h <abc>
            PUT / HTTP/1.1⏎Host: h⏎Content-Length: 003⏎⏎abc    | PUT / 1.1 h <abc>
            PUT / HTTP/1.0⏎Content-Length: 3⏎⏎abc              | PUT / 1.0 nobody <abc>
            GET / HTTP/1.1⏎Host: h⏎Content-Length: 3⏎⏎abc      | GET / 1.1 h <abc>
            PUT / HTTP/1.1⏎Host: h⏎Transfer-Encoding: Chunked⏎⏎1⏎a⏎0⏎⏎ | PUT / 1.1 h <a>
            """)
    void whatTheGrammarAllowsIsReceived(String picture, String expected) throws IOException {
        assertOutcome(expected, picture);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            GET /a HTTP/1.1⏎Host: h⏎⏎GET /b HTTP/1.1⏎Host: h⏎⏎                | GET /a 1.1 h; GET /b 1.1 h
            PUT /a HTTP/1.1⏎Host: h⏎Content-Length: 3⏎⏎abcGET /b HTTP/1.1⏎Host: h⏎⏎ | PUT /a 1.1 h <abc>; GET /b 1.1 h
            PUT /a HTTP/1.1⏎Host: h⏎Content-Length: 3⏎⏎⏎a⏎GET /b HTTP/1.1⏎Host: h⏎⏎ | PUT /a 1.1 h <␍␊a>; GET /b 1.1 h
            PUT /a HTTP/1.1⏎Host: h⏎Transfer-Encoding: chunked⏎⏎3⏎abc⏎0⏎T: u⏎⏎GET /b HTTP/1.1⏎Host: h⏎⏎ | PUT /a 1.1 h <abc>; GET /b 1.1 h
            GET /a HTTP/1.1⏎Host: h⏎⏎⏎GET /b HTTP/1.1⏎Host: h⏎⏎               | GET /a 1.1 h; GET /b 1.1 h
            GET /a HTTP/1.1⏎Host: h⏎⏎NONSENSE⏎                                | GET /a 1.1 h; 400
            GET /a HTTP/1.1⏎Host: h⏎⏎GET /b HT                                | GET /a 1.1 h; midway
            GET /a HTTP/1.1⏎Host: h⏎⏎␊                                        | GET /a 1.1 h; 400
            """)
    void theNextRequestStartsWhereTheContentOfTheOneBeforeEnds(String picture, String expected) throws IOException {
        assertOutcome(expected.replace('␍', '\r').replace('␊', '\n'), picture);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "GET / HTTP/1.1␊Host: h⏎⏎", "GET / HTTP/1.1⏎Host: h␊⏎", "GET / HTTP/1.1⏎Host: h⏎␊", "GET / HTTP/1.1␊Host: h␊␊",
        "␊GET / HTTP/1.1⏎Host: h⏎⏎", "GET / HTTP/1.1⏎Host: h⏎X: a␊b⏎⏎"})
    void aLineThatEndsInABareLfIsMalformed(String picture) throws IOException {
        assertOutcome("400", picture);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "GET / HTTP/1.1␍␍␊Host: h⏎⏎", "GET␍/ HTTP/1.1⏎Host: h⏎⏎", "GET /␍ HTTP/1.1⏎Host: h⏎⏎", "GET / HTTP/1.1⏎Host: h␍⏎⏎",
        "GET / HTTP/1.1⏎Host: h⏎X: a␍b⏎⏎", "GET / HTTP/1.1⏎Host: h⏎X: a␍ Y: b⏎⏎", "GET / HTTP/1.1⏎Host: h⏎X␍: a⏎⏎",
        "GET / HTTP/1.1⏎Host: h⏎␍␍␊", "GET / HTTP/1.1⏎␍Host: h⏎⏎", "␍GET / HTTP/1.1⏎Host: h⏎⏎", "␍␍␊GET / HTTP/1.1⏎Host: h⏎⏎"})
    void aBareCrIsMalformedWhereverItStands(String picture) throws IOException {
        assertOutcome("400", picture);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "GET / HTTP/1.1⏎Host: h⏎X: a⏎ b⏎⏎", "GET / HTTP/1.1⏎Host: h⏎X: a⏎␉b⏎⏎", "GET / HTTP/1.1⏎ X: a⏎Host: h⏎⏎",
        "GET / HTTP/1.1⏎Host:⏎ h⏎⏎", "GET / HTTP/1.1⏎Host: h⏎ ⏎⏎", "GET / HTTP/1.1⏎Host: h⏎ Content-Length: 3⏎⏎abc"})
    void aFoldedLineIsMalformed(String picture) throws IOException {
        assertOutcome("400", picture);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "GET / HTTP/1.1⏎Host : h⏎⏎", "GET / HTTP/1.1⏎Host␉: h⏎⏎", "GET / HTTP/1.1⏎Host: h⏎X : a⏎⏎", "GET / HTTP/1.1⏎Host: h⏎X⏎⏎",
        "GET / HTTP/1.1⏎Host: h⏎: a⏎⏎", "GET / HTTP/1.1⏎Host: h⏎:⏎⏎", "GET / HTTP/1.1⏎Host: h⏎X Y: a⏎⏎", "GET / HTTP/1.1⏎Host: h⏎(X): a⏎⏎",
        "GET / HTTP/1.1⏎Host: h⏎Content-Length : 3⏎⏎abc", "GET / HTTP/1.1⏎Host: h⏎Transfer-Encoding : chunked⏎⏎0⏎⏎"})
    void aNameIsATokenWithTheColonRightBehindIt(String picture) throws IOException {
        assertOutcome("400", picture);
    }

    @Test
    void onlyTokenCharactersStandInAMethodAndInAName() throws IOException {
        for (int c = 0; c < 256; c++) {
            boolean token = TCHAR.indexOf(c) >= 0;
            assertEquals(token ? "G" + (char) c + "T / 1.1 h" : "400",
                    Feed.outcome("G" + (char) c + "T / HTTP/1.1⏎Host: h⏎⏎", Feed.LIMITS), "in a method: " + c);
            if (c != ':') {
                assertEquals(token ? "GET / 1.1 h X" + (char) c + "Y=v" : "400",
                        Feed.outcome("GET / HTTP/1.1⏎Host: h⏎X" + (char) c + "Y: v⏎⏎", Feed.LIMITS), "in a name: " + c);
            }
        }
    }

    @Test
    void noControlCharacterButTheTabStandsInAValue() throws IOException {
        for (int c = 0; c < 256; c++) {
            boolean legal = c == '\t' || (c >= ' ' && c != 0x7F);
            String shown = c == '\t' ? "␉" : Character.toString(c);
            assertEquals(legal ? "GET / 1.1 h X=a" + shown + "b" : "400",
                    Feed.outcome("GET / HTTP/1.1⏎Host: h⏎X: a" + (char) c + "b⏎⏎", Feed.LIMITS), "in a value: " + c);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            HTTP/1.1     | GET / 1.1 h
            HTTP/1.7     | GET / 1.1 h
            HTTP/2.0     | 505
            HTTP/3.0     | 505
            HTTP/0.9     | 505
            HTTP/9.9     | 505
            http/1.1     | 400
            Http/1.1     | 400
            HTTP/1       | 400
            HTTP/1.      | 400
            HTTP/.1      | 400
            HTTP/11      | 400
            HTTP/1.10    | 400
            HTTP/01.1    | 400
            HTTP/1.01    | 400
            HTTP/1,1     | 400
            HTTP/+1.1    | 400
            HTTP/1.-1    | 400
            HTTP/1.x     | 400
            HTTP1.1      | 400
            HTTP /1.1    | 400
            HTTPS/1.1    | 400
            HTPP/1.1     | 400
            HTTP/1.1/    | 400
            HTTP/1.\u0661 | 400
            'HTTP/1.1 '  | 400
            'HTTP/1.1␉'  | 400
            ' HTTP/1.1'  | 400
            HTTP/1.1 x   | 400
            ''           | 400
            """)
    void aVersionIsHttpInCapitalsAndTwoDigits(String version, String expected) throws IOException {
        assertOutcome(expected, "GET / " + version + "⏎Host: h⏎⏎");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "GET⏎Host: h⏎⏎", "GET ⏎Host: h⏎⏎", "GET /⏎⏎", "GET / ⏎Host: h⏎⏎", " GET / HTTP/1.1⏎Host: h⏎⏎", "GET  / HTTP/1.1⏎Host: h⏎⏎",
        "GET /  HTTP/1.1⏎Host: h⏎⏎", "GET␉/␉HTTP/1.1⏎Host: h⏎⏎", "GET /␉HTTP/1.1⏎Host: h⏎⏎", " / HTTP/1.1⏎Host: h⏎⏎",
        "GET  HTTP/1.1⏎Host: h⏎⏎", "/ HTTP/1.1⏎Host: h⏎⏎", "GET /a b HTTP/1.1⏎Host: h⏎⏎", "HTTP/1.1 200 OK⏎Host: h⏎⏎",
        "\u0016\u0003\u0001\u0002␀\u0001␀\u0001⏎⏎", "PRI * HTTP/2.0 ⏎⏎SM⏎⏎"})
    void aRequestLineIsThreeWordsWithOneBlankBetween(String picture) throws IOException {
        assertOutcome("400", picture);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/%", "/%4", "/%zz", "/%00", "/a%00b", "/é", "/\"", "/<", "/\\", "/^", "/a#b", "*", "a", "h:80", "../", "?a", "",
        "/\u007f", "/\u0001", "/␀", "ftp://h/", "http://", "http:///a", "http://u@h/", "http://h:x/", "http://h/%", "//%zz"})
    void aTargetOfNoFormIsMalformed(String target) throws IOException {
        assertOutcome("400", "GET " + target + " HTTP/1.1⏎Host: h⏎⏎");
    }

    @ParameterizedTest
    @CsvSource({"GET", "HEAD", "PUT", "TRACE"})
    void theAsteriskIsForOptionsOnly(String method) throws IOException {
        assertOutcome("400", method + " * HTTP/1.1⏎Host: h⏎⏎");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "GET / HTTP/1.1⏎⏎", "GET / HTTP/1.1⏎X: h⏎⏎", "GET / HTTP/1.1⏎Host: h⏎Host: h⏎⏎", "GET / HTTP/1.1⏎Host: h⏎host: i⏎⏎",
        "GET / HTTP/1.0⏎Host: h⏎Host: h⏎⏎", "GET / HTTP/1.0⏎Host: a b⏎⏎", "GET / HTTP/1.1⏎Host:⏎⏎", "GET / HTTP/1.1⏎Host: ⏎⏎",
        "GET http://h/ HTTP/1.1⏎⏎", "GET http://h/ HTTP/1.1⏎Host: h⏎Host: h⏎⏎", "GET http://h/ HTTP/1.1⏎Host: a b⏎⏎",
        "OPTIONS * HTTP/1.1⏎⏎", "CONNECT h:443 HTTP/1.1⏎⏎", "GET / HTTP/1.2⏎⏎"})
    void thereIsExactlyOneHostWhateverTheForm(String picture) throws IOException {
        assertOutcome("400", picture);
    }

    @ParameterizedTest
    @ValueSource(strings = {"h/a", "h?q", "h#f", "u@h", "u:p@h", "http://h", "a b", "a,b", "h, i", "h:80:80", "h:x", "h:-1", "h:65536", "h:99999",
        ":80", "h\\", "[::1", "::1", "[::1]x", "[h]", "[]", "[::1%25eth0]", "h%", "h%zz", "<h>", "\"h\"", "hé", "h:80 ,i", "h|i", "h{}"})
    void aHostIsAnAuthorityWithoutUserInformation(String host) throws IOException {
        assertOutcome("400", "GET / HTTP/1.1⏎Host: " + host + "⏎⏎");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            GET http://other:81/a?b HTTP/1.1⏎Host: h⏎⏎   | GET /a?b 1.1 other:81
            GET HTTPS://Other HTTP/1.1⏎Host: h:80⏎⏎      | GET / 1.1 other
            GET http://other/ HTTP/1.0⏎⏎                 | GET / 1.0 other
            OPTIONS http://other HTTP/1.1⏎Host: h⏎⏎      | OPTIONS / 1.1 other
            """)
    void anAbsoluteFormWinsOverHost(String picture, String expected) throws IOException {
        assertOutcome(expected, picture);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "Content-Length: 3⏎Content-Length: 3⏎", "Content-Length: 3⏎Content-Length: 4⏎", "Content-Length: 3, 3⏎", "Content-Length: 3,⏎",
        "Content-Length:⏎", "Content-Length: -3⏎", "Content-Length: +3⏎", "Content-Length: 3 3⏎", "Content-Length: 0x3⏎",
        "Content-Length: 3.0⏎", "Content-Length: 3e0⏎", "Content-Length: \"3\"⏎", "Content-Length: three⏎", "Content-Length: 3;⏎",
        "Content-Length: 9223372036854775808⏎", "Content-Length: 18446744073709551619⏎", "Content-Length: 99999999999999999999999999⏎",
        "Content-Length: 3⏎Transfer-Encoding: chunked⏎", "Transfer-Encoding: chunked⏎Content-Length: 3⏎",
        "Content-Length: 0⏎Transfer-Encoding: chunked⏎", "Transfer-Encoding: identity⏎", "Transfer-Encoding: identity⏎Content-Length: 3⏎",
        "Transfer-Encoding:⏎", "Transfer-Encoding: gzip⏎", "Transfer-Encoding: gzip, chunked⏎", "Transfer-Encoding: chunked, gzip⏎",
        "Transfer-Encoding: chunked, chunked⏎", "Transfer-Encoding: chunked⏎Transfer-Encoding: chunked⏎",
        "Transfer-Encoding: chunked⏎Transfer-Encoding: identity⏎", "Transfer-Encoding: chunked;q=1⏎", "Transfer-Encoding: xchunked⏎",
        "Transfer-Encoding: \"chunked\"⏎", "Transfer-Encoding: chunked,⏎", "Transfer-Encoding: , chunked⏎", "Transfer-Encoding: chun ked⏎",
        "Transfer-Encoding: chunked\u000b⏎", "Transfer-Encoding: \u00a0chunked⏎", "Transfer-Encoding: chunKed\u212a⏎"})
    void framingThatContradictsItselfOrIsUnknownIsMalformed(String fields) throws IOException {
        assertOutcome("400", "PUT / HTTP/1.1⏎Host: h⏎" + fields + "⏎0⏎⏎");
    }

    @Test
    void http10KnowsNoChunks() throws IOException {
        assertOutcome("400", "PUT / HTTP/1.0⏎Transfer-Encoding: chunked⏎⏎0⏎⏎");
    }

    /// What follows such a request is no request of the client's, and must not be read as one.
    @Test
    void nothingIsReadBehindAMalformedRequest() throws IOException {
        assertOutcome("400", "PUT / HTTP/1.1⏎Host: h⏎Content-Length: 1⏎Transfer-Encoding: chunked⏎⏎0⏎⏎GET /b HTTP/1.1⏎Host: h⏎⏎");
    }

    @Test
    void emptyLinesBeforeARequestAreForgivenButNotForEver() throws IOException {
        for (int count = 1; count <= 4; count++) {
            assertOutcome("GET / 1.1 h", "⏎".repeat(count) + "GET / HTTP/1.1⏎Host: h⏎⏎");
        }
        assertOutcome("400", "⏎".repeat(100) + "GET / HTTP/1.1⏎Host: h⏎⏎");
        assertOutcome("400", "⏎".repeat(100));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                            | ''
            ⏎                             | ''
            ⏎⏎                            | ''
            G                             | midway
            GET / HTTP/1.1                | midway
            GET / HTTP/1.1⏎               | midway
            GET / HTTP/1.1⏎Host: h⏎       | midway
            ⏎GET                          | midway
            """)
    void theEndBetweenTwoRequestsIsNotTheEndInTheMiddleOfOne(String picture, String expected) throws IOException {
        assertOutcome(expected, picture);
    }

    /// The limits of the rows below: 16 octets of target, 64 of fields, 3 lines.
    private static final Limits NARROW = Feed.limits(16, 64, 3);

    private static String narrow(String picture) throws IOException {
        return Feed.outcome(picture, NARROW);
    }

    @Test
    void aTargetMayBeAsLongAsItsLimitAndNoLonger() throws IOException {
        assertEquals("GET /" + "a".repeat(15) + " 1.1 h", narrow("GET /" + "a".repeat(15) + " HTTP/1.1⏎Host: h⏎⏎"));
        assertEquals("414", narrow("GET /" + "a".repeat(16) + " HTTP/1.1⏎Host: h⏎⏎"));
        assertEquals("414", narrow("GET /?" + "a".repeat(15) + " HTTP/1.1⏎Host: h⏎⏎"));
        assertEquals("414", narrow("GET /" + "a".repeat(5000) + " HTTP/1.1⏎Host: h⏎⏎"));
    }

    @Test
    void atLeast8000OctetsOfRequestLineWork() throws IOException {
        String target = "/" + "a".repeat(7999);
        assertOutcome("GET " + target + " 1.1 h", "GET " + target + " HTTP/1.1⏎Host: h⏎⏎");
    }

    @Test
    void aFieldSectionMayBeAsLongAsItsLimitAndNoLonger() throws IOException {
        assertEquals("GET / 1.1 h X=" + "v".repeat(48), narrow("GET / HTTP/1.1⏎Host: h⏎X: " + "v".repeat(48) + "⏎⏎"));
        assertEquals("431", narrow("GET / HTTP/1.1⏎Host: h⏎X: " + "v".repeat(64) + "⏎⏎"));
        assertEquals("431", narrow("GET / HTTP/1.1⏎Host: h⏎" + "v".repeat(64) + ": x⏎⏎"));
        assertEquals("431", narrow("GET / HTTP/1.1⏎Host: h⏎X: " + "v".repeat(30) + "⏎Y: " + "v".repeat(30) + "⏎⏎"));
        assertEquals("431", narrow("GET / HTTP/1.1⏎Host: h⏎X: " + "v".repeat(50_000) + "⏎⏎"));
    }

    @Test
    void thereMayBeAsManyFieldLinesAsTheLimitAndNoMore() throws IOException {
        assertEquals("GET / 1.1 h A=b C=d", narrow("GET / HTTP/1.1⏎Host: h⏎A: b⏎C: d⏎⏎"));
        assertEquals("431", narrow("GET / HTTP/1.1⏎Host: h⏎A: b⏎C: d⏎E: f⏎⏎"));
    }

    @ParameterizedTest
    @CsvSource({"64, true", "65, false", "80, false", "150, false", "165, false", "174, false", "200, false", "2000, false", "50000, false"})
    void aMethodLongerThanAnyIsNotImplemented(int length, boolean taken) throws IOException {
        String method = "M".repeat(length);
        String expected = taken ? method + " / 1.1 h" : "501";
        assertEquals(expected, narrow(method + " / HTTP/1.1⏎Host: h⏎⏎"));
        assertEquals(expected, Feed.outcome(method + " / HTTP/1.1⏎Host: h⏎⏎", Feed.LIMITS));
    }

    @Test
    void aHeadThatUsesUpAllItsLimitsIsReceived() throws IOException {
        String target = "/" + "a".repeat(8191);
        String value = "v".repeat(32 * 1024 - "Host: h\r\nX: \r\n\r\n".length());
        String method = "M".repeat(64);
        assertOutcome(method + " " + target + " 1.1 h X=" + value,
                "⏎⏎⏎⏎" + method + " " + target + " HTTP/1.1⏎Host: h⏎X: " + value + "⏎⏎");
    }

    /// None of these lines has an end, and the stream is at its end: an outcome other than `midway` was clear before.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            GET /aaaaaaaaaaaaaaaaaaaaaaaaaaa             | 414
            GET /aaaaaaaaaaaaaaaaaaaaaaaaaaa HTTP/1.1   | 414
            GET / HTTP/1.1aaaaaaaaaaaaaaaaaaaaaaaaaaa   | 400
            MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM | 501
            MMMMMMMMMMMMM@MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM | 400
            GET / HTTP/1.1⏎X: vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv | 431
            GET / HTTP/1.1⏎vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv | 431
            GET / HTTP/1.1⏎A: b⏎C: d⏎E: f⏎G: h⏎         | 431
            """)
    void whatIsTooLongIsRefusedBeforeItHasAllArrived(String picture, String expected) throws IOException {
        assertEquals(expected, narrow(picture));
    }

    @Test
    void aMalformedRequestKeepsItsLineForTheLog() throws IOException {
        RequestReader reader = Feed.reader("GET /x HTTP/1.1⏎Host : h⏎⏎");
        assertEquals(new RequestReader.Malformed(Status.BAD_REQUEST, "GET /x HTTP/1.1"), reader.next());
        assertEquals(new RequestReader.Closed(true, "GET /x HTTP/1.1"), Feed.reader("GET /x HTTP/1.1⏎Host").next());
        assertEquals(new RequestReader.Closed(true, ""), Feed.reader("GET /x HT").next());
        assertEquals(new RequestReader.Closed(false, ""), Feed.reader("").next());
    }

    @Test
    void itTellsWhenARequestHasBegunAndWhatIsLeft() throws IOException {
        AtomicInteger begun = new AtomicInteger();
        AtomicInteger moved = new AtomicInteger();
        RequestReader reader = new RequestReader(Feed.whole("GET /a HTTP/1.1⏎Host: h⏎⏎GET /b HTTP/1.1⏎Host: h⏎⏎"), Feed.LIMITS,
                moved::incrementAndGet, begun::incrementAndGet);

        assertInstanceOf(RequestReader.Received.class, reader.next());
        assertEquals(1, begun.get());
        assertTrue(reader.hasMore());
        assertInstanceOf(RequestReader.Received.class, reader.next());
        assertEquals(2, begun.get());
        assertFalse(reader.hasMore());
        assertInstanceOf(RequestReader.Closed.class, reader.next());
        assertEquals(2, begun.get());
        assertEquals(1, moved.get());
    }

    @Test
    void aThousandRequestsInOneRunOfOctetsAreAThousandRequests() throws IOException {
        StringBuilder run = new StringBuilder();
        IntStream.range(0, 1000).forEach(i -> run.append(i % 3 == 0 ? "PUT /" : "GET /").append(i).append(" HTTP/1.1⏎Host: h⏎")
                .append(i % 3 == 0 ? "Content-Length: 4⏎⏎⏎⏎" : "⏎"));
        RequestReader reader = Feed.reader(run.toString());
        for (int i = 0; i < 1000; i++) {
            RequestReader.Received received = assertInstanceOf(RequestReader.Received.class, reader.next());
            assertEquals("/" + i, received.request().rawTarget());
            assertEquals(i % 3 == 0 ? 4 : 0, received.content().readAllBytes().length);
        }
        assertInstanceOf(RequestReader.Closed.class, reader.next());
    }
}
