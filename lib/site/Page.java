package lib.site;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import lib.http.Fields;

/// What have the pages of our own in common? A style, scripts, and a policy that lets a browser run these and fetch from
/// here, and nothing else. Pages of the site's own are not touched.
final class Page {
    private static final Asset STYLE = Asset.read("listing.css");
    private static final Asset SCRIPT = Asset.read("listing.js");
    private static final Asset UPLOADS = Asset.read("upload.js");

    /// A folder, drawn in a few octets, so that no browser asks for `/favicon.ico`.
    private static final String ICON = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E"
            + "%3Cpath fill='%233b82c4' d='M3 4h6l2 2.5h10v13.5H3z'/%3E%3C/svg%3E";

    private Page() {}

    /// A file of `lib/page`, and how a policy names it: by its digest (Content Security Policy 3, §2.3.1). Read when the first
    /// page is wanted.
    private record Asset(String text, String source) {
        static Asset read(String name) {
            try (InputStream in = Page.class.getResourceAsStream("/lib/page/" + name)) {
                if (in == null) {
                    throw new IllegalStateException("lib/page/" + name + " is not on the class path");
                }
                byte[] octets = in.readAllBytes();
                String digest = Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(octets));
                return new Asset(new String(octets, StandardCharsets.UTF_8), "'sha256-" + digest + "'");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e); // every Java has it
            }
        }
    }

    /// What every page of ours is sent with. It depends on Accept, and on what is in the directory now.
    static Fields fields() {
        return Fields.of("Content-Type", "text/html; charset=utf-8", "Cache-Control", "no-cache", "Vary", "Accept",
                "Referrer-Policy", "same-origin", "Content-Security-Policy", "default-src 'none'; style-src " + STYLE.source
                        + "; script-src " + SCRIPT.source + ' ' + UPLOADS.source + "; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
                        + "base-uri 'none'; frame-ancestors 'none'");
    }

    /// All up to what stands on the page.
    ///
    /// @param title plain text
    static String head(String title) {
        return """
                <!DOCTYPE html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <title>""" + escaped(title) + "</title>\n<link rel=\"icon\" href=\"" + ICON + "\">\n<style>" + STYLE.text
                + "</style>\n</head>\n";
    }

    /// @param uploads are files taken, too?
    static String script(boolean uploads) {
        String script = "<script>" + SCRIPT.text + "</script>\n";
        return uploads ? script + "<script>" + UPLOADS.text + "</script>\n" : script;
    }

    /// Text as it may stand in HTML, also between double quotes.
    static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
