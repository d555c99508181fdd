package lib.http;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What does a request ask for? (RFC 9112 §3.2, RFC 3986 §3.3 and §3.4)
///
/// A target that exists is well-formed: its segments were split before they were decoded, so that `%2F` never
/// separates, and decoded once. Segments are octets, one char each (ISO 8859-1), as file names are on Linux.
///
/// What a segment may be called on a disk (`..`, a slash inside) is not decided here but by whoever looks for a file.
public sealed interface Target {

    /// `*`: the server as a whole (§3.2.4).
    record Asterisk() implements Target {}

    /// `host:port` of a CONNECT (§3.2.3).
    record Tunnel(Authority authority) implements Target {}

    /// A place in the tree.
    ///
    /// @param authority the host of an absolute-form, which wins over the Host field (§3.2.2)
    /// @param segments decoded, without the empty ones
    /// @param directory does the path end with a slash?
    /// @param query undecoded, without its `?`; empty optional where there is no `?`
    /// @param mount what stands before the segments and is none of them, such as `/secret`; mostly empty
    record Place(Optional<Authority> authority, List<String> segments, boolean directory, Optional<String> query,
                 String mount) implements Target {
        public Place {
            segments = List.copyOf(segments);
        }

        /// The path, encoded anew: one slash at the front, so that it never reads as `//host` in a Location.
        public String path() {
            StringBuilder path = new StringBuilder(mount);
            segments.forEach(segment -> path.append('/').append(encode(segment)));
            boolean root = segments.isEmpty() && mount.isEmpty();
            return directory || root ? path.append('/').toString() : path.toString();
        }

        /// The same place seen from below its first segment; empty if that is another than `first`. How long it takes to
        /// tell does not tell how near a guess was.
        public Optional<Place> below(String first) {
            boolean below = !segments.isEmpty() && MessageDigest.isEqual(octets(first), octets(segments.getFirst()));
            return !below ? Optional.empty() : Optional.of(new Place(authority, segments.subList(1, segments.size()), directory,
                    query, mount + '/' + encode(first)));
        }

        private static byte[] octets(String text) {
            return text.getBytes(StandardCharsets.ISO_8859_1);
        }

        /// The query behind its `?`, with the octets encoded that we took bare; empty where there is no query.
        public String querySuffix() {
            StringBuilder suffix = new StringBuilder(query.isPresent() ? "?" : "");
            query.orElse("").chars().forEach(c -> suffix.append(
                    QUERY_LENIENCE.indexOf(c) < 0 ? String.valueOf((char) c) : encode(String.valueOf((char) c))));
            return suffix.toString();
        }
    }

    /// Browsers send these octets bare although the grammar wants them encoded (WHATWG URL, the percent-encode sets);
    /// to refuse `/song [live].mp3` or `?id[]=1` as typed into an address bar would help nobody.
    String PATH_LENIENCE = "[]|";
    String QUERY_LENIENCE = "[]|{}^`\\";

    /// The target of a request line, for this method; empty where the grammar does not allow it.
    static Optional<? extends Target> parse(String text, String method) {
        if (method.equals("CONNECT")) {
            return Authority.parse(text).filter(authority -> authority.port() >= 0).map(Tunnel::new);
        }
        if (text.equals("*")) {
            return method.equals("OPTIONS") ? Optional.of(new Asterisk()) : Optional.empty();
        }
        return text.startsWith("/") ? place(Optional.empty(), text) : absolute(text);
    }

    private static Optional<Place> absolute(String text) {
        int scheme = text.regionMatches(true, 0, "http://", 0, 7) ? 7
                : text.regionMatches(true, 0, "https://", 0, 8) ? 8 : -1;
        if (scheme < 0) {
            return Optional.empty();
        }

        int end = scheme;
        while (end < text.length() && text.charAt(end) != '/' && text.charAt(end) != '?') {
            end++;
        }
        Optional<Authority> authority = Authority.parse(text.substring(scheme, end));
        String rest = text.substring(end);
        return authority.isEmpty() ? Optional.empty() : place(authority, rest.startsWith("/") ? rest : '/' + rest);
    }

    private static Optional<Place> place(Optional<Authority> authority, String text) {
        int mark = text.indexOf('?');
        String path = mark < 0 ? text : text.substring(0, mark);
        Optional<String> query = mark < 0 ? Optional.empty() : Optional.of(text.substring(mark + 1));
        if (query.isPresent() && !allows(query.get(), "/?" + QUERY_LENIENCE)) {
            return Optional.empty();
        }

        List<String> segments = new ArrayList<>();
        for (int first = 1; first <= path.length(); ) {
            int slash = path.indexOf('/', first);
            String segment = path.substring(first, slash < 0 ? path.length() : slash);
            if (!allows(segment, PATH_LENIENCE)) {
                return Optional.empty();
            }
            if (!segment.isEmpty()) {
                segments.add(decode(segment));
            }
            first = slash < 0 ? path.length() + 1 : slash + 1;
        }

        // A NUL ends a name in C: what the check sees and what the system opens would be two names.
        return String.join("/", segments).indexOf('\0') >= 0 ? Optional.empty()
                : Optional.of(new Place(authority, segments, path.endsWith("/"), query, ""));
    }

    /// Only pchar (RFC 3986 §3.3), complete percent-encodings, and `more`?
    private static boolean allows(String text, String more) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '%') {
                if (i + 2 >= text.length() || Tokens.hexValue(text.charAt(i + 1)) < 0
                        || Tokens.hexValue(text.charAt(i + 2)) < 0) {
                    return false;
                }
                i += 2;
            } else if (!isPchar(c) && more.indexOf(c) < 0) {
                return false;
            }
        }
        return true;
    }

    private static boolean isUnreserved(char c) {
        return Tokens.isAlpha(c) || Tokens.isDigit(c) || c == '-' || c == '.' || c == '_' || c == '~';
    }

    private static boolean isPchar(char c) {
        return isUnreserved(c) || "!$&'()*+,;=:@".indexOf(c) >= 0;
    }

    /// Percent-encodings to octets; the text is well-formed.
    static String decode(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }

        ByteArrayOutputStream octets = new ByteArrayOutputStream(text.length());
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '%') {
                octets.write(Tokens.hexValue(text.charAt(i + 1)) << 4 | Tokens.hexValue(text.charAt(i + 2)));
                i += 2;
            } else {
                octets.write(text.charAt(i));
            }
        }
        return octets.toString(StandardCharsets.ISO_8859_1);
    }

    /// A segment of octets as it may stand in any URI: all but the unreserved characters percent-encoded.
    static String encode(String octets) {
        StringBuilder text = new StringBuilder(octets.length() + 16);
        for (int i = 0; i < octets.length(); i++) {
            char c = octets.charAt(i);
            if (isUnreserved(c)) {
                text.append(c);
            } else {
                text.append('%').append(hexDigit(c >> 4)).append(hexDigit(c & 15));
            }
        }
        return text.toString();
    }

    private static char hexDigit(int value) {
        return "0123456789ABCDEF".charAt(value);
    }
}
