package lib.site;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import lib.http.Exchange;
import lib.http.Fields;
import lib.http.Request;
import lib.http.Response;
import lib.http.Status;
import lib.http.Target;
import lib.http.Tokens;
import lib.site.Draft.Outcome;

/// How does a broken upload go on? (draft-ietf-httpbis-resumable-upload-12)
///
/// A request with Upload-Complete makes an upload resource, `DIR/?upload=TOKEN`: HEAD tells how much of it is here, PATCH
/// adds to it, DELETE drops it. It is a [Draft] that stays when its connection breaks, and beside it a file of a few lines
/// that says where it is to go, so that it survives a restart of the server, too.
final class Uploads {

    /// The versions of the draft that look alike on the wire as far as we go: from -05 to -12. A client is told of its
    /// upload before the answer only if it has named one of them.
    private static final List<String> INTEROP_VERSIONS = List.of("6", "7", "8");

    static final String MEDIA_TYPE = "application/partial-upload";

    private static final String ENDING = ".meta";
    private static final Set<OpenOption> ANEW = Set.of(StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE, NOFOLLOW_LINKS);
    private static final String END = "end\n";
    private static final int META_OCTETS = 64 * 1024;

    /// Finished uploads that a client may still ask after, whose answer it has missed.
    private static final int REMEMBERED = 1000;

    /// What is known of an upload beside its octets.
    ///
    /// @param length of the whole, or -1 while nobody has said
    private record Plan(Delivery delivery, long length) {}

    /// A finished upload.
    private record Finished(long length, String target) {}

    /// An upload that somebody is writing to, by its token.
    private record Transfer(InputStream content, CountDownLatch ended) {}

    private static final ConcurrentMap<String, Transfer> UNDER_WAY = new ConcurrentHashMap<>();

    private final Docroot docroot;
    private final Intake intake;
    private final Map<String, Finished> finished = new LinkedHashMap<>();

    Uploads(Docroot docroot, Intake intake) {
        this.docroot = docroot;
        this.intake = intake;
    }

    /// Does this request wish to be able to go on if it breaks?
    static boolean isWishedFor(Request request) {
        return isComplete(request).isPresent();
    }

    private static Optional<Boolean> isComplete(Request request) {
        return request.fields().first("Upload-Complete").filter(value -> value.equals("?1") || value.equals("?0"))
                .map(value -> value.equals("?1"));
    }

    private static long number(Request request, String name) {
        return request.fields().first(name).filter(Tokens::isDigits).filter(digits -> digits.length() <= 15)
                .map(Long::parseLong).orElse(-1L);
    }

    /// What we allow, for the client to know.
    String limits() {
        return "max-size=" + intake.mostOctets() + ", max-age=" + intake.expiry().toSeconds();
    }

    /// The length that the request gives the whole, after `offset` octets that are here: -1 if it says nothing, -2 if it
    /// contradicts itself.
    private static long announced(Request request, long offset) {
        long length = number(request, "Upload-Length");
        long content = number(request, "Content-Length");
        if (!isComplete(request).orElse(false) || content < 0) {
            return length;
        }
        return length < 0 || length == offset + content ? offset + content : -2;
    }

    /// A new upload, with what this request brings of it.
    ///
    /// @param ground where the draft is written; what stands before it is in `mount`
    Response create(Request request, String mount, Docroot.Ground ground, Delivery delivery, Exchange exchange,
                    Instant now) throws IOException {
        OpenDirectory directory = ground.directory();
        long length = announced(request, 0);
        if (length == -2) {
            return Response.failure(Status.BAD_REQUEST);
        }
        if (length > intake.mostOctets()) {
            return Response.failure(Status.CONTENT_TOO_LARGE, "Upload-Limit", limits());
        }
        if (!Draft.isRoom(directory, Math.max(length, 0), intake.leastFree())) {
            return Response.failure(Status.INSUFFICIENT_STORAGE);
        }

        String token = Draft.token();
        Plan plan = new Plan(delivery, length);
        Transfer transfer = take(token, exchange.content());
        try (Draft draft = Draft.begin(directory, token)) {
            write(directory, token, plan);
            draft.keep();
            String location = mount + location(ground.segments(), token);
            announce(request, location, exchange);
            Response response = append(request, mount, directory, token, draft, plan, exchange, now);
            boolean unfinished = response.fields().lists("Upload-Complete", "?0");
            return unfinished ? new Response(Status.CREATED, response.fields().with("Location", location)
                    .with("Upload-Limit", limits()), response.content()) : response;
        } finally {
            release(token, transfer);
        }
    }

