package lib.http;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Which targets does a pattern name?
///
///     /app.js         this one
///     /api/*/items    any one name in the middle
///     /img/*.png      names that end so
///     /files/**       /files/ and all below it
///     /**             every place
///
/// A `*` stands for any octets within one name, `**` for any number of whole names, none included. Patterns see the decoded
/// segments of a target, as files are named; a slash at its end and a query make no difference. Percent-encodings in a pattern stand for
/// what they encode, so that a target can be copied from where it was seen.
///
/// @param segments octets, one char each
public record TargetPattern(List<String> segments) {
    private static final String ANY_NAMES = "**";
    private static final Pattern BARE_PERCENT = Pattern.compile("%(?![0-9A-Fa-f]{2})");

    public static final TargetPattern EVERYTHING = new TargetPattern(List.of(ANY_NAMES));

    public TargetPattern {
        segments = List.copyOf(segments);
    }

    /// A pattern in any language; empty where it does not begin at the root, or has `**` amid a name.
    public static Optional<TargetPattern> parse(String text) {
        String octets = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        List<String> segments = List.of(octets.split("/")).stream().filter(segment -> !segment.isEmpty())
                .map(segment -> BARE_PERCENT.matcher(segment).find() ? segment : Target.decode(segment)).toList();
        boolean unclear = segments.stream().anyMatch(segment -> segment.contains(ANY_NAMES) && !segment.equals(ANY_NAMES));
        return !text.startsWith("/") || unclear ? Optional.empty() : Optional.of(new TargetPattern(segments));
    }

    /// What is no place, such as `*`, has no pattern.
    public boolean matches(Target target) {
        return target instanceof Target.Place place && matches(place.segments());
    }

    /// Takes as few names for each `**` as will do, and one more for the last of them whenever that did not.
    private boolean matches(List<String> names) {
        int at = 0;
        int retry = -1;
        int retryName = 0;
        for (int name = 0; name < names.size(); ) {
            if (at < segments.size() && segments.get(at).equals(ANY_NAMES)) {
                retry = ++at;
                retryName = name;
            } else if (at < segments.size() && isLike(names.get(name), segments.get(at))) {
                at++;
                name++;
            } else if (retry >= 0) {
                at = retry;
                name = ++retryName;
            } else {
                return false;
            }
        }
        return segments.subList(at, segments.size()).stream().allMatch(ANY_NAMES::equals);
    }

    /// What stands between two `*` is looked for where it comes first; what stands behind the last has to end the name.
    private static boolean isLike(String name, String pattern) {
        int star = pattern.indexOf('*');
        if (star < 0) {
            return name.equals(pattern);
        }
        String[] pieces = pattern.split("\\*", -1);
        String last = pieces[pieces.length - 1];
        int at = star;
        for (int i = 1; i < pieces.length - 1; i++) {
            int found = name.indexOf(pieces[i], at);
            if (found < 0) {
                return false;
            }
            at = found + pieces[i].length();
        }
        return name.startsWith(pieces[0]) && name.endsWith(last) && name.length() - last.length() >= at;
    }

    /// As a person writes it.
    @Override
    public String toString() {
        return '/' + new String(String.join("/", segments).getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }
}
