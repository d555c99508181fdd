package lib.host;

import java.util.Optional;
import lib.http.Tokens;

/// Where is the server to listen?
public sealed interface Endpoint {

    /// A host by name or address, resolved when it is bound.
    ///
    /// @param port of its own; empty where the common one holds
    record Inet(String host, Optional<Integer> port) implements Endpoint {}

    /// Every address of this machine, of both families where it has both: `*`.
    record Everywhere() implements Endpoint {}

    /// A socket in the file system: `unix:PATH`.
    record Unix(String path) implements Endpoint {}

    /// `*`, `host`, `host:port`, `[ipv6]:port`, a bare IPv6 address, or `unix:PATH`; empty where it is none of them.
    static Optional<? extends Endpoint> parse(String text) {
        if (text.equals("*")) {
            return Optional.of(new Everywhere());
        }
        if (text.startsWith("unix:")) {
            return text.length() > 5 ? Optional.of(new Unix(text.substring(5))) : Optional.empty();
        }

        int bracket = text.startsWith("[") ? text.indexOf(']') : -1;
        int colon = text.indexOf(':', Math.max(bracket, 0));
        boolean bareIpv6 = bracket < 0 && colon >= 0 && text.indexOf(':', colon + 1) >= 0;
        if (bareIpv6 || colon < 0) {
            return inet(text, Optional.empty());
        }
        Optional<Integer> port = port(text.substring(colon + 1));
        return port.isEmpty() ? Optional.empty() : inet(text.substring(0, colon), port);
    }

    private static Optional<Inet> inet(String host, Optional<Integer> port) {
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        String bare = bracketed ? host.substring(1, host.length() - 1) : host;
        boolean plausible = !bare.isEmpty() && bare.chars().allMatch(c -> c > ' ' && c != '/' && c != '[' && c != ']');
        return plausible ? Optional.of(new Inet(bare, port)) : Optional.empty();
    }

    /// 0 to 65535.
    static Optional<Integer> port(String text) {
        if (!Tokens.isDigits(text) || text.length() > 5 || Integer.parseInt(text) > 65_535) {
            return Optional.empty();
        }
        return Optional.of(Integer.parseInt(text));
    }
}
