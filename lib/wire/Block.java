package lib.wire;

import java.util.concurrent.Semaphore;

/// How large a block does a client get to fill?
///
/// Large blocks take half the work of small ones, but ten thousand clients that have sent a burst each and then fall silent
/// would fill the memory with them. So there are only so many large ones, lent to clients that fill what they have; all others
/// make do with a small one.
public final class Block implements AutoCloseable {
    private static final int SMALL_OCTETS = 4 * 1024;
    private static final int LARGE_OCTETS = 128 * 1024;
    private static final Semaphore LARGE = new Semaphore(32);

    private byte[] octets = new byte[SMALL_OCTETS];

    /// To be filled from its beginning on.
    public byte[] octets() {
        return octets;
    }

    /// The block for what comes next, after `count` octets have come at once into the one before, whose content is gone.
    public byte[] after(int count) {
        boolean large = octets.length > SMALL_OCTETS;
        if (!large && count == octets.length && LARGE.tryAcquire()) {
            octets = new byte[LARGE_OCTETS];
        } else if (large && count < SMALL_OCTETS) {
            close();
        }
        return octets;
    }

    /// Gives back what was lent.
    @Override
    public void close() {
        if (octets.length > SMALL_OCTETS) {
            octets = new byte[SMALL_OCTETS];
            LARGE.release();
        }
    }
}
