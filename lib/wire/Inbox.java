package lib.wire;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;

/// Which octets has the client sent that nobody has read yet?
///
/// One buffer per connection: what follows a request's head is its content, and what follows that is the next request.
/// It starts small, grows up to what a head may have, and is given back while the connection is idle.
final class Inbox {
    private static final int FIRST_OCTETS = 2048;
    private static final byte[] EMPTY = new byte[0];

    private final ReadableByteChannel channel;
    private final Runnable whenMoved;
    private byte[] octets = EMPTY;
    private int first;
    private int end;
    private volatile Ahead ahead;

    /// @param whenMoved called each time that octets have come in
    Inbox(ReadableByteChannel channel, Runnable whenMoved) {
        this.channel = channel;
        this.whenMoved = whenMoved;
    }

    int available() {
        return end - first;
    }

    /// The unread octets begin at index 0 of what [#octets] returns afterwards.
    void compact() {
        if (first == end) {
            first = 0;
            end = 0;
            octets = octets.length > FIRST_OCTETS ? EMPTY : octets;
        } else if (first > 0) {
            System.arraycopy(octets, first, octets, 0, end - first);
            end -= first;
            first = 0;
        }
    }

    byte[] octets() {
        return octets;
    }

    void skip(int count) {
        first += count;
    }

    /// What waits for the client on another thread while ours has no time for it. It is to be run there, once, and ends when
    /// something has come. Nobody may be reading now; who reads later gets what it fetches first.
    ///
    /// @param whenEnded is run if the client has closed its side, or the connection is broken
    Runnable readAhead(Runnable whenEnded) {
        Ahead fetching = new Ahead();
        ahead = fetching;
        return () -> {
            if (!fetching.fetch()) {
                whenEnded.run();
            }
        };
    }

    boolean isReadingAhead() {
        return ahead != null;
    }

    private int receive(ByteBuffer into) throws IOException {
        return ahead == null ? channel.read(into) : ahead.moveTo(into);
    }

    private final class Ahead {
        private final CountDownLatch done = new CountDownLatch(1);
        private final ByteBuffer fetched = ByteBuffer.allocate(FIRST_OCTETS);
        private boolean ended;
        private IOException broken;

        /// Returns whether the client is still there.
        boolean fetch() {
            try {
                ended = channel.read(fetched) < 0;
            } catch (IOException e) {
                broken = e;
            }
            fetched.flip();
            done.countDown();
            return !ended && broken == null;
        }

        int moveTo(ByteBuffer into) throws IOException {
            await();
            if (broken != null) {
                throw new IOException(broken);
            }
            int count = Math.min(into.remaining(), fetched.remaining());
            into.put(fetched.slice(fetched.position(), count));
            fetched.position(fetched.position() + count);
            if (!ended && !fetched.hasRemaining()) {
                ahead = null;
            }
            return ended ? -1 : count;
        }

        private void await() throws IOException {
            try {
                done.await();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException();
            }
        }
    }

    /// Gives its room back, if there is nothing in it.
    void rest() {
        if (first == end) {
            first = 0;
            end = 0;
            octets = EMPTY;
        }
    }

    /// Takes octets that somebody else has read. There must be none here.
    void take(byte[] read, int count) {
        octets = Arrays.copyOf(read, Math.max(count, FIRST_OCTETS));
        first = 0;
        end = count;
    }

    /// Blocks until there is more; false at the end of the stream. The room grows up to `most` octets.
    boolean fill(int most) throws IOException {
        if (end == octets.length) {
            compact();
        }
        if (end == octets.length) {
            octets = Arrays.copyOf(octets, Math.min(most, Math.max(FIRST_OCTETS, octets.length * 4)));
        }
        int count = receive(ByteBuffer.wrap(octets, end, octets.length - end));
        if (count > 0) {
            end += count;
            whenMoved.run();
        }
        return count > 0;
    }

    /// The next octet, or -1 at the end of the stream.
    int read() throws IOException {
        return available() > 0 || fill(FIRST_OCTETS) ? octets[first++] & 0xFF : -1;
    }

    /// Up to `count` octets, or -1 at the end of the stream. Blocks only if none is here; then they come past our buffer, if
    /// there is room for as many.
    int read(byte[] into, int offset, int count) throws IOException {
        if (available() == 0 && count >= FIRST_OCTETS) {
            int received = receive(ByteBuffer.wrap(into, offset, count));
            if (received > 0) {
                whenMoved.run();
            }
            return received > 0 ? received : -1;
        }
        if (available() == 0 && !fill(FIRST_OCTETS)) {
            return -1;
        }
        int taken = Math.min(count, available());
        System.arraycopy(octets, first, into, offset, taken);
        first += taken;
        return taken;
    }
}
