package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import lib.host.Endpoint;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Where to listen.
class EndpointTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            localhost             | localhost   | -1
            localhost:80          | localhost   | 80
            localhost:0           | localhost   | 0
            my-host.example:8080  | my-host.example | 8080
            127.0.0.1             | 127.0.0.1   | -1
            127.0.0.1:65535       | 127.0.0.1   | 65535
            0.0.0.0               | 0.0.0.0     | -1
            ::                    | ::          | -1
            ::1                   | ::1         | -1
            [::1]                 | ::1         | -1
            [::1]:8080            | ::1         | 8080
            [::]:0                | ::          | 0
            2001:db8::1           | 2001:db8::1 | -1
            fe80::1%eth0          | fe80::1%eth0 | -1
            [fe80::1%eth0]:80     | fe80::1%eth0 | 80
            """)
    void aHostMayHaveAPort(String text, String host, int port) {
        Optional<Integer> own = port < 0 ? Optional.empty() : Optional.of(port);
        assertEquals(Optional.of(new Endpoint.Inet(host, own)), Endpoint.parse(text));
    }

    @ParameterizedTest
    @CsvSource({"unix:/run/c.sock, /run/c.sock", "unix:c.sock, c.sock", "unix:a:b, a:b", "'unix:a b', a b"})
    void aSocketIsAPath(String text, String path) {
        assertEquals(Optional.of(new Endpoint.Unix(path)), Endpoint.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", ":", ":80", "localhost:", "localhost:x", "localhost:-1", "localhost:65536", "localhost:99999999999", "localhost:8 0",
        "localhost:+80", "[::1", "::1]", "[::1]80", "[::1]:", "[::1]:x", "[::1]x:80", "[]", "[]:80", "unix:", "http://localhost", "http://localhost:80/",
        "localhost/", "a b", "a\nb", "a\tb:80", "localhost:80/", "localhost:\u0661"})
    void anythingElseIsNone(String text) {
        assertEquals(Optional.empty(), Endpoint.parse(text));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            0      | 0
            80     | 80
            0080   | 80
            65535  | 65535
            65536  | -
            99999  | -
            100000 | -
            99999999999999999999 | -
            -1     | -
            +1     | -
            ''     | -
            ' 1'   | -
            1.0    | -
            0x1    | -
            """)
    void aPortIsANumberFrom0To65535(String text, Integer port) {
        assertEquals(Optional.ofNullable(text.equals("-1") ? null : port), Endpoint.port(text));
    }
}
