package lib.site;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import lib.http.Authority;
import lib.http.Content;
import lib.http.Disposition;
import lib.http.EntityTag;
import lib.http.Fields;
import lib.http.HttpDate;
import lib.http.Query;
import lib.http.Request;
import lib.http.Response;
import lib.http.Status;
import lib.http.Target;

/// How is a directory sent as one download?
///
/// `?tar` has a known length and a strong entity-tag, and any part of it can be asked for, so that a download that broke off goes on where
/// it stopped. `?zip` is compressed while it is sent, and has none of these. Both hold what would be served, and nothing
/// else; `only=NAME`, as often as wanted, chooses from the directory.
final class Archive {

    enum Form {
        TAR("application/x-tar"), ZIP("application/zip");

        private final String type;

        Form(String type) {
            this.type = type;
        }

        String ending() {
            return '.' + name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /// Each part of a tar costs a walk through the tree: one per request is enough to resume.
    private static final int MOST_RANGES = 1;

    private Archive() {}

    /// The form that is asked for, by a name without a value: `?zip=90210` belongs to somebody else.
    static Optional<Form> wanted(Query query) {
        return query.all("tar").equals(List.of("")) ? Optional.of(Form.TAR)
                : query.all("zip").equals(List.of("")) ? Optional.of(Form.ZIP) : Optional.empty();
    }

    /// @param mayRead who asks for it, may he have what is at these segments?
    static Response answer(Form form, Request request, Target.Place place, Tree tree, Resource.Directory directory,
                           Predicate<List<String>> mayRead, Walks walks, Instant now) {
        Selection selection = new Selection(tree, directory, place.segments(),
                Query.parse(place.query().orElse("")).all("only"), mayRead);
        String top = top(request, place);
        Fields fields = Fields.of("Content-Disposition", Disposition.format("attachment", top + form.ending()), "Cache-Control", "no-cache");
        try {
            TarWalk.Layout layout = TarWalk.measure(selection, top);
            return switch (form) {
                case TAR -> tar(selection, top, layout, fields, walks).answer(request, MOST_RANGES, now);
                case ZIP -> new Response(Status.OK, Fields.of("Content-Type", form.type, "Last-Modified",
                        HttpDate.format(tree.isDated() && layout.newest().isAfter(now) ? now : layout.newest())).replacedBy(fields),
                        new Content.Stream(out -> walks.go(() -> ZipWalk.write(selection, top, out))));
            };
        } catch (NoSuchFileException _) {
            return Response.failure(Status.NOT_FOUND);
        } catch (IOException _) {
            return Response.failure(Status.SERVICE_UNAVAILABLE);
        }
    }

    private static Representation tar(Selection selection, String top, TarWalk.Layout layout, Fields fields, Walks walks) {
        Content.Whole whole = (out, offset, length) -> walks.go(() -> TarWalk.write(selection, top, layout, out, offset, length));
        return new Representation(new EntityTag(false, layout.digest()), selection.tree().isDated(), layout.newest(), layout.length(), Form.TAR.type,
                Fields.NONE, fields, (offset, length) -> new Content.Excerpt(whole, offset, length));
    }

    /// What all is in when it is unpacked: the directory's own name, or the host's for the root, which has none that a stranger should know.
    private static String top(Request request, Target.Place place) {
        if (!place.segments().isEmpty()) {
            return place.segments().getLast();
        }
        String host = request.authority().map(Authority::host).orElse("");
        String plain = host.replaceAll("[^a-z0-9.]+", "-").replaceAll("^[-.]+|[-.]+$", "");
        return plain.isEmpty() ? "files" : plain;
    }
}
