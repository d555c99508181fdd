package tests.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import lib.http.Exchange;
import lib.http.Fields;
import lib.site.Intake;
import lib.site.Intake.Clash;
import lib.site.Site.Manners;
import lib.site.Visibility;
import lib.site.Writing;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.site.Fixture.Answer;
import tests.site.Fixture.Asked;

/// PUT, DELETE and forms: which answer, and what is there afterwards.
class WritesTest {
    private static final String FORM = "multipart/form-data; boundary=b";

    /// With all that a tree can hold, for what is refused.
    @TempDir
    private static Path shared;

    private static Fixture hostile;

    @TempDir
    private Path directory;

    private Fixture fixture;

    @BeforeAll
    static void buildOnce() throws IOException {
        hostile = new Fixture(shared).hostile();
    }

    @BeforeEach
    void build() throws IOException {
        fixture = new Fixture(directory);
        fixture.file(".hidden");
        fixture.file(".well-known/acme");
        fixture.link("in", "plain.txt");
        fixture.link("dangling", "nowhere");
        fixture.link("outdir", "../outside");
    }

    /// Whatever came of it, nothing of ours is left beside it, and nothing has come out of the tree.
    @AfterEach
    void nothingIsLeft() throws IOException {
        assertEquals(List.of(), drafts(fixture.root));
        assertEquals(List.of("far.txt"), names(fixture.beside.resolve("outside")));
        assertEquals(Fixture.SECRET, Files.readString(fixture.beside.resolve("outside/far.txt")));
        assertEquals(Fixture.SECRET, Files.readString(fixture.beside.resolve("secret.txt")));
        assertEquals(List.of("outside", "secret.txt", "tree"), names(fixture.beside));
    }

    private static Asked hostileSite(Writing writing) {
        return hostile.site(manners(writing, intake(Clash.RENAME)));
    }

