package tests.site;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lib.http.EntityTag;
import lib.http.Request;
import lib.site.Preconditions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The steps of RFC 9110 §13.2.2, of a representation whose entity-tag is `"v"`, modified in the middle of a second.
class PreconditionsTest {
    private static final EntityTag TAG = new EntityTag(false, "v");
    private static final Instant MODIFIED = Instant.parse("1994-11-06T08:49:37.5Z");
    private static final Instant NOW = Instant.parse("2024-05-06T07:08:09Z");

    /// A date's name in the tables: the second before the modification, the same, the one after, or no date.
    private static String date(String name) {
        return switch (name) {
            case "before" -> "Sun, 06 Nov 1994 08:49:36 GMT";
            case "same" -> "Sun, 06 Nov 1994 08:49:37 GMT";
            case "after" -> "Sun, 06 Nov 1994 08:49:38 GMT";
            case "same850" -> "Sunday, 06-Nov-94 08:49:37 GMT";
            case "sameC" -> "Sun Nov  6 08:49:37 1994";
            default -> name;
        };
    }

    private static Request request(String method, String... fields) {
        List<String> given = new ArrayList<>();
        for (int i = 0; i < fields.length; i += 2) {
            if (fields[i + 1] != null) {
                given.add(fields[i]);
                given.add(date(fields[i + 1]));
            }
        }
        return Fixture.request(method, "/", given.toArray(String[]::new));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            # If-Match     If-Unm.-Since  If-None-Match    If-Mod.-Since  GET           PUT
            -            | -            | -              | -            | PROCEED      | PROCEED
            # step 1: If-Match, by strong comparison
            "v"          | -            | -              | -            | PROCEED      | PROCEED
            "w"          | -            | -              | -            | FAILED       | FAILED
            *            | -            | -              | -            | PROCEED      | PROCEED
            W/"v"        | -            | -              | -            | FAILED       | FAILED
            "w", "v"     | -            | -              | -            | PROCEED      | PROCEED
            "w","x",W/"v"| -            | -              | -            | FAILED       | FAILED
            v            | -            | -              | -            | FAILED       | FAILED
            "*"          | -            | -              | -            | FAILED       | FAILED
            ''           | -            | -              | -            | FAILED       | FAILED
            # step 2: If-Unmodified-Since, only without If-Match
            -            | before       | -              | -            | FAILED       | FAILED
            -            | same         | -              | -            | PROCEED      | PROCEED
            -            | after        | -              | -            | PROCEED      | PROCEED
            -            | no date      | -              | -            | PROCEED      | PROCEED
            "v"          | before       | -              | -            | PROCEED      | PROCEED
            "w"          | after        | -              | -            | FAILED       | FAILED
            # step 3: If-None-Match, by weak comparison
            -            | -            | "v"            | -            | NOT_MODIFIED | FAILED
            -            | -            | "w"            | -            | PROCEED      | PROCEED
            -            | -            | *              | -            | NOT_MODIFIED | FAILED
            -            | -            | W/"v"          | -            | NOT_MODIFIED | FAILED
            -            | -            | "w", W/"v"     | -            | NOT_MODIFIED | FAILED
            -            | -            | "w" , , "v"    | -            | NOT_MODIFIED | FAILED
            -            | -            | "*"            | -            | PROCEED      | PROCEED
            -            | -            | w/"v"          | -            | PROCEED      | PROCEED
            -            | -            | ''             | -            | PROCEED      | PROCEED
            "v"          | -            | "v"            | -            | NOT_MODIFIED | FAILED
            "w"          | -            | "v"            | -            | FAILED       | FAILED
            -            | before       | "v"            | -            | FAILED       | FAILED
            -            | after        | "v"            | -            | NOT_MODIFIED | FAILED
            # step 4: If-Modified-Since, only for GET and HEAD and only without If-None-Match
            -            | -            | -              | before       | PROCEED      | PROCEED
            -            | -            | -              | same         | NOT_MODIFIED | PROCEED
            -            | -            | -              | after        | NOT_MODIFIED | PROCEED
            -            | -            | -              | same850      | NOT_MODIFIED | PROCEED
            -            | -            | -              | sameC        | NOT_MODIFIED | PROCEED
            -            | -            | -              | no date      | PROCEED      | PROCEED
            -            | -            | "w"            | same         | PROCEED      | PROCEED
            -            | -            | "v"            | before       | NOT_MODIFIED | FAILED
            "v"          | -            | -              | same         | NOT_MODIFIED | PROCEED
            "w"          | -            | -              | same         | FAILED       | FAILED
            -            | same         | -              | same         | NOT_MODIFIED | PROCEED
            -            | before       | -              | same         | FAILED       | FAILED
            """)
    void theStepsAreTakenInTheirOrder(String ifMatch, String ifUnmodifiedSince, String ifNoneMatch, String ifModifiedSince,
            Preconditions.Outcome get, Preconditions.Outcome put) {
        for (String method : List.of("GET", "HEAD", "PUT")) {
            Request request = request(method, "If-Match", ifMatch, "If-Unmodified-Since", ifUnmodifiedSince,
                    "If-None-Match", ifNoneMatch, "If-Modified-Since", ifModifiedSince);
            assertEquals(method.equals("PUT") ? put : get, Preconditions.evaluate(request, TAG, Optional.of(MODIFIED), NOW), method);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            If-Match            | "w"   | "v"    | PROCEED
            If-Match            | "w"   | "x"    | FAILED
            If-None-Match       | "w"   | "v"    | NOT_MODIFIED
            If-None-Match       | "w"   | "x"    | PROCEED
            If-Unmodified-Since | before | before | PROCEED
            If-Modified-Since   | same  | same   | PROCEED
            """)
    void linesOfOneNameAreOneListAndTwoDatesAreNone(String name, String first, String second, Preconditions.Outcome expected) {
        assertEquals(expected, Preconditions.evaluate(request("GET", name, first, name, second), TAG, Optional.of(MODIFIED), NOW));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            -          | -       | true
            "v"        | -       | true
            "w"        | -       | false
            W/"v"      | -       | false
            *          | -       | false
            "v", "w"   | -       | false
            "v"        | "v"     | false
            same       | -       | true
            same850    | -       | true
            before     | -       | false
            after      | -       | false
            no date    | -       | false
            ''         | -       | false
            """)
    void aRangeAppliesOnlyToTheVeryRepresentationThatTheClientHas(String ifRange, String again, boolean expected) {
        Request request = request("GET", "If-Range", ifRange, "If-Range", again);
        assertEquals(expected, Preconditions.rangeApplies(request, TAG, Optional.of(MODIFIED), NOW));
    }

    /// RFC 9110 §8.8.2.2: what was modified in this very second may be modified in it again.
    @ParameterizedTest
    @CsvSource({"1994-11-06T08:49:37.6Z, false", "1994-11-06T08:49:37.999Z, false", "1994-11-06T08:49:38Z, true"})
    void aDateOfThisSecondIsNoStrongValidator(Instant now, boolean expected) {
        assertEquals(expected, Preconditions.rangeApplies(request("GET", "If-Range", "same"), TAG, Optional.of(MODIFIED), now));
    }
}
