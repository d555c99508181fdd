package lib.host;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;

/// How does text from outside stay on its line of a log, and how does a log write a time?
///
/// What a client sends must not end the line, close the quotes or drive the terminal of whoever reads the log. Text from
/// a client is octets, one char each (ISO 8859-1). Everything is appended to a line that is being made; nothing here
/// uses patterns or formatters, which load slowly.
final class LogText {
    private static final List<String> MONTHS =
            List.of("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec");

    /// Loaded with the first line: time zones take longer to load than a small document to send.
    private static final class Here {
        static final ZoneId ZONE = ZoneId.systemDefault();
    }

    private LogText() {}

    /// Where the first line is of the time when no descriptor was left to read the time zones by, Java can't read them any more: better the
    /// lines of a log in UTC than no log.
    static ZoneId zone() {
        try {
            return Here.ZONE;
        } catch (LinkageError _) {
            return ZoneOffset.UTC;
        }
    }

    /// A second as logs write it. Many lines in a row are of the same one, and it is written once.
    ///
    /// @param common `24/Nov/2026:09:15:02 +0100`
    /// @param iso `2026-11-24T09:15:02`
    /// @param offset `+01:00`
    private record Second(long number, ZoneId zone, String common, String iso, String offset) {
        private static volatile Second last = of(Instant.EPOCH, ZoneOffset.UTC);

        static Second at(Instant time, ZoneId zone) {
            Second second = last;
            if (second.number != time.getEpochSecond() || !second.zone.equals(zone)) {
                second = of(time, zone);
                last = second;
            }
            return second;
        }

        private static Second of(Instant time, ZoneId zone) {
            int offset = offsetSeconds(time, zone);
            LocalDateTime local = local(time, offset);
            StringBuilder common = new StringBuilder();
            digits(common, local.getDayOfMonth(), 2).append('/').append(MONTHS.get(local.getMonthValue() - 1)).append('/');
            digits(common, local.getYear(), 4).append(':');
            clock(common, local);
            LogText.offset(common.append(' '), offset, "");

            StringBuilder iso = new StringBuilder();
            digits(iso, local.getYear(), 4).append('-');
            digits(iso, local.getMonthValue(), 2).append('-');
            digits(iso, local.getDayOfMonth(), 2).append('T');
            clock(iso, local);
            StringBuilder colon = new StringBuilder();
            LogText.offset(colon, offset, ":");
            return new Second(time.getEpochSecond(), zone, common.toString(), iso.toString(), colon.toString());
        }
    }

    /// `24/Nov/2026:09:15:02 +0100`
    static void commonTime(StringBuilder line, Instant time, ZoneId zone) {
        line.append(Second.at(time, zone).common);
    }

    /// `2026-11-24T09:15:02.123+01:00` (RFC 3339), or without the fraction.
    static void isoTime(StringBuilder line, Instant time, ZoneId zone, boolean milliseconds) {
        Second second = Second.at(time, zone);
        line.append(second.iso);
        if (milliseconds) {
            digits(line.append('.'), time.getNano() / 1_000_000, 3);
        }
        line.append(second.offset);
    }

    private static int offsetSeconds(Instant time, ZoneId zone) {
        return zone.getRules().getOffset(time).getTotalSeconds();
    }

    private static LocalDateTime local(Instant time, int offset) {
        return LocalDateTime.ofEpochSecond(time.getEpochSecond() + offset, 0, ZoneOffset.UTC);
    }

    private static void clock(StringBuilder line, LocalDateTime local) {
        digits(line, local.getHour(), 2).append(':');
        digits(line, local.getMinute(), 2).append(':');
        digits(line, local.getSecond(), 2);
    }

    private static void offset(StringBuilder line, int seconds, String separator) {
        int minutes = Math.abs(seconds) / 60;
        digits(line.append(seconds < 0 ? '-' : '+'), minutes / 60, 2).append(separator);
        digits(line, minutes % 60, 2);
    }

    /// Milliseconds with three decimals: `12.345`.
    static void milliseconds(StringBuilder line, Duration duration) {
        long micros = duration.toNanos() / 1000;
        digits(line.append(micros / 1000).append('.'), (int) (micros % 1000), 3);
    }

    private static StringBuilder digits(StringBuilder line, int number, int width) {
        for (int limit = 10, i = 1; i < width; i++, limit *= 10) {
            if (number < limit) {
                line.append('0');
            }
        }
        return line.append(number);
    }

