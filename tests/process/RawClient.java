package tests.process;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A client that sends any octets, and reads answers by their framing (RFC 9112 §6). No wait lasts for ever.
public final class RawClient implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 20_000;

    /// How the other side has ended the connection.
    public enum Ending { CLOSED, RESET }

    /// @param fields its field lines, as they came
    public record Answer(int status, List<String> fields, byte[] content) {
        public Optional<String> field(String name) {
            return fields.stream().filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
                    .map(line -> line.substring(name.length() + 1).strip()).findFirst();
        }

        public boolean closes() {
            return field("Connection").filter("close"::equals).isPresent();
        }

        public String text() {
            return new String(content, StandardCharsets.UTF_8);
        }
    }

    private final Socket socket;
    private final InputStream in;

    public RawClient(InetSocketAddress address) {
        this(address, 0);
    }

    /// @param receiveOctets how much the system may take for it unread; 0 for the usual
    public RawClient(InetSocketAddress address, int receiveOctets) {
        try {
            socket = new Socket();
            if (receiveOctets > 0) {
                socket.setReceiveBufferSize(receiveOctets);
            }
            socket.connect(address, PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.setTcpNoDelay(true);
            in = new BufferedInputStream(socket.getInputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Over a connection that is there already, such as one under TLS.
    public RawClient(Socket connected) {
        try {
            socket = connected;
            socket.setSoTimeout(PATIENCE_MILLIS);
            in = new BufferedInputStream(socket.getInputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public RawClient send(String octets) {
        return send(octets.getBytes(StandardCharsets.ISO_8859_1));
    }

    public RawClient send(byte[] octets) {
        try {
            socket.getOutputStream().write(octets);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Says that nothing more will come from here.
    public RawClient endOutput() {
        try {
            socket.shutdownOutput();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The next final answer to a request that was no HEAD.
    public Answer read() {
        Answer answer = readHead();
        while (answer.status < 200) {
            answer = readHead();
        }
        return withContent(answer);
    }

    /// The next answer without its content: to a HEAD, or an interim one.
    public Answer readHead() {
        String statusLine = line();
        if (!statusLine.matches("HTTP/1\\.1 [1-5]\\d\\d .*")) {
            throw new AssertionError("no status line: " + statusLine);
        }
        List<String> fields = new ArrayList<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            fields.add(line);
        }
        return new Answer(Integer.parseInt(statusLine.substring(9, 12)), fields, new byte[0]);
    }

    private Answer withContent(Answer head) {
        if (head.status == 204 || head.status == 304) {
            return head;
        }
        if (head.field("Transfer-Encoding").orElse("").equals("chunked")) {
            return new Answer(head.status, head.fields, chunks());
        }
        int length = head.field("Content-Length").map(Integer::parseInt)
                .orElseThrow(() -> new AssertionError("no Content-Length: " + head));
        return new Answer(head.status, head.fields, octets(length));
    }

    /// All chunks, to the last one, which is empty (RFC 9112 §7.1).
    private byte[] chunks() {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (int length = Integer.parseInt(line(), 16); length > 0; length = Integer.parseInt(line(), 16)) {
            content.writeBytes(octets(length));
            line();
        }
        line();
        return content.toByteArray();
    }

    /// Exactly so many octets.
    public byte[] octets(int count) {
        try {
            byte[] octets = in.readNBytes(count);
            if (octets.length < count) {
                throw new EOFException(octets.length + " octets of " + count);
            }
            return octets;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A line without its CRLF, which it must have.
    private String line() {
        try {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int octet = in.read(); octet != '\r'; octet = in.read()) {
                if (octet < 0) {
                    throw new EOFException("the connection ends in <" + line + ">");
                }
                line.write(octet);
            }
            if (in.read() != '\n') {
                throw new AssertionError("a bare CR behind " + line);
            }
            return line.toString(StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// How many octets still come until the other side has ended the connection, by closing it or by a reset.
    public long countToEnd() {
        long count = 0;
        try {
            byte[] scrap = new byte[64 * 1024];
            for (int read = in.read(scrap); read >= 0; read = in.read(scrap)) {
                count += read;
            }
        } catch (java.net.SocketTimeoutException e) {
            throw new UncheckedIOException(e);
        } catch (IOException _) {
            // a reset is an end, too
        }
        return count;
    }

    /// The end of the connection, behind which nothing may come.
    public Ending ending() {
        try {
            int octet = in.read();
            if (octet >= 0) {
                throw new AssertionError("instead of the end: " + (char) octet + new String(in.readNBytes(in.available()),
                        StandardCharsets.ISO_8859_1));
            }
            return Ending.CLOSED;
        } catch (java.net.SocketTimeoutException e) {
            throw new UncheckedIOException(e);
        } catch (IOException _) {
            return Ending.RESET;
        }
    }

    /// Waits a moment for an octet; is there one?
    public boolean hasInputWithin(int millis) {
        try {
            socket.setSoTimeout(millis);
            in.mark(1);
            boolean here = in.read() >= 0;
            in.reset();
            return here;
        } catch (java.net.SocketTimeoutException _) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            restorePatience();
        }
    }

    private void restorePatience() {
        try {
            socket.setSoTimeout(PATIENCE_MILLIS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Leaves by a reset, as a client does that crashes with something unread.
    public void reset() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
