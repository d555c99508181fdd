package lib.http;

import java.util.Optional;
import java.util.Set;

/// What does the client ask, apart from the content that it may send along? (RFC 9112 §3, RFC 9110 §7 to §10)
///
/// @param method a token, case-sensitive (RFC 9110 §9.1)
/// @param rawTarget the request-target as it came, for the log and for TRACE
/// @param minorVersion of HTTP/1: 0, or 1 (a higher one is answered as 1, RFC 9110 §2.5)
/// @param authority whom the client means: from the target, else from Host; absent only in HTTP/1.0
public record Request(String method, String rawTarget, Target target, int minorVersion, Optional<Authority> authority,
                      Fields fields) {

    /// The methods of RFC 9110 §9.3 and PATCH (RFC 5789): known, if not allowed everywhere. Any other is 501.
    public static final Set<String> KNOWN_METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH");

    /// The same request for another target.
    public Request to(Target other) {
        return new Request(method, rawTarget, other, minorVersion, authority, fields);
    }

    public boolean isGet() {
        return method.equals("GET");
    }

    public boolean isHead() {
        return method.equals("HEAD");
    }

    /// Does the client wish to go on with this connection afterwards? (RFC 9112 §9.3)
    public boolean persists() {
        if (fields.lists("Connection", "close")) {
            return false;
        }
        return minorVersion >= 1 || fields.lists("Connection", "keep-alive");
    }

    /// Does the client wait for a 100 before it sends its content? HTTP/1.0 knows no such thing (RFC 9110 §10.1.1).
    public boolean expectsContinue() {
        return minorVersion >= 1 && fields.lists("Expect", "100-continue");
    }

    /// Does it expect anything that we have never heard of? (RFC 9110 §10.1.1: 417)
    public boolean expectsTheUnknown() {
        for (String expectation : Tokens.list(fields.combined("Expect").orElse(""))) {
            if (!expectation.equalsIgnoreCase("100-continue")) {
                return true;
            }
        }
        return false;
    }
}
