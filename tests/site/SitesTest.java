package tests.site;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.http.Authority;
import lib.http.Exchange;
import lib.http.Fields;
import lib.http.MediaTypes;
import lib.http.Request;
import lib.http.Response;
import lib.http.Target;
import lib.site.Docroot;
import lib.site.Guard;
import lib.site.Site;
import lib.site.Sites;
import lib.site.Visibility;
import lib.site.Writing;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which site answers, by the host that a request names. Each site's index file has the length of its number.
class SitesTest {
    private static final Visibility VISIBLE = new Visibility(false, false);

    @TempDir
    private Path directory;
    private Path base;

    @BeforeEach
    void plant() throws IOException {
        base = Files.createDirectory(directory.resolve("base"));
        plant(".", 1);
        plant("a.example", 2);
        plant("b.example", 3);
        plant("fallback", 4);
        plant(".hidden.example", 5);
        Files.createSymbolicLink(base.resolve("www.a.example"), Path.of("a.example"));
        plant("../elsewhere", 6);
        Files.createSymbolicLink(base.resolve("out.example"), Path.of("../elsewhere"));
        Files.writeString(base.resolve("file.example"), "no directory");
    }

    private void plant(String name, int length) throws IOException {
        Files.writeString(Files.createDirectories(base.resolve(name)).resolve("index.html"), "x".repeat(length));
    }

    private Site site(Path docbase) {
        try {
            Site.Manners manners = new Site.Manners(List.of("index.html"), true, false, false, false, Writing.NONE, Fixture.INTAKE, false, Fields.NONE);
            return new Site(new Docroot(docbase, VISIBLE, false), manners, Guard.NONE, new MediaTypes(Map.of()), 10);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Sites directories(Optional<String> defaultHost) throws IOException {
        return new Sites(site(base), List.of(), Optional.of(new Sites.Directories(new Docroot(base, VISIBLE, false), defaultHost,
                directory -> site(directory.path()))), Optional.empty());
    }

    private static String answer(Sites sites, String host, String target) throws IOException {
        Target parsed = Target.parse(target, "GET").orElseThrow();
        Optional<Authority> authority = parsed instanceof Target.Place place
                ? place.authority().or(() -> Authority.parse(host)) : Authority.parse(host);
        Request request = new Request("GET", target, parsed, 1, authority, Fields.of("Host", host));
        Response response = sites.answer(request, Exchange.of(Fixture.CLIENT), Instant.now()).response();
        response.content().close();
        return response.status().code() == 200 ? Long.toString(response.content().length())
                : Integer.toString(response.status().code());
    }

    @ParameterizedTest
    @CsvSource({"a.example, 2", "A.Example, 2", "a.example:8080, 2", "a.example., 2", "b.example, 3", "www.a.example, 2",
        "c.example, 404", "file.example, 404", "out.example, 404", ".hidden.example, 404", ".., 404", "., 404",
        "a.example%2f, 404", "[::1], 404", "'', 404"})
    void withVirtualHostsADirectoryOfTheBaseIsAHostAndNothingElseIs(String host, String answer) throws IOException {
        assertEquals(answer, answer(directories(Optional.empty()), host, "/"));
    }

    @ParameterizedTest
    @CsvSource({"a.example, 2", "c.example, 4", "..,4", "'', 4"})
    void theDefaultHostAnswersForAllOthers(String host, String answer) throws IOException {
        assertEquals(answer, answer(directories(Optional.of("fallback")), host, "/"));
    }

    @Test
    void aHostThatTakesUsForAProxyIsMisdirected() throws IOException {
        assertEquals("421", answer(directories(Optional.empty()), "a.example", "http://c.example/"));
        assertEquals("3", answer(directories(Optional.empty()), "a.example", "http://b.example/"));
    }

    @Test
    void aHostThatIsMadeWhileTheServerRunsIsThereAndOneThatIsRemovedIsNot() throws IOException {
        Sites sites = directories(Optional.empty());
        assertEquals("404", answer(sites, "new.example", "/"));
        plant("new.example", 7);
        assertEquals("7", answer(sites, "new.example", "/"));
        Files.delete(base.resolve("new.example/index.html"));
        Files.delete(base.resolve("new.example"));
        assertEquals("404", answer(sites, "new.example", "/"));
    }

    @ParameterizedTest
    @CsvSource({"a.example, 2", "x.b.example, 3", "y.x.b.example, 4", "b.example, 1", "other, 1", "xb.example, 1", "'', 1"})
    void theExactNameWinsOverTheLongestWildcardAndThatOverTheMainSite(String host, String answer) throws IOException {
        Sites sites = new Sites(site(base), List.of(new Sites.Named("a.example", site(base.resolve("a.example"))),
                new Sites.Named("*.b.example", site(base.resolve("b.example"))),
                new Sites.Named("*.x.b.example", site(base.resolve("fallback")))), Optional.empty(),
                Optional.empty());
        assertEquals(answer, answer(sites, host, "/"));
    }
}
