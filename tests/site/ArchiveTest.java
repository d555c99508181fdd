package tests.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import lib.http.Content;
import lib.http.Exchange;
import lib.http.Fields;
import lib.site.Site.Manners;
import lib.site.Visibility;
import lib.site.Writing;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.site.Fixture.Answer;
import tests.site.Fixture.Asked;

/// A directory as one download: what is in it, that other programs unpack it, and that any part of a tar is a part of the whole.
class ArchiveTest {
    private static final Manners NO_LISTING = new Manners(List.of("index.html"), false, false, false, false, Writing.NONE,
            Fixture.INTAKE, false, Fields.NONE);

    /// Prints of all that is below a directory the name's octets, in hexadecimal, and those of the content; of a directory
    /// only the first.
    private static final String WALK = """
            import os, sys
            root = os.fsencode(sys.argv[1])
            for place, directories, files in os.walk(root):
                for name in directories + files:
                    path = os.path.join(place, name)
                    content = '' if name in directories else open(path, 'rb').read().hex()
                    print(os.path.relpath(path, root).hex() + (' =' + content if name in files else ''))
            """;

    /// Read by all, changed by none.
    @TempDir
    private static Path shared;

    private static Fixture fixture;
    private static Asked site;

    /// For who changes something.
    @TempDir
    private Path directory;

    @BeforeAll
    static void build() throws IOException {
        fixture = new Fixture(shared).hostile();
        site = fixture.site();
    }

    /// What is to be in an archive of the root, each name with its content; `/` stands for that of a directory.
    private static Map<String, String> served() {
        Map<String, String> served = new TreeMap<>();
        Fixture.ODD_NAMES.forEach(name -> served.put(name, name));
        for (String name : List.of("plain.txt", "dir/inner.txt", ".well-known/acme", "evil.example/x", "site/index.html",
                "site/other.txt", "old/index.htm")) {
            served.put(name, name);
        }
        List.of("dir", "empty", ".well-known", "evil.example", "site", "old").forEach(name -> served.put(name, "/"));
        List.of("in", "absolute", "around", "dir/up").forEach(link -> served.put(link, "plain.txt"));
        List.of("chain1", "chain2").forEach(link -> served.put(link, "dir/inner.txt"));
        served.put("cert.pem", "-----BEGIN CERTIFICATE-----\n");
        return served;
    }

    private Map<String, String> unpacked(String content, String command) throws Exception {
        Path archive = directory.resolve("archive");
        Path into = Files.createDirectory(directory.resolve("into"));
        Files.write(archive, content.getBytes(StandardCharsets.ISO_8859_1));
        List<String> words = new ArrayList<>();
        for (String word : command.split(" ")) {
            words.add(word.replace("ARCHIVE", archive.toString()).replace("INTO", into.toString()));
        }
        run(words);
        Map<String, String> found = new TreeMap<>();
        run(List.of("python3", "-c", WALK, into.resolve("h").toString())).lines().forEach(line -> {
            int equals = line.indexOf(" =");
            found.put(octets(equals < 0 ? line : line.substring(0, equals)), equals < 0 ? "/" : octets(line.substring(equals + 2)));
        });
        return found;
    }

    private static String octets(String hexadecimal) {
        return new String(java.util.HexFormat.of().parseHex(hexadecimal), StandardCharsets.ISO_8859_1);
    }

    private static String run(List<String> words) throws Exception {
        assumeTrue(List.of(System.getenv("PATH").split(":")).stream()
                .anyMatch(place -> Files.isExecutable(Path.of(place, words.getFirst()))), words.getFirst() + " is not installed");
        ProcessBuilder builder = new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("LC_ALL", "C.UTF-8");
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        assertTrue(process.waitFor(30, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), String.join(" ", words));
        return out;
    }

    @ParameterizedTest
    @ValueSource(strings = {"tar -xf ARCHIVE -C INTO", "python3 -m tarfile -e ARCHIVE INTO", "bsdtar -xf ARCHIVE -C INTO"})
    void aTarHoldsWhatWouldBeServedAndNothingElse(String command) throws Exception {
        assertEquals(served(), unpacked(site.get("/?tar").content(), command));
    }

