package tests.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.Collectors;
import lib.http.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Status codes and reason phrases (RFC 9110 §15, RFC 6585 §4 and §5, RFC 4918 §11.5).
class StatusTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            CONTINUE              | 100 | Continue
            UPLOAD_RESUMPTION_SUPPORTED | 104 | Upload Resumption Supported
            OK                    | 200 | OK
            CREATED               | 201 | Created
            NO_CONTENT            | 204 | No Content
            PARTIAL_CONTENT       | 206 | Partial Content
            MOVED_PERMANENTLY     | 301 | Moved Permanently
            NOT_MODIFIED          | 304 | Not Modified
            SEE_OTHER             | 303 | See Other
            PERMANENT_REDIRECT    | 308 | Permanent Redirect
            BAD_REQUEST           | 400 | Bad Request
            UNAUTHORIZED          | 401 | Unauthorized
            FORBIDDEN             | 403 | Forbidden
            NOT_FOUND             | 404 | Not Found
            METHOD_NOT_ALLOWED    | 405 | Method Not Allowed
            REQUEST_TIMEOUT       | 408 | Request Timeout
            CONFLICT              | 409 | Conflict
            LENGTH_REQUIRED       | 411 | Length Required
            PRECONDITION_FAILED   | 412 | Precondition Failed
            CONTENT_TOO_LARGE     | 413 | Content Too Large
            URI_TOO_LONG          | 414 | URI Too Long
            UNSUPPORTED_MEDIA_TYPE | 415 | Unsupported Media Type
            RANGE_NOT_SATISFIABLE | 416 | Range Not Satisfiable
            EXPECTATION_FAILED    | 417 | Expectation Failed
            TOO_MANY_REQUESTS     | 429 | Too Many Requests
            FIELDS_TOO_LARGE      | 431 | Request Header Fields Too Large
            INTERNAL_SERVER_ERROR | 500 | Internal Server Error
            NOT_IMPLEMENTED       | 501 | Not Implemented
            SERVICE_UNAVAILABLE   | 503 | Service Unavailable
            VERSION_NOT_SUPPORTED | 505 | HTTP Version Not Supported
            INSUFFICIENT_STORAGE  | 507 | Insufficient Storage
            """)
    void aStatusBearsTheCodeAndPhraseOfTheRegistry(Status status, int code, String reason) {
        assertEquals(code, status.code());
        assertEquals(reason, status.reason());
    }

    @Test
    void noTwoStatusesShareACode() {
        assertEquals(Status.values().length, Arrays.stream(Status.values()).map(Status::code).distinct().count());
    }

    @ParameterizedTest
    @EnumSource
    void aReasonPhraseNeverBreaksTheStatusLine(Status status) {
        assertTrue(status.reason().matches("[A-Za-z -]+"));
        assertTrue(status.code() >= 100 && status.code() <= 599);
    }

    @ParameterizedTest
    @EnumSource
    void onlyInformationalNoContentAndNotModifiedForbidContent(Status status) {
        boolean forbids = status.code() / 100 == 1 || status.code() == 204 || status.code() == 304;
        assertEquals(forbids, status.forbidsContent());
    }

    @Test
    void theErrorsAreThoseOfClientAndServer() {
        var errors = Arrays.stream(Status.values()).filter(Status::isError).collect(Collectors.toSet());
        var fours = Arrays.stream(Status.values()).filter(status -> status.code() >= 400).collect(Collectors.toSet());
        assertEquals(fours, errors);
        assertTrue(errors.contains(Status.BAD_REQUEST) && !errors.contains(Status.NOT_MODIFIED));
    }
}
