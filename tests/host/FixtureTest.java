package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import junit.ComancheExtension;
import lib.host.Fault;
import lib.host.Fixture;
import lib.host.Journal;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A server inside the process of a test, by itself and as an extension of JUnit.
class FixtureTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    @TempDir
    Path site;

    @BeforeEach
    void furnish() throws IOException {
        Files.writeString(site.resolve("a.txt"), "hello");
    }

    private static HttpResponse<String> get(URI uri, String... fields) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri);
        for (int i = 0; i < fields.length; i += 2) {
            request.header(fields[i], fields[i + 1]);
        }
        return CLIENT.send(request.build(), BodyHandlers.ofString());
    }

    /// A build has one JVM for thousands of tests.
    @Test
    void noThreadOfItIsLeft() throws Fault {
        try (Fixture _ = Fixture.serve(site)) {
            await(true);
        }
        await(false);
    }

    /// Waits until there are threads, or none any more, that wait for clients.
    private static void await(boolean there) {
        for (long end = System.nanoTime() + 30_000_000_000L; isThere() != there; LockSupport.parkNanos(5_000_000)) {
            assertTrue(System.nanoTime() < end, there ? "no such thread" : "it is left");
        }
    }

    private static boolean isThere() {
        return Thread.getAllStackTraces().keySet().stream().anyMatch(thread -> List.of("resting", "sending", "reaper").contains(thread.getName()));
    }

    @Test
    void itServesAndKnowsWhatItWasAskedAtOnceAndIsGoneAfterwards() throws Exception {
        URI uri;
        try (Fixture fixture = Fixture.serve(site, "--header", "A: b", "--fail-on", "404")) {
            uri = fixture.uri("/a.txt");
            for (int i = 1; i <= 200; i++) {
                assertEquals("hello", get(uri, "Authorization", "Bearer abc").body());
                assertEquals(i, fixture.requests().size());
            }
            Journal.Entry last = fixture.requests().getLast();
            assertEquals("GET /a.txt 200", last.toString());
            assertEquals("Bearer abc", last.asked().first("Authorization").orElseThrow());
            assertEquals("b", last.answered().first("A").orElseThrow());
            assertEquals(List.of(), fixture.complaints());
            assertEquals(404, get(fixture.uri("/b")).statusCode());
            assertEquals(List.of("answered 404 GET /b"), fixture.complaints());
        }
        assertThrows(ConnectException.class, () -> get(uri));
    }

    @Test
    void manyRunAtOnce() throws Exception {
        List<Fixture> fixtures = IntStream.range(0, 20).mapToObj(_ -> served()).toList();
        try {
            assertEquals(20, fixtures.stream().map(Fixture::port).distinct().count());
            for (Fixture fixture : fixtures) {
                assertEquals("hello", get(URI.create(fixture.url() + "/a.txt")).body());
                assertEquals(1, fixture.requests().size());
            }
        } finally {
            fixtures.forEach(Fixture::close);
        }
    }

    private Fixture served() {
        try {
            return Fixture.serve(site);
        } catch (Fault fault) {
            throw new AssertionError(fault);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--nonsense", "--pidfile=x", "--once", "--json", "--port=x", "--chroot=/"})
    void whatCannotBeIsAFault(String option) {
        Fault fault = assertThrows(Fault.class, () -> Fixture.serve(site, option));
        assertEquals(Fault.USAGE, fault.exitCode());
        assertTrue(fault.getMessage().endsWith("."), fault.getMessage());
    }

    @Test
    void aPortInUseIsAFault() throws Exception {
        try (Fixture taken = Fixture.serve(site)) {
            Fault fault = assertThrows(Fault.class, () -> Fixture.serve(site, "-p", Integer.toString(taken.port())));
            assertEquals(Fault.CANNOT_START, fault.exitCode());
        }
    }

    /// Here it is the last step of the start that fails.
    @Test
    void aFixtureThatCannotStartLeavesNothingOpen() throws Exception {
        Path descriptors = Path.of("/proc/self/fd");
        assumeTrue(Files.isDirectory(descriptors), "no /proc here");
        long before = count(descriptors);
        for (int i = 0; i < 100; i++) {
            assertThrows(Fault.class, () -> Fixture.serve(site, "--journal", "/no/such/journal"));
        }
        long after = count(descriptors);
        assertTrue(after < before + 50, before + " descriptors, then " + after);
    }

    private static long count(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.count();
        }
    }

    private static Path furnished() {
        try {
            return Files.writeString(Files.createTempDirectory("comanche").resolve("a.txt"), "of all").getParent();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Nested
    class AsAnExtension {
        @RegisterExtension
        static final ComancheExtension OF_ALL = ComancheExtension.serve(furnished());

        @RegisterExtension
        final ComancheExtension ofEach = ComancheExtension.serve(furnished(), "--fail-on", "404");

        @ParameterizedTest
        @ValueSource(ints = {1, 2})
        void oneIsOfTheClassAndTheOtherOfEachTest(int round) throws Exception {
            assertEquals("of all", get(OF_ALL.uri("/a.txt")).body());
            assertEquals("of all", get(URI.create(ofEach.url() + "/a.txt")).body());
            assertEquals(round, OF_ALL.requests().size());
            assertEquals(1, ofEach.requests().size());
        }
    }

    /// JUnit tells an extension of every nested class as it does of the one around it.
    @Test
    void theServerOfAClassIsThatOfTheClassesNestedInIt() throws Exception {
        ComancheExtension extension = ComancheExtension.serve(site);
        extension.beforeAll(null);
        String url = extension.url();
        extension.beforeAll(null);
        extension.beforeEach(null);
        assertEquals(url, extension.url());
        extension.afterEach(null);
        extension.afterAll(null);
        assertEquals(url, extension.url());
        extension.afterAll(null);
        assertThrows(IllegalStateException.class, extension::fixture);
    }

    @Test
    void whatItComplainsOfFailsTheTest() throws Exception {
        ComancheExtension extension = ComancheExtension.serve(site, "--expect", "/b.txt");
        assertThrows(IllegalStateException.class, extension::url);
        extension.beforeEach(null);
        get(extension.uri("/a.txt"));
        AssertionError error = assertThrows(AssertionError.class, () -> extension.afterEach(null));
        assertEquals("Comanche has never fetched: /b.txt", error.getMessage());
        assertThrows(IllegalStateException.class, extension::fixture);
    }
}
