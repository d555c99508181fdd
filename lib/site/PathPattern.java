package lib.site;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Which paths does somebody mean who writes `/cgi-bin/`, `*.php`, or `/app/*.pl`?
///
/// @param below the segments that a path begins with, octets; none for every path
/// @param ending of a name further on, such as `.php`; empty for any name
public record PathPattern(List<String> below, String ending) {
    public PathPattern {
        below = List.copyOf(below);
    }

    /// A path that ends in a slash, in a star, or in a star and an ending; `/cgi-bin` is `/cgi-bin/`. Empty if it is neither,
    /// or stars stand elsewhere.
    ///
    /// @param text octets, one char each
    public static Optional<PathPattern> parse(String text) {
        int star = text.lastIndexOf('*');
        String ending = star < 0 ? "" : text.substring(star + 1);
        String path = star < 0 ? text : text.substring(0, star);
        while (path.endsWith("*")) {
            path = path.substring(0, path.length() - 1); // `**.php`, as others write it
        }
        boolean rooted = path.startsWith("/") || path.isEmpty() && star >= 0;
        boolean whole = star < 0 || path.isEmpty() || path.endsWith("/");
        List<String> below = segments(path);
        return !rooted || !whole || path.indexOf('*') >= 0 || ending.indexOf('/') >= 0 || below.contains("..")
                ? Optional.empty() : Optional.of(new PathPattern(below, ending));
    }

    private static List<String> segments(String path) {
        List<String> segments = new ArrayList<>(List.of(path.split("/")));
        segments.removeIf(String::isEmpty);
        return segments;
    }

    /// Can the name at this place of the segments be the one that is meant?
    public boolean names(List<String> segments, int index) {
        return index >= below.size() && segments.subList(0, below.size()).equals(below) && segments.get(index).endsWith(ending);
    }

    /// Is the file at these segments meant, however somebody writes them? On some disks `x.PHP` opens `x.php`.
    public boolean meets(List<String> segments) {
        if (segments.size() <= below.size()) {
            return false;
        }
        for (int i = 0; i < below.size(); i++) {
            if (!segments.get(i).equalsIgnoreCase(below.get(i))) {
                return false;
            }
        }
        return segments.getLast().toLowerCase(Locale.ROOT).endsWith(ending.toLowerCase(Locale.ROOT));
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        below.forEach(segment -> text.append('/').append(segment));
        return text.append(text.isEmpty() && !ending.isEmpty() ? "" : "/").append(ending.isEmpty() ? "" : "*").append(ending).toString();
    }
}