    /// In a zip a name is UTF-8: one that is not is taken for Latin-1.
    @ParameterizedTest
    @ValueSource(strings = {"unzip -q -^ -V ARCHIVE -d INTO", "python3 -m zipfile -e ARCHIVE INTO", "bsdtar -xf ARCHIVE -C INTO"})
    void aZipHoldsWhatWouldBeServedAndNothingElse(String command) throws Exception {
        Map<String, String> wanted = served();
        for (String name : List.of("caf\u00e9", "\u00ff\u00fe")) {
            wanted.put(new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1), wanted.remove(name));
        }
        assertEquals(wanted, unpacked(site.get("/?zip").content(), command));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tar", "zip"})
    void noSettingLetsASecretOrWhatLiesOutsideIntoAnArchive(String form) {
        for (Visibility visibility : List.of(Fixture.STRICT, new Visibility(true, false))) {
            String content = fixture.site(visibility, false, Fixture.PLAIN).get("/?" + form).content();
            for (String word : List.of(Fixture.SECRET, "id_rsa", ".env", ".git", "mine.pem", "far.txt", "outdir", "parent")) {
                assertFalse(content.contains(word), word);
            }
            assertEquals(visibility.hidden(), content.contains("h/.hidden"));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /?tar                            | 200 | application/x-tar
            /?zip                            | 200 | application/zip
            /dir/?tar                        | 200 | application/x-tar
            /indir/?tar                      | 200 | application/x-tar
            /empty/?tar                      | 200 | application/x-tar
            /site/?tar                       | 200 | application/x-tar
            /site/?zip=                      | 200 | application/zip
            /dir/?tar&only=inner.txt         | 200 | application/x-tar
            /dir?tar                         | 301 | text/plain; charset=utf-8
            /plain.txt?tar                   | 200 | text/plain; charset=utf-8
            /site/?zip=90210                 | 200 | text/html; charset=utf-8
            /dir/?tar&only=nothing           | 404 | text/plain; charset=utf-8
            /?tar&only=plain.txt&only=no     | 404 | text/plain; charset=utf-8
            /?tar&only=..                    | 404 | text/plain; charset=utf-8
            /?tar&only=../secret.txt         | 404 | text/plain; charset=utf-8
            /?tar&only=dir/inner.txt         | 404 | text/plain; charset=utf-8
            /?tar&only=.hidden               | 404 | text/plain; charset=utf-8
            /?zip&only=id_rsa                | 404 | text/plain; charset=utf-8
            /?zip&only=out                   | 404 | text/plain; charset=utf-8
            /?tar&only=outdir                | 404 | text/plain; charset=utf-8
            /?tar&only=                      | 404 | text/plain; charset=utf-8
            /outdir/?tar                     | 404 | text/plain; charset=utf-8
            /.git/?tar                       | 404 | text/plain; charset=utf-8
            /nothing/?tar                    | 404 | text/plain; charset=utf-8
            """)
    void anArchiveIsAskedForByTheBareNameOfItsForm(String target, int status, String type) {
        for (String method : List.of("GET", "HEAD")) {
            Answer answer = site.ask(method, target);
            assertEquals(status, answer.status());
            assertEquals(type, answer.field("Content-Type"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/?tar", "/?zip", "/site/?tar"})
    void whereNothingIsListedNothingIsArchived(String target) {
        assertEquals(403, fixture.site(NO_LISTING).get(target).status());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            dir&only=plain.txt     | h/dir/ h/dir/inner.txt h/dir/up h/plain.txt
            plain.txt&only=plain.txt | h/plain.txt
            in                     | h/in
            indir                  | h/indir/ h/indir/inner.txt h/indir/up
            caf%E9                 | h/caf\u00e9
            %22q%22&only=%3Fquery  | h/"q" h/?query
            """)
    void namesThatWereChosenAreAllThatComes(String only, String names) throws Exception {
        String content = site.get("/?tar&only=" + only).content();
        Path archive = Files.write(directory.resolve("a.tar"), content.getBytes(StandardCharsets.ISO_8859_1));
        String listed = run(List.of("tar", "--quoting-style=literal", "-tf", archive.toString()));
        assertEquals(names, listed.strip().replace('\n', ' '));
    }

    @Test
    void aLinkToADirectoryIsNotGoneInto() {
        String content = site.get("/?tar").content();
        assertFalse(content.contains("h/self") || content.contains("h/indir"));
        String followed = fixture.site(Fixture.STRICT, true, Fixture.PLAIN).get("/?tar").content();
        assertFalse(followed.contains("h/parent") || followed.contains("h/outdir"));
        assertTrue(followed.contains("h/out\0"), "a link to a document that may lead out is that document");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            dir             | attachment; filename="dir.tar"; filename*=UTF-8''dir.tar
            a b"c\\d%       | attachment; filename="a b_c_d_.tar"; filename*=UTF-8''a%20b%22c%5Cd%25.tar
            gr\u00c3\u00bcn | attachment; filename="gr__n.tar"; filename*=UTF-8''gr%C3%BCn.tar
            gr\u00fcn       | attachment; filename="gr_n.tar"; filename*=UTF-8''gr%FCn.tar
            new\\nline      | attachment; filename="new_line.tar"; filename*=UTF-8''new%0Aline.tar
            """)
    void theFileIsCalledAsTheDirectoryIs(String name, String disposition) throws IOException {
        Fixture own = new Fixture(directory);
        own.file(name.replace("\\n", "\n") + "/x");
        String target = '/' + lib.http.Target.encode(name.replace("\\n", "\n")) + "/?tar";
        assertEquals(disposition, own.site().get(target).field("Content-Disposition"));
    }

    @Test
    void anyPartOfATarIsAPartOfTheWhole() throws IOException {
        Fixture own = new Fixture(directory);
        own.file("dir/1", "x".repeat(512));
        own.file("dir/2", "y".repeat(513));
        own.file("n".repeat(120), "z");
        own.file("caf\u00e9", "");
        Asked asked = own.site();
        Answer whole = asked.get("/?tar");
        String all = whole.content();
        assertEquals(200, whole.status());
        assertEquals("bytes", whole.field("Accept-Ranges"));
        for (int first = 0; first < all.length(); first += 61) {
            for (int last : new int[] {first, first + 511, first + 512, first + 1500, all.length() - 1}) {
                int end = Math.min(last, all.length() - 1);
                Answer part = asked.get("/?tar", "Range", "bytes=" + first + "-" + last);
                assertEquals(206, part.status());
                assertEquals("bytes " + first + "-" + end + "/" + all.length(), part.field("Content-Range"));
                assertEquals(all.substring(first, end + 1), part.content(), first + "-" + last);
            }
        }
        assertEquals(416, asked.get("/?tar", "Range", "bytes=" + all.length() + "-").status());
        assertEquals(200, asked.get("/?tar", "Range", "bytes=0-1,5-6").status(), "one part is enough to resume");
    }

    @Test
    void theTagTellsAnyChangeOfTheTree() throws IOException {
        Fixture own = new Fixture(directory);
        Asked asked = own.site();
        List<String> tags = new ArrayList<>();
        Path file = own.root.resolve("dir/inner.txt");
        Instant dated = Files.getLastModifiedTime(own.root.resolve("dir")).toInstant();
        for (String change : List.of("none", "date", "length", "name", "more", "less", "directory")) {
            switch (change) {
                case "date" -> Fixture.dated(file, Fixture.MODIFIED.plusNanos(1000));
                case "length" -> Fixture.dated(Files.writeString(file, "longer than before"), Fixture.MODIFIED);
                case "name" -> file = Files.move(file, own.root.resolve("dir/other.txt"));
                case "more" -> own.file("dir/more.txt");
                case "less" -> Files.delete(own.root.resolve("plain.txt"));
                case "directory" -> Files.createDirectory(own.root.resolve("new"));
                default -> { }
            }
            Fixture.dated(own.root.resolve("dir"), dated);
            Fixture.dated(own.root, dated);
            Answer answer = asked.get("/?tar");
            assertEquals(answer.field("ETag"), asked.ask("HEAD", "/?tar").field("ETag"));
            assertFalse(tags.contains(answer.field("ETag")), change);
            tags.add(answer.field("ETag"));
        }
        String now = tags.getLast();
        assertEquals(304, asked.get("/?tar", "If-None-Match", now).status());
        assertEquals(200, asked.get("/?tar", "If-None-Match", tags.getFirst()).status());
        assertEquals(412, asked.get("/?tar", "If-Match", tags.getFirst()).status());
        assertEquals(206, asked.get("/?tar", "Range", "bytes=9-", "If-Range", now).status());
        assertEquals(200, asked.get("/?tar", "Range", "bytes=9-", "If-Range", tags.getFirst()).status());
    }

    @Test
    void twoReplicasOfATreeHaveTheSameTar() throws Exception {
        Fixture own = new Fixture(directory);
        Path replica = directory.resolve("replica");
        run(List.of("cp", "-a", own.root.toString(), replica.toString()));
        Asked other = new Asked(new lib.site.Site(new lib.site.Docroot(replica, Fixture.STRICT, false), Fixture.PLAIN, lib.site.Guard.NONE,
                new lib.http.MediaTypes(Map.of()), 64));
        assertEquals(own.site().get("/?tar").content(), other.get("/?tar").content());
        assertEquals(own.site().get("/?tar").field("ETag"), other.get("/?tar").field("ETag"));
    }

    /// The response is made, then the tree changes, then it is sent: what comes is short of what was announced, also where the change
    /// lies outside of the part that was asked for.
    @ParameterizedTest
    @ValueSource(strings = {"grows", "shrinks", "is touched", "is renamed", "is deleted", "another comes", "is replaced"})
    void aTreeThatChangesWhileItIsSentIsCutShort(String change) throws IOException {
        Fixture own = new Fixture(directory);
        Path file = own.file("dir/file", "x".repeat(5000));
        for (String range : List.of("bytes=0-", "bytes=0-600", "bytes=6000-")) {
            Content.Excerpt excerpt = (Content.Excerpt) own.site().site().answer(Fixture.request("GET", "/?tar", "Range", range),
                    Exchange.of(Fixture.CLIENT), Fixture.NOW).response().content();
            switch (change) {
                case "grows" -> Files.writeString(file, Files.readString(file) + 'x');
                case "shrinks" -> Files.writeString(file, Files.readString(file).substring(1));
                case "is touched" -> Fixture.dated(file, Files.getLastModifiedTime(file).toInstant().plusSeconds(1));
                case "is renamed" -> file = Files.move(file, file.resolveSibling(file.getFileName() + "x"));
                case "is deleted" -> Files.delete(file);
                case "another comes" -> own.file("another " + range);
                default -> Files.move(Files.writeString(own.beside.resolve("new"), "y".repeat(5000)), file,
                        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            }
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            assertThrows(IOException.class, () -> excerpt.whole().writeTo(out, excerpt.offset(), excerpt.length()), range);
            assertTrue(out.size() < excerpt.length());
            if (change.equals("is deleted")) {
                own.file("dir/file", "x".repeat(5000));
            }
        }
    }

    /// The file is sparse, and takes no room.
    @Test
    void aFileOfMoreThanEightGibibytesStandsInARecord() throws IOException {
        Fixture own = new Fixture(directory);
        long length = 9L << 30;
        try (RandomAccessFile file = new RandomAccessFile(own.file("empty/huge").toFile(), "rw")) {
            file.setLength(length);
        }
        String front = own.site().get("/empty/?tar", "Range", "bytes=0-2047").content();
        assertTrue(front.contains("19 size=" + length + '\n'));
        Answer end = own.site().get("/empty/?tar", "Range", "bytes=-1536");
        assertEquals("\0".repeat(1536), end.content());
        assertTrue(end.field("Content-Range").endsWith("/" + (512 + 3 * 512 + length + 1024)), end.field("Content-Range"));
    }

    @Test
    void aDateBeyondElevenOctalDigitsStandsInARecord() throws IOException {
        Fixture own = new Fixture(directory);
        Fixture.dated(own.file("empty/late"), Instant.parse("2250-01-01T00:00:00Z"));
        assumeTrue(Files.getLastModifiedTime(own.root.resolve("empty/late")).toInstant().isAfter(Fixture.NOW),
                "this file system can't hold such a date");
        assertTrue(own.site().get("/empty/?tar").content().contains("20 mtime=8835955200\n"));
    }

    @Test
    void aDirectoryOfManyNamesComesInTheOrderOfTheirOctets() throws Exception {
        Fixture own = new Fixture(directory);
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 10_001; i++) {
            names.add("h/empty/" + Integer.toHexString(i * 7919));
            Files.createFile(own.root.resolve("empty").resolve(Integer.toHexString(i * 7919)));
        }
        names.sort(null);
        Path archive = directory.resolve("a.tar");
        Files.write(archive, own.site().get("/?tar&only=empty").content().getBytes(StandardCharsets.ISO_8859_1));
        List<String> listed = new ArrayList<>(run(List.of("tar", "-tf", archive.toString())).lines().toList());
        assertEquals("h/empty/", listed.removeFirst());
        assertEquals(names, listed);
    }

    @Test
    void whatTheSystemDoesNotLetUsReadIsLeftOut() throws IOException {
        Fixture own = new Fixture(directory);
        Path file = own.file("locked");
        Path locked = own.file("lockeddir/x").getParent();
        Files.setPosixFilePermissions(file, java.nio.file.attribute.PosixFilePermissions.fromString("---------"));
        Files.setPosixFilePermissions(locked, java.nio.file.attribute.PosixFilePermissions.fromString("---------"));
        assumeTrue(!Files.isReadable(file), "root reads everything");
        try {
            String content = own.site().get("/?tar").content();
            assertTrue(content.contains("plain.txt"));
            assertFalse(content.contains("locked"));
        } finally {
            Files.setPosixFilePermissions(locked, java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
        }
    }

    @Test
    void aZipKeepsDatesAndDoesNotSqueezeWhatIsDense() throws IOException {
        Fixture own = new Fixture(directory);
        own.file("dir/long.txt", "x".repeat(100_000));
        own.file("dir/long.JPG", "x".repeat(100_000));
        String content = own.site().get("/dir/?zip").content();
        assertTrue(content.length() > 100_000 && content.length() < 103_000, "" + content.length());
        try (var zip = new java.util.zip.ZipInputStream(new java.io.ByteArrayInputStream(content.getBytes(StandardCharsets.ISO_8859_1)))) {
            int dated = 0;
            for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                dated += entry.getLastModifiedTime().toInstant().equals(lib.http.HttpDate.toSecond(Fixture.MODIFIED)) ? 1 : 0;
            }
            assertEquals(3, dated);
        }
        assertNotEquals("bytes", own.site().get("/dir/?zip").field("Accept-Ranges"));
    }
}
