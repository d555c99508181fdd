package tests.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipOutputStream;
import lib.http.Content;
import lib.http.Exchange;
import lib.http.MediaTypes;
import lib.site.Site;
import lib.site.Visibility;
import lib.site.ZipTree;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.site.Fixture.Answer;
import tests.site.Fixture.Asked;

/// A zip served as the tree that is in it, whatever its names are.
class ZipTreeTest {

    /// Three blocks and a bit, that no compression makes smaller.
    private static final String NOISE = noise();

    @TempDir
    private Path directory;

    private Path zip;

    private static String noise() {
        byte[] octets = new byte[50_001];
        new Random(7).nextBytes(octets);
        return new String(octets, StandardCharsets.ISO_8859_1);
    }

    @BeforeEach
    void build() throws IOException {
        zip = directory.resolve("site.zip");
        Map<String, String> entries = new LinkedHashMap<>();
        for (String name : new String[] {"index.html", "dir/inner.txt", "dir/deep/ü.txt", "a <b>.txt", "implied/only/this", ".hidden",
            ".git/config", ".env", "id_rsa", "dir/.inner", ".well-known/acme", "../up", "dir/../../up2", "/absolute", "empty//name", "./dot",
            "both", "both/below", "n".repeat(256), "d/".repeat(300) + "deep", "back\\slash", "..\\..\\evil", "C:\\x", "listed/", "twiceA", "twiceB"}) {
            entries.put(name, name);
        }
        entries.put("cert.pem", "-----BEGIN CERTIFICATE-----\n");
        entries.put("mine.pem", "x".repeat(20_000) + "-----BEGIN RSA PRIVATE KEY-----\n");
        entries.put("noise.bin", NOISE);
        entries.put("stored.bin", NOISE);
        write(zip, entries, StandardCharsets.UTF_8);
        patch(zip, "twiceB", "twiceA");
    }

