package tests.torture;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// What would somebody else read in the octets of a connection? RFC 9112 once more, by another hand and another way: regular
/// expressions over the whole, where the server goes line by line over what has come.
///
/// Where the two differ, one of them is wrong, and a proxy in front might side with the other: that is request smuggling.
/// What README says beyond the RFC (what is forgiven, what is refused, the limits) is held here, too.
final class SecondReader {

    /// Everything that was read.
    ///
    /// @param broken does something stand behind the last whole request that is none, or not a whole one?
    /// @param unfinished its method, where only its content is not whole; else empty
    record Reading(List<Asked> requests, boolean broken, String unfinished) {

        /// A line for each request, and one more where it breaks off.
        @Override
        public String toString() {
            return requests.stream().map(Asked::toString).collect(Collectors.joining("\n")) + (broken ? "\nbroken" : "");
        }
    }

    /// One request.
    ///
    /// @param authority empty for nobody
    /// @param path its segments, decoded; the target as it stands where it is no path
    record Asked(String method, String authority, List<String> path, boolean directory, String query, int minor, List<String> fields,
                 String content) {

        /// The values of all lines of this name, separated by commas; empty where there is none.
        String list(String name) {
            return String.join(",", values(fields, name.toLowerCase()));
        }
    }

    static final int TARGET_OCTETS = 8192;
    static final int FIELDS_OCTETS = 32 * 1024;
    static final int FIELD_LINES = 128;

    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]++";
    private static final String TEXT = "[\\t -~\\x80-\\xff]";
    private static final Pattern EMPTY_LINES = Pattern.compile("(?:\\r\\n)*+");
    private static final Pattern REQUEST_LINE = Pattern.compile("(" + TOKEN + ") ([!-~]*+) HTTP/1\\.([0-9])\\r\\n");
    private static final Pattern FIELD_LINE = Pattern.compile("(" + TOKEN + "):(" + TEXT + "*+)\\r\\n");
    private static final Pattern CHUNK_LINE = Pattern.compile("([0-9A-Fa-f]{1,15})(?:[ \\t]*+;[ \\t]*+" + TOKEN + "(?:[ \\t]*+=[ \\t]*+(?:"
            + TOKEN + "|\"(?:\\\\" + TEXT + "|[\\t !#-\\[\\]-~\\x80-\\xff])*+\"))?+)*+\\r\\n");
    private static final Pattern AUTHORITY = Pattern.compile(
            "([A-Za-z0-9._~!$&'()*+;=%-]++|\\[v[0-9a-f]++\\.[A-Za-z0-9._~!$&'()*+,;=:-]++]|\\[[0-9a-f:.]++])(?::([0-9]{0,5}))?",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern PLACE = Pattern.compile(
            "([A-Za-z0-9._~!$&'()*+,;=:@%/|\\[\\]-]*+)(?:\\?([A-Za-z0-9._~!$&'()*+,;=:@%/|\\[\\]?{}^`\\\\-]*+))?");
    private static final Pattern BAD_ENCODING = Pattern.compile("%(?![0-9A-Fa-f]{2})");
    private static final Pattern ABSOLUTE = Pattern.compile("(?i:https?)://([^/?]*+)(.*)");

    private final String octets;
    private final List<Asked> requests = new ArrayList<>();
    private String unfinished = "";
    private int at;

    private SecondReader(byte[] octets) {
        this.octets = new String(octets, StandardCharsets.ISO_8859_1);
    }

    static Reading read(byte[] octets) {
        SecondReader reader = new SecondReader(octets);
        boolean whole = true;
        while (whole && reader.skipEmptyLines()) {
            whole = reader.request();
        }
        return new Reading(reader.requests, !whole, reader.unfinished);
    }

    /// Returns whether something follows.
    private boolean skipEmptyLines() {
        Matcher lines = EMPTY_LINES.matcher(octets).region(at, octets.length());
        if (lines.lookingAt() && lines.end() - at <= 4 * 2) {
            at = lines.end();
        }
        return at < octets.length();
    }

    /// Returns whether there was a whole one.
    private boolean request() {
        Matcher line = next(REQUEST_LINE);
        if (line == null || line.group(1).length() > 64 || line.group(2).length() > TARGET_OCTETS) {
            return false;
        }
        int begin = at;
        List<String> fields = fields();
        if (fields == null || at - begin > FIELDS_OCTETS) {
            return false;
        }
        return asked(line.group(1), line.group(2), Math.min(line.group(3).charAt(0) - '0', 1), fields);
    }

    /// Up to the empty line; null where there is none, or something else comes before it.
    private List<String> fields() {
        List<String> fields = new ArrayList<>();
        for (Matcher line = next(FIELD_LINE); line != null; line = next(FIELD_LINE)) {
            fields.add(line.group(1) + ':' + line.group(2).replaceAll("^[ \\t]++|(?<![ \\t])[ \\t]++$", ""));
        }
        boolean ends = octets.startsWith("\r\n", at) && fields.size() <= FIELD_LINES;
        at += 2;
        return ends ? fields : null;
    }

    private boolean asked(String method, String target, int minor, List<String> fields) {
        List<String> hosts = values(fields, "host");
        boolean hosted = hosts.size() == 1 ? authority(hosts.getFirst()) != null : hosts.isEmpty() && minor == 0;
        String host = hosted && !hosts.isEmpty() ? authority(hosts.getFirst()) : "";
        Asked asked = !hosted ? null : target(method, target, host, minor, fields);
        if (asked == null) {
            return false;
        }
        StringBuilder content = new StringBuilder();
        List<String> lengths = values(fields, "content-length");
        Framing framing = framing(values(fields, "transfer-encoding"), lengths, minor);
        boolean whole = switch (framing) {
            case WRONG -> false;
            case NONE -> true;
            case SIZED -> take(Long.parseLong(lengths.getFirst()), content);
            case CHUNKED -> chunks(content);
        };
        if (whole) {
            requests.add(new Asked(asked.method, asked.authority, asked.path, asked.directory, asked.query, minor, fields,
                    content.toString()));
        } else if (framing != Framing.WRONG) {
            unfinished = method;
        }
        return whole;
    }

    private static List<String> values(List<String> fields, String name) {
        return fields.stream().filter(line -> line.toLowerCase().startsWith(name + ':')).map(line -> line.substring(name.length() + 1))
                .toList();
    }

    /// RFC 9112 §3.2; null where it is none of the four forms.
    private static Asked target(String method, String target, String host, int minor, List<String> fields) {
        if (method.equals("CONNECT")) {
            String authority = authority(target);
            return authority == null || authority.endsWith(":") ? null
                    : new Asked(method, authority, List.of(target), false, "", minor, fields, "");
        }
        if (target.equals("*")) {
            return method.equals("OPTIONS") ? new Asked(method, host, List.of("*"), false, "", minor, fields, "") : null;
        }
        Matcher absolute = ABSOLUTE.matcher(target);
        boolean isAbsolute = absolute.matches();
        String authority = isAbsolute ? authority(absolute.group(1)) : host;
        String rest = !isAbsolute ? target : absolute.group(2).startsWith("/") ? absolute.group(2) : '/' + absolute.group(2);
        Matcher place = PLACE.matcher(rest);
        if (authority == null || !rest.startsWith("/") || !place.matches() || place.group(1).contains("%00")
                || BAD_ENCODING.matcher(rest).find()) {
            return null;
        }
        List<String> path = Arrays.stream(place.group(1).split("/")).filter(segment -> !segment.isEmpty()).map(SecondReader::decoded).toList();
        return new Asked(method, authority, path, place.group(1).endsWith("/"), place.group(2) == null ? "" : '?' + place.group(2), minor,
                fields, "");
    }

    private static String decoded(String segment) {
        return Pattern.compile("%(..)").matcher(segment)
                .replaceAll(code -> Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(code.group(1), 16))));
    }

    /// `host:port` in lower case, `host:` without a port; null where it is neither.
    static String authority(String text) {
        Matcher authority = AUTHORITY.matcher(text);
        if (!authority.matches() || BAD_ENCODING.matcher(text).find()) {
            return null;
        }
        String host = authority.group(1).toLowerCase();
        String port = authority.group(2) == null || authority.group(2).isEmpty() ? "" : String.valueOf(Integer.parseInt(authority.group(2)));
        boolean literal = host.startsWith("[") && !host.startsWith("[v");
        return literal && !isIpv6(host.substring(1, host.length() - 1)) || !port.isEmpty() && Integer.parseInt(port) > 65_535 ? null
                : host + ':' + port;
    }

    /// RFC 3986 §3.2.2: eight groups of up to four digits, the last two perhaps as an IPv4 address, and one `::` in place of one
    /// group at least.
    private static boolean isIpv6(String text) {
        String groups = text.replaceFirst("(?<=:)(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\\.(?!$)|$)){4}$", "0:0");
        int gap = groups.indexOf("::");
        String before = gap < 0 ? groups : groups.substring(0, gap);
        String behind = gap < 0 ? "" : groups.substring(gap + 2);
        int count = count(before) + count(behind);
        return gap < 0 ? count == 8 && !before.isEmpty() : count <= 7 && count >= 0;
    }

    /// How many groups; so few that it can't be right where one of them is none.
    private static int count(String groups) {
        return groups.isEmpty() ? 0 : !groups.matches("[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*+") ? -100 : groups.split(":").length;
    }

    private enum Framing { NONE, SIZED, CHUNKED, WRONG }

    /// RFC 9112 §6.3, for requests.
    private static Framing framing(List<String> codings, List<String> lengths, int minor) {
        if (codings.isEmpty() && lengths.isEmpty()) {
            return Framing.NONE;
        }
        boolean chunked = lengths.isEmpty() && codings.size() == 1 && codings.getFirst().equalsIgnoreCase("chunked") && minor == 1;
        boolean sized = codings.isEmpty() && lengths.size() == 1 && lengths.getFirst().matches("0*[0-9]{1,18}");
        return chunked ? Framing.CHUNKED : sized ? Framing.SIZED : Framing.WRONG;
    }

    private boolean chunks(StringBuilder content) {
        while (true) {
            int end = octets.indexOf("\r\n", at);
            Matcher line = end - at > 1024 ? null : next(CHUNK_LINE);
            if (line == null) {
                return false;
            }
            long size = Long.parseLong(line.group(1), 16);
            if (size == 0) {
                int begin = at;
                List<String> trailer = fields();
                return trailer != null && at - begin - 2 * trailer.size() - 2 <= FIELDS_OCTETS;
            }
            if (!take(size, content) || !octets.startsWith("\r\n", at)) {
                return false;
            }
            at += 2;
        }
    }

    private boolean take(long count, StringBuilder into) {
        if (count > octets.length() - at) {
            return false;
        }
        into.append(octets, at, at + (int) count);
        at += (int) count;
        return true;
    }

    /// What stands here, behind which it goes on then; null where it does not.
    private Matcher next(Pattern pattern) {
        Matcher matcher = pattern.matcher(octets).region(at, octets.length());
        if (at > octets.length() || !matcher.lookingAt()) {
            return null;
        }
        at = matcher.end();
        return matcher;
    }
}
