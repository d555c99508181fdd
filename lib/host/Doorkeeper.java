package lib.host;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Who is let in? So many connections at once, and so many of one client: nobody takes the places of all others.
///
/// A client is an address, or the /64 that an IPv6 address lies in, for that is what one household is given (RFC 6177).
/// Those who are on this machine, such as a proxy who speaks for many, are not counted one by one.
final class Doorkeeper {
    /// Who is on this machine.
    static final long NEIGHBOUR = 0;

    private static final byte[] REFUSAL = ("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n"
            + "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 24\r\n\r\n503 Service Unavailable\n")
            .getBytes(StandardCharsets.US_ASCII);

    private static final long MOMENT_MILLIS = 20;

    private final Semaphore places;
    private final int most;
    private final int mostOfOne;
    private final Map<Long, Integer> open = new HashMap<>(); // guarded by this

    /// @param most connections at once
    /// @param mostOfOne how many of these one client may have
    Doorkeeper(int most, int mostOfOne) {
        this.places = new Semaphore(most);
        this.most = most;
        this.mostOfOne = mostOfOne;
    }

    /// By what we know this client again: the first 64 bits of its address, or the 32 that it has.
    static long client(SocketChannel channel) throws IOException {
        SocketAddress address = channel.getRemoteAddress();
        return address instanceof InetSocketAddress inet ? client(inet.getAddress()) : NEIGHBOUR;
    }

    static long client(InetAddress address) {
        if (address.isLoopbackAddress()) {
            return NEIGHBOUR;
        }
        ByteBuffer octets = ByteBuffer.wrap(address.getAddress());
        return address instanceof Inet6Address ? octets.getLong() : octets.getInt() & 0xffff_ffffL;
    }

    /// Has this client as many connections as one may have?
    synchronized boolean isFull(long client) {
        return client != NEIGHBOUR && open.getOrDefault(client, 0) >= mostOfOne;
    }

    /// Takes a place for one more connection of this client; waits a moment for one to come free. Returns whether one did.
    boolean enter(long client) throws InterruptedException {
        boolean entered = places.tryAcquire() || places.tryAcquire(MOMENT_MILLIS, TimeUnit.MILLISECONDS);
        if (entered) {
            count(client, 1);
        }
        return entered;
    }

    void leave(long client) {
        count(client, -1);
        places.release();
    }

    private synchronized void count(long client, int more) {
        if (client == NEIGHBOUR) {
            return;
        }
        int now = open.getOrDefault(client, 0) + more;
        if (now == 0) {
            open.remove(client);
        } else {
            open.put(client, now);
        }
    }

    /// What the operator should know of a client that has enough.
    String complaint(SocketChannel channel) throws IOException {
        String address = channel.getRemoteAddress() instanceof InetSocketAddress inet ? inet.getAddress().getHostAddress() : "A client";
        return address + " has " + mostOfOne + " connections, the most that --max-connections-per-client allows; others are refused.";
    }

    /// What the operator should know when there is no place left.
    String complaint() {
        return "All " + most + " connections that --max-connections allows are open; idle ones give way, or clients wait.";
    }

    /// Sends a client away without waiting for it.
    ///
    /// @param plain does it understand us without TLS?
    static void refuse(SocketChannel channel, boolean plain) {
        try (channel) {
            if (plain) {
                channel.configureBlocking(false);
                channel.write(ByteBuffer.wrap(REFUSAL));
                channel.shutdownOutput();
                channel.read(ByteBuffer.allocate(8192)); // what is left unread would make the system take the answer back
            }
        } catch (IOException _) {
            // it has left by itself
        }
    }
}
