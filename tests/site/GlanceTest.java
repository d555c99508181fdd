package tests.site;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.http.Authority;
import lib.http.Client;
import lib.http.Content;
import lib.http.Exchange;
import lib.http.Fields;
import lib.http.MediaTypes;
import lib.http.Request;
import lib.http.Response;
import lib.http.Status;
import lib.http.Target;
import lib.site.Docroot;
import lib.site.DocumentCache;
import lib.site.Glance;
import lib.site.Guard;
import lib.site.Intake;
import lib.site.Programs;
import lib.site.Site;
import lib.site.Sites;
import lib.site.Visibility;
import lib.site.Writing;
import lib.wire.ResponseWriter;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is told at one glance is what would be told otherwise, and no longer than that holds.
class GlanceTest {
    /// And one more, for the test that changes it.
    private static final int LONG_ONES = 10;

    private static final Client CLIENT = new Client("127.0.0.1", 8080, true, false);
    private static final Instant NOW = Instant.now().plusSeconds(60);

    @TempDir
    static Path room;

    /// Files that were left alone for long enough to be kept.
    @BeforeAll
    static void settle() throws Exception {
        Files.createDirectories(room.resolve("sub"));
        Files.writeString(room.resolve("index.html"), "<p>home");
        Files.writeString(room.resolve("sub/a.txt"), "hello");
        Files.writeString(room.resolve("sub/b.txt"), "hello");
        Files.writeString(room.resolve("sub/b.txt.gz"), "squeezed");
        Files.writeString(room.resolve(".secret"), "hush");
        Files.createSymbolicLink(room.resolve("link.txt"), Path.of("sub/a.txt"));
        for (int i = 0; i < 200; i++) {
            Files.write(room.resolve(i + ".bin"), new byte[7000]);
        }
        for (int i = 0; i <= LONG_ONES; i++) {
            Files.write(room.resolve(i + ".long"), filled(i));
        }
        Thread.sleep(Duration.ofMillis(3200));
    }

    private static Sites sites(long octets) throws IOException {
        return sites(new DocumentCache(octets, 0));
    }

    private static Sites sites(DocumentCache cache) throws IOException {
        Docroot tree = new Docroot(room, new Visibility(false, false), false, Programs.NONE, cache);
        Intake intake = new Intake(Intake.Clash.REFUSE, 1, 1, 1, Duration.ofDays(1));
        Site.Manners manners = new Site.Manners(List.of("index.html"), true, false, false, false, Writing.NONE, intake, false, Fields.NONE);
        return new Sites(new Site(tree, manners, Guard.NONE, new MediaTypes(Map.of()), 10), List.of(), Optional.empty(), Optional.empty());
    }

    private static Request request(String method, String target, String... fields) {
        return new Request(method, target, Target.parse(target, method).orElseThrow(), 1, Authority.parse("a"), Fields.of(fields));
    }

    private static Response answer(Sites sites, Request request) throws IOException {
        return sites.answer(request, Exchange.of(CLIENT), NOW).response();
    }

