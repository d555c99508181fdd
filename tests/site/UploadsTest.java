package tests.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import lib.http.Exchange;
import lib.http.MediaTypes;
import lib.site.Docroot;
import lib.site.Intake;
import lib.site.Intake.Clash;
import lib.site.Site;
import lib.site.Writing;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.site.Fixture.Answer;
import tests.site.Fixture.Asked;

/// Uploads that go on where they broke: what each request does, and what is left of uploads that nobody goes on with.
class UploadsTest {
    private static final String PARTIAL = "application/partial-upload";
    private static final Intake INTAKE = new Intake(Clash.RENAME, 1000, 0, 3, Duration.ofHours(24));

    @TempDir
    private Path directory;

    private Fixture fixture;
    private Asked site;

    @BeforeEach
    void build() throws IOException {
        fixture = new Fixture(directory);
        site = fixture.site(WritesTest.manners(Writing.WRITE, INTAKE));
    }

    private String file(String name) throws IOException {
        Path path = fixture.root.resolve(name);
        return Files.exists(path) ? Files.readString(path, StandardCharsets.ISO_8859_1) : "nothing";
    }

    /// Begins an upload to `name` with so much of it; returns its resource.
    private String begun(String octets, String name, String... fields) {
        List<String> all = new ArrayList<>(List.of("Upload-Complete", "?0", "Content-Disposition", "attachment; filename=\"" + name + '"'));
        all.addAll(List.of(fields));
        Answer answer = site.send(octets, "POST", "/", all.toArray(String[]::new));
        assertEquals("201 ?0", answer.status() + " " + answer.field("Upload-Complete"));
        assertEquals(octets.length() + "", answer.field("Upload-Offset"));
        assertEquals("max-size=1000, max-age=86400", answer.field("Upload-Limit"));
        String location = answer.field("Location");
        assertTrue(location.matches("/\\?upload=[0-9a-f]{32}"), location);
        return location;
    }

    private Answer patch(String octets, String upload, long offset, boolean last, String... fields) {
        List<String> all = new ArrayList<>(List.of("Content-Type", PARTIAL, "Upload-Offset", "" + offset, "Upload-Complete", last ? "?1" : "?0"));
        all.addAll(List.of(fields));
        return site.send(octets, "PATCH", upload, all.toArray(String[]::new));
    }

    private static String state(Answer answer) {
        return answer.status() + " " + answer.field("Upload-Offset") + " " + answer.field("Upload-Complete") + " "
                + answer.field("Upload-Length");
    }

    @Test
    void anUploadInOneRequestIsLikeAnyOther() throws IOException {
        Answer post = site.send("hello", "POST", "/dir/", "Upload-Complete", "?1", "Content-Disposition", "attachment; filename=\"x/a b\"");
        assertEquals("201 /dir/x/a%20b ?1", post.status() + " " + post.field("Location") + " " + post.field("Upload-Complete"));
        assertEquals(site.get("/dir/x/a%20b").field("ETag"), post.field("ETag"));
        assertEquals("hello", file("dir/x/a b"));

        Answer put = site.send("other", "PUT", "/plain.txt", "Upload-Complete", "?1", "Content-Length", "5");
        assertEquals("204 ?1", put.status() + " " + put.field("Upload-Complete"));
        assertEquals("other", file("plain.txt"));
        assertEquals(List.of(), WritesTest.drafts(fixture.root));
    }

    /// Of the whole by the first request, of its own part by each. (RFC 9530; the digests are those of `hello` and of `lo`)
    @ParameterizedTest
    @CsvSource({"sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:, sha-256=:kpSrOAOfYNLsU4IvtGtSxmOvfqR49NF79D2kTt5eFmw=:, 201",
        "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmDQ=:, md5=:AAAA:, 400", "md5=:AAAA:, sha-256=:AAAA:, 400"})
    void anUploadThatIsNotWhatItClaimsIsDropped(String whole, String part, int status) throws IOException {
        String upload = begun("hel", "new.txt", "Repr-Digest", whole);
        assertEquals(status, patch("lo", upload, 3, true, "Content-Digest", part).status());
        assertEquals(status == 201 ? "hello" : "nothing", file("new.txt"));
        assertEquals(List.of(), WritesTest.drafts(fixture.root));

        Answer once = site.send("hello", "PUT", "/once.txt", "Upload-Complete", "?1", "Repr-Digest", whole);
        assertEquals(whole.endsWith("DQ=:") ? 400 : 201, once.status());
        assertEquals(List.of(), WritesTest.drafts(fixture.root));
    }

