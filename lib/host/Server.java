package lib.host;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import lib.site.Site;

/// Who listens, and who gets a thread? Binds, accepts, gives each connection a virtual thread, drains.
public final class Server implements AutoCloseable {

    /// Connections that the system holds for us until we accept them.
    private static final int BACKLOG = 1024;

    /// A picked port that one family has free and the other has not is picked anew, so often.
    private static final int PICKS = 16;

    private static final Duration REAPING = Duration.ofMillis(200);

    /// How long we rest when the system has no descriptor left for a new connection.
    private static final Duration SHORTAGE = Duration.ofMillis(50);

    private final Settings settings;
    private final Site site;
    private final AccessLog log;
    private final ErrorLog errors;
    private final List<ServerSocketChannel> listeners = new ArrayList<>();
    private final List<InetSocketAddress> addresses = new ArrayList<>();
    private final List<Path> sockets = new ArrayList<>();
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final Semaphore places;
    private volatile boolean stopping;

    private Server(Settings settings, Site site, AccessLog log, ErrorLog errors) {
        this.settings = settings;
        this.site = site;
        this.log = log;
        this.errors = errors;
        this.places = new Semaphore(settings.limits().connections());
    }

    /// A server that listens: from now on a client can connect, and is answered once it [#start]s.
    ///
    /// @throws Fault if an address can't be had; then none is held
    public static Server bind(Settings settings, Site site, AccessLog log, ErrorLog errors) throws Fault {
        Server server = new Server(settings, site, log, errors);
        try {
            if (settings.addresses().isEmpty()) {
                server.bindLoopback();
            }
            server.bindHosts();
            for (Endpoint endpoint : settings.addresses()) {
                if (endpoint instanceof Endpoint.Unix unix) {
                    server.bindUnix(unix.path());
                }
            }
            return server;
        } catch (Fault fault) {
            server.closeListeners();
            throw fault;
        }
    }

    /// Where it listens, as far as that has a port.
    public List<InetSocketAddress> addresses() {
        return List.copyOf(addresses);
    }

    /// The sockets in the file system on which it listens.
    public List<Path> sockets() {
        return List.copyOf(sockets);
    }

    /// Both families on one port: whichever of them `localhost` means to a client, we are there. A machine without IPv6
    /// has the one.
    private void bindLoopback() throws Fault {
        InetAddress ipv4 = InetAddress.ofLiteral("127.0.0.1");
        InetAddress ipv6 = InetAddress.ofLiteral("::1");
        for (int pick = 1; ; pick++) {
            int port = bind(ipv4, settings.port());
            Optional<Refusal> refusal = tryToBind(ipv6, port);
            if (refusal.isEmpty() || refusal.get() == Refusal.NOT_OURS) {
                return;
            }
            if (settings.port() != 0 || pick == PICKS) {
                throw fault(refusal.get(), ipv6, port);
            }
            closeListeners();
        }
    }

    /// Wildcards come first: they have the other addresses of their port, too, and could not be bound beside them. A
    /// picked port is picked once, for all.
    private void bindHosts() throws Fault {
        List<InetSocketAddress> wanted = new ArrayList<>();
        for (Endpoint endpoint : settings.addresses()) {
            if (endpoint instanceof Endpoint.Inet inet) {
                int port = inet.port().orElse(settings.port());
                resolve(inet.host()).forEach(address -> wanted.add(new InetSocketAddress(address, port)));
            }
        }
        wanted.sort(Comparator.comparing((InetSocketAddress address) -> !address.getAddress().isAnyLocalAddress())
                .thenComparing(address -> address.getAddress().isAnyLocalAddress()
                        && address.getAddress() instanceof Inet4Address));

        int picked = 0;
        for (InetSocketAddress address : wanted) {
            int port = address.getPort() == 0 ? picked : address.getPort();
            if (!isCovered(address.getAddress(), port)) {
                int bound = bind(address.getAddress(), port);
                picked = address.getPort() == 0 ? bound : picked;
            }
        }
    }

    private static List<InetAddress> resolve(String host) throws Fault {
        try {
            return List.of(InetAddress.getAllByName(host));
        } catch (UnknownHostException _) {
            throw new Fault(Fault.CANNOT_START, "The address '" + host
                    + "' is unknown here; say one that this machine has, such as 127.0.0.1 or 0.0.0.0.");
        }
    }

    /// A wildcard that is bound already has the other addresses of its port, too; `::` has those of IPv4 as well.
    private boolean isCovered(InetAddress address, int port) {
        return addresses.stream().filter(bound -> bound.getPort() == port).map(InetSocketAddress::getAddress)
                .anyMatch(bound -> bound.equals(address) || (bound.isAnyLocalAddress()
                        && (bound instanceof Inet6Address || address instanceof Inet4Address)));
    }

    /// Why an address can't be had.
    private enum Refusal { IN_USE, NOT_OURS, NOT_ALLOWED }

    /// Returns the port, which is a free one if `port` is 0.
    private int bind(InetAddress address, int port) throws Fault {
        Optional<Refusal> refusal = tryToBind(address, port);
        if (refusal.isPresent()) {
            throw fault(refusal.get(), address, port);
        }
        return addresses.getLast().getPort();
    }

