package lib.wire;

import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import lib.http.Content;
import lib.http.Exchange;
import lib.http.Fields;
import lib.http.HttpDate;
import lib.http.Response;
import lib.http.Status;

/// How does a response become octets? (RFC 9112 §4 to §6)
///
/// The only place that knows HEAD, Date, Server, Connection, Content-Length and chunks. A response whose file changes while it
/// is sent ends short of its length: the client sees that it has not got all, and never takes a mixture for the whole.
public final class ResponseWriter implements Exchange.Teller {

    /// What is this small leaves in one write together with its head.
    private static final int BLOCK_OCTETS = 64 * 1024;

    /// What is held in memory for a client that does not read. Ten thousand of these must fit in the heap.
    private static final int STUCK_OCTETS = 8 * 1024;

    /// What is gathered of made octets before it is sent.
    private static final int OUTLET_OCTETS = 16 * 1024;

    /// The last chunk, and no trailer section.
    private static final byte[] END = ascii("0\r\n\r\n");

    /// Where octets must pass through here, a large block saves a third of the work (measured), and so many responses at
    /// once may hold one. The others make do with what a stuck client is given.
    private static final Semaphore LARGE_BLOCKS = new Semaphore(256);

    private static final byte[] CONTINUE = ascii("HTTP/1.1 100 Continue\r\n\r\n");

    /// What happens to the connection behind the response.
    public enum Afterwards {
        /// It goes on, as every HTTP/1.1 connection does.
        PERSIST,
        /// It goes on, and an HTTP/1.0 client must be told so.
        PERSIST_1_0,
        CLOSE,
        /// It ends, and with it the content: an HTTP/1.0 client knows no other end where there is no length.
        CLOSE_1_0
    }

    private final WritableByteChannel channel;
    private final String server;
    private final Runnable whenMoved;
    private volatile boolean making;
    private long contentOctets;

    /// Has the last response begun to leave?
    private boolean begun;

    /// @param channel in blocking mode
    /// @param server the value of Server; empty for none
    /// @param whenMoved called each time that the client has taken octets
    public ResponseWriter(WritableByteChannel channel, String server, Runnable whenMoved) {
        this.channel = channel;
        this.server = server;
        this.whenMoved = whenMoved;
    }

    /// Octets of content that the last response has handed to the system so far: what the log counts.
    public long contentOctets() {
        return contentOctets;
    }

    /// Has anything of the last response been handed to the system?
    public boolean hasBegun() {
        return begun;
    }

    /// Does the client wait for content that is being made, rather than we for the client?
    public boolean isMaking() {
        return making;
    }

    /// "Go on, send your content" (RFC 9110 §15.2.1).
    public void writeContinue() throws IOException {
        writeAll(ByteBuffer.wrap(CONTINUE));
    }