    private static String location(List<String> place, String token) {
        return "/" + String.join("", place.stream().map(segment -> Target.encode(segment) + '/').toList()) + "?upload=" + token;
    }

    private void announce(Request request, String location, Exchange exchange) throws IOException {
        Optional<String> version = request.fields().first("Upload-Draft-Interop-Version").filter(INTEROP_VERSIONS::contains);
        if (version.isPresent()) {
            exchange.teller().tell(Status.UPLOAD_RESUMPTION_SUPPORTED, Fields.of("Location", location,
                    "Upload-Limit", limits(), "Upload-Draft-Interop-Version", version.get()));
        }
    }

    /// HEAD, PATCH or DELETE of an upload resource in the directory that `place` names.
    Response answer(Request request, Target.Place place, String token, Exchange exchange, Instant now) throws IOException {
        Optional<OpenDirectory> directory = Draft.isToken(token) ? docroot.directory(place.segments()) : Optional.empty();
        if (directory.isEmpty()) {
            return Response.failure(Status.NOT_FOUND);
        }
        try (OpenDirectory open = directory.get()) {
            Transfer transfer = take(token, exchange.content());
            try {
                Optional<Plan> plan = read(open, token);
                return plan.isPresent() ? answer(request, place.mount(), open, token, plan.get(), exchange, now)
                        : afterwards(request, token);
            } catch (NoSuchFileException _) {
                return Response.failure(Status.NOT_FOUND);
            } finally {
                release(token, transfer);
            }
        }
    }

    private Response answer(Request request, String mount, OpenDirectory directory, String token, Plan plan,
                            Exchange exchange, Instant now) throws IOException {
        Optional<Draft> resumed = Draft.resume(directory, token);
        if (resumed.isEmpty()) {
            return Response.failure(Status.SERVICE_UNAVAILABLE, "Retry-After", "1");
        }
        try (Draft draft = resumed.get()) {
            draft.keep();
            return switch (request.method()) {
                case "HEAD" -> Response.of(Status.NO_CONTENT, state(draft.length(), plan.length, false)
                        .with("Upload-Limit", limits()));
                case "PATCH" -> patch(request, mount, directory, token, draft, plan, exchange, now);
                case "DELETE" -> {
                    drop(directory, token, draft);
                    yield Response.of(Status.NO_CONTENT, Fields.NONE);
                }
                default -> Response.failure(Status.METHOD_NOT_ALLOWED, "Allow", "HEAD, PATCH, DELETE, OPTIONS");
            };
        }
    }

    private static Fields state(long offset, long length, boolean complete) {
        Fields fields = Fields.of("Upload-Offset", Long.toString(offset), "Upload-Complete", complete ? "?1" : "?0",
                "Cache-Control", "no-store");
        return length < 0 ? fields : fields.with("Upload-Length", Long.toString(length));
    }

    /// For a client that has missed the last answer.
    private Response afterwards(Request request, String token) {
        synchronized (finished) {
            Finished upload = finished.get(token);
            if (upload == null || !request.isHead()) {
                return Response.failure(Status.NOT_FOUND);
            }
            return Response.of(Status.NO_CONTENT,
                    state(upload.length, upload.length, true).with("Content-Location", upload.target));
        }
    }

    private Response patch(Request request, String mount, OpenDirectory directory, String token, Draft draft, Plan plan,
                           Exchange exchange, Instant now) throws IOException {
        long offset = number(request, "Upload-Offset");
        if (!request.fields().first("Content-Type").orElse("").equalsIgnoreCase(MEDIA_TYPE)) {
            return Response.failure(Status.UNSUPPORTED_MEDIA_TYPE, "Accept-Patch", MEDIA_TYPE);
        }
        if (offset < 0 || isComplete(request).isEmpty()) {
            return Response.failure(Status.BAD_REQUEST);
        }
        if (offset != draft.length()) {
            return Response.failure(Status.CONFLICT).with(state(draft.length(), plan.length, false));
        }

        long said = announced(request, offset);
        boolean contradicts = said == -2 || (said >= 0 && plan.length >= 0 && said != plan.length);
        if (contradicts) {
            return Response.failure(Status.BAD_REQUEST).with(state(offset, plan.length, false));
        }
        if (said > intake.mostOctets()) {
            return Response.failure(Status.CONTENT_TOO_LARGE, "Upload-Limit", limits());
        }
        Plan known = new Plan(plan.delivery, Math.max(said, plan.length));
        if (known.length != plan.length) {
            write(directory, token, known);
        }
        return append(request, mount, directory, token, draft, known, exchange, now);
    }

