package tests.process;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.process.Processes.Outcome;
import tests.process.RawClient.Answer;
import tests.process.RawClient.Ending;

/// Writing as clients do it, and what is left when they, the disk or the server break off in the middle.
class WritingTest {
    private static final int UPLOADS = Integer.getInteger("comanche.uploads", 500);

    @TempDir
    static Path room;

    private static Path site;
    private static ComancheProcess server;
    private static long descriptors;

    @BeforeAll
    static void start() throws IOException {
        site = Files.createDirectory(room.resolve("site"));
        server = ComancheProcess.serve(site, "--write", "--hidden", "--min-free=1");
        server.get("/");
        put("/first", "x");
        ComancheProcess.await("ever more descriptors are opened", WritingTest::isSettled);
    }

    /// What it opens for good is open a moment behind its start.
    private static boolean isSettled() {
        long before = descriptors;
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
        descriptors = descriptors();
        return descriptors == before;
    }

    private static long descriptors() {
        try (Stream<Path> open = Files.list(Path.of("/proc/" + server.pid() + "/fd"))) {
            return open.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// After all that, nothing is left open, nothing is left over, and nothing was worth a word to the operator.
    @AfterAll
    static void nothingIsLeft() {
        try (ComancheProcess ended = server) {
            ComancheProcess.await("descriptors are left open", () -> descriptors() <= descriptors);
            assertEquals(List.of(), drafts(site));
            Outcome outcome = ended.stop();
            assertEquals("", outcome.err());
            assertEquals(0, outcome.code());
        }
    }

    private static List<String> drafts(Path tree) {
        try (Stream<Path> files = Files.walk(tree)) {
            return files.map(path -> path.getFileName().toString()).filter(name -> name.startsWith(".comanche-")).toList();
        } catch (IOException | UncheckedIOException _) {
            return drafts(tree); // one was there a moment ago
        }
    }

    private static void awaitNoDrafts(Path tree) {
        ComancheProcess.await("drafts are left", () -> drafts(tree).isEmpty());
    }

    private static Answer put(String target, String content) {
        return server.exchange(request("PUT", target, content));
    }

    private static String request(String method, String target, String content, String... lines) {
        return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + Arrays.stream(lines).map(line -> line + "\r\n")
                .reduce("", String::concat) + "Content-Length: " + content.length() + "\r\n\r\n" + content;
    }

    private static byte[] random(int octets, long seed) {
        byte[] content = new byte[octets];
        new Random(seed).nextBytes(content);
        return content;
    }

    private static Outcome shell(String script) {
        return Processes.run(room, ComancheProcess.environment(Map.of("URL", "http://127.0.0.1:" + server.port())),
                List.of("bash", "-euc", script));
    }

    // What clients send

    @Test
    void curlPutsAFile() throws IOException {
        byte[] content = random(3 << 20, 1);
        Files.write(room.resolve("photo.jpg"), content);
        for (String status : List.of("201", "204")) {
            Outcome outcome = shell("curl -sS -T photo.jpg \"$URL/\" -o /dev/null -w '%{http_code}'");
            assertEquals(status, outcome.out(), outcome.err());
            assertArrayEquals(content, Files.readAllBytes(site.resolve("photo.jpg")));
        }
        assertEquals("204", shell("cat photo.jpg | curl -sS -T - \"$URL/photo.jpg\" -o /dev/null -w '%{http_code}'").out());
        assertArrayEquals(content, Files.readAllBytes(site.resolve("photo.jpg")));
    }

    @Test
    void curlSendsAForm() throws IOException {
        byte[] content = random(3 << 20, 2);
        Files.write(room.resolve("a \"q\" \\ b.bin"), content);
        Files.writeString(room.resolve("b;c.txt"), "");
        Files.createDirectory(site.resolve("form"));
        Outcome outcome = shell("curl -sS -F 'f=@\"a \\\"q\\\" \\\\ b.bin\"' -F text=hello -F 'f=@\"b;c.txt\"' "
                + "-F 'f=@\"b;c.txt\";filename=x/y/z' \"$URL/form/\" -w '%{http_code}'");
        assertEquals("/form/a%20%22q%22%20%5C%20b.bin\n/form/b%3Bc.txt\n/form/x/y/z\n201", outcome.out(), outcome.err());
        assertArrayEquals(content, Files.readAllBytes(site.resolve("form/a \"q\" \\ b.bin")));
        assertEquals(0, Files.size(site.resolve("form/b;c.txt")));
        assertEquals(0, Files.size(site.resolve("form/x/y/z")));
    }

    /// The commands are those of the README, with the address of this server.
    @Test
    void theRecipeOfTheReadmeGoesOnWithABrokenUpload() throws IOException {
        byte[] content = random(5 << 20, 3);
        Files.write(room.resolve("big.iso"), content);
        String readme = Files.readString(Processes.checkout().resolve("README.md"));
        int first = readme.indexOf("    curl -i -X POST http://localhost:8080/ -H 'Upload-Complete: ?0'");
        String recipe = readme.substring(first, readme.indexOf("\n\n", first)).replace("http://localhost:8080", "$URL")
                .replaceAll(" +# says .*", "");
        String begin = recipe.substring(0, recipe.indexOf('\n'));
        String ask = recipe.substring(recipe.indexOf('\n') + 1).lines().findFirst().orElseThrow();
        String goOn = recipe.substring(recipe.indexOf("    tail"));

        String location = field(shell(begin).out(), "Location");
        try (RawClient client = server.connect()) { // half of it, and the connection breaks
            client.send("PATCH " + location + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/partial-upload\r\nUpload-Offset: 0\r\n"
                    + "Upload-Complete: ?1\r\nContent-Length: " + content.length + "\r\n\r\n");
            client.send(Arrays.copyOf(content, content.length / 2));
        }
        String offset = field(shell("LOCATION='" + location + "'\n" + ask).out(), "Upload-Offset");
        assertTrue(Long.parseLong(offset) <= content.length / 2);

        shell("LOCATION='" + location + "' OFFSET=" + offset + "\n" + goOn);
        assertArrayEquals(content, Files.readAllBytes(site.resolve("big.iso")));
    }

    private static String field(String head, String name) {
        return head.lines().filter(line -> line.startsWith(name + ": ")).map(line -> line.substring(name.length() + 2).strip())
                .findFirst().orElseThrow(() -> new AssertionError(head));
    }

    @Test
    void aChunkedPutAndWhatIsPipelinedBehindIt() throws IOException {
        try (RawClient client = server.connect()) {
            client.send("PUT /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nT: x\r\n\r\n"
                    + request("PUT", "/chunked", "other") + "GET /chunked HTTP/1.1\r\nHost: a\r\n\r\n"
                    + request("PUT", "/missing/x", "refused") + "DELETE /chunked HTTP/1.1\r\nHost: a\r\n\r\n"
                    + "GET /chunked HTTP/1.1\r\nHost: a\r\n\r\n");
            assertEquals(201, client.read().status());
            assertEquals(204, client.read().status());
            assertEquals("other", client.read().text());
            assertEquals(409, client.read().status());
            assertEquals(204, client.read().status());
            assertEquals(404, client.read().status());
        }
    }

    @Test
    void aClientOfHttp10MayPutToo() throws IOException {
        try (RawClient client = server.connect()) {
            client.send("PUT /old HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello");
            assertEquals(201, client.read().status());
            assertEquals(Ending.CLOSED, client.ending());
        }
        assertEquals("hello", Files.readString(site.resolve("old")));
    }

    // Expect (RFC 9110 §10.1.1)

    @Test
    void whoWaitsIsToldToGoOnWhenHisContentIsWanted() {
        try (RawClient client = server.connect()) {
            client.send("PUT /expected HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
            assertEquals(100, client.readHead().status());
            assertEquals(201, client.send("hello").read().status());
            client.send("PUT /expected HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nUpload-Complete: ?1\r\n"
                    + "Upload-Draft-Interop-Version: 8\r\nContent-Length: 5\r\n\r\n");
            assertEquals(104, client.readHead().status());
            assertEquals(100, client.readHead().status());
            assertEquals(204, client.send("hello").read().status());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            PUT /missing/x  | X: y                                    | 409
            PUT /first      | If-None-Match: *                        | 412
            PUT /.env       | X: y                                    | 403
            PUT /first      | Content-Range: bytes 0-4/5              | 400
            PUT /first      | Content-Encoding: gzip                  | 415
            PUT /first      | Sec-Fetch-Site: cross-site              | 403
            POST /missing/  | Content-Type: multipart/form-data; boundary=b | 404
            POST /          | Content-Type: text/plain                | 415
            PATCH /?upload=0123456789abcdef0123456789abcdef | X: y    | 404
            """)
    void whoWaitsIsRefusedAtOnce(String line, String field, int status) {
        try (RawClient client = server.connect()) {
            client.send(line + " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n" + field + "\r\nContent-Length: 5\r\n\r\n");
            Answer answer = client.readHead();
            assertEquals(status, answer.status());
            assertTrue(answer.closes());
        }
    }

    @Test
    void whoAnnouncesTooMuchIsRefusedAtOnce() {
        try (RawClient client = server.connect()) {
            client.send("PUT /huge HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n");
            assertEquals(413, client.readHead().status());
        }
    }

    // What breaks off

    /// The beginning of a file of a million octets.
    private static RawClient half(ComancheProcess server, String target, String... lines) {
        return server.connect().send("PUT " + target + " HTTP/1.1\r\nHost: a\r\n" + String.join("", Arrays.stream(lines)
                .map(line -> line + "\r\n").toList()) + "Content-Length: 1000000\r\n\r\n" + "x".repeat(500_000));
    }

    private static void awaitDraft(Path tree, long octets) {
        ComancheProcess.await("no draft of " + octets, () -> {
            try (Stream<Path> files = Files.list(tree)) {
                return files.anyMatch(path -> path.getFileName().toString().endsWith(".part") && path.toFile().length() == octets);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"breaks", "says no more"})
    void aConnectionThatBreaksLeavesTheOldFileWhole(String how) throws IOException {
        Path place = Files.createDirectory(site.resolve("broken " + how));
        Files.writeString(place.resolve("a"), "old");
        String directory = "/" + place.getFileName().toString().replace(" ", "%20") + "/";
        String before = server.get(directory).text();
        for (String name : List.of("a", "new")) {
            try (RawClient client = half(server, directory + name)) {
                awaitDraft(place, 500_000);
                assertEquals(before, server.get(directory).text());
                assertEquals("old", server.get(directory + "a").text());
                assertEquals(404, server.get(directory + "new").status());
                if (how.equals("says no more")) {
                    assertEquals(400, client.endOutput().read().status());
                }
            }
            awaitNoDrafts(place);
        }
        server.awaitOut("\"PUT " + directory + "a HTTP/1.1\" 400 ");
        server.awaitOut("\"PUT " + directory + "new HTTP/1.1\" 400 ");
        assertEquals("old", Files.readString(place.resolve("a")));
        assertEquals(before, server.get(directory).text());
    }

    @Test
    void aServerThatIsKilledLeavesTheOldFileWholeAndClearsAwayTheRest() throws IOException {
        Path tree = Files.createDirectory(room.resolve("killed"));
        Files.writeString(tree.resolve("a"), "old");
        String upload;
        try (ComancheProcess killed = ComancheProcess.serve(tree, "-q", "--write", "--min-free=1");
                RawClient plain = half(killed, "/a");
                RawClient resumable = half(killed, "/b", "Upload-Complete: ?1", "Upload-Draft-Interop-Version: 8")) {
            upload = resumable.readHead().field("Location").orElseThrow();
            ComancheProcess.await("they did not come in", () -> drafts(tree).size() == 3);
            awaitDraft(tree, 500_000);
            killed.signal("KILL");
            killed.outcome();
            assertFalse(plain.hasInputWithin(1));
        }
        assertEquals(3, drafts(tree).size());
        assertEquals("old", Files.readString(tree.resolve("a")));

        try (ComancheProcess again = ComancheProcess.serve(tree, "-q", "--write", "--min-free=1")) {
            ComancheProcess.await("leftovers", () -> drafts(tree).size() == 2);
            assertEquals("old", again.get("/a").text());
            assertEquals(404, again.get("/b").status());
            Answer state = head(again, upload);
            int offset = Integer.parseInt(state.field("Upload-Offset").orElseThrow());
            assertTrue(offset > 0 && offset <= 500_000);
            assertEquals("1000000", state.field("Upload-Length").orElse(""));
            assertEquals(201, again.exchange(patch(upload, offset, "x".repeat(1_000_000 - offset))).status());
            assertEquals("x".repeat(1_000_000), Files.readString(tree.resolve("b")));
            assertEquals(List.of(), drafts(tree));
        }
    }

    private static Answer head(ComancheProcess server, String target) {
        try (RawClient client = server.connect()) {
            return client.send("HEAD " + target + " HTTP/1.1\r\nHost: a\r\n\r\n").readHead();
        }
    }

    private static String patch(String upload, long offset, String content) {
        return request("PATCH", upload, content, "Content-Type: application/partial-upload", "Upload-Offset: " + offset,
                "Upload-Complete: ?1");
    }

    /// A client whose network has changed comes back before we know that its first connection is dead.
    @Test
    void whoGoesOnEndsHisFirstConnectionAtOnce() throws IOException {
        Path place = Files.createDirectory(site.resolve("two"));
        try (RawClient first = half(server, "/two/a", "Upload-Complete: ?1", "Upload-Draft-Interop-Version: 8")) {
            String upload = first.readHead().field("Location").orElseThrow();
            awaitDraft(place, 500_000);
            assertEquals("500000", head(server, upload).field("Upload-Offset").orElse(""));
            assertEquals(0, first.countToEnd());
            assertEquals(201, server.exchange(patch(upload, 500_000, "y".repeat(500_000))).status());
        }
        assertEquals("x".repeat(500_000) + "y".repeat(500_000), Files.readString(place.resolve("a")));
    }

    /// Each file says how long it is and what its digest is. Half of the uploads are cut anywhere; whoever reads meanwhile sees
    /// whole files, or none.
    @Test
    void whateverBreaksWhereverNobodySeesPartOfAFile() throws Exception {
        Path place = Files.createDirectory(site.resolve("cuts"));
        AtomicBoolean over = new AtomicBoolean();
        Semaphore atOnce = new Semaphore(32);
        try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> readers = List.of(pool.submit(() -> read(over)), pool.submit(() -> read(over)));
            List<Future<?>> uploads = new ArrayList<>();
            for (int i = 0; i < UPLOADS; i++) {
                int number = i;
                atOnce.acquire();
                uploads.add(pool.submit(() -> {
                    try {
                        upload(number, new Random(number));
                    } finally {
                        atOnce.release();
                    }
                }));
            }
            for (Future<?> upload : uploads) {
                upload.get();
            }
            over.set(true);
            for (Future<Integer> reader : readers) {
                assertTrue(reader.get() > 0);
            }
        }
        awaitNoDrafts(place);
        try (Stream<Path> files = Files.list(place)) {
            for (Path file : files.toList()) {
                assertWhole(Files.readAllBytes(file));
            }
        }
    }

    private static void upload(int number, Random random) {
        byte[] rest = random(random.nextInt(random.nextInt(10) == 0 ? 300_000 : 3000), number);
        String content = rest.length + " " + digest(rest) + "\n" + new String(rest, StandardCharsets.ISO_8859_1);
        String target = "/cuts/" + random.nextInt(20);
        String octets = switch (number % 3) {
            case 0 -> request("PUT", target, content);
            case 1 -> "PUT " + target + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(content.length())
                    + "\r\n" + content + "\r\n0\r\n\r\n";
            default -> request("POST", "/cuts/", "--xyzzy\r\nContent-Disposition: form-data; name=f; filename=" + random.nextInt(20)
                    + "\r\n\r\n" + content + "\r\n--xyzzy--\r\n", "Content-Type: multipart/form-data; boundary=xyzzy");
        };
        boolean cut = random.nextBoolean();
        try (RawClient client = server.connect()) {
            client.send(cut ? octets.substring(0, random.nextInt(octets.length())) : octets);
            if (!cut) {
                int status = client.read().status();
                assertTrue(status == 201 || status == 204, "" + status);
            }
        }
    }

    private static String digest(byte[] octets) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(octets));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertWhole(byte[] content) {
        String text = new String(content, StandardCharsets.ISO_8859_1);
        String[] front = text.substring(0, Math.max(text.indexOf('\n'), 0)).split(" ");
        byte[] rest = Arrays.copyOfRange(content, text.indexOf('\n') + 1, content.length);
        assertEquals(front[0], "" + rest.length);
        assertEquals(front[1], digest(rest));
    }

    /// How many whole files did it see?
    private static int read(AtomicBoolean over) {
        int seen = 0;
        Random random = new Random(4);
        try (RawClient client = server.connect()) {
            for (boolean last = false; !last; ) {
                last = over.get();
                String list = client.send("GET /cuts/ HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n").read().text();
                assertFalse(list.contains(".part") || list.contains("comanche-"), list);
                Answer answer = client.send("GET /cuts/" + random.nextInt(20) + " HTTP/1.1\r\nHost: a\r\n\r\n").read();
                if (answer.status() == 200) {
                    assertWhole(answer.content());
                    seen++;
                }
            }
        }
        return seen;
    }

    // Disks of all sorts

    /// Mounts what only root may; without that there is nothing to be tried.
    private static void mount(String options, Path place) {
        Outcome outcome = Processes.run(room, ComancheProcess.environment(Map.of()), Stream.concat(
                Stream.of("mount"), Stream.concat(Stream.of(options.split(" ")), Stream.of(place.toString()))).toList());
        assumeTrue(outcome.code() == 0, () -> "no mount: " + outcome.err());
    }

    private static void unmount(Path place) {
        Processes.run(room, ComancheProcess.environment(Map.of()), List.of("umount", place.toString()));
    }

    @Test
    void aFullDiskIsToldAndLeavesTheOldFileWhole() throws IOException {
        Path disk = Files.createDirectory(site.resolve("small"));
        mount("-t tmpfs -o size=1m tmpfs", disk);
        try {
            assertEquals(201, put("/small/a", "old").status());
            String content = "x".repeat(3 << 20);
            assertEquals(507, put("/small/a", content).status());
            assertEquals(507, server.exchange("PUT /small/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n300000\r\n"
                    + content + "\r\n0\r\n\r\n").status());
            assertEquals(507, server.exchange(request("POST", "/small/", "--b\r\nContent-Disposition: form-data; name=f; filename=b\r\n\r\n"
                    + content + "\r\n--b--", "Content-Type: multipart/form-data; boundary=b")).status());
            assertEquals(507, server.exchange("PUT /small/a HTTP/1.1\r\nHost: a\r\nUpload-Complete: ?1\r\nTransfer-Encoding: chunked\r\n\r\n300000\r\n"
                    + content + "\r\n0\r\n\r\n").status());
            assertEquals(List.of(), drafts(disk));
            assertEquals("old", server.get("/small/a").text());

            Files.write(disk.resolve("rest"), new byte[(1 << 20) - 8192]); // a page or two are left: not enough for what is written beside a draft
            Files.write(disk.resolve("b"), new byte[1]);
            Answer answer = server.exchange(request("PUT", "/small/c", "x", "Upload-Complete: ?0"));
            assertTrue(answer.status() == 507, "" + answer.status());
            assertEquals(List.of(), drafts(disk));
            Files.delete(disk.resolve("rest"));
            assertEquals(204, put("/small/a", "new").status());
        } finally {
            unmount(disk);
        }
    }

    @Test
    void anotherDiskInTheTreeIsWrittenLikeAnyOther() throws IOException {
        Path disk = Files.createDirectory(site.resolve("disk"));
        mount("-t tmpfs -o size=1m tmpfs", disk);
        try {
            assertEquals(201, put("/disk/a", "hello").status());
            Answer form = server.exchange(request("POST", "/", "--b\r\nContent-Disposition: form-data; name=f; filename=disk/x/b\r\n\r\n"
                    + "hello\r\n--b--", "Content-Type: multipart/form-data; boundary=b"));
            assertEquals("201 /disk/x/b\n", form.status() + " " + form.text());
            Answer begun = server.exchange(request("POST", "/", "he", "Content-Disposition: attachment; filename=disk/y/c", "Upload-Complete: ?0"));
            assertEquals(201, server.exchange(patch(begun.field("Location").orElseThrow(), 2, "llo")).status());
            assertEquals("hello", Files.readString(disk.resolve("y/c")));
            assertEquals(403, server.exchange("DELETE /disk HTTP/1.1\r\nHost: a\r\n\r\n").status());

            mount("-o remount,ro", disk);
            assertEquals(403, put("/disk/a", "other").status());
            assertEquals(403, put("/disk/new", "other").status());
            assertEquals(403, server.exchange("DELETE /disk/a HTTP/1.1\r\nHost: a\r\n\r\n").status());
            assertEquals(403, server.exchange(request("POST", "/", "--b\r\nContent-Disposition: form-data; name=f; filename=disk/z/b\r\n\r\n"
                    + "hello\r\n--b--", "Content-Type: multipart/form-data; boundary=b")).status());
            assertEquals("hello", server.get("/disk/a").text());
        } finally {
            unmount(disk);
        }
    }

    /// Somebody on this machine exchanges a directory and a link to another, again and again: whatever we write stays inside.
    @Test
    void aDirectoryThatIsExchangedForALinkLeadsNowhere() throws Exception {
        Path outside = Files.createDirectory(room.resolve("outside"));
        Files.writeString(outside.resolve("victim"), "whole");
        Path place = Files.createDirectory(site.resolve("swap"));
        Files.createDirectory(place.resolve("real"));
        Files.createSymbolicLink(place.resolve("link"), outside);
        AtomicBoolean over = new AtomicBoolean();
        try (ExecutorService pool = Executors.newCachedThreadPool()) {
            Future<Integer> swapper = pool.submit(() -> {
                int swaps = 0;
                for (; !over.get(); swaps++) {
                    Files.move(place.resolve("real"), place.resolve("d"), StandardCopyOption.ATOMIC_MOVE);
                    Files.move(place.resolve("d"), place.resolve("real"), StandardCopyOption.ATOMIC_MOVE);
                    Files.move(place.resolve("link"), place.resolve("d"), StandardCopyOption.ATOMIC_MOVE);
                    Files.move(place.resolve("d"), place.resolve("link"), StandardCopyOption.ATOMIC_MOVE);
                }
                return swaps;
            });
            try (RawClient client = server.connect()) {
                for (int i = 0; i < 300; i++) {
                    int status = client.send(request("PUT", "/swap/d/" + i % 5, "x")).read().status();
                    assertTrue(List.of(201, 204, 403, 409).contains(status), "" + status);
                    status = client.send("DELETE /swap/d/victim HTTP/1.1\r\nHost: a\r\n\r\n").read().status();
                    assertTrue(List.of(403, 404).contains(status), "" + status);
                }
            } finally {
                over.set(true);
                assertTrue(swapper.get() > 100);
            }
        }
        awaitNoDrafts(site);
        assertEquals("whole", Files.readString(outside.resolve("victim")));
        try (Stream<Path> files = Files.list(outside)) {
            assertEquals(List.of(outside.resolve("victim")), files.toList());
        }
    }

    /// Each has sent a burst, and then waits: what we hold for it must not be a block as large as the burst.
    @Test
    void manySlowUploadsFitInLittleMemory() throws IOException {
        Path tree = Files.createDirectory(room.resolve("slow"));
        List<RawClient> slow = new ArrayList<>();
        try (ComancheProcess small = ComancheProcess.serveWithin("64m", tree, "-q", "--write", "--min-free=1")) {
            try {
                String form = "--b\r\nContent-Disposition: form-data; name=f; filename=";
                for (int i = 0; i < 1000; i++) {
                    slow.add(small.connect().send(i % 2 == 0
                            ? "PUT /" + i + " HTTP/1.1\r\nHost: a\r\nContent-Length: 40001\r\n\r\n" + "x".repeat(40_000)
                            : "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: "
                                    + (form.length() + 3 + 4 + 40_000 + 8) + "\r\n\r\n" + form + String.format("%03d", i) + "\r\n\r\n"
                                    + "x".repeat(40_000)));
                }
                ComancheProcess.await("they did not come in", () -> drafts(tree).size() == 1000);
                for (int i = 0; i < 1000; i++) {
                    assertEquals(201, slow.get(i).send(i % 2 == 0 ? "x" : "\r\n--b--\r\n".substring(0, 8)).read().status(), "" + i);
                }
            } finally {
                slow.forEach(RawClient::close);
            }
            Outcome outcome = small.stop();
            assertEquals("", outcome.err());
        }
    }
}