    static List<String> drafts(Path root) throws IOException {
        try (Stream<Path> tree = Files.walk(root)) {
            return tree.map(path -> path.getFileName().toString()).filter(name -> name.startsWith(".comanche-")).toList();
        }
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> names = Files.list(directory)) {
            return names.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    static Manners manners(Writing writing, Intake intake) {
        return new Manners(List.of("index.html"), true, false, false, false, writing, intake, false, Fields.NONE);
    }

    private static Intake intake(Clash clash) {
        return new Intake(clash, 1000, 0, 3, Duration.ofHours(24));
    }

    private Asked site(Writing writing) {
        return site(writing, Clash.RENAME);
    }

    private Asked site(Writing writing, Clash clash) {
        return fixture.site(manners(writing, intake(clash)));
    }

    /// What stands at a target, read as a file of this machine.
    private String file(String name) {
        try {
            Path path = Fixture.named(fixture.root, name);
            return Files.exists(path, LinkOption.NOFOLLOW_LINKS) ? Files.readString(path, StandardCharsets.ISO_8859_1) : "nothing";
        } catch (IOException e) {
            return "unreadable";
        }
    }

    // PUT

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            UPLOAD | /new.txt           | 201 | new.txt
            UPLOAD | /dir/new.txt       | 201 | dir/new.txt
            UPLOAD | /new%20file        | 201 | new file
            UPLOAD | /a%3Cb%3E%22.txt   | 201 | a<b>".txt
            UPLOAD | /caf%C3%A8         | 201 | caf\u00c3\u00a8
            UPLOAD | /%FF%FD            | 201 | \u00ff\u00fd
            UPLOAD | /a%5Cb             | 201 | a\\b
            UPLOAD | /a%253Fb           | 201 | a%3Fb
            UPLOAD | /new.txt?x=y       | 201 | new.txt
            UPLOAD | /.well-known/new   | 201 | .well-known/new
            WRITE  | /new.txt           | 201 | new.txt
            WRITE  | /plain.txt         | 204 | plain.txt
            WRITE  | /dir/inner.txt     | 204 | dir/inner.txt
            WRITE  | /100%25%25         | 204 | 100%%
            """)
    void aFileThatIsPutIsThere(Writing writing, String target, int status, String name) throws IOException {
        if (name.equals("100%%")) {
            fixture.file(name);
        }
        Answer answer = site(writing).send("hello", "PUT", target);
        assertEquals(status, answer.status());
        assertEquals("hello", file(name));
        assertEquals(status == 201 ? target.replaceAll("\\?.*", "") : "nothing", answer.field("Location"));
        assertEquals("", answer.content());
    }

    /// What is refused changes nothing, and is refused before any of the content is read: a client that waits for a 100
    /// does not get one.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            NONE   | /new.txt               | 405
            UPLOAD | /plain.txt             | 409
            UPLOAD | /missing/new.txt       | 409
            WRITE  | /missing/new.txt       | 409
            WRITE  | /plain.txt/new.txt     | 409
            WRITE  | /dir                   | 409
            WRITE  | /dir/                  | 409
            WRITE  | /new/                  | 409
            WRITE  | /                      | 405
            WRITE  | /.hidden               | 403
            WRITE  | /.new                  | 403
            WRITE  | /..x                   | 403
            WRITE  | /.git/config           | 403
            WRITE  | /.ssh/authorized_keys  | 403
            WRITE  | /dir/.htpasswd         | 403
            WRITE  | /id_rsa                | 403
            WRITE  | /privkey.pem           | 403
            WRITE  | /.comanche-x           | 403
            WRITE  | /.Comanche-x           | 403
            WRITE  | /in                    | 403
            WRITE  | /out                   | 403
            WRITE  | /dangling              | 403
            WRITE  | /loop1                 | 403
            WRITE  | /indir                 | 403
            WRITE  | /indir/                | 409
            WRITE  | /indir/new.txt         | 403
            WRITE  | /outdir/new.txt        | 403
            WRITE  | /outdir/far.txt        | 403
            WRITE  | /self/plain.txt        | 403
            WRITE  | /parent/secret.txt     | 403
            WRITE  | /dangling/new.txt      | 403
            WRITE  | /a%2Fb                 | 403
            WRITE  | /dir%2Fnew.txt         | 403
            WRITE  | /%2e%2e%2fnew.txt      | 403
            WRITE  | /..%2Fsecret.txt       | 403
            WRITE  | /a%0Ab                 | 403
            WRITE  | /a%0Db                 | 403
            WRITE  | /a%1Bb                 | 403
            WRITE  | /a%7Fb                 | 403
            WRITE  | /a%C2%9Bb              | 403
            WRITE  | /%01/new.txt           | 403
            """)
    void whatMayNotBePutIsRefusedUnread(Writing writing, String target, int status) throws IOException {
        List<String> before = tree(hostile.beside);
        Exchange unread = new Exchange(Fixture.CLIENT, new InputStream() {
            @Override
            public int read() {
                throw new AssertionError("read");
            }
        }, (_, _) -> { });
        assertEquals(status, hostileSite(writing).exchange(unread, "PUT", target, "Content-Length", "5").status());
        assertEquals(before, tree(hostile.beside));
    }

    private static List<String> tree(Path root) throws IOException {
        try (Stream<Path> tree = Files.walk(root)) {
            List<String> all = new ArrayList<>();
            for (Path path : tree.toList()) {
                all.add(path + (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
                        ? Files.readString(path, StandardCharsets.ISO_8859_1) : ""));
            }
            return all;
        }
    }

    @ParameterizedTest
    @CsvSource({"255, 201", "256, 403"})
    void aNameIsAsLongAsTheDiskTakesIt(int octets, int status) {
        assertEquals(status, site(Writing.UPLOAD).send("hello", "PUT", "/" + "x".repeat(octets)).status());
    }

    @Test
    void dotfilesArePutWhereTheyAreServed() {
        Asked hidden = fixture.site(new Visibility(true, false), false, manners(Writing.WRITE, intake(Clash.RENAME)));
        assertEquals(204, hidden.send("hello", "PUT", "/.hidden").status());
        assertEquals("hello", file(".hidden"));
        assertEquals(403, hidden.send("hello", "PUT", "/.comanche-1.part").status());
        assertEquals(403, hidden.send("hello", "PUT", "/.env").status());
    }

