package lib.site;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import lib.http.Content;

/// How is a document read that is in a zip, at any position and in constant memory?
///
/// Forward: what lies between is inflated and forgotten, or, where it was only stored, skipped. To go back is to begin anew, but
/// for the last block, which is kept: a socket that has taken less than was offered is offered the rest.
final class ZippedFile implements Content.OpenFile {

    /// The zip that it is in.
    interface Home {
        /// Is it still what it was?
        boolean isUnchanged() throws IOException;

        Content.Stamp stamp();
    }

    private static final int BLOCK_OCTETS = 16 * 1024;

    private final ZipFile zip;
    private final ZipEntry entry;
    private final Home home;
    private InputStream in = InputStream.nullInputStream();

    /// The octets before `end`.
    private final byte[] block = new byte[BLOCK_OCTETS];
    private int held;
    private long end = Long.MAX_VALUE;

    /// Opens nothing before something is read.
    ZippedFile(ZipFile zip, ZipEntry entry, Home home) {
        this.zip = zip;
        this.entry = entry;
        this.home = home;
    }

    /// Never more than the entry's length, whatever is squeezed into it.
    @Override
    public int read(ByteBuffer into, long offset) throws IOException {
        if (offset >= entry.getSize()) {
            return -1;
        }
        ByteBuffer some = from(offset, into.remaining());
        int count = some.remaining();
        into.put(some);
        return count;
    }

    @Override
    public long transferTo(long offset, long count, WritableByteChannel target) throws IOException {
        return offset >= entry.getSize() ? 0 : target.write(from(offset, count));
    }

    /// What the block holds from `offset` on, having moved to there; no more than `count` octets.
    private ByteBuffer from(long offset, long count) throws IOException {
        if (offset < end - held) {
            begin();
        }
        while (offset >= end) {
            move(offset);
        }
        long most = Math.min(Math.min(count, end - offset), entry.getSize() - offset);
        return ByteBuffer.wrap(block, (int) (offset - (end - held)), (int) most);
    }

    private void begin() throws IOException {
        in.close();
        in = zip.getInputStream(entry);
        held = 0;
        end = 0;
    }

    private void move(long offset) throws IOException {
        if (entry.getMethod() == ZipEntry.STORED) {
            in.skipNBytes(offset - end);
            end = offset;
        }
        held = Math.max(in.read(block), 0);
        end += held;
        if (held == 0) {
            throw new EOFException("an entry is shorter than the zip says");
        }
    }

    @Override
    public boolean isUnchanged() throws IOException {
        return home.isUnchanged();
    }

    @Override
    public Optional<Content.Stamp> stamp() {
        Content.Stamp around = home.stamp();
        return Optional.of(new Content.Stamp(List.of(around, entry.getName()), entry.getSize(), around.modified()));
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException _) {
            // it was only read: nothing is lost
        }
    }
}
