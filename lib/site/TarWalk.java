package lib.site;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import lib.http.Content;

/// Which octets does the tar of a tree have from here to there?
///
/// Nothing of it is kept: where each octet lies follows from names and lengths. So the tree is walked once to measure it, and once for
/// each excerpt that is sent; files that lie outside of the excerpt are not opened. The second walk must have seen what the
/// first one saw, or else the last octets stay here, and the excerpt ends short: a client never takes a mixture for the whole.
final class TarWalk implements Tour.Guest {

    /// What a walk has seen.
    ///
    /// @param length of the whole tar, in octets
    /// @param newest modification date of all that is in it
    /// @param digest of all names, lengths and modification dates: another one for another tar
    record Layout(long length, Instant newest, String digest) {}

    /// What is held back of an excerpt until the walk is over.
    private static final int HELD_OCTETS = Tar.BLOCK_OCTETS;
    private static final int BUFFER_OCTETS = 32 * 1024;

    private final String top;
    private final OutputStream out;
    private final long first;
    private final long end;
    private final ByteArrayOutputStream held = new ByteArrayOutputStream(HELD_OCTETS);
    private final MessageDigest digest;
    private long at;
    private Instant newest = Instant.EPOCH;

    /// @param first where the excerpt begins; it ends before `end`
    private TarWalk(String top, OutputStream out, long first, long end) {
        this.top = top;
        this.out = out;
        this.first = first;
        this.end = end;
        try {
            this.digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    /// @param top the name of the directory that all of it is in
    /// @throws IOException if the tree can't be read
    static Layout measure(Selection selection, String top) throws IOException {
        return new TarWalk(top, OutputStream.nullOutputStream(), 0, 0).walk(selection);
    }

    /// Writes `length` octets from `offset` on.
    ///
    /// @throws IOException if `out` throws it, or the tree is no longer laid out like this
    static void write(Selection selection, String top, Layout layout, OutputStream out, long offset, long length)
            throws IOException {
        TarWalk walk = new TarWalk(top, out, offset, offset + length);
        if (!walk.walk(selection).equals(layout)) {
            throw new IOException("the tree has changed");
        }
        walk.held.writeTo(out);
    }

    private Layout walk(Selection selection) throws IOException {
        selection.show(this);
        put(Tar.END, Tar.END.length);
        return new Layout(at, newest, HexFormat.of().formatHex(digest.digest(), 0, 16));
    }

    @Override
    public void directory(List<String> names, Instant modified) throws IOException {
        putHeader(Tar.directory(name(names), modified), modified, 0);
    }

    @Override
    public void document(Tour.Sight sight) throws IOException {
        putHeader(Tar.file(name(sight.names()), sight.length(), sight.modified()), sight.modified(), sight.checksum());
        long from = Math.clamp(first - at, 0, sight.length());
        long to = Math.clamp(end - at, 0, sight.length());
        long behind = at + sight.length();
        if (from < to) {
            at += from;
            putFile(sight, from, to);
        }
        at = behind;
        put(new byte[Tar.BLOCK_OCTETS], Tar.padding(sight.length()));
    }

    private String name(List<String> names) {
        return names.isEmpty() ? top : top + '/' + String.join("/", names);
    }

    private void putHeader(byte[] blocks, Instant modified, long checksum) throws IOException {
        digest.update(blocks);
        digest.update((modified.toString() + checksum).getBytes(StandardCharsets.US_ASCII));
        newest = modified.isAfter(newest) ? modified : newest;
        put(blocks, blocks.length);
    }

    private void putFile(Tour.Sight sight, long from, long to) throws IOException {
        byte[] buffer = new byte[(int) Math.min(BUFFER_OCTETS, to - from)];
        try (Content.OpenFile file = sight.opener().open().file()) {
            for (long offset = from; offset < to; ) {
                int count = file.read(ByteBuffer.wrap(buffer, 0, (int) Math.min(buffer.length, to - offset)), offset);
                if (count < 0) {
                    throw new IOException("a document shrank");
                }
                put(buffer, count);
                offset += count;
            }
            if (!file.isUnchanged()) {
                throw new IOException("a document changed while it was sent");
            }
        }
    }

    /// The next octets of the tar; sent, if they lie in the excerpt.
    private void put(byte[] octets, int count) throws IOException {
        int from = Math.clamp(first - at, 0, count);
        int to = Math.clamp(end - at, 0, count);
        if (from < to) {
            int hold = Math.clamp(end - HELD_OCTETS - at, from, to);
            out.write(octets, from, hold - from);
            held.write(octets, hold, to - hold);
        }
        at += count;
    }
}
