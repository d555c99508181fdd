package lib.host;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.channels.DatagramChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lib.site.Site;
import lib.site.ToHttps;

/// What does a person read when the server has started?
///
///     Comanche serves /home/ann/site
///         http://127.0.0.1:8080/
///         http://[::1]:8080/
///     Only this machine can connect; -a 0.0.0.0 lets others in. Ctrl+C stops.
public final class Banner {
    private Banner() {}

    /// What the URLs are like.
    ///
    /// @param secure is TLS spoken?
    /// @param path that they end with, such as `/`
    public record Way(boolean secure, String path) {}

    /// @param others a sentence on what they may do here, for the case that others can connect
    /// @param trust what makes the certificate trusted, if that is for us to say
    /// @param colour does the terminal show it?
    public static String format(Path docbase, List<InetSocketAddress> addresses, List<Path> sockets, Way way,
                                String others, Optional<Tls.Trust> trust, boolean colour) {
        String place = docbase.toAbsolutePath().normalize().toString();
        StringBuilder text = new StringBuilder("Comanche serves ").append(shown(place)).append('\n');
        for (String url : urls(addresses, way)) {
            text.append("    ").append(colour ? "\u001b[1;36m" + url + "\u001b[0m" : url).append('\n');
        }
        for (Path socket : sockets) {
            text.append("    unix:").append(shown(socket.toString())).append('\n');
        }
        if (trust.isPresent()) {
            text.append(advice(trust.get(), urls(addresses, new Way(false, ToHttps.AUTHORITY_TARGET))));
        }
        if (!addresses.isEmpty()) {
            text.append(areLocal(addresses) ? "Only this machine can connect; -a 0.0.0.0 lets others in." : others).append(' ');
        }
        return text.append("Ctrl+C stops.\n").toString();
    }

    /// What others may do here.
    public static String others(Settings settings) {
        Site.Manners manners = settings.site().manners();
        String deeds = manners.blind() ? "send files here, and see none" : switch (manners.writing()) {
            case NONE -> "look and fetch";
            case UPLOAD -> "look, fetch and add";
            case WRITE -> "look, fetch, add, replace and delete";
        };
        return (settings.users().isEmpty() ? "Everybody who reaches this machine can " : "Others with a password can ") + deeds + ".";
    }

    /// Over plain HTTP, for who could not trust it otherwise; that it is the right one shows its fingerprint.
    private static String advice(Tls.Trust trust, List<String> urls) {
        String fetched = urls.isEmpty() ? "" : urls.getFirst() + " or ";
        return "Browsers that trust this authority do not warn: import " + fetched + shown(trust.file().toString()) + "\n"
                + "    authority SHA-256 " + trust.authority() + "\n    server    SHA-256 " + trust.server() + "\n";
    }

    /// A name must not drive the terminal.
    private static String shown(String name) {
        StringBuilder shown = new StringBuilder(name);
        for (int i = 0; i < shown.length(); i++) {
            if (Character.isISOControl(shown.charAt(i))) {
                shown.setCharAt(i, '?');
            }
        }
        return shown.toString();
    }

    private static boolean areLocal(List<InetSocketAddress> addresses) {
        for (InetSocketAddress address : addresses) {
            if (!address.getAddress().isLoopbackAddress()) {
                return false;
            }
        }
        return true;
    }

    /// Every address that a browser can open: for a wildcard those of this machine.
    static List<String> urls(List<InetSocketAddress> addresses, Way way) {
        List<String> urls = new ArrayList<>();
        for (InetSocketAddress bound : addresses) {
            List<InetAddress> hosts = bound.getAddress().isAnyLocalAddress()
                    ? ofThisMachine(bound.getAddress() instanceof Inet6Address) : List.of(bound.getAddress());
            for (InetAddress host : hosts) {
                String url = url(host, bound.getPort(), way);
                if (!urls.contains(url)) {
                    urls.add(url);
                }
            }
        }
        return urls;
    }

    /// The URL for who is on this machine, too; the path of a socket where there is no other.
    public static String own(List<InetSocketAddress> addresses, List<Path> sockets, Way way) {
        if (addresses.isEmpty()) {
            return "unix:" + sockets.getFirst();
        }
        InetSocketAddress bound = addresses.getFirst();
        InetAddress host = !bound.getAddress().isAnyLocalAddress() ? bound.getAddress()
                : InetAddress.ofLiteral(bound.getAddress() instanceof Inet6Address ? "::1" : "127.0.0.1");
        return url(host, bound.getPort(), way);
    }

    /// The URL that another machine of this network is most likely to reach us by; empty if we only listen to this one.
    public static Optional<String> invitation(List<InetSocketAddress> addresses, Way way) {
        for (InetSocketAddress bound : addresses) {
            InetAddress host = bound.getAddress();
            if (host.isAnyLocalAddress()) {
                return Optional.of(url(towardsOthers(), bound.getPort(), way));
            }
            if (!host.isLoopbackAddress()) {
                return Optional.of(url(host, bound.getPort(), way));
            }
        }
        return Optional.empty();
    }

    /// The address that a packet to a stranger would come from; to connect a datagram socket sends none. (RFC 5737: nobody is
    /// there.)
    private static InetAddress towardsOthers() {
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.connect(new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 9));
            return ((InetSocketAddress) channel.getLocalAddress()).getAddress();
        } catch (IOException _) {
            return ofThisMachine(false).stream().findFirst().orElse(InetAddress.getLoopbackAddress());
        }
    }

    private static String url(InetAddress host, int port, Way way) {
        String text = host.getHostAddress();
        String bare = text.indexOf('%') < 0 ? text : text.substring(0, text.indexOf('%'));
        String name = host instanceof Inet6Address ? '[' + (host.isLoopbackAddress() ? "::1" : bare) + ']' : bare;
        int usual = way.secure ? 443 : 80;
        return (way.secure ? "https://" : "http://") + name + (port == usual ? "" : ":" + port) + way.path;
    }

    /// Addresses that need a zone (link-local ones) are left out: no browser opens them.
    private static List<InetAddress> ofThisMachine(boolean ipv6) {
        try {
            return NetworkInterface.networkInterfaces().filter(Banner::isUp).flatMap(NetworkInterface::inetAddresses)
                    .filter(address -> !address.isLinkLocalAddress() && (ipv6 || !(address instanceof Inet6Address)))
                    .sorted(java.util.Comparator.comparing(InetAddress::isLoopbackAddress)
                            .thenComparing(address -> address instanceof Inet6Address))
                    .toList();
        } catch (SocketException _) {
            return List.of(InetAddress.getLoopbackAddress());
        }
    }

    private static boolean isUp(NetworkInterface network) {
        try {
            return network.isUp();
        } catch (SocketException _) {
            return false;
        }
    }
}
