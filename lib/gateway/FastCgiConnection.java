package lib.gateway;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/// What is said on one connection to an application, and for how long do we wait?
///
/// One thread listens and one may speak meanwhile. A third asks now and then whether the application is overdue, and cuts the
/// connection then: reads from a socket of the file system know no time limit.
final class FastCgiConnection {
    private static final int ARRIVED_OCTETS = 32 * 1024;

    private final SocketChannel channel;
    private final FastCgiRecords records = new FastCgiRecords();
    private final ByteBuffer arrived = ByteBuffer.allocate(ARRIVED_OCTETS).flip();

    private volatile Duration patience;

    /// As [System#nanoTime]. It counts only while somebody waits for the application, and nobody for the client.
    private volatile long deadline;
    private volatile boolean awaited;
    private volatile boolean heldUp;
    private volatile boolean overdue;

    private volatile boolean hasSpoken;
    private long restingSince;

    private FastCgiConnection(SocketChannel channel, Duration patience) {
        this.channel = channel;
        this.patience = patience;
    }

    /// @param patience how long [#connect] may take
    static FastCgiConnection to(SocketAddress address, Duration patience) throws IOException {
        boolean unix = address instanceof UnixDomainSocketAddress;
        SocketChannel channel = unix ? SocketChannel.open(StandardProtocolFamily.UNIX) : SocketChannel.open();
        if (!unix) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        }
        return new FastCgiConnection(channel, patience);
    }

    void connect(SocketAddress address) throws IOException {
        SocketAddress target = resolved(address);
        expect();
        try {
            channel.connect(target);
        } finally {
            awaited = false;
        }
    }

    private static SocketAddress resolved(SocketAddress address) throws IOException {
        if (address instanceof InetSocketAddress inet && inet.isUnresolved()) {
            return new InetSocketAddress(InetAddress.getByName(inet.getHostString()), inet.getPort());
        }
        return address;
    }

    /// How long may the application be silent from now on?
    void bePatient(Duration longest) {
        patience = longest;
        moved();
    }

    void beLessPatient(Duration longest) {
        bePatient(longest.compareTo(patience) < 0 ? longest : patience);
    }

    private void expect() {
        moved();
        awaited = true;
    }

    private void moved() {
        deadline = System.nanoTime() + patience.toNanos();
    }

    /// Sends what needs no waiting for the client; that an application takes nothing is silence, too.
    void begin(ByteBuffer octets) throws IOException {
        expect();
        try {
            send(octets);
        } finally {
            awaited = false;
        }
    }

    /// Blocks until all is sent.
    void send(ByteBuffer octets) throws IOException {
        while (octets.hasRemaining()) {
            channel.write(octets);
            moved();
        }
    }

    /// Is it the client that we wait for, and not the application?
    void holdUp(boolean waits) {
        moved();
        heldUp = waits;
    }

    /// What the application says next; [FastCgiRecords.Silence] where that has not arrived and we don't wait for it.
    ///
    /// @throws EOFException if the application has closed its side
    FastCgiRecords.Said next(boolean waits) throws IOException {
        FastCgiRecords.Said said = records.next(arrived);
        return waits && said instanceof FastCgiRecords.Silence ? await() : said;
    }

    /// Whatever arrives meanwhile, it is silence until something is said: padding and records about nothing keep nobody waiting.
    private FastCgiRecords.Said await() throws IOException {
        expect();
        try {
            FastCgiRecords.Said said;
            do {
                receive();
                said = records.next(arrived);
            } while (said instanceof FastCgiRecords.Silence);
            return said;
        } finally {
            awaited = false;
        }
    }

    private void receive() throws IOException {
        arrived.compact();
        try {
            if (channel.read(arrived) < 0) {
                throw new EOFException("the application has closed the connection");
            }
            hasSpoken = true;
        } finally {
            arrived.flip();
        }
    }

    /// Has it ever said anything? Else nobody may have accepted it yet.
    boolean hasSpoken() {
        return hasSpoken;
    }

    /// Has nothing come behind the end of the answer?
    boolean isQuiet() {
        return records.next(arrived) instanceof FastCgiRecords.Silence && !arrived.hasRemaining();
    }

    void rest() {
        restingSince = System.nanoTime();
    }

    boolean restsSince(long nanoTime) {
        return restingSince - nanoTime <= 0;
    }

    /// Cuts the connection if the application has been silent for too long.
    void cutIfOverdue(long nanoTime) {
        if (awaited && !heldUp && deadline - nanoTime <= 0) {
            overdue = true;
            cut();
        }
    }

    boolean isOverdue() {
        return overdue;
    }

    /// At once, whoever reads or writes.
    void cut() {
        try {
            channel.close();
        } catch (IOException _) {
            // closed is closed
        }
    }
}
