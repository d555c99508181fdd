package lib.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/// How is trouble made? Stands before the channel of a connection while one answer goes out, and lets it through slowly, not
/// to its end, or with a length that is not its own.
///
/// It waits for the whole head of the answer, which it may have to change; behind that it holds nothing back.
public final class TroubledChannel implements WritableByteChannel {

    /// Where the answer ends on purpose.
    public static final class Broken extends IOException {
        private static final long serialVersionUID = 1;

        Broken() {
            super("broken off on purpose");
        }
    }

    /// Lets time go by.
    @FunctionalInterface
    public interface Pause {
        /// Returns early when nobody wants to wait any longer.
        ///
        /// @throws IOException if the client is gone
        void forTime(Duration time) throws IOException;
    }

    /// A bandwidth becomes so many pieces a second.
    private static final int PIECES_PER_SECOND = 20;

    private static final byte[] END_OF_HEAD = {'\r', '\n', '\r', '\n'};
    private static final String LENGTH = "\r\nContent-Length: ";

    private final WritableByteChannel channel;
    private final Trouble trouble;
    private final Pause pause;
    private final ByteArrayOutputStream head = new ByteArrayOutputStream();
    private boolean headIsOut;

    /// How much of [#END_OF_HEAD] has just passed.
    private int matched;
    private boolean begun;
    private long contentOctets;

    /// @param channel in blocking mode
    public TroubledChannel(WritableByteChannel channel, Trouble trouble, Pause pause) {
        this.channel = channel;
        this.trouble = trouble;
        this.pause = pause;
    }

    /// Has the client got anything at all?
    public boolean hasBegun() {
        return begun;
    }

    /// How many octets behind the head have left so far.
    public long contentOctets() {
        return contentOctets;
    }

    /// Takes all of them.
    ///
    /// @throws Broken when the answer has come to where it is to break off
    /// @throws IOException if the client is gone
    @Override
    public int write(ByteBuffer octets) throws IOException {
        int count = octets.remaining();
        if (!headIsOut) {
            takeHead(octets);
        }
        if (headIsOut && octets.hasRemaining()) {
            content(octets);
        }
        return count;
    }

    private void takeHead(ByteBuffer octets) throws IOException {
        while (octets.hasRemaining() && !headIsOut) {
            byte octet = octets.get();
            head.write(octet);
            matched = octet == END_OF_HEAD[matched] ? matched + 1 : octet == '\r' ? 1 : 0;
            headIsOut = matched == END_OF_HEAD.length;
        }
        if (headIsOut) {
            if (limit() == Trouble.AT_ONCE) {
                throw new Broken();
            }
            String told = told(head.toString(StandardCharsets.ISO_8859_1));
            leave(ByteBuffer.wrap(told.getBytes(StandardCharsets.ISO_8859_1)));
        }
    }

    /// The head as it leaves. What comes in chunks has no length to lie about.
    private String told(String head) {
        int line = head.indexOf(LENGTH);
        if (!(trouble.end() instanceof Trouble.End.WrongLength wrong) || line < 0) {
            return head;
        }
        int first = line + LENGTH.length();
        int end = head.indexOf('\r', first);
        long told = Math.max(Long.parseLong(head, first, end, 10) + wrong.by(), 0);
        return head.substring(0, first) + told + head.substring(end);
    }

    private void content(ByteBuffer octets) throws IOException {
        int count = (int) Math.min(octets.remaining(), limit() - contentOctets);
        boolean breaks = count < octets.remaining();
        leave(octets.slice(octets.position(), count));
        octets.position(octets.position() + count);
        contentOctets += count;
        if (breaks) {
            throw new Broken();
        }
    }

    /// How many octets may follow the head.
    private long limit() {
        return switch (trouble.end()) {
            case Trouble.End.Cut cut -> cut.octets();
            case Trouble.End.Reset reset -> reset.octets();
            case Trouble.End.Whole _, Trouble.End.WrongLength _ -> Long.MAX_VALUE;
        };
    }

    private void leave(ByteBuffer octets) throws IOException {
        int end = octets.limit();
        while (octets.hasRemaining()) {
            octets.limit((int) Math.min(end, octets.position() + piece()));
            waitFor(octets.remaining());
            while (octets.hasRemaining()) {
                channel.write(octets);
            }
            octets.limit(end);
        }
    }

    /// How many octets leave at once.
    private long piece() {
        return switch (trouble.pace()) {
            case Trouble.Pace.Free _ -> Integer.MAX_VALUE;
            case Trouble.Pace.Bandwidth bandwidth -> Math.max(bandwidth.octetsPerSecond() / PIECES_PER_SECOND, 1);
            case Trouble.Pace.Drip drip -> drip.octets();
        };
    }

    private void waitFor(int octets) throws IOException {
        switch (trouble.pace()) {
            case Trouble.Pace.Free _ -> { }
            case Trouble.Pace.Bandwidth bandwidth ->
                    pause.forTime(Duration.ofNanos(Math.round(1e9 * octets / bandwidth.octetsPerSecond())));
            case Trouble.Pace.Drip drip when begun -> pause.forTime(drip.pause());
            case Trouble.Pace.Drip _ -> { }
        }
        begun = true;
    }

    @Override
    public boolean isOpen() {
        return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
