package tests.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Collectors;
import lib.http.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Status codes and reason phrases (RFC 9110 §15, RFC 6585 §4 and §5, RFC 4918 §11.5).
class StatusTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            100 | Continue
            104 | Upload Resumption Supported
            200 | OK
            201 | Created
            204 | No Content
            206 | Partial Content
            301 | Moved Permanently
            304 | Not Modified
            303 | See Other
            308 | Permanent Redirect
            400 | Bad Request
            401 | Unauthorized
            403 | Forbidden
            404 | Not Found
            405 | Method Not Allowed
            408 | Request Timeout
            409 | Conflict
            411 | Length Required
            412 | Precondition Failed
            413 | Content Too Large
            414 | URI Too Long
            415 | Unsupported Media Type
            416 | Range Not Satisfiable
            417 | Expectation Failed
            429 | Too Many Requests
            431 | Request Header Fields Too Large
            502 | Bad Gateway
            504 | Gateway Timeout
            500 | Internal Server Error
            501 | Not Implemented
            503 | Service Unavailable
            505 | HTTP Version Not Supported
            507 | Insufficient Storage
            """)
    void aStatusBearsTheCodeAndPhraseOfTheRegistry(int code, String reason) {
        assertEquals(reason, Status.KNOWN.stream().filter(status -> status.code() == code).findFirst().orElseThrow().reason());
    }

    static List<Status> known() {
        return Status.KNOWN;
    }

    @Test
    void aStatusOfSomebodyElsesIsTakenAsItIs() {
        assertSame(Status.NOT_FOUND, Status.of(404, ""));
        assertEquals("Gone Fishing", Status.of(404, "Gone Fishing").reason());
        assertEquals(299, Status.of(299, "").code());
    }

    @ParameterizedTest
    @CsvSource({"99, OK", "600, OK", "200, O\\nK", "-1, OK"})
    void whatCannotStandInAStatusLineIsNone(int code, String reason) {
        assertThrows(IllegalArgumentException.class, () -> Status.of(code, reason.replace("\\n", "\n")));
    }

    @Test
    void noTwoStatusesShareACode() {
        assertEquals(Status.KNOWN.size(), Status.KNOWN.stream().map(Status::code).distinct().count());
    }

    @ParameterizedTest
    @MethodSource("known")
    void aReasonPhraseNeverBreaksTheStatusLine(Status status) {
        assertTrue(status.reason().matches("[A-Za-z -]+"));
        assertTrue(status.code() >= 100 && status.code() <= 599);
    }

    @ParameterizedTest
    @MethodSource("known")
    void onlyInformationalNoContentAndNotModifiedForbidContent(Status status) {
        boolean forbids = status.code() / 100 == 1 || status.code() == 204 || status.code() == 304;
        assertEquals(forbids, status.forbidsContent());
    }

    @Test
    void theErrorsAreThoseOfClientAndServer() {
        var errors = Status.KNOWN.stream().filter(Status::isError).collect(Collectors.toSet());
        var fours = Status.KNOWN.stream().filter(status -> status.code() >= 400).collect(Collectors.toSet());
        assertEquals(fours, errors);
        assertTrue(errors.contains(Status.BAD_REQUEST) && !errors.contains(Status.NOT_MODIFIED));
    }
}