    /// Something to know before the answer comes (RFC 9110 §15.2).
    @Override
    public void tell(Status status, Fields fields) throws IOException {
        StringBuilder head = statusLine(status);
        for (Fields.Line line : fields.lines()) {
            line(head, line.name(), line.value());
        }
        writeAll(ByteBuffer.wrap(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1)));
    }

    /// Sends the whole response; the caller closes its content.
    ///
    /// @param headOnly was the request a HEAD? Then the fields are those of GET, and no content follows (RFC 9110 §9.3.2)
    /// @throws Unsent if its content can't be had and nothing has left yet, so that another response may take its place
    /// @throws IOException if the client leaves or the file changes; the connection is then of no more use
    public void write(Response response, boolean headOnly, Afterwards afterwards, Instant now) throws IOException {
        contentOctets = 0;
        begun = false;
        try {
            send(response, headOnly, afterwards, now);
        } catch (IOException e) {
            throw begun ? e : new Unsent(e);
        }
    }

    /// A directory that is gone before its listing has begun, a file that changes before its first octet is sent.
    public static final class Unsent extends IOException {
        private static final long serialVersionUID = 1;

        Unsent(IOException cause) {
            super("nothing was sent", cause);
        }
    }

    private void send(Response response, boolean headOnly, Afterwards afterwards, Instant now) throws IOException {
        byte[] head = head(response, afterwards, now);
        if (headOnly || response.status().forbidsContent()) {
            writeAll(ByteBuffer.wrap(head));
            return;
        }

        switch (response.content()) {
            case Content.None _ -> writeAll(ByteBuffer.wrap(head));
            case Content.Octets content -> writeOctets(head, content.octets());
            case Content.Slice slice -> writeSlice(head, slice);
            case Content.Parts parts -> writeParts(head, parts);
            case Content.Stream stream -> writeStream(head, stream, afterwards != Afterwards.CLOSE_1_0);
        }
    }

    /// Status line and fields, for a response whose content goes another way.
    public byte[] head(Response response, Afterwards afterwards, Instant now) {
        Status status = response.status();
        StringBuilder head = statusLine(status);
        if (!response.fields().has("Date")) {
            line(head, "Date", Second.of(now));
        }
        if (!server.isEmpty()) {
            line(head, "Server", server);
        }
        for (Fields.Line line : response.fields().lines()) {
            line(head, line.name(), line.value());
        }
        long length = response.content().length();
        if (!status.forbidsContent() && length >= 0) {
            line(head, "Content-Length", Long.toString(length));
        } else if (!status.forbidsContent() && afterwards != Afterwards.CLOSE_1_0) {
            line(head, "Transfer-Encoding", "chunked");
        }
        switch (afterwards) {
            case PERSIST -> { }
            case PERSIST_1_0 -> line(head, "Connection", "keep-alive");
            case CLOSE, CLOSE_1_0 -> line(head, "Connection", "close");
        }
        return head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /// The date of a second, made once for all responses of it.
    private record Second(long number, String date) {
        private static volatile Second last = new Second(Long.MIN_VALUE, "");

        static String of(Instant now) {
            Second second = last;
            if (second.number != now.getEpochSecond()) {
                second = new Second(now.getEpochSecond(), HttpDate.format(now));
                last = second;
            }
            return second.date;
        }
    }

    private static StringBuilder statusLine(Status status) {
        return new StringBuilder(256).append("HTTP/1.1 ").append(status.code()).append(' ').append(status.reason())
                .append("\r\n");
    }

    private static void line(StringBuilder head, String name, String value) {
        head.append(name).append(": ").append(value).append("\r\n");
    }

    private void writeOctets(byte[] head, byte[] octets) throws IOException {
        if (octets.length <= BLOCK_OCTETS) {
            byte[] both = Arrays.copyOf(head, head.length + octets.length);
            System.arraycopy(octets, 0, both, head.length, octets.length);
            writeAll(ByteBuffer.wrap(both));
        } else {
            writeAll(ByteBuffer.wrap(head));
            writeAll(ByteBuffer.wrap(octets));
        }
        contentOctets += octets.length;
    }

    private void writeParts(byte[] head, Content.Parts parts) throws IOException {
        byte[] pending = head;
        for (Content.Part part : parts.parts()) {
            byte[] delimiter = part.head();
            byte[] both = Arrays.copyOf(pending, pending.length + delimiter.length);
            System.arraycopy(delimiter, 0, both, pending.length, delimiter.length);
            writeSlice(both, part.slice());
            contentOctets += delimiter.length;
            pending = new byte[0];
        }
        writeOctets(pending, parts.end());
    }

    private void writeSlice(byte[] head, Content.Slice slice) throws IOException {
        switch (slice) {
            case Content.FileSlice ofFile -> writeFile(head, ofFile);
            case Content.Excerpt excerpt -> writeExcerpt(head, excerpt);
        }
    }

    private void writeStream(byte[] head, Content.Stream stream, boolean chunked) throws IOException {
        make(new Outlet(head, chunked && stream.length() < 0, stream.length()), stream.producer());
    }

    private void writeExcerpt(byte[] head, Content.Excerpt excerpt) throws IOException {
        make(new Outlet(head, false, excerpt.length()), out -> excerpt.whole().writeTo(out, excerpt.offset(), excerpt.length()));
    }

    private void make(Outlet outlet, Content.Producer producer) throws IOException {
        making = true;
        try {
            producer.writeTo(outlet);
            outlet.end();
        } finally {
            making = false;
        }
    }

    /// Time that the client takes is counted anew each time that it is waited for.
    private void writeMade(ByteBuffer octets) throws IOException {
        whenMoved.run();
        making = false;
        writeAll(octets);
        making = true;
    }

    /// Where made octets go: gathered to blocks, the head before the first of them, each a chunk (RFC 9112 §7.1) where the
    /// client can't tell the end otherwise. Only [#end] sends the last: content that breaks off looks broken off.
    private final class Outlet extends OutputStream {
        /// The longest line of a chunk's size, and the CRLF that ends the chunk.
        private static final int AROUND_OCTETS = 12;

        private final boolean chunked;
        private final boolean bounded;
        private final ByteBuffer block;
        private byte[] pending;
        private long left;

        /// @param length what was announced, or -1
        Outlet(byte[] head, boolean chunked, long length) {
            this.pending = head;
            this.chunked = chunked;
            this.bounded = length >= 0;
            this.left = length;
            this.block = ByteBuffer.allocate(OUTLET_OCTETS);
        }

        @Override
        public void write(int octet) throws IOException {
            write(new byte[] {(byte) octet}, 0, 1);
        }

        @Override
        public void write(byte[] octets, int offset, int length) throws IOException {
            if (bounded && length > left) {
                throw new IOException("more content than was announced");
            }
            left -= length;
            if (!chunked && pending.length == 0 && block.position() == 0 && length >= OUTLET_OCTETS) {
                writeMade(ByteBuffer.wrap(octets, offset, length)); // gathered already
                contentOctets += length;
                return;
            }
            for (int done = 0; done < length; ) {
                if (!block.hasRemaining()) {
                    flush();
                }
                int count = Math.min(length - done, block.remaining());
                block.put(octets, offset + done, count);
                done += count;
            }
        }

        @Override
        public void flush() throws IOException {
            send(false);
        }

        void end() throws IOException {
            if (bounded && left > 0) {
                throw new EOFException("less content than was announced");
            }
            send(true);
        }

        private void send(boolean last) throws IOException {
            int count = block.position();
            ByteBuffer out = ByteBuffer.allocate(pending.length + count + (chunked ? AROUND_OCTETS + END.length : 0));
            out.put(pending);
            pending = new byte[0];
            if (chunked && count > 0) {
                out.put(ascii(Integer.toHexString(count) + "\r\n")).put(block.flip()).put(ascii("\r\n"));
            } else {
                out.put(block.flip());
            }
            if (chunked && last) {
                out.put(END);
            }
            block.clear();
            writeMade(out.flip());
            contentOctets += count;
        }
    }

    /// The last block waits until the file is seen to be what
    /// its length and validators said.
    private void writeFile(byte[] head, Content.FileSlice slice) throws IOException {
        if (slice.length() > OUTLET_OCTETS && slice.file().octets().isPresent()) {
            writeAll(ByteBuffer.wrap(head));
            writeAll(slice.file().octets().get().slice((int) slice.offset(), (int) slice.length())); // as it stands in memory, for all
            contentOctets += slice.length();
            return;
        }
        int last = (int) Math.min(slice.length(), BLOCK_OCTETS);
        long offset = slice.offset();
        long lastOffset = offset + slice.length() - last;

        byte[] pending = head;
        if (offset < lastOffset) {
            writeAll(ByteBuffer.wrap(head));
            copy(slice.file(), offset, lastOffset);
            pending = new byte[0];
        }

        ByteBuffer block = ByteBuffer.allocate(pending.length + last).put(pending);
        read(slice.file(), block, lastOffset);
        if (!slice.file().isUnchanged()) {
            throw new EOFException("the file changed while it was sent");
        }
        writeAll(block.flip());
        contentOctets += last;
    }

    /// Block by block, through here: what is enciphered goes no other way.
    private void copy(Content.OpenFile file, long start, long end) throws IOException {
        boolean large = LARGE_BLOCKS.tryAcquire();
        try {
            ByteBuffer block = ByteBuffer.allocate((int) Math.min(end - start, large ? BLOCK_OCTETS : STUCK_OCTETS));
            for (long offset = start; offset < end; offset += block.limit()) {
                block.clear().limit((int) Math.min(end - offset, block.capacity()));
                read(file, block, offset);
                writeAll(block.flip());
                contentOctets += block.limit();
            }
        } finally {
            if (large) {
                LARGE_BLOCKS.release();
            }
        }
    }

    /// Fills `block` from the file, or throws if the file has become too short for that.
    private static void read(Content.OpenFile file, ByteBuffer block, long start) throws IOException {
        long offset = start;
        while (block.hasRemaining()) {
            int count = file.read(block, offset);
            if (count < 0) {
                throw new EOFException("the file shrank while it was sent");
            }
            offset += count;
        }
    }

    private void writeAll(ByteBuffer octets) throws IOException {
        begun = true;
        while (octets.hasRemaining()) {
            channel.write(octets);
            whenMoved.run();
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
