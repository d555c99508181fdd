package tests.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import lib.http.Authority;
import lib.http.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The four forms of a request-target (RFC 9112 §3.2), its path and its query (RFC 3986 §3.3 and §3.4).
class TargetTest {

    private static Target.Place place(String text) {
        return (Target.Place) Target.parse(text, "GET").orElseThrow();
    }

    private static void assertRefused(String text, String method) {
        assertTrue(Target.parse(text, method).isEmpty(), text);
    }

    /// The segments are written here with a colon between them.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /                     | ''               | true
            /a                    | a                | false
            /a/                   | a                | true
            /a/b.txt              | a:b.txt          | false
            /a/b/                 | a:b              | true
            //                    | ''               | true
            //host/a              | host:a           | false
            ///a//b///            | a:b              | true
            /a%20b                | a b              | false
            /%41%6a%6A            | Ajj              | false
            /b%C3%BC              | b\u00c3\u00bc    | false
            /%ff%FE               | \u00ff\u00fe     | false
            /%2520                | %20              | false
            /a+b                  | a+b              | false
            /a%2Fb                | a/b              | false
            /a%2f                 | a/               | false
            /%2F                  | /                | false
            /%5Cx                 | \\x              | false
            /a%3Fb%23c            | a?b#c            | false
            /..                   | ..               | false
            /../a/./b             | ..:a:.:b         | false
            /%2e%2E/a             | ..:a             | false
            /..%2Fa               | ../a             | false
            /.../a                | ...:a            | false
            /a;v=1/b@c,d!$&'()*=~ | a;v=1:b@c,d!$&'()*=~ | false
            /%0D%0A               | '\r\n'           | false
            """)
    void aPathIsSplitFirstAndThenDecodedOnce(String text, String segments, boolean directory) {
        Target.Place place = place(text);
        assertEquals(segments.isEmpty() ? List.of() : List.of(segments.split(":")), place.segments());
        assertEquals(directory, place.directory());
        assertEquals(Optional.empty(), place.query());
        assertEquals(Optional.empty(), place.authority());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /?            | ''
            /a?b          | b
            /a?b=1&c=%20d | b=1&c=%20d
            /?a?b/c:@     | a?b/c:@
            /?%2F%00      | %2F%00
            /?../../x     | ../../x
            /a?/          | /
            """)
    void aQueryIsWhatFollowsTheFirstQuestionMarkUndecoded(String text, String query) {
        assertEquals(Optional.of(query), place(text).query());
        assertEquals(text.startsWith("/?"), place(text).directory());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/%", "/%4", "/a%", "/%zz", "/%4z", "/%z4", "/%%41", "/%-1", "/%+1", "/% 1", "/%u0041",
        "/a%/b", "/%4/1", "/%\uff14\uff11", "/?%", "/?%4", "/?%zz", "/?a%4&b", "http://h/%", "http://h?%"})
    void aPercentEncodingIsCompleteAndHexadecimal(String text) {
        assertRefused(text, "GET");
    }

    /// A NUL ends a name in C: the check and the system would see two names.
    @ParameterizedTest
    @ValueSource(strings = {"/%00", "/a%00.txt", "/a/%00/b", "/a.txt%00", "http://h/%00", "/\0"})
    void aNulNeverGetsIntoAPath(String text) {
        assertRefused(text, "GET");
    }

    /// Of all octets, encoded ones aside: pchar, the separators, and what browsers leave bare.
    @Test
    void onlyOctetsOfTheGrammarAndThoseThatBrowsersLeaveBareStandInATarget() {
        String pchar = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@";
        IntStream.rangeClosed(0, 0x200).filter(c -> c != '%').forEach(c -> {
            boolean inPath = (pchar + "/?[]|").indexOf(c) >= 0;
            boolean inQuery = (pchar + "/?[]|{}^`\\").indexOf(c) >= 0;
            assertEquals(inPath, Target.parse("/a" + (char) c + "b", "GET").isPresent(), "in a path: " + c);
            assertEquals(inQuery, Target.parse("/?a" + (char) c + "b", "GET").isPresent(), "in a query: " + c);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "a/b", "?", "?q", "#", "\\", "/#", "/a#b", "/?#", " /", "/ ", "/a b", "/\t",
        "/\r\n", "/b\u00fc", "/?b\u00fc", "/<script>", "/\"", "/\\..\\x", "/a\u007f", "/\u20ac", "/{a}", "..", "./",
        ".", "*/", "**", "*?q"})
    void whatIsOfNoFormIsRefused(String text) {
        assertRefused(text, "GET");
        assertRefused(text, "OPTIONS");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            http://h/a/b           | h           | -1   | /a/b  | nothing
            http://h               | h           | -1   | /     | nothing
            http://h/              | h           | -1   | /     | nothing
            http://h?              | h           | -1   | /     | ''
            http://h?q=/x          | h           | -1   | /     | q=/x
            http://h//a//          | h           | -1   | /a/   | nothing
            http://h:8080/a?q      | h           | 8080 | /a    | q
            http://h:              | h           | -1   | /     | nothing
            http://h:/a            | h           | -1   | /a    | nothing
            https://h/a            | h           | -1   | /a    | nothing
            HTTP://H.Example/A     | h.example   | -1   | /A    | nothing
            hTTpS://h/A            | h           | -1   | /A    | nothing
            http://[2001:DB8::1]:1/ | [2001:db8::1] | 1 | /     | nothing
            http://[::1]?q         | [::1]       | -1   | /     | q
            http://h/http://x:y@z/ | h           | -1   | /http%3A/x%3Ay%40z/ | nothing
            http://h/%2e%2e/a      | h           | -1   | /../a | nothing
            """)
    void anAbsoluteFormNamesItsHost(String text, String host, int port, String path, String query) {
        Target.Place place = place(text);
        assertEquals(Optional.of(new Authority(host, port)), place.authority());
        assertEquals(path, place.path());
        assertEquals(query, place.query().orElse("nothing"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"http:", "http:/", "http://", "http:///a", "http:/h/a", "http:h/a", "http//h/a",
        "http://?q", "http://:80/", "http://user@h/", "http://user:secret@h/", "http://h@/", "http://h:x/",
        "http://h:65536/", "http://h:-1/", "http://h,i/", "http://h /", "http://h#f", "http://h/#f", "http://h\\@i/",
        "http://h%zz/", "http://[::1/", "http://::1/", "http://[h]/", "http://b\u00fccher/", "ftp://h/",
        "file:///etc/passwd", "ws://h/", "httpx://h/", "javascript:alert(1)", "://h/", "h:80", "h/a", "https:/h"})
    void whatIsNoAbsoluteFormOfHttpIsRefused(String text) {
        assertRefused(text, "GET");
    }

    @ParameterizedTest
    @CsvSource({"OPTIONS, true", "GET, false", "HEAD, false", "PUT, false", "options, false", "CONNECT, false"})
    void theAsteriskIsForOptionsOnly(String method, boolean allowed) {
        assertEquals(allowed ? Optional.of(new Target.Asterisk()) : Optional.empty(), Target.parse("*", method));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            h:443           | h       | 443
            Example.COM:80  | example.com | 80
            [::1]:443       | [::1]   | 443
            192.0.2.1:1     | 192.0.2.1 | 1
            """)
    void anAuthorityFormIsForConnectAndHasAPort(String text, String host, int port) {
        assertEquals(Optional.of(new Target.Tunnel(new Authority(host, port))), Target.parse(text, "CONNECT"));
        assertRefused(text, "GET");
        assertRefused(text, "OPTIONS");
    }

    /// RFC 9110 §9.3.6: an empty or invalid port is rejected.
    @ParameterizedTest
    @ValueSource(strings = {"", "h", "h:", ":443", "h:65536", "h:https", "/", "/a", "*", "http://h:443/",
        "http://h:443", "u@h:443", "h:443/", "h:443?q", "[::1]", "::1:443"})
    void connectTakesNothingElse(String text) {
        assertRefused(text, "CONNECT");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /                      | /
            //                     | /
            //evil.example/..      | /evil.example/..
            /\\evil.example        | nothing
            /%5Cevil.example       | /%5Cevil.example
            /a//b/                 | /a/b/
            /a%2Fb                 | /a%2Fb
            /%2F%2Fevil.example/   | /%2F%2Fevil.example/
            /%7Euser/%61-._        | /~user/a-._
            /a%20b%c3%bc           | /a%20b%C3%BC
            '/[x]|'                | /%5Bx%5D%7C
            /a?b                   | /a
            /%0d%0aX:%20y/         | /%0D%0AX%3A%20y/
            """)
    void aPathEncodedAnewHasOneSlashAtItsFrontAndNoOctetThatBreaksOut(String text, String path) {
        String anew = Target.parse(text, "GET").map(target -> ((Target.Place) target).path()).orElse("nothing");
        assertEquals(path, anew);
    }

    @Test
    void everyOctetButNulComesBackFromItsEncoding() {
        StringBuilder octets = new StringBuilder();
        IntStream.rangeClosed(1, 255).forEach(c -> octets.append((char) c));
        String encoded = Target.encode(octets.toString());

        assertTrue(encoded.matches("(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})*"));
        assertEquals(List.of(octets.toString()), place('/' + encoded).segments());
        assertEquals('/' + encoded, place('/' + encoded).path());
    }

    @Test
    void aPathOfAnyLengthIsReadWithoutOverflowingTheStack() {
        assertEquals(50_000, place("/%41".repeat(50_000)).segments().size());
        assertEquals(0, place("/".repeat(50_000)).segments().size());
    }

    @Test
    void theSegmentsAreACopyThatNobodyChanges() {
        List<String> segments = new ArrayList<>(List.of("a"));
        Target.Place place = new Target.Place(Optional.empty(), segments, false, Optional.empty(), "");
        segments.add("..");
        assertEquals("/a", place.path());
        assertThrows(UnsupportedOperationException.class, () -> place.segments().add(".."));
    }
}
