package tests.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import lib.http.EntityTag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Entity-tags, their grammar and their two comparisons (RFC 9110 §8.8.3).
class EntityTagTest {
    private static final Instant MODIFIED = Instant.parse("2026-07-01T12:00:00.123456789Z");

    /// The examples of §8.8.3.2.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            W/"1" | W/"1" | false | true
            W/"1" | W/"2" | false | false
            W/"1" | "1"   | false | true
            "1"   | W/"1" | false | true
            "1"   | "1"   | true  | true
            "1"   | "2"   | false | false
            "a"   | "A"   | false | false
            ""    | ""    | true  | true
            """)
    void twoTagsMatchStronglyOnlyIfNeitherIsWeak(String one, String other, boolean strongly, boolean weakly) {
        EntityTag tag = EntityTag.parse(one).orElseThrow();
        EntityTag against = EntityTag.parse(other).orElseThrow();
        assertEquals(strongly, tag.matchesStrongly(against));
        assertEquals(weakly, tag.matchesWeakly(against));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"xyzzy\"", "W/\"xyzzy\"", "\"\"", "W/\"\"", "\"a,b\"", "\"a\\\"", "\"W/\"", "\"!#~\"",
        "\"\u0080\u00ff\"", "\"*\""})
    void aTagIsReadAsItIsWritten(String text) {
        assertEquals(Optional.of(text), EntityTag.parse(text).map(EntityTag::format));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "*", "xyzzy", "\"", "W/\"", "\"xyzzy", "xyzzy\"", "w/\"xyzzy\"", "W\"xyzzy\"",
        "W/ \"xyzzy\"", "W/W/\"a\"", " \"a\"", "\"a\" ", "\"a b\"", "\"a\"b\"", "\"a\\\"b\"", "\"a\tb\"",
        "\"a\u007f\"", "\"\u20ac\"", "\"a\", \"b\"", "'a'"})
    void whatIsNotExactlyOneTagIsNothing(String text) {
        assertTrue(EntityTag.parse(text).isEmpty());
    }

    /// The tags are written here with a blank between them, which none of them can hold.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            '"a"'                   | "a"
            '"a","b"'               | "a" "b"
            '"a", W/"b" ,\t"c"'     | "a" W/"b" "c"
            ',, "a" ,, ,"b",'       | "a" "b"
            '"a,b", "c"'            | "a,b" "c"
            '",", ",,"'             | "," ",,"
            '"a\\", "b"'            | "a\\" "b"
            '"", W/""'              | "" W/""
            'W/"a,W/", "b"'         | W/"a,W/" "b"
            """)
    void aListHoldsAllItsTags(String text, String tags) {
        assertEquals(List.of(tags.split(" ")), EntityTag.parseList(text).stream().map(EntityTag::format).toList());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                      | ''
            ','                     | ''
            '*'                     | ''
            'a, b'                  | ''
            '"'                     | ''
            '"a'                    | ''
            'a, "b"'                | "b"
            '"a", b, "c"'           | "a" "c"
            '"a" "b", "c"'          | "c"
            '"a"b, "c"'             | "c"
            'w/"a", "b"'            | "b"
            '"a b", "c"'            | "c"
            '"a", "b'               | "a"
            '"a", W/'               | "a"
            """)
    void whatIsNoTagIsLeftOutOfAList(String text, String tags) {
        String found = EntityTag.parseList(text).stream().map(EntityTag::format).collect(Collectors.joining(" "));
        assertEquals(tags, found);
    }

    @Test
    void aListOfAnyLengthAndShapeIsReadToItsEnd() {
        assertEquals(20_000, EntityTag.parseList("\"a\",".repeat(20_000)).size());
        assertEquals(0, EntityTag.parseList("\"".repeat(20_001)).size());
        assertEquals(0, EntityTag.parseList(",".repeat(20_000)).size());
    }

    @Test
    void theTagOfAFileIsStrongAndTheSameForTheSameFile() {
        EntityTag tag = EntityTag.of(500, MODIFIED, "");
        assertTrue(tag.matchesStrongly(EntityTag.of(500, MODIFIED, "")));
        assertEquals(Optional.of(tag), EntityTag.parse(tag.format()));
    }

    @Test
    void lengthModificationDateAndCodingEachChangeTheTag() {
        EntityTag tag = EntityTag.of(500, MODIFIED, "");
        assertNotEquals(tag, EntityTag.of(501, MODIFIED, ""));
        assertNotEquals(tag, EntityTag.of(500, MODIFIED.plusNanos(1), ""));
        assertNotEquals(tag, EntityTag.of(500, MODIFIED.plusSeconds(1), ""));
        assertNotEquals(tag, EntityTag.of(500, MODIFIED, "gzip"));
        assertNotEquals(EntityTag.of(500, MODIFIED, "br"), EntityTag.of(500, MODIFIED, "gzip"));
    }

    /// File systems hold dates that nanoseconds in a long do not reach, and a Java program gets even farther ones.
    @Test
    void aFileOfAnyDateHasATagOfItsOwn() {
        List<Instant> dates = List.of(Instant.MIN, Instant.parse("-0001-01-01T00:00:00Z"),
                Instant.parse("0001-01-01T00:00:00Z"), Instant.parse("1677-09-21T00:12:43Z"),
                Instant.parse("1969-12-31T23:59:59.999999999Z"), Instant.EPOCH,
                Instant.parse("2262-04-11T23:47:16Z"), Instant.parse("2262-04-11T23:47:17Z"),
                Instant.parse("2446-05-10T22:38:55Z"), Instant.parse("9999-12-31T23:59:59Z"), Instant.MAX);
        Set<String> tags = new HashSet<>();
        for (Instant date : dates) {
            EntityTag tag = EntityTag.of(Long.MAX_VALUE, date, "gzip");
            assertEquals(Optional.of(tag), EntityTag.parse(tag.format()));
            tags.add(tag.format());
        }
        assertEquals(dates.size(), tags.size());
    }
}
