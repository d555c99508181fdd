package tests.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lib.host.Fault;
import lib.host.Fixture;
import lib.host.Journal;
import lib.http.Query;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Somebody sends ambiguous requests to a real proxy in front of us. Do the two of us see the same ones, and does everybody get the
/// answer to his own?
class SmugglingTest {
    private static final int CLIENTS = 8;
    private static final int PATIENCE_MILLIS = 150;

    /// A redirection tells the query that it was asked with.
    private static final Pattern MARKER = Pattern.compile("marker=([0-9.]+)");

    private static final List<String> METHODS = List.of("POST", "GET", "PUT", "DELETE", "OPTIONS", "HEAD", "FOO");

    /// With what the requests of the table begin, also as Caddy writes it.
    private static final Set<String> LINES = new HashSet<>(Set.of("PRI * HTTP/1.1", "GET 80 HTTP/1.1"));

    static {
        for (String template : Ambiguities.all()) {
            for (String method : METHODS) {
                LINES.add(Ambiguities.octets(template, method, "").strip().split("\r\n")[0].strip());
            }
        }
    }

    @TempDir
    Path directory;

    /// What went wrong, and how much was tried.
    private record Findings(ConcurrentLinkedQueue<String> wrong, AtomicInteger attacks) {
        Findings() {
            this(new ConcurrentLinkedQueue<>(), new AtomicInteger());
        }

        void add(String about, String what) {
            wrong.add(about.substring(0, Math.min(about.length(), 150)) + ": " + what + '\n');
        }
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource(delimiter = '!', textBlock = """
            NGINX !
            NGINX ! ignore_invalid_headers off; underscores_in_headers on; merge_slashes off; proxy_request_buffering off; large_client_header_buffers 4 64k;
            HAPROXY !
            HAPROXY ! option accept-invalid-http-request
            CADDY !
            """)
    void bothSeeTheSameRequests(Proxy.Kind kind, String extra) throws Exception {
        assumeTrue(kind.path() != null, () -> kind.program() + " is not installed");
        assumeTrue(extra == null || Torture.rounds(0, 1) == 1, "in the long form only");
        Findings findings = new Findings();
        try (Fixture ours = serve();
                Proxy proxy = Proxy.start(kind, extra == null ? "" : extra, ours.port(), Files.createDirectory(directory.resolve("proxy")))) {
            attack(proxy.port(), findings);
            List<Journal.Entry> seen = ours.requests();
            judge(seen, findings);
            System.out.println("SmugglingTest: " + kind + ": " + findings.attacks + " attacks, " + seen.size() + " requests passed on, "
                    + seen.stream().filter(entry -> entry.asked().lines().isEmpty()).count() + " of them refused as malformed");
            assertTrue(seen.size() > findings.attacks.get(), "hardly anything came through");
        }
        assertEquals(List.of(), List.copyOf(findings.wrong));
    }

    /// A test that cannot fail is none: where nobody stands in front, what we see has no seal.
    @Test
    void withoutAProxyEachGetsHisOwnAnswerToo() throws Exception {
        Findings findings = new Findings();
        try (Fixture ours = serve()) {
            attack(ours.port(), findings);
            assertEquals(List.of(), List.copyOf(findings.wrong));
            judge(ours.requests(), findings);
            assertTrue(findings.wrong.size() > findings.attacks.get());
        }
    }

    private Fixture serve() throws IOException, Fault {
        Path tree = Files.createDirectory(directory.resolve("tree"));
        Files.writeString(Files.createDirectory(tree.resolve("dir")).resolve("file"), "so that nobody deletes the directory");
        return Fixture.serve(tree, "-a", "127.0.0.1", "--write", "--min-free", "1");
    }

