package lib.wire;

import java.io.IOException;
import java.io.InputStream;

/// How is content read octet by octet, where it comes in blocks? By blocks of one. Nobody should.
public abstract class BlockStream extends InputStream {

    @Override
    public final int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public abstract int read(byte[] into, int offset, int count) throws IOException;
}
