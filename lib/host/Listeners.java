package lib.host;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Where do we listen? Binds what the settings ask for, all of it or nothing; and when they change, binds what is new,
/// closes what is gone, and leaves the rest as it is.
public final class Listeners implements AutoCloseable {

    /// Connections that the system holds for us until we accept them.
    private static final int BACKLOG = 1024;

    /// A picked port that one family has free and the other has not is picked anew, so often.
    private static final int PICKS = 16;

    /// How long we wait for whoever may have the port that we want.
    private static final int PATIENCE_MILLIS = 1000;

    /// A socket that listens.
    ///
    /// @param address where, as an InetSocketAddress or a UnixDomainSocketAddress
    /// @param redirects are clients sent to the https port from here?
    public record Listener(ServerSocketChannel channel, SocketAddress address, boolean redirects) {
        public Listener(ServerSocketChannel channel, SocketAddress address) {
            this(channel, address, false);
        }

        boolean isAt(InetAddress host, int port, boolean redirecting) {
            return redirects == redirecting && address instanceof InetSocketAddress inet && inet.getAddress().equals(host)
                    && (port == 0 || inet.getPort() == port);
        }

        private void close() {
            try {
                channel.close();
            } catch (IOException _) {
                // closed is closed
            }
        }
    }

    private final boolean inherited;
    private final Map<String, List<InetAddress>> resolved = new HashMap<>();
    private Settings settings;

    /// What is bound now: the addresses, or those of the redirect?
    private boolean redirecting;
    private List<Listener> before = List.of();
    private List<Listener> now = new ArrayList<>();

    private Listeners(Settings settings, boolean inherited) {
        this.settings = settings;
        this.inherited = inherited;
    }

    /// @throws Fault if an address can't be had; then none is held
    public static Listeners bind(Settings settings) throws Fault {
        Listeners listeners = new Listeners(settings, false);
        listeners.rebind(settings);
        return listeners;
    }

    /// Sockets that somebody else has bound for us; what the settings say of addresses does not count.
    public static Listeners inherited(Settings settings, List<Listener> sockets) {
        Listeners listeners = new Listeners(settings, true);
        listeners.now.addAll(sockets);
        return listeners;
    }

    public List<Listener> all() {
        return List.copyOf(now);
    }

    /// Where a client can connect by the network, and is not sent elsewhere.
    public List<InetSocketAddress> addresses() {
        return addresses(false);
    }

    private List<InetSocketAddress> addresses(boolean redirects) {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (Listener listener : now) {
            if (listener.address instanceof InetSocketAddress inet && listener.redirects == redirects) {
                addresses.add(inet);
            }
        }
        return addresses;
    }

    /// The port of the first of these addresses; 0 where there is none.
    int port() {
        return addresses().isEmpty() ? 0 : addresses().getFirst().getPort();
    }

    /// The sockets in the file system.
    public List<Path> sockets() {
        List<Path> sockets = new ArrayList<>();
        for (Listener listener : now) {
            if (listener.address instanceof UnixDomainSocketAddress unix) {
                sockets.add(unix.getPath());
            }
        }
        return sockets;
    }

    /// Binds what these settings ask for and is not bound yet, then closes what they ask for no more.
    ///
    /// @return those that are new
    /// @throws Fault if an address can't be had; then all is as it was
    public List<Listener> rebind(Settings wanted) throws Fault {
        if (inherited) {
            return List.of();
        }
        Settings formerSettings = settings;
        settings = wanted;
        before = now;
        now = new ArrayList<>();
        try {
            bindAll();
        } catch (Fault fault) {
            release(now, before);
            settings = formerSettings;
            now = before;
            throw fault;
        }
        release(before, now);
        List<Listener> fresh = new ArrayList<>(now);
        fresh.removeAll(before);
        before = List.of();
        return fresh;
    }

    private static void release(List<Listener> some, List<Listener> butNot) {
        for (Listener listener : some) {
            if (!butNot.contains(listener)) {
                listener.close();
                if (listener.address instanceof UnixDomainSocketAddress socket) {
                    delete(socket.getPath());
                }
            }
        }
    }

