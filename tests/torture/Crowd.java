package tests.torture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Many clients at once, in one thread: they all do the same, one after the other.
final class Crowd implements AutoCloseable {
    private final InetSocketAddress server;
    private final List<Member> members = new ArrayList<>();

    private static final class Member {
        final SocketChannel channel;
        final StringBuilder told = new StringBuilder();
        boolean ended;

        Member(SocketChannel channel) {
            this.channel = channel;
        }

        /// Reads what has come so far, of which only the beginning is kept.
        void listen(ByteBuffer some) {
            try {
                int count = ended ? -1 : channel.read(some.clear());
                for (; count > 0; count = channel.read(some.clear())) {
                    if (told.length() < 64) {
                        told.append(StandardCharsets.ISO_8859_1.decode(some.flip()));
                    }
                }
                ended = count < 0;
            } catch (IOException _) {
                ended = true;
            }
        }
    }

    Crowd(InetSocketAddress server) {
        this.server = server;
    }

    /// So many more come, and send this.
    Crowd come(int count, String octets) {
        try {
            for (int i = 0; i < count; i++) {
                SocketChannel client = SocketChannel.open(server);
                members.add(new Member(client));
                client.write(encoded(octets));
                client.configureBlocking(false);
            }
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// All send this, as far as somebody still listens.
    void send(String octets) {
        for (Member member : members) {
            try {
                member.channel.write(encoded(octets));
            } catch (IOException _) {
                // it has been closed, which [#ended] tells
            }
        }
    }

    private static ByteBuffer encoded(String octets) {
        return ByteBuffer.wrap(octets.getBytes(StandardCharsets.ISO_8859_1));
    }

    /// How many have been closed by the other side.
    int ended() {
        listen();
        return (int) members.stream().filter(member -> member.ended).count();
    }

    /// How many have been told something that begins so.
    int told(String beginning) {
        listen();
        return (int) members.stream().filter(member -> member.told.toString().startsWith(beginning)).count();
    }

    private void listen() {
        ByteBuffer some = ByteBuffer.allocate(8192);
        members.forEach(member -> member.listen(some));
    }

    @Override
    public void close() {
        leave();
    }

    void leave() {
        for (Member member : members) {
            try {
                member.channel.close();
            } catch (IOException _) {
                // closed is closed
            }
        }
    }
}
