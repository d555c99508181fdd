package tests.process;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.host.Openssl;
import tests.process.Processes.Outcome;
import tests.process.RawClient.Answer;
import tests.process.RawClient.Ending;

/// TLS as curl, openssl and a browser see it.
class TlsTest {
    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");

    @TempDir
    static Path room;

    private static byte[] large;
    private static int redirectPort;

    /// With certificates of its own, for two hosts.
    private static ComancheProcess server;

    /// Two with a local authority, started at once where there was none. They have little patience.
    private static List<ComancheProcess> local;

    @BeforeAll
    static void start() throws Exception {
        Path site = Files.createDirectory(room.resolve("site"));
        Files.writeString(site.resolve("index.html"), "<p>Hello");
        large = new byte[(8 << 20) + 1];
        new Random(1).nextBytes(large);
        Files.writeString(site.resolve("small.txt"), "small");
        Files.write(site.resolve("large.bin"), large);
        Openssl.certificate(room, "one", "DNS:localhost,IP:127.0.0.1");
        Openssl.run(room, "req -x509 -newkey rsa:2048 -nodes -keyout two.key -out two.pem -days 30 -subj /CN=two "
                + "-addext subjectAltName=DNS:two.example,DNS:*.two.example");
        try (ServerSocket free = new ServerSocket(0)) {
            redirectPort = free.getLocalPort();
        }
        List<CompletableFuture<ComancheProcess>> starting = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            starting.add(CompletableFuture.supplyAsync(() -> ComancheProcess.start(Map.of("HOME", room.resolve("home").toString()),
                    "serve", site.toString(), "-p", "0", "--tls", "--head-timeout=3s", "-q")));
        }
        server = ComancheProcess.serve(site, "--tls-cert", file("one.pem"), "--tls-key", file("one.key"), "--tls-cert",
                file("two.pem"), "--tls-key", file("two.key"), "--tls-redirect", Integer.toString(redirectPort), "--hsts=1d",
                "--write", "--log-format=json", "-l", file("access.log"));
        local = starting.stream().map(CompletableFuture::join).toList();
    }

    @AfterAll
    static void nothingWasSaidOnStandardError() {
        List<ComancheProcess> all = new ArrayList<>(local);
        all.add(server);
        for (ComancheProcess each : all) {
            try (each) {
                Outcome outcome = each.stop();
                assertEquals("", outcome.err());
                assertEquals(0, outcome.code());
            }
        }
    }

    private static String file(String name) {
        return room.resolve(name).toString();
    }

    private static Outcome curl(String... arguments) {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "--max-time", "20"));
        command.addAll(Arrays.asList(arguments));
        return Processes.run(room, ComancheProcess.environment(Map.of()), command);
    }

    /// What `openssl s_client` says of a connection on which nothing is asked.
    private static String openssl(ComancheProcess to, String options) {
        List<String> command = new ArrayList<>(List.of("openssl", "s_client", "-connect", "127.0.0.1:" + to.port()));
        command.addAll(Arrays.asList(options.split(" ")));
        Outcome outcome = Processes.run(room, ComancheProcess.environment(Map.of()), command);
        return outcome.out() + outcome.err();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --tlsv1.3                    | 200 1.1
            --tlsv1.2 --tls-max 1.2      | 200 1.1
            --http1.0                    | 200 1.1
            --no-alpn                    | 200 1.1
            --no-sessionid --no-keepalive| 200 1.1
            """)
    void aFileComesOctetForOctet(String options, String outcome) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(options.split(" ")));
        arguments.addAll(List.of("--cacert", file("one.pem"), "-o", file("fetched"), "-w", "%{http_code} %{http_version}",
                "https://localhost:" + server.port() + "/large.bin"));
        Outcome fetched = curl(arguments.toArray(String[]::new));
        assertEquals(outcome, fetched.out(), fetched.err());
        assertArrayEquals(large, Files.readAllBytes(room.resolve("fetched")));
    }

    /// A client that rests between two requests has no thread; what it asks for next may come in any pieces, and may need one. Each piece is a
    /// record.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            SMALL                | 200
            SMALL, SMALL, SMALL  | 200 200 200
            SMALL SMALL, SMALL   | 200 200 200
            SMALL, NOTHING, HEAD | 200 404 200
            SMALL, LARGE, SMALL  | 200 200 200
            LARGE SMALL, NOTHING | 200 200 404
            SMALL, /PIECES       | 200 200
            """)
    void whoRestsIsAnsweredWhateverThePieces(String records, String statuses) throws Exception {
        Map<String, String> requests = Map.of("SMALL", request("GET", "/small.txt"), "NOTHING", request("GET", "/nothing"),
                "HEAD", request("HEAD", "/small.txt"), "LARGE", request("GET", "/large.bin"), "/PIECES", request("GET", "/small.txt"));
        try (Socket client = trusting().getSocketFactory().createSocket("127.0.0.1", server.port())) {
            client.setSoTimeout(20_000);
            InputStream in = client.getInputStream();
            List<String> seen = new ArrayList<>();
            for (String record : records.split(", ")) {
                String octets = Arrays.stream(record.split(" ")).map(requests::get).reduce("", String::concat);
                int middle = record.startsWith("/") ? octets.length() / 2 : octets.length();
                client.getOutputStream().write(octets.substring(0, middle).getBytes(StandardCharsets.ISO_8859_1));
                client.getOutputStream().write(octets.substring(middle).getBytes(StandardCharsets.ISO_8859_1));
                for (String name : record.split(" ")) {
                    seen.add(status(in, name.equals("HEAD")));
                }
            }
            assertEquals(statuses, String.join(" ", seen));
            client.getOutputStream().write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
            in.readAllBytes(); // throws if the end is not said
        }
    }

    private static String request(String method, String target) {
        return method + ' ' + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }

    /// The status of the next response, all of which is read; its fields say that browsers are to stay.
    private static String status(InputStream in, boolean headOnly) throws IOException {
        StringBuilder head = new StringBuilder();
        while (!head.toString().endsWith("\r\n\r\n")) {
            head.append((char) in.read());
        }
        assertTrue(head.indexOf("Strict-Transport-Security: ") > 0, head.toString());
        int length = Integer.parseInt(head.toString().replaceAll("(?s).*Content-Length: (\\d+).*", "$1"));
        assertEquals(headOnly ? 0 : length, in.readNBytes(headOnly ? 0 : length).length);
        return head.substring(9, 12);
    }

    /// Trusts the first certificate of the server.
    private static SSLContext trusting() throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (InputStream certificate = Files.newInputStream(room.resolve("one.pem"))) {
            trusted.setCertificateEntry("one", CertificateFactory.getInstance("X.509").generateCertificate(certificate));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    @Test
    void whatIsBroughtArrivesOctetForOctet() throws IOException {
        Outcome outcome = curl("--cacert", file("one.pem"), "-T", file("site/large.bin"), "-w", "%{http_code}", "-o", file("page"),
                "https://localhost:" + server.port() + "/brought.bin");
        assertEquals("201", outcome.out(), outcome.err());
        assertArrayEquals(large, Files.readAllBytes(room.resolve("site/brought.bin")));
    }

    @Test
    void aRangeAndTheNextRequestComeOnTheSameConnection() {
        String url = "https://localhost:" + server.port();
        Outcome outcome = curl("--cacert", file("one.pem"), "-r", "100-200000", "-o", file("part"), "-w", "%{http_code} %{size_download} ",
                url + "/large.bin", "--next", "-sS", "--cacert", file("one.pem"), "-w", " %{num_connects}", url + "/");
        assertEquals("206 199901 <p>Hello 0", outcome.out(), outcome.err());
    }

    @ParameterizedTest
    @CsvSource({"-noservername, one", "-servername localhost, one", "-servername two.example, two", "-servername TWO.example, two",
        "-servername a.two.example, two", "-servername a.b.two.example, two", "-servername three.example, one"})
    void theServerNameChoosesTheCertificate(String options, String name) {
        String said = openssl(server, options + " -sigalgs ECDSA+SHA256:RSA-PSS+SHA256");
        assertTrue(said.contains("subject=CN = " + name + "\n"), said);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-tls1_3", "-tls1_2"})
    void aSessionIsResumed(String version) {
        String request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        List<String> command = List.of("openssl", "s_client", "-connect", "127.0.0.1:" + server.port(), version, "-ign_eof", "-quiet",
                "-sess_out", file("session"));
        try (Processes.Running first = Processes.start(room, ComancheProcess.environment(Map.of()), command)) {
            first.input(request);
            Outcome outcome = first.outcome();
            assertTrue(outcome.out().endsWith("<p>Hello"), outcome.out());
            assertEquals(0, outcome.code(), "the end was said: " + outcome.err());
        }
        assertTrue(openssl(server, version + " -sess_in session").contains("\nReused, TLSv1"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            -tls1_1 -cipher ALL:@SECLEVEL=0                          | alert protocol version
            -tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256                | alert handshake failure
            -tls1_2 -cipher ECDHE-ECDSA-AES256-SHA                   | alert handshake failure
            -tls1_2 -cipher AES128-GCM-SHA256 -servername two.example| alert handshake failure
            -tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256                | alert handshake failure
            -tls1_2 -cipher ALL:@SECLEVEL=0 -sigalgs ECDSA+SHA1        | alert handshake failure
            -tls1_3 -groups ffdhe2048                                | alert
            -alpn h2                                                 | alert no application protocol
            -alpn h2,http/1.1                                        | ALPN protocol: http/1.1
            -tls1_2                                                  | Secure Renegotiation IS supported
            -tls1_2                                                  | Cipher is ECDHE-ECDSA-AES128-GCM-SHA256
            -tls1_3                                                  | Cipher is TLS_AES_128_GCM_SHA256
            -tls1_3                                                  | Compression: NONE
            """)
    void onlyWhatIsSoundIsAgreedOn(String options, String words) {
        String said = openssl(server, options);
        assertTrue(said.contains(words), said);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "none", textBlock = """
            GET /a?b HTTP/1.1~Host: localhost:81~~                             | 301 | https://localhost:81/a?b
            HEAD / HTTP/1.0~Host: localhost:81~~                               | 301 | https://localhost:81/
            POST /a HTTP/1.1~Host: a:81~Content-Length: 3~~abc                 | 308 | https://a:81/a
            GET / HTTP/1.1~~                                                   | 400 | none
            GET / HTTP/1.0~~                                                   | 400 | none
            NONSENSE~~                                                         | 400 | none
            """)
    void plainHttpOnTheTlsPortIsSentToHttps(String request, int status, String location) {
        try (RawClient client = server.connect()) {
            Answer answer = client.send(request.replace("~", "\r\n")).readHead();
            assertEquals(status, answer.status());
            assertEquals(location, answer.field("Location").orElse(null));
            assertEquals(null, answer.field("Strict-Transport-Security").orElse(null));
        }
    }

    @Test
    void anotherPortLeadsHereToo() {
        try (RawClient client = new RawClient(new java.net.InetSocketAddress("127.0.0.1", redirectPort))) {
            Answer answer = client.send("GET /a HTTP/1.1\r\nHost: localhost:" + redirectPort + "\r\n\r\n").read();
            assertEquals(301, answer.status());
            assertEquals("https://localhost:" + server.port() + "/a", answer.field("Location").orElseThrow());
        }
        Outcome outcome = curl("-L", "--cacert", file("one.pem"), "http://localhost:" + redirectPort + "/");
        assertEquals("<p>Hello", outcome.out(), outcome.err());
    }

    @Test
    void browsersAreToldToStayAndTheLogTellsWhoCameBySecureWays() {
        String https = "https://localhost:" + server.port() + "/?secure";
        Outcome outcome = curl("--cacert", file("one.pem"), "-D", "-", "-o", file("page"), https);
        assertTrue(outcome.out().contains("\r\nStrict-Transport-Security: max-age=86400\r\n"), outcome.out());
        curl("-o", file("page"), "http://localhost:" + server.port() + "/?plain");
        ComancheProcess.await("no lines in the log", () -> logged("\"target\":\"/?secure\"", "\"tls\":true")
                && logged("\"target\":\"/?plain\"", "\"tls\":false"));
    }

    private static boolean logged(String... words) {
        try {
            return Files.readString(room.resolve("access.log")).lines()
                    .anyMatch(line -> Arrays.stream(words).allMatch(line::contains));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /// The first octets of a ClientHello, and no more.
    private static final byte[] HALF = {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xFC, 3, 3};

    @Test
    void slowHandshakesBlockNobody() {
        List<RawClient> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 100; i++) {
                slow.add(server.connect().send(HALF));
            }
            assertEquals("<p>Hello", curl("--cacert", file("one.pem"), "https://localhost:" + server.port() + "/").out());
        } finally {
            slow.forEach(RawClient::close);
        }
    }

    @Test
    void aHandshakeThatTakesTooLongEndsAsDoesAClientThatSaysNothing() {
        try (RawClient half = local.getFirst().connect().send(HALF); RawClient silent = local.getFirst().connect()) {
            assertEquals(Ending.CLOSED, silent.ending());
            half.ending();
        }
    }

    private static Path authority() {
        return room.resolve("home/.local/state/comanche/authority.crt");
    }

    @Test
    void twoServersThatStartAtOnceHaveOneAuthority() {
        for (ComancheProcess each : local) {
            for (String host : List.of("localhost", "127.0.0.1")) {
                assertEquals("<p>Hello", curl("--cacert", authority().toString(), "https://" + host + ":" + each.port() + "/").out());
            }
            assertEquals("https", each.urls().getFirst().getScheme());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "https"})
    void theAuthorityCanBeFetchedToBeTrusted(String scheme) throws IOException {
        Outcome fetched = curl("-k", scheme + "://localhost:" + local.getLast().port() + "/.well-known/comanche-ca.crt");
        assertEquals(Files.readString(authority()), fetched.out(), fetched.err());
        String fingerprint = Openssl.run(room, "x509 -noout -fingerprint -sha256 -in " + authority()).strip();
        local.getLast().awaitOut("authority SHA-256 " + fingerprint.substring(fingerprint.indexOf('=') + 1) + "\n");
    }

    @Test
    void aBrowserLoadsAPageAndWhatBelongsToIt() throws Exception {
        assumeTrue(Files.isExecutable(CHROMIUM), "chromium is not installed");
        Path site = room.resolve("site");
        Files.writeString(site.resolve("page.html"), "<!DOCTYPE html><p id=out>nothing</p><script type=module src=page.mjs></script>");
        Files.writeString(site.resolve("page.mjs"), """
                const octets = await (await fetch('large.bin')).arrayBuffer();
                document.getElementById('out').textContent = location.protocol + octets.byteLength;
                """);
        byte[] key;
        try (var octets = Files.newInputStream(authority())) {
            key = CertificateFactory.getInstance("X.509").generateCertificate(octets).getPublicKey().getEncoded();
        }
        String trusted = Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(key));
        Outcome outcome = Processes.run(room, ComancheProcess.environment(Map.of("HOME", file("home"))),
                List.of(CHROMIUM.toString(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                        "--disable-background-networking", "--no-first-run", "--user-data-dir=" + file("profile"),
                        "--ignore-certificate-errors-spki-list=" + trusted, "--virtual-time-budget=10000", "--dump-dom",
                        "https://127.0.0.1:" + local.getFirst().port() + "/page.html"));
        assertTrue(outcome.out().contains(">https:" + large.length + "<"), outcome.out() + outcome.err());
    }

    private static void replace(String with, String name) {
        for (String ending : List.of(".pem", ".key")) {
            try {
                Path fresh = Files.copy(room.resolve(with + ending), room.resolve("fresh"), StandardCopyOption.REPLACE_EXISTING);
                Files.move(fresh, room.resolve(name + ending), StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    private static void awaitSubject(ComancheProcess of, String servername, String name) {
        ComancheProcess.await("the certificate of " + name + " did not come",
                () -> openssl(of, "-servername " + servername).contains("subject=CN = " + name + "\n"));
    }

    @Test
    void newFilesAreTakenByThemselvesAndNewSettingsOnHup() throws IOException {
        Openssl.certificate(room, "first", "DNS:localhost");
        Openssl.certificate(room, "second", "DNS:localhost");
        replace("first", "now");
        Path settings = room.resolve("comanche.toml");
        String text = "docbase = '%s'\nport = 0\ntls-cert = '%s'\ntls-key = '%s'\n".formatted(room.resolve("site"), file("now.pem"),
                file("now.key"));
        Files.writeString(settings, text);
        try (ComancheProcess reloading = ComancheProcess.start(Map.of(), "serve", "-c", settings.toString(), "--error-log",
                file("error.log"), "-q")) {
            awaitSubject(reloading, "localhost", "first");
            replace("second", "now");
            awaitSubject(reloading, "localhost", "second");

            Files.writeString(room.resolve("now.key"), "damaged");
            awaitError("the old ones go on");
            awaitSubject(reloading, "localhost", "second");

            replace("first", "now");
            Files.writeString(settings, text + "[[host]]\nnames = ['*.h.example']\ntls-cert = '%s'\ntls-key = '%s'\n".formatted(
                    file("two.pem"), file("two.key")));
            reloading.signal("HUP");
            awaitSubject(reloading, "a.h.example", "two");
            awaitSubject(reloading, "localhost", "first");

            Files.writeString(settings, text.replace("now.key", "two.key"));
            reloading.signal("HUP");
            awaitError("The settings were not good; the old ones go on.");
            awaitSubject(reloading, "a.h.example", "two");
            reloading.stop();
        }
        String errors = Files.readString(room.resolve("error.log"));
        assertEquals(1, errors.lines().filter(line -> line.contains("holds no private key")).count(), errors);
    }

    private static void awaitError(String words) {
        ComancheProcess.await("no error of " + words, () -> {
            try {
                return Files.exists(room.resolve("error.log")) && Files.readString(room.resolve("error.log")).contains(words);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            one.pem  | two.key  | 1 | The key in '{two.key}' is no EC key, as the certificate wants it; name the one that it was made with.
            none.pem | one.key  | 1 | '{none.pem}' can't be read; name a file that is there.
            one.pem  |          | 1 | '{one.pem}' holds no private key; name the file that begins with -----BEGIN PRIVATE KEY----- (--tls-key).
            """)
    void whatIsWrongIsSaidAtTheStartAndByCheck(String certificate, String key, int code, String sentence) {
        for (String command : List.of("serve", "check")) {
            List<String> arguments = new ArrayList<>(List.of(command, "-b", file("site"), "--tls-cert", file(certificate)));
            if (key != null) {
                arguments.addAll(List.of("--tls-key", file(key)));
            }
            if (command.equals("serve")) {
                arguments.addAll(List.of("-p", "0"));
            }
            Outcome outcome = ComancheProcess.run(Map.of(), arguments.toArray(String[]::new));
            assertEquals("comanche: " + sentence.replace("{", room + "/").replace("}", "") + "\n", outcome.err());
            assertEquals(code, outcome.code());
            assertFalse(outcome.out().contains("It would start."));
        }
    }

    @Test
    void aKeyThatAllMayReadIsWarnedOf() throws IOException {
        Openssl.certificate(room, "open", "DNS:localhost");
        Files.setPosixFilePermissions(room.resolve("open.key"), java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
        try (ComancheProcess open = ComancheProcess.serve(room.resolve("site"), "--tls-cert", file("open.pem"), "--tls-key",
                file("open.key"))) {
            assertEquals(1, open.stop().err().lines().filter(line -> line.endsWith("warning The private key in " + file("open.key")
                    + " can be read by every user of this machine; chmod 600 it.")).count());
        }
    }

    @Test
    void thePasswordIsNotShown() throws IOException {
        Openssl.run(room, "pkcs12 -export -in one.pem -inkey one.key -passout pass:geheim -out one.p12");
        Outcome outcome = ComancheProcess.run(Map.of("COMANCHE_TLS_PASSWORD", "geheim"), "check", "-b", file("site"), "--tls-cert",
                file("one.p12"));
        assertEquals(0, outcome.code(), outcome.err());
        assertFalse(outcome.out().contains("geheim"), outcome.out());
        
    }
}
