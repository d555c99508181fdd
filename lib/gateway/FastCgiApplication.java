package lib.gateway;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Where is an application to be found, what is it told, and how much is asked of it at once?
///
/// @param addresses at each of them the same application; one at least
/// @param parameters variables beside those of the request, and over them; octets, one char each
/// @param root the document base as the application sees it, if that is another path: `/var/www/html`; octets
/// @param silence the longest time without an octet from it, while it is waited for
/// @param connecting the longest time until it takes a connection
/// @param connections most at once to each address; more requests wait
/// @param keeping how long a connection is kept for the next request; zero for not at all
public record FastCgiApplication(List<SocketAddress> addresses, Map<String, String> parameters, Optional<String> root, Duration silence,
                                 Duration connecting, int connections, Duration keeping) {

    /// Short: a worker of PHP waits on a connection that is kept, and serves nobody else.
    public static final Duration KEEPING = Duration.ofSeconds(2);
    public static final Duration CONNECTING = Duration.ofSeconds(5);
    public static final Duration SILENCE = Duration.ofSeconds(60);
    public static final int CONNECTIONS = 64;

    public FastCgiApplication {
        addresses = List.copyOf(addresses);
        parameters = Map.copyOf(parameters);
    }

    /// An application of which nothing is said but its address.
    public static FastCgiApplication at(SocketAddress address) {
        return new FastCgiApplication(List.of(address), Map.of(), Optional.empty(), SILENCE, CONNECTING, CONNECTIONS, KEEPING);
    }

    /// An address as it is written in the settings.
    public static String name(SocketAddress address) {
        return switch (address) {
            case InetSocketAddress inet -> inet.getHostString() + ':' + inet.getPort();
            case UnixDomainSocketAddress unix -> "unix:" + unix.getPath();
            default -> address.toString();
        };
    }
}
