package tests.site;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import lib.http.Target;
import lib.site.Access;
import lib.site.Access.Methods;
import lib.site.Access.Rule;
import lib.site.Access.Who;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Rules by place, method and user: pure.
class AccessTest {
    private static final Who ANN = new Who.These(Set.of("ann"));
    private static final Who ALL = new Who.Everybody();

    private static Rule rule(String place, Methods methods, Who who) {
        return new Rule(segments(place), methods, who);
    }

    private static List<String> segments(String target) {
        return ((Target.Place) Target.parse(target, "GET").orElseThrow()).segments();
    }

    private static boolean allows(Access access, String user, String method, String target) {
        return access.allows(Optional.of(user).filter(name -> !name.equals("-")), method, segments(target));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            -   | GET     | /                  | true
            -   | GET     | /a.txt             | true
            -   | HEAD    | /a.txt             | true
            -   | PUT     | /a.txt             | false
            bob | PUT     | /a.txt             | true
            -   | GET     | /private           | false
            -   | GET     | /private/          | false
            -   | GET     | /private/a/b       | false
            bob | GET     | /private/a/b       | false
            ann | GET     | /private/a/b       | true
            ann | PUT     | /private/a/b       | true
            -   | GET     | /private.txt       | true
            -   | GET     | /privat            | true
            -   | GET     | /privatest/x       | true
            -   | GET     | /x/private/        | true
            ann | GET     | /drafts/x          | false
            ann | DELETE  | /drafts            | false
            -   | GET     | /drafts/open/x     | true
            -   | GET     | /inbox/x           | true
            -   | HEAD    | /inbox/x           | true
            -   | PUT     | /inbox/x           | true
            -   | DELETE  | /inbox/x           | false
            bob | DELETE  | /inbox/x           | true
            -   | OPTIONS | /a                 | true
            -   | PATCH   | /a                 | false
            -   | PROPFIND | /a                | false
            """)
    void theFirstRuleThatNamesPlaceAndMethodDecidesAlone(String user, String method, String target, boolean allowed) {
        Access access = new Access(List.of(
                rule("/private/", new Methods.All(), ANN),
                rule("/drafts/open/", new Methods.Read(), ALL),
                rule("/drafts/", new Methods.All(), new Who.Nobody()),
                rule("/inbox/", new Methods.Named(Set.of("GET", "PUT")), ALL),
                rule("/", new Methods.Read(), ALL)), true);
        assertEquals(allowed, allows(access, user, method, target));
    }

    /// The rule is about the directory `private`, and the request about the same one or about nothing that is there.
    @ParameterizedTest
    @ValueSource(strings = {"/private/s", "/%70rivate/s", "//private/s", "/private//s", "///private///s", "/%70%72%69%76%61%74%65/s",
        "/privat%65/", "/private?x", "/private/?tar", "/private/%2e%2e/x", "/private/../a.txt", "http://h/private/s", "/private/%2f"})
    void noWayToWriteAPlaceGetsRoundItsRule(String target) {
        Access access = new Access(List.of(rule("/private", new Methods.All(), ANN), rule("/", new Methods.All(), ALL)), true);
        assertEquals(false, allows(access, "-", "GET", target));
        assertEquals(true, allows(access, "ann", "GET", target));
    }

    @Test
    void withoutRulesEverythingNeedsAUserIfThereAreAny() {
        assertEquals(false, allows(new Access(List.of(), true), "-", "GET", "/"));
        assertEquals(true, allows(new Access(List.of(), true), "bob", "DELETE", "/x"));
        assertEquals(true, allows(Access.OPEN, "-", "DELETE", "/x"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /    | ALL   | /a   | ALL   | true
            /    | ALL   | /    | READ  | true
            /    | READ  | /a   | ALL   | false
            /    | READ  | /a   | READ  | true
            /    | READ  | /a   | WRITE | false
            /    | READ  | /a   | GET   | true
            /    | WRITE | /a   | GET   | false
            /    | WRITE | /a   | WRITE | true
            /    | GET   | /a   | READ  | false
            /    | GET   | /a   | GET   | true
            /    | GET   | /a   | HEAD  | true
            /    | HEAD  | /a   | GET   | false
            /a   | ALL   | /    | ALL   | false
            /a   | ALL   | /ab  | ALL   | false
            /a   | ALL   | /a/b | ALL   | true
            """)
    void aRuleCoversAnotherWhoseEveryRequestItDecides(String place, String methods, String otherPlace, String otherMethods, boolean covers) {
        assertEquals(covers, rule(place, methods(methods), ALL).covers(rule(otherPlace, methods(otherMethods), ANN)));
    }

    private static Methods methods(String name) {
        return switch (name) {
            case "ALL" -> new Methods.All();
            case "READ" -> new Methods.Read();
            case "WRITE" -> new Methods.Write();
            default -> new Methods.Named(Set.of(name));
        };
    }
}
