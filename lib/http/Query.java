package lib.http;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What does the query of a target say, read as a form writes it? (WHATWG URL, application/x-www-form-urlencoded)
///
/// Names and values are octets, one char each, as those of a target's segments are. A name without `=` has the value "".
public record Query(List<Parameter> parameters) {

    public record Parameter(String name, String value) {}

    public Query {
        parameters = List.copyOf(parameters);
    }

    /// @param raw what stands behind the question mark; a percent sign that encodes nothing stands for itself
    public static Query parse(String raw) {
        List<Parameter> parameters = new ArrayList<>();
        for (String pair : raw.split("&")) {
            int equals = pair.indexOf('=');
            String name = equals < 0 ? pair : pair.substring(0, equals);
            if (!pair.isEmpty()) {
                parameters.add(new Parameter(decode(name), equals < 0 ? "" : decode(pair.substring(equals + 1))));
            }
        }
        return new Query(parameters);
    }

    public boolean has(String name) {
        return first(name).isPresent();
    }

    /// The value of the first parameter of this name.
    public Optional<String> first(String name) {
        return all(name).stream().findFirst();
    }

    /// The values of all parameters of this name, in order.
    public List<String> all(String name) {
        return parameters.stream().filter(parameter -> parameter.name.equals(name)).map(Parameter::value).toList();
    }

    /// Percent-encodings and plusses to octets.
    static String decode(String text) {
        byte[] octets = new byte[text.length()];
        int count = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int high = c == '%' && i + 2 < text.length() ? Tokens.hexValue(text.charAt(i + 1)) : -1;
            int low = high < 0 ? -1 : Tokens.hexValue(text.charAt(i + 2));
            octets[count++] = (byte) (low >= 0 ? high << 4 | low : c == '+' ? ' ' : c);
            i += low >= 0 ? 2 : 0;
        }
        return new String(octets, 0, count, StandardCharsets.ISO_8859_1);
    }
}
