package lib.host;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/// What does a service manager hand to us, and what does it hear from us? Sockets that it has bound (sd_listen_fds(3)), and
/// a word when we serve, reload and stop (sd_notify(3)). Without one there is nothing to take, and every word goes nowhere.
public final class Systemd implements AutoCloseable {

    /// Meant for us alone: a process that we start must not take them for its own. See [#removeFrom].
    public static final List<String> VARIABLES =
            List.of("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID", "NOTIFY_SOCKET");

    /// The first descriptor that is handed over; the others follow it.
    private static final int SD_LISTEN_FDS_START = 3;
    private static final int NONE = -1;

    /// A socket that listens already.
    ///
    /// @param name from FileDescriptorName= of the socket unit; `unknown` where there is none
    /// @param channel in blocking mode. What it says of its own address is wrong
    /// @param address the right one: an InetSocketAddress or a UnixDomainSocketAddress
    public record Inherited(String name, ServerSocketChannel channel, SocketAddress address) {}

    private int socket;

    private Systemd(int socket) {
        this.socket = socket;
    }

    /// Removes what is ours from the environment of a process that is about to be started.
    public static void removeFrom(Map<String, String> environment) {
        environment.keySet().removeAll(VARIABLES);
    }

    /// Does a supervisor hold this process by its id and its descriptors?
    public static boolean isSupervisor(Map<String, String> environment) {
        return hasSockets(environment) || environment.containsKey("NOTIFY_SOCKET");
    }

    // Sockets

    /// Did somebody bind our sockets for us?
    public static boolean hasSockets(Map<String, String> environment) {
        return environment.containsKey("LISTEN_FDS") && number(environment.get("LISTEN_FDS")).orElse(0) > 0
                && Long.toString(ProcessHandle.current().pid()).equals(environment.get("LISTEN_PID"));
    }

