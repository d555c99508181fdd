package tests.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.Optional;
import lib.http.Disposition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What Content-Disposition says, as browsers and curl write it. `nothing` stands for no name at all.
class DispositionTest {

    private static String filename(String field) {
        return Disposition.parse(field).flatMap(Disposition::filename).orElse("nothing");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            form-data; name="f"; filename="a.txt"              | a.txt
            form-data; name="f"; filename="a;b, c=d.txt"       | a;b, c=d.txt
            form-data; name="f"; filename="say %22hi%22.txt"   | say "hi".txt
            form-data; name="f"; filename="say \\"hi\\".txt"   | say "hi".txt
            form-data; name="f"; filename="a\\b.txt"           | a\\b.txt
            form-data; name="f"; filename="a\\\\b.txt"         | a\\b.txt
            form-data; name="f"; filename="a\\\\\\"b.txt"      | a\\"b.txt
            form-data; name="f"; filename="100%.txt"           | 100%.txt
            form-data; name="f"; filename="trip/day 1/sea.jpg" | trip/day 1/sea.jpg
            form-data; name="f"; filename=""                   | ``
            form-data; name="f"; filename=                     | ``
            form-data; name="f"                                | nothing
            form-data                                          | nothing
            attachment; filename=a.txt                         | a.txt
            attachment;filename=a.txt                          | a.txt
            attachment ; FILENAME = a.txt                      | a.txt
            Attachment; FileName="a.txt"                       | a.txt
            attachment; filename="a.txt" ; x=y                 | a.txt
            attachment; filename=a b.txt                       | a b.txt
            attachment; x="filename=evil"; filename=a.txt      | a.txt
            attachment; x="\\"; filename=evil"; filename=a.txt | a.txt
            """)
    void theNameIsThatOfTheSendersFile(String field, String name) {
        assertEquals(name, filename(field));
    }

    /// The extended form (RFC 8187) is octets of UTF-8, here one char each, and wins whatever the order.
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            attachment; filename*=UTF-8''caf%C3%A9.txt                  | caf\u00c3\u00a9.txt
            attachment; filename*=utf-8'en'caf%c3%a9.txt                | caf\u00c3\u00a9.txt
            attachment; filename*=UTF-8''a.txt; filename=b.txt          | a.txt
            attachment; filename=b.txt; filename*=UTF-8''a.txt          | a.txt
            attachment; filename*=UTF-8''a+b.txt                        | a+b.txt
            attachment; filename*=UTF-8''..%2F..%2Fa                    | ../../a
            attachment; filename*=UTF-8''                               | ``
            attachment; filename*=ISO-8859-1''a.txt; filename=b.txt     | b.txt
            attachment; filename*=a.txt; filename=b.txt                 | b.txt
            attachment; filename*=UTF-8'a.txt; filename=b.txt           | b.txt
            attachment; filename*=''a.txt                               | nothing
            """)
    void theExtendedNameWinsIfItIsOne(String field, String name) {
        assertEquals(name, filename(field));
    }

    /// What one recipient takes for one name and the next for another is taken for none.
    @ParameterizedTest
    @ValueSource(strings = {"", ";", "; filename=a", "form data; filename=a", "attachment; filename", "attachment; =a",
        "attachment; filename=\"a", "attachment; filename=\"a\\\"", "attachment; filename=\"a\"b", "attachment; filename=\"a\" b",
        "attachment; filename=\"a\"; filename=\"b\"", "attachment; filename=a; FILENAME=b", "attachment; file name=a",
        "attachment;; filename=a", "attachment; filename=a;", "att\u00e9; filename=a"})
    void whatBreaksTheGrammarSaysNothing(String field) {
        assertEquals(Optional.empty(), Disposition.parse(field));
    }

    @Test
    void typeAndNamesAreInLowerCaseAndValuesAsTheyCame() {
        Disposition disposition = Disposition.parse("FORM-DATA; Name=\"Files\"; FILENAME=A.TXT").orElseThrow();
        assertEquals(new Disposition("form-data", Map.of("name", "Files", "filename", "A.TXT")), disposition);
    }
}
