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
import lib.http.MediaTypes;
import lib.http.Negotiation;
import lib.http.Request;
import lib.http.Response;
import lib.http.Status;
import lib.site.Resource.Document;

/// How is a document answered to GET and HEAD? (RFC 9110 §9.3.1, §13, §14)
public final class StaticFiles {

    /// Content codings with the endings of their files, the densest first.
    private record Sibling(String coding, String ending) {}

    private static final List<Sibling> SIBLINGS =
            List.of(new Sibling("br", ".br"), new Sibling("zstd", ".zst"), new Sibling("gzip", ".gz"));

    /// A sibling that is older than its document was made from another one. File systems and copying tools round, hence
    /// the grace.
    private static final long STALE_SECONDS = 2;

    /// The boundary of multipart/byteranges: drawn anew by each server, so that no file can hold it by design.
    private static final String BOUNDARY = "comanche-" + Long.toHexString(new Random().nextLong());

    private final Docroot docroot;
    private final MediaTypes mediaTypes;
    private final int mostRanges;

    StaticFiles(Docroot docroot, MediaTypes mediaTypes, int mostRanges) {
        this.docroot = docroot;
        this.mediaTypes = mediaTypes;
        this.mostRanges = mostRanges;
    }

    /// Takes over `document`: the response holds its file, or it is closed.
    ///
    /// @param segments where the document was found, to look for its siblings; empty if it must have none
    Response answer(Request request, Document document, List<String> segments, Instant now) {
        Representation selected = select(request, document, segments);
        boolean handedOver = false;
        try {
            Response response = answer(request, selected, now);
            handedOver = response.content() != Content.NONE;
            return response;
        } finally {
            if (!handedOver) {
                selected.document.file().close();
            }
        }
    }

    /// What is sent of a document: itself or a sibling, with its own validators.
    ///
    /// @param coding empty for the document itself
    /// @param negotiated were there others to choose from?
    private record Representation(Document document, String type, String coding, boolean negotiated) {
        EntityTag tag() {
            return EntityTag.of(document.length(), document.modified(), coding);
        }
    }

    /// Type and siblings go by the name that was asked for: a link's own, not that of the file behind it, which may lie
    /// beside the siblings of another.
    private Representation select(Request request, Document document, List<String> segments) {
        String type = mediaTypes.of(segments.isEmpty() ? document.name() : segments.getLast());
        List<String> offered = new ArrayList<>();
        List<Document> siblings = new ArrayList<>();
        for (Sibling sibling : segments.isEmpty() ? List.<Sibling>of() : SIBLINGS) {
            sibling(document, segments, sibling).ifPresent(found -> {
                offered.add(sibling.coding);
                siblings.add(found);
            });
        }

        String accepted = request.fields().combined("Accept-Encoding").orElse("");
        int choice = offered.isEmpty() ? -1 : offered.indexOf(Negotiation.coding(accepted, offered));
        for (int i = 0; i < siblings.size(); i++) {
            if (i != choice) {
                siblings.get(i).file().close();
            }
        }
        if (choice < 0) {
            return new Representation(document, type, "", !offered.isEmpty());
        }
        document.file().close();
        return new Representation(siblings.get(choice), type, offered.get(choice), true);
    }

    private Optional<Document> sibling(Document document, List<String> segments, Sibling sibling) {
        List<String> beside = new ArrayList<>(segments);
        beside.set(beside.size() - 1, segments.getLast() + sibling.ending);
        if (!docroot.mayHold(beside) || !(docroot.resolve(beside) instanceof Document found)) {
            return Optional.empty();
        }
        if (found.modified().plusSeconds(STALE_SECONDS).isBefore(document.modified())) {
            found.file().close();
            return Optional.empty();
        }
        return Optional.of(found);
    }

    private Response answer(Request request, Representation selected, Instant now) {
        Document document = selected.document;
        EntityTag tag = selected.tag();
        Instant modified = document.modified().isAfter(now) ? now : document.modified(); // §8.8.2.1
        switch (Preconditions.evaluate(request, tag, modified, now)) {
            case FAILED -> {
                return Response.failure(Status.PRECONDITION_FAILED);
            }
            case NOT_MODIFIED -> {
                return Response.of(Status.NOT_MODIFIED, varying(selected, Fields.of("ETag", tag.format())));
            }
            case PROCEED -> { }
        }

        Fields fields = encoded(selected, varying(selected, Fields.of("Content-Type", selected.type, "Last-Modified",
                HttpDate.format(modified), "ETag", tag.format(), "Accept-Ranges", "bytes")));
        Optional<String> range = request.isGet() && Preconditions.rangeApplies(request, tag, modified, now)
                ? request.fields().combined("Range") : Optional.empty();
        ByteRanges ranges = range.map(field -> ByteRanges.select(field, document.length(), mostRanges))
                .orElseGet(ByteRanges.Ignored::new);
        return switch (ranges) {
            case ByteRanges.Ignored _ ->
                new Response(Status.OK, fields, new Content.FileSlice(document.file(), 0, document.length()));
            case ByteRanges.Unsatisfiable _ ->
                Response.failure(Status.RANGE_NOT_SATISFIABLE, "Content-Range", "bytes */" + document.length());
            case ByteRanges.Selected some -> partial(document, selected.type, fields, some.ranges());
        };
    }

    private static Fields varying(Representation selected, Fields fields) {
        return selected.negotiated ? fields.with("Vary", "Accept-Encoding") : fields;
    }

    private static Fields encoded(Representation selected, Fields fields) {
        return selected.coding.isEmpty() ? fields : fields.with("Content-Encoding", selected.coding);
    }

    private static Response partial(Document document, String type, Fields fields, List<ByteRanges.Range> ranges) {
        long complete = document.length();
        if (ranges.size() == 1) {
            ByteRanges.Range range = ranges.getFirst();
            return new Response(Status.PARTIAL_CONTENT, fields.with("Content-Range", range.format(complete)),
                    new Content.FileSlice(document.file(), range.first(), range.length()));
        }

        List<Content.Part> parts = new ArrayList<>();
        for (ByteRanges.Range range : ranges) {
            String head = (parts.isEmpty() ? "" : "\r\n") + "--" + BOUNDARY + "\r\nContent-Type: " + type
                    + "\r\nContent-Range: " + range.format(complete) + "\r\n\r\n";
            parts.add(new Content.Part(ascii(head), new Content.FileSlice(document.file(), range.first(), range.length())));
        }
        Fields multipart = fields.replacedBy(Fields.of("Content-Type", "multipart/byteranges; boundary=" + BOUNDARY));
        return new Response(Status.PARTIAL_CONTENT, multipart,
                new Content.Parts(parts, ascii("\r\n--" + BOUNDARY + "--\r\n")));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
