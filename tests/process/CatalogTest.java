package tests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.process.Processes.Outcome;
import tests.process.Processes.Running;

/// Comanche hands itself out: it serves its own checkout, and a jbang that has never heard of it runs `comanche@org` from
/// there and serves another directory. Home, jbang directory and caches are new. Only two things are reused, so that no
/// network is needed: the Maven repository that these tests were started from, which holds picocli, and jbang's own jar.
class CatalogTest {
    private static final Path CHECKOUT = Processes.checkout();

    @TempDir
    Path room;

    /// The repository out of which this JVM's class path comes.
    private static Path repository() {
        Matcher picocli = Pattern.compile("[^:]*(?=/info/picocli/picocli/)").matcher(System.getProperty("java.class.path"));
        Path usual = Path.of(System.getProperty("user.home"), ".m2", "repository");
        Path repository = picocli.find() ? Path.of(picocli.group()) : usual;
        assumeTrue(Files.isDirectory(repository.resolve("info/picocli/picocli")), "no Maven repository here holds picocli");
        return repository;
    }

    /// The cache in which the bootstrap keeps jbang's jar.
    private static Path cache() {
        String named = System.getenv("XDG_CACHE_HOME");
        Path cache = named != null ? Path.of(named) : Path.of(System.getProperty("user.home"), ".cache");
        assumeTrue(Files.isDirectory(cache.resolve("comanche")), "the bootstrap has not been used here yet");
        return cache;
    }

    private Map<String, String> freshHome() throws IOException {
        return ComancheProcess.environment(Map.of("HOME", Files.createDirectory(room.resolve("home")).toString(),
                "JBANG_DIR", room.resolve("jbang home").toString(), "JBANG_CACHE_DIR", room.resolve("jbang cache").toString(),
                "JBANG_REPO", repository().toString(), "XDG_CACHE_HOME", cache().toString(),
                "JAVA_HOME", System.getProperty("java.home"), "PATH", "/usr/bin:/bin"));
    }

    @Test
    void comancheRunsFromACatalogThatComancheServes() throws IOException {
        Path elsewhere = Files.createDirectory(room.resolve("elsewhere"));
        Path docs = Files.createDirectory(elsewhere.resolve("my docs"));
        Files.writeString(docs.resolve("a.txt"), "from elsewhere");
        Files.writeString(docs.resolve("README.md"), "~~gone~~");
        Map<String, String> environment = freshHome();
        String bootstrap = CHECKOUT.resolve("jbang").toString();

        try (ComancheProcess origin = ComancheProcess.serve(CHECKOUT)) {
            String catalog = "http://127.0.0.1:" + origin.port() + "/jbang-catalog.json";
            Outcome added = Processes.run(elsewhere, environment,
                    List.of(bootstrap, "catalog", "add", "--name", "org", catalog));
            assertEquals(0, added.code(), added.toString());

            try (Running fetched = Processes.start(elsewhere, environment,
                    List.of(bootstrap, "comanche@org", "serve", "my docs", "-p", "0"))) {
                fetched.awaitOut("Ctrl+C stops.");
                Matcher url = Pattern.compile("http://127\\S+").matcher(fetched.toString());
                assertTrue(url.find(), fetched.toString());
                try (RawClient client = new RawClient(ComancheProcess.address(URI.create(url.group())))) {
                    client.send("GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n");
                    assertEquals("from elsewhere", client.read().text());
                    client.send("GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n"); // with style, script and the library's jars
                    assertTrue(client.read().text().contains("<p><del>gone</del></p>"));
                }
                // The process that was started is the server itself: neither a shell nor jbang stands between.
                ComancheProcess.signal("TERM", fetched.pid());
                Outcome outcome = fetched.outcome();
                assertEquals(0, outcome.code(), outcome.toString());
                assertTrue(outcome.err().lines().allMatch(line -> line.startsWith("[jbang] ")), outcome.err());
            }

            String log = origin.stop().out();
            assertTrue(log.contains("\"GET /Comanche.java HTTP/1.1\" 200"), log);
            assertTrue(log.contains("\"GET /lib/host/Banner.java HTTP/1.1\" 200"), log);
        }
    }
}
