package lib.wire;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import lib.http.Tokens;

/// What does the client send along with its request? (RFC 9112 §6.2 and §7)
///
/// A stream that ends where the content ends, so that the next request starts behind it. A chunk in octets:
///
///     1a;name="value"\r\n  <26 octets>  \r\n ... 0\r\n  trailer fields  \r\n
///
/// Trailer fields are read, checked and dropped: nothing here has a use for one (RFC 9110 §6.5.1).
public final class RequestContent extends BlockStream {

    /// The client has not kept to the grammar; what follows on this connection is anybody's guess.
    public static final class MalformedContent extends IOException {
        private static final long serialVersionUID = 1;

        MalformedContent() {
            super("malformed content");
        }
    }

    private final Inbox inbox;
    private final Limits limits;
    private final boolean chunked;

    /// Octets of the content, or of the current chunk, that are still to come.
    private long remaining;
    private boolean atEnd;
    private boolean firstChunk = true;

    RequestContent(Inbox inbox, Framing framing, Limits limits) {
        this.inbox = inbox;
        this.limits = limits;
        this.chunked = framing instanceof Framing.Chunked;
        this.remaining = framing instanceof Framing.Sized sized ? sized.length() : 0;
        this.atEnd = framing instanceof Framing.None;
    }

    /// Has all of it been read?
    public boolean isAtEnd() {
        return atEnd;
    }

    /// The octets that are known to be still to come: of the whole where its size was given, else of this chunk.
    public long announced() {
        return remaining;
    }

    /// @throws MalformedContent if a chunk is not one
    /// @throws EOFException if the client leaves before the end
    @Override
    public int read(byte[] into, int offset, int count) throws IOException {
        if (!atEnd && chunked && remaining == 0) {
            nextChunk();
        }
        if (atEnd) {
            return -1;
        }

        int taken = inbox.read(into, offset, (int) Math.min(count, remaining));
        if (taken < 0) {
            throw new EOFException();
        }
        remaining -= taken;
        atEnd = remaining == 0 && !chunked;
        return taken;
    }

    private void nextChunk() throws IOException {
        if (!firstChunk && (octet() != '\r' || octet() != '\n')) {
            throw new MalformedContent();
        }
        firstChunk = false;

        remaining = chunkSize(line(Limits.CHUNK_LINE_OCTETS));
        if (remaining == 0) {
            trailerSection();
            atEnd = true;
        }
    }

    private void trailerSection() throws IOException {
        int left = limits.fieldsOctets();
        for (int lines = 0; lines <= limits.fieldLines(); lines++) {
            byte[] line = line(left).getBytes(StandardCharsets.ISO_8859_1);
            left -= line.length;
            if (line.length == 0) {
                return;
            }
            if (HeadParser.fieldLine(line, 0, line.length).isEmpty()) {
                throw new MalformedContent();
            }
        }
        throw new MalformedContent();
    }

    /// The size at the front of `1*HEXDIG *( BWS ";" BWS ext-name [ BWS "=" BWS ext-val ] )` (§7.1 and §7.1.1). Fifteen
    /// digits are more than any disk holds, and still no overflow.
    static long chunkSize(String line) throws MalformedContent {
        int i = 0;
        long size = 0;
        while (i < line.length() && Tokens.hexValue(line.charAt(i)) >= 0) {
            size = size << 4 | Tokens.hexValue(line.charAt(i++));
            if (i > 15) {
                throw new MalformedContent();
            }
        }
        if (i == 0) {
            throw new MalformedContent();
        }

        while (i < line.length()) {
            i = afterExtension(line, i);
        }
        return size;
    }

    private static int afterExtension(String line, int start) throws MalformedContent {
        int i = Tokens.afterBlanks(line, start);
        if (at(line, i) != ';') {
            throw new MalformedContent();
        }
        i = afterToken(line, Tokens.afterBlanks(line, i + 1));

        int equals = Tokens.afterBlanks(line, i);
        if (at(line, equals) != '=') {
            return i;
        }
        int value = Tokens.afterBlanks(line, equals + 1);
        return at(line, value) == '"' ? afterQuotedString(line, value + 1) : afterToken(line, value);
    }

    private static int afterToken(String line, int start) throws MalformedContent {
        int i = start;
        while (Tokens.isTokenChar(at(line, i))) {
            i++;
        }
        if (i == start) {
            throw new MalformedContent();
        }
        return i;
    }

    private static int afterQuotedString(String line, int start) throws MalformedContent {
        int i = start;
        while (at(line, i) != '"') {
            i += at(line, i) == '\\' ? 1 : 0;
            if (at(line, i) < ' ' && at(line, i) != '\t' || at(line, i) == 0x7F) {
                throw new MalformedContent(); // a control character, or the end of the line
            }
            i++;
        }
        return i + 1;
    }

    /// The octet at `i`, or -1 behind the end.
    private static int at(String line, int i) {
        return i < line.length() ? line.charAt(i) : -1;
    }

    /// The next line without its CRLF.
    private String line(int mostOctets) throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            int octet = octet();
            if (octet == '\r') {
                if (octet() != '\n') {
                    throw new MalformedContent();
                }
                return line.toString();
            }
            if (octet == '\n' || line.length() >= mostOctets) {
                throw new MalformedContent();
            }
            line.append((char) octet);
        }
    }

    private int octet() throws IOException {
        int octet = inbox.read();
        if (octet < 0) {
            throw new EOFException();
        }
        return octet;
    }
}
