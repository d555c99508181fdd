package tests.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import lib.http.Fields;
import lib.wire.Framing;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The end of a request's content (RFC 9112 §6.3). How contradictions reach a client is in [RequestReaderTest].
class FramingTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "none", textBlock = """
            none                | none     | 1 | None[]
            none                | none     | 0 | None[]
            0                   | none     | 1 | None[]
            000                 | none     | 1 | None[]
            1                   | none     | 1 | Sized[length=1]
            0042                | none     | 0 | Sized[length=42]
            9223372036854775807 | none     | 1 | Sized[length=9223372036854775807]
            9223372036854775808 | none     | 1 | refused
            ''                  | none     | 1 | refused
            -0                  | none     | 1 | refused
            none                | chunked  | 1 | Chunked[]
            none                | CHUNKED  | 1 | Chunked[]
            none                | chunked  | 0 | refused
            none                | gzip     | 1 | refused
            none                | identity | 1 | refused
            none                | ''       | 1 | refused
            0                   | chunked  | 1 | refused
            5                   | identity | 1 | refused
            """)
    void aRequestHasOnePlainFramingOrIsRefused(String length, String coding, int minorVersion, String expected) {
        Fields fields = Fields.NONE;
        fields = length == null ? fields : fields.with("Content-Length", length);
        fields = coding == null ? fields : fields.with("transfer-encoding", coding);

        Optional<? extends Framing> framing = Framing.of(fields, minorVersion);
        assertEquals(expected, framing.map(Object::toString).orElse("refused"));
    }
}
