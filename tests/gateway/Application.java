package tests.gateway;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// An application that speaks FastCGI and does what a test wants. It notes what it was asked, and when a connection has ended.
final class Application implements Closeable {

    /// What it has read of a request.
    record Heard(int connection, boolean keeps, Map<String, String> variables, byte[] content) {}

    /// What it does when the variables are there.
    @FunctionalInterface
    interface Script {
        void run(Line line) throws IOException;
    }

    final List<Heard> heard = new CopyOnWriteArrayList<>();
    final BlockingQueue<Integer> ended = new LinkedBlockingQueue<>();
    private final ServerSocket listener;
    private final Script script;
    private int connections;

    Application(Script script) throws IOException {
        this.script = script;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    /// Reads the request to its end, and answers that.
    static Application answering(String answer) throws IOException {
        return new Application(line -> {
            line.readAll();
            line.sayAtOnce(answer);
        });
    }

    InetSocketAddress address() {
        return InetSocketAddress.createUnresolved("127.0.0.1", listener.getLocalPort());
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                int number = ++connections;
                Thread.ofVirtual().start(() -> serve(socket, number));
            }
        } catch (IOException _) {
            // closed
        }
    }

    private void serve(Socket socket, int number) {
        try (socket) {
            Line line = new Line(socket, number);
            while (line.begin()) {
                script.run(line);
            }
        } catch (IOException _) {
            // the other side has left
        } finally {
            ended.add(number);
        }
    }

    /// Waits for a connection to have ended.
    int awaitEnd() throws InterruptedException {
        Integer number = ended.poll(20, TimeUnit.SECONDS);
        return number == null ? -1 : number;
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    /// One connection, with a request on it.
    final class Line {
        private final Socket socket;
        final int number;
        private final DataInputStream in;
        private final OutputStream out;
        private boolean keeps;
        private final Map<String, String> variables = new TreeMap<>();
        private byte[] last;

        private Line(Socket socket, int number) throws IOException {
            this.socket = socket;
            this.number = number;
            this.in = new DataInputStream(socket.getInputStream());
            this.out = socket.getOutputStream();
        }

        private boolean begin() throws IOException {
            variables.clear();
            if (record() != 8) {
                return false; // the end, or what is left of a request that was answered early
            }
            keeps = last[2] == 1;
            ByteArrayOutputStream params = new ByteArrayOutputStream();
            while (record() > 0) {
                params.write(last);
            }
            parse(params.toByteArray());
            return true;
        }

        /// The length of a record's content, which is then in `last`; -1 at the end.
        private int record() throws IOException {
            if (in.read() < 0) {
                return -1;
            }
            in.skipNBytes(3);
            int length = in.readUnsignedShort();
            int padding = in.readUnsignedByte();
            in.skipNBytes(1);
            last = in.readNBytes(length);
            in.skipNBytes(padding);
            return length;
        }

        private void parse(byte[] params) {
            int[] at = {0};
            while (at[0] < params.length) {
                int name = length(params, at);
                int value = length(params, at);
                variables.put(new String(params, at[0], name, StandardCharsets.ISO_8859_1),
                        new String(params, at[0] + name, value, StandardCharsets.ISO_8859_1));
                at[0] += name + value;
            }
        }

        private static int length(byte[] params, int[] at) {
            int octet = params[at[0]++];
            return octet >= 0 ? octet : (octet & 0x7F) << 24 | (params[at[0]++] & 0xFF) << 16 | (params[at[0]++] & 0xFF) << 8 | params[at[0]++] & 0xFF;
        }

        /// Has this connection had a request before this one?
        boolean heardBefore() {
            return heard.stream().anyMatch(one -> one.connection() == number);
        }

        /// Some of the content; empty at its end.
        byte[] read() throws IOException {
            return record() > 0 ? last : new byte[0];
        }

        void readAll() throws IOException {
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            for (byte[] some = read(); some.length > 0; some = read()) {
                content.write(some);
            }
            note(content.toByteArray());
        }

        void note(byte[] content) {
            heard.add(new Heard(number, keeps, new TreeMap<>(variables), content));
        }

        /// `\n` in the text is what the program writes.
        void say(String text) throws IOException {
            say(6, text.getBytes(StandardCharsets.ISO_8859_1));
        }

        /// The whole answer and its end, so that both arrive together.
        void sayAtOnce(String text) throws IOException {
            ByteArrayOutputStream whole = new ByteArrayOutputStream();
            byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
            whole.writeBytes(new byte[] {1, 6, 0, 1, (byte) (octets.length >> 8), (byte) octets.length, 0, 0});
            whole.writeBytes(octets);
            whole.writeBytes(new byte[] {1, 3, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
            out.write(whole.toByteArray());
        }

        void complain(String text) throws IOException {
            say(7, text.getBytes(StandardCharsets.UTF_8));
        }

        void say(int type, byte[] octets) throws IOException {
            write(1, type, 0, 1, octets.length >> 8, octets.length, 0, 0);
            out.write(octets);
        }

        void end(int protocol, int code) throws IOException {
            write(1, 3, 0, 1, 0, 8, 0, 0, 0, 0, 0, code, protocol, 0, 0, 0);
        }

        void write(int... octets) throws IOException {
            byte[] bytes = new byte[octets.length];
            for (int i = 0; i < octets.length; i++) {
                bytes[i] = (byte) octets[i];
            }
            out.write(bytes);
        }

        void hangUp() throws IOException {
            socket.close();
        }
    }
}
