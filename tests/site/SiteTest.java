package tests.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.http.Exchange;
import lib.http.Fields;
import lib.http.MediaTypes;
import lib.http.Request;
import lib.http.Status;
import lib.http.Target;
import lib.site.Docroot;
import lib.site.Guard;
import lib.site.Site;
import lib.site.Site.Manners;
import lib.site.Visibility;
import lib.site.Writing;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.site.Fixture.Answer;
import tests.site.Fixture.Asked;

/// Requests to responses: methods, redirects, index files, missing pages, other origins; and no way out of the tree.
class SiteTest {
    private static final Manners SPA = new Manners(List.of("index.html"), true, true, false, false, Writing.NONE, Fixture.INTAKE, false, Fields.NONE);
    private static final Manners CORS = new Manners(List.of("index.html"), true, false, true, false, Writing.NONE, Fixture.INTAKE, false, Fields.NONE);
    private static final Manners TRACE = new Manners(List.of("index.html"), true, false, false, true, Writing.NONE, Fixture.INTAKE, false, Fields.NONE);

    /// Read by all, changed by none.
    @TempDir
    private static Path shared;

    private static Fixture fixture;
    private static Asked site;

    /// For who changes something.
    @TempDir
    private Path directory;

    @BeforeAll
    static void build() throws IOException {
        fixture = new Fixture(shared).hostile();
        site = fixture.site();
    }