    /// Even where links may lead out, nobody writes through one.
    @Test
    void linksAreNotWrittenThroughWhereTheyAreFollowed() {
        Asked following = fixture.site(Fixture.STRICT, true, manners(Writing.WRITE, intake(Clash.REPLACE)));
        assertEquals(200, following.get("/outdir/far.txt").status());
        assertEquals(403, following.send("hello", "PUT", "/outdir/far.txt").status());
        assertEquals(403, following.ask("DELETE", "/outdir/far.txt").status());
        assertEquals(405, following.send(form("new.txt", "hello"), "POST", "/outdir/", "Content-Type", FORM).status());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Content-Range    | bytes 0-4/5 | 400
            Content-Range    | x           | 400
            Content-Encoding | gzip        | 415
            Content-Encoding | identity    | 415
            """)
    void partOfAFileAndCodedOnesAreNotPut(String name, String value, int status) {
        Answer answer = site(Writing.WRITE).send("hello", "PUT", "/plain.txt", name, value);
        assertEquals(status, answer.status());
        assertEquals("plain.txt", file("plain.txt"));
        assertEquals(status == 415 ? "identity" : "nothing", answer.field("Accept-Encoding"));
    }

    /// An empty file, and one of exactly the limit, are files like any other; announced or not.
    @ParameterizedTest
    @CsvSource({"0, 201", "1, 201", "999, 201", "1000, 201", "1001, 413", "5000, 413"})
    void theLengthHasALimit(int length, int status) {
        String content = "x".repeat(length);
        assertEquals(status, site(Writing.UPLOAD).send(content, "PUT", "/a", "Content-Length", "" + length).status());
        assertEquals(status, site(Writing.UPLOAD).send(content, "PUT", "/b").status());
        assertEquals(status == 201 ? content : "nothing", file("a"));
        assertEquals(status == 201 ? content : "nothing", file("b"));
    }

    @Test
    void whatMustStayFreeOfTheDiskStaysFree() {
        Asked full = fixture.site(manners(Writing.WRITE, new Intake(Clash.RENAME, 1000, Long.MAX_VALUE / 2, 10, Duration.ofHours(1))));
        assertEquals(507, full.send("hello", "PUT", "/plain.txt", "Content-Length", "5").status());
        assertEquals(507, full.send("hello", "PUT", "/plain.txt").status());
        assertEquals(507, full.send(form("new.txt", "hello"), "POST", "/", "Content-Type", FORM).status());
        assertEquals(507, full.send("hello", "PUT", "/plain.txt", "Upload-Complete", "?1").status());
        assertEquals("plain.txt", file("plain.txt"));
        assertEquals("nothing", file("new.txt"));
    }

    @ParameterizedTest
    @CsvSource({"/new.txt, 201", "/plain.txt, 204", "/dir/new, 201"})
    void theEntityTagIsThatOfAGet(String target, int status) {
        Answer put = site(Writing.WRITE).send("hello", "PUT", target);
        assertEquals(status, put.status());
        Answer got = site(Writing.WRITE).get(target);
        assertEquals("hello", got.content());
        assertEquals(got.field("ETag"), put.field("ETag"));
        assertEquals(304, site(Writing.WRITE).get(target, "If-None-Match", put.field("ETag")).status());
    }

    // Preconditions (RFC 9110 §13). TAG stands for the entity-tag of what is there.

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            /plain.txt | If-Match            | *                             | 204
            /plain.txt | If-Match            | TAG                           | 204
            /plain.txt | If-Match            | "x", TAG                      | 204
            /plain.txt | If-Match            | W/TAG                         | 412
            /plain.txt | If-Match            | "x"                           | 412
            /plain.txt | If-None-Match       | *                             | 412
            /plain.txt | If-None-Match       | TAG                           | 412
            /plain.txt | If-None-Match       | W/TAG                         | 412
            /plain.txt | If-None-Match       | "x"                           | 204
            /plain.txt | If-Unmodified-Since | Sun, 02 Feb 2020 02:02:02 GMT | 204
            /plain.txt | If-Unmodified-Since | Sun, 02 Feb 2020 02:02:01 GMT | 412
            /plain.txt | If-Unmodified-Since | no date                       | 204
            /plain.txt | If-Modified-Since   | Sun, 02 Feb 2020 02:02:02 GMT | 204
            /new.txt   | If-Match            | *                             | 412
            /new.txt   | If-Match            | "x"                           | 412
            /new.txt   | If-None-Match       | *                             | 201
            /new.txt   | If-None-Match       | "x"                           | 201
            /new.txt   | If-Unmodified-Since | Sun, 02 Feb 2020 02:02:01 GMT | 201
            """)
    void preconditionsHold(String target, String name, String value, int status) {
        Asked site = site(Writing.WRITE);
        String condition = value.replace("TAG", site.get("/plain.txt").field("ETag"));
        assertEquals(status, site.send("hello", "PUT", target, name, condition).status());
        boolean changed = status < 400;
        assertEquals(changed ? "hello" : target.equals("/new.txt") ? "nothing" : "plain.txt", file(target.substring(1)));
        if (target.equals("/plain.txt") && !changed) {
            assertEquals(412, site.ask("DELETE", target, name, condition).status());
            assertEquals("plain.txt", file("plain.txt"));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            If-Match: TAG~If-None-Match: *                                       | 412
            If-Match: TAG~If-None-Match: "x"                                     | 204
            If-Match: TAG~If-Unmodified-Since: Sun, 02 Feb 2020 02:02:01 GMT     | 204
            If-Match: "x"~If-Unmodified-Since: Sun, 02 Feb 2020 02:02:02 GMT     | 412
            If-None-Match: "x"~If-Unmodified-Since: Sun, 02 Feb 2020 02:02:01 GMT | 412
            If-Match: "x"~If-Match: TAG                                          | 204
            """)
    void severalPreconditionsHoldInTheirOrder(String lines, int status) {
        Asked site = site(Writing.WRITE);
        String tag = site.get("/plain.txt").field("ETag");
        String[] fields = Stream.of(lines.split("~")).flatMap(line -> Stream.of(line.replace("TAG", tag).split(": ", 2)))
                .toArray(String[]::new);
        assertEquals(status, site.send("hello", "PUT", "/plain.txt", fields).status());
    }

    /// Content that runs something in the middle of being read.
    private static Exchange interrupted(String content, Runnable meanwhile) {
        return new Exchange(Fixture.CLIENT, new InputStream() {
            private int read;

            @Override
            public int read() {
                if (read == 1) {
                    meanwhile.run();
                }
                return read < content.length() ? content.charAt(read++) : -1;
            }

            @Override
            public int read(byte[] into, int offset, int count) {
                int octet = read();
                into[offset] = (byte) octet;
                return octet < 0 ? -1 : 1;
            }
        }, (_, _) -> { });
    }

    /// The condition is looked at again when the content has come.
    @ParameterizedTest
    @CsvSource({"WRITE, If-None-Match, *, 412", "UPLOAD, X, y, 409", "WRITE, X, y, 204"})
    void whatOthersDidMeanwhileCounts(Writing writing, String name, String value, int status) {
        Asked site = site(writing);
        Answer answer = site.exchange(interrupted("hello", () -> site.send("other", "PUT", "/new.txt")), "PUT", "/new.txt", name, value);
        assertEquals(status, answer.status());
        assertEquals(status == 204 ? "hello" : "other", file("new.txt"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "link", "directory"})
    void whatStandsThereSuddenlyIsNotWrittenThrough(String what) {
        Answer answer = site(Writing.WRITE).exchange(interrupted("hello", () -> {
            try {
                switch (what) {
                    case "file" -> fixture.file("new");
                    case "link" -> fixture.link("new", "../secret.txt");
                    default -> Files.createDirectory(fixture.root.resolve("new"));
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }), "PUT", "/new");
        assertEquals(what.equals("file") ? 204 : what.equals("link") ? 403 : 409, answer.status());
    }

    /// Nobody is shown a draft, not even where dotfiles are.
    @Test
    void whileAFileComesNothingIsSeenOfIt() {
        Asked site = fixture.site(new Visibility(true, true), true, manners(Writing.WRITE, intake(Clash.RENAME)));
        List<String> seen = new ArrayList<>();
        String before = site.get("/").content();
        Answer answer = site.exchange(interrupted("hello", () -> {
            seen.add(site.get("/").content());
            seen.add("" + site.ask("HEAD", "/new.txt").status());
            try {
                for (String name : drafts(fixture.root)) {
                    seen.add(name.replaceAll("[0-9a-f]{32}", "*") + site.get('/' + name).status());
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }), "PUT", "/new.txt");
        assertEquals(201, answer.status());
        assertEquals(List.of(before, "404", ".comanche-*.part404"), seen);
    }

    @Test
    void contentThatBreaksOffLeavesTheOldFileAndNothingElse() {
        Exchange broken = new Exchange(Fixture.CLIENT, new InputStream() {
            private int left = 10;

            @Override
            public int read() throws IOException {
                if (left-- <= 0) {
                    throw new IOException("gone");
                }
                return 'x';
            }
        }, (_, _) -> { });
        try {
            site(Writing.WRITE).exchange(broken, "PUT", "/plain.txt");
            throw new AssertionError("an answer");
        } catch (java.io.UncheckedIOException e) {
            assertEquals("gone", e.getCause().getMessage());
        }
        assertEquals("plain.txt", file("plain.txt"));
    }

    /// Of fifty at once one wins, and the file is that one's.
    @ParameterizedTest
    @ValueSource(strings = {"If-None-Match", "If-Match"})
    void ofManyAtOnceOneWins(String condition) throws Exception {
        Asked site = site(Writing.WRITE);
        String target = condition.equals("If-Match") ? "/plain.txt" : "/new.txt";
        String value = condition.equals("If-Match") ? site.get(target).field("ETag") : "*";
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Integer>> puts = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                String content = "content " + i;
                puts.add(() -> site.send(content, "PUT", target, condition, value).status());
            }
            List<Integer> statuses = new ArrayList<>();
            for (Future<Integer> status : clients.invokeAll(puts)) {
                statuses.add(status.get());
            }
            int winner = condition.equals("If-Match") ? 204 : 201;
            assertEquals(1, statuses.stream().filter(status -> status == winner).count());
            assertEquals(49, statuses.stream().filter(status -> status == 412).count());
            assertEquals("content " + statuses.indexOf(winner), file(target.substring(1)));
        }
    }

    // DELETE

    @ParameterizedTest
    @ValueSource(strings = {"/plain.txt", "/dir/inner.txt", "/empty", "/empty/"})
    void whatIsDeletedIsGoneAndNothingElse(String target) throws IOException {
        List<String> before = tree(fixture.beside);
        assertEquals(204, site(Writing.WRITE).ask("DELETE", target).status());
        assertEquals(before.size() - 1, tree(fixture.beside).size());
        assertEquals(404, site(Writing.WRITE).get(target).status());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            NONE   | /plain.txt        | 405
            UPLOAD | /plain.txt        | 405
            WRITE  | /dir              | 409
            WRITE  | /dir/             | 409
            WRITE  | /plain.txt/       | 404
            WRITE  | /missing          | 404
            WRITE  | /missing/         | 404
            WRITE  | /missing/x        | 404
            WRITE  | /plain.txt/x      | 404
            WRITE  | /                 | 405
            WRITE  | /in               | 403
            WRITE  | /out              | 403
            WRITE  | /dangling         | 403
            WRITE  | /indir/inner.txt  | 403
            WRITE  | /outdir/far.txt   | 403
            WRITE  | /.hidden          | 403
            WRITE  | /id_rsa           | 403
            WRITE  | /dir%2Finner.txt  | 403
            """)
    void whatMayNotBeDeletedStays(Writing writing, String target, int status) throws IOException {
        List<String> before = tree(hostile.beside);
        assertEquals(status, hostileSite(writing).ask("DELETE", target).status());
        assertEquals(before, tree(hostile.beside));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            If-Match      | TAG | 204
            If-Match      | *   | 204
            If-Match      | "x" | 412
            If-None-Match | *   | 412
            If-None-Match | "x" | 204
            """)
    void aDeletionMayHaveAPrecondition(String name, String value, int status) {
        Asked site = site(Writing.WRITE);
        String condition = value.replace("TAG", site.get("/plain.txt").field("ETag"));
        assertEquals(status, site.ask("DELETE", "/plain.txt", name, condition).status());
        assertEquals(status == 204 ? "nothing" : "plain.txt", file("plain.txt"));
    }

    // Forms

    static String form(String... namesAndContents) {
        StringBuilder form = new StringBuilder();
        for (int i = 0; i < namesAndContents.length; i += 2) {
            form.append("--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"").append(namesAndContents[i])
                    .append("\"\r\nContent-Type: text/plain\r\n\r\n").append(namesAndContents[i + 1]).append("\r\n");
        }
        return form.append("--b--\r\n").toString();
    }

    private Answer post(Clash clash, String target, String... namesAndContents) {
        return site(clash == Clash.REPLACE ? Writing.WRITE : Writing.UPLOAD, clash)
                .send(form(namesAndContents), "POST", target, "Content-Type", FORM);
    }

    @Test
    void aFormBringsSeveralFilesAndFolders() {
        Answer answer = post(Clash.RENAME, "/dir/", "a.txt", "one", "trip/day 1/sea.jpg", "two", "caf\u00c3\u00a9", "three");
        assertEquals(201, answer.status());
        assertEquals("/dir/a.txt\n/dir/trip/day%201/sea.jpg\n/dir/caf%C3%A9\n", answer.content());
        assertEquals("nothing", answer.field("Location"));
        assertEquals("one", file("dir/a.txt"));
        assertEquals("two", file("dir/trip/day 1/sea.jpg"));
        assertEquals("three", file("dir/caf\u00c3\u00a9"));
    }

    @Test
    void aFormWithOneFileSaysWhereItIs() {
        Answer answer = post(Clash.RENAME, "/", "a b.txt", "");
        assertEquals(201, answer.status());
        assertEquals("/a%20b.txt", answer.field("Location"));
        assertEquals("", file("a b.txt"));
    }

    @Test
    void aBrowserGoesBackToThePage() {
        Answer answer = site(Writing.UPLOAD).send(form("a.txt", "one"), "POST", "/dir/?sort=size", "Content-Type", FORM,
                "Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        assertEquals(303, answer.status());
        assertEquals("/dir/", answer.field("Location"));
        assertEquals("one", file("dir/a.txt"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            RENAME  | plain.txt        | 201 | plain (1).txt   | plain.txt
            RENAME  | noend            | 201 | noend (1)       | noend
            RENAME  | a.tar.gz         | 201 | a.tar (1).gz    | a.tar.gz
            RENAME  | dir/inner.txt    | 201 | dir/inner (1).txt | dir/inner.txt
            RENAME  | dir              | 201 | dir (1)         | -
            RENAME  | in               | 201 | in (1)          | -
            RENAME  | dangling         | 201 | dangling (1)    | -
            REFUSE  | plain.txt        | 409 | -               | plain.txt
            REFUSE  | dir              | 409 | -               | -
            REPLACE | plain.txt        | 201 | plain.txt       | -
            REPLACE | dir              | 409 | -               | -
            REPLACE | in               | 403 | -               | -
            """)
    void aNameThatIsTakenIsTreatedAsWished(Clash clash, String name, int status, String created, String kept) throws IOException {
        fixture.file("noend");
        fixture.file("a.tar.gz");
        Answer answer = post(clash, "/", name, "hello");
        assertEquals(status, answer.status());
        if (!created.equals("-")) {
            assertEquals("hello", file(created));
            assertEquals('/' + created.replace(" ", "%20").replace("(", "%28").replace(")", "%29") + '\n', answer.content());
        }
        if (!kept.equals("-")) {
            assertEquals(kept, file(kept));
        }
        assertTrue(Files.isSymbolicLink(fixture.root.resolve("in")));
    }

    @Test
    void filesOfOneNameAreNumbered() {
        for (int i = 1; i <= 3; i++) {
            assertEquals("/plain%20%28" + i + "%29.txt\n", post(Clash.RENAME, "/", "plain.txt", "hello " + i).content());
        }
        assertEquals("hello 3", file("plain (3).txt"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ../secret.txt        | 403
            ../../etc/passwd     | 403
            dir/../../x          | 403
            ./x                  | 403
            .hidden              | 403
            .comanche-1.part     | 403
            dir/.ssh/x           | 403
            .git/hooks/x         | 403
            outdir/x             | 403
            indir/x              | 403
            plain.txt/x          | 409
            /                    | 405
            """)
    void aNameInAFormEscapesNoMoreThanATarget(String name, int status) throws IOException {
        List<String> before = tree(hostile.beside);
        assertEquals(status, hostileSite(Writing.UPLOAD).send(form(name, "hello"), "POST", "/", "Content-Type", FORM).status());
        assertEquals(before, tree(hostile.beside));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /dir/a      | dir/a
            //dir//a    | dir/a
            a/          | a
            """)
    void aNameInAFormIsRelative(String name, String file) {
        assertEquals(201, post(Clash.RENAME, "/", name, "hello").status());
        assertEquals("hello", file(file));
    }

    @Test
    void whatHasNoFileIsNoForm() {
        Asked site = site(Writing.UPLOAD);
        String field = "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nhello\r\n--b--";
        assertEquals(400, site.send(field, "POST", "/", "Content-Type", FORM).status());
        assertEquals(400, site.send(form("", ""), "POST", "/", "Content-Type", FORM).status());
        assertEquals(400, site.send("--b--", "POST", "/", "Content-Type", FORM).status());
        assertEquals(400, site.send("hello", "POST", "/", "Content-Type", FORM).status());
        assertEquals(415, site.send("a=b", "POST", "/", "Content-Type", "application/x-www-form-urlencoded").status());
        assertEquals(415, site.send("hello", "POST", "/").status());
        assertEquals(415, site.send("hello", "POST", "/", "Content-Disposition", "attachment").status());
    }

    @Test
    void whatCameBeforeTheBreakIsThere() {
        String form = form("a.txt", "one", "b.txt", "two");
        Asked site = site(Writing.UPLOAD);
        assertEquals(400, site.send(form.substring(0, form.length() - 10), "POST", "/", "Content-Type", FORM).status());
        assertEquals("one", file("a.txt"));
        assertEquals("nothing", file("b.txt"));
    }

    @ParameterizedTest
    @CsvSource({"3, 201", "4, 413"})
    void aFormHasAsManyFilesAsItMay(int count, int status) {
        List<String> files = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            files.addAll(List.of("f" + i, "content"));
        }
        assertEquals(status, post(Clash.RENAME, "/", files.toArray(String[]::new)).status());
        assertEquals("content", file("f2"));
        assertEquals("nothing", file("f3"));
    }

    @Test
    void aFileInAFormHasTheSameLimit() {
        assertEquals(413, post(Clash.RENAME, "/", "a", "x".repeat(1001)).status());
        assertEquals(201, post(Clash.RENAME, "/", "a", "x".repeat(1000), "b", "x".repeat(1000)).status());
    }

    @ParameterizedTest
    @CsvSource({"/plain.txt, 405", "/missing/, 404", "/.git/, 404", "/indir/, 405"})
    void aFormIsSentToADirectory(String target, int status) {
        assertEquals(status, hostileSite(Writing.UPLOAD).send(form("a", "hello"), "POST", target, "Content-Type", FORM).status());
    }

    @Test
    void oneFileMayComeWithItsNameInContentDisposition() {
        Answer answer = site(Writing.UPLOAD).send("hello", "POST", "/dir/", "Content-Disposition", "attachment; filename=\"x/inner.txt\"");
        assertEquals(201, answer.status());
        assertEquals("/dir/x/inner.txt", answer.field("Location"));
        assertEquals("hello", file("dir/x/inner.txt"));
        assertEquals(answer.field("ETag"), site(Writing.UPLOAD).get("/dir/x/inner.txt").field("ETag"));
    }

    // Who may

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            -           | -                | 201
            same-origin | http://h         | 201
            none        | -                | 201
            same-origin | http://evil      | 201
            cross-site  | http://evil      | 403
            same-site   | http://x.h       | 403
            cross-site  | -                | 403
            cross-site  | http://h         | 403
            garbage     | -                | 403
            -           | http://h         | 201
            -           | http://H         | 201
            -           | http://evil      | 403
            -           | http://h.evil    | 403
            -           | http://h:81      | 403
            -           | null             | 403
            -           | h                | 403
            """)
    void anotherOriginsPageDoesNotWrite(String site, String origin, int status) {
        List<String> fields = new ArrayList<>();
        if (site != null) {
            fields.addAll(List.of("Sec-Fetch-Site", site));
        }
        if (origin != null) {
            fields.addAll(List.of("Origin", origin));
        }
        String[] all = fields.toArray(String[]::new);
        assertEquals(status, site(Writing.WRITE).send("hello", "PUT", "/new.txt", all).status());
        assertEquals(status == 201 ? 204 : 403, site(Writing.WRITE).ask("DELETE", status == 201 ? "/new.txt" : "/plain.txt", all).status());
        fields.addAll(List.of("Content-Type", FORM));
        assertEquals(status, site(Writing.UPLOAD).send(form("a.txt", "one"), "POST", "/", fields.toArray(String[]::new)).status());

        Asked open = fixture.site(new Manners(List.of(), true, false, true, false, Writing.WRITE, intake(Clash.RENAME), false, Fields.NONE));
        assertEquals(201, open.send("hello", "PUT", "/other.txt", all).status());
    }

    @ParameterizedTest
    @EnumSource(Writing.class)
    void whatMayBeDoneIsTold(Writing writing) {
        String allow = switch (writing) {
            case NONE -> "GET, HEAD, OPTIONS";
            case UPLOAD -> "GET, HEAD, OPTIONS, POST, PUT";
            case WRITE -> "GET, HEAD, OPTIONS, POST, PUT, DELETE";
        };
        Answer options = site(writing).ask("OPTIONS", "/");
        assertEquals(allow, options.field("Allow"));
        assertEquals(writing == Writing.NONE ? "nothing" : "application/partial-upload", options.field("Accept-Patch"));
        assertEquals(writing == Writing.NONE ? "nothing" : "max-size=1000, max-age=86400", options.field("Upload-Limit"));
        assertEquals(405, site(writing).ask("PATCH", "/plain.txt").status());
        assertEquals(allow, site(writing).ask("PATCH", "/plain.txt").field("Allow"));
        assertFalse(site(writing).get("/plain.txt").fields().has("Allow"));
    }

    /// RFC 9530; the digests are those of `hello`.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Repr-Digest    | sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=: | 201
            Content-Digest | sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=: | 201
            Repr-Digest    | sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmDQ=: | 400
            Content-Digest | sha-256=:AAAA:                                         | 400
            Repr-Digest    | sha-512=:AAAA:                                         | 400
            Repr-Digest    | md5=:AAAA:                                             | 201
            Repr-Digest    | sha-256=AAAA                                           | 201
            Repr-Digest    | md5=:AAAA:, sha-256=:AAAA:                             | 400
            Repr-Digest    | sha-512=:m3HSJL1i83hdltRq0+o9czGb+8KJDKra4t/3JRlnPKcjI8PZm6XBHXx6zG4UuMXaDEZjR1wuXDre9G9zvN7AQw==:, sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=: | 201
            """)
    void contentThatIsNotWhatTheRequestClaimsIsRefused(String name, String value, int status) {
        assertEquals(status, site(Writing.WRITE).send("hello", "PUT", "/new.txt", name, value).status());
        assertEquals(status == 201 ? "hello" : "nothing", file("new.txt"));
        assertEquals(status == 201 ? 204 : status, site(Writing.WRITE).send("hello", "PUT", "/plain.txt", name, value).status());
        assertEquals(status == 201 ? "hello" : "plain.txt", file("plain.txt"));
        assertEquals(status, site(Writing.UPLOAD).send("hello", "POST", "/dir/", name, value, "Content-Disposition",
                "attachment; filename=\"a.txt\"").status());
    }

    /// Each claim counts.
    @Test
    void aFalseClaimBesideATrueOneIsFalse() {
        assertEquals(400, site(Writing.WRITE).send("hello", "PUT", "/new.txt", "Repr-Digest",
                "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:", "Content-Digest", "sha-256=:AAAA:").status());
    }

    @Test
    void whereOneFileIsServedNothingIsWritten() throws IOException {
        Asked one = new Asked(new lib.site.Site(new lib.site.Docroot(fixture.root.resolve("plain.txt"), Fixture.STRICT, false),
                manners(Writing.WRITE, intake(Clash.RENAME)), lib.site.Guard.NONE, new lib.http.MediaTypes(java.util.Map.of()), 1));
        assertEquals(405, one.send("hello", "PUT", "/").status());
        assertEquals(405, one.send("hello", "PUT", "/x").status());
        assertEquals(405, one.ask("DELETE", "/").status());
        assertEquals("plain.txt", file("plain.txt"));
    }

    /// A directory that somebody has just made is not replaced by another of its name, with his file lost in the first.
    @Test
    void manyWhoNeedTheSameNewDirectoriesFindEachOther() throws Exception {
        Asked site = site(Writing.UPLOAD);
        try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
            for (int round = 0; round < 200; round++) {
                List<Callable<Integer>> writers = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    String name = "new" + round + "/x/" + i;
                    writers.add(() -> site.send("x", "POST", "/", "Content-Disposition", "attachment; filename=\"" + name + '"').status());
                }
                for (Future<Integer> status : pool.invokeAll(writers)) {
                    assertEquals(201, status.get(), "round " + round);
                }
            }
        }
    }
}
