package lib.site;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import lib.http.Content;
import lib.http.HttpDate;
import lib.http.Target;
import lib.site.Resource.Entry;

/// How does a program see a directory? As JSON if it asks for that; else in the plain shape that nginx has taught to
/// everything that follows links: wget, lftp, package managers, scrapers.
final class ListingText {
    /// A longer name is cut in the plain shape, to keep the columns; its link is whole.
    private static final int COLUMN = 50;

    private ListingText() {}

    /// One object: where it is, an object per entry on a line of its own, and the counts, which are known at the end.
    ///
    ///     {"path":"/a%20b/","entries":[
    ///     {"name":"c","href":"c/","type":"directory","modified":"2020-02-02T02:02:02Z"},
    ///     {"name":"d.txt","href":"d.txt","type":"file","size":5,"modified":"2020-02-02T02:02:02Z"}
    ///     ],"directories":1,"files":1,"octets":5}
    ///
    /// @param path the directory's own place, encoded
    static Content.Producer json(String path, Listing listing) {
        return out -> {
            Pen text = new Pen(out);
            text.write("{\"path\":" + quoted(path) + ",\"entries\":[");
            String[] separator = {""};
            Listing.Totals totals = listing.each(text::flush, entry -> {
                text.write(separator[0]).endLine();
                text.write(json(entry));
                separator[0] = ",";
            });
            text.endLine();
            text.write("],\"directories\":" + totals.directories() + ",\"files\":" + totals.files() + ",\"octets\":"
                    + totals.octets() + "}\n").flush();
        };
    }

    private static String json(Entry entry) {
        return "{\"name\":" + quoted(FileNames.decoded(entry.name())) + ",\"href\":" + quoted(href(entry))
                + (entry.directory() ? ",\"type\":\"directory\"" : ",\"type\":\"file\",\"size\":" + entry.length())
                + ",\"modified\":\"" + entry.modified() + "\"}";
    }

    /// A JSON string (RFC 8259 §7). Whatever could upset a terminal or a script is escaped, too.
    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int type = Character.getType(c);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c == '<' || type == Character.CONTROL || type == Character.FORMAT
                    || type == Character.LINE_SEPARATOR || type == Character.PARAGRAPH_SEPARATOR) {
                quoted.append("\\u");
                for (int shift = 12; shift >= 0; shift -= 4) {
                    quoted.append(Character.forDigit(c >> shift & 15, 16));
                }
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    /// A reference from the directory to one of its entries: encoded so far that it can't be taken for anything else.
    static String href(Entry entry) {
        return Target.encode(entry.name()) + (entry.directory() ? "/" : "");
    }

    /// The `Index of` page.
    ///
    /// @param segments the directory's own place
    static Content.Producer plain(List<String> segments, Listing listing) {
        return out -> {
            Pen text = new Pen(out);
            Minute minute = new Minute(ListingText::date);
            String title = "Index of " + Page.escaped(FileNames.place(segments));
            text.write("<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<h1>" + title + "</h1><hr><pre>");
            text.write(segments.isEmpty() ? "" : "<a href=\"../\">../</a>\r\n");
            listing.each(text::flush, entry -> plain(text, entry, minute));
            text.write("</pre><hr></body>\r\n</html>\r\n").flush();
        };
    }

    /// `<a href="x.txt">x.txt</a>    02-Feb-2020 02:02    1234`: the name in 50 characters, the size in 20.
    private static void plain(Pen text, Entry entry, Minute minute) throws IOException {
        String name = FileNames.text(entry.name()) + (entry.directory() ? "/" : "");
        int characters = name.codePointCount(0, name.length());
        String shown = characters <= COLUMN ? name : name.substring(0, name.offsetByCodePoints(0, COLUMN - 3)) + "..>";
        String size = entry.directory() ? "-" : Long.toString(entry.length());
        text.write("<a href=\"").write(href(entry)).write("\">").write(Page.escaped(shown)).write("</a>").blanks(COLUMN + 1 - characters, 1)
                .write(minute.of(entry.modified())).blanks(20 - size.length(), 1).write(size).write("\r").endLine();
    }

    /// `02-Feb-2020 02:02`.
    private static String date(Instant instant) {
        String date = HttpDate.format(instant); // Sun, 02 Feb 2020 02:02:02 GMT
        return date.substring(5, 16).replace(' ', '-') + date.substring(16, 22);
    }
}
