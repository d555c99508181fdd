package lib.http;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// What does a Content-Disposition say of a part or of content? (RFC 6266, RFC 7578 §4.2)
///
///     form-data; name="files"; filename="caf\u00e9.txt"
///     attachment; filename*=UTF-8''caf%C3%A9.txt
///
/// @param type in lower case
/// @param parameters names in lower case, values as octets, one char each
public record Disposition(String type, Map<String, String> parameters) {
    public Disposition {
        parameters = Map.copyOf(parameters);
    }

    /// Empty where the grammar is not kept, and a parameter could be mistaken for another.
    public static Optional<Disposition> parse(String field) {
        int end = field.indexOf(';') < 0 ? field.length() : field.indexOf(';');
        String type = Tokens.trimmed(field.substring(0, end)).toLowerCase(Locale.ROOT);
        Map<String, String> parameters = new HashMap<>();
        int i = end;
        while (i < field.length()) {
            int equals = field.indexOf('=', i);
            String name = equals < 0 ? "" : Tokens.trimmed(field.substring(i + 1, equals)).toLowerCase(Locale.ROOT);
            int first = equals + 1;
            boolean quoted = first < field.length() && field.charAt(first) == '"';
            int last = quoted ? closingQuote(field, first + 1) : field.indexOf(';', first) < 0 ? field.length()
                    : field.indexOf(';', first);
            if (!Tokens.isToken(name) || last < 0) {
                return Optional.empty();
            }

            String value = quoted ? unescaped(field.substring(first + 1, last)) : Tokens.trimmed(field.substring(first, last));
            if (parameters.putIfAbsent(name, value) != null) {
                return Optional.empty();
            }
            i = quoted ? Tokens.afterBlanks(field, last + 1) : last;
            if (i < field.length() && field.charAt(i) != ';') {
                return Optional.empty();
            }
        }
        return Tokens.isToken(type) ? Optional.of(new Disposition(type, parameters)) : Optional.empty();
    }

    /// The field for a file of this name, which may be any octets: a plain form for old clients, and the extended one.
    ///
    /// @param type `inline` or `attachment`
    public static String format(String type, String name) {
        StringBuilder plain = new StringBuilder();
        name.chars().forEach(c -> plain.append(c < ' ' || c > '~' || c == '"' || c == '\\' || c == '%' ? '_' : (char) c));
        return type + "; filename=\"" + plain + "\"; filename*=UTF-8''" + Target.encode(name);
    }

    private static int closingQuote(String field, int first) {
        for (int i = first; i < field.length(); i++) {
            if (field.charAt(i) == '"') {
                return i;
            }
            i += isEscape(field, i) ? 1 : 0;
        }
        return -1;
    }

    /// A backslash escapes a quote or another backslash. Before anything else it is itself: browsers send it bare in
    /// the names of files that hold one.
    private static boolean isEscape(String field, int i) {
        return field.charAt(i) == '\\' && i + 1 < field.length() && (field.charAt(i + 1) == '"' || field.charAt(i + 1) == '\\');
    }

    private static String unescaped(String quoted) {
        StringBuilder text = new StringBuilder(quoted.length());
        for (int i = 0; i < quoted.length(); i++) {
            i += isEscape(quoted, i) ? 1 : 0;
            text.append(quoted.charAt(i));
        }
        return text.toString();
    }

    /// The name that the sender's file has, with folders before it where it has some, as octets. The extended form wins (RFC
    /// 6266 §4.3); in the plain one a browser writes a quote as `%22` (WHATWG HTML, multipart/form-data).
    public Optional<String> filename() {
        Optional<String> extended = Optional.ofNullable(parameters.get("filename*")).flatMap(Disposition::extended);
        return extended.or(() -> Optional.ofNullable(parameters.get("filename")).map(name -> name.replace("%22", "\"")));
    }

    /// `UTF-8'en'percent-encoded` (RFC 8187 §3.2).
    private static Optional<String> extended(String value) {
        int first = value.indexOf('\'');
        int second = value.indexOf('\'', first + 1);
        boolean known = first > 0 && second > 0 && value.substring(0, first).equalsIgnoreCase(StandardCharsets.UTF_8.name());
        return known ? Optional.of(Query.decode(value.substring(second + 1).replace("+", "%2B"))) : Optional.empty();
    }
}
