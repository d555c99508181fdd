package lib.site;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import lib.http.Answer;
import lib.http.Client;
import lib.http.Content;
import lib.http.Disposition;
import lib.http.Exchange;
import lib.http.Fields;
import lib.http.HttpDate;
import lib.http.MediaTypes;
import lib.http.Negotiation;
import lib.http.Query;
import lib.http.Request;
import lib.http.Response;
import lib.http.Status;
import lib.http.Target;

/// What is the answer? Every request goes in, a response comes out: no socket, no clock.
public final class Site {

    /// How a site behaves, apart from where its files are.
    ///
    /// @param indexNames files that stand for their directory, the first that exists wins
    /// @param listing are directories without one listed?
    /// @param spa does a missing page become the root's index, for an application that routes by itself?
    /// @param cors may scripts of other origins read the answers? (WHATWG Fetch)
    /// @param trace is TRACE answered?
    /// @param writing what may clients change?
    /// @param intake how much may they bring?
    /// @param blind may clients bring files, and read and list none?
    /// @param fields sent along with every response, in place of ours of the same name
    /// @param date of every response and all that is served, if they are to depend on nothing but its octets
    public record Manners(List<String> indexNames, boolean listing, boolean spa, boolean cors, boolean trace,
                          Writing writing, Intake intake, boolean blind, Fields fields, Optional<Instant> date) {
        public Manners {
            indexNames = List.copyOf(indexNames);
        }

        /// With the dates that things have.
        public Manners(List<String> indexNames, boolean listing, boolean spa, boolean cors, boolean trace, Writing writing,
                       Intake intake, boolean blind, Fields fields) {
            this(indexNames, listing, spa, cors, trace, writing, intake, blind, fields, Optional.empty());
        }
    }

    /// How often one program may lead to the next, before they are taken to go in circles.
    private static final int MOST_REDIRECTS = 10;

    /// Fields of a request that mean nothing in the one that follows from it.
    private static final Set<String> OF_THE_FIRST = Set.of("content-length", "content-type", "content-encoding", "transfer-encoding",
            "expect", "range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range");

    /// A listing is what is there now, in the shape that Accept asks for.
    private static final Fields LISTING = Fields.of("Cache-Control", "no-cache", "Vary", "Accept");

    private final Tree tree;
    private final Manners manners;
    private final MediaTypes mediaTypes;
    private final Guard guard;
    private final StaticFiles files;
    private final Optional<Writes> writes;
    private final Optional<Calls> calls;
    private final Walks walks;
    private final Fields ours;
    private final String methods;
    private final String allow;

    /// A site without programs or neighbours.
    public Site(Tree tree, Manners manners, Guard guard, MediaTypes mediaTypes, int mostRanges) {
        this(tree, manners, guard, mediaTypes, mostRanges, Programs.NONE, new Walks(1));
    }

    /// @param programs the same that the tree knows of
    /// @param walks of all sites
    public Site(Tree tree, Manners manners, Guard guard, MediaTypes mediaTypes, int mostRanges, Programs programs, Walks walks) {
        this.tree = manners.date.isEmpty() ? tree : new FixedDates(tree, manners.date.get());
        this.manners = manners;
        this.mediaTypes = mediaTypes;
        this.guard = guard;
        this.walks = walks;
        this.calls = programs.isEmpty() || !(tree instanceof Docroot docroot) ? Optional.empty()
                : Optional.of(new Calls(docroot, programs, manners.indexNames, manners.spa));
        this.ours = ours(manners);
        this.files = new StaticFiles(this.tree, mediaTypes, mostRanges);
        this.writes = manners.writing == Writing.NONE || !(tree instanceof Docroot docroot) ? Optional.empty()
                : Optional.of(new Writes(docroot, manners.writing, manners.intake, manners.cors));
        this.methods = "GET, HEAD, OPTIONS" + (writes.isPresent() ? writes.get().allowed() : "");
        this.allow = manners.trace ? methods + ", TRACE" : methods;
    }

    /// The answer to a well-formed request; the caller closes its content.
    ///
    /// @throws IOException if the request's content can't be read
    public Answer answer(Request request, Exchange exchange, Instant now) throws IOException {
        return answer(request, exchange, guard.visitor(request, exchange.client(), now), now, MOST_REDIRECTS);
    }

