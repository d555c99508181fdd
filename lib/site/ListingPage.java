package lib.site;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.Set;
import lib.http.Content;
import lib.http.MediaTypes;
import lib.site.Listing.Column;
import lib.site.Listing.Order;
import lib.site.Listing.Totals;
import lib.site.Resource.Entry;

/// How does a person see a directory?
///
/// A page that is whole without its script, in a terminal as on a phone: the way here, a table that can be sorted, what it
/// comes to, and the README below. A name is shown as UTF-8 and linked by its octets, so that one that is no UTF-8 can be
/// fetched all the same.
///
/// @param segments the directory's own place; without any, it has no parent to link to
record ListingPage(List<String> segments, Listing listing, Tree tree, MediaTypes mediaTypes, Offers offers,
                   Predicate<List<String>> mayRead)
        implements Content.Producer {

    /// What can be done here, apart from reading.
    ///
    /// @param archives can several entries be had as one download?
    /// @param uploads may files be added?
    /// @param deletions may files be deleted?
    record Offers(boolean archives, boolean uploads, boolean deletions) {
        boolean selection() {
            return archives || deletions;
        }
    }

    /// What the root is called, which has no name that a stranger should know.
    private static final String ROOT = "Files";

    private static final Set<String> ARCHIVE_TYPES = Set.of("application/zip", "application/gzip", "application/x-bzip2",
            "application/x-xz", "application/zstd", "application/x-7z-compressed", "application/vnd.rar", "application/x-tar",
            "application/java-archive", "application/vnd.debian.binary-package", "application/x-rpm");
    private static final Set<String> TEXT_TYPES = Set.of("application/json", "application/yaml", "application/pdf",
            "application/epub+zip", "application/rtf", "application/xhtml+xml", "application/vnd.oasis.opendocument.text");

    @Override
    public void writeTo(OutputStream out) throws IOException {
        Pen page = new Pen(out);
        Minute minute = new Minute(ListingPage::time);
        page.write(Page.head("Index of " + FileNames.place(segments)));
        page.write(offers.deletions ? "<body data-deletes>\n" : "<body>\n");
        page.write(way());
        page.write("<main>\n");
        page.write(offers.uploads ? uploadForm() : "");
        page.write("<form id=\"list\" action=\"./\">\n<div class=\"bar\">" + archiveButtons() + "</div>\n");
        page.write(tableHead());
        // a browser shows so much while a large directory is gone through
        Totals totals = listing.each(page::flush, entry -> row(page, entry, minute));
        page.write("</tbody>\n" + tableFoot(totals) + "</table>\n</form>\n");
        page.write(Readme.find(tree, segments, mayRead).map(ListingPage::readme).orElse(""));
        page.write("</main>\n" + Page.script(offers.uploads || offers.deletions) + "</body>\n</html>\n");
        page.flush();
    }

    /// Where we are, as links to all the directories above.
    private String way() {
        StringBuilder way = new StringBuilder("<header>\n");
        if (!segments.isEmpty()) {
            way.append("<nav aria-label=\"Breadcrumb\"><ol>\n");
            for (int depth = segments.size(); depth > 0; depth--) {
                way.append("<li><a href=\"").append("../".repeat(depth)).append("\">")
                        .append(title(segments.subList(0, segments.size() - depth))).append("</a></li>\n");
            }
            way.append("</ol></nav>\n");
        }
        return way.append("<h1>").append(title(segments)).append("</h1>\n</header>\n").toString();
    }

    private static String title(List<String> segments) {
        return segments.isEmpty() ? ROOT : Page.escaped(FileNames.text(segments.getLast()));
    }

    /// What a browser without scripts sends; the script makes more of it.
    static String uploadForm() {
        return """
                <form id="upload" method="post" enctype="multipart/form-data" action="./">
                <label>Add files <input type="file" name="file" multiple required></label> <button>Upload</button>
                </form>
                """;
    }

    private String archiveButtons() {
        return !offers.archives ? "" : """
                <span class="get" role="group" aria-label="Download all, or what is selected">Download \
                <button name="zip">.zip</button> <button name="tar">.tar</button></span>""";
    }

    private String tableHead() {
        StringBuilder head = new StringBuilder("<table>\n<thead><tr>").append(offers.selection() ? "<td></td>" : "");
        for (Column column : Column.values()) {
            head.append(columnHead(column));
        }
        head.append("</tr></thead>\n<tbody>\n");
        if (!segments.isEmpty()) {
            head.append("<tr class=\"up\">").append(offers.selection() ? "<td></td>" : "")
                    .append("<th scope=\"row\"><a href=\"../\" title=\"Parent directory\">../</a></th><td></td><td></td></tr>\n");
        }
        return head.toString();
    }

    /// The column that sorts leads to the opposite order; sizes and dates are wanted from the top first.
    private String columnHead(Column column) {
        Order order = listing.order();
        boolean sorts = order.column() == column;
        boolean descends = sorts ? !order.descending() : column != Column.NAME;
        String title = switch (column) {
            case NAME -> "Name";
            case SIZE -> "Size";
            case DATE -> "Modified";
        };
        String sorted = !sorts ? "" : order.descending() ? " aria-sort=\"descending\"" : " aria-sort=\"ascending\"";
        return "<th scope=\"col\"" + sorted + "><a href=\"?sort=" + column.word() + "&amp;order="
                + (descends ? "desc" : "asc") + "\">" + title + "</a></th>";
    }

    private void row(Pen page, Entry entry, Minute minute) throws IOException {
        String name = Page.escaped(FileNames.text(entry.name()));
        page.write("<tr class=\"").write(kind(entry)).write("\">").write(offers.selection() ? "<td>" + box(entry) + "</td>" : "")
                .write("<th scope=\"row\"><a href=\"").write(ListingText.href(entry)).write("\">").write(name)
                .write(entry.directory() ? "/</a></th><td>" : "</a></th><td>").write(entry.directory() ? "" : size(entry.length()))
                .write("</td><td>").write(minute.of(entry.modified())).write("</td></tr>").endLine();
    }

    /// A form sends text: a name that is none can't be selected, only fetched.
    private static String box(Entry entry) {
        String name = FileNames.text(entry.name());
        boolean isText = name.equals(FileNames.decoded(entry.name())) && name.indexOf('\uFFFD') < 0;
        String escaped = Page.escaped(name);
        return !isText ? "" : "<input type=\"checkbox\" name=\"only\" value=\"" + escaped + "\" aria-label=\"Select " + escaped
                + "\">";
    }

    /// What it is, for the picture before its name.
    private String kind(Entry entry) {
        if (entry.directory()) {
            return "dir";
        }
        String type = mediaTypes.of(entry.name());
        int end = type.indexOf(';');
        String bare = end < 0 ? type : type.substring(0, end);
        return switch (bare.substring(0, Math.max(bare.indexOf('/'), 0))) {
            case "image" -> "img";
            case "audio" -> "aud";
            case "video" -> "vid";
            case "text" -> "txt";
            default -> ARCHIVE_TYPES.contains(bare) ? "zip" : TEXT_TYPES.contains(bare) ? "txt" : "file";
        };
    }

    private static String size(long octets) {
        return "<data value=\"" + octets + "\" title=\"" + grouped(octets) + "\">" + rounded(octets) + "</data>";
    }

    /// `1,234 bytes`.
    private static String grouped(long octets) {
        StringBuilder digits = new StringBuilder(Long.toString(octets));
        for (int i = digits.length() - 3; i > 0; i -= 3) {
            digits.insert(i, ',');
        }
        return digits.append(octets == 1 ? " byte" : " bytes").toString();
    }

    /// `1.2 kB`: in powers of 1000, two digits or more, and never more than the file has.
    static String rounded(long octets) {
        if (octets < 1000) {
            return octets + " B";
        }
        long unit = 1000;
        int name = 0;
        while (octets / unit >= 1000 && name < 5) {
            unit *= 1000;
            name++;
        }
        long tenths = octets / (unit / 10);
        return (tenths < 100 ? tenths / 10 + "." + tenths % 10 : Long.toString(octets / unit)) + ' ' + "kMGTPE".charAt(name) + 'B';
    }

    /// To the minute and in UTC; the script says it in the reader's own time.
    private static String time(Instant instant) {
        String date = instant.atOffset(ZoneOffset.UTC).toLocalDateTime().withNano(0).toString().substring(0, 16);
        return "<time datetime=\"" + date + "Z\">" + date.replace('T', ' ') + "</time>";
    }

    private String tableFoot(Totals totals) {
        List<String> counts = new ArrayList<>();
        if (totals.directories() > 0) {
            counts.add(totals.directories() + (totals.directories() == 1 ? " directory" : " directories"));
        }
        if (totals.files() > 0) {
            counts.add(totals.files() + (totals.files() == 1 ? " file" : " files"));
            counts.add(size(totals.octets()));
        }
        return "<tfoot><tr>" + (offers.selection() ? "<td></td>" : "") + "<td colspan=\"3\">"
                + (counts.isEmpty() ? "Nothing here yet" : String.join(", ", counts)) + "</td></tr></tfoot>\n";
    }

    private static String readme(Readme readme) {
        return "<section class=\"readme\" aria-label=\"" + Page.escaped(readme.name()) + "\">\n" + readme.html()
                + "</section>\n";
    }
}