    private static void delete(Path socket) {
        try {
            Files.deleteIfExists(socket);
        } catch (IOException _) {
            // the next start takes it over
        }
    }

    private void bindAll() throws Fault {
        bindNetwork();
        if (settings.tls().isPresent() && settings.tls().get().redirect().isPresent()) {
            redirecting = true;
            try {
                bindNetwork();
            } finally {
                redirecting = false;
            }
        }
        for (Endpoint endpoint : settings.addresses()) {
            if (endpoint instanceof Endpoint.Unix unix) {
                bindUnix(unix.path());
            }
        }
    }

    private void bindNetwork() throws Fault {
        if (settings.addresses().isEmpty()) {
            bindLoopback();
        }
        if (settings.addresses().contains(new Endpoint.Everywhere())) {
            bindEverywhere();
        }
        bindHosts();
    }

    /// The port of an address, which may have one of its own. The redirect has one for all.
    private int wantedPort(Optional<Integer> own) {
        return redirecting ? settings.tls().flatMap(Settings.TlsSettings::redirect).orElseThrow() : own.orElse(settings.port());
    }

    /// Both families on one port: whichever of them `localhost` means to a client, we are there. A machine without IPv6
    /// has the one.
    private void bindLoopback() throws Fault {
        InetAddress ipv4 = InetAddress.ofLiteral("127.0.0.1");
        InetAddress ipv6 = InetAddress.ofLiteral("::1");
        int wanted = wantedPort(Optional.empty());
        List<Listener> others = List.copyOf(now);
        for (int pick = 1; ; pick++) {
            int port = bind(ipv4, wanted);
            Optional<Refusal> refusal = tryToBind(ipv6, port);
            if (refusal.isEmpty() || refusal.get() == Refusal.NOT_OURS) {
                return;
            }
            if (wanted != 0 || pick == PICKS) {
                throw fault(refusal.get(), ipv6, port);
            }
            now.removeAll(others);
            release(now, before);
            now = new ArrayList<>(others);
        }
    }

    /// An IPv6 wildcard has the IPv4 addresses, too.
    private void bindEverywhere() throws Fault {
        InetAddress ipv6 = InetAddress.ofLiteral("::");
        int port = wantedPort(Optional.empty());
        Optional<Refusal> refusal = tryToBind(ipv6, port);
        if (refusal.isPresent() && refusal.get() == Refusal.NOT_OURS) {
            bind(InetAddress.ofLiteral("0.0.0.0"), port);
        } else if (refusal.isPresent()) {
            throw fault(refusal.get(), ipv6, port);
        }
    }

    /// Wildcards come first: they have the other addresses of their port, too, and could not be bound beside them. A
    /// picked port is picked once, for all.
    private void bindHosts() throws Fault {
        List<InetSocketAddress> wanted = new ArrayList<>();
        for (Endpoint endpoint : settings.addresses()) {
            if (endpoint instanceof Endpoint.Inet inet) {
                int port = wantedPort(inet.port());
                resolve(inet.host()).forEach(address -> wanted.add(new InetSocketAddress(address, port)));
            }
        }
        if (wanted.size() > 1) {
            wanted.sort(Comparator.comparing((InetSocketAddress address) -> !address.getAddress().isAnyLocalAddress())
                    .thenComparing(address -> address.getAddress().isAnyLocalAddress()
                            && address.getAddress() instanceof Inet4Address));
        }

        int picked = 0;
        for (InetSocketAddress address : wanted) {
            int port = address.getPort() == 0 ? picked : address.getPort();
            if (!isCovered(address.getAddress(), port)) {
                int bound = bind(address.getAddress(), port);
                picked = address.getPort() == 0 ? bound : picked;
            }
        }
    }

