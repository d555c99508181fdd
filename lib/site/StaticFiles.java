package lib.site;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import lib.http.Content;
import lib.http.DigestFields;
import lib.http.EntityTag;
import lib.http.Exchange;
import lib.http.Fields;
import lib.http.MediaTypes;
import lib.http.Negotiation;
import lib.http.Request;
import lib.http.Response;
import lib.http.Status;
import lib.site.Fingerprints.Patience;
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

    private final Tree tree;
    private final MediaTypes mediaTypes;
    private final int mostRanges;

    StaticFiles(Tree tree, MediaTypes mediaTypes, int mostRanges) {
        this.tree = tree;
        this.mediaTypes = mediaTypes;
        this.mostRanges = mostRanges;
    }

    /// Takes over `document`: the response holds its file, or it is closed.
    ///
    /// @param segments where the document was found, to look for its siblings; empty if it must have none
    /// @param mayRead may the client have what stands there? A sibling is a file like any other
    Response answer(Request request, Document document, List<String> segments, Predicate<List<String>> mayRead, Exchange.Watch watch,
                    Instant now) {
        Choice choice = select(request, document, segments, mayRead, now);
        Content.OpenFile file = choice.document.file();
        boolean handedOver = false;
        boolean takesLong = !tree.isDated() || request.fields().has("Want-Repr-Digest");
        try (Patience patience = takesLong ? Patience.of(watch) : null) {
            Response response = choice.representation(tag(choice, patience), tree.isDated()).answer(request, mostRanges, now);
            if (response.status() == Status.OK || response.status() == Status.PARTIAL_CONTENT) {
                response = request.fields().has("Want-Repr-Digest") ? digested(request, choice.document, response, patience) : response;
                handedOver = true;
            }
            return response;
        } catch (IOException _) {
            return Response.failure(Status.SERVICE_UNAVAILABLE); // it changes while its digest is made
        } finally {
            if (!handedOver) {
                file.close();
            }
        }
    }

    /// What is sent of a document: itself or a sibling, with its own validators.
    ///
    /// @param coding empty for the document itself
    /// @param negotiated were there others to choose from?
    private record Choice(Document document, String type, String coding, boolean negotiated) {
        Representation representation(EntityTag tag, boolean dated) {
            Fields known = negotiated ? Fields.of("Vary", "Accept-Encoding") : Fields.NONE;
            Fields fields = coding.isEmpty() ? Fields.NONE : Fields.of("Content-Encoding", coding);
            return new Representation(tag, dated, document.modified(), document.length(), type, known, fields,
                    (offset, length) -> new Content.FileSlice(document.file(), offset, length));
        }
    }

    private EntityTag tag(Choice choice, Patience patience) throws IOException {
        Document document = choice.document;
        return tree.isDated() ? EntityTag.of(document.length(), document.modified(), choice.coding)
                : EntityTag.of(Fingerprints.of(document, DigestFields.Algorithm.SHA_256, patience), choice.coding);
    }

    /// With the digest that the client wants, of all that was selected and in the coding in which it was (RFC 9530 §3).
    private static Response digested(Request request, Document document, Response response, Patience patience)
            throws IOException {
        Optional<DigestFields.Algorithm> wanted = DigestFields.wanted(request.fields(), "Want-Repr-Digest");
        return wanted.isEmpty() ? response : response.with(Fields.of("Repr-Digest",
                DigestFields.format(wanted.get(), Fingerprints.of(document, wanted.get(), patience))));
    }

    /// Type and siblings go by the name that was asked for: a link's own, not that of the file behind it, which may lie
    /// beside the siblings of another.
    private Choice select(Request request, Document document, List<String> segments, Predicate<List<String>> mayRead, Instant now) {
        String type = mediaTypes.of(segments.isEmpty() ? document.name() : segments.getLast());
        if (segments.isEmpty() || isAlone(document, segments, now)) {
            return new Choice(document, type, "", false);
        }
        List<String> offered = new ArrayList<>();
        List<Document> siblings = new ArrayList<>();
        for (Sibling sibling : SIBLINGS) {
            Optional<Document> found = sibling(document, beside(segments, sibling), mayRead);
            if (found.isPresent()) {
                offered.add(sibling.coding);
                siblings.add(found.get());
            }
        }

        String accepted = request.fields().combined("Accept-Encoding").orElse("");
        int choice = offered.isEmpty() ? -1 : offered.indexOf(Negotiation.coding(accepted, offered));
        for (int i = 0; i < siblings.size(); i++) {
            if (i != choice) {
                siblings.get(i).file().close();
            }
        }
        if (choice < 0) {
            return new Choice(document, type, "", !offered.isEmpty());
        }
        document.file().close();
        return new Choice(siblings.get(choice), type, offered.get(choice), true);
    }

    /// Is nothing there that could be sent in its place? Beside a document that is ready in memory it is looked once a second.
    private boolean isAlone(Document document, List<String> segments, Instant now) {
        if (document.file() instanceof DocumentCache.Ready ready && ready.isAlone(now)) {
            return true;
        }
        for (Sibling sibling : SIBLINGS) {
            if (tree.mayHold(beside(segments, sibling))) {
                return false;
            }
        }
        if (document.file() instanceof DocumentCache.Ready ready) {
            ready.foundAlone(now);
        }
        return true;
    }

    private static List<String> beside(List<String> segments, Sibling sibling) {
        List<String> beside = new ArrayList<>(segments);
        beside.set(beside.size() - 1, segments.getLast() + sibling.ending);
        return beside;
    }

    private Optional<Document> sibling(Document document, List<String> beside, Predicate<List<String>> mayRead) {
        if (!mayRead.test(beside) || !tree.mayHold(beside) || !(tree.resolve(beside) instanceof Document found)) {
            return Optional.empty();
        }
        if (found.modified().plusSeconds(STALE_SECONDS).isBefore(document.modified())) {
            found.file().close();
            return Optional.empty();
        }
        return Optional.of(found);
    }
}