    private Optional<Refusal> tryToBind(InetAddress address, int port) throws Fault {
        ServerSocketChannel listener = null;
        try {
            listener = ServerSocketChannel.open(
                    address instanceof Inet6Address ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET);
            listener.bind(new InetSocketAddress(address, port), BACKLOG);
            addresses.add((InetSocketAddress) listener.getLocalAddress());
            listeners.add(listener);
            return Optional.empty();
        } catch (UnsupportedOperationException _) {
            return Optional.of(Refusal.NOT_OURS); // a machine without IPv6
        } catch (BindException _) {
            close(listener);
            return Optional.of(isOurs(address) ? Refusal.IN_USE : Refusal.NOT_OURS);
        } catch (SocketException _) {
            close(listener);
            return Optional.of(Refusal.NOT_ALLOWED);
        } catch (IOException e) {
            close(listener);
            throw new Fault(Fault.CANNOT_START, "Can't listen on " + address.getHostAddress() + ": " + e.getMessage() + ".");
        }
    }

    /// The system's own words differ by language; what it has does not.
    private static boolean isOurs(InetAddress address) {
        try {
            return address.isAnyLocalAddress() || NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException _) {
            return true;
        }
    }

    private Fault fault(Refusal refusal, InetAddress address, int port) {
        String host = address.getHostAddress();
        return new Fault(Fault.CANNOT_START, switch (refusal) {
            case IN_USE -> "Port " + port + " on " + host + " is in use; stop what uses it, or choose another port"
                    + (port != settings.port() ? "." : settings.portChosen() ? " (-p)." : " (-p 0 picks a free one).");
            case NOT_OURS -> "The address " + host + " is not one of this machine; say one that is, such as 127.0.0.1 or "
                    + "0.0.0.0.";
            case NOT_ALLOWED -> "Port " + port + " on " + host + " is not open to this user; choose one above 1023 (-p).";
        });
    }

    /// A socket file that nobody listens on is left from a server that was killed, and taken over; one that answers is
    /// in use.
    private void bindUnix(String text) throws Fault {
        try {
            Path path = Path.of(text);
            UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
            if (isSocket(path)) {
                if (!isAbandoned(address)) {
                    throw new Fault(Fault.CANNOT_START, "The socket " + path + " is in use; stop what uses it, or name "
                            + "another.");
                }
                Files.delete(path);
            }
            ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            listeners.add(listener);
            listener.bind(address, BACKLOG);
            sockets.add(path);
        } catch (IOException | IllegalArgumentException _) {
            throw new Fault(Fault.CANNOT_START, "The socket " + text + " can't be made; name a new file in a directory that "
                    + "this user can write, with a path of at most 100 characters.");
        }
    }

    /// Only a socket may be taken over: not a FIFO, not a device, which are no regular files either.
    private static boolean isSocket(Path path) throws IOException {
        final int type = 0170000, socket = 0140000; // S_IFMT, S_IFSOCK of stat(2)
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                && ((int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) & type) == socket;
    }

    /// Refused, that is; a socket that this user must not open belongs to somebody.
    private static boolean isAbandoned(UnixDomainSocketAddress address) {
        try (SocketChannel _ = SocketChannel.open(address)) {
            return false;
        } catch (ConnectException _) {
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    /// Begins to answer. Returns at once.
    public void start() {
        for (ServerSocketChannel listener : listeners) {
            Thread.ofVirtual().name("accept").start(() -> accept(listener));
        }
        Thread.ofPlatform().name("reaper").daemon().start(this::reap);
    }

    /// Takes clients until the listener is closed. What fails for one of them must not end it for the others.
    private void accept(ServerSocketChannel listener) {
        while (listener.isOpen()) {
            try {
                places.acquire();
                admit(listener.accept());
            } catch (ClosedChannelException _) {
                return;
            } catch (IOException _) {
                places.release();
                rest();
            } catch (InterruptedException _) {
                return;
            }
        }
    }

    private void admit(SocketChannel channel) {
        noDelay(channel);
        Connection connection = new Connection(channel, site, settings.server(), settings.limits(), log, errors);
        connections.add(connection);
        Thread.ofVirtual().start(() -> {
            try {
                connection.serve();
            } finally {
                connections.remove(connection);
                places.release();
            }
        });
        if (stopping) {
            connection.stop();
        }
    }

    /// An answer goes out when it is written, not when the client has acknowledged the one before.
    private static void noDelay(SocketChannel channel) {
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        } catch (IOException | UnsupportedOperationException _) {
            // the client has left already, which its thread will see; or this is no TCP
        }
    }

    private static void rest() {
        try {
            Thread.sleep(SHORTAGE);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// One look at every deadline costs less than a timer for every read.
    private void reap() {
        try {
            while (true) {
                Thread.sleep(REAPING);
                long now = System.nanoTime();
                connections.forEach(connection -> connection.endIfOverdue(now));
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Takes no more clients, lets requests in flight finish for as long as the limit allows, and cuts off the rest.
    public void drain() {
        stopping = true;
        closeListeners();
        connections.forEach(Connection::stop);

        long end = System.nanoTime() + settings.limits().drain().toNanos();
        while (!connections.isEmpty() && System.nanoTime() < end && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(5_000_000);
        }
        connections.forEach(Connection::cut);
    }

    @Override
    public void close() {
        closeListeners();
        connections.forEach(Connection::cut);
    }

    private void closeListeners() {
        listeners.forEach(Server::close);
        listeners.clear();
        addresses.clear();
        for (Path socket : sockets) {
            try {
                Files.deleteIfExists(socket);
            } catch (IOException _) {
                // the next start takes it over
            }
        }
        sockets.clear();
    }

    private static void close(ServerSocketChannel listener) {
        try {
            if (listener != null) {
                listener.close();
            }
        } catch (IOException _) {
            // closed is closed
        }
    }
}