    /// In another root there may be no list of names any more: then a name means what it meant at the start.
    private List<InetAddress> resolve(String host) throws Fault {
        try {
            resolved.put(host, List.of(InetAddress.getAllByName(host)));
            return resolved.get(host);
        } catch (UnknownHostException _) {
            if (resolved.containsKey(host)) {
                return resolved.get(host);
            }
            throw new Fault(Fault.CANNOT_START, "The address '" + host
                    + "' is unknown here; say one that this machine has, such as 127.0.0.1 or 0.0.0.0.");
        }
    }

    /// A wildcard that is bound already has the other addresses of its port, too; `::` has those of IPv4 as well.
    private boolean isCovered(InetAddress address, int port) {
        return addresses(redirecting).stream().filter(bound -> bound.getPort() == port).map(InetSocketAddress::getAddress)
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
        return ((InetSocketAddress) now.getLast().address).getPort();
    }

    /// What is bound already is kept as it is.
    private Optional<Refusal> tryToBind(InetAddress address, int port) throws Fault {
        for (Listener listener : before) {
            if (listener.isAt(address, port, redirecting)) {
                now.add(listener);
                return Optional.empty();
            }
        }

        ServerSocketChannel channel = null;
        try {
            channel = ServerSocketChannel.open(
                    address instanceof Inet6Address ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET);
            channel.bind(new InetSocketAddress(address, port), BACKLOG);
            now.add(new Listener(channel, channel.getLocalAddress(), redirecting));
            return Optional.empty();
        } catch (UnsupportedOperationException _) {
            return Optional.of(Refusal.NOT_OURS); // a machine without IPv6
        } catch (BindException _) {
            close(channel);
            return Optional.of(refusal(address, port));
        } catch (SocketException _) {
            close(channel);
            return Optional.of(Refusal.NOT_ALLOWED);
        } catch (IOException e) {
            close(channel);
            throw new Fault(Fault.CANNOT_START, "Can't listen on " + address.getHostAddress() + ": " + e.getMessage() + ".");
        }
    }

    /// Java has one exception for all three, and the system's own words differ by language; what it has does not.
    private static Refusal refusal(InetAddress address, int port) {
        if (!isOurs(address)) {
            return Refusal.NOT_OURS;
        }
        boolean isReserved = port > 0 && port < 1024;
        return isReserved && !isAnswered(address, port) ? Refusal.NOT_ALLOWED : Refusal.IN_USE;
    }

    private static boolean isAnswered(InetAddress address, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), PATIENCE_MILLIS);
            return true;
        } catch (IOException e) {
            return e instanceof SocketTimeoutException; // somebody has it, and is busy
        }
    }

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
            case NOT_ALLOWED -> "Port " + port + " on " + host + " is not open to this user; choose one above 1023 (-p 8080), "
                    + "start as root with -u USER, or let systemd bind it (deploy/comanche.socket).";
        });
    }

    /// A socket file that nobody listens on is left from a server that was killed, and taken over; one that answers is
    /// in use.
    private void bindUnix(String text) throws Fault {
        ServerSocketChannel channel = null;
        try {
            Path path = Path.of(text);
            UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
            Optional<Listener> kept = before.stream().filter(listener -> listener.address.equals(address)).findFirst();
            if (kept.isPresent()) {
                now.add(kept.get());
                return;
            }
            if (isSocket(path)) {
                if (!isAbandoned(address)) {
                    throw new Fault(Fault.CANNOT_START, "The socket " + path + " is in use; stop what uses it, or name "
                            + "another.");
                }
                Files.delete(path);
            }
            channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            channel.bind(address, BACKLOG);
            now.add(new Listener(channel, address)); // not before: what is in its place is not ours to remove
        } catch (IOException | IllegalArgumentException _) {
            close(channel);
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

    private static void close(ServerSocketChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException _) {
            // closed is closed
        }
    }

    /// No more clients; those that are here stay. A socket file that somebody else has made is not ours to remove.
    @Override
    public void close() {
        if (inherited) {
            now.forEach(Listener::close);
        } else {
            release(now, List.of());
        }
        now = new ArrayList<>();
    }
}
