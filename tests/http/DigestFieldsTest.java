package tests.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import lib.http.DigestFields;
import lib.http.DigestFields.Algorithm;
import lib.http.Fields;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DigestFieldsTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            sha-256=10                      | SHA_256
            sha-512=1                       | SHA_512
            sha-256=1, sha-512=2            | SHA_512
            sha-512=3, sha-256=10, md5=0    | SHA_256
            sha-256=5, sha-512=5            | SHA_256
            sha-512=5, sha-256=5            | SHA_256
            md5=10, sha-512=1               | SHA_512
            sha-256=0, sha-512=1            | SHA_512
            sha-256=10;why="strong"         | SHA_256
            sha-256=0                       | none
            md5=10                          | none
            sha-256=11                      | none
            sha-256=11, sha-512=1           | SHA_512
            sha-256=-1                      | none
            sha-256=1.5                     | none
            sha-256                         | none
            sha-256=:aGk=:                  | none
            SHA-256=10                      | none
            sha-256=10, sha-512             | SHA_256
            sha-256=10,                     | none
            ``                              | none
            """)
    void theAlgorithmOfTheHighestWeightIsTaken(String field, String expected) {
        assertEquals(expected, DigestFields.wanted(Fields.of("Want-Repr-Digest", field), "Want-Repr-Digest")
                .map(Algorithm::name).orElse("none"));
    }

    @Test
    void linesOfTheSameNameAreOneField() {
        Fields fields = Fields.of("want-repr-digest", "sha-256=1", "Want-Repr-Digest", "sha-512=2");
        assertEquals(Algorithm.SHA_512, DigestFields.wanted(fields, "Want-Repr-Digest").orElseThrow());
    }

    /// The example of RFC 9530, Appendix A.
    @Test
    void aDigestIsWrittenAsAByteSequence() {
        byte[] digest = Algorithm.SHA_256.begin().digest("{\"hello\": \"world\"}".getBytes(StandardCharsets.US_ASCII));
        assertEquals("sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:", DigestFields.format(Algorithm.SHA_256, digest));
    }

    @Test
    void claimsAreThoseByTheAlgorithmsThatWeKnow() {
        Map<String, String> claims = new TreeMap<>();
        DigestFields.claims(Fields.of("Repr-Digest", "md5=:aGk=:, sha-512=:AQI=:, sha-256=5"), "Repr-Digest")
                .forEach((algorithm, octets) -> claims.put(algorithm.name(), HexFormat.of().formatHex(octets)));
        assertEquals(Map.of("SHA_512", "0102"), claims);
    }
}