    /// The secret lies beside the tree. What is refused before it comes here (400) does not get at it either.
    @ParameterizedTest
    @ValueSource(strings = {
        "/../secret.txt", "/../../secret.txt", "/./../secret.txt", "/dir/../../secret.txt", "/dir/..//../secret.txt", "//../secret.txt",
        "/%2e%2e/secret.txt", "/%2E%2E/secret.txt", "/.%2e/secret.txt", "/%2e./secret.txt", "/..%2fsecret.txt", "/..%2Fsecret.txt",
        "/%2e%2e%2fsecret.txt", "/%252e%252e/secret.txt", "/%252e%252e%252fsecret.txt", "/%25252e%25252e/secret.txt", "/..%5csecret.txt",
        "/..%5Csecret.txt", "/%5c..%5csecret.txt", "/dir%2f..%2f..%2fsecret.txt", "/dir/%2e%2e/%2e%2e/secret.txt", "/..;/secret.txt",
        "/..;x=1/secret.txt", "/%c0%ae%c0%ae/secret.txt", "/%c0%ae%c0%ae%c0%afsecret.txt", "/..%c0%afsecret.txt", "/..%c1%9csecret.txt",
        "/%e0%80%ae%e0%80%ae/secret.txt", "/%uff0e%uff0e/secret.txt", "/%u002e%u002e/secret.txt", "/.../secret.txt", "/..../secret.txt",
        "/....//secret.txt", "/.%00./secret.txt", "/..%00/secret.txt", "/plain.txt%00/../secret.txt", "/%2fsecret.txt", "/%2Fetc%2Fpasswd",
        "//etc/passwd", "/file:///etc/passwd", "/dir/..%2f..%2fsecret.txt", "/..%0d/secret.txt", "/..%20/secret.txt", "/..%09/secret.txt",
        "/%ef%bc%8e%ef%bc%8e/secret.txt", "/..%ef%bc%8fsecret.txt", "/..|/secret.txt", "/%2e%2e%5c%2e%2e%5csecret.txt", "/\\../secret.txt",
        "/out", "/outdir/far.txt", "/outdir/../secret.txt", "/outabsolute", "/outchain", "/parent/secret.txt", "/self/parent/secret.txt",
        "/self/self/../../secret.txt", "http://h/../secret.txt", "http://h/%2e%2e/secret.txt", "http://../secret.txt", "/out/", "/parent",
        "/parent/", "/outdir/", "/outdir", "/in/../../secret.txt", "/?/../secret.txt", "/..?/secret.txt", "/tree/../secret.txt"})
    void noEncodingOfThePathLeadsOutOfTheTree(String target) {
        for (String method : List.of("GET", "HEAD", "OPTIONS", "TRACE")) {
            if (Target.parse(target, method).isEmpty()) {
                continue;
            }
            for (Manners manners : List.of(Fixture.PLAIN, SPA, CORS)) {
                Answer answer = fixture.site(new Visibility(true, true), false, manners).ask(method, target);
                assertFalse(answer.content().contains(Fixture.SECRET), target);
                assertFalse(answer.content().contains("secret.txt"), target);
                assertFalse(answer.content().contains("far.txt"), target);
                assertFalse(answer.content().contains("root:"), target);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /../secret.txt          | 404
            /..                     | 404
            /.                      | 404
            /%2e%2e/                | 404
            /dir/..                 | 404
            /dir%2finner.txt        | 404
            /%2F                    | 404
            /plain.txt              | 200
            //plain.txt             | 200
            /dir//inner.txt         | 200
            /plain.txt/             | 404
            /plain.txt/x            | 404
            /missing                | 404
            /missing/               | 404
            /dir/                   | 200
            /dir                    | 301
            /empty/                 | 200
            /                       | 200
            //                      | 200
            /in                     | 200
            /indir                  | 301
            /indir/                 | 200
            /out                    | 404
            /outdir                 | 404
            /dangling               | 404
            /loop1                  | 404
            /loop1/                 | 404
            /.hidden                | 404
            /..x                    | 404
            /.git/config            | 404
            /.git                   | 404
            /.git/                  | 404
            /.env                   | 404
            /id_rsa                 | 404
            /mine.pem               | 404
            /cert.pem               | 200
            /tohidden               | 404
            /togit/config           | 404
            /.well-known            | 301
            /.well-known/acme       | 200
            /a%20%3Cb%3E.txt        | 200
            /new%0Aline             | 200
            /caf%E9                 | 200
            /caf%C3%A9              | 404
            /gr%C3%BC%C3%9Fe.txt    | 200
            /back%5Cslash           | 200
            /a:b                    | 200
            /%23%5B%5D%7B%7D()@!$&'+,;=%20%2520 | 200
            /100%25%25.txt          | 200
            /%252e%252e             | 200
            /%FF%FE                 | 200
            """)
    void aTargetIsAnsweredByWhatItNames(String target, int status) {
        assertEquals(status, site.get(target).status());
        assertEquals(status, site.ask("HEAD", target).status());
    }

    /// Without `secrets`, showing hidden files shows no secrets.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /.hidden       | 404 | 200 | 200
            /..x           | 404 | 200 | 200
            /dir/.inner    | 404 | 200 | 200
            /tohidden      | 404 | 200 | 200
            /.git/config   | 404 | 404 | 200
            /.git/         | 404 | 404 | 200
            /togit/config  | 404 | 404 | 200
            /.env          | 404 | 404 | 200
            /toenv         | 404 | 404 | 200
            /id_rsa        | 404 | 404 | 200
            /mine.pem      | 404 | 404 | 200
            /cert.pem      | 200 | 200 | 200
            """)
    void hiddenFilesAreShownOnlyOnDemandAndSecretsOnlyOnAnother(String target, int strict, int hidden, int secrets) {
        assertEquals(strict, site.get(target).status());
        for (boolean followsLinks : List.of(false, true)) {
            assertEquals(hidden, fixture.site(new Visibility(true, false), followsLinks, Fixture.PLAIN).get(target).status());
            assertEquals(secrets, fixture.site(new Visibility(true, true), followsLinks, Fixture.PLAIN).get(target).status());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            .env.local     | true
            .ENV           | true
            .git-credentials | true
            .ssh           | true
            .npmrc         | true
            .htpasswd      | true
            ID_RSA         | true
            id_ed25519     | true
            server.key     | true
            store.p12      | true
            store.PFX      | true
            id_rsa.pub     | false
            environment    | false
            git            | false
            slides.key     | false
            monkey.txt     | false
            """)
    void aSecretIsKnownByItsName(String name, boolean secret) throws IOException {
        Fixture own = new Fixture(directory).hostile();
        own.file(name, "x");
        assertEquals(secret ? 404 : 200, own.site(new Visibility(true, false), false, Fixture.PLAIN).get("/" + name).status());
        assertEquals(200, own.site(new Visibility(true, true), false, Fixture.PLAIN).get("/" + name).status());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /dir              | /dir/
            /dir?a=b&c=%20    | /dir/?a=b&c=%20
            /dir?             | /dir/?
            /dir?a?/          | /dir/?a?/
            //dir             | /dir/
            //evil.example    | /evil.example/
            ///evil.example?q | /evil.example/?q
            //evil.example%2F | nothing
            /%2Fevil.example  | nothing
            /%5Cevil.example  | nothing
            /self/dir         | /self/dir/
            /indir            | /indir/
            http://h/dir      | /dir/
            http://h//dir     | /dir/
            /%64%69r          | /dir/
            """)
    void aDirectoryWithoutItsSlashIsRedirectedToThePathWithOneAndKeepsTheQuery(String target, String location) {
        Answer answer = site.get(target);
        assertEquals(location, answer.field("Location"));
        assertEquals(location.equals("nothing") ? 404 : 301, answer.status());
    }

    @Test
    void aRedirectToADirectoryOfAnyNameStaysOnThisHost() throws IOException {
        Fixture own = new Fixture(directory).hostile();
        for (String name : List.of("a b", "new\nline", "caf\u00e9", "#x", "?x", "%", "\\evil.example", "a:b", "\r\nX: y")) {
            own.file(name + "d/x");
            String target = "/" + encoded(name + "d");
            String location = own.site().get(target).field("Location");
            assertEquals(target.toLowerCase() + "/", location.toLowerCase());
            assertEquals(200, own.site().get(location).status());
        }
    }

    private static String encoded(String octets) {
        StringBuilder text = new StringBuilder();
        octets.chars().forEach(c -> text.append(Character.isLetterOrDigit(c) && c < 0x80 || c == '.' ? Character.toString(c)
                : String.format("%%%02X", c)));
        return text.toString();
    }

    @Test
    void theFirstIndexFileThatExistsStandsForItsDirectory() throws IOException {
        Fixture own = new Fixture(directory).hostile();
        assertEquals("site/index.html", own.site().get("/site/").content());
        assertEquals("text/html; charset=utf-8", own.site().get("/site/").field("Content-Type"));
        assertEquals("old/index.htm", own.site().get("/old/").content());
        own.file("old/index.html");
        assertEquals("old/index.html", own.site().get("/old/").content());
        assertEquals("old/index.html", own.site().get("/old/?x").content());

        Asked other = own.site(new Manners(List.of("other.txt"), true, false, false, false, Writing.NONE, Fixture.INTAKE, false, Fields.NONE));
        assertEquals("site/other.txt", other.get("/site/").content());
        Asked none = own.site(new Manners(List.of(), true, false, false, false, Writing.NONE, Fixture.INTAKE, false, Fields.NONE));
        assertTrue(none.get("/site/").content().contains("index.html"));
    }

    @Test
    void aDirectoryOrALinkOutIsNoIndexFile() throws IOException {
        Fixture own = new Fixture(directory).hostile();
        own.file("odd/index.html/x");
        own.link("empty/index.html", "../../secret.txt");
        assertTrue(own.site().get("/odd/").content().contains("\"index.html/\""));
        assertFalse(own.site().get("/empty/").content().contains(Fixture.SECRET));
    }

    @Test
    void withoutListingADirectoryWithoutIndexIsForbidden() {
        Asked closed = fixture.site(new Manners(List.of("index.html"), false, false, false, false, Writing.NONE, Fixture.INTAKE, false, Fields.NONE));
        assertEquals(403, closed.get("/dir/").status());
        assertEquals(403, closed.get("/").status());
        assertEquals(200, closed.get("/site/").status());
        assertEquals(200, closed.get("/dir/inner.txt").status());
        assertFalse(closed.get("/dir/").content().contains("inner"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            POST     | 405
            PUT      | 405
            DELETE   | 405
            PATCH    | 405
            TRACE    | 405
            get      | 501
            Get      | 501
            PROPFIND | 501
            QUERY    | 501
            X        | 501
            """)
    void aKnownMethodIsNotAllowedAndAnUnknownOneNotImplemented(String method, int status) {
        for (String target : List.of("/plain.txt", "/", "/missing")) {
            Answer answer = site.ask(method, target);
            assertEquals(status, answer.status());
            assertEquals(status == 405 ? "GET, HEAD, OPTIONS" : "nothing", answer.field("Allow"));
        }
    }

    @Test
    void connectIsNotAllowed() {
        Answer answer = site.ask("CONNECT", "h:443");
        assertEquals(405, answer.status());
        assertTrue(answer.fields().has("Allow"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "/", "/plain.txt", "/missing"})
    void optionsTellWhatIsAllowed(String target) {
        Answer answer = site.ask("OPTIONS", target);
        assertEquals(204, answer.status());
        assertEquals("GET, HEAD, OPTIONS", answer.field("Allow"));
        assertEquals("", answer.content());
        assertFalse(answer.fields().has("Content-Type"));
        assertFalse(answer.fields().has("Access-Control-Allow-Origin"));
        assertEquals("GET, HEAD, OPTIONS, TRACE", fixture.site(TRACE).ask("OPTIONS", target).field("Allow"));
    }

    @Test
    void traceEchoesTheRequestWithoutWhatProvesWhoTheClientIs() {
        Answer answer = fixture.site(TRACE).ask("TRACE", "/x?y", "Host", "h", "X", "a", "Cookie", "s=SECRET", "authorization", "Basic SECRET",
                "Proxy-Authorization", "SECRET", "COOKIE", "SECRET", "X", "b");
        assertEquals(200, answer.status());
        assertEquals("message/http", answer.field("Content-Type"));
        assertEquals("TRACE /x?y HTTP/1.1\r\nHost: h\r\nX: a\r\nX: b\r\n\r\n", answer.content());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            100-continue         | 200
            100-Continue         | 200
            100-continue, x      | 417
            x                    | 417
            200-ok               | 417
            100-continue=yes     | 417
            """)
    void anExpectationThatWeDoNotKnowFails(String expectation, int status) {
        assertEquals(status, site.get("/plain.txt", "Expect", expectation).status());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            /missing            | -                              | 200
            /some/deep/route    | -                              | 200
            /route/             | -                              | 200
            /plain.txt/         | text/html,*/*;q=0.8            | 200
            /user/j.doe         | text/html,application/xhtml+xml | 200
            /missing.js         | */*                            | 404
            /missing.css        | text/css,*/*;q=0.1             | 404
            /missing.png        | image/*                        | 404
            /missing.js         | -                              | 404
            /plain.txt          | -                              | 404
            """)
    void aMissingPageOfAnApplicationIsItsIndexFile(String target, String accept, int status) throws IOException {
        Fixture own = new Fixture(directory).hostile();
        own.file("index.html", "application");
        java.nio.file.Files.delete(own.root.resolve("plain.txt"));
        Asked spa = own.site(SPA);
        Answer answer = accept == null ? spa.get(target) : spa.get(target, "Accept", accept);
        assertEquals(status, answer.status());
        if (status == 200) {
            assertEquals("application", answer.content());
            assertEquals("text/html; charset=utf-8", answer.field("Content-Type"));
        }
        assertEquals(404, own.site().get(target).status());
    }

    @Test
    void anApplicationWithoutIndexFileHasMissingPages() {
        assertEquals(404, fixture.site(SPA).get("/missing").status());
    }

    @Test
    void scriptsOfOtherOriginsMayReadEveryAnswerWhereThatIsAllowed() {
        Asked cors = fixture.site(CORS);
        for (String target : List.of("/plain.txt", "/", "/missing", "/dir")) {
            assertEquals("*", cors.get(target, "Origin", "http://o").field("Access-Control-Allow-Origin"));
            assertFalse(site.get(target, "Origin", "http://o").fields().has("Access-Control-Allow-Origin"));
        }
        Answer asked = cors.ask("OPTIONS", "/plain.txt", "Origin", "http://o", "Access-Control-Request-Method", "GET",
                "Access-Control-Request-Headers", "range, x-y");
        assertEquals(204, asked.status());
        assertTrue(asked.field("Access-Control-Allow-Methods").contains("GET"));
        assertEquals("range, x-y", asked.field("Access-Control-Allow-Headers"));
        assertFalse(asked.fields().has("Access-Control-Allow-Credentials"));
        assertEquals("*", Answer.of(cors.site().refuse(Status.BAD_REQUEST)).field("Access-Control-Allow-Origin"));
    }

    @Test
    void aSingleFileStandsAtTheRoot() throws IOException {
        Docroot docroot = new Docroot(fixture.root.resolve("plain.txt"), Fixture.STRICT, false);
        Asked single = new Asked(new Site(docroot, Fixture.PLAIN, Guard.NONE, new MediaTypes(Map.of()), 64));
        assertEquals("plain.txt", single.get("/").content());
        assertEquals("plain.txt", single.get("/?x").content());
        assertEquals("text/plain; charset=utf-8", single.get("/").field("Content-Type"));
        assertEquals(206, single.get("/", "Range", "bytes=0-0").status());
        for (String target : List.of("/plain.txt", "/dir", "/dir/inner.txt", "/../secret.txt", "/x")) {
            assertEquals(404, single.get(target).status());
        }
    }

    @Test
    void aFailureIsPlainTextAndTellsNothingOfTheDisk() {
        for (String target : List.of("/missing", "/<script>".replace("<", "%3C").replace(">", "%3E"), "/out", "/.git")) {
            Answer answer = site.get(target);
            assertEquals("404 Not Found\n", answer.content());
            assertEquals("text/plain; charset=utf-8", answer.field("Content-Type"));
            assertEquals("nosniff", answer.field("X-Content-Type-Options"));
        }
        assertEquals("414 URI Too Long\n", Answer.of(site.site().refuse(Status.URI_TOO_LONG)).content());
    }

    /// Whatever Host says, it is not repeated in an answer.
    @Test
    void theAuthorityOfTheRequestIsNotEchoed() throws IOException {
        Request request = new Request("GET", "/dir", Target.parse("/dir", "GET").orElseThrow(), 1, Optional.empty(), Fields.of("Host", "evil"));
        Answer answer = Answer.of(site.site().answer(request, Exchange.of(Fixture.CLIENT), Fixture.NOW).response());
        assertFalse(answer.toString().contains("evil"), answer.toString());
    }
}
