package lib.site;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import lib.http.ByteRanges;
import lib.http.Content;
import lib.http.EntityTag;
import lib.http.Fields;
import lib.http.HttpDate;
import lib.http.Request;
import lib.http.Response;
import lib.http.Status;

/// How is a GET or HEAD answered once it is known what it selects: with all of it, with some, or with none because the client
/// has it? (RFC 9110 §13, §14)
///
/// @param tag tells it from what it was and will be
/// @param dated does the date tell that as well? If not, the tag is made of the octets alone
/// @param length the complete length in octets
/// @param type the value of Content-Type
/// @param known sent even to a client that has it (§15.4.5)
/// @param fields sent along with its octets, besides those that are made of the above
record Representation(EntityTag tag, boolean dated, Instant modified, long length, String type, Fields known, Fields fields,
                      Slicer slicer) {

    /// Makes content of `length` octets from `offset` on.
    interface Slicer {
        Content.Slice slice(long offset, long length);
    }

    private static final String OURS = "comanche-";

    /// The boundary of multipart/byteranges: drawn anew by each server, so that no file can hold it by design.
    private static final String BOUNDARY = OURS + Long.toHexString(new Random().nextLong());

    /// Where nothing may be drawn, it is made of the octets' own digest, which no file can hold either.
    private static final int BOUNDARY_DIGITS = 32;

    /// What is sliced belongs to the response if that is 200 or 206.
    Response answer(Request request, int mostRanges, Instant now) {
        Instant date = dated && modified.isAfter(now) ? now : modified; // §8.8.2.1
        Optional<Instant> validator = dated ? Optional.of(date) : Optional.empty();
        switch (Preconditions.evaluate(request, tag, validator, now)) {
            case FAILED -> {
                return Response.failure(Status.PRECONDITION_FAILED);
            }
            case NOT_MODIFIED -> {
                return Response.of(Status.NOT_MODIFIED, known.with("ETag", tag.format()));
            }
            case PROCEED -> { }
        }

        Fields all = Fields.of("Content-Type", type, "Last-Modified", HttpDate.format(date), "ETag", tag.format(),
                "Accept-Ranges", "bytes").replacedBy(known).replacedBy(fields);
        Optional<String> range = request.isGet() && Preconditions.rangeApplies(request, tag, validator, now)
                ? request.fields().combined("Range") : Optional.empty();
        ByteRanges ranges = range.isEmpty() ? new ByteRanges.Ignored() : ByteRanges.select(range.get(), length, mostRanges);
        return switch (ranges) {
            case ByteRanges.Ignored _ -> new Response(Status.OK, all, slicer.slice(0, length));
            case ByteRanges.Unsatisfiable _ ->
                Response.failure(Status.RANGE_NOT_SATISFIABLE, "Content-Range", "bytes */" + length);
            case ByteRanges.Selected some -> partial(all, some.ranges());
        };
    }

    private Response partial(Fields all, List<ByteRanges.Range> ranges) {
        if (ranges.size() == 1) {
            ByteRanges.Range range = ranges.getFirst();
            return new Response(Status.PARTIAL_CONTENT, all.with("Content-Range", range.format(length)),
                    slicer.slice(range.first(), range.length()));
        }

        String boundary = dated ? BOUNDARY : OURS + tag.opaque().substring(0, BOUNDARY_DIGITS);
        List<Content.Part> parts = new ArrayList<>();
        for (ByteRanges.Range range : ranges) {
            String head = (parts.isEmpty() ? "" : "\r\n") + "--" + boundary + "\r\nContent-Type: " + type
                    + "\r\nContent-Range: " + range.format(length) + "\r\n\r\n";
            parts.add(new Content.Part(ascii(head), slicer.slice(range.first(), range.length())));
        }
        Fields multipart = all.replacedBy(Fields.of("Content-Type", "multipart/byteranges; boundary=" + boundary));
        return new Response(Status.PARTIAL_CONTENT, multipart,
                new Content.Parts(parts, ascii("\r\n--" + boundary + "--\r\n")));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
