package lib.site;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;

/// Where do copies of files lie that are sent often? Outside of the heap, so that Java need not copy them once more to send them, and in
/// pieces of one size that are used again: what lies there is given back by nobody else.
final class Copies {
    /// The longest file that is copied.
    static final int OCTETS = 128 * 1024;

    private final long most;
    private final Queue<ByteBuffer> free = new ArrayDeque<>();
    private long made;

    /// @param octets of memory at most
    Copies(long octets) {
        this.most = octets / OCTETS;
    }

    /// Room for a file, or null if there is none.
    synchronized ByteBuffer take() {
        ByteBuffer room = free.poll();
        return room != null ? room.clear() : made < most ? fresh() : null;
    }

    private ByteBuffer fresh() {
        try {
            ByteBuffer room = ByteBuffer.allocateDirect(OCTETS);
            made++;
            return room;
        } catch (OutOfMemoryError _) {
            return null; // Java bounds what it gives outside of the heap, and others may need it more
        }
    }

    /// Takes room back that nobody reads any more.
    synchronized void giveBack(ByteBuffer room) {
        free.add(room);
    }
}
