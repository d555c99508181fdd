package tests.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import lib.http.Content;
import lib.http.Fields;
import lib.http.Response;
import lib.http.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Responses as values (RFC 9110 §15).
class ResponseTest {

    @Test
    void aResponseOfStatusAndFieldsHasNoContent() {
        Fields fields = Fields.of("ETag", "\"a\"");
        assertEquals(new Response(Status.NOT_MODIFIED, fields, Content.NONE), Response.of(Status.NOT_MODIFIED, fields));
    }

    static List<Status> known() {
        return Status.KNOWN;
    }

    @ParameterizedTest
    @MethodSource("known")
    void thePageOfAFailureIsItsStatusLineAsPlainText(Status status) {
        Response failure = Response.failure(status, "Allow", "GET, HEAD");
        Content.Octets page = assertInstanceOf(Content.Octets.class, failure.content());
        assertEquals(status.code() + " " + status.reason() + "\n", new String(page.octets(), StandardCharsets.UTF_8));
        assertEquals(status, failure.status());
        assertEquals(Fields.of("Allow", "GET, HEAD", "Content-Type", "text/plain; charset=utf-8"), failure.fields());
    }

    @Test
    void aFailureNeedsNoFieldsOfItsOwn() {
        assertEquals(Fields.of("Content-Type", "text/plain; charset=utf-8"),
                Response.failure(Status.NOT_FOUND).fields());
    }

    @Test
    void aFailureCannotBeMadeToSplit() {
        assertThrows(IllegalArgumentException.class,
                () -> Response.failure(Status.BAD_REQUEST, "Location", "/\r\nSet-Cookie: a=b"));
    }

    @Test
    void otherFieldsReplaceThoseOfTheSameNameAndLeaveTheRest() {
        Response response = Response.failure(Status.NOT_FOUND, "X", "1");
        Response with = response.with(Fields.of("x", "2", "Cache-Control", "no-store"));
        assertEquals(Optional.of("2"), with.fields().combined("X"));
        assertEquals(Optional.of("no-store"), with.fields().first("Cache-Control"));
        assertEquals(Optional.of("text/plain; charset=utf-8"), with.fields().first("Content-Type"));
        assertEquals(Optional.of("1"), response.fields().first("X"));
        assertSame(response.content(), with.content());
        assertEquals(response.status(), with.status());
    }
}
