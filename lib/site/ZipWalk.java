package lib.site;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import lib.http.Content;

/// How does a tree become a zip while it is sent?
///
/// Names are UTF-8. Of each file only a buffer is held, and it may be longer than 4 GiB; of each name, what the directory at the end
/// of a zip says of it: some 300 octets.
final class ZipWalk implements Tour.Guest {
    private static final int BUFFER_OCTETS = 64 * 1024;

    /// The level of compression that a network does not wait for.
    private static final int LEVEL = Deflater.BEST_SPEED;

    /// Endings of what is dense already.
    private static final Set<String> DENSE = Set.of("7z", "aac", "apk", "avif", "br", "bz2", "docx", "epub", "flac", "gif",
            "gz", "heic", "jar", "jpeg", "jpg", "lz4", "m4a", "m4v", "mkv", "mov", "mp3", "mp4", "odp", "ods", "odt", "ogg",
            "opus", "png", "pptx", "rar", "tgz", "webm", "webp", "woff", "woff2", "xlsx", "xz", "zip", "zst");

    private final String top;
    private final ZipOutputStream zip;

    private ZipWalk(String top, ZipOutputStream zip) {
        this.top = top;
        this.zip = zip;
    }

    /// Writes all of it; `out` stays open.
    ///
    /// @throws IOException if `out` throws it, or the tree changes meanwhile
    static void write(Selection selection, String top, OutputStream out) throws IOException {
        Zip zip = new Zip(out);
        try {
            selection.show(new ZipWalk(top, zip));
            zip.finish();
        } finally {
            zip.release();
        }
    }

    private static final class Zip extends ZipOutputStream {
        Zip(OutputStream out) {
            super(out, StandardCharsets.UTF_8);
        }

        /// Gives back what compression takes, and unlike [#close] writes no end: what broke off must not look whole.
        void release() {
            def.end();
        }
    }

    @Override
    public void directory(List<String> names, Instant modified) throws IOException {
        zip.setLevel(Deflater.NO_COMPRESSION);
        zip.putNextEntry(entry(names, "/", modified));
    }

    @Override
    public void document(Tour.Sight sight) throws IOException {
        zip.setLevel(isDense(sight.names().getLast()) ? Deflater.NO_COMPRESSION : LEVEL);
        zip.putNextEntry(entry(sight.names(), "", sight.modified()));
        byte[] buffer = new byte[(int) Math.min(BUFFER_OCTETS, sight.length())];
        try (Content.OpenFile file = sight.opener().open().file()) {
            for (long offset = 0; offset < sight.length(); ) {
                int count = file.read(ByteBuffer.wrap(buffer), offset);
                if (count < 0) {
                    throw new IOException("a document shrank");
                }
                zip.write(buffer, 0, count);
                offset += count;
            }
            if (!file.isUnchanged()) {
                throw new IOException("a document changed while it was sent");
            }
        }
        zip.closeEntry();
    }

    private static boolean isDense(String name) {
        return DENSE.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
    }

    private ZipEntry entry(List<String> names, String slash, Instant modified) {
        String octets = (names.isEmpty() ? top : top + '/' + String.join("/", names)) + slash;
        ZipEntry entry = new ZipEntry(new String(octets.getBytes(StandardCharsets.ISO_8859_1),
                FileNames.isUtf8(octets) ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1));
        entry.setTimeLocal(LocalDateTime.ofInstant(modified, ZoneOffset.UTC));
        if (modified.getEpochSecond() <= Integer.MAX_VALUE) {
            entry.setExtra(timestamp((int) modified.getEpochSecond()));
        }
        return entry;
    }

    /// The field of a zip that says a date in UTC ("UT", four octets of data behind its flags, in little-endian). The one
    /// beside it is in whatever zone the reader is; to write it in ours would make another zip of each zone.
    private static byte[] timestamp(int seconds) {
        return ByteBuffer.allocate(9).order(ByteOrder.LITTLE_ENDIAN).put((byte) 'U').put((byte) 'T').putShort((short) 5)
                .put((byte) 1).putInt(seconds).array();
    }
}
