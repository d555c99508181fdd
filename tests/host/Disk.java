package tests.host;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;

/// A disk of the size that a test wants: it takes what there is room for, then fails as the system does.
final class Disk implements WritableByteChannel {
    private final ByteArrayOutputStream octets = new ByteArrayOutputStream();
    private int space;
    private boolean sluggish;
    private boolean nonBlocking;
    private boolean stuck;

    Disk(int space) {
        this.space = space;
    }

    /// Takes one octet at a time.
    Disk sluggish() {
        sluggish = true;
        return this;
    }

    /// Says that it takes nothing, where it would fail.
    Disk nonBlocking() {
        nonBlocking = true;
        return this;
    }

    /// From now on a write waits, until there is room.
    synchronized void stick() {
        stuck = true;
    }

    synchronized void free(int more) {
        space = more;
        stuck = false;
        notifyAll();
    }

    synchronized String text() {
        return octets.toString(StandardCharsets.UTF_8);
    }

    @Override
    public synchronized int write(ByteBuffer source) throws IOException {
        while (stuck) {
            try {
                wait();
            } catch (InterruptedException _) {
                throw new IOException("interrupted");
            }
        }
        int count = Math.min(source.remaining(), sluggish ? Math.min(space, 1) : space);
        if (count == 0 && !nonBlocking) {
            throw new IOException("No space left on device");
        }
        byte[] taken = new byte[count];
        source.get(taken);
        octets.writeBytes(taken);
        space -= count;
        return count;
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {}
}
