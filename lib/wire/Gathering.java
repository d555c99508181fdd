package lib.wire;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/// Where does a whole response stand before any of it is sent?
public final class Gathering implements WritableByteChannel {
    private final ByteArrayOutputStream octets = new ByteArrayOutputStream();

    /// What was written since the last time.
    public byte[] take() {
        byte[] taken = octets.toByteArray();
        octets.reset();
        return taken;
    }

    @Override
    public int write(ByteBuffer more) {
        int count = more.remaining();
        octets.write(more.array(), more.arrayOffset() + more.position(), count);
        more.position(more.limit());
        return count;
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {}
}
