package lib.site;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import lib.http.Authority;
import lib.http.Content;
import lib.http.Disposition;
import lib.http.Exchange;
import lib.http.Fields;
import lib.http.Negotiation;
import lib.http.Query;
import lib.http.Request;
import lib.http.Response;
import lib.http.Status;
import lib.http.Target;
import lib.http.Tokens;
import lib.site.Intake.Clash;
import lib.site.Placement.Spot;
import lib.wire.Multipart;

/// How does a client change what is here? PUT, DELETE, and POST of a form to a directory. (RFC 9110 §9.3.3 to §9.3.5)
final class Writes {

    /// The query parameter that names an upload resource.
    private static final String UPLOAD = "upload";

    private static final Set<String> CONDITIONS = Set.of("if-match", "if-none-match", "if-unmodified-since", "repr-digest");

    private final Docroot docroot;
    private final Writing writing;
    private final Intake intake;
    private final boolean foreign;
    private final Uploads uploads;

    /// @param foreign may the scripts and forms of other origins write, too?
    Writes(Docroot docroot, Writing writing, Intake intake, boolean foreign) {
        this.docroot = docroot;
        this.writing = writing;
        this.intake = intake;
        this.foreign = foreign;
        this.uploads = new Uploads(docroot, intake);
    }

    /// Are we asked to change something, or for the state of an upload?
    boolean concerns(Request request, Target.Place place) {
        boolean changes = switch (request.method()) {
            case "PUT", "POST", "PATCH" -> true;
            case "DELETE" -> writing == Writing.WRITE || upload(place).isPresent();
            default -> false;
        };
        return changes || request.isHead() && upload(place).isPresent();
    }

    private static Optional<String> upload(Target.Place place) {
        return place.query().flatMap(query -> Query.parse(query).first(UPLOAD));
    }

    /// What may be done to a resource, apart from reading it; each with a comma before it.
    String allowed() {
        return writing == Writing.WRITE ? ", POST, PUT, DELETE" : ", POST, PUT";
    }

    /// What a client should know before it begins an upload.
    Fields offer() {
        return Fields.of("Accept-Patch", Uploads.MEDIA_TYPE, "Upload-Limit", uploads.limits());
    }

    /// The response to a request that [#concerns] us.
    ///
    /// @param visitor may do this to the target; whether also to what the content names, is asked here
    /// @throws IOException if its content can't be read
    Response answer(Request request, Target.Place place, Exchange exchange, Guard.Visitor visitor, Instant now)
            throws IOException {
        if (isForged(request)) {
            return Response.failure(Status.FORBIDDEN);
        }
        try {
            if (upload(place).isPresent()) {
                return uploads.answer(request, place, upload(place).get(), exchange, now);
            }
            return switch (request.method()) {
                case "PUT" -> put(request, place, exchange, now);
                case "POST" -> post(request, place, exchange, visitor, now);
                case "DELETE" -> delete(request, place, now);
                default -> notAllowed();
            };
        } catch (AccessDeniedException | OpenDirectory.LinkOnTheWay _) {
            return Response.failure(Status.FORBIDDEN);
        } catch (NoSuchFileException | NotDirectoryException _) {
            return Response.failure(Status.CONFLICT); // a directory on the way was taken away a moment ago
        } catch (FileSystemException e) {
            return OpenDirectory.isShortage(e) ? Response.failure(Status.SERVICE_UNAVAILABLE, "Retry-After", "5")
                    : Response.failure(Status.INSUFFICIENT_STORAGE);
        }
    }

    private Response notAllowed() {
        return Response.failure(Status.METHOD_NOT_ALLOWED, "Allow", "GET, HEAD, OPTIONS" + allowed());
    }

    /// A page of another site can have a visitor's browser send a form or a file to us, with the visitor's credentials or
    /// from inside his network. A browser says where a request comes from: by Sec-Fetch-Site (W3C Fetch Metadata), an older
    /// one by Origin.
    private boolean isForged(Request request) {
        Optional<String> site = request.fields().first("Sec-Fetch-Site");
        if (foreign || request.isHead() || site.isPresent()) {
            return !foreign && site.filter(from -> !from.equals("same-origin") && !from.equals("none")).isPresent();
        }
        Optional<String> origin = request.fields().first("Origin");
        return origin.isPresent() && !origin.flatMap(Writes::authority).equals(request.authority());
    }

    private static Optional<Authority> authority(String origin) {
        int scheme = origin.indexOf("://");
        return scheme < 0 ? Optional.empty() : Authority.parse(origin.substring(scheme + 3));
    }

