package tests.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import lib.http.Negotiation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The content coding that a client prefers and the media types that it names (RFC 9110 §12.4.2, §12.5.1 and §12.5.3).
class NegotiationTest {
    private static final List<String> OFFERED = List.of("br", "gzip");

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                               | identity
            gzip                             | gzip
            br                               | br
            gzip, deflate, br, zstd          | br
            gzip;q=1.0, br;q=0.8             | gzip
            gzip;q=0.8, br;q=0.9             | br
            gzip;q=0.5, br;q=0.5             | br
            gzip;q=0.501, br;q=0.5           | gzip
            deflate, zstd                    | identity
            compress                         | identity
            GZIP                             | gzip
            Br;Q=0.5                         | br
            x-gzip                           | gzip
            X-GZip;q=0.1                     | gzip
            x-gzip;q=0                       | identity
            'gzip ; q=0.5 , br ; q=0.7'      | br
            'gzip\t;\tq=0.5'                 | gzip
            ',, gzip ,,'                     | gzip
            gzipped                          | identity
            'gzip br'                        | identity
            'gzip/br'                        | identity
            """)
    void theCodingOfTheHighestWeightIsTaken(String accepted, String coding) {
        assertEquals(coding, Negotiation.coding(accepted, OFFERED));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            gzip;q=0                         | identity
            gzip;q=0.000                     | identity
            gzip;q=0, br;q=0                 | identity
            gzip;q=0, br                     | br
            br;q=0, *                        | gzip
            br;q=0, gzip;q=0, *              | identity
            *;q=0                            | identity
            gzip, *;q=0                      | gzip
            *;q=0, gzip                      | gzip
            gzip;q=0.001                     | gzip
            """)
    void aWeightOfZeroMeansNotAcceptable(String accepted, String coding) {
        assertEquals(coding, Negotiation.coding(accepted, OFFERED));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            *                                | br
            *;q=0.1                          | br
            gzip, *;q=0.5                    | gzip
            gzip;q=0.2, *;q=0.5              | br
            *;q=0.5, gzip;q=0.2              | br
            """)
    void theAsteriskStandsForEveryCodingThatIsNotNamed(String accepted, String coding) {
        assertEquals(coding, Negotiation.coding(accepted, OFFERED));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            identity                         | identity
            identity, gzip;q=0.5             | identity
            identity;q=0.5, gzip             | gzip
            identity;q=0.5, gzip;q=0.5       | gzip
            identity;q=1, *;q=0              | identity
            identity;q=0                     | identity
            identity;q=0, gzip;q=0.1         | gzip
            identity;q=0, *                  | br
            IDENTITY, gzip;q=0.9             | identity
            """)
    void identityIsTakenWhereItIsLikedBetterOrNothingElseIsThere(String accepted, String coding) {
        assertEquals(coding, Negotiation.coding(accepted, OFFERED));
    }

    @Test
    void nothingOfferedIsIdentity() {
        assertEquals("identity", Negotiation.coding("gzip, br, *", List.of()));
        assertEquals("gzip", Negotiation.coding("gzip, br, *", List.of("gzip")));
        assertEquals("gzip", Negotiation.coding("gzip, br", List.of("gzip", "br")));
    }

    /// §12.4.2: 0 to 1 with at most three decimals. What we do not understand, we do not send.
    @ParameterizedTest
    @ValueSource(strings = {"q=", "q=a", "q=-1", "q=+1", "q=2", "q=1.1", "q=1.001", "q=.5", "q=0,5", "q=0.1234",
        "q=1.0000", "q=00", "q=01", "q=1e0", "q=0x1", "q=NaN", "q=Infinity", "q=\"1\"", "q=\u0661", "q=1%", "q=1f",
        "q=1d", "q=99999999999"})
    void aMalformedWeightCountsAsZero(String weight) {
        assertEquals("identity", Negotiation.coding("gzip;" + weight, OFFERED));
        assertFalse(Negotiation.names("text/html;" + weight, "text/html"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"q=1", "q=1.", "q=1.0", "q=1.00", "q=1.000", "Q=1", "q=0.5", "q=0.50", "q=0.001", "x=1",
        "x=\"a;q=0,\";q=1", "", ";", "qq=0"})
    void aWellFormedWeightCounts(String weight) {
        assertEquals("gzip", Negotiation.coding("gzip;" + weight, OFFERED));
        assertTrue(Negotiation.names("text/html;" + weight, "text/html"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            text/html                                        | true
            'text/html,application/xhtml+xml,*/*;q=0.8'      | true
            'application/json, TEXT/HTML;q=0.1'              | true
            text/html;level=1                                | true
            text/html;charset="a,b";q=0.5                    | true
            text/html;q=0                                    | false
            text/html;q=0, */*                               | false
            */*                                              | false
            *                                                | false
            text/*                                           | false
            text/htmlx                                       | false
            application/json                                 | false
            'x="text/html"'                                  | false
            '"a, text/html"'                                 | false
            ''                                               | false
            """)
    void onlyATypeItselfIsNamedAndNeverByAWildcard(String accepted, boolean named) {
        assertEquals(named, Negotiation.names(accepted, "text/html"));
    }

    /// Nobody writes them but who looks for a crash.
    @ParameterizedTest
    @ValueSource(strings = {";", ";;", ";, text/html, br", ",;,text/html,br", ";q=1, text/html, br",
        " ; ; , text/html, br", "*;, ;, \"", "\"", "\"\\", "=", ";=", "q=1", "*;q", "\u00e9;q=1"})
    void noValueMakesItFail(String accepted) {
        boolean named = accepted.contains("text/html");
        assertEquals(named, Negotiation.names(accepted, "text/html"));
        assertEquals(named || accepted.startsWith("*") ? "br" : "identity", Negotiation.coding(accepted, OFFERED));
    }
}
