package tests.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lib.http.Fields;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The field section (RFC 9110 §5).
class FieldsTest {
    private static final Fields FIELDS = Fields.of("Accept", "a", "Host", "h", "ACCEPT", "b", "X-Empty", "");

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Accept       | 2
            accept       | 2
            aCCEPT       | 2
            Host         | 1
            X-Empty      | 1
            Accept-      | 0
            Accep        | 0
            ''           | 0
            """)
    void namesAreComparedWithoutRegardToCase(String name, int count) {
        assertEquals(count, FIELDS.count(name));
        assertEquals(count, FIELDS.values(name).size());
        assertEquals(count > 0, FIELDS.has(name));
        assertEquals(count > 0, FIELDS.first(name).isPresent());
        assertEquals(count > 0, FIELDS.combined(name).isPresent());
    }

    @Test
    void repeatedLinesKeepTheirOrder() {
        assertEquals(Optional.of("a"), FIELDS.first("accept"));
        assertEquals(List.of("a", "b"), FIELDS.values("accept"));
        assertEquals(Optional.of("a, b"), FIELDS.combined("accept"));
        assertEquals(List.of("Accept", "Host", "ACCEPT", "X-Empty"),
                FIELDS.lines().stream().map(Fields.Line::name).toList());
    }

    @Test
    void anEmptyValueIsNotAnAbsentOne() {
        assertEquals(Optional.of(""), FIELDS.first("X-Empty"));
        assertEquals(Optional.of(""), FIELDS.combined("X-Empty"));
        assertEquals(Optional.empty(), FIELDS.combined("X-None"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            close               | ''         | close | true
            CLOSE               | ''         | close | true
            'a , close'         | ''         | close | true
            ',,close,'          | ''         | close | true
            a                   | 'b,close'  | close | true
            closed              | close-d    | close | false
            'close d'           | ''         | close | false
            close;x             | ''         | close | false
            'a="x, close, y"'   | ''         | close | false
            '"close"'           | ''         | close | false
            """)
    void aListFieldHoldsATokenInAnyLineAndPosition(String first, String second, String token, boolean lists) {
        assertEquals(lists, Fields.of("Connection", first, "connection", second).lists("CONNECTION", token));
        assertFalse(Fields.of("Other", first).lists("Connection", token));
    }

    @Test
    void aFurtherLineLeavesTheFirstOnesAsTheyWere() {
        Fields more = FIELDS.with("Accept", "c");
        assertEquals(List.of("a", "b", "c"), more.values("Accept"));
        assertEquals(2, FIELDS.count("Accept"));
    }

    @Test
    void otherFieldsTakeThePlaceOfAllLinesOfTheirNames() {
        Fields replaced = FIELDS.replacedBy(Fields.of("accept", "x", "New", "1", "accept", "y"));
        assertEquals(Fields.of("Host", "h", "X-Empty", "", "accept", "x", "New", "1", "accept", "y"), replaced);
        assertEquals(FIELDS, FIELDS.replacedBy(Fields.NONE));
        assertEquals(FIELDS, Fields.NONE.replacedBy(FIELDS));
    }

    @Test
    void theLinesAreACopyThatNobodyChanges() {
        List<Fields.Line> lines = new ArrayList<>(List.of(new Fields.Line("A", "1")));
        Fields fields = new Fields(lines);
        lines.clear();
        assertTrue(fields.has("A"));
        assertThrows(UnsupportedOperationException.class, () -> fields.lines().clear());
    }

    /// Response splitting: what goes into a Location or a Content-Disposition can come from a client.
    @ParameterizedTest
    @ValueSource(strings = {"a\r\nSet-Cookie: x", "a\nb", "a\rb", "a\0b", "a\u007f", "a\u001b[2J", "\u20ac",
        "a\u010d\u010ab"})
    void aValueNeverBreaksOutOfItsLine(String value) {
        assertThrows(IllegalArgumentException.class, () -> Fields.of("Location", value));
        assertThrows(IllegalArgumentException.class, () -> Fields.NONE.with("Location", value));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "a:", "a\r\nb", "a\0", "caf\u00e9", "(a)", "a,b"})
    void aNameIsAToken(String name) {
        assertThrows(IllegalArgumentException.class, () -> Fields.of(name, "x"));
    }

    @Test
    void octetsBeyondAsciiAndTabsMayStandInAValue() {
        assertEquals(Optional.of("a\tb \u0080\u00ff"), Fields.of("X", "a\tb \u0080\u00ff").first("X"));
    }
}
