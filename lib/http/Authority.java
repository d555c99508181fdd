package lib.http;

import java.net.Inet6Address;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// Whom does a request mean: a host and perhaps a port? (RFC 9110 §7.2, RFC 3986 §3.2)
///
/// The host is in lower case; an IPv6 address keeps its brackets. User information is no part of it: in an http URI it
/// is an error, as it serves to disguise the host (RFC 9110 §4.2.4).
///
/// @param port 0 to 65535, or -1 where none is given
public record Authority(String host, int port) {
    /// Those of an IP literal, loaded with the first one: patterns take longer to load than a small document to send.
    private static final class Patterns {
        static final Pattern IPV6 = Pattern.compile("\\[(?!.*(?:[0-9A-Fa-f]{5}|\\.0[0-9]|:0[0-9]+\\.))[0-9A-Fa-f:.]{2,45}]");
        static final Pattern IP_FUTURE = Pattern.compile("\\[[vV][0-9A-Fa-f]+\\.[A-Za-z0-9._~!$&'()*+,;=:-]+]");
    }

    /// `host`, `host:` or `host:port`. The comma that a reg-name may hold is refused: it is two Host fields that somebody
    /// on the way joined.
    public static Optional<Authority> parse(String text) {
        int colon = text.startsWith("[") ? text.indexOf(':', Math.max(text.indexOf(']'), 0)) : text.indexOf(':');
        String host = colon < 0 ? text : text.substring(0, colon);
        String digits = colon < 0 ? "" : text.substring(colon + 1);
        boolean named = host.startsWith("[") ? isIpv6(host) || Patterns.IP_FUTURE.matcher(host).matches() : isRegName(host);
        boolean numbered = digits.isEmpty() || Tokens.isDigits(digits) && digits.length() <= 5;
        if (!named || !numbered) {
            return Optional.empty();
        }

        int port = digits.isEmpty() ? -1 : Integer.parseInt(digits);
        return port > 65_535 ? Optional.empty() : Optional.of(new Authority(host.toLowerCase(Locale.ROOT), port));
    }

    /// Letters, digits, some signs, and octets that are encoded whole (RFC 3986 §3.2.2).
    private static boolean isRegName(String host) {
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (c == '%') {
                if (i + 2 >= host.length() || Tokens.hexValue(host.charAt(i + 1)) < 0 || Tokens.hexValue(host.charAt(i + 2)) < 0) {
                    return false;
                }
                i += 2;
            } else if (!Tokens.isAlpha(c) && !Tokens.isDigit(c) && "._~!$&'()*+;=-".indexOf(c) < 0) {
                return false;
            }
        }
        return !host.isEmpty();
    }

    /// An IPv6 address in its brackets. The JDK knows the grammar and looks nothing up for a literal; the pattern keeps
    /// out what only the JDK takes: a zone, a group of more than four digits, a decimal number with a zero in front, which
    /// others read as octal.
    private static boolean isIpv6(String host) {
        if (!Patterns.IPV6.matcher(host).matches()) {
            return false;
        }
        try {
            Inet6Address.ofLiteral(host.substring(1, host.length() - 1));
            return true;
        } catch (IllegalArgumentException _) {
            return false;
        }
    }
}
