package lib.wire;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import lib.http.Content;

/// How many octets have passed, and what is their SHA-256? Of content that comes in, and of content that goes out, whatever it
/// comes from; what was prepared for it stays what it is. Octets come one after the other, but not all by the same thread: who
/// makes an answer may read on in the content, while another sends.
public final class Fingerprint {
    /// What is read at once of a file that could otherwise go to the socket unseen.
    private static final int BLOCK_OCTETS = 64 * 1024;

    private final MessageDigest digest;
    private byte[] end = {};
    private long octets;
    private String sha256 = "";

    public Fingerprint() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    public synchronized void add(byte[] from, int offset, int count) {
        digest.update(from, offset, count);
        octets += count;
    }

    public synchronized long octets() {
        return octets;
    }

    /// Of all that has passed, in hexadecimal. What passes afterwards is not in it.
    public synchronized String sha256() {
        if (sha256.isEmpty()) {
            add(end, 0, end.length);
            sha256 = HexFormat.of().formatHex(digest.digest());
        }
        return sha256;
    }

    /// The same content, seen by this as it is sent.
    public Content of(Content content) {
        return switch (content) {
            case Content.None none -> none;
            case Content.Octets all -> {
                add(all.octets(), 0, all.octets().length);
                yield all;
            }
            case Content.Slice slice -> of(slice, new byte[0]);
            case Content.Stream stream -> new Content.Stream(new SeenProducer(stream.producer()), stream.length());
            case Content.Parts parts -> of(parts);
        };
    }

    private Content.Slice of(Content.Slice slice, byte[] before) {
        return switch (slice) {
            case Content.FileSlice(Content.OpenFile file, long offset, long length) ->
                    new Content.FileSlice(new SeenFile(file, before), offset, length);
            case Content.Excerpt(Content.Whole whole, long offset, long length) ->
                    new Content.Excerpt((out, from, count) -> {
                        add(before, 0, before.length);
                        whole.writeTo(new SeenOutput(out), from, count);
                    }, offset, length);
        };
    }

    /// The delimiters count, too: they are part of what the client gets.
    private Content of(Content.Parts parts) {
        List<Content.Part> seen = new ArrayList<>();
        for (Content.Part part : parts.parts()) {
            seen.add(new Content.Part(part.head(), of(part.slice(), part.head())));
        }
        end = parts.end();
        return new Content.Parts(seen, end);
    }

    private synchronized void add(ByteBuffer some) {
        octets += some.remaining();
        digest.update(some);
    }

    /// A file that is read from its front on, each octet once.
    private final class SeenFile implements Content.OpenFile {
        private final Content.OpenFile file;
        private byte[] before;

        SeenFile(Content.OpenFile file, byte[] before) {
            this.file = file;
            this.before = before;
        }

        private void begin() {
            add(before, 0, before.length);
            before = new byte[0];
        }

        @Override
        public int read(ByteBuffer into, long offset) throws IOException {
            begin();
            int start = into.position();
            int count = file.read(into, offset);
            if (count > 0) {
                add(into.duplicate().flip().position(start));
            }
            return count;
        }

        @Override
        public long transferTo(long offset, long count, WritableByteChannel target) throws IOException {
            begin();
            ByteBuffer block = ByteBuffer.allocate((int) Math.min(count, BLOCK_OCTETS));
            if (file.read(block, offset) < 0) {
                return 0;
            }
            int taken = target.write(block.flip());
            add(block.flip());
            return taken;
        }

        @Override
        public boolean isUnchanged() throws IOException {
            return file.isUnchanged();
        }

        @Override
        public void close() {
            file.close();
        }
    }

    private final class SeenProducer implements Content.Producer {
        private final Content.Producer producer;

        SeenProducer(Content.Producer producer) {
            this.producer = producer;
        }

        @Override
        public void writeTo(OutputStream out) throws IOException {
            producer.writeTo(new SeenOutput(out));
        }

        @Override
        public boolean readsContent() {
            return producer.readsContent();
        }

        @Override
        public void close() {
            producer.close();
        }
    }

    private final class SeenOutput extends OutputStream {
        private final OutputStream out;

        SeenOutput(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int octet) throws IOException {
            write(new byte[] {(byte) octet}, 0, 1);
        }

        @Override
        public void write(byte[] some, int offset, int count) throws IOException {
            out.write(some, offset, count);
            add(some, offset, count);
        }

        @Override
        public void flush() throws IOException {
            out.flush();
        }
    }
}
