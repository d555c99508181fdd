package tests.torture;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/// A client that sends whatever octets it likes, and keeps all that it is answered. Its connection persists for as long as the
/// server lets it; then it makes another one.
final class Caller implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 10_000;

    /// An answer, interim ones before it.
    ///
    /// @param head all octets up to the content, one char each
    /// @param whole did the content come to its end?
    record Reply(int status, String head, byte[] content, boolean whole) {
        String field(String name) {
            for (String line : head.split("\r\n")) {
                if (line.regionMatches(true, 0, name + ":", 0, name.length() + 1)) {
                    return line.substring(name.length() + 1).strip();
                }
            }
            return "";
        }

        String text() {
            return new String(content, StandardCharsets.ISO_8859_1);
        }
    }

    private final InetSocketAddress address;
    private Socket socket = new Socket();
    private InputStream in = InputStream.nullInputStream();

    /// Of this machine.
    Caller(int port) {
        this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /// The answer to these octets, which are one request. A server that has ended the connection meanwhile is asked anew.
    Reply ask(String octets) throws IOException {
        boolean head = octets.startsWith("HEAD ");
        if (socket.isConnected() && !socket.isClosed()) {
            try {
                send(octets);
                return read(head);
            } catch (IOException _) {
                // ended while nobody looked
            }
        }
        connect();
        send(octets);
        return read(head);
    }

    void connect() throws IOException {
        socket.close();
        socket = new Socket();
        socket.connect(address, PATIENCE_MILLIS);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
        in = new BufferedInputStream(socket.getInputStream());
    }

    void send(String octets) throws IOException {
        socket.getOutputStream().write(octets.getBytes(StandardCharsets.ISO_8859_1));
    }

    /// From now on no octet is waited for longer than that.
    void patience(int millis) throws IOException {
        socket.setSoTimeout(millis);
    }

    /// @param headOnly was it a HEAD?
    /// @throws EOFException if the server has ended the connection before
    Reply read(boolean headOnly) throws IOException {
        StringBuilder head = new StringBuilder();
        int first = section(head);
        while (status(head, first) < 200) {
            first = section(head);
        }
        String last = head.substring(first);
        Reply reply = new Reply(status(head, first), last, new byte[0], true);
        boolean none = headOnly || reply.status == 204 || reply.status == 304;
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        boolean whole = none || takeContent(reply, content);
        if (!whole || reply.field("Connection").equalsIgnoreCase("close")) {
            socket.close();
        }
        return new Reply(reply.status, head.toString(), content.toByteArray(), whole);
    }

    /// Adds a status line and its fields to the head; returns where they begin.
    private int section(StringBuilder head) throws IOException {
        int first = head.length();
        String line = line();
        for (; !line.isEmpty(); line = line()) {
            head.append(line).append("\r\n");
        }
        return first;
    }

    private static int status(StringBuilder head, int first) {
        return Integer.parseInt(head.substring(first + "HTTP/1.1 ".length(), first + "HTTP/1.1 200".length()));
    }

    /// Returns whether it has come to its end.
    private boolean takeContent(Reply reply, ByteArrayOutputStream content) throws IOException {
        String length = reply.field("Content-Length");
        if (reply.field("Transfer-Encoding").equals("chunked")) {
            return takeChunks(content);
        }
        return take(length.isEmpty() ? Integer.MAX_VALUE : Integer.parseInt(length), content) || length.isEmpty();
    }

    private boolean takeChunks(ByteArrayOutputStream content) throws IOException {
        try {
            for (int length = Integer.parseInt(line(), 16); length > 0; length = Integer.parseInt(line(), 16)) {
                if (!take(length, content)) {
                    return false;
                }
                line();
            }
            line();
            return true;
        } catch (EOFException _) {
            return false;
        }
    }

    private boolean take(int count, ByteArrayOutputStream content) throws IOException {
        byte[] octets = in.readNBytes(count);
        content.writeBytes(octets);
        return octets.length == count;
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int octet = in.read(); octet != '\n'; octet = in.read()) {
            if (octet < 0) {
                throw new EOFException();
            }
            line.append((char) octet);
        }
        return line.toString().stripTrailing();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
