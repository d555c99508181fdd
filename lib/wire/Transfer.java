package lib.wire;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.WritableByteChannel;
import lib.http.Content;

/// What of a response is still to be sent, on a socket that does not block?
///
///     octets ──▶ [ file, straight to the socket ──▶ its last block ]
///
/// First what stands in memory: the head, and with it perhaps the content. Where a file follows, its octets go from it to the socket
/// without passing through here (sendfile(2)), but for its last block: that waits until the file is seen to be what its length and
/// validators said. A response whose file changes ends short of its length, and is never a mixture.
public final class Transfer {
    private static final int LAST_OCTETS = 8 * 1024;

    private ByteBuffer[] octets;
    private final long inMemory;
    private final Content.OpenFile file;
    private final long start;
    private final long last;
    private final long end;
    private long offset;

    /// @param octets in memory, to be sent in this order
    /// @param content how many of them, from the back, are content
    public static Transfer of(long content, ByteBuffer... octets) {
        return new Transfer(content, null, 0, 0, octets);
    }

    /// @param head what stands before the content
    public static Transfer of(Content.FileSlice slice, ByteBuffer head) {
        return new Transfer(0, slice.file(), slice.offset(), slice.length(), head);
    }

    private Transfer(long inMemory, Content.OpenFile file, long start, long length, ByteBuffer... octets) {
        this.octets = octets;
        this.inMemory = inMemory;
        this.file = file;
        this.start = start;
        this.offset = start;
        this.end = start + length;
        this.last = Math.max(start, end - LAST_OCTETS);
    }

    /// Sends as much as the system takes now. Returns whether that was all.
    ///
    /// @throws IOException if the client leaves or the file changes; the connection is then of no more use
    public boolean advance(WritableByteChannel socket) throws IOException {
        while (true) {
            if (remaining() > 0) {
                write(socket);
            }
            if (remaining() > 0) {
                return false;
            }
            if (offset == end) {
                return true;
            }
            if (offset == last) {
                octets = new ByteBuffer[] {lastBlock()};
                offset = end;
            } else if (!send(socket)) {
                return false;
            }
        }
    }

    private void write(WritableByteChannel socket) throws IOException {
        if (octets.length > 1 && socket instanceof GatheringByteChannel gathering) {
            gathering.write(octets);
            return;
        }
        for (ByteBuffer some : octets) {
            socket.write(some);
            if (some.hasRemaining()) {
                return;
            }
        }
    }

    /// Returns whether the system took any. If it took none, either the client is slow or the file has shrunk.
    private boolean send(WritableByteChannel socket) throws IOException {
        long count = file.transferTo(offset, last - offset, socket);
        if (count == 0 && !file.isUnchanged()) {
            throw changed();
        }
        offset += count;
        return count > 0;
    }

    private ByteBuffer lastBlock() throws IOException {
        ByteBuffer block = ByteBuffer.allocate((int) (end - last));
        while (block.hasRemaining()) {
            if (file.read(block, last + block.position()) < 0) {
                throw changed();
            }
        }
        if (!file.isUnchanged()) {
            throw changed();
        }
        return block.flip();
    }

    private static EOFException changed() {
        return new EOFException("the file changed while it was sent");
    }

    /// Octets of content that the system has taken so far.
    public long contentOctets() {
        return inMemory + offset - start - Math.min(remaining(), inMemory + offset - start);
    }

    private long remaining() {
        long remaining = 0;
        for (ByteBuffer some : octets) {
            remaining += some.remaining();
        }
        return remaining;
    }
}
