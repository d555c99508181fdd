package lib.host;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What does the environment say to the command that runs beside the server?
///
///     COMANCHE_URL=http://127.0.0.1:40123      without a slash at its end: "$COMANCHE_URL/a.txt"
///     COMANCHE_PORT=40123
///     COMANCHE_CA=/home/ann/.local/state/comanche/authority.crt      with --tls
///
/// What other programs look for is set where that harms nothing else: Node trusts the authority besides its own, while
/// CURL_CA_BUNDLE or SSL_CERT_FILE would have all others forgotten. A proxy is not asked for what is on this machine.
public final class Surroundings {
    private static final List<String> PROXIES = List.of("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy",
            "ALL_PROXY");

    private Surroundings() {}

    /// What is to be added to this environment.
    ///
    /// @param url as [Banner#own] says it
    /// @param ca the certificate of our own authority, if the server's comes from that
    public static Map<String, String> of(String url, List<InetSocketAddress> addresses, Optional<Path> ca,
                                         Map<String, String> environment) {
        Map<String, String> more = new HashMap<>();
        more.put(Setting.URL_VARIABLE, url);
        if (!addresses.isEmpty()) {
            more.put(Setting.PORT.variable(), Integer.toString(addresses.getFirst().getPort()));
        }
        if (ca.isPresent()) {
            more.put("COMANCHE_CA", ca.get().toString());
            if (!environment.containsKey("NODE_EXTRA_CA_CERTS")) {
                more.put("NODE_EXTRA_CA_CERTS", ca.get().toString());
            }
        }
        for (String proxy : PROXIES) {
            if (environment.containsKey(proxy)) {
                String direct = environment.getOrDefault("no_proxy", environment.getOrDefault("NO_PROXY", ""));
                String all = (direct.isEmpty() ? "" : direct + ",") + "localhost,127.0.0.1,::1";
                more.put("no_proxy", all);
                more.put("NO_PROXY", all);
            }
        }
        return more;
    }
}
