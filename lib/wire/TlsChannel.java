package lib.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/// How do octets pass in secret? Plain ones on our side, TLS records on the client's. (RFC 8446 §5, RFC 5246 §6.2)
///
///     first octet 0x16 ──▶ handshake ──▶ records, until close_notify
///     any other        ──▶ plain octets, as they come: a browser that was told http:// where https:// was meant
///
/// One thread reads, one writes, and another one may close the socket below. What waits for the client holds no large buffer. Once the
/// handshake is over the socket may be in non-blocking mode as well: then nothing here waits, and what the system did not take
/// of a record goes out before all else.
public final class TlsChannel implements ByteChannel {

    /// How the connection has begun.
    public enum Opening {
        SECURE,
        /// This is no TLS. What has come is there to be read, and what is written goes out as it is.
        PLAIN,
        /// The client has left, or could not agree with us on anything; it has been told.
        FAILED
    }

    /// The first octet of a TLS connection: the content type of a handshake record (RFC 8446 §5.1).
    private static final int HANDSHAKE = 0x16;

    /// The content type, the version and the length of a record.
    private static final int RECORD_HEAD_OCTETS = 5;

    /// What most requests fit in.
    private static final int FIRST_OCTETS = 2048;

    /// What one record holds (RFC 8446 §5.1), and how many leave in one write: a system call costs as much as a cipher.
    private static final int RECORD_CONTENT_OCTETS = 16 * 1024, MOST_RECORDS = 4;

    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

    /// Where records are made, lent to who writes at the moment: to allocate room for the longest record costs more than to encipher a short
    /// answer. While slow clients hold them all, others have their own.
    private static final Queue<ByteBuffer> ROOMS = rooms();

    private static final int LENT_ROOMS = 4, ROOM_OCTETS = MOST_RECORDS * (RECORD_CONTENT_OCTETS + 512);

    private final ByteChannel socket;
    private final Supplier<SSLEngine> engines;

    /// Null until the client has shown that it speaks TLS.
    private SSLEngine engine;
    private boolean refusesHandshakes;

    /// Who reads may have to answer; records must leave in the order in which they were made.
    private final ReentrantLock output = new ReentrantLock();
    private boolean ended;

    /// Records that have come and are not opened yet, and octets of an opened one that nobody has read yet.
    private ByteBuffer records = EMPTY;
    private ByteBuffer opened = EMPTY;

    /// What the system has not taken yet of records that are made; guarded by output.
    private ByteBuffer unsent = EMPTY;

    /// @param socket in blocking mode
    /// @param engines makes the server's side of one connection, when the client has sent something that looks like TLS
    public TlsChannel(ByteChannel socket, Supplier<SSLEngine> engines) {
        this.socket = socket;
        this.engines = engines;
    }

    private static Queue<ByteBuffer> rooms() {
        Queue<ByteBuffer> rooms = new ArrayBlockingQueue<>(LENT_ROOMS);
        for (int i = 0; i < LENT_ROOMS; i++) {
            rooms.add(ByteBuffer.allocate(ROOM_OCTETS));
        }
        return rooms;
    }

    /// Blocks until both sides have agreed, or will not. To be called once, before all else.
    ///
    /// @throws IOException if the connection breaks
    public Opening open() throws IOException {
        if (fill() < 0) {
            return Opening.FAILED;
        }
        if (records.get(records.position()) != HANDSHAKE) {
            return Opening.PLAIN;
        }

        engine = engines.get();
        try {
            return shakeHands() ? Opening.SECURE : Opening.FAILED;
        } catch (SSLException _) {
            send(); // the alert that says why
            return Opening.FAILED;
        }
    }

