package tests.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.IntStream;
import lib.http.Tokens;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Tokens, digits, white space and lists (RFC 9110 §5.5 and §5.6).
class TokensTest {

    @Test
    void aTokenCharIsALetterADigitOrOneOfFifteenSigns() {
        String tchar = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        for (int c = -1; c <= 0x2100; c++) {
            assertEquals(c >= 0 && tchar.indexOf(c) >= 0, Tokens.isTokenChar(c), "octet " + c);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            GET           | true
            M-SEARCH      | true
            !#$%&'*+-.^_` | true
            ''            | false
            'a b'         | false
            'a\t'         | false
            a:            | false
            a,b           | false
            (a)           | false
            "a"           | false
            a\u007f       | false
            caf\u00e9     | false
            """)
    void aTokenIsOneOrMoreTokenChars(String text, boolean token) {
        assertEquals(token, Tokens.isToken(text));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0                                | true
            007                              | true
            99999999999999999999999999999999 | true
            ''                               | false
            -1                               | false
            +1                               | false
            '1 '                             | false
            1_000                            | false
            0x1                              | false
            1.0                              | false
            \u0661\u0662                     | false
            \u00b2                           | false
            \uff11                           | false
            """)
    void digitsAreAsciiDigitsAndNothingElse(String text, boolean digits) {
        assertEquals(digits, Tokens.isDigits(text));
    }

    @Test
    void aHexadecimalDigitIsAsciiInEitherCase() {
        for (int c = -1; c <= 0xFFFF; c++) {
            int expected = c < 0 ? -1 : "0123456789abcdef".indexOf(c >= 'A' && c <= 'F' ? c + 32 : c);
            assertEquals(expected, Tokens.hexValue(c), "octet " + c);
        }
    }

    @Test
    void aFieldValueHoldsNoControlCharacterButTab() {
        IntStream.rangeClosed(0, 0x200).forEach(c -> {
            boolean legal = c == '\t' || (c >= 0x20 && c <= 0x7E) || (c >= 0x80 && c <= 0xFF);
            assertEquals(legal, Tokens.isFieldValue("a" + (char) c + "b"), "octet " + c);
        });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''            | ''
            ' \t '        | ''
            ' a'          | a
            'a\t '        | a
            '\t a \t b\t' | 'a \t b'
            '\u00a0a'     | '\u00a0a'
            '\013a'     | '\013a'
            '\r\na'       | '\r\na'
            """)
    void onlyBlanksAndTabsAreWhiteSpace(String text, String trimmed) {
        assertEquals(trimmed, Tokens.trimmed(text));
    }

    /// The elements are written here with a slash between them.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                  | ''
            ','                 | ''
            ' , \t,,'           | ''
            'a'                 | a
            'a,b'               | a/b
            ',a ,, \tb ,'       | a/b
            'a b, c'            | a b/c
            '"a,b", c'          | "a,b"/c
            'x="a,b";q=1, c'    | x="a,b";q=1/c
            '"a\\",b", c'       | "a\\",b"/c
            '"a\\\\", c'        | "a\\\\"/c
            'a\\, b'            | a\\/b
            'a\\",b, c", d'     | a\\",b, c"/d
            '"", a'             | ""/a
            """)
    void aListIsSplitAtCommasOutsideQuotedStrings(String value, String elements) {
        assertEquals(elements.isEmpty() ? List.of() : List.of(elements.split("/")), Tokens.list(value));
    }

    /// Malformed, yet not one octet of it gets lost: whoever looks at the elements can see that it is.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            'a, "b'      | a/"b
            'a, "b, c'   | a/"b, c
            'a, "'       | a/"
            'a, "\\'     | a/"\\
            'a, "b\\'    | a/"b\\
            'a, "b\\"'   | a/"b\\"
            'a, \\'      | a/\\
            """)
    void aQuotedStringWithoutEndGoesOnToTheEndOfTheList(String value, String elements) {
        assertEquals(List.of(elements.split("/")), Tokens.list(value));
    }
}
