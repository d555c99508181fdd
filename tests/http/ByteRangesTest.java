package tests.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lib.http.ByteRanges;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a Range field selects (RFC 9110 §14.1, §14.2 and §15.3.7).
class ByteRangesTest {
    private static final int MOST_RANGES = 8;

    private static String select(String field, long completeLength) {
        return switch (ByteRanges.select(field, completeLength, MOST_RANGES)) {
            case ByteRanges.Selected selected -> selected.ranges().stream()
                    .map(range -> range.first() + "-" + range.last()).collect(Collectors.joining(" "));
            case ByteRanges.Unsatisfiable _ -> "unsatisfiable";
            case ByteRanges.Ignored _ -> "ignored";
        };
    }

    /// The examples of §14.1.2, for 10,000 octets.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            bytes=0-499            | 0-499
            bytes=500-999          | 500-999
            bytes=-500             | 9500-9999
            bytes=9500-            | 9500-9999
            bytes=0-0,-1           | 0-0 9999-9999
            bytes= 0-999, 4500-5499, -1000 | 0-999 4500-5499 9000-9999
            bytes=500-600,601-999  | 500-999
            bytes=500-700,601-999  | 500-999
            """)
    void theExamplesOfTheStandardSelectWhatItSays(String field, String selected) {
        assertEquals(selected, select(field, 10_000));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            bytes=0-               | 0-9
            bytes=9-               | 9-9
            bytes=0-9              | 0-9
            bytes=0-0              | 0-0
            bytes=9-9              | 9-9
            bytes=0-10             | 0-9
            bytes=5-99             | 5-9
            bytes=00000000000000000000002-03 | 2-3
            bytes=0-9223372036854775807      | 0-9
            bytes=0-9223372036854775808      | 0-9
            bytes=3-99999999999999999999999  | 3-9
            """)
    void aLastBeyondTheRepresentationMeansTheRemainder(String field, String selected) {
        assertEquals(selected, select(field, 10));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            bytes=-1                       | 9-9
            bytes=-9                       | 1-9
            bytes=-10                      | 0-9
            bytes=-11                      | 0-9
            bytes=-9223372036854775807     | 0-9
            bytes=-9223372036854775808     | 0-9
            bytes=-99999999999999999999999 | 0-9
            """)
    void aSuffixLongerThanTheRepresentationSelectsAllOfIt(String field, String selected) {
        assertEquals(selected, select(field, 10));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            bytes=10-                         | unsatisfiable
            bytes=10-10                       | unsatisfiable
            bytes=10-20,30-                   | unsatisfiable
            bytes=-0                          | unsatisfiable
            bytes=-0,-00,10-                  | unsatisfiable
            bytes=9223372036854775807-        | unsatisfiable
            bytes=99999999999999999999-       | unsatisfiable
            bytes=99999999999999999998-99999999999999999999 | unsatisfiable
            bytes=10-20,0-0                   | 0-0
            bytes=-0,5-6                      | 5-6
            bytes=99999999999999999999-,-2    | 8-9
            """)
    void aSetIsUnsatisfiableOnlyIfNoneOfItsRangesIsThere(String field, String selected) {
        assertEquals(selected, select(field, 10));
    }

    /// A suffix is satisfiable whatever the length (§14.1.2), but no Content-Range can name a range of nothing: such a
    /// Range is ignored and the whole of nothing is sent.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            bytes=0-        | unsatisfiable
            bytes=0-0       | unsatisfiable
            bytes=1-        | unsatisfiable
            bytes=-0        | unsatisfiable
            bytes=-1        | ignored
            bytes=-500      | ignored
            bytes=0-,-1     | ignored
            bytes=-99999999999999999999 | ignored
            """)
    void nothingCanBeSelectedFromNothing(String field, String selected) {
        assertEquals(selected, select(field, 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "bytes", "bytes=", "bytes=,", "bytes= , ,", "=0-1", "0-1", "bytes 0-1", "bytes:0-1", "bytes=0", "bytes=-",
        "bytes=--1", "bytes=1-0", "bytes=0-1,5-4", "bytes=0-1,x", "bytes=a-b", "bytes=0-b", "bytes=0x0-1",
        "bytes=+0-1", "bytes=0--1", "bytes=0-1-2", "bytes=0 -1", "bytes=0- 1", "bytes=0-1 2-3", "bytes=0-1;2-3",
        "bytes=0.5-1", "bytes=\"0-1\"", "bytes=0-*", "bytes=*", "bytes=0-1,\"", "bytes=0-1,\"\\", "bytes==0-1",
        "bytes=\u0660-\u0661", "bytes=0\u00a0-1", "bytes=- 1", })
    void aMalformedFieldIsIgnored(String field) {
        assertEquals("ignored", select(field, 10));
    }

    @ParameterizedTest
    @ValueSource(strings = {"lines=0-1", "byte=0-1", "bytess=0-1", "octets=0-1", "none=0-1", "seconds=1-2,bytes=0-1"})
    void aUnitThatIsNotBytesIsIgnored(String field) {
        assertEquals("ignored", select(field, 10));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bytes=1-2", "Bytes=1-2", "BYTES=1-2", "bytes=1-2,", "bytes=,1-2", "bytes= ,\t1-2 ,, "})
    void caseAndEmptyElementsDoNotMatter(String field) {
        assertEquals("1-2", select(field, 10));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            bytes=0-4,4-9         | 0-9
            bytes=0-4,5-9         | 0-9
            bytes=0-3,5-9         | 0-3 5-9
            bytes=2-3,0-9,4-5     | 0-9
            bytes=0-9,0-9,0-9     | 0-9
            bytes=0-,0-,-1        | 0-9
            bytes=0-8,2-3,9-      | 0-9
            bytes=-3,-5           | 5-9
            bytes=0-1,8-9,1-8     | 0-9
            bytes=0-0,2-2,4-4     | 0-0 2-2 4-4
            bytes=-1,0-0          | 9-9 0-0
            bytes=4-4,0-0,2-2     | 4-4 0-0 2-2
            """)
    void rangesThatOverlapOrTouchAreJoinedAndOthersKeepTheirOrder(String field, String selected) {
        assertEquals(selected, select(field, 10));
    }

    /// Whatever two ranges are asked for: each octet meant is sent, none of them twice, none besides.
    @Test
    void noOctetIsEverSentTwiceOrLeftOut() {
        for (int i = 0; i < 8 * 8 * 8 * 8; i++) {
            int a = i % 8;
            int b = i / 8 % 8;
            int c = i / 64 % 8;
            int d = i / 512;
            if (a <= b && c <= d) {
                IntStream meant = IntStream.range(0, 6).filter(x -> (x >= a && x <= b) || (x >= c && x <= d));
                String field = "bytes=" + a + '-' + b + ',' + c + '-' + d;
                assertEquals(meant.boxed().toList(), octets(ByteRanges.select(field, 6, MOST_RANGES)).stream().sorted().toList(), field);
            }
        }
    }

    private static List<Integer> octets(ByteRanges ranges) {
        return ranges instanceof ByteRanges.Selected(var selected)
                ? selected.stream().flatMapToInt(range -> IntStream.rangeClosed((int) range.first(), (int) range.last()))
                        .boxed().toList()
                : List.of();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            bytes=0-0,2-2,4-4                 | 3 | 3
            bytes=0-0,2-2,4-4                 | 2 | 0
            bytes=0-0,0-0,0-0                 | 2 | 0
            bytes=0-0,90-,91-                 | 2 | 0
            bytes=,,0-0,,2-2,,                | 2 | 2
            bytes=0-0                         | 1 | 1
            """)
    void aSetOfTooManyRangesIsIgnored(String field, int mostRanges, int count) {
        ByteRanges ranges = ByteRanges.select(field, 10, mostRanges);
        assertEquals(count, ranges instanceof ByteRanges.Selected(var selected) ? selected.size() : 0);
        assertEquals(count == 0, ranges instanceof ByteRanges.Ignored);
    }

    @Test
    void theLongestRepresentationOverflowsNothing() {
        assertEquals("0-9223372036854775806", select("bytes=0-", Long.MAX_VALUE));
        assertEquals("9223372036854775806-9223372036854775806", select("bytes=-1", Long.MAX_VALUE));
        assertEquals("0-9223372036854775806", select("bytes=-9223372036854775807,0-1", Long.MAX_VALUE));
        assertEquals(Long.MAX_VALUE, new ByteRanges.Range(0, Long.MAX_VALUE - 1).length());
    }

    @Test
    void aRangeIsWrittenWithBothEndsAndTheCompleteLength() {
        assertEquals("bytes 42-1233/1234", new ByteRanges.Range(42, 1233).format(1234));
        assertEquals("bytes 0-0/1", new ByteRanges.Range(0, 0).format(1));
        assertEquals(1, new ByteRanges.Range(7, 7).length());
    }

    @ParameterizedTest
    @CsvSource({"-1, 0", "1, 0", "-2, -1", "0, -1"})
    void aRangeWithoutAnOctetDoesNotExist(long first, long last) {
        assertThrows(IllegalArgumentException.class, () -> new ByteRanges.Range(first, last));
    }
}
