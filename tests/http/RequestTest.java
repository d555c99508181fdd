package tests.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.Set;
import lib.http.Authority;
import lib.http.Fields;
import lib.http.Request;
import lib.http.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a request says of its connection and its expectations (RFC 9112 §9.3, RFC 9110 §9.1 and §10.1.1).
class RequestTest {

    private static Request request(String method, int minorVersion, Fields fields) {
        return new Request(method, "/", Target.parse("/", "GET").orElseThrow(), minorVersion,
                Optional.of(new Authority("localhost", -1)), fields);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            1 | ''                    | ''         | true
            1 | close                 | ''         | false
            1 | Close                 | ''         | false
            1 | 'TE, close'           | ''         | false
            1 | ',close ,'            | ''         | false
            1 | TE                    | close      | false
            1 | keep-alive            | ''         | true
            1 | 'keep-alive, close'   | ''         | false
            1 | closed                | ''         | true
            1 | 'close x'             | ''         | true
            1 | upgrade               | ''         | true
            2 | ''                    | ''         | true
            9 | close                 | ''         | false
            0 | ''                    | ''         | false
            0 | keep-alive            | ''         | true
            0 | Keep-Alive            | ''         | true
            0 | TE                    | keep-alive | true
            0 | keep-alive            | close      | false
            0 | close                 | ''         | false
            0 | keepalive             | ''         | false
            """)
    void aConnectionPersistsUnlessItIsOldOrToBeClosed(int minor, String first, String second, boolean persists) {
        Fields fields = Fields.of("Connection", first, "connection", second);
        assertEquals(persists, request("GET", minor, fields).persists());
    }

    @Test
    void withoutAConnectionFieldTheVersionDecides() {
        assertTrue(request("GET", 1, Fields.NONE).persists());
        assertFalse(request("GET", 0, Fields.NONE).persists());
        assertFalse(request("GET", 0, Fields.of("Keep-Alive", "timeout=5")).persists());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            1 | 100-continue               | true  | false
            1 | 100-Continue               | true  | false
            1 | '100-continue,'            | true  | false
            1 | ''                         | false | false
            1 | 100                        | false | true
            1 | 200-ok                     | false | true
            1 | 100-continued              | false | true
            1 | '100-continue, other'      | true  | true
            1 | 'x="a, 100-continue"'      | false | true
            1 | 'x, "'                     | false | true
            1 | '"\\'                      | false | true
            0 | 100-continue               | false | false
            """)
    void onlyAHundredContinueIsAnExpectationThatWeKnow(int minor, String expect, boolean waits, boolean unknown) {
        Request request = request("PUT", minor, Fields.of("Expect", expect));
        assertEquals(waits, request.expectsContinue());
        assertEquals(unknown, request.expectsTheUnknown());
    }

    @Test
    void anExpectationInASecondLineCountsToo() {
        Request request = request("PUT", 1, Fields.of("Expect", "100-continue", "EXPECT", "the-unexpected"));
        assertTrue(request.expectsContinue() && request.expectsTheUnknown());
        assertFalse(request("PUT", 1, Fields.NONE).expectsTheUnknown());
        assertFalse(request("PUT", 1, Fields.NONE).expectsContinue());
    }

    @ParameterizedTest
    @CsvSource({"GET, true, false", "HEAD, false, true", "get, false, false", "Head, false, false",
        "POST, false, false"})
    void aMethodIsCaseSensitive(String method, boolean get, boolean head) {
        assertEquals(get, request(method, 1, Fields.NONE).isGet());
        assertEquals(head, request(method, 1, Fields.NONE).isHead());
    }

    @Test
    void theKnownMethodsAreThoseOfTheStandardAndPatch() {
        assertEquals(Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"),
                Request.KNOWN_METHODS);
    }
}
