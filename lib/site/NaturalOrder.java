package lib.site;

/// In which order would a person put names? Without regard to case, and numbers by their value: `file2` before `file10`.
///
/// Each name becomes a key once, and keys compare as strings do: to sort a thousand names takes ten thousand comparisons.
final class NaturalOrder {
    private NaturalOrder() {}

    /// Letters fold. Of a number its zeros in front go, and a character comes that says how many digits there are: the longer one is
    /// the larger. Since all digits stand together in the alphabet, a `0` before that keeps its place among other characters.
    ///
    ///     File10.txt     file0␂10.txt
    static String key(String text) {
        StringBuilder key = new StringBuilder(text.length() + 8);
        int i = 0;
        while (i < text.length()) {
            char c = text.charAt(i);
            if (isDigit(c)) {
                int end = numberEnd(text, i);
                int first = withoutZeros(text, i, end);
                key.append('0').append((char) (end - first)).append(text, first, end);
                i = end;
            } else {
                key.append(folded(c));
                i++;
            }
        }
        return key.toString();
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static int numberEnd(String text, int first) {
        int end = first;
        while (end < text.length() && isDigit(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private static int withoutZeros(String text, int first, int end) {
        int digit = first;
        while (digit < end - 1 && text.charAt(digit) == '0') {
            digit++;
        }
        return digit;
    }

    private static char folded(char c) {
        return c < 0x80 ? (c >= 'A' && c <= 'Z' ? (char) (c + 0x20) : c) : Character.toLowerCase(Character.toUpperCase(c));
    }
}
