package lib.http;

import java.net.URLConnection;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// Which media type does a file of this name have? (RFC 9110 §8.3)
///
/// Three sources, the first that knows wins: the operator's own types, the table below, the JDK's table. What nobody
/// knows is `application/octet-stream`. Text is UTF-8, and says so.
public final class MediaTypes {
    public static final String UNKNOWN = "application/octet-stream";

    /// What the web has learnt since the JDK's table was made, and where that is wrong or missing: a media type and the
    /// extensions that mean it (the IANA registry; RFC 9239 for JavaScript).
    private static final String TABLE = """
            text/html                           html htm
            text/css                            css
            text/javascript                     js mjs cjs
            text/plain                          txt text log conf cfg ini toml properties diff patch nfo srt \
            c h cc cpp hpp cs go rs java kt kts scala groovy gradle rb py pl pm lua r swift dart php sh bash zsh fish ps1 bat cmd \
            ts tsx jsx vue svelte scss sass less sql asm s el lisp clj hs ml erl ex exs tcl awk sed cmake mk dockerfile lock
            text/markdown                       md markdown
            text/csv                            csv
            text/tab-separated-values           tsv
            text/vtt                            vtt
            text/calendar                       ics
            text/vcard                          vcf
            text/xml                            xml xsl xsd
            text/x-asciidoc                     adoc asciidoc
            text/x-rst                          rst
            application/yaml                    yaml yml
            application/json                    json map
            application/ld+json                 jsonld
            application/geo+json                geojson
            application/x-ndjson                ndjson jsonl
            application/manifest+json           webmanifest
            application/atom+xml                atom
            application/rss+xml                 rss
            application/xhtml+xml               xhtml xht
            application/wasm                    wasm
            application/pdf                     pdf
            application/rtf                     rtf
            application/postscript              ps eps ai
            application/epub+zip                epub
            application/x-mobipocket-ebook      mobi
            application/vnd.amazon.ebook        azw
            application/zip                     zip
            application/gzip                    gz tgz
            application/x-bzip2                 bz2 tbz2
            application/x-xz                    xz txz
            application/zstd                    zst
            application/x-brotli                br
            application/x-7z-compressed         7z
            application/vnd.rar                 rar
            application/x-tar                   tar
            application/java-archive            jar war ear
            application/java-vm                 class
            application/vnd.android.package-archive  apk
            application/vnd.debian.binary-package    deb
            application/x-rpm                   rpm
            application/x-iso9660-image         iso
            application/x-apple-diskimage       dmg
            application/x-msi                   msi
            application/x-msdownload            exe dll
            application/x-bittorrent            torrent
            application/pgp-signature           asc sig
            application/x-x509-ca-cert          crt cer der pem
            application/vnd.sqlite3             sqlite sqlite3
            application/vnd.ms-fontobject       eot
            application/vnd.google-earth.kml+xml     kml
            application/vnd.google-earth.kmz    kmz
            application/gpx+xml                 gpx
            application/vnd.oasis.opendocument.graphics  odg
            application/vnd.apple.mpegurl       m3u8
            application/dash+xml                mpd
            application/octet-stream            bin img dat
            image/svg+xml                       svg
            image/png                           png
            image/apng                          apng
            image/jpeg                          jpg jpeg jpe jfif
            image/gif                           gif
            image/webp                          webp
            image/avif                          avif
            image/jxl                           jxl
            image/heic                          heic
            image/heif                          heif
            image/bmp                           bmp
            image/tiff                          tif tiff
            image/vnd.microsoft.icon            ico cur
            image/vnd.adobe.photoshop           psd
            image/vnd.djvu                      djvu djv
            font/woff                           woff
            font/woff2                          woff2
            font/ttf                            ttf
            font/otf                            otf
            font/collection                     ttc
            audio/mpeg                          mp3
            audio/mp4                           m4a
            audio/aac                           aac
            audio/ogg                           ogg oga opus
            audio/flac                          flac
            audio/wav                           wav
            audio/midi                          mid midi
            audio/webm                          weba
            audio/x-aiff                        aif aiff
            audio/mpegurl                       m3u
            video/mp4                           mp4 m4v
            video/webm                          webm
            video/ogg                           ogv
            video/quicktime                     mov qt
            video/x-matroska                    mkv
            video/x-msvideo                     avi
            video/x-ms-wmv                      wmv
            video/x-flv                         flv
            video/mpeg                          mpg mpeg mpe
            video/mp2t                          m2ts
            video/3gpp                          3gp
            model/gltf-binary                   glb
            model/gltf+json                     gltf
            model/stl                           stl
            model/obj                           obj
            model/mtl                           mtl
            model/3mf                           3mf
            """;

    /// Files without an extension that are text all the same.
    private static final Set<String> TEXT_NAMES = Set.of("readme", "license", "licence", "copying", "authors", "changelog",
            "changes", "contributing", "news", "notice", "todo", "makefile", "dockerfile", "gemfile", "rakefile", "procfile",
            "vagrantfile", "jenkinsfile", "sha256sums");

    private static final Map<String, String> KNOWN = read(TABLE);

    private final Map<String, String> own;

    /// @param own the operator's types: extension (without its dot, any case) to media type
    public MediaTypes(Map<String, String> own) {
        this.own = new HashMap<>();
        for (Map.Entry<String, String> type : own.entrySet()) {
            this.own.put(type.getKey().toLowerCase(Locale.ROOT), type.getValue());
        }
    }

    private static Map<String, String> read(String table) {
        Map<String, String> types = new HashMap<>(512);
        for (String line : table.split("\n")) {
            String[] words = line.split(" "); // by one character: no pattern is compiled before the first answer
            for (int i = 1; i < words.length; i++) {
                types.put(words[i], words[0]); // the empty word between two blanks stands for no extension
            }
        }
        types.remove("");
        return types;
    }

    /// The value of Content-Type for a file of this name.
    public String of(String fileName) {
        String name = fileName.toLowerCase(Locale.ROOT);
        int dot = name.lastIndexOf('.');
        if (dot < 0) {
            return TEXT_NAMES.contains(name) ? withCharset("text/plain") : UNKNOWN;
        }

        String extension = name.substring(dot + 1);
        String type = own.get(extension);
        if (type == null) {
            type = KNOWN.get(extension);
        }
        // The JDK takes a number sign for a fragment and cuts the name before it: `index.html#` is an editor's backup.
        if (type == null && extension.indexOf('#') < 0) {
            type = URLConnection.getFileNameMap().getContentTypeFor("x." + extension);
        }
        return type == null ? UNKNOWN : withCharset(type);
    }

    /// XML names its encoding in its own first line, which a charset parameter would overrule.
    private static String withCharset(String type) {
        boolean text = type.regionMatches(true, 0, "text/", 0, 5) && !type.equalsIgnoreCase("text/xml")
                && type.indexOf(';') < 0;
        return text ? type + "; charset=utf-8" : type;
    }
}