    /// Part of a representation is none (§14.5), and what is coded would be served as something else than it is (§8.4).
    private Response put(Request request, Target.Place place, Exchange exchange, Instant now) throws IOException {
        if (request.fields().has("Content-Range")) {
            return Response.failure(Status.BAD_REQUEST);
        }
        if (request.fields().has("Content-Encoding")) {
            return Response.failure(Status.UNSUPPORTED_MEDIA_TYPE, "Accept-Encoding", "identity");
        }
        if (place.directory()) {
            return Response.failure(place.segments().isEmpty() ? Status.METHOD_NOT_ALLOWED : Status.CONFLICT, "Allow",
                    "GET, HEAD, OPTIONS, POST");
        }
        Clash clash = writing == Writing.WRITE ? Clash.REPLACE : Clash.REFUSE;
        Delivery delivery = new Delivery(place.segments(), clash, false, conditions(request));
        return receive(request, place.mount(), delivery, exchange, now);
    }

    private static Fields conditions(Request request) {
        return new Fields(request.fields().lines().stream()
                .filter(line -> CONDITIONS.contains(line.name().toLowerCase(java.util.Locale.ROOT))).toList());
    }

    /// One file, from content that is nothing else. What can be refused is refused before any of it is read.
    ///
    /// @param mount what stands before its target
    private Response receive(Request request, String mount, Delivery delivery, Exchange exchange, Instant now)
            throws IOException {
        Optional<Status> objection = delivery.objection(docroot, now);
        if (objection.isPresent()) {
            return Response.failure(objection.get());
        }
        try (Docroot.Ground ground = docroot.ground(delivery.segments())) {
            if (Uploads.isWishedFor(request)) {
                return uploads.create(request, mount, ground, delivery, exchange, now);
            }
            long announced = request.fields().first("Content-Length").filter(Tokens::isDigits).map(Long::parseLong).orElse(0L);
            if (announced > intake.mostOctets()) {
                return Response.failure(Status.CONTENT_TOO_LARGE);
            }
            if (!Draft.isRoom(ground.directory(), announced, intake.leastFree())) {
                return Response.failure(Status.INSUFFICIENT_STORAGE);
            }
            return response(mount, store(ground, delivery, exchange.content(), attestation(request.fields()), now));
        }
    }

    private static Attestation attestation(Fields fields) {
        return fields.has("Repr-Digest") || fields.has("Content-Digest") ? Attestation.of(fields) : Attestation.NONE;
    }

    private Delivery.Result store(Docroot.Ground ground, Delivery delivery, InputStream content, Attestation attestation,
                                  Instant now) throws IOException {
        try (Draft draft = Draft.begin(ground.directory(), Draft.token())) {
            return switch (draft.take(attestation.of(content), intake)) {
                case WHOLE -> attestation.holds() ? delivery.deliver(docroot, draft, now)
                        : new Delivery.Declined(Status.BAD_REQUEST);
                case TOO_LARGE -> new Delivery.Declined(Status.CONTENT_TOO_LARGE);
                case NO_SPACE -> new Delivery.Declined(Status.INSUFFICIENT_STORAGE);
            };
        }
    }

    private static Response response(String mount, Delivery.Result result) {
        return switch (result) {
            case Delivery.Declined(Status status) -> Response.failure(status);
            case Delivery.Delivered delivered when delivered.replaced() ->
                    Response.of(Status.NO_CONTENT, Fields.of("ETag", delivered.tag().format()));
            case Delivery.Delivered delivered -> Response.of(Status.CREATED,
                    Fields.of("Location", mount + delivered.target(), "ETag", delivered.tag().format()));
        };
    }

    /// A form with files, or one file whose name stands in Content-Disposition.
    private Response post(Request request, Target.Place place, Exchange exchange, Guard.Visitor visitor, Instant now)
            throws IOException {
        Optional<OpenDirectory> directory = docroot.directory(place.segments());
        if (directory.isEmpty()) {
            return docroot.mayHold(place.segments()) ? Response.failure(Status.METHOD_NOT_ALLOWED, "Allow",
                    "GET, HEAD, OPTIONS") : Response.failure(Status.NOT_FOUND);
        }
        directory.get().close();
        Optional<Multipart> parts = Multipart.of(request.fields().first("Content-Type").orElse(""), exchange.content());
        if (parts.isPresent()) {
            try (Multipart form = parts.get()) {
                return form(request, place, form, visitor, now);
            }
        }
        Optional<String> name = filename(request.fields());
        if (name.isEmpty()) {
            return Response.failure(Status.UNSUPPORTED_MEDIA_TYPE, "Accept-Post", "multipart/form-data");
        }
        Delivery delivery = delivery(place, name.get(), conditions(request));
        Optional<Response> refusal = visitor.refusal("POST", delivery.segments());
        return refusal.isPresent() ? refusal.get() : receive(request, place.mount(), delivery, exchange, now);
    }

    private static Optional<String> filename(Fields fields) {
        return fields.first("Content-Disposition").flatMap(Disposition::parse).flatMap(Disposition::filename)
                .filter(name -> !name.isEmpty());
    }