    /// Entries called `stored` are stored.
    private static void write(Path zip, Map<String, String> entries, Charset charset) throws IOException {
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip), charset)) {
            for (Map.Entry<String, String> each : entries.entrySet()) {
                ZipEntry entry = new ZipEntry(each.getKey()).setLastModifiedTime(FileTime.from(Fixture.MODIFIED));
                byte[] octets = each.getValue().getBytes(StandardCharsets.ISO_8859_1);
                if (each.getKey().startsWith("stored")) {
                    CRC32 sum = new CRC32();
                    sum.update(octets);
                    entry.setMethod(ZipEntry.STORED);
                    entry.setSize(octets.length);
                    entry.setCrc(sum.getValue());
                }
                out.setLevel(Deflater.BEST_COMPRESSION);
                out.putNextEntry(entry);
                out.write(octets, 0, each.getKey().endsWith("/") ? 0 : octets.length);
            }
        }
    }

    private static void patch(Path zip, String from, String to) throws IOException {
        String octets = Files.readString(zip, StandardCharsets.ISO_8859_1);
        Files.writeString(zip, octets.replace(from, to), StandardCharsets.ISO_8859_1);
    }

    private Asked site(Visibility visibility) {
        try {
            return new Asked(new Site(new ZipTree(zip, visibility), Fixture.PLAIN, lib.site.Guard.NONE, new MediaTypes(Map.of()), 64));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Asked site() {
        return site(Fixture.STRICT);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /                     | 200 | index.html
            /index.html           | 200 | index.html
            /dir/inner.txt        | 200 | dir/inner.txt
            /a%20%3Cb%3E.txt      | 200 | a <b>.txt
            /implied/only/this    | 200 | implied/only/this
            /.well-known/acme     | 200 | .well-known/acme
            /both/below           | 200 | both/below
            /back%5Cslash         | 200 | back\\slash
            /C:%5Cx               | 200 | C:\\x
            /twiceA               | 200 | twiceB
            /cert.pem             | 200 | -----BEGIN CERTIFICATE-----
            /dir                  | 301 | 301 Moved Permanently
            /implied              | 301 | 301 Moved Permanently
            /both                 | 301 | 301 Moved Permanently
            /listed               | 301 | 301 Moved Permanently
            /nothing              | 404 | 404 Not Found
            /index.html/          | 404 | 404 Not Found
            /index.html/x         | 404 | 404 Not Found
            /.hidden              | 404 | 404 Not Found
            /.git/config          | 404 | 404 Not Found
            /.git/                | 404 | 404 Not Found
            /.env                 | 404 | 404 Not Found
            /id_rsa               | 404 | 404 Not Found
            /dir/.inner           | 404 | 404 Not Found
            /mine.pem             | 404 | 404 Not Found
            /up                   | 404 | 404 Not Found
            /up2                  | 404 | 404 Not Found
            /../up                | 404 | 404 Not Found
            /dir/../../up2        | 404 | 404 Not Found
            /absolute             | 404 | 404 Not Found
            /%2Fabsolute          | 404 | 404 Not Found
            /empty/name           | 404 | 404 Not Found
            /dot                  | 404 | 404 Not Found
            /..%5C..%5Cevil       | 404 | 404 Not Found
            /dir%2Finner.txt      | 404 | 404 Not Found
            /d/d/d/d/deep         | 404 | 404 Not Found
            """)
    void aTargetNamesAnEntryByItsPlainNamesAndNothingElse(String target, int status, String content) {
        Answer answer = site().get(target);
        assertEquals(status, answer.status());
        assertEquals(content, answer.content().strip());
    }

    @Test
    void hiddenOnesAndSecretsFollowTheSettings() {
        assertEquals(200, site(new Visibility(true, false)).get("/.hidden").status());
        assertEquals(404, site(new Visibility(true, false)).get("/.git/config").status());
        assertEquals(200, site(new Visibility(true, true)).get("/.git/config").status());
        assertEquals(200, site(new Visibility(true, true)).get("/mine.pem").status());
    }

    @Test
    void aDirectoryIsListedWithTheDatesOfItsEntries() {
        String listing = site().get("/dir/").content();
        assertTrue(listing.contains("inner.txt") && listing.contains("deep/") && listing.contains("02-Feb-2020 02:02"), listing);
        assertFalse(listing.contains(".inner") || listing.contains("up2"));
        assertEquals(200, site().get("/listed/").status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"noise.bin", "stored.bin"})
    void everyRangeIsThatOfTheDocument(String name) {
        Asked site = site();
        Answer whole = site.get('/' + name);
        assertEquals(NOISE, whole.content());
        assertTrue(whole.field("ETag").startsWith("\""));
        for (String range : "0-0 0-16383 0-16384 16383-16384 16384-32767 49999-50000 50000-50000 1-50000 40000-99999 -1 -16385 20000-"
                .split(" ")) {
            String[] ends = range.split("-", -1);
            int first = ends[0].isEmpty() ? NOISE.length() - Integer.parseInt(ends[1]) : Integer.parseInt(ends[0]);
            int last = ends[0].isEmpty() || ends[1].isEmpty() ? NOISE.length() - 1 : Math.min(Integer.parseInt(ends[1]), NOISE.length() - 1);
            Answer part = site.get('/' + name, "Range", "bytes=" + range);
            assertEquals(206, part.status());
            assertEquals(NOISE.substring(first, last + 1), part.content(), range);
        }
        String several = site.get('/' + name, "Range", "bytes=40000-40009,3-5,20000-20001").content();
        int at = 0;
        for (String part : new String[] {NOISE.substring(40000, 40010), NOISE.substring(3, 6), NOISE.substring(20000, 20002)}) {
            at = several.indexOf("\r\n\r\n" + part + "\r\n--", at);
            assertTrue(at >= 0, "parts in the order asked for");
        }
    }

    @Test
    void anEntryThatIsShorterOrLongerThanTheZipSaysIsCutShortOrOff() throws IOException {
        Path lying = directory.resolve("lying.zip");
        write(lying, Map.of("long.txt", "0123456789"), StandardCharsets.UTF_8);
        byte[] octets = Files.readAllBytes(lying);
        int directoryAt = new String(octets, StandardCharsets.ISO_8859_1).lastIndexOf("PK\1\2");
        zip = lying;
        octets[directoryAt + 24] = 4;
        Files.write(lying, octets);
        assertEquals("0123", site().get("/long.txt").content());
        octets[directoryAt + 24] = 100;
        Files.write(lying, octets);
        Content.FileSlice slice = (Content.FileSlice) site().site().answer(Fixture.request("GET", "/long.txt"),
                Exchange.of(Fixture.CLIENT), Fixture.NOW).response().content();
        java.nio.ByteBuffer into = java.nio.ByteBuffer.allocate(100);
        assertEquals(10, slice.file().read(into, 0));
        assertThrows(IOException.class, () -> slice.file().read(into, 10));
        slice.close();
    }

    @Test
    void namesThatAreNotUtf8AreReadAsDosWroteThem() throws IOException {
        zip = directory.resolve("dos.zip");
        write(zip, Map.of("grün.txt", "green"), Charset.forName("IBM437"));
        assertEquals("green", site().get("/gr%C3%BCn.txt").content());
    }

    @ParameterizedTest
    @ValueSource(strings = {"tar", "zip"})
    void aZipCanBeHadAsAnArchiveAgainWithoutItsSecrets(String form) {
        Answer answer = site().get("/dir/?" + form);
        assertEquals(200, answer.status());
        assertTrue(answer.content().contains("dir/inner.txt"));
        assertFalse(answer.content().contains(".inner"));
        Answer whole = site().get("/?" + form);
        assertFalse(whole.content().contains("mine.pem") || whole.content().contains("evil") || whole.content().contains("h//")
                || whole.content().contains("up2") || whole.content().contains(".env"));
    }

    /// As builds are that can be reproduced: names, lengths and dates are the same, and the checksum alone differs.
    @Test
    void anArchiveOfAnotherContentHasAnotherTagWhateverItsDates() throws IOException {
        Asked site = site();
        String tag = exchanged(site, "one");
        assertEquals(tag, exchanged(site, "one"));
        assertNotEquals(tag, exchanged(site, "two"));
    }

    private String exchanged(Asked site, String content) throws IOException {
        Path other = directory.resolve("other");
        write(other, Map.of("dir/inner.txt", content), StandardCharsets.UTF_8);
        Fixture.dated(other, Fixture.MODIFIED);
        Files.move(other, zip, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        return site.get("/dir/?tar").field("ETag");
    }

    @Test
    void aZipThatIsExchangedOrWrittenOverIsOpenedAnew() throws IOException {
        Asked site = site();
        assertEquals("dir/inner.txt", site.get("/dir/inner.txt").content());
        Path other = directory.resolve("other");
        write(other, Map.of("dir/inner.txt", "exchanged"), StandardCharsets.UTF_8);
        Files.move(other, zip, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        assertEquals("exchanged", site.get("/dir/inner.txt").content());
        write(zip, Map.of("dir/inner.txt", "written over"), StandardCharsets.UTF_8);
        assertEquals("written over", site.get("/dir/inner.txt").content());
        Files.writeString(zip, "half a z");
        assertEquals(403, site.get("/dir/inner.txt").status());
        Files.delete(zip);
        assertEquals(404, site.get("/dir/inner.txt").status());
        write(zip, Map.of("dir/inner.txt", "back"), StandardCharsets.UTF_8);
        assertEquals("back", site.get("/dir/inner.txt").content());
    }

    @Test
    void aDocumentUnderWayKeepsItsZipIfThatIsExchangedAndKnowsItIfItIsWrittenOver() throws IOException {
        Asked site = site();
        Content.FileSlice slice = (Content.FileSlice) site.site().answer(Fixture.request("GET", "/noise.bin"),
                Exchange.of(Fixture.CLIENT), Fixture.NOW).response().content();
        java.nio.ByteBuffer front = java.nio.ByteBuffer.allocate(100);
        slice.file().read(front, 0);
        Path other = directory.resolve("other");
        write(other, Map.of("noise.bin", "exchanged"), StandardCharsets.UTF_8);
        Files.move(other, zip, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        assertEquals("exchanged", site.get("/noise.bin").content());
        assertTrue(slice.file().isUnchanged());
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        java.nio.channels.WritableByteChannel target = java.nio.channels.Channels.newChannel((OutputStream) rest);
        for (long at = 0; at < NOISE.length(); ) {
            at += slice.file().transferTo(at, NOISE.length() - at, target);
        }
        assertEquals(NOISE, rest.toString(StandardCharsets.ISO_8859_1));
        slice.close();

        try (Content.OpenFile file = ((Content.FileSlice) site.site().answer(Fixture.request("GET", "/noise.bin"),
                Exchange.of(Fixture.CLIENT), Fixture.NOW).response().content()).file()) {
            write(zip, Map.of("noise.bin", "written over"), StandardCharsets.UTF_8);
            assertFalse(file.isUnchanged());
        }
    }

    @Test
    void whatIsNoZipIsRefused() throws IOException {
        Path fake = Files.writeString(directory.resolve("fake.jar"), "no zip at all");
        assertTrue(ZipTree.serves(fake) && ZipTree.serves(zip));
        assertFalse(ZipTree.serves(directory) || ZipTree.serves(directory.resolve("none.zip"))
                || ZipTree.serves(Files.writeString(directory.resolve("zip"), "")));
        assertThrows(ZipException.class, () -> new ZipTree(fake, Fixture.STRICT));
        assertThrows(ZipException.class, () -> ZipTree.check(fake));
    }
}
