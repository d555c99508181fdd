package tests.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lib.http.Exchange;
import lib.http.Fields;
import lib.http.MediaTypes;
import lib.site.Access;
import lib.site.Credentials;
import lib.site.Guard;
import lib.site.Site;
import lib.site.Site.Manners;
import lib.site.Users;
import lib.site.Writing;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.site.Fixture.Answer;
import tests.site.Fixture.Asked;

/// A site with a guard: who gets what, and that no detour leads to what they may not have.
class GuardTest {
    private static final Manners MANNERS = new Manners(List.of("index.html"), true, true, true, true, Writing.NONE, Fixture.INTAKE, false, Fields.NONE);
    private static final Access.Who ANN = new Access.Who.These(Set.of("ann"));

    @TempDir
    private Path directory;

    private Fixture fixture;

    @BeforeEach
    void build() throws IOException {
        fixture = new Fixture(directory);
        for (String name : List.of("private/s.txt", "closed/index.html", "page/index.html", "a.txt", "a.txt.gz", "nobody/x", "index.html")) {
            fixture.file(name);
        }
        fixture.link("way", "private/s.txt");
    }

    private static Access.Rule rule(String place, Access.Who who) {
        return new Access.Rule(List.of(place.split("/")), new Access.Methods.All(), who);
    }

    /// The places are ann's, nobody's, and everybody's the rest.
    private Site site(Manners manners, String... places) {
        List<Access.Rule> rules = new java.util.ArrayList<>();
        for (String place : places) {
            rules.add(rule(place, ANN));
        }
        rules.add(rule("nobody", new Access.Who.Nobody()));
        rules.add(new Access.Rule(List.of(), new Access.Methods.Read(), new Access.Who.Everybody()));
        Users users = Users.clear(Map.of("ann", "a", "bob", "b"));
        Guard guard = new Guard(Optional.of(new Credentials(users, Duration.ofSeconds(30))), new Access(rules, true));
        return new Site(fixture.docroot(Fixture.STRICT, false), manners, guard, new MediaTypes(Map.of()), 64);
    }

