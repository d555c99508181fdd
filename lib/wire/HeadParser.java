package lib.wire;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lib.http.Authority;
import lib.http.Fields;
import lib.http.Request;
import lib.http.Status;
import lib.http.Target;
import lib.http.Tokens;

/// What do these octets say: a request's head, not yet one, or nothing that we take? (RFC 9112 §2 to §5)
///
/// A function over a growing run of octets, without input or output: feed it the same octets again with more behind
/// them, and it goes on at the first line that it has not read. It takes what the grammar allows and nothing else: no
/// line that ends in a bare LF or holds a bare CR, no folded line, no blank before a colon.
///
///     start ─ empty lines ─▶ request line ─▶ field line ─ ... ─▶ empty line ─▶ Complete
///                                 └────────────┴──▶ Malformed
final class HeadParser {

    /// What a run of octets has turned out to be.
    sealed interface Outcome {}

    /// A head; `end` is the offset behind its empty line.
    record Complete(Request request, Framing framing, int end) implements Outcome {}

    /// Good so far.
    record Incomplete() implements Outcome {}

    /// Not a request that we take; the connection cannot go on, since nobody knows where the next request starts.
    record Malformed(Status status, String requestLine) implements Outcome {}

    private static final Outcome INCOMPLETE = new Incomplete();

    private final Limits limits;

    /// The offset of the first line that is not read yet, and how far its end was looked for.
    private int lineStart;
    private int searched;

    private int emptyLines;
    private int fieldsStart;
    private String requestLine = "";
    private String method = "";
    private String rawTarget = "";
    private int minorVersion = -1;
    private final List<Fields.Line> lines = new ArrayList<>();

    HeadParser(Limits limits) {
        this.limits = limits;
    }

    /// The most octets that a head can have, its empty line and the forgiven ones included.
    static int mostOctets(Limits limits) {
        return limits.targetOctets() + limits.fieldsOctets() + Limits.METHOD_OCTETS + 32;
    }

    /// Has the request's first line begun to arrive?
    boolean hasBegun(int length) {
        return length > lineStart || minorVersion >= 0;
    }

    /// The request line if it is complete, for the log.
    String requestLine() {
        return requestLine;
    }

    /// @param octets the head from its first octet on; `length` of them are there
    Outcome parse(byte[] octets, int length) {
        while (true) {
            int newline = newline(octets, length);
            if (newline < 0) {
                return tooLongAlready(octets, length);
            }
            if (newline == lineStart || octets[newline - 1] != '\r') {
                return malformed(Status.BAD_REQUEST);
            }

            int first = lineStart;
            int end = newline - 1;
            lineStart = newline + 1;
            searched = lineStart;
            Optional<Outcome> outcome = minorVersion < 0 ? requestLine(octets, first, end) : field(octets, first, end);
            if (outcome.isPresent()) {
                return outcome.get();
            }
        }
    }

    private int newline(byte[] octets, int length) {
        for (; searched < length; searched++) {
            if (octets[searched] == '\n') {
                return searched;
            }
        }
        return -1;
    }

    /// A line without an end that has outgrown its limit is refused before it has all arrived.
    private Outcome tooLongAlready(byte[] octets, int length) {
        if (minorVersion >= 0) {
            return length - fieldsStart > limits.fieldsOctets() ? malformed(Status.FIELDS_TOO_LARGE) : INCOMPLETE;
        }

        int space = indexOf(octets, lineStart, length, ' ');
        int methodEnd = space < 0 ? length : space;
        if (methodEnd - lineStart > Limits.METHOD_OCTETS) {
            return overlongMethod(octets, methodEnd);
        }
        if (space < 0) {
            return INCOMPLETE;
        }
        int end = indexOf(octets, space + 1, length, ' ');
        boolean overlong = (end < 0 ? length : end) - space - 1 > limits.targetOctets();
        boolean endless = end >= 0 && length - end > " HTTP/1.1\r\n".length();
        return overlong ? malformed(Status.URI_TOO_LONG) : endless ? malformed(Status.BAD_REQUEST) : INCOMPLETE;
    }

    /// A method longer than any that we know is 501 (RFC 9112 §3), if it is a method at all.
    private Outcome overlongMethod(byte[] octets, int end) {
        boolean token = Tokens.isToken(text(octets, lineStart, end));
        return malformed(token ? Status.NOT_IMPLEMENTED : Status.BAD_REQUEST);
    }

