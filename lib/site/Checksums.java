package lib.site;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import lib.http.Content;
import lib.http.DigestFields.Algorithm;
import lib.http.Exchange;
import lib.http.Fields;
import lib.http.Query;
import lib.http.Response;
import lib.http.Status;
import lib.http.Target;
import lib.site.Fingerprints.Patience;
import lib.site.Resource.Document;

/// How does somebody see that he has got what is here? By lines that `sha256sum -c` reads.
///
///     2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae  a.txt
///     \fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9  new\nline
///
/// `?sha256` gives the line of one document, and `SHA256SUMS` those of all that is in a directory and below it. Names are octets;
/// a line with one that would break it begins with a backslash.
final class Checksums {
    /// The name of the list, where no file bears it.
    static final String LIST = "SHA256SUMS";

    private static final Fields FIELDS = Fields.of("Content-Type", "text/plain; charset=utf-8", "Cache-Control", "no-cache");

    private Checksums() {}

    /// Is it the line that is asked for? By a name without a value: `?sha256=…` belongs to somebody else.
    static boolean areWanted(Target.Place place) {
        return Query.parse(place.query().orElse("")).all("sha256").equals(List.of(""));
    }

    /// The line of a document, which is closed.
    ///
    /// @param name how the client calls it
    static Response of(Document document, String name, Exchange.Watch watch) {
        try (var _ = document.file(); Patience patience = Patience.of(watch)) {
            return new Response(Status.OK, FIELDS, new Content.Octets(line(document, name, patience)));
        } catch (IOException _) {
            return Response.failure(Status.SERVICE_UNAVAILABLE);
        }
    }

    /// The lines of all that is selected, in the order of an archive, sent while they are made.
    static Response of(Selection selection, Walks walks, Exchange.Watch watch) {
        return new Response(Status.OK, FIELDS, new Content.Stream(out -> {
            try (Patience patience = Patience.of(watch)) {
                walks.go(() -> selection.show(new Lines(out, patience)));
            }
        }));
    }

    private record Lines(OutputStream out, Patience patience) implements Tour.Guest {
        @Override
        public void directory(List<String> names, Instant modified) {}

        @Override
        public void document(Tour.Sight sight) throws IOException {
            Document document = sight.opener().open();
            try (var _ = document.file()) {
                out.write(line(document, String.join("/", sight.names()), patience));
            }
        }
    }

    private static byte[] line(Document document, String name, Patience patience) throws IOException {
        String file = name.equals("-") ? "./-" : name; // a dash alone would mean the standard input
        String escaped = file.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
        String digest = HexFormat.of().formatHex(Fingerprints.of(document, Algorithm.SHA_256, patience));
        return ((escaped.equals(file) ? "" : "\\") + digest + "  " + escaped + '\n').getBytes(StandardCharsets.ISO_8859_1);
    }
}