    /// @param redirects how many local ones may still follow
    private Answer answer(Request request, Exchange exchange, Guard.Visitor visitor, Instant now, int redirects) throws IOException {
        List<String> segments = request.target() instanceof Target.Place place ? place.segments() : List.of();
        Optional<Response> refusal = isPreflight(request) ? Optional.empty() : visitor.refusal(request.method(), segments);
        if (refusal.isEmpty() && request.expectsTheUnknown()) {
            refusal = Optional.of(Response.failure(Status.EXPECTATION_FAILED));
        }
        Optional<Calls.Call> call = refusal.isEmpty() && calls.isPresent() ? call(request, exchange, visitor) : Optional.empty();
        return call.isPresent() ? ofProgram(call.get(), visitor, now, redirects)
                : ours(request, refusal.isPresent() ? refusal.get() : byMethod(request, exchange, visitor, now), visitor);
    }

    private Answer ours(Request request, Response response, Guard.Visitor visitor) {
        Response shown = response.status().isError() && isForPerson(request) ? FailurePage.of(response, start(request)) : response;
        return new Answer(dressed(visitor.user().isPresent() ? personal(shown) : shown), visitor.user());
    }

    /// Who is asked in the place of a file, if anybody is. A preflight and TRACE are about us.
    private Optional<Calls.Call> call(Request request, Exchange exchange, Guard.Visitor visitor) {
        return isPreflight(request) || request.method().equals("TRACE") ? Optional.empty()
                : calls.get().find(request, exchange, visitor.user(), isPage(request));
    }

    /// What a program says goes out as it is, but for the fields that it has not set, and the operator's own.
    private Answer ofProgram(Calls.Call call, Guard.Visitor visitor, Instant now, int redirects) throws IOException {
        Request request = call.errand().request();
        Optional<Response> refusal = visitor.refusal(request.method(), call.script());
        if (refusal.isPresent()) {
            return ours(request, refusal.get(), visitor);
        }
        return switch (call.gateway().ask(call.errand())) {
            case Gateway.Answered(Response response) -> new Answer(new Response(response.status(),
                    ours.replacedBy(response.fields()).replacedBy(manners.fields), response.content()), visitor.user());
            case Gateway.Failed(Status status) -> ours(request, Response.failure(status), visitor);
            case Gateway.Redirected(String target) -> {
                Optional<Request> next = redirects == 0 ? Optional.empty() : redirected(request, target);
                yield next.isEmpty() ? ours(request, Response.failure(Status.BAD_GATEWAY), visitor)
                        : answer(next.get(), call.errand().exchange().withoutContent(), visitor, now, redirects - 1);
            }
        };
    }

    /// As if the client had asked for this target, with no content and no conditions (RFC 3875 §6.2.2).
    private static Optional<Request> redirected(Request request, String target) {
        List<Fields.Line> lines = new ArrayList<>(request.fields().lines());
        lines.removeIf(line -> OF_THE_FIRST.contains(line.name().toLowerCase(Locale.ROOT)));
        String mount = request.target() instanceof Target.Place place ? place.mount() : "";
        return Target.parse(target, "GET").flatMap(parsed -> parsed instanceof Target.Place place
                ? mount.isEmpty() ? Optional.of(place) : place.below(mount.substring(1)) : Optional.empty())
                .map(place -> new Request("GET", target, place, request.minorVersion(), request.authority(), new Fields(lines)));
    }

    /// A browser that asks before it lets a script ask never says for whom (WHATWG Fetch, CORS preflight).
    private boolean isPreflight(Request request) {
        return manners.cors && request.method().equals("OPTIONS") && request.fields().has("Access-Control-Request-Method");
    }

    /// Others may be answered differently: no cache that serves several people is to keep it (RFC 9111 §5.2.2.7).
    private static Response personal(Response response) {
        return response.fields().has("Cache-Control") ? response : response.with(Fields.of("Cache-Control", "private"));
    }

    /// The target of the root, as the client has to name it.
    private static String start(Request request) {
        return request.target() instanceof Target.Place place ? place.mount() + '/' : "/";
    }

