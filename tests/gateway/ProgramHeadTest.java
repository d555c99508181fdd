package tests.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.nio.charset.StandardCharsets;
import lib.gateway.ProgramHead;
import lib.http.Fields;
import lib.http.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a program says before its content (RFC 3875 §6).
class ProgramHeadTest {

    private static ProgramHead parse(String text) {
        return ProgramHead.parse(text.replace("¶", "\n"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Content-Type: text/plain¶¶                          | 200 | OK                | -1
            Status: 404 Not Found¶¶                             | 404 | Not Found         | -1
            Status: 404¶Content-Length: 12¶¶                    | 404 | Not Found         | 12
            Status: 418 I'm a teapot¶¶                          | 418 | I'm a teapot      | -1
            Status: 299¶¶                                       | 299 | ''                | -1
            Location: https://example.com/¶¶                    | 302 | Found             | -1
            Location: //example.com/¶¶                          | 302 | Found             | -1
            Location: /here¶Content-Type: text/html¶¶           | 302 | Found             | -1
            Status: 303 See Other¶Location: /here¶¶             | 303 | See Other         | -1
            HTTP/1.1 201 Created¶Location: /new¶¶               | 201 | Created           | -1
            Content-Length: many¶Content-Type: text/plain¶¶     | 200 | OK                | -1
            """)
    void aDocumentHasTheStatusThatTheProgramSays(String head, int code, String reason, long length) {
        ProgramHead.Document document = assertInstanceOf(ProgramHead.Document.class, parse(head));
        assertEquals(code, document.status().code());
        assertEquals(reason, document.status().reason());
        assertEquals(length, document.length());
    }

    @Test
    void aPathAloneIsALocalRedirect() {
        assertEquals(new ProgramHead.Elsewhere("/there?x=1"), parse("Location: /there?x=1¶¶"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"¶", "hello¶¶", "Content-Type text/plain¶¶", " X: folded¶¶", "Sta tus: 200¶¶", "Status: abc¶¶",
            "Status: 99¶¶", "Status: 100 Continue¶¶", "Status: 2000¶¶", "Content-Type: a\u0000b¶¶", "A: b¶HTTP/1.1 200 OK¶¶", "HTTP/1.1 200 O\rSet-Cookie: a=1¶¶", "HTTP/1.1 200 \u0001¶¶", ": none¶¶"})
    void whatIsNoHeadIsNonsense(String head) {
        assertInstanceOf(ProgramHead.Nonsense.class, parse(head));
    }

    @Test
    void theFieldsOfTheFrameAreOurs() {
        ProgramHead.Document document = assertInstanceOf(ProgramHead.Document.class, parse("Status: 200 OK¶Transfer-Encoding: chunked¶"
                + "Connection: close¶Date: never¶Set-Cookie: a=1¶Set-Cookie: b=2¶X-Mine: yes¶¶"));
        assertEquals(Fields.of("Set-Cookie", "a=1", "Set-Cookie", "b=2", "X-Mine", "yes"), document.fields());
        assertEquals(Status.OK, document.status());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            A: b←¶←¶rest | 8
            A: b¶¶rest   | 6
            A: b¶←¶rest  | 7
            ¶rest        | 1
            ←¶rest       | 2
            A: b¶        | -1
            A: b←¶←      | -1
            A: b¶ ¶      | -1
            """)
    void theHeadEndsWithAnEmptyLine(String octets, int end) {
        byte[] bytes = octets.replace("←", "\r").replace("¶", "\n").getBytes(StandardCharsets.ISO_8859_1);
        assertEquals(end, ProgramHead.end(bytes, bytes.length));
    }
}
