package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lib.host.Banner;
import lib.host.Tls;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a person reads at the start.
class BannerTest {
    private static final Path SITE = Path.of("/home/ann/site");
    private static final Banner.Way PLAIN = new Banner.Way(false, "/");

    private static String banner(String... addressesAndPorts) {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (int i = 0; i < addressesAndPorts.length; i += 2) {
            addresses.add(new InetSocketAddress(InetAddress.ofLiteral(addressesAndPorts[i]), Integer.parseInt(addressesAndPorts[i + 1])));
        }
        return Banner.format(SITE, addresses, List.of(), PLAIN, "Others may.", Optional.empty(), false);
    }

    @Test
    void onTheLoopbackItTellsHowToLetOthersIn() {
        assertEquals("""
                Comanche serves /home/ann/site
                    http://127.0.0.1:8080/
                    http://[::1]:8080/
                Only this machine can connect; -a 0.0.0.0 lets others in. Ctrl+C stops.
                """, banner("127.0.0.1", "8080", "::1", "8080"));
    }

    @Test
    void underTlsItTellsHowTheCertificateIsTrusted() {
        List<InetSocketAddress> address = List.of(new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 443));
        Tls.Trust trust = new Tls.Trust(Path.of("/s/authority.crt"), "AA:BB", "CC:DD");
        assertEquals("""
                Comanche serves /home/ann/site
                    https://192.0.2.1/x/
                Browsers that trust this authority do not warn: import http://192.0.2.1:443/.well-known/comanche-ca.crt or /s/authority.crt
                    authority SHA-256 AA:BB
                    server    SHA-256 CC:DD
                Others may. Ctrl+C stops.
                """, Banner.format(SITE, address, List.of(), new Banner.Way(true, "/x/"), "Others may.", Optional.of(trust), false));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            127.0.0.1   | 80    | http://127.0.0.1/
            ::1         | 80    | http://[::1]/
            192.0.2.1   | 8080  | http://192.0.2.1:8080/
            2001:db8::1 | 443   | http://[2001:db8::1]:443/
            """)
    void aUrlIsOneThatABrowserOpens(String address, String port, String url) {
        String shown = banner(address, port).lines().filter(line -> line.startsWith("    ")).findFirst().orElseThrow().strip();
        assertEquals(java.net.URI.create(url).getPort(), java.net.URI.create(shown).getPort());
        assertEquals(InetAddress.ofLiteral(address), InetAddress.ofLiteral(java.net.URI.create(shown).getHost().replaceAll("[\\[\\]]", "")));
        assertFalse(shown.contains("%"));
    }

    @Test
    void aWildcardIsShownAsTheAddressesOfThisMachine() {
        String banner = banner("0.0.0.0", "8080");
        assertTrue(banner.contains("    http://127.0.0.1:8080/\n"), banner);
        assertFalse(banner.contains("0.0.0.0") || banner.contains("Only this machine"), banner);
        assertTrue(banner.contains("Others may."), banner);
        assertTrue(banner.endsWith("Ctrl+C stops.\n"), banner);
        assertTrue(banner("::", "8080").contains("    http://127.0.0.1:8080/\n"));
    }

    @Test
    void noUrlIsShownTwice() {
        List<String> lines = banner("0.0.0.0", "8080", "127.0.0.1", "8080", "::", "8080").lines().toList();
        assertEquals(lines.size(), lines.stream().distinct().count(), lines.toString());
    }

    @Test
    void othersCanConnectWhenOneAddressIsNotOfTheLoopback() {
        assertFalse(banner("127.0.0.1", "8080", "192.0.2.1", "8080").contains("Only this machine"));
    }

    @Test
    void socketsAreShownToo() {
        assertEquals("""
                Comanche serves /home/ann/site
                    unix:/run/c.sock
                Ctrl+C stops.
                """, Banner.format(SITE, List.of(), List.of(Path.of("/run/c.sock")), PLAIN, "Others may.", Optional.empty(), false));
    }

    @Test
    void colourIsForTerminalsAndAroundUrlsOnly() {
        List<InetSocketAddress> address = List.of(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 8080));
        String plain = Banner.format(SITE, address, List.of(), PLAIN, "Others may.", Optional.empty(), false);
        String coloured = Banner.format(SITE, address, List.of(), PLAIN, "Others may.", Optional.empty(), true);
        assertFalse(plain.contains("\u001b"));
        assertTrue(coloured.contains("\u001b[1;36mhttp://127.0.0.1:8080/\u001b[0m"));
        assertEquals(plain, coloured.replaceAll("\u001b\\[[0-9;]*m", ""));
    }

    @Test
    void aNameDoesNotDriveTheTerminal() {
        String banner = Banner.format(Path.of("/a\u001b[2J\nb"), List.of(), List.of(Path.of("/s\u001b[2J\n")), PLAIN, "Others may.", Optional.empty(), false);
        assertFalse(banner.contains("\u001b"), banner);
        assertEquals(3, banner.lines().count(), banner);
    }

    @Test
    void theDocbaseIsShownInFull() {
        assertTrue(Banner.format(Path.of("x/../y"), List.of(), List.of(), PLAIN, "Others may.", Optional.empty(), false).startsWith(
                "Comanche serves " + Path.of("").toAbsolutePath().resolve("y") + "\n"));
    }
}
