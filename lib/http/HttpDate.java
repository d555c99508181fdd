package lib.http;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How does HTTP write a time? (RFC 9110 §5.6.7)
///
/// Out goes the one current form, `Sun, 06 Nov 1994 08:49:37 GMT`; in come the two obsolete ones as well. Resolution is
/// the second. The JDK's own RFC 1123 formatter writes `6 Nov` with one digit, which is not an HTTP-date; and one made
/// from patterns loads the whole of the locale data, before the first answer.
public final class HttpDate {
    private static final List<String> DAYS = List.of("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun");
    private static final List<String> MONTHS =
            List.of("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec");

    /// The years 0000 to 9999, which are all that four digits can say, in seconds of the epoch.
    private static final long FIRST_SECOND = -62_167_219_200L;
    private static final long LAST_SECOND = 253_402_300_799L;

    private HttpDate() {}

    /// The IMF-fixdate of `instant`, its fraction of a second cut off. A file can bear a date of any year: one without
    /// four digits becomes the nearest that has them.
    public static String format(Instant instant) {
        Instant second = toSecond(instant);
        LocalDateTime time = LocalDateTime.ofInstant(second, ZoneOffset.UTC);

        StringBuilder text = new StringBuilder(29).append(DAYS.get(dayOfWeek(second))).append(", ");
        padded(text, time.getDayOfMonth()).append(' ').append(MONTHS.get(time.getMonthValue() - 1)).append(' ');
        padded(text, time.getYear() / 100);
        padded(text, time.getYear() % 100).append(' ');
        padded(text, time.getHour()).append(':');
        padded(text, time.getMinute()).append(':');
        return padded(text, time.getSecond()).append(" GMT").toString();
    }

    /// From 0 for Monday; the epoch began on a Thursday. The JDK knows it, too, but to ask makes it load its formatters.
    private static int dayOfWeek(Instant instant) {
        return (int) Math.floorMod(Math.floorDiv(instant.getEpochSecond(), 86_400L) + 3, 7L);
    }

    private static StringBuilder padded(StringBuilder text, int number) {
        return (number < 10 ? text.append('0') : text).append(number);
    }

    /// Any of the three forms of an HTTP-date; empty for everything else. `now` decides the century of the two-digit
    /// year of an rfc850-date: one that would lie more than 50 years ahead is in the past.
    public static Optional<Instant> parse(String text, Instant now) {
        return Forms.IMF_FIXDATE.read(text)
                .or(() -> Forms.ASCTIME.read(text))
                .or(() -> Forms.rfc850(text, now));
    }

    /// The grammars, compiled when the first date comes in: a server's first answer rarely needs one.
    private record Forms(Pattern pattern) {
        private static final String DAY = "(Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
        private static final String LONG_DAY = "(Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)";
        private static final String MONTH = "(?<month>" + String.join("|", MONTHS) + ")";
        private static final String TIME = "(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)";

        static final Forms IMF_FIXDATE =
                of(DAY + ", (?<day>\\d\\d) " + MONTH + " (?<year>\\d{4}) " + TIME + " GMT");
        static final Forms RFC_850 =
                of(LONG_DAY + ", (?<day>\\d\\d)-" + MONTH + "-(?<year>\\d\\d) " + TIME + " GMT");
        static final Forms ASCTIME =
                of(DAY + " " + MONTH + " (?<day>[ \\d]\\d) " + TIME + " (?<year>\\d{4})");

        static Forms of(String grammar) {
            return new Forms(Pattern.compile(grammar));
        }

        Optional<Instant> read(String text) {
            Matcher match = pattern.matcher(text);
            return match.matches() ? instant(match, number(match, "year")) : Optional.empty();
        }

        static Optional<Instant> rfc850(String text, Instant now) {
            Matcher match = RFC_850.pattern.matcher(text);
            if (!match.matches()) {
                return Optional.empty();
            }

            int thisYear = now.atZone(ZoneOffset.UTC).getYear();
            int year = thisYear - thisYear % 100 + number(match, "year");
            Optional<Instant> guess = instant(match, year);
            Instant fiftyYearsAhead = now.atZone(ZoneOffset.UTC).plusYears(50).toInstant();
            return guess.filter(time -> time.isAfter(fiftyYearsAhead)).isPresent() ? instant(match, year - 100) : guess;
        }

        private static Optional<Instant> instant(Matcher match, int year) {
            int second = number(match, "second");
            try {
                // A leap second (60) is legal in the grammar and unknown to java.time: it is the second before.
                return Optional.of(LocalDateTime.of(year, MONTHS.indexOf(match.group("month")) + 1,
                        number(match, "day"), number(match, "hour"), number(match, "minute"),
                        second == 60 ? 59 : second).toInstant(ZoneOffset.UTC));
            } catch (DateTimeException _) {
                return Optional.empty();
            }
        }

        private static int number(Matcher match, String group) {
            return Integer.parseInt(match.group(group).strip());
        }
    }

    /// The second that `instant` lies in: what is left of a time once it has been written as an HTTP-date.
    public static Instant toSecond(Instant instant) {
        return Instant.ofEpochSecond(Math.clamp(instant.getEpochSecond(), FIRST_SECOND, LAST_SECOND));
    }
}