    @Test
    void anUploadGoesOnWhereItIs() throws IOException {
        String upload = begun("he", "new.txt", "Upload-Length", "5");
        assertEquals("204 2 ?0 5", state(site.ask("HEAD", upload)));
        assertEquals("no-store", site.ask("HEAD", upload).field("Cache-Control"));
        assertEquals("204 4 ?0 5", state(patch("ll", upload, 2, false)));
        assertEquals("nothing", file("new.txt"));

        Answer last = patch("o", upload, 4, true);
        assertEquals("201 /new.txt ?1", last.status() + " " + last.field("Location") + " " + last.field("Upload-Complete"));
        assertEquals(site.get("/new.txt").field("ETag"), last.field("ETag"));
        assertEquals("hello", file("new.txt"));
        assertEquals(List.of(), WritesTest.drafts(fixture.root));
    }

    @Test
    void anUploadMayBeginAndEndEmpty() throws IOException {
        String upload = begun("", "new.txt");
        assertEquals("204 0 ?0 nothing", state(site.ask("HEAD", upload)));
        assertEquals("204 5 ?0 nothing", state(patch("hello", upload, 0, false)));
        assertEquals(201, patch("", upload, 5, true).status());
        assertEquals("hello", file("new.txt"));
    }

    /// Whoever missed the last answer asks again.
    @Test
    void aFinishedUploadIsRememberedAndDoesNotGoOn() {
        String upload = begun("hello", "new.txt");
        assertEquals(201, patch("", upload, 5, true).status());
        assertEquals("204 5 ?1 5", state(site.ask("HEAD", upload)));
        assertEquals("/new.txt", site.ask("HEAD", upload).field("Content-Location"));
        assertEquals(404, patch("", upload, 5, true).status());
        assertEquals(404, site.ask("DELETE", upload).status());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            application/partial-upload  | 2  | ?1      | 201 nothing ?1 nothing
            Application/Partial-Upload  | 2  | ?1      | 201 nothing ?1 nothing
            application/partial-upload  | 0  | ?1      | 409 2 ?0 5
            application/partial-upload  | 1  | ?1      | 409 2 ?0 5
            application/partial-upload  | 3  | ?1      | 409 2 ?0 5
            application/partial-upload  | 99 | ?0      | 409 2 ?0 5
            application/partial-upload  | -1 | ?1      | 400 nothing nothing nothing
            application/partial-upload  | x  | ?1      | 400 nothing nothing nothing
            application/partial-upload  | 99999999999999999999 | ?1 | 400 nothing nothing nothing
            application/partial-upload  | 2  | 1       | 400 nothing nothing nothing
            application/partial-upload  | 2  | ?2      | 400 nothing nothing nothing
            application/octet-stream    | 2  | ?1      | 415 nothing nothing nothing
            application/offset+octet-stream | 2 | ?1   | 415 nothing nothing nothing
            """)
    void aPatchSaysWhatItIs(String type, String offset, String complete, String state) throws IOException {
        String upload = begun("he", "new.txt", "Upload-Length", "5");
        Answer answer = site.send("llo", "PATCH", upload, "Content-Type", type, "Upload-Offset", offset, "Upload-Complete", complete,
                "Content-Length", "3");
        assertEquals(state, state(answer));
        assertEquals(answer.status() == 415 ? PARTIAL : "nothing", answer.field("Accept-Patch"));
        if (answer.status() != 201) { // and goes on as if nothing had been
            assertEquals("204 2 ?0 5", state(site.ask("HEAD", upload)));
            assertEquals(201, patch("llo", upload, 2, true).status());
        }
        assertEquals("hello", file("new.txt"));
    }

    /// Lengths that contradict each other are told before anything is read, and cost nothing; octets that contradict them
    /// cost the upload.
    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            5 | - | 3 | true  | 201 | gone
            5 | 5 | 3 | true  | 201 | gone
            5 | 6 | 3 | true  | 400 | there
            5 | 6 | - | true  | 400 | there
            5 | - | 4 | true  | 400 | there
            5 | - | 2 | true  | 400 | there
            6 | - | - | true  | 400 | gone
            4 | - | - | true  | 400 | gone
            4 | - | - | false | 400 | gone
            - | 4 | - | true  | 400 | gone
            - | - | - | true  | 201 | gone
            9 | - | - | false | 204 | there
            """)
    void lengthsDoNotContradictEachOther(String planned, String said, String content, boolean last, int status, String upload) {
        String begun = planned == null ? begun("he", "new.txt") : begun("he", "new.txt", "Upload-Length", planned);
        List<String> fields = new ArrayList<>();
        if (said != null) {
            fields.addAll(List.of("Upload-Length", said));
        }
        if (content != null) {
            fields.addAll(List.of("Content-Length", content));
        }
        assertEquals(status, patch("llo", begun, 2, last, fields.toArray(String[]::new)).status());
        Answer head = site.ask("HEAD", begun);
        assertEquals(upload.equals("there") ? "?0" : status == 201 ? "?1" : "nothing", head.field("Upload-Complete"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            ?1 | 6    | 5 | 400
            ?1 | 5    | 5 | 201
            ?1 | 1001 | - | 413
            ?0 | 1001 | - | 413
            ?1 | -    | 1001 | 413
            ?1 | 6    | - | 400
            ?0 | 4    | - | 400
            """)
    void lengthsAreLookedAtFromTheBeginning(String complete, String length, String content, int status) throws IOException {
        List<String> fields = new ArrayList<>(List.of("Upload-Complete", complete));
        if (length != null) {
            fields.addAll(List.of("Upload-Length", length));
        }
        if (content != null) {
            fields.addAll(List.of("Content-Length", content));
        }
        assertEquals(status, site.send("hello", "PUT", "/new.txt", fields.toArray(String[]::new)).status());
        assertEquals(List.of(), WritesTest.drafts(fixture.root));
    }

    @Test
    void theWholeHasTheLimitOfAFile() throws IOException {
        String upload = begun("x".repeat(600), "new.txt");
        Answer answer = patch("x".repeat(401), upload, 600, true);
        assertEquals("413 max-size=1000, max-age=86400", answer.status() + " " + answer.field("Upload-Limit"));
        assertEquals(404, site.ask("HEAD", upload).status());
        assertEquals(List.of(), WritesTest.drafts(fixture.root));
    }

    @Test
    void anUploadMayBeDropped() throws IOException {
        String upload = begun("he", "new.txt");
        assertEquals(204, site.ask("DELETE", upload).status());
        assertEquals(404, site.ask("HEAD", upload).status());
        assertEquals(List.of(), WritesTest.drafts(fixture.root));
        assertEquals("nothing", file("new.txt"));
    }

    /// Whoever may add may drop what he has begun, too.
    @Test
    void anUploaderWhoMayNotDeleteMayDropHisUpload() {
        Asked uploader = fixture.site(WritesTest.manners(Writing.UPLOAD, INTAKE));
        String upload = begun("he", "new.txt");
        assertEquals(405, uploader.ask("DELETE", "/plain.txt").status());
        assertEquals(204, uploader.ask("DELETE", upload).status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdeg", "../../x",
        "0123456789abcdef0123456789abcdef0", "..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2fx"})
    void aTokenThatNobodyWasGivenIsNone(String token) {
        for (String method : List.of("HEAD", "PATCH", "DELETE", "PUT", "POST")) {
            assertEquals(404, site.ask(method, "/?upload=" + token).status(), method);
        }
    }

    /// Who may write in the tree puts a FIFO where we look for what is known of an upload: to open it would be to wait for ever.
    @Test
    @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void nobodyWaitsForAPlanThatIsAPipe() throws Exception {
        String token = "0123456789abcdef0123456789abcdef";
        assertEquals(0, new ProcessBuilder("mkfifo", fixture.root.resolve(".comanche-" + token + ".meta").toString()).start().waitFor());

        for (String method : List.of("HEAD", "PATCH", "DELETE")) {
            assertEquals(404, site.ask(method, "/?upload=" + token, "Upload-Offset", "0", "Upload-Complete", "?1", "Content-Type", PARTIAL).status(), method);
        }
    }

    @Test
    void anUploadIsThereOnlyInItsDirectory() {
        String upload = begun("he", "new.txt");
        assertEquals(404, site.ask("HEAD", "/dir" + upload).status());
        assertEquals(404, site.ask("HEAD", "/missing" + upload).status());
        assertEquals(405, site.send("", "PUT", upload).status());
        assertEquals("HEAD, PATCH, DELETE, OPTIONS", site.send("", "POST", upload).field("Allow"));
        assertEquals("204 2 ?0 nothing", state(site.ask("HEAD", upload)));
    }

    /// The place, and what was asked of it, are kept with the upload.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /plain.txt     | If-Match      | *   | 204
            /new.txt       | If-None-Match | *   | 201
            /a%20%253F%C3%A9 | X           | y   | 201
            """)
    void aPutMayGoOnToo(String target, String name, String value, int status) {
        Answer begun = site.send("he", "PUT", target, "Upload-Complete", "?0", name, value);
        assertEquals(201, begun.status());
        Answer last = patch("llo", begun.field("Location"), 2, true);
        assertEquals(status + " " + target, last.status() + " " + last.field("Location"));
        assertEquals("hello", site.get(target).content());
    }

    @Test
    void whatOthersDidMeanwhileCounts() throws IOException {
        Answer begun = site.send("he", "PUT", "/new.txt", "Upload-Complete", "?0", "If-None-Match", "*");
        fixture.file("new.txt", "other");
        assertEquals(412, patch("llo", begun.field("Location"), 2, true).status());
        assertEquals("other", file("new.txt"));
        assertEquals(404, site.ask("HEAD", begun.field("Location")).status());
        assertEquals(List.of(), WritesTest.drafts(fixture.root));

        String renamed = begun("he", "new.txt");
        assertEquals("/new%20%281%29.txt", patch("llo", renamed, 2, true).field("Location"));
    }

    @Test
    void whatMayNotBePutMayNotBeBegun() throws IOException {
        assertEquals(403, site.send("he", "PUT", "/.hidden", "Upload-Complete", "?0").status());
        assertEquals(409, site.send("he", "PUT", "/missing/x", "Upload-Complete", "?0").status());
        assertEquals(412, site.send("he", "PUT", "/plain.txt", "Upload-Complete", "?0", "If-None-Match", "*").status());
        assertEquals(List.of(), WritesTest.drafts(fixture.root));
    }

    /// A client that has named its version of the draft hears of its upload before its content is read.
    @ParameterizedTest
    @CsvSource({"8, true", "6, true", "5, false", "99, false"})
    void theClientIsToldOfItsUploadAtOnce(String version, boolean told) {
        List<String> heard = new ArrayList<>();
        InputStream content = new InputStream() {
            private boolean read;

            @Override
            public int read() {
                if (!read) {
                    heard.add("read");
                }
                read = true;
                return -1;
            }
        };
        Answer answer = site.exchange(new Exchange(Fixture.CLIENT, content, (status, fields) -> heard.add(status.code() + " "
                + fields.first("Location").orElse("") + " " + fields.first("Upload-Draft-Interop-Version").orElse(""))),
                "PUT", "/new.txt", "Upload-Complete", "?0", "Upload-Draft-Interop-Version", version);
        String interim = "104 " + answer.field("Location") + " " + version;
        assertEquals(told ? List.of(interim, "read") : List.of("read"), heard);
    }

    /// Content that never ends, until somebody closes it.
    private static final class Hanging extends InputStream {
        private final CountDownLatch reading = new CountDownLatch(1);
        private final CountDownLatch closed = new CountDownLatch(1);
        private final String front;
        private int read;

        Hanging(String front) {
            this.front = front;
        }

        @Override
        public int read() throws IOException {
            if (read < front.length()) {
                return front.charAt(read++);
            }
            reading.countDown();
            try {
                closed.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            throw new IOException("closed");
        }

        @Override
        public int read(byte[] into, int offset, int count) throws IOException {
            into[offset] = (byte) read();
            return 1;
        }

        void breakOff() {
            closed.countDown();
        }

        @Override
        public void close() {
            breakOff();
        }
    }

    /// The connection of the first is broken, only we don't know it yet: the second does.
    @Test
    void whoComesLaterEndsTheEarlier() throws Exception {
        String upload = begun("he", "new.txt");
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor(); Hanging content = new Hanging("ll")) {
            Future<Answer> first = clients.submit(() -> site.exchange(new Exchange(Fixture.CLIENT, content, (_, _) -> { }), "PATCH", upload,
                    "Content-Type", PARTIAL, "Upload-Offset", "2", "Upload-Complete", "?1"));
            content.reading.await();
            assertEquals("204 4 ?0 nothing", state(site.ask("HEAD", upload)));
            assertEquals(201, patch("o", upload, 4, true).status());
            assertEquals(Future.State.FAILED, stateOf(first));
        }
        assertEquals("hello", file("new.txt"));
    }

    private static Future.State stateOf(Future<?> future) throws InterruptedException {
        try {
            future.get();
        } catch (java.util.concurrent.ExecutionException _) {
            // told by the state
        }
        return future.state();
    }

    // What is left over

    private Path draft(String upload) {
        return fixture.root.resolve(".comanche-" + upload.substring(upload.indexOf('=') + 1) + ".part");
    }

    private void sweep(Instant now) {
        site.site().sweep(now);
    }

    /// A length that is said once holds from then on, also for requests after the one that said it, and after it broke off.
    @Test
    void aLengthThatASecondRequestSaysIsRecorded() {
        String upload = begun("he", "new.txt");
        assertEquals("204 2 ?0 nothing", state(site.ask("HEAD", upload)));
        assertEquals("204 4 ?0 6", state(patch("ll", upload, 2, false, "Upload-Length", "6")));
        assertEquals("204 4 ?0 6", state(site.ask("HEAD", upload)));
        assertEquals("400 4 ?0 6", state(patch("o", upload, 4, false, "Upload-Length", "7")));
        assertEquals(201, patch("o!", upload, 4, true).status());
    }

    @Test
    void aLengthBeyondTheLimitIsRefusedBeforeItsContentComes() {
        String upload = begun("he", "new.txt");
        assertEquals(413, patch("ll", upload, 2, false, "Upload-Length", "1001").status());
        assertEquals("204 2 ?0 nothing", state(site.ask("HEAD", upload)));
    }

    @Test
    void anUploadOutlivesTheServer() throws IOException {
        String upload = begun("he", "new.txt", "Upload-Length", "5");
        sweep(Instant.now());
        Asked restarted = new Asked(new Site(new Docroot(fixture.root, Fixture.STRICT, false), WritesTest.manners(Writing.WRITE, INTAKE), lib.site.Guard.NONE,
                new MediaTypes(Map.of()), 1));
        assertEquals("204 2 ?0 5", state(restarted.ask("HEAD", upload)));
        assertEquals(201, patch("llo", upload, 2, true).status());
    }

    @ParameterizedTest
    @CsvSource({"23, there", "25, gone"})
    void anUploadThatNobodyGoesOnWithExpires(int hours, String upload) throws IOException {
        String begun = begun("he", "new.txt");
        sweep(Instant.now().plus(Duration.ofHours(hours)));
        assertEquals(upload.equals("there") ? 204 : 404, site.ask("HEAD", begun).status());
        assertEquals(upload.equals("there") ? 2 : 0, WritesTest.drafts(fixture.root).size());
    }

    @Test
    void leftoversOfAKilledServerGoWherverTheyAre() throws IOException {
        String token = "0123456789abcdef0123456789abcdef";
        for (String place : List.of("", "dir/", "empty/")) {
            Files.writeString(fixture.root.resolve(place + ".comanche-" + token + ".part"), "half");
        }
        Files.writeString(fixture.root.resolve(".comanche-" + token.replace('0', '1') + ".meta"), "no draft");
        sweep(Instant.now());
        assertEquals(List.of(), WritesTest.drafts(fixture.root));
        assertEquals("plain.txt", file("plain.txt"));
        assertEquals("dir/inner.txt", file("dir/inner.txt"));
    }

    /// A directory or a file that begins like ours and is not: whoever made it wants it kept. None stops the sweep.
    @ParameterizedTest
    @ValueSource(strings = {".comanche-", ".comanche-x", ".comanche-notes.part", ".comanche-notes.meta", ".comanche-x.y.part",
        ".comanche-0123456789abcdef0123456789abcdef", ".comanche-0123456789abcdef0123456789abcdef.txt",
        ".comanche-0123456789ABCDEF0123456789abcdeg.part"})
    void whatIsNotOursStays(String name) throws IOException {
        Files.writeString(fixture.root.resolve(name), "mine");
        Files.createDirectories(fixture.root.resolve("empty").resolve(name));
        Path leftover = Files.writeString(fixture.root.resolve("dir/.comanche-0123456789abcdef0123456789abcdef.part"), "half");
        sweep(Instant.now().plus(Duration.ofDays(9)));
        assertEquals("mine", file(name));
        assertTrue(Files.isDirectory(fixture.root.resolve("empty").resolve(name)));
        assertTrue(Files.notExists(leftover));
    }

    /// A link is not followed, neither as a draft nor on the way.
    @Test
    void theSweepDoesNotLeaveTheTree() throws IOException {
        String name = ".comanche-0123456789abcdef0123456789abcdef.part";
        Path outside = Files.writeString(fixture.beside.resolve("outside").resolve(name), "half");
        fixture.link("outdir", "../outside");
        fixture.link(name, "../secret.txt");
        sweep(Instant.now());
        assertTrue(Files.exists(outside));
        assertEquals(Fixture.SECRET, Files.readString(fixture.beside.resolve("secret.txt")));
    }

    @Test
    void aDraftThatIsBeingWrittenIsNoLeftover() throws Exception {
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor(); Hanging content = new Hanging("he")) {
            Future<Answer> put = clients.submit(() ->
                    site.exchange(new Exchange(Fixture.CLIENT, content, (_, _) -> { }), "PUT", "/new.txt"));
            content.reading.await();
            sweep(Instant.now().plus(Duration.ofDays(9)));
            assertEquals(1, WritesTest.drafts(fixture.root).size());
            assertEquals("locked", lockOf(fixture.root.resolve(WritesTest.drafts(fixture.root).getFirst())));
            content.breakOff();
            assertEquals(Future.State.FAILED, stateOf(put));
        }
        assertEquals(List.of(), WritesTest.drafts(fixture.root));
    }

    /// What another process sees of the lock: ours would not see our own.
    private static String lockOf(Path draft) throws Exception {
        Process python = new ProcessBuilder("python3", "-c", """
                import fcntl, sys
                try:
                    fcntl.lockf(open(sys.argv[1], 'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB)
                    print('free')
                except OSError:
                    print('locked')
                """, draft.toString()).redirectErrorStream(true).start();
        return new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    /// Another server may write in the same tree.
    @Test
    void aDraftThatAnotherProcessWritesIsNoLeftover() throws Exception {
        Path draft = Files.writeString(fixture.root.resolve(".comanche-0123456789abcdef0123456789abcdef.part"), "half");
        Process python = new ProcessBuilder("python3", "-c", """
                import fcntl, sys
                file = open(sys.argv[1], 'r+')
                fcntl.lockf(file, fcntl.LOCK_EX)
                print('locked', flush=True)
                sys.stdin.read()
                """, draft.toString()).redirectErrorStream(true).start();
        try {
            assertEquals("locked", python.inputReader().readLine());
            sweep(Instant.now().plus(Duration.ofDays(9)));
            assertTrue(Files.exists(draft));
        } finally {
            python.getOutputStream().close();
            python.waitFor();
        }
        sweep(Instant.now().plus(Duration.ofDays(9)));
        assertTrue(Files.notExists(draft));
    }

    /// The upload is gone: the client begins anew.
    @Test
    void aDraftThatWasTakenAwayIsNotFound() throws IOException {
        String upload = begun("he", "new.txt");
        Files.delete(draft(upload));
        assertEquals(404, site.ask("HEAD", upload).status());
        assertEquals(404, patch("llo", upload, 2, true).status());
    }

    @Test
    void aFileBesideADraftThatIsHalfWrittenIsNone() throws IOException {
        String upload = begun("he", "new.txt");
        Path meta = fixture.root.resolve(draft(upload).getFileName().toString().replace(".part", ".meta"));
        try (FileChannel file = FileChannel.open(meta, StandardOpenOption.WRITE)) {
            file.truncate(file.size() - 1);
        }
        assertEquals(404, site.ask("HEAD", upload).status());
    }
}