    /// Reads what is else read when it is first wanted: for who will see neither class path nor libraries after that.
    public static void readAhead() {
        Page.fields();
        Readme.readAhead();
    }

    /// A refusal, with the fields that every response of this site has.
    public Response refuse(Status status) {
        return dressed(Response.failure(status));
    }

    /// The response with the fields that every one of this site has.
    Response dressed(Response response) {
        return response.with(ours).with(manners.fields);
    }

    private static Fields ours(Manners manners) {
        Fields plain = Fields.of("X-Content-Type-Options", "nosniff");
        Fields ours = manners.date.isEmpty() ? plain : plain.with("Date", HttpDate.format(manners.date.get()));
        return !manners.cors ? ours : ours.with("Access-Control-Allow-Origin", "*").with("Access-Control-Expose-Headers", "*");
    }

    private Response byMethod(Request request, Exchange exchange, Guard.Visitor visitor, Instant now) throws IOException {
        if (writes.isPresent() && request.target() instanceof Target.Place place && writes.get().concerns(request, place)) {
            return writes.get().answer(request, place, exchange, visitor, now);
        }
        return switch (request.method()) {
            case "GET", "HEAD" -> request.target() instanceof Target.Place place
                    ? read(request, place, exchange, visitor, now) : Response.failure(Status.BAD_REQUEST);
            case "OPTIONS" -> options(request);
            case "TRACE" -> manners.trace ? trace(request) : notAllowed();
            default -> Request.KNOWN_METHODS.contains(request.method())
                    ? notAllowed() : Response.failure(Status.NOT_IMPLEMENTED);
        };
    }

    private Response notAllowed() {
        return Response.failure(Status.METHOD_NOT_ALLOWED, "Allow", allow);
    }

    /// What may be done here; with `cors` also the answer to a browser that asks before it lets a script ask.
    private Response options(Request request) {
        Fields fields = writes.map(Writes::offer).orElse(Fields.NONE).with("Allow", allow);
        if (isPreflight(request)) {
            String asked = request.fields().combined("Access-Control-Request-Headers").orElse("*");
            fields = fields.with("Access-Control-Allow-Methods", methods)
                    .with("Access-Control-Allow-Headers", asked).with("Access-Control-Max-Age", "86400");
        }
        return Response.of(Status.NO_CONTENT, fields);
    }

