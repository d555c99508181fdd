package lib.http;

import java.nio.charset.StandardCharsets;

/// What is the answer? Never how it is sent: HEAD, Date, Connection and framing belong to the writer.
public record Response(Status status, Fields fields, Content content) {

    public static Response of(Status status, Fields fields) {
        return new Response(status, fields, Content.NONE);
    }

    /// The page of a failure: its status, for a person. Text, so that no browser finds anything to run in it.
    public static Response failure(Status status, String... namesAndValues) {
        byte[] page = (status.code() + " " + status.reason() + "\n").getBytes(StandardCharsets.US_ASCII);
        return new Response(status, Fields.of(namesAndValues).with("Content-Type", "text/plain; charset=utf-8"),
                new Content.Octets(page));
    }

    /// The same response with these fields in place of those of the same name.
    public Response with(Fields others) {
        return new Response(status, fields.replacedBy(others), content);
    }
}