    /// `method SP request-target SP HTTP-version` (RFC 9112 §3), or an empty line to forgive.
    private Optional<Outcome> requestLine(byte[] octets, int first, int end) {
        if (first == end) {
            return ++emptyLines > Limits.EMPTY_LINES ? refused(Status.BAD_REQUEST) : Optional.empty();
        }

        requestLine = text(octets, first, end);
        int space = requestLine.indexOf(' ');
        int second = requestLine.indexOf(' ', space + 1);
        if (space < 0 || second < 0 || !Tokens.isToken(requestLine.substring(0, space))) {
            return refused(Status.BAD_REQUEST);
        }
        method = requestLine.substring(0, space);
        rawTarget = requestLine.substring(space + 1, second);
        String version = requestLine.substring(second + 1);
        if (!isVersion(version)) {
            return refused(Status.BAD_REQUEST);
        }
        if (method.length() > Limits.METHOD_OCTETS) {
            return refused(Status.NOT_IMPLEMENTED);
        }
        if (rawTarget.length() > limits.targetOctets()) {
            return refused(Status.URI_TOO_LONG);
        }
        if (version.charAt(5) != '1') {
            return refused(Status.VERSION_NOT_SUPPORTED);
        }
        minorVersion = Math.min(version.charAt(7) - '0', 1);
        fieldsStart = lineStart;
        return Optional.empty();
    }

    /// `HTTP/` digit `.` digit, in capitals (RFC 9112 §2.3).
    private static boolean isVersion(String text) {
        return text.length() == 8 && text.startsWith("HTTP/") && Tokens.isDigit(text.charAt(5))
                && text.charAt(6) == '.' && Tokens.isDigit(text.charAt(7));
    }

    private Optional<Outcome> field(byte[] octets, int first, int end) {
        if (lineStart - fieldsStart > limits.fieldsOctets()) {
            return refused(Status.FIELDS_TOO_LARGE);
        }
        if (first == end) {
            return Optional.of(complete());
        }
        if (lines.size() == limits.fieldLines()) {
            return refused(Status.FIELDS_TOO_LARGE);
        }

        Optional<Fields.Line> line = fieldLine(octets, first, end);
        if (line.isEmpty()) {
            return refused(Status.BAD_REQUEST);
        }
        lines.add(line.get());
        return Optional.empty();
    }

    /// `name:value` (RFC 9112 §5); empty where it is not one. A fold begins with a blank, which no name does.
    static Optional<Fields.Line> fieldLine(byte[] octets, int first, int end) {
        int colon = indexOf(octets, first, end, ':');
        if (colon < 0) {
            return Optional.empty();
        }
        String name = text(octets, first, colon);
        String value = Tokens.trimmed(text(octets, colon + 1, end));
        boolean legal = Tokens.isToken(name) && Tokens.isFieldValue(value);
        return legal ? Optional.of(new Fields.Line(name, value)) : Optional.empty();
    }

    /// The rules that bind the lines together: Host, target and framing.
    private Outcome complete() {
        Fields fields = new Fields(lines);
        Optional<? extends Target> target = Target.parse(rawTarget, method);
        Optional<? extends Framing> framing = Framing.of(fields, minorVersion);
        if (target.isEmpty() || framing.isEmpty()) {
            return malformed(Status.BAD_REQUEST);
        }

        // Exactly one valid Host in 1.1; none at all is forgiven in 1.0 (RFC 9112 §3.2). An absolute-form wins over it.
        List<String> hosts = fields.values("Host");
        Optional<Authority> host = hosts.isEmpty() ? Optional.empty() : Authority.parse(hosts.getFirst());
        if (hosts.size() > 1 || (hosts.size() == 1 && host.isEmpty()) || (hosts.isEmpty() && minorVersion >= 1)) {
            return malformed(Status.BAD_REQUEST);
        }
        Optional<Authority> authority = switch (target.get()) {
            case Target.Place place -> place.authority().or(() -> host);
            case Target.Tunnel tunnel -> Optional.of(tunnel.authority());
            case Target.Asterisk _ -> host;
        };

        Request request = new Request(method, rawTarget, target.get(), minorVersion, authority, fields);
        return new Complete(request, framing.get(), lineStart);
    }

    private Optional<Outcome> refused(Status status) {
        return Optional.of(malformed(status));
    }

    private Outcome malformed(Status status) {
        return new Malformed(status, requestLine);
    }

    private static int indexOf(byte[] octets, int first, int end, char wanted) {
        for (int i = first; i < end; i++) {
            if (octets[i] == wanted) {
                return i;
            }
        }
        return -1;
    }

    private static String text(byte[] octets, int first, int end) {
        return new String(octets, first, end - first, StandardCharsets.ISO_8859_1);
    }
}
