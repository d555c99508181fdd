package lib.host;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import lib.http.Request;

/// Which requests does a pattern mean?
///
///     GET /app.js         this one
///     /img/*.png          with whatever method; `*` stands for any octets, slashes and none at all among them
///     GET /app-????.js    `?` stands for one octet
///
/// A pattern is compared with the target as it came, and with its path alone: `/app.js` means `/app.js?v=2`, too. What is never
/// bare in a target (a blank, letters beyond ASCII) stands in the pattern for its encoded form.
///
/// @param method empty for all
public record Wanted(Optional<String> method, String target) {

    /// The pattern that a person has written; empty if it is none.
    public static Optional<Wanted> parse(String text) {
        int blank = text.indexOf(' ');
        String target = text.substring(blank + 1);
        Optional<String> method = blank < 0 ? Optional.empty() : Optional.of(text.substring(0, blank));
        boolean isMethod = method.isEmpty() || Request.KNOWN_METHODS.contains(method.get());
        boolean isTarget = target.startsWith("/") || target.startsWith("*");
        return isMethod && isTarget ? Optional.of(new Wanted(method, encoded(target))) : Optional.empty();
    }

    private static String encoded(String target) {
        StringBuilder text = new StringBuilder();
        for (byte octet : target.getBytes(StandardCharsets.UTF_8)) {
            if (octet > ' ' && octet < 0x7F) {
                text.append((char) octet);
            } else {
                text.append('%').append(Character.toUpperCase(Character.forDigit(octet >> 4 & 15, 16)))
                        .append(Character.toUpperCase(Character.forDigit(octet & 15, 16)));
            }
        }
        return text.toString();
    }

    public boolean matches(String asked, String rawTarget) {
        if (method.isPresent() && !method.get().equals(asked)) {
            return false;
        }
        int query = rawTarget.indexOf('?');
        return fits(target, rawTarget) || query >= 0 && fits(target, rawTarget.substring(0, query));
    }

    /// Octet by octet; where it comes to nothing, the last `*` stands for one octet more.
    private static boolean fits(String pattern, String text) {
        int at = 0;
        int star = -1;
        int afterStar = 0;
        for (int i = 0; i < text.length(); ) {
            char next = at < pattern.length() ? pattern.charAt(at) : 0;
            if (next == '*') {
                star = at++;
                afterStar = i;
            } else if (next == '?' || next == text.charAt(i)) {
                at++;
                i++;
            } else if (star >= 0) {
                at = star + 1;
                i = ++afterStar;
            } else {
                return false;
            }
        }
        while (at < pattern.length() && pattern.charAt(at) == '*') {
            at++;
        }
        return at == pattern.length();
    }

    /// As a person writes it.
    @Override
    public String toString() {
        return method.map(name -> name + ' ').orElse("") + target;
    }
}
