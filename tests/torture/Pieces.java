package tests.torture;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.SplittableRandom;

/// Octets that come in pieces, cut where chance has it; the same seed cuts at the same places.
final class Pieces extends InputStream implements ReadableByteChannel {
    private final byte[] octets;
    private final SplittableRandom chance;
    private int at;

    private Pieces(byte[] octets, SplittableRandom chance) {
        this.octets = octets;
        this.chance = chance;
    }

    static Pieces whole(byte[] octets) {
        return new Pieces(octets, null);
    }

    static Pieces cut(byte[] octets, long seed) {
        return new Pieces(octets, new SplittableRandom(seed));
    }

    /// How many come now, of so many that are wanted; -1 at the end.
    private int count(int wanted) {
        int most = Math.min(wanted, octets.length - at);
        boolean tiny = chance != null && chance.nextInt(4) > 0;
        return at == octets.length ? -1 : chance == null || most == 0 ? most : chance.nextInt(1, (tiny ? Math.min(most, 8) : most) + 1);
    }

    @Override
    public int read(ByteBuffer into) {
        int count = count(into.remaining());
        into.put(octets, at, Math.max(count, 0));
        at += Math.max(count, 0);
        return count;
    }

    @Override
    public int read(byte[] into, int offset, int length) {
        return read(ByteBuffer.wrap(into, offset, length));
    }

    @Override
    public int read() {
        return at == octets.length ? -1 : octets[at++] & 0xFF;
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {
        // nothing to give back
    }
}