    /// The request as it arrived, but for what proves who the client is: a script must not get at that by way of an
    /// echo (RFC 9110 §9.3.8).
    private static Response trace(Request request) {
        StringBuilder echo = new StringBuilder("TRACE ").append(request.rawTarget()).append(" HTTP/1.")
                .append(request.minorVersion()).append("\r\n");
        for (Fields.Line line : request.fields().lines()) {
            boolean secret = List.of("authorization", "proxy-authorization", "cookie", "cookie2").contains(
                    line.name().toLowerCase(Locale.ROOT));
            if (!secret) {
                echo.append(line.name()).append(": ").append(line.value()).append("\r\n");
            }
        }
        return new Response(Status.OK, Fields.of("Content-Type", "message/http"),
                new Content.Octets(echo.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1)));
    }

    /// Can clients change it?
    boolean isWritten() {
        return writes.isPresent();
    }

    /// Clears away what broken uploads have left. It may take its time.
    public void sweep(Instant now) {
        if (writes.isPresent()) {
            writes.get().sweep(now);
        }
    }

    private Response read(Request request, Target.Place place, Exchange exchange, Guard.Visitor visitor, Instant now) {
        if (manners.blind) {
            return place.segments().isEmpty() ? ReceivingPage.response() : Response.failure(Status.NOT_FOUND);
        }
        return switch (tree.resolve(place.segments())) {
            case Resource.Document document -> document(request, place, document, exchange, visitor, now);
            case Resource.Directory directory -> place.directory()
                    ? directory(request, place, directory, exchange, visitor, now) : toDirectory(place);
            case Resource.Missing _ -> missing(request, place, exchange, visitor, now);
            case Resource.Forbidden _, Resource.Script _ -> Response.failure(Status.FORBIDDEN);
            case Resource.Unavailable _ -> unavailable();
        };
    }

    /// What the system lacks, it may have again soon (RFC 9110 §15.6.4).
    static Response unavailable() {
        return Response.failure(Status.SERVICE_UNAVAILABLE, "Retry-After", "5");
    }

    /// A slash behind a file's name asks for a directory that is not there. The target of the one file that is served does not
    /// tell its name: a field does, for who saves it.
    private Response document(Request request, Target.Place place, Resource.Document document, Exchange exchange,
                              Guard.Visitor visitor, Instant now) {
        if (place.directory() && !place.segments().isEmpty()) {
            document.file().close();
            return missing(request, place, exchange, visitor, now);
        }
        if (place.query().isPresent() && Checksums.areWanted(place)) {
            return Checksums.of(document, document.name(), exchange.watch());
        }
        Response response = files.answer(request, document, place.segments(), visitor::mayRead, exchange.watch(), now);
        return tree.onlyName().isEmpty() ? response : response.with(Fields.of("Content-Disposition",
                Disposition.format("inline", tree.onlyName().get())));
    }

    /// Relative links in a directory's page need its name to end in a slash. The query comes along.
    private static Response toDirectory(Target.Place place) {
        return Response.failure(Status.MOVED_PERMANENTLY, "Location", place.path() + '/' + place.querySuffix());
    }

    private Response directory(Request request, Target.Place place, Resource.Directory directory, Exchange exchange,
                               Guard.Visitor visitor, Instant now) {
        Optional<Archive.Form> archive = Archive.wanted(Query.parse(place.query().orElse("")));
        if (archive.isPresent() && manners.listing) {
            return walks.areTaken() ? unavailable()
                    : Archive.answer(archive.get(), request, place, tree, directory, taken(visitor), walks, now);
        }
        if (archive.isPresent()) {
            return Response.failure(Status.FORBIDDEN);
        }
        for (String name : manners.indexNames) {
            List<String> index = beside(place, name);
            switch (tree.resolve(index)) {
                case Resource.Document document -> {
                    return standIn(request, document, index, exchange, visitor, now);
                }
                case Resource.Forbidden _ -> {
                    return Response.failure(Status.FORBIDDEN);
                }
                case Resource.Unavailable _ -> {
                    return unavailable();
                }
                case Resource.Directory _, Resource.Missing _, Resource.Script _ -> { }
            }
        }
        if (!manners.listing) {
            return Response.failure(Status.FORBIDDEN);
        }
        return tree.isReadable(directory) ? listing(request, place, directory, visitor) : Response.failure(Status.FORBIDDEN);
    }

    /// The same directory for people, for programs that ask for JSON, and for all others.
    private Response listing(Request request, Target.Place place, Resource.Directory directory, Guard.Visitor visitor) {
        Query query = Query.parse(place.query().orElse(""));
        Listing listing = new Listing(tree, directory, Listing.Order.of(query));
        if (query.has("json") || (!isForPerson(request) && accepts(request, "application/json"))) {
            return new Response(Status.OK, LISTING.with("Content-Type", "application/json"),
                    new Content.Stream(ListingText.json(place.path(), listing)));
        }
        if (isForPerson(request)) {
            ListingPage.Offers offers = new ListingPage.Offers(true,
                    manners.writing != Writing.NONE && visitor.isInvited("POST", place.segments()),
                    manners.writing == Writing.WRITE && visitor.isInvited("DELETE", place.segments()));
            return new Response(Status.OK, Page.fields(), new Content.Stream(
                    new ListingPage(place.segments(), listing, tree, mediaTypes, offers, visitor::mayRead)));
        }
        return new Response(Status.OK, LISTING.with("Content-Type", "text/html; charset=utf-8"),
                new Content.Stream(ListingText.plain(place.segments(), listing)));
    }

    /// A browser names what it wants to show.
    private static boolean isForPerson(Request request) {
        return accepts(request, "text/html");
    }

    private static boolean accepts(Request request, String mediaType) {
        return Negotiation.names(request.fields().combined("Accept").orElse(""), mediaType);
    }

    /// A document in the place of another target, for those who may have it under its own.
    private Response standIn(Request request, Resource.Document document, List<String> segments, Exchange exchange,
                             Guard.Visitor visitor, Instant now) {
        Optional<Response> refusal = visitor.refusal(request.method(), segments);
        if (refusal.isPresent()) {
            document.file().close();
            return refusal.get();
        }
        return files.answer(request, document, segments, visitor::mayRead, exchange.watch(), now);
    }

    /// The response if it can be had without waiting: to who asks for a document that is ready in memory, or for what is not there.
    /// Else null, and nothing has happened. It is the one that [#answer] would give.
    Glance<Response> atOnce(Request request, Client client, Instant now) {
        if (!isPlain(request) || !(request.target() instanceof Target.Place place) || Checksums.areWanted(place)) {
            return null;
        }
        Guard.Visitor visitor = guard.visitor(request, client, now);
        boolean index = place.directory() && !manners.indexNames.isEmpty();
        List<String> segments = index ? beside(place, manners.indexNames.getFirst()) : place.segments();
        Glance<Resource> glance = visitor.may(request.method(), place.segments()) ? tree.atOnce(segments) : null;
        if (glance == null) {
            return null;
        }
        Exchange exchange = Exchange.of(client);
        Response response = switch (glance.seen()) {
            case Resource.Document document -> index ? standIn(request, document, segments, exchange, visitor, now)
                    : document(request, place, document, exchange, visitor, now);
            case Resource.Missing _ when !index && isSimplyMissing(place) -> Response.failure(Status.NOT_FOUND);
            default -> null;
        };
        return response == null ? null : glance.to(ours(request, response, visitor).response());
    }

    private static List<String> beside(Target.Place directory, String name) {
        List<String> segments = new ArrayList<>(directory.segments());
        segments.add(name);
        return segments;
    }

    /// Is it about nothing but a file, from somebody whom nobody needs to know?
    private boolean isPlain(Request request) {
        return (request.isGet() || request.isHead()) && calls.isEmpty() && guard.credentials().isEmpty() && !manners.blind
                && !request.fields().has("Expect") && !request.fields().has("Want-Repr-Digest");
    }

    private boolean isSimplyMissing(Target.Place place) {
        return !manners.spa && !place.segments().getLast().equals(Checksums.LIST);
    }

    /// What may a visitor take along? What he could read, and so no program, by whatever name a link gives it.
    private Predicate<List<String>> taken(Guard.Visitor visitor) {
        return calls.isEmpty() ? visitor::mayRead : segments -> visitor.mayRead(segments) && !calls.get().isProgram(segments);
    }

    /// The checksums of a directory, as far as the visitor may have it as an archive.
    private Optional<Response> checksums(Target.Place place, Exchange exchange, Guard.Visitor visitor) {
        List<String> parent = place.segments().subList(0, place.segments().size() - 1);
        boolean wanted = manners.listing && !place.directory();
        return wanted && tree.resolve(parent) instanceof Resource.Directory directory && tree.isReadable(directory)
                ? Optional.of(walks.areTaken() ? unavailable()
                        : Checksums.of(new Selection(tree, directory, parent, List.of(), taken(visitor)), walks, exchange.watch()))
                : Optional.empty();
    }

    /// With `spa`, a page that is not there is one that the application draws. A browser asks for a page by name; a
    /// script, a style or an image that is missing stays missing, for else it would be a page that claims to be one.
    private Response missing(Request request, Target.Place place, Exchange exchange, Guard.Visitor visitor, Instant now) {
        if (!place.segments().isEmpty() && place.segments().getLast().equals(Checksums.LIST)) {
            Optional<Response> checksums = checksums(place, exchange, visitor);
            if (checksums.isPresent()) {
                return checksums.get();
            }
        }
        if (manners.spa && isPage(request)) {
            for (String name : manners.indexNames) {
                List<String> index = List.of(name);
                if (tree.resolve(index) instanceof Resource.Document document) {
                    return standIn(request, document, index, exchange, visitor, now);
                }
            }
        }
        return Response.failure(Status.NOT_FOUND);
    }

    private static boolean isPage(Request request) {
        String last = request.target() instanceof Target.Place place && !place.segments().isEmpty() ? place.segments().getLast() : "";
        return last.indexOf('.') < 0 || isForPerson(request);
    }
}