    /// As Apache httpd does (`ap_escape_logitem`): `\"`, `\\`, five controls by their letters, every other octet that is
    /// not printable ASCII as `\xhh`.
    static void escaped(StringBuilder line, String octets) {
        int plain = plainLength(octets);
        line.append(octets, 0, plain);
        for (int i = plain; i < octets.length(); i++) {
            char octet = octets.charAt(i);
            switch (octet) {
                case '"', '\\' -> line.append('\\').append(octet);
                case '\b' -> line.append("\\b");
                case '\n' -> line.append("\\n");
                case '\r' -> line.append("\\r");
                case '\t' -> line.append("\\t");
                case 0x0B -> line.append("\\v");
                default -> {
                    if (octet < ' ' || octet >= 0x7F) {
                        hex(line.append("\\x"), octet, 2);
                    } else {
                        line.append(octet);
                    }
                }
            }
        }
    }

    /// How much of it, from its front on, is as it is in every format? Nearly always all.
    private static int plainLength(String octets) {
        for (int i = 0; i < octets.length(); i++) {
            char octet = octets.charAt(i);
            if (octet < ' ' || octet >= 0x7F || octet == '"' || octet == '\\') {
                return i;
            }
        }
        return octets.length();
    }

    /// A JSON string without its quotes (RFC 8259 §7). Octets that are UTF-8 stand for their characters, all others for
    /// the character of the same number.
    static void json(StringBuilder line, String octets) {
        int plain = plainLength(octets);
        line.append(octets, 0, plain);
        for (int i = plain; i < octets.length(); ) {
            int length = sequenceLength(octets, i);
            int character = length == 1 ? octets.charAt(i) : decoded(octets, i, length);
            boolean strayOctet = length == 1 && character >= 0x80;
            if (character == '"' || character == '\\') {
                line.append('\\').append((char) character);
            } else if (strayOctet || isUnsafe(character)) {
                for (char unit : Character.toChars(character)) {
                    hex(line.append("\\u"), unit, 4);
                }
            } else {
                line.appendCodePoint(character);
            }
            i += length;
        }
    }

    /// How many octets from `start` on are one character of UTF-8 (RFC 3629 §4); 1 where they are none.
    private static int sequenceLength(String octets, int start) {
        int lead = octets.charAt(start);
        int length = lead >= 0xC2 && lead <= 0xDF ? 2 : lead >= 0xE0 && lead <= 0xEF ? 3
                : lead >= 0xF0 && lead <= 0xF4 ? 4 : 1;
        if (start + length > octets.length()) {
            return 1;
        }
        for (int i = start + 1; i < start + length; i++) {
            if (octets.charAt(i) < 0x80 || octets.charAt(i) > 0xBF) {
                return 1;
            }
        }
        int character = decoded(octets, start, length);
        boolean overlong = (length == 3 && character < 0x800) || (length == 4 && character < 0x10000);
        boolean surrogate = character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE;
        return overlong || surrogate || character > Character.MAX_CODE_POINT ? 1 : length;
    }

    private static int decoded(String octets, int start, int length) {
        int character = length == 1 ? octets.charAt(start) : octets.charAt(start) & (0x7F >> length);
        for (int i = start + 1; i < start + length; i++) {
            character = character << 6 | (octets.charAt(i) & 0x3F);
        }
        return character;
    }

    /// Controls of both kinds, and the invisible characters that turn the direction of what follows them.
    private static boolean isUnsafe(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR,
                 Character.SURROGATE -> true;
            default -> false;
        };
    }

    /// A sentence of ours, in which a name from outside may stand: readable text as it is, everything else escaped.
    static String sentence(String text) {
        StringBuilder line = new StringBuilder(text.length());
        text.codePoints().forEach(character -> {
            if (!isUnsafe(character)) {
                line.appendCodePoint(character);
            } else if (character == '\n') {
                line.append("\\n");
            } else {
                hex(line.append("\\u"), character, character < 0x10000 ? 4 : 6);
            }
        });
        return line.toString();
    }

    private static void hex(StringBuilder line, int number, int width) {
        for (int shift = 4 * (width - 1); shift >= 0; shift -= 4) {
            line.append(Character.forDigit(number >> shift & 15, 16));
        }
    }
}