    private boolean shakeHands() throws IOException {
        engine.beginHandshake();
        while (true) {
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> engine.getDelegatedTask().run();
                case NEED_WRAP -> send();
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                    SSLEngineResult.Status status = engine.unwrap(records, EMPTY).getStatus();
                    boolean lacks = status == SSLEngineResult.Status.BUFFER_UNDERFLOW;
                    if (status == SSLEngineResult.Status.CLOSED || lacks && fill() < 0) {
                        return false;
                    }
                }
                case FINISHED, NOT_HANDSHAKING -> {
                    // TLS 1.3 has no second handshake; in 1.2 a client could make us calculate for ever.
                    refusesHandshakes = !engine.getSession().getProtocol().equals("TLSv1.3");
                    return true;
                }
            }
        }
    }

    /// Fetches more of a record than was there; returns how much, -1 at the end of the stream, 0 if nothing has come and nobody waits.
    private int fill() throws IOException {
        int wanted = records.remaining() < RECORD_HEAD_OCTETS ? FIRST_OCTETS
                : RECORD_HEAD_OCTETS + (records.getShort(records.position() + 3) & 0xFFFF);
        ByteBuffer room = records.capacity() >= wanted ? records.compact()
                : ByteBuffer.allocate(wanted > FIRST_OCTETS ? Math.max(wanted, recordOctets()) : wanted).put(records);
        int count = socket.read(room);
        records = room.flip();
        return count;
    }

    private int recordOctets() {
        return engine == null ? 0 : engine.getSession().getPacketBufferSize();
    }

    /// Sends all that the engine has to say of itself: its part of the handshake, an alert, a key. In one write, mostly.
    private void send() throws IOException {
        output.lock();
        try {
            sendAll(ByteBuffer.allocate(2 * recordOctets()));
        } finally {
            output.unlock();
        }
    }

    private void sendAll(ByteBuffer out) throws IOException {
        while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
            SSLEngineResult.Status status = engine.wrap(EMPTY, out).getStatus();
            if (status == SSLEngineResult.Status.BUFFER_OVERFLOW) {
                writeOut(out);
            } else if (status == SSLEngineResult.Status.CLOSED) {
                break;
            }
        }
        writeOut(out);
    }

    private void writeOut(ByteBuffer out) throws IOException {
        out.flip();
        if (!isFlushed() || !isWritten(out)) {
            unsent = ByteBuffer.allocate(unsent.remaining() + out.remaining()).put(unsent).put(out).flip();
        }
        out.clear();
    }

    private boolean isWritten(ByteBuffer out) throws IOException {
        while (out.hasRemaining() && socket.write(out) > 0) { } // blocking, or as much as the system takes
        return !out.hasRemaining();
    }

    private boolean isFlushed() throws IOException {
        if (!unsent.hasRemaining()) {
            return true;
        }
        boolean flushed = isWritten(unsent);
        unsent = flushed ? EMPTY : unsent;
        return flushed;
    }

    /// Sends what is left of records that are made already. Returns whether the system has taken it all: if not, nothing else can be read or
    /// written.
    public boolean flush() throws IOException {
        output.lock();
        try {
            return isFlushed();
        } finally {
            output.unlock();
        }
    }

    /// Has more come than was read, or the end, of which no selector would tell again?
    public boolean hasMore() {
        return opened.hasRemaining() || records.hasRemaining() || ended;
    }

    /// Blocks until there are octets; returns their number, -1 at the end, or 0 if nothing has come and nobody waits.
    @Override
    public int read(ByteBuffer into) throws IOException {
        if (engine == null) {
            return records.hasRemaining() ? move(records, into) : socket.read(into);
        }

        int before = into.position();
        while (!opened.hasRemaining() && into.position() == before) {
            if (ended) {
                return -1;
            }
            if (!flush() || !openRecord(into)) {
                break;
            }
        }
        return opened.hasRemaining() ? move(opened, into) : into.position() - before;
    }

    private static int move(ByteBuffer from, ByteBuffer into) {
        int count = Math.min(from.remaining(), into.remaining());
        into.put(into.position(), from, from.position(), count);
        from.position(from.position() + count);
        into.position(into.position() + count);
        return count;
    }

    /// Opens the next record, or fetches more of it; returns whether there was any.
    private boolean openRecord(ByteBuffer into) throws IOException {
        try {
            switch (unwrap(into)) {
                case OK -> settle();
                case BUFFER_UNDERFLOW -> {
                    int count = fill();
                    ended = count < 0;
                    return count != 0;
                }
                case CLOSED -> ended = true;
                case BUFFER_OVERFLOW -> throw new SSLException("a record longer than records are");
            }
            return true;
        } catch (SSLException e) {
            send();
            throw e;
        }
    }

    /// Into `into`, or, if that is too small, into a buffer of our own. The engine wants room even before all is there.
    private SSLEngineResult.Status unwrap(ByteBuffer into) throws SSLException {
        SSLEngineResult.Status status = engine.unwrap(records, into).getStatus();
        if (status == SSLEngineResult.Status.BUFFER_OVERFLOW) {
            int octets = engine.getSession().getApplicationBufferSize();
            ByteBuffer room = opened.capacity() >= octets ? opened.clear() : ByteBuffer.allocate(octets);
            status = engine.unwrap(records, room).getStatus();
            opened = room.flip();
        }
        return status;
    }

    /// Does what the record asked of us, apart from being read: a new key (RFC 8446 §4.6.3).
    ///
    /// @throws SSLException if it asks for another handshake
    private void settle() throws IOException {
        while (true) {
            HandshakeStatus status = engine.getHandshakeStatus();
            if (status == HandshakeStatus.NOT_HANDSHAKING || engine.isInboundDone()) {
                return;
            }
            if (refusesHandshakes) {
                throw new SSLException("another handshake is refused");
            }
            switch (status) {
                case NEED_TASK -> engine.getDelegatedTask().run();
                case NEED_WRAP -> send();
                default -> {
                    return;
                }
            }
        }
    }

    /// Writes a few records' worth of octets at most: a slow client that takes them has moved. Where nobody waits, the system may not have
    /// taken them yet, see [#flush]; then it takes no others.
    @Override
    public int write(ByteBuffer octets) throws IOException {
        if (engine == null) {
            return socket.write(octets);
        }

        output.lock();
        try {
            return isFlushed() ? encipher(octets) : 0;
        } finally {
            output.unlock();
        }
    }

    private int encipher(ByteBuffer octets) throws IOException {
        ByteBuffer lent = ROOMS.poll();
        try {
            int records = Math.min(MOST_RECORDS, 1 + octets.remaining() / RECORD_CONTENT_OCTETS);
            return encipher(octets, lent == null ? ByteBuffer.allocate(records * recordOctets()) : lent);
        } finally {
            if (lent != null) {
                ROOMS.add(lent.clear());
            }
        }
    }

    private int encipher(ByteBuffer octets, ByteBuffer out) throws IOException {
        int before = octets.position();
        while (octets.hasRemaining() && out.remaining() >= recordOctets()) {
            if (engine.wrap(octets, out).getStatus() != SSLEngineResult.Status.OK) {
                throw new SSLException("nothing can be sent any more");
            }
        }
        writeOut(out);
        return octets.position() - before;
    }

    /// The client may be silent for long now: gives back what lies empty.
    public void rest() {
        records = records.hasRemaining() ? records : EMPTY;
        opened = opened.hasRemaining() ? opened : EMPTY;
    }

    /// Says that nothing more will come from here (close_notify), so that the client can tell this end from one that
    /// somebody on the way has made (RFC 8446 §6.1).
    public void endOutput() throws IOException {
        if (engine != null) {
            engine.closeOutbound();
            send();
        }
    }

    @Override
    public boolean isOpen() {
        return socket.isOpen();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