    private Response append(Request request, String mount, OpenDirectory directory, String token, Draft draft, Plan plan,
                            Exchange exchange, Instant now) throws IOException {
        boolean last = isComplete(request).orElse(false);
        Attestation part = Attestation.of(request.fields(), List.of("Content-Digest"));
        Outcome outcome = draft.take(part.of(exchange.content()), intake);
        boolean damaged = outcome == Outcome.WHOLE && !part.holds();
        boolean exceeds = plan.length >= 0 && draft.length() > plan.length;
        boolean lacks = plan.length >= 0 && draft.length() < plan.length && last;
        if (outcome == Outcome.WHOLE && !exceeds && !lacks && !damaged) {
            return last ? finish(mount, directory, token, draft, plan, now)
                    : Response.of(Status.NO_CONTENT, state(draft.length(), plan.length, false));
        }

        drop(directory, token, draft);
        return switch (outcome) {
            case WHOLE -> Response.failure(Status.BAD_REQUEST);
            case TOO_LARGE -> Response.failure(Status.CONTENT_TOO_LARGE, "Upload-Limit", limits());
            case NO_SPACE -> Response.failure(Status.INSUFFICIENT_STORAGE);
        };
    }

    private Response finish(String mount, OpenDirectory directory, String token, Draft draft, Plan plan, Instant now)
            throws IOException {
        long length = draft.length();
        if (!draft.holds(Attestation.of(plan.delivery.conditions(), List.of("Repr-Digest")))) {
            drop(directory, token, draft);
            return Response.failure(Status.BAD_REQUEST, "Upload-Complete", "?1");
        }
        switch (plan.delivery.deliver(docroot, draft, now)) {
            case Delivery.Declined(Status status) -> {
                drop(directory, token, draft);
                return Response.failure(status, "Upload-Complete", "?1");
            }
            case Delivery.Delivered delivered -> {
                forget(directory, token);
                String target = mount + delivered.target();
                remember(token, new Finished(length, target));
                return Response.of(delivered.replaced() ? Status.NO_CONTENT : Status.CREATED, Fields.of("Location", target,
                        "Content-Location", target, "ETag", delivered.tag().format(), "Upload-Complete", "?1"));
            }
        }
    }

    private void remember(String token, Finished upload) {
        synchronized (finished) {
            finished.put(token, upload);
            if (finished.size() > REMEMBERED) {
                finished.remove(finished.keySet().iterator().next());
            }
        }
    }

    private static void drop(OpenDirectory directory, String token, Draft draft) throws IOException {
        draft.discard();
        forget(directory, token);
    }

    private static void forget(OpenDirectory directory, String token) throws IOException {
        try {
            directory.delete(meta(token));
        } catch (NoSuchFileException _) {
            // the sweep was faster
        }
    }

    /// One at a time. Whoever comes later knows that the connection of the earlier one is broken, if we don't yet: its
    /// content is closed, and it ends.
    private static Transfer take(String token, InputStream content) throws IOException {
        Transfer mine = new Transfer(content, new CountDownLatch(1));
        for (Transfer other = UNDER_WAY.putIfAbsent(token, mine); other != null; other = UNDER_WAY.putIfAbsent(token, mine)) {
            other.content.close();
            try {
                other.ended.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException(e);
            }
        }
        return mine;
    }

    private static void release(String token, Transfer transfer) {
        UNDER_WAY.remove(token);
        transfer.ended.countDown();
    }

    private static Path meta(String token) {
        return Path.of(Visibility.OWN + token + ENDING);
    }