    private static byte[] octets(Response response, Request request) throws IOException {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        try (WritableByteChannel channel = Channels.newChannel(octets)) {
            new ResponseWriter(channel, "", () -> { }).write(response, request.isHead(), ResponseWriter.Afterwards.PERSIST, NOW);
        }
        response.content().close();
        return octets.toByteArray();
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
            GET,     /sub/a.txt,      -,               -,                  true
            HEAD,    /sub/a.txt,      -,               -,                  true
            GET,     /sub/%61.txt,    -,               -,                  true
            GET,     /sub/a.txt?v=1,  -,               -,                  true
            GET,     /sub/a.txt,      If-None-Match,   *,                  true
            GET,     /sub/a.txt,      If-Match,        "x",                true
            GET,     /sub/a.txt,      Range,           bytes=1-2,          true
            GET,     /sub/a.txt,      Range,           'bytes=0-0,3-3',    true
            GET,     /sub/a.txt,      Range,           bytes=9-,           true
            GET,     /sub/b.txt,      -,               -,                  true
            GET,     /sub/b.txt,      Accept-Encoding, gzip,               true
            GET,     /,               -,               -,                  true
            GET,     /nowhere,        -,               -,                  true
            GET,     /nowhere,        Accept,          text/html,          true
            GET,     /sub/a.txt/x,    -,               -,                  false
            GET,     /.secret,        -,               -,                  false
            GET,     /sub/a.txt/,     -,               -,                  false
            GET,     /sub/,           -,               -,                  false
            GET,     /sub,            -,               -,                  false
            GET,     /link.txt,       -,               -,                  false
            GET,     /sub/a.txt?sha256, -,             -,                  false
            GET,     /sub/a.txt,      Want-Repr-Digest, sha-256=1,         false
            GET,     /sub/a.txt,      Expect,          tea,                false
            GET,     /SHA256SUMS,     -,               -,                  false
            POST,    /sub/a.txt,      -,               -,                  false
            OPTIONS, /sub/a.txt,      -,               -,                  false
            """)
    void theAnswerAtOneGlanceIsTheAnswer(String method, String target, String name, String value, boolean ready) throws IOException {
        Sites sites = sites(16 << 20);
        Request request = name == null ? request(method, target) : request(method, target, name, value);
        byte[] expected = octets(answer(sites, request), request);
        Glance<Response> glance = sites.atOnce(request, CLIENT, NOW);
        assertEquals(ready, glance != null);
        if (glance != null) {
            assertArrayEquals(expected, octets(glance.seen(), request));
            assertTrue(glance.basis().holds());
        }
    }

    @Test
    void nothingIsReadyBeforeItWasAskedForOrWithoutRoom() throws IOException {
        Request request = request("GET", "/sub/a.txt");
        assertNull(sites(16 << 20).atOnce(request, CLIENT, NOW));
        Sites none = sites(0);
        answer(none, request).content().close();
        assertNull(none.atOnce(request, CLIENT, NOW));
    }

    /// Written a moment ago, it could be written again without a change of its dates.
    @Test
    void whatHasJustBeenWrittenIsNotKept() throws IOException {
        Path fresh = Files.writeString(room.resolve("fresh.txt"), "one");
        Sites sites = sites(16 << 20);
        Request request = request("GET", "/fresh.txt");
        octets(answer(sites, request), request);
        assertNull(sites.atOnce(request, CLIENT, NOW));
        Files.delete(fresh);
    }

    @Test
    void aGlanceHoldsAsLongAsNothingChanges() throws Exception {
        Sites sites = sites(16 << 20);
        Path gone = room.resolve("gone.txt");
        Request request = request("GET", "/gone.txt");
        Glance<Response> missing = sites.atOnce(request, CLIENT, NOW);
        assertTrue(missing.basis().holds());
        Files.writeString(gone, "here");
        assertFalse(missing.basis().holds());

        Thread.sleep(Duration.ofMillis(3200));
        octets(answer(sites, request), request);
        Glance<Response> there = sites.atOnce(request, CLIENT, NOW);
        assertTrue(there.basis().holds());
        Files.setPosixFilePermissions(gone, Files.getPosixFilePermissions(gone));
        assertFalse(there.basis().holds(), "any change of a file is one");
        Files.delete(gone);
    }

    /// Two halves of the room: what is asked for now, and what was before.
    @Test
    void noMoreIsKeptThanThereIsRoomFor() throws IOException {
        Sites sites = sites(128 * 1024);
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            requests.add(request("GET", "/" + i + ".bin"));
            octets(answer(sites, requests.getLast()), requests.getLast());
        }
        long ready = requests.stream().filter(request -> sites.atOnce(request, CLIENT, NOW) != null).count();
        assertTrue(ready >= 8 && ready <= 128 * 1024 / 7000, ready + " are ready");
        assertNotNull(sites.atOnce(requests.getLast(), CLIENT, NOW));
    }

    @Test
    void octetsInMemoryAreReadLikeAFile() throws IOException {
        Sites sites = sites(16 << 20);
        Request request = request("GET", "/sub/a.txt");
        octets(answer(sites, request), request);
        lib.http.Content.FileSlice slice = (lib.http.Content.FileSlice) sites.atOnce(request, CLIENT, NOW).seen().content();
        ByteBuffer into = ByteBuffer.allocate(3);
        assertEquals(3, slice.file().read(into, 1));
        assertEquals("ell", new String(into.array(), StandardCharsets.US_ASCII));
        assertEquals(-1, slice.file().read(ByteBuffer.allocate(1), 5));
        assertEquals(0, slice.file().read(ByteBuffer.allocate(0), 5));
    }

    private static Response longOne(Sites sites, int number) throws IOException {
        return answer(sites, request("GET", "/" + number + ".long"));
    }

    /// Of the long ones, how many are open in this process?
    private static int open() throws IOException {
        int open = 0;
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors) {
                try {
                    open += Files.readSymbolicLink(descriptor).toString().contains(".long") ? 1 : 0;
                } catch (NoSuchFileException _) {
                    // the one of this directory
                }
            }
        }
        return open;
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void longDocumentsAreKeptOpenForWhoComesNext() throws IOException {
        DocumentCache cache = new DocumentCache(16 << 20, 4);
        Sites sites = sites(cache);
        Request request = request("GET", "/0.long");
        byte[] expected = octets(answer(sites, request), request);
        assertEquals(1, open());
        for (String method : List.of("GET", "HEAD")) {
            Request again = request(method, "/0.long");
            octets(sites.atOnce(again, CLIENT, NOW).seen(), again);
        }
        assertArrayEquals(expected, octets(sites.atOnce(request, CLIENT, NOW).seen(), request));
        assertEquals(1, open());
        cache.close();
        assertEquals(0, open());
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFileThatNobodyAsksForIsClosed() throws IOException {
        DocumentCache cache = new DocumentCache(16 << 20, 4);
        Sites sites = sites(cache);
        Response slow = longOne(sites, 0);
        cache.rest();
        longOne(sites, 1).content().close();
        cache.rest();
        assertEquals(2, open(), "one is still being sent, one was asked for");
        assertEquals(100_000, ((Content.FileSlice) slow.content()).file().transferTo(0, 100_000, Channels.newChannel(OutputStream.nullOutputStream())));
        slow.content().close();
        slow.content().close();
        assertEquals(1, open());
        cache.rest();
        assertEquals(0, open());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 7})
    @EnabledOnOs(OS.LINUX)
    void noMoreFilesAreKeptOpenThanThereIsRoomFor(int room) throws IOException {
        DocumentCache cache = new DocumentCache(16 << 20, room);
        Sites sites = sites(cache);
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < LONG_ONES; i++) {
                longOne(sites, i).content().close();
                assertTrue(open() <= room, open() + " are open");
            }
        }
        cache.close();
        assertEquals(0, open());
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFileThatHasChangedIsOpenedAnew() throws IOException {
        DocumentCache cache = new DocumentCache(16 << 20, 4);
        Sites sites = sites(cache);
        longOne(sites, LONG_ONES).content().close();
        Path path = room.resolve(LONG_ONES + ".long");
        Files.move(path, room.resolve("moved.long"));
        assertEquals(Status.NOT_FOUND, longOne(sites, LONG_ONES).status());
        assertEquals(0, open());
        Files.write(path, new byte[90_000]);
        Response other = longOne(sites, LONG_ONES);
        assertEquals(90_000, other.content().length());
        other.content().close();
        cache.close();
    }

    /// Connections may still ask the service before, for a moment.
    @Test
    @EnabledOnOs(OS.LINUX)
    void whatIsClosedKeepsNothingOpenAnyMore() throws IOException {
        DocumentCache cache = new DocumentCache(16 << 20, 4);
        Sites sites = sites(cache);
        cache.close();
        Response response = longOne(sites, 0);
        assertArrayEquals(filled(0), content(response));
        assertEquals(0, open());
    }

    private static byte[] filled(int number) {
        byte[] octets = new byte[100_000];
        Arrays.fill(octets, (byte) number);
        return octets;
    }

    private static Optional<ByteBuffer> copy(Response response) {
        return ((Content.FileSlice) response.content()).file().octets();
    }

    /// There is room for one copy: it is used again when nobody sends what lies there any more, and not before.
    @Test
    void aCopyStaysWhatItIsUntilItIsSent() throws IOException {
        DocumentCache cache = new DocumentCache(256 << 10, 4);
        Sites sites = sites(cache);
        Response slow = longOne(sites, 1);
        assertEquals(ByteBuffer.wrap(filled(1)), copy(slow).orElseThrow());
        cache.giveUp();
        Response other = longOne(sites, 2);
        assertTrue(copy(other).isEmpty());
        assertArrayEquals(filled(2), content(other));
        assertEquals(ByteBuffer.wrap(filled(1)), copy(slow).orElseThrow());
        slow.content().close();
        Response third = longOne(sites, 3);
        assertEquals(ByteBuffer.wrap(filled(3)), copy(third).orElseThrow());
        assertArrayEquals(filled(3), content(third));
        cache.close();
    }

    private static byte[] content(Response response) throws IOException {
        byte[] all = octets(response, request("GET", "/"));
        return Arrays.copyOfRange(all, all.length - 100_000, all.length);
    }
}