    /// Takes them over: once, before anything else is opened. Processes that we start don't get them.
    ///
    /// @return in the order in which they were handed over; empty where there are none. The caller closes the channels
    /// @throws Fault if one of them is none on which a client can connect
    public static List<Inherited> sockets(Map<String, String> environment) throws Fault {
        if (!hasSockets(environment)) {
            return List.of();
        }
        if (!Posix.isLinux()) {
            throw new Fault(Fault.UNSUPPORTED, "Inherited sockets (LISTEN_FDS) work on Linux only; unset it.");
        }

        String[] names = environment.getOrDefault("LISTEN_FDNAMES", "").split(":", -1);
        int count = number(environment.get("LISTEN_FDS")).orElse(0);
        List<Inherited> sockets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String name = i < names.length && !names[i].isEmpty() ? names[i] : "unknown";
            sockets.add(inherited(name, SD_LISTEN_FDS_START + i));
        }
        return List.copyOf(sockets);
    }

    private static OptionalInt number(String text) {
        boolean isNumber = text != null && text.matches("[0-9]{1,5}");
        return isNumber ? OptionalInt.of(Integer.parseInt(text)) : OptionalInt.empty();
    }

    private static Inherited inherited(String name, int descriptor) throws Fault {
        try {
            if (!Posix.isListening(descriptor)) {
                throw new Fault(Fault.USAGE, "The inherited socket " + descriptor + " (" + name + ") takes no connections; "
                        + "the socket unit needs ListenStream= and Accept=no.");
            }
            SocketAddress address = Posix.getsockname(descriptor);
            return new Inherited(name, adopt(descriptor, address), address);
        } catch (Posix.Failure | IOException e) {
            throw new Fault(Fault.CANNOT_START, "The inherited socket " + descriptor + " (" + name + ") can't be used: "
                    + e.getMessage() + ".");
        }
    }

    /// No call in Java makes a channel of a descriptor. But one can be put in the place of another: a channel of the same
    /// kind is bound to anything, its descriptor found by that, and the inherited one set over it, before anyone has it
    /// watched. All that the channel keeps of its first life is the address that it tells.
    private static ServerSocketChannel adopt(int descriptor, SocketAddress address)
            throws IOException, Posix.Failure, Fault {
        ServerSocketChannel channel = ServerSocketChannel.open(family(address));
        try {
            bind(channel, address);
            Posix.dup3(descriptor, descriptorOf(channel));
            Posix.close(descriptor);
            return channel;
        } catch (IOException | Posix.Failure | Fault e) {
            channel.close();
            throw e;
        }
    }

    private static ProtocolFamily family(SocketAddress address) {
        return switch (address) {
            case InetSocketAddress inet when inet.getAddress() instanceof Inet6Address -> StandardProtocolFamily.INET6;
            case InetSocketAddress _ -> StandardProtocolFamily.INET;
            default -> StandardProtocolFamily.UNIX;
        };
    }

    private static void bind(ServerSocketChannel channel, SocketAddress like) throws IOException {
        boolean isInet = like instanceof InetSocketAddress;
        channel.bind(isInet ? new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0) : null);
        if (channel.getLocalAddress() instanceof UnixDomainSocketAddress file) {
            Files.delete(file.getPath()); // the socket keeps its name without it
        }
    }

    /// The one descriptor of this process that has the channel's address.
    private static int descriptorOf(ServerSocketChannel channel) throws IOException, Fault {
        SocketAddress address = channel.getLocalAddress();
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path path : descriptors) {
                int descriptor = Integer.parseInt(path.getFileName().toString());
                if (hasAddress(descriptor, address)) {
                    return descriptor;
                }
            }
        }
        throw new Fault(Fault.UNSUPPORTED, "Inherited sockets don't work on this system; have Comanche bind its own.");
    }

    private static boolean hasAddress(int descriptor, SocketAddress address) {
        try {
            return Posix.getsockname(descriptor).equals(address);
        } catch (Posix.Failure _) {
            return false; // a file, or the directory that is being read
        }
    }

    // Words

    /// The way to the service manager. It is opened before the root changes, and outlives that.
    public static Systemd open(Map<String, String> environment) {
        String name = environment.getOrDefault("NOTIFY_SOCKET", "");
        if (!(name.startsWith("/") || name.startsWith("@")) || !Posix.isLinux()) {
            return new Systemd(NONE);
        }
        int socket = NONE;
        try {
            socket = Posix.datagramSocket();
            Posix.connect(socket, name);
            return new Systemd(socket);
        } catch (Posix.Failure _) {
            close(socket);
            return new Systemd(NONE);
        }
    }

    /// We answer clients.
    ///
    /// @param status one line for `systemctl status`
    public void ready(String status) {
        if (socket != NONE) {
            say("READY=1", "STATUS=" + status, "MAINPID=" + ProcessHandle.current().pid());
        }
    }

    /// We read the settings again; [#ready] says that it is over. The time tells this reload from an earlier one; on Linux
    /// `nanoTime` is the clock that is meant (CLOCK_MONOTONIC).
    public void reloading() {
        say("RELOADING=1", "MONOTONIC_USEC=" + System.nanoTime() / 1000);
    }

    /// We take no more clients, and finish.
    public void stopping() {
        say("STOPPING=1", "STATUS=Finishing requests");
    }

    public void status(String status) {
        say("STATUS=" + status);
    }

    /// A manager that can't be reached is its own loss: the server serves.
    private synchronized void say(String... lines) {
        if (socket == NONE) {
            return;
        }
        List<String> safe = new ArrayList<>();
        for (String line : lines) {
            safe.add(line.replace('\n', ' '));
        }
        try {
            Posix.send(socket, String.join("\n", safe).getBytes(StandardCharsets.UTF_8));
        } catch (Posix.Failure _) {
            // nobody listens
        }
    }

    @Override
    public synchronized void close() {
        close(socket);
        socket = NONE;
    }

    private static void close(int descriptor) {
        try {
            if (descriptor != NONE) {
                Posix.close(descriptor);
            }
        } catch (Posix.Failure _) {
            // closed is closed
        }
    }
}
