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
    /// Looks ahead for a bad percent-encoding rather than choose at each octet: the JDK does that by recursion, and a
    /// host of some thousand octets would overflow the stack.
    private static final Pattern REG_NAME =
            Pattern.compile("(?!.*%(?![0-9A-Fa-f]{2}))[A-Za-z0-9._~!$&'()*+;=%-]+");
    private static final Pattern IPV6 = Pattern.compile("\\[(?!.*(?:[0-9A-Fa-f]{5}|\\.0[0-9]|:0[0-9]+\\.))[0-9A-Fa-f:.]{2,45}]");
    private static final Pattern IP_FUTURE =
            Pattern.compile("\\[[vV][0-9A-Fa-f]+\\.[A-Za-z0-9._~!$&'()*+,;=:-]+]");
    private static final Pattern PORT = Pattern.compile("[0-9]{0,5}");

    /// `host`, `host:` or `host:port`. The comma that a reg-name may hold is refused: it is two Host fields that somebody
    /// on the way joined.
    public static Optional<Authority> parse(String text) {
        int colon = text.startsWith("[") ? text.indexOf(':', Math.max(text.indexOf(']'), 0)) : text.indexOf(':');
        String host = colon < 0 ? text : text.substring(0, colon);
        String digits = colon < 0 ? "" : text.substring(colon + 1);
        boolean named = REG_NAME.matcher(host).matches() || isIpv6(host) || IP_FUTURE.matcher(host).matches();
        if (!named || !PORT.matcher(digits).matches()) {
            return Optional.empty();
        }

        int port = digits.isEmpty() ? -1 : Integer.parseInt(digits);
        return port > 65_535 ? Optional.empty() : Optional.of(new Authority(host.toLowerCase(Locale.ROOT), port));
    }

    /// An IPv6 address in its brackets. The JDK knows the grammar and looks nothing up for a literal; the pattern keeps
    /// out what only the JDK takes: a zone, a group of more than four digits, a decimal number with a zero in front, which
    /// others read as octal.
    private static boolean isIpv6(String host) {
        if (!IPV6.matcher(host).matches()) {
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
