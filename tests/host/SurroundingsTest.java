package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.host.Surroundings;
import org.junit.jupiter.api.Test;

/// What the command beside the server finds in its environment.
class SurroundingsTest {
    private static final List<InetSocketAddress> ADDRESSES = List.of(new InetSocketAddress("127.0.0.1", 4000));

    private static Map<String, String> of(Optional<Path> ca, Map<String, String> environment) {
        return Surroundings.of("http://127.0.0.1:4000", ADDRESSES, ca, environment);
    }

    @Test
    void urlAndPortAndNothingElse() {
        Map<String, String> both = Map.of("COMANCHE_URL", "http://127.0.0.1:4000", "COMANCHE_PORT", "4000");
        assertEquals(both, of(Optional.empty(), Map.of("HOME", "/root")));
    }

    @Test
    void aSocketOfTheFileSystemHasNoPort() {
        assertEquals(Map.of("COMANCHE_URL", "unix:/s"), Surroundings.of("unix:/s", List.of(), Optional.empty(), Map.of()));
    }

    @Test
    void whatNodeTrustsAlreadyStays() {
        Optional<Path> ca = Optional.of(Path.of("/ca.crt"));
        assertEquals("/ca.crt", of(ca, Map.of()).get("NODE_EXTRA_CA_CERTS"));
        assertEquals(null, of(ca, Map.of("NODE_EXTRA_CA_CERTS", "/x")).get("NODE_EXTRA_CA_CERTS"));
        assertEquals("/ca.crt", of(ca, Map.of("NODE_EXTRA_CA_CERTS", "/x")).get("COMANCHE_CA"));
    }

    @Test
    void aProxyIsNotAskedForThisMachine() {
        Map<String, String> more = of(Optional.empty(), Map.of("https_proxy", "http://proxy:3128", "NO_PROXY", "intern"));
        assertEquals("intern,localhost,127.0.0.1,::1", more.get("NO_PROXY"));
        assertEquals(more.get("NO_PROXY"), more.get("no_proxy"));
    }
}
