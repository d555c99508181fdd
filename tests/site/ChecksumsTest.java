package tests.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import lib.http.DigestFields.Algorithm;
import lib.http.Fields;
import lib.http.MediaTypes;
import lib.site.Access;
import lib.site.Credentials;
import lib.site.Docroot;
import lib.site.Guard;
import lib.site.Site;
import lib.site.Site.Manners;
import lib.site.Users;
import lib.site.Writing;
import lib.site.ZipTree;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.site.Fixture.Answer;
import tests.site.Fixture.Asked;

/// Digests for whoever asks: as lines for `sha256sum -c`, and as Repr-Digest.
class ChecksumsTest {
    @TempDir
    private Path directory;

    private Fixture fixture;
    private Asked site;

    @BeforeEach
    void build() throws IOException {
        fixture = new Fixture(directory);
        site = fixture.site();
    }

    private static byte[] digest(Algorithm algorithm, String octets) {
        return algorithm.begin().digest(octets.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String hex(String octets) {
        return HexFormat.of().formatHex(digest(Algorithm.SHA_256, octets));
    }

    private static List<String> names(Answer answer) {
        assertEquals(200, answer.status());
        return answer.content().lines().map(line -> line.substring(line.indexOf("  ") + 2)).toList();
    }

    @Test
    void aDocumentHasALineWithItsName() {
        Answer answer = site.get("/dir/inner.txt?sha256");
        assertEquals(hex("dir/inner.txt") + "  inner.txt\n", answer.content());
        assertEquals("text/plain; charset=utf-8", answer.field("Content-Type"));
    }

    @Test
    void aParameterWithAValueBelongsToSomebodyElse() {
        assertEquals("plain.txt", site.get("/plain.txt?sha256=x").content());
        assertEquals("plain.txt", site.get("/plain.txt?x=sha256").content());
    }

    @Test
    void whatIsNotThereHasNoLine() {
        assertEquals(404, site.get("/nothing?sha256").status());
        assertEquals(404, site.get("/plain.txt/?sha256").status());
    }

    /// It calls the file what it is called, and does not say that this is the download itself.
    @Test
    void theOneFileThatIsServedHasALineToo() throws IOException {
        Docroot one = new Docroot(fixture.root.resolve("plain.txt"), Fixture.STRICT, false);
        Asked only = new Asked(new Site(one, Fixture.PLAIN, Guard.NONE, new MediaTypes(Map.of()), 64));
        Answer answer = only.get("/?sha256");
        assertEquals(hex("plain.txt") + "  plain.txt\n", answer.content());
        assertFalse(answer.fields().has("Content-Disposition"));
        assertEquals(404, only.get("/SHA256SUMS").status());
    }

    @Test
    void aDirectoryHasTheLinesOfAllThatIsServedBelowItDocumentsFirst() throws IOException {
        for (String name : List.of("z.txt", "dir/a/deep.txt", ".hidden", "id_rsa")) {
            fixture.file(name);
        }
        assertEquals(List.of("plain.txt", "z.txt", "dir/inner.txt", "dir/a/deep.txt"), names(site.get("/SHA256SUMS")));
        assertEquals(List.of("inner.txt", "a/deep.txt"), names(site.get("/dir/SHA256SUMS")));
        assertEquals(hex("dir/inner.txt") + "  inner.txt", site.get("/dir/SHA256SUMS").content().lines().findFirst().orElseThrow());
        assertEquals("", site.get("/empty/SHA256SUMS").content());
    }

    @Test
    void aFileOfThatNameGoesFirst() throws IOException {
        fixture.file("dir/SHA256SUMS", "mine");
        assertEquals("mine", site.get("/dir/SHA256SUMS").content());
    }

    @Test
    void whereNothingIsListedThereAreNoLinesEither() {
        Manners closed = new Manners(List.of(), false, false, false, false, Writing.NONE, Fixture.INTAKE, false, Fields.NONE);
        Manners blind = new Manners(List.of(), true, false, false, false, Writing.UPLOAD, Fixture.INTAKE, true, Fields.NONE);
        assertEquals(404, fixture.site(closed).get("/SHA256SUMS").status());
        assertEquals(404, fixture.site(blind).get("/SHA256SUMS").status());
        assertEquals(404, fixture.site(blind).get("/plain.txt?sha256").status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/nothing/SHA256SUMS", "/plain.txt/SHA256SUMS", "/SHA256SUMS/", "/sha256sums"})
    void onlyADirectoryThatIsThereHasThem(String target) {
        assertEquals(404, site.get(target).status());
    }

    @Test
    void whoMayNotReadADocumentIsNotToldItsDigest() throws IOException {
        for (String name : List.of("private/s.txt", "open/o.txt")) {
            fixture.file(name);
        }
        List<Access.Rule> rules = List.of(
                new Access.Rule(List.of("private"), new Access.Methods.All(), new Access.Who.These(java.util.Set.of("ann"))),
                new Access.Rule(List.of(), new Access.Methods.All(), new Access.Who.Everybody()));
        Guard guard = new Guard(Optional.of(new Credentials(Users.clear(Map.of("ann", "a")), Duration.ofSeconds(30))),
                new Access(rules, true));
        Asked guarded = new Asked(new Site(fixture.docroot(Fixture.STRICT, false), Fixture.PLAIN, guard, new MediaTypes(Map.of()), 64));
        assertEquals(List.of("plain.txt", "dir/inner.txt", "open/o.txt"), names(guarded.get("/SHA256SUMS")));
        assertEquals(401, guarded.get("/private/SHA256SUMS").status());
        assertEquals(401, guarded.get("/private/s.txt?sha256").status());
        String ann = "Basic " + Base64.getEncoder().encodeToString("ann:a".getBytes(StandardCharsets.US_ASCII));
        assertEquals(List.of("s.txt"), names(guarded.get("/private/SHA256SUMS", "Authorization", ann)));
        assertTrue(names(guarded.get("/SHA256SUMS", "Authorization", ann)).contains("private/s.txt"));
    }

    /// Whatever the names: every document of the tree is found and good, and nothing is read as something else.
    @Test
    void sha256sumFindsEveryDocumentByItsLine() throws Exception {
        fixture.hostile();
        fixture.file("cr\rname");
        fixture.file("\\");
        Path list = Files.write(directory.resolve("list"), site.get("/SHA256SUMS").content().getBytes(StandardCharsets.ISO_8859_1));
        Process check = new ProcessBuilder("sha256sum", "--strict", "--quiet", "-c", list.toString()).directory(fixture.root.toFile())
                .redirectErrorStream(true).start();
        check.getOutputStream().close();
        assertEquals("", new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        assertEquals(0, check.waitFor());
        assertEquals(documents(), site.get("/SHA256SUMS").content().lines().count());
    }

    /// As an archive counts them.
    private long documents() throws IOException {
        byte[] octets = site.get("/?zip").content().getBytes(StandardCharsets.ISO_8859_1);
        Path zip = Files.write(directory.resolve("all.zip"), octets);
        try (var file = new java.util.zip.ZipFile(zip.toFile())) {
            return file.stream().filter(entry -> !entry.isDirectory()).count();
        }
    }

    @Test
    void aZipThatIsServedAsATreeHasThemToo() throws IOException {
        Path zip = directory.resolve("t.zip");
        try (OutputStream out = Files.newOutputStream(zip); ZipOutputStream made = new ZipOutputStream(out)) {
            for (String name : List.of("a.txt", "d/b.txt")) {
                made.putNextEntry(new ZipEntry(name));
                made.write(name.getBytes(StandardCharsets.US_ASCII));
            }
        }
        Fixture.dated(zip, Fixture.MODIFIED);
        Asked zipped = new Asked(new Site(new ZipTree(zip, Fixture.STRICT), Fixture.PLAIN, Guard.NONE, new MediaTypes(Map.of()), 64));
        String expected = hex("a.txt") + "  a.txt\n" + hex("d/b.txt") + "  d/b.txt\n";
        assertEquals(expected, zipped.get("/SHA256SUMS").content());
        assertEquals(expected, zipped.get("/SHA256SUMS").content());
        assertEquals(hex("d/b.txt") + "  b.txt\n", zipped.get("/d/b.txt?sha256").content());
    }

    private static String field(Algorithm algorithm, String octets) {
        String key = algorithm == Algorithm.SHA_256 ? "sha-256" : "sha-512";
        return key + "=:" + Base64.getEncoder().encodeToString(digest(algorithm, octets)) + ':';
    }

    @Test
    void theDigestOfARepresentationIsSentToWhoWantsIt() {
        assertFalse(site.get("/plain.txt").fields().has("Repr-Digest"));
        assertFalse(site.get("/plain.txt", "Want-Repr-Digest", "md5=10").fields().has("Repr-Digest"));
        assertEquals(field(Algorithm.SHA_256, "plain.txt"), site.get("/plain.txt", "Want-Repr-Digest", "sha-256=1").field("Repr-Digest"));
        assertEquals(field(Algorithm.SHA_512, "plain.txt"),
                site.get("/plain.txt", "Want-Repr-Digest", "sha-256=1, sha-512=2").field("Repr-Digest"));
    }

    /// Of all of it, whatever part is sent; to HEAD as to GET. Who has it already has had its digest (RFC 9110 §15.4.5).
    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', textBlock = """
            GET,  Range,         bytes=1-2,     206, true
            GET,  Range,         `bytes=0-0,2-2`, 206, true
            HEAD, Accept,        */*,           200, true
            GET,  If-None-Match, *,             304, false
            GET,  If-Match,      "x",           412, false
            GET,  Range,         bytes=99-,     416, false
            """)
    void itIsThatOfTheWhole(String method, String name, String value, int status, boolean digested) {
        Answer answer = site.ask(method, "/plain.txt", "Want-Repr-Digest", "sha-256=1", name, value);
        assertEquals(status, answer.status());
        assertEquals(digested ? field(Algorithm.SHA_256, "plain.txt") : "nothing", answer.field("Repr-Digest"));
    }

    @Test
    void itIsThatOfTheCodingThatWasSelected() throws IOException {
        fixture.file("plain.txt.gz", "squeezed");
        Answer answer = site.get("/plain.txt", "Accept-Encoding", "gzip", "Want-Repr-Digest", "sha-256=1");
        assertEquals("gzip", answer.field("Content-Encoding"));
        assertEquals(field(Algorithm.SHA_256, "squeezed"), answer.field("Repr-Digest"));
    }

    @Test
    void anIndexFileIsDigestedWhereItStandsIn() throws IOException {
        fixture.file("dir/index.html");
        assertEquals(field(Algorithm.SHA_256, "dir/index.html"), site.get("/dir/", "Want-Repr-Digest", "sha-256=1").field("Repr-Digest"));
    }

    @Test
    void manyWhoAskAtOnceGetTheSame() throws Exception {
        String octets = "x".repeat(5 << 20);
        fixture.file("large", octets);
        List<java.util.concurrent.Future<String>> answers = new ArrayList<>();
        try (var threads = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 50; i++) {
                answers.add(threads.submit(() -> site.get("/large?sha256").content()));
            }
        }
        for (var answer : answers) {
            assertEquals(hex(octets) + "  large\n", answer.get());
        }
    }
}