    private static String[] as(String pair) {
        return pair.equals("-") ? new String[0] : new String[] {"Authorization",
            "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.ISO_8859_1))};
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            -     | GET    | /private/s.txt   | 401
            ann:a | GET    | /private/s.txt   | 200
            ann:a | HEAD   | /private/s.txt   | 200
            ann:x | GET    | /private/s.txt   | 401
            bob:b | GET    | /private/s.txt   | 403
            -     | GET    | /private/        | 401
            -     | GET    | /private         | 401
            ann:a | GET    | /private         | 301
            -     | GET    | /private/missing | 401
            ann:a | GET    | /private/missing.txt | 404
            -     | GET    | /nobody/x        | 403
            ann:a | GET    | /nobody/x        | 403
            -     | GET    | /a.txt           | 200
            ann:x | GET    | /a.txt           | 200
            -     | PUT    | /a.txt           | 401
            ann:a | PUT    | /a.txt           | 405
            -     | BREW   | /a.txt           | 401
            ann:a | BREW   | /a.txt           | 501
            -     | OPTIONS | /private/       | 401
            -     | OPTIONS | *               | 204
            -     | TRACE  | /private/        | 401
            -     | GET    | /way             | 200
            """)
    void whoMayGetsAnAnswerAndWhoMayNotARefusal(String pair, String method, String target, int status) {
        assertEquals(status, new Asked(site(MANNERS, "private")).ask(method, target, as(pair)).status());
    }

    /// Each of these is another way to the document of a rule.
    @Test
    void whatStandsInForSomethingElseIsHeldToItsOwnRule() throws IOException {
        Asked site = new Asked(site(MANNERS, "closed/index.html", "a.txt.gz", "index.html"));
        String[] gzip = {"Accept-Encoding", "gzip"};
        assertEquals(401, site.get("/closed/").status());
        assertEquals(401, site.get("/").status());
        assertEquals(401, site.get("/no/such/page").status());
        Answer plain = site.get("/a.txt", gzip);
        assertEquals("a.txt", plain.content());
        assertEquals("nothing", plain.field("Content-Encoding"));

        assertEquals("closed/index.html", site.get("/closed/", as("ann:a")).content());
        assertEquals("index.html", site.get("/no/such/page", as("ann:a")).content());
        String[] both = {gzip[0], gzip[1], as("ann:a")[0], as("ann:a")[1]};
        assertEquals("a.txt.gz", site.get("/a.txt", both).content());
        assertEquals(403, site.get("/closed/", as("bob:b")).status());
        assertEquals("page/index.html", site.get("/page/").content());
    }

    /// The content names a place of its own.
    @Test
    void whatAFormOrADispositionNamesIsHeldToTheRuleOfThatName() {
        Manners upload = new Manners(List.of(), true, false, false, false, Writing.UPLOAD, Fixture.INTAKE, false, Fields.NONE);
        Users users = Users.clear(Map.of("ann", "a", "bob", "b"));
        Guard guard = new Guard(Optional.of(new Credentials(users, Duration.ofSeconds(30))), new Access(
                List.of(rule("private", ANN), new Access.Rule(List.of(), new Access.Methods.All(), new Access.Who.Everybody())), true));
        Asked site = new Asked(new Site(fixture.docroot(Fixture.STRICT, false), upload, guard, new MediaTypes(Map.of()), 64));
        String form = "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"%s\"\r\n\r\nx\r\n--b--\r\n";
        for (String name : List.of("private/new.txt", "/private//new.txt", "private")) {
            assertEquals(401, site.send(form.formatted(name), "POST", "/", "Content-Type", "multipart/form-data; boundary=b").status(), name);
            assertEquals(401, site.send("x", "POST", "/", "Content-Disposition", "attachment; filename=\"" + name + "\"").status(), name);
        }
        assertEquals(401, site.send("x", "PUT", "/private/new.txt").status());
        assertEquals(201, site.send(form.formatted("free.txt"), "POST", "/", "Content-Type", "multipart/form-data; boundary=b").status());
        String[] ann = as("ann:a");
        assertEquals(201, site.send(form.formatted("private/new.txt"), "POST", "/", "Content-Type", "multipart/form-data; boundary=b",
                ann[0], ann[1]).status());
        assertEquals(401, site.get("/private/new.txt").status());
    }

    @Test
    void aBrowserThatAsksForAScriptNeedsNoPassword() {
        Answer preflight = new Asked(site(MANNERS, "private")).ask("OPTIONS", "/private/s.txt", "Access-Control-Request-Method", "GET",
                "Access-Control-Request-Headers", "authorization", "Origin", "http://else.example");
        assertEquals(204, preflight.status());
        assertEquals("authorization", preflight.field("Access-Control-Allow-Headers"));
        Manners without = new Manners(List.of(), true, false, false, false, Writing.NONE, Fixture.INTAKE, false, Fields.NONE);
        assertEquals(401, new Asked(site(without, "private")).ask("OPTIONS", "/private/s.txt", "Access-Control-Request-Method", "GET").status());
    }

    @Test
    void aRefusalIsReadableForScriptsOfOtherOriginsToo() {
        Answer refusal = new Asked(site(MANNERS, "private")).get("/private/s.txt");
        assertEquals("*", refusal.field("Access-Control-Allow-Origin"));
        assertTrue(refusal.fields().has("WWW-Authenticate"));
        assertEquals("401 Unauthorized\n", refusal.content());
    }

    @Test
    void aBrowsersPageOfARefusalStillAsksForAPassword() {
        Answer refusal = new Asked(site(MANNERS, "private")).get("/private/s.txt", "Accept", "text/html");
        assertTrue(refusal.content().contains("needs a name and a password"), refusal.content());
        assertTrue(refusal.fields().has("WWW-Authenticate"));
    }

    @Test
    void aListingShowsAReadmeToThoseWhoMayReadItAndOffersWhatTheVisitorMightDo() throws IOException {
        fixture.file("list/README.txt", "the secret of ann");
        Manners write = new Manners(List.of(), true, false, false, false, Writing.WRITE, Fixture.INTAKE, false, Fields.NONE);
        Asked site = new Asked(site(write, "list/README.txt"));
        String[] ann = as("ann:a");
        String[] bob = as("bob:b");
        assertFalse(site.get("/list/", "Accept", "text/html").content().contains("the secret of ann"));
        assertFalse(site.get("/list/", "Accept", "text/html", bob[0], bob[1]).content().contains("the secret of ann"));
        assertTrue(site.get("/list/", "Accept", "text/html", ann[0], ann[1]).content().contains("the secret of ann"));

        Guard guard = new Guard(Optional.of(new Credentials(Users.clear(Map.of("ann", "a", "bob", "b")), Duration.ofSeconds(30))),
                new Access(List.of(new Access.Rule(List.of(), new Access.Methods.Write(), ANN),
                        new Access.Rule(List.of(), new Access.Methods.All(), new Access.Who.Everybody())), true));
        Asked open = new Asked(new Site(fixture.docroot(Fixture.STRICT, false), write, guard, new MediaTypes(Map.of()), 64));
        String forStrangers = open.get("/list/", "Accept", "text/html").content();
        assertEquals(forStrangers, open.get("/list/", "Accept", "text/html", ann[0], ann[1]).content());
        assertTrue(forStrangers.length() > open.get("/list/", "Accept", "text/html", bob[0], bob[1]).content().length());
    }

    @Test
    void anArchiveHoldsWhatItsReaderMayRead() throws IOException {
        Files.delete(fixture.root.resolve("way")); // a link belongs to the place where it stands
        Asked site = new Asked(site(MANNERS, "private"));
        for (String form : List.of("tar", "zip")) {
            assertEquals(401, site.get("/private/?" + form).status());
            assertFalse(site.get("/?" + form).content().contains("s.txt"), form);
            assertFalse(site.get("/?" + form + "&only=private").content().contains("s.txt"), form);
            assertTrue(site.get("/?" + form).content().contains("a.txt"), form);
            assertTrue(site.get("/?" + form, as("ann:a")).content().contains("s.txt"), form);
            assertFalse(site.get("/?" + form, as("ann:a")).content().contains("nobody/x"), form);
        }
        assertFalse(site.get("/?tar").field("ETag").equals(site.get("/?tar", as("ann:a")).field("ETag")));
    }

    @Test
    void whatAUserGetsIsForNoSharedCacheUnlessTheOperatorSaysSo() {
        Asked site = new Asked(site(MANNERS, "private"));
        assertEquals("private", site.get("/private/s.txt", as("ann:a")).field("Cache-Control"));
        assertEquals("private", site.get("/a.txt", as("ann:a")).field("Cache-Control"));
        assertEquals("nothing", site.get("/a.txt").field("Cache-Control"));
        Manners cached = new Manners(List.of(), true, false, false, false, Writing.NONE, Fixture.INTAKE, false, Fields.of("Cache-Control", "max-age=5"));
        assertEquals("max-age=5", new Asked(site(cached, "private")).get("/private/s.txt", as("ann:a")).field("Cache-Control"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/private/s.txt", "/a.txt", "/nobody/x"})
    void theAnswerSaysWhoAsked(String target) throws IOException {
        Site site = site(MANNERS, "private");
        assertEquals(Optional.of("ann"), user(site, target, "ann:a"));
        assertEquals(Optional.of("bob"), user(site, target, "bob:b"));
        assertEquals(Optional.empty(), user(site, target, "bob:x"));
        assertEquals(Optional.empty(), user(site, target, "-"));
    }

    private static Optional<String> user(Site site, String target, String pair) throws IOException {
        lib.http.Answer answer = site.answer(Fixture.request("GET", target, as(pair)), Exchange.of(Fixture.CLIENT), Fixture.NOW);
        answer.response().content().close();
        return answer.user();
    }

    @Test
    void anEchoHoldsNoPassword() {
        assertFalse(new Asked(site(MANNERS)).ask("TRACE", "/a.txt", as("ann:a")).content().contains("Basic"));
    }

    @Test
    void withoutUsersARuleCanStillShutEverybodyOut() {
        Guard guard = new Guard(Optional.empty(), new Access(List.of(rule("nobody", new Access.Who.Nobody())), false));
        Asked site = new Asked(new Site(fixture.docroot(Fixture.STRICT, false), MANNERS, guard, new MediaTypes(Map.of()), 64));
        assertEquals(403, site.get("/nobody/x").status());
        assertEquals(200, site.get("/a.txt").status());
    }
}