    /// Lines of a word, a blank and a value. Who is killed while he writes them leaves no end, and no upload to go on with.
    ///
    ///     clash RENAME
    ///     folders true
    ///     length 1234
    ///     place pictures/a%20b.jpg
    ///     field If-None-Match: *
    ///     end
    private static void write(OpenDirectory directory, String token, Plan plan) throws IOException {
        Delivery delivery = plan.delivery;
        StringBuilder text = new StringBuilder("clash ").append(delivery.clash()).append("\nfolders ").append(delivery.folders())
                .append("\nlength ").append(plan.length).append("\nplace ")
                .append(String.join("/", delivery.segments().stream().map(Target::encode).toList())).append('\n');
        delivery.conditions().lines().forEach(line ->
                text.append("field ").append(line.name()).append(": ").append(line.value()).append('\n'));
        text.append(END);
        try (FileChannel channel = directory.open(meta(token), ANEW)) {
            ByteBuffer octets = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.ISO_8859_1));
            while (octets.hasRemaining()) {
                channel.write(octets);
            }
        } catch (IOException e) {
            forget(directory, token);
            throw new FileSystemException(token, null, e.getMessage());
        }
    }

    /// Empty where there is none, or it was not written to its end. A FIFO in its place would be waited for.
    private static Optional<Plan> read(OpenDirectory directory, String token) throws IOException {
        Optional<BasicFileAttributes> seen = directory.occupant(meta(token)).filter(BasicFileAttributes::isRegularFile);
        Optional<FileChannel> opened = seen.isEmpty() ? Optional.empty() : directory.open(meta(token), seen.get());
        if (opened.isEmpty()) {
            return Optional.empty();
        }
        ByteBuffer octets = ByteBuffer.allocate(META_OCTETS);
        try (FileChannel channel = opened.get()) {
            while (octets.hasRemaining() && channel.read(octets) >= 0) {
                // read on
            }
        }

        String text = new String(octets.array(), 0, octets.position(), StandardCharsets.ISO_8859_1);
        return text.endsWith(END) ? plan(text) : Optional.empty();
    }

    private static Optional<Plan> plan(String text) {
        Map<String, String> words = new HashMap<>();
        List<Fields.Line> fields = new ArrayList<>();
        for (String line : text.lines().toList()) {
            String word = line.substring(0, Math.max(line.indexOf(' '), 0));
            String value = line.substring(word.length()).strip();
            if (word.equals("field")) {
                int colon = value.indexOf(": ");
                fields.add(new Fields.Line(value.substring(0, colon), value.substring(colon + 2)));
            } else {
                words.put(word, value);
            }
        }
        return Target.parse('/' + words.get("place"), "GET").flatMap(target -> target instanceof Target.Place place
                ? Optional.of(new Plan(new Delivery(place.segments(), Intake.Clash.valueOf(words.get("clash")),
                        Boolean.parseBoolean(words.get("folders")), new Fields(fields)), Long.parseLong(words.get("length"))))
                : Optional.empty());
    }

    /// Clears away what a server has left that was killed before `now`, and uploads that nobody has gone on with in time.
    ///
    /// @return the directories below
    static List<Path> sweep(OpenDirectory directory, Instant now, Instant expired) throws IOException {
        List<Path> below = new ArrayList<>();
        for (Path path : directory.stream()) {
            Path name = path.getFileName();
            String octets = FileNames.octets(name);
            try {
                Optional<String> token = token(octets, Draft.ENDING).or(() -> token(octets, ENDING));
                if (directory.attributes(name).isDirectory()) {
                    below.add(name);
                } else if (token.isPresent()) {
                    clear(directory, token.get(), now, expired);
                }
            } catch (IOException _) {
                // gone meanwhile, or not ours to clear away
            }
        }
        return below;
    }

    private static Optional<String> token(String name, String ending) {
        boolean ours = name.startsWith(Visibility.OWN) && name.endsWith(ending);
        return ours ? Optional.of(name.substring(Visibility.OWN.length(), name.length() - ending.length())).filter(Draft::isToken)
                : Optional.empty();
    }

    private static void clear(OpenDirectory directory, String token, Instant now, Instant expired) throws IOException {
        boolean resumable = directory.occupant(meta(token)).isPresent();
        boolean begun = directory.occupant(Draft.name(token)).isPresent();
        boolean gone = !begun || Draft.clear(directory, token, resumable ? expired : now);
        if (resumable && gone) {
            forget(directory, token);
        }
    }
}