    /// A name may bring folders along: `trip/day 1/sea.jpg`.
    private Delivery delivery(Target.Place place, String name, Fields conditions) {
        List<String> segments = new ArrayList<>(place.segments());
        Arrays.stream(name.split("/")).filter(segment -> !segment.isEmpty()).forEach(segments::add);
        return new Delivery(segments, intake.clash(), true, conditions);
    }

    /// Each file has its place as soon as it is whole. What comes behind one that is refused is not read.
    private Response form(Request request, Target.Place place, Multipart form, Guard.Visitor visitor, Instant now)
            throws IOException {
        List<String> targets = new ArrayList<>();
        try {
            for (Optional<Multipart.Part> part = form.next(); part.isPresent(); part = form.next()) {
                Optional<String> name = filename(part.get().fields());
                if (name.isEmpty()) {
                    continue; // a field without a file, or a file that nobody has chosen
                }
                if (targets.size() == intake.mostFiles()) {
                    return Response.failure(Status.CONTENT_TOO_LARGE);
                }
                Delivery delivery = delivery(place, name.get(), Fields.NONE);
                Optional<Response> refusal = visitor.refusal("POST", delivery.segments());
                if (refusal.isPresent()) {
                    return refusal.get();
                }
                switch (store(delivery, part.get(), now)) {
                    case Delivery.Delivered delivered -> targets.add(place.mount() + delivered.target());
                    case Delivery.Declined(Status status) -> {
                        return Response.failure(status);
                    }
                }
            }
        } catch (Multipart.MalformedForm | Multipart.EarlyEnd _) {
            return Response.failure(Status.BAD_REQUEST);
        }
        return targets.isEmpty() ? Response.failure(Status.BAD_REQUEST) : stored(request, place, targets);
    }

    private Delivery.Result store(Delivery delivery, Multipart.Part part, Instant now) throws IOException {
        Optional<Status> objection = delivery.objection(docroot, now);
        if (objection.isPresent()) {
            return new Delivery.Declined(objection.get());
        }
        try (Docroot.Ground ground = docroot.ground(delivery.segments())) {
            return store(ground, delivery, part.content(), Attestation.NONE, now);
        }
    }

    /// A browser goes back to the page that it came from; a program reads where its files are, a target on a line.
    private static Response stored(Request request, Target.Place place, List<String> targets) {
        if (Negotiation.names(request.fields().combined("Accept").orElse(""), "text/html")) {
            return Response.of(Status.SEE_OTHER, Fields.of("Location", place.path()));
        }
        Fields fields = Fields.of("Content-Type", "text/plain; charset=utf-8");
        return new Response(Status.CREATED, targets.size() == 1 ? fields.with("Location", targets.getFirst()) : fields,
                new Content.Octets((String.join("\n", targets) + '\n').getBytes(StandardCharsets.US_ASCII)));
    }

    /// A directory goes only when it is empty: nobody deletes a tree by a slip.
    private Response delete(Request request, Target.Place place, Instant now) throws IOException {
        return switch (docroot.place(place.segments(), false)) {
            case Placement.Refused(Status status) ->
                    Response.failure(status == Status.CONFLICT ? Status.NOT_FOUND : status, "Allow", "GET, HEAD, OPTIONS, POST");
            case Spot spot -> {
                try (spot) {
                    Response response = Delivery.exclusively(() -> delete(request, place, spot, now));
                    if (!response.status().isError()) {
                        spot.directory().secure();
                    }
                    yield response;
                }
            }
        };
    }

    private static Response delete(Request request, Target.Place place, Spot spot, Instant now) throws IOException {
        Optional<BasicFileAttributes> occupant = spot.occupant();
        boolean directory = occupant.map(BasicFileAttributes::isDirectory).orElse(false);
        if (occupant.isEmpty() || place.directory() && !directory) {
            return Response.failure(Status.NOT_FOUND);
        }
        Optional<Status> objection = directory ? Optional.empty()
                : Delivery.objection(occupant, conditions(request), Clash.REPLACE, now);
        if (objection.isPresent()) {
            return Response.failure(objection.get());
        }
        try {
            if (directory) {
                spot.directory().deleteDirectory(spot.name());
            } else {
                spot.directory().delete(spot.name());
            }
            return Response.of(Status.NO_CONTENT, Fields.NONE);
        } catch (DirectoryNotEmptyException _) {
            return Response.failure(Status.CONFLICT);
        } catch (NoSuchFileException _) {
            return Response.failure(Status.NOT_FOUND);
        } catch (FileSystemException _) {
            return Response.failure(Status.FORBIDDEN); // another's file, a disk that is only read, a mount
        }
    }

    /// Clears the tree of what broken uploads have left, as far as it can be entered.
    void sweep(Instant now) {
        docroot.visit(directory -> Uploads.sweep(directory, now, now.minus(intake.expiry())));
    }
}
