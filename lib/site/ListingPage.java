package lib.site;

import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import lib.http.Target;
import lib.site.Resource.Entry;

/// How does a person see a directory?
///
/// One plain page: directories first, then by name without regard to case, sizes in octets, dates in UTC. A name is shown
/// as UTF-8 and linked by its octets, so that one that is no UTF-8 can be fetched all the same.
final class ListingPage {
    private static final Comparator<Entry> ORDER = Comparator.comparing((Entry entry) -> !entry.directory())
            .thenComparing(entry -> FileNames.text(entry.name()).toLowerCase(Locale.ROOT))
            .thenComparing(Entry::name);

    private ListingPage() {}

    /// @param segments the directory's own place; without any, it has no parent to link to
    static byte[] format(List<String> segments, List<Entry> entries) {
        String place = "/" + String.join("", segments.stream().map(name -> escaped(FileNames.text(name)) + '/').toList());
        StringBuilder page = new StringBuilder(1024 + entries.size() * 160).append("""
                <!DOCTYPE html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <meta name="color-scheme" content="light dark">
                <title>Index of %1$s</title>
                <style>
                body { font: 1rem/1.5 system-ui, sans-serif; margin: 1rem auto; max-width: 60rem; padding: 0 1rem }
                h1 { font-size: 1.25rem; overflow-wrap: anywhere }
                table { border-collapse: collapse; width: 100%% }
                td { padding: .15rem 0 .15rem 1rem; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
                td:first-child { padding-left: 0; text-align: left; white-space: pre-wrap; overflow-wrap: anywhere; width: 100%% }
                </style>
                </head>
                <body>
                <h1>Index of %1$s</h1>
                <table>
                """.replace("%%", "%").replace("%1$s", place));
        if (!segments.isEmpty()) {
            page.append("<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n");
        }
        entries.stream().sorted(ORDER).forEach(entry -> row(page, entry));
        return page.append("</table>\n</body>\n</html>\n").toString().getBytes(StandardCharsets.UTF_8);
    }

    /// `./` before the name, so that one with a colon is not taken for a scheme.
    private static void row(StringBuilder page, Entry entry) {
        String slash = entry.directory() ? "/" : "";
        page.append("<tr><td><a href=\"./").append(Target.encode(entry.name())).append(slash).append("\">")
                .append(escaped(FileNames.text(entry.name()))).append(slash).append("</a></td><td>");
        if (!entry.directory()) {
            page.append(entry.length());
        }
        String date = entry.modified().atOffset(ZoneOffset.UTC).toLocalDateTime().withNano(0).toString();
        page.append("</td><td>").append(date.replace('T', ' '), 0, 16).append("</td></tr>\n");
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
