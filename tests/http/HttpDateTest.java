package tests.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import lib.http.HttpDate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// HTTP-date: one form out, three forms in (RFC 9110 §5.6.7).
class HttpDateTest {
    private static final Instant NOW = Instant.parse("2026-07-01T12:00:00Z");

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            1994-11-06T08:49:37Z           | Sun, 06 Nov 1994 08:49:37 GMT
            1970-01-01T00:00:00Z           | Thu, 01 Jan 1970 00:00:00 GMT
            1969-12-31T23:59:59Z           | Wed, 31 Dec 1969 23:59:59 GMT
            1901-12-13T20:45:52Z           | Fri, 13 Dec 1901 20:45:52 GMT
            2000-02-29T12:00:00Z           | Tue, 29 Feb 2000 12:00:00 GMT
            2005-09-09T09:09:09Z           | Fri, 09 Sep 2005 09:09:09 GMT
            2038-01-19T03:14:08Z           | Tue, 19 Jan 2038 03:14:08 GMT
            2262-04-12T00:00:00Z           | Sat, 12 Apr 2262 00:00:00 GMT
            9999-12-31T23:59:59Z           | Fri, 31 Dec 9999 23:59:59 GMT
            0001-01-01T00:00:00Z           | Mon, 01 Jan 0001 00:00:00 GMT
            """)
    void aTimeIsWrittenAsImfFixdate(Instant time, String text) {
        assertEquals(text, HttpDate.format(time));
        assertEquals(Optional.of(time), HttpDate.parse(text, NOW));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            1994-11-06T08:49:37.999999999Z | 1994-11-06T08:49:37Z
            1970-01-01T00:00:00.5Z         | 1970-01-01T00:00:00Z
            1969-12-31T23:59:59.5Z         | 1969-12-31T23:59:59Z
            1969-12-31T23:59:58Z           | 1969-12-31T23:59:58Z
            """)
    void theFractionOfASecondIsCutOffDownwards(Instant time, Instant second) {
        assertEquals(second, HttpDate.toSecond(time));
        assertEquals(HttpDate.format(second), HttpDate.format(time));
    }

    /// A file may bear any date that its file system can hold; the grammar has four digits for the year.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            +10000-01-01T00:00:00Z                | Fri, 31 Dec 9999 23:59:59 GMT
            +292277-01-01T00:00:00Z               | Fri, 31 Dec 9999 23:59:59 GMT
            +1000000000-12-31T23:59:59.999999999Z | Fri, 31 Dec 9999 23:59:59 GMT
            -0001-12-31T23:59:59Z                 | Sat, 01 Jan 0000 00:00:00 GMT
            -1000000000-01-01T00:00:00Z           | Sat, 01 Jan 0000 00:00:00 GMT
            """)
    void aYearThatNeedsMoreDigitsBecomesTheNearestThatDoesNot(Instant instant, String text) {
        assertEquals(text, HttpDate.format(instant));
        assertEquals(Optional.of(HttpDate.toSecond(instant)), HttpDate.parse(text, NOW));
    }

    @Test
    @ResourceLock(Resources.LOCALE)
    void theLanguageOfTheMachineDoesNotMatter() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
            assertEquals("Sun, 06 Nov 1994 08:49:37 GMT", HttpDate.format(Instant.parse("1994-11-06T08:49:37Z")));
        } finally {
            Locale.setDefault(before);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    })
    void allThreeFormsOfTheExampleMeanTheSameTime(String text) {
        assertEquals(Optional.of(Instant.parse("1994-11-06T08:49:37Z")), HttpDate.parse(text, NOW));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Wed Nov 16 08:49:37 1994       | 1994-11-16T08:49:37Z
            Thu Jan  1 00:00:00 1970       | 1970-01-01T00:00:00Z
            Mon Feb 29 23:59:59 2016       | 2016-02-29T23:59:59Z
            """)
    void theDayOfAnAsctimeDateIsPaddedWithABlank(String text, Instant time) {
        assertEquals(Optional.of(time), HttpDate.parse(text, NOW));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Sat, 31 Dec 2016 23:59:60 GMT    | 2016-12-31T23:59:59Z
            Sat Dec 31 23:59:60 2016         | 2016-12-31T23:59:59Z
            Saturday, 31-Dec-16 23:59:60 GMT | 2016-12-31T23:59:59Z
            """)
    void aLeapSecondIsTheSecondBefore(String text, Instant time) {
        assertEquals(Optional.of(time), HttpDate.parse(text, NOW));
    }

    /// More than 50 years in the future is the most recent such year in the past.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            2026-07-01T12:00:00Z | Sunday, 06-Nov-94 08:49:37 GMT    | 1994-11-06T08:49:37Z
            2026-07-01T12:00:00Z | Wednesday, 01-Jul-26 12:00:00 GMT | 2026-07-01T12:00:00Z
            2026-07-01T12:00:00Z | Saturday, 01-Jan-00 00:00:00 GMT  | 2000-01-01T00:00:00Z
            2026-07-01T12:00:00Z | Tuesday, 29-Feb-00 00:00:00 GMT   | 2000-02-29T00:00:00Z
            2026-07-01T12:00:00Z | Friday, 31-Dec-99 23:59:59 GMT    | 1999-12-31T23:59:59Z
            2026-07-01T12:00:00Z | Wednesday, 01-Jul-76 11:59:59 GMT | 2076-07-01T11:59:59Z
            2026-07-01T12:00:00Z | Wednesday, 01-Jul-76 12:00:00 GMT | 2076-07-01T12:00:00Z
            2026-07-01T12:00:00Z | Thursday, 01-Jul-76 12:00:01 GMT  | 1976-07-01T12:00:01Z
            2026-07-01T12:00:00Z | Saturday, 01-Jan-77 00:00:00 GMT  | 1977-01-01T00:00:00Z
            2049-12-31T23:59:59Z | Friday, 31-Dec-99 23:59:59 GMT    | 2099-12-31T23:59:59Z
            """)
    void aYearOfTwoDigitsIsAtMostFiftyYearsAhead(Instant now, String text, Instant time) {
        assertEquals(Optional.of(time), HttpDate.parse(text, now));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "",
        "0",
        "784111777",
        "now",
        "1994-11-06T08:49:37Z",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 06 Nov 19944 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 06 Nov 1994 08:49:37 gmt",
        "sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT",
        "Sun,06 Nov 1994 08:49:37 GMT",
        "Sun, 06  Nov 1994 08:49:37 GMT",
        " Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT\n",
        "Sun, 06 Nov -994 08:49:37 GMT",
        "Son, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 N\u00f6v 1994 08:49:37 GMT",
        "Sun, \u0660\u0666 Nov 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 29 Feb 2026 08:49:37 GMT",
        "Thu, 29 Feb 1900 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sunday, 6-Nov-94 08:49:37 GMT",
        "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 29-Feb-26 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov 06  08:49:37 1994",
        "Sun Nov  0 08:49:37 1994",
        "Sun Nov  6 08:49:37 94",
        "Sun Nov  6 08:49:37 1994 GMT",
        "Sun Nov    08:49:37 1994",
    })
    void whatIsNotAnHttpDateIsNothing(String text) {
        assertTrue(HttpDate.parse(text, NOW).isEmpty());
    }
}