    private static void attack(int port, Findings findings) throws Exception {
        List<String> templates = Ambiguities.all();
        int rounds = Torture.rounds(1, 28);
        try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS, Thread.ofPlatform().daemon().factory())) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < templates.size() * rounds; i++) {
                String template = templates.get(i % templates.size());
                String method = METHODS.get((i + i / templates.size()) % METHODS.size());
                int number = i + 1;
                all.add(clients.submit(() -> {
                    attack(port, number, template, method, findings);
                    return null;
                }));
            }
            for (Future<?> attack : all) {
                attack.get();
            }
        }
    }

    /// The attack with another request behind it on its connection; then somebody else asks on a connection of his own.
    private static void attack(int port, int number, String template, String method, Findings findings) throws IOException {
        findings.attacks.incrementAndGet();
        String smuggled = "GET /dir?marker=" + number + ".9 HTTP/1.1\r\nHost: x\r\nX-Smuggled: ";
        String last = "GET /dir?marker=" + number + ".1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        String answers = exchange(port, Ambiguities.octets(template, method, smuggled + "y\r\n\r\n") + last);
        answers += exchange(port, Ambiguities.octets(template, method, smuggled) + last);
        for (Matcher marker = MARKER.matcher(answers); marker.find(); ) {
            if (!marker.group(1).startsWith(number + ".")) {
                findings.add(template, "got the answer to " + marker.group());
            }
        }
        try (Caller other = new Caller(port)) {
            Caller.Reply reply = other.ask("GET /dir?marker=" + number + ".2 HTTP/1.1\r\nHost: x\r\n\r\n");
            if (!reply.field("Location").endsWith("marker=" + number + ".2")) {
                findings.add(template, "somebody else got " + reply.head());
            }
        }
    }

    /// All that comes back until the connection ends, or nothing more comes.
    private static String exchange(int port, String octets) throws IOException {
        ByteArrayOutputStream answers = new ByteArrayOutputStream();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.getOutputStream().write(octets.getBytes(StandardCharsets.ISO_8859_1));
            byte[] some = new byte[16 * 1024];
            for (int count = socket.getInputStream().read(some); count >= 0; count = socket.getInputStream().read(some)) {
                answers.write(some, 0, count);
            }
        } catch (IOException _) {
            // silence, or a reset: what came has come
        }
        return answers.toString(StandardCharsets.ISO_8859_1);
    }

    /// What we have seen must be what the proxy has passed on: each request sealed once, and named by it as we read it.
    private static void judge(List<Journal.Entry> seen, Findings findings) {
        Set<String> ids = new HashSet<>();
        for (Journal.Entry entry : seen) {
            if (entry.asked().lines().isEmpty()) {
                judgeRefused(entry, findings);
                continue;
            }
            boolean sealed = entry.asked().values("X-From-Proxy").equals(List.of(Proxy.SEAL));
            boolean once = entry.asked().values("X-Id").size() == 1 && ids.add(entry.asked().first("X-Id").orElse(""));
            boolean same = entry.method().equals(entry.asked().combined("X-Method").orElse(""))
                    && path(entry.target()).equals(path(entry.asked().combined("X-Target").orElse("")));
            if (!sealed || !once || !same) {
                findings.add(entry.toString(), "not what the proxy passed on: " + entry.asked());
            }
        }
    }

    /// What we refuse must begin where the proxy has begun it: with the line of an attack, not amid its content.
    private static void judgeRefused(Journal.Entry entry, Findings findings) {
        String line = entry.line().requestLine();
        boolean tooLong = entry.status() == 414 || entry.status() == 501;
        if (entry.status() < 400 || !(line.isEmpty() ? tooLong : LINES.contains(line.strip()))) {
            findings.add(line, "refused with " + entry.status() + ", and no request");
        }
    }

    /// Without scheme and authority, and decoded, as some encode anew.
    private static String path(String target) {
        String path = target.replaceFirst("^(?i)https?://[^/?]*", "");
        return path.isEmpty() ? "/" : Query.parse("p=" + path.replace("&", "%26").replace("+", "%2b")).first("p").orElse("");
    }
}
