package tests.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import lib.http.Authority;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The authority of a target and the value of Host (RFC 9110 §4.2 and §7.2, RFC 3986 §3.2).
class AuthorityTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            example.com          | example.com       | -1
            example.com:         | example.com       | -1
            example.com:80       | example.com       | 80
            example.com:0        | example.com       | 0
            example.com:65535    | example.com       | 65535
            example.com:00080    | example.com       | 80
            EXAMPLE.Com:8080     | example.com       | 8080
            example.com.         | example.com.      | -1
            localhost            | localhost         | -1
            127.0.0.1:8080       | 127.0.0.1         | 8080
            my_host-1~x          | my_host-1~x       | -1
            xn--bcher-kva.ch     | xn--bcher-kva.ch  | -1
            b%C3%BCcher.ch       | b%c3%bccher.ch    | -1
            a!$&'()*+;=b         | a!$&'()*+;=b      | -1
            I                    | i                 | -1
            """)
    void aHostIsReadInLowerCaseAndAPortAsANumber(String text, String host, int port) {
        assertEquals(Optional.of(new Authority(host, port)), Authority.parse(text));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            [::1]                      | [::1]                      | -1
            [::1]:                     | [::1]                      | -1
            [::1]:8080                 | [::1]                      | 8080
            [::]                       | [::]                       | -1
            [1::]                      | [1::]                      | -1
            [2001:DB8::A]:443          | [2001:db8::a]              | 443
            [1:2:3:4:5:6:7:8]          | [1:2:3:4:5:6:7:8]          | -1
            [1:2:3:4:5:6:7::]          | [1:2:3:4:5:6:7::]          | -1
            [::2:3:4:5:6:7:8]          | [::2:3:4:5:6:7:8]          | -1
            [1:2:3:4:5:6:1.2.3.4]      | [1:2:3:4:5:6:1.2.3.4]      | -1
            [::ffff:192.0.2.1]:80      | [::ffff:192.0.2.1]         | 80
            [64:ff9b::255.255.255.255] | [64:ff9b::255.255.255.255] | -1
            [v1.fe80::a+en1]:80        | [v1.fe80::a+en1]           | 80
            """)
    void anIpLiteralKeepsItsBrackets(String text, String host, int port) {
        assertEquals(Optional.of(new Authority(host, port)), Authority.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "[:]", "[::1", "::1", "::1]", "[::1]x", "[::1]x:80", "[::1]80", "[::1]]", "[[::1]]",
        "x[::1]", "[:::]", "[::1::]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[1::2:3:4:5:6:7:8]", "[:1]", "[1:]",
        "[00001::]", "[g::]", "[....]", "[1.2.3.4]", "[::1.2.3]", "[::1.2.3.256]", "[::1.2.3.04]", "[::01.2.3.4]", "[::1.2.3.4:5]", "[fe80::1%eth0]",
        "[fe80::1%25eth0]", "[::1 ]", "[localhost]", "[v1]", "[v.a]", "[vg.a]", "[v1.]"})
    void whatIsNoIpLiteralIsRefused(String text) {
        assertTrue(Authority.parse(text).isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"a:65536", "a:99999", "a:100000", "a:99999999999999999999", "a:-1", "a:+80", "a:8o",
        "a: 80", "a:80 ", "a::80", "a:80:80", "a:\u0668\u0660", "a:0x50"})
    void aPortIsANumberBelow65536(String text) {
        assertTrue(Authority.parse(text).isEmpty());
    }

    /// Nobody (§4.2.1), a disguise (§4.2.4), two hosts, and whatever could confuse who reads it next.
    @ParameterizedTest
    @ValueSource(strings = {"", ":", ":80", "user@example.com", "user:secret@example.com", "@example.com",
        "example.com,other", "example.com, other", "example.com:80,other:80", "a b", " a", "a ", "a\t", "a/b", "a?b",
        "a#b", "a\\b", "a<b>", "\"a\"", "a\0", "a\r\nb", "a\n", "b\u00fccher.ch", "a|b", "a^b", "a`b", "a{b}"})
    void whatIsNoHostIsRefused(String text) {
        assertTrue(Authority.parse(text).isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"%", "a%", "a%4", "a%zz", "a%4g", "%%41", "a%-1"})
    void aPercentEncodingIsComplete(String text) {
        assertTrue(Authority.parse(text).isEmpty());
    }

    @Test
    void aHostOfAnyLengthIsReadOrRefusedWithoutOverflowingTheStack() {
        assertTrue(Authority.parse("a".repeat(100_000)).isPresent());
        assertTrue(Authority.parse("%41".repeat(100_000)).isPresent());
        assertTrue(Authority.parse("%41".repeat(100_000) + "%").isEmpty());
        assertTrue(Authority.parse("[" + ":".repeat(100_000) + "]").isEmpty());
        assertTrue(Authority.parse("[v1." + ":".repeat(100_000) + "]").isPresent());
        assertTrue(Authority.parse("a:" + "1".repeat(100_000)).isEmpty());
    }
}
