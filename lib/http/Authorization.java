package lib.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// With what does a client prove who it is? (RFC 9110 §11.6.2)
///
/// The `Authorization` field as a value: Basic (RFC 7617), Digest (RFC 7616), a scheme that is not ours, or nothing that the
/// grammar knows. Names and passwords are octets, one char each; a client sends UTF-8, as our challenges ask for. Whether
/// the proof holds is decided by whoever knows the passwords.
public sealed interface Authorization {

    /// The password itself, in no more than a disguise.
    record Basic(String user, String password) implements Authorization {}

    /// The proof of a password: SHA-256, quality of protection `auth` (RFC 7616 §3.4).
    ///
    /// @param uri the request-target as the client says that it has sent it
    /// @param count how many requests the client has made with this nonce, this one included; eight hexadecimal digits
    /// @param response what only somebody can compute who knows the password; hexadecimal
    record Digest(String user, String realm, String nonce, String uri, String count, String clientNonce, String response)
            implements Authorization {

        /// Could this response be computed without the password? If not, the client knows it. Takes as long for a wrong one.
        public boolean proves(String method, String password) {
            String secret = sha256(user + ':' + realm + ':' + password);
            String request = sha256(method + ':' + uri);
            String expected = sha256(String.join(":", secret, nonce, count, clientNonce, "auth", request));
            return MessageDigest.isEqual(octets(expected), octets(response.toLowerCase(Locale.ROOT)));
        }
    }

    /// A scheme that is not ours, such as the Bearer of an application's own.
    record Foreign() implements Authorization {}

    /// A scheme of ours, but not in its grammar; or more than one field.
    record Malformed() implements Authorization {}

    /// The proof that comes with a request; empty where there is none.
    static Optional<Authorization> of(Fields fields) {
        List<String> values = fields.values("Authorization");
        if (values.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(values.size() > 1 ? new Malformed() : parse(values.getFirst()));
    }

    /// The value of one field: a scheme, a blank, and what the scheme wants.
    static Authorization parse(String value) {
        int blank = value.indexOf(' ');
        String scheme = blank < 0 ? value : value.substring(0, blank);
        String rest = blank < 0 ? "" : Tokens.trimmed(value.substring(blank));
        Optional<? extends Authorization> parsed = switch (scheme.toLowerCase(Locale.ROOT)) {
            case "basic" -> basic(rest);
            case "digest" -> parameters(rest).flatMap(Authorization::digest);
            default -> Optional.of(new Foreign());
        };
        return parsed.isPresent() ? parsed.get() : new Malformed();
    }

    /// The name ends at the first colon; a control character can stand in neither half (RFC 7617 §2).
    private static Optional<Basic> basic(String base64) {
        String pair;
        try {
            pair = new String(Base64.getDecoder().decode(octets(base64)), StandardCharsets.ISO_8859_1);
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
        int colon = pair.indexOf(':');
        boolean fits = colon >= 0 && Tokens.isFieldValue(pair) && pair.indexOf('\t') < 0;
        return fits ? Optional.of(new Basic(pair.substring(0, colon), pair.substring(colon + 1))) : Optional.empty();
    }

    /// What our challenge asks for, with nothing of it missing. An algorithm that is left out would be MD5.
    private static Optional<Digest> digest(Map<String, String> parameters) {
        boolean complete = parameters.keySet().containsAll(List.of("realm", "nonce", "uri", "nc", "cnonce", "response"));
        boolean asked = "auth".equals(parameters.get("qop")) && "SHA-256".equalsIgnoreCase(parameters.get("algorithm"))
                && !"true".equalsIgnoreCase(parameters.get("userhash"));
        String count = parameters.getOrDefault("nc", "");
        boolean counted = count.length() == 8 && count.chars().allMatch(c -> Tokens.hexValue(c) >= 0);
        if (!complete || !asked || !counted) {
            return Optional.empty();
        }
        return user(parameters).map(user -> new Digest(user, parameters.get("realm"), parameters.get("nonce"),
                parameters.get("uri"), count, parameters.get("cnonce"), parameters.get("response")));
    }

    /// `username="..."`, or for octets that a quoted string can't hold `username*=UTF-8''...`, never both (§3.4).
    private static Optional<String> user(Map<String, String> parameters) {
        Optional<String> plain = Optional.ofNullable(parameters.get("username"));
        Optional<String> extended = Optional.ofNullable(parameters.get("username*"));
        return plain.isPresent() && extended.isPresent() ? Optional.empty()
                : plain.isPresent() ? plain : extended.flatMap(Authorization::decoded);
    }

    /// An ext-value: charset, language, and percent-encoded octets (RFC 8187 §3.2.1). The charset must be ours.
    private static Optional<String> decoded(String text) {
        String[] parts = text.split("'", -1);
        if (parts.length != 3 || !parts[0].equalsIgnoreCase("UTF-8")) {
            return Optional.empty();
        }
        StringBuilder octets = new StringBuilder();
        for (int i = 0; i < parts[2].length(); i++) {
            char c = parts[2].charAt(i);
            boolean encoded = c == '%';
            int high = encoded && i + 2 < parts[2].length() ? Tokens.hexValue(parts[2].charAt(i + 1)) : -1;
            int low = high < 0 ? -1 : Tokens.hexValue(parts[2].charAt(i + 2));
            if (encoded && low < 0) {
                return Optional.empty();
            }
            octets.append(encoded ? (char) (high << 4 | low) : c);
            i += encoded ? 2 : 0;
        }
        return Optional.of(octets.toString());
    }

    /// `name=value` or `name="value"`, separated by commas (RFC 9110 §11.2); names in lower case. Empty if one is malformed, or
    /// stands twice: of two, others might have taken the other.
    private static Optional<Map<String, String>> parameters(String text) {
        Map<String, String> parameters = new HashMap<>();
        for (String element : Tokens.list(text)) {
            int equals = element.indexOf('=');
            String name = equals < 0 ? "" : Tokens.trimmed(element.substring(0, equals)).toLowerCase(Locale.ROOT);
            Optional<String> value = unquoted(Tokens.trimmed(element.substring(equals + 1)));
            if (!Tokens.isToken(name) || value.isEmpty() || parameters.put(name, value.get()) != null) {
                return Optional.empty();
            }
        }
        return Optional.of(parameters);
    }

    /// A token as it is, a quoted string without its quotes and backslashes (RFC 9110 §5.6.4); empty where it is neither.
    private static Optional<String> unquoted(String text) {
        if (!text.startsWith("\"")) {
            return Tokens.isToken(text) ? Optional.of(text) : Optional.empty();
        }
        StringBuilder value = new StringBuilder();
        for (int i = 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"') {
                return i == text.length() - 1 ? Optional.of(value.toString()) : Optional.empty();
            }
            boolean escaped = c == '\\' && i + 1 < text.length();
            value.append(escaped ? text.charAt(++i) : c);
        }
        return Optional.empty();
    }

    private static String sha256(String octets) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(octets(octets)));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible); // every Java has it
        }
    }

    private static byte[] octets(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
