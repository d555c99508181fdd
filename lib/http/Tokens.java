package lib.http;

import java.util.ArrayList;
import java.util.List;

/// What are HTTP's smallest words: tokens, digits, lists, quoted strings? (RFC 9110 §5.6)
///
/// Every grammar above is made of these, and every one of them is ASCII: nothing here asks for a locale.
public final class Tokens {
    private Tokens() {}

    /// One octet that may stand in a token (§5.6.2).
    public static boolean isTokenChar(int c) {
        return isAlpha(c) || isDigit(c) || (c > ' ' && c < 0x7F && "!#$%&'*+-.^_`|~".indexOf(c) >= 0);
    }

    public static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    public static boolean isAlpha(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    /// The value of a hexadecimal digit in either case, or -1.
    public static int hexValue(int c) {
        return c < 0x80 ? Character.digit(c, 16) : -1;
    }

    public static boolean isToken(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (!isTokenChar(text.charAt(i))) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    /// One or more digits and nothing else: no sign, no blank.
    public static boolean isDigits(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (!isDigit(text.charAt(i))) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    /// Octets that a field value may hold: visible ones, blank, tab, and what lies beyond ASCII (§5.5).
    public static boolean isFieldValue(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '\t' && (c < ' ' || c == 0x7F || c > 0xFF)) {
                return false;
            }
        }
        return true;
    }

    /// Without the optional white space around it (§5.6.3), which is blanks and tabs only.
    public static String trimmed(String text) {
        int first = 0;
        int end = text.length();
        while (first < end && isBlank(text.charAt(first))) {
            first++;
        }
        while (end > first && isBlank(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(first, end);
    }

    public static boolean isBlank(int c) {
        return c == ' ' || c == '\t';
    }

    /// The index of the first octet from `start` on that is no blank: the length, where there is none.
    public static int afterBlanks(String text, int start) {
        int i = start;
        while (i < text.length() && isBlank(text.charAt(i))) {
            i++;
        }
        return i;
    }

    /// The elements of a comma-separated list, trimmed, without the empty ones that a recipient must ignore (§5.6.1).
    /// A comma inside a quoted string does not separate.
    public static List<String> list(String value) {
        return split(value, ',');
    }

    /// As [#list], separated by `separator`: for the parameters of an element.
    static List<String> split(String value, char separator) {
        List<String> elements = new ArrayList<>();
        boolean quoted = false;
        int first = 0;
        for (int i = 0; i <= value.length(); i++) {
            if (i == value.length() || (value.charAt(i) == separator && !quoted)) {
                String element = trimmed(value.substring(first, i));
                if (!element.isEmpty()) {
                    elements.add(element);
                }
                first = i + 1;
            } else if (value.charAt(i) == '"') {
                quoted = !quoted;
            } else if (quoted && value.charAt(i) == '\\' && i + 1 < value.length()) {
                i++;
            }
        }
        return elements;
    }
}
