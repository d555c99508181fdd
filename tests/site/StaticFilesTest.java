package tests.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lib.http.Fields;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.site.Fixture.Answer;
import tests.site.Fixture.Asked;

/// GET and HEAD on a document: fields, conditions, ranges, siblings (RFC 9110 §9.3.1, §12, §13, §14).
class StaticFilesTest {
    private static final String DIGITS = "0123456789";

    @TempDir
    private Path directory;

    private Fixture fixture;
    private Asked site;

    @BeforeEach
    void build() throws IOException {
        fixture = new Fixture(directory);
        fixture.file("digits.txt", DIGITS);
        fixture.file("nothing.txt", "");
        site = fixture.site();
    }

    @Test
    void aDocumentComesWithItsTypeItsDateAndAStrongTag() {
        Answer answer = site.get("/digits.txt");
        assertEquals(200, answer.status());
        assertEquals(DIGITS, answer.content());
        assertEquals("text/plain; charset=utf-8", answer.field("Content-Type"));
        assertEquals("Sun, 02 Feb 2020 02:02:02 GMT", answer.field("Last-Modified"));
        assertTrue(answer.field("ETag").matches("\"[!#-~]+\""), answer.field("ETag"));
        assertEquals("bytes", answer.field("Accept-Ranges"));
        assertEquals("nosniff", answer.field("X-Content-Type-Options"));
        assertFalse(answer.fields().has("Cache-Control"));
        assertFalse(answer.fields().has("Vary"));
        assertFalse(answer.fields().has("Content-Encoding"));
    }

    @ParameterizedTest
    @CsvSource({"/digits.txt, ''", "/digits.txt, bytes=0-1", "/nothing.txt, ''", "/, ''", "/dir, ''", "/missing, ''", "/dir/, ''"})
    void headHasTheFieldsOfGet(String target, String range) {
        Answer get = site.get(target);
        Answer head = range.isEmpty() ? site.ask("HEAD", target) : site.ask("HEAD", target, "Range", range);
        assertEquals(get.fields(), head.fields());
        assertEquals(get.status(), head.status());
        assertEquals(get.content().length(), head.content().length(), "the writer counts it for Content-Length");
    }

    @Test
    void twoReplicasOfATreeHaveTheSameTags() throws IOException {
        Path replica = Files.createDirectories(directory.resolve("replica"));
        Fixture other = new Fixture(replica);
        Files.copy(fixture.root.resolve("digits.txt"), other.root.resolve("digits.txt"), StandardCopyOption.COPY_ATTRIBUTES);
        assertEquals(site.get("/digits.txt").field("ETag"), other.site().get("/digits.txt").field("ETag"));
    }

    @Test
    void theTagTellsAChangeOfOneNanosecondOrOneOctet() throws IOException {
        String before = site.get("/digits.txt").field("ETag");
        Path path = fixture.root.resolve("digits.txt");
        Fixture.dated(path, Fixture.MODIFIED.plusNanos(1));
        assertNotEquals(before, site.get("/digits.txt").field("ETag"));
        Files.writeString(path, DIGITS + "0");
        Fixture.dated(path, Fixture.MODIFIED);
        assertNotEquals(before, site.get("/digits.txt").field("ETag"));
    }

    /// RFC 9110 §15.4.5: the validators and what a cache needs, and nothing that speaks of content.
    @Test
    void notModifiedHasTheTagAndNoFieldOfTheContent() throws IOException {
        fixture.file("digits.txt.gz", "zipped");
        for (String coding : List.of("gzip", "identity")) {
            Answer whole = site.get("/digits.txt", "Accept-Encoding", coding);
            Answer answer = site.get("/digits.txt", "Accept-Encoding", coding, "If-None-Match", whole.field("ETag"));
            assertEquals(304, answer.status());
            assertEquals(whole.field("ETag"), answer.field("ETag"));
            assertEquals("Accept-Encoding", answer.field("Vary"));
            assertEquals("", answer.content());
            for (String name : List.of("Content-Type", "Content-Length", "Content-Encoding", "Content-Range", "Last-Modified")) {
                assertFalse(answer.fields().has(name), name);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            If-None-Match       | *                             | 304
            If-None-Match       | "x"                           | 200
            If-Match            | "x"                           | 412
            If-Match            | *                             | 200
            If-Modified-Since   | Sun, 02 Feb 2020 02:02:02 GMT | 304
            If-Modified-Since   | Sun, 02 Feb 2020 02:02:01 GMT | 200
            If-Modified-Since   | Sunday, 02-Feb-20 02:02:02 GMT | 304
            If-Modified-Since   | Sun Feb  2 02:02:02 2020      | 304
            If-Modified-Since   | yesterday                     | 200
            If-Unmodified-Since | Sun, 02 Feb 2020 02:02:02 GMT | 200
            If-Unmodified-Since | Sun, 02 Feb 2020 02:02:01 GMT | 412
            """)
    void preconditionsDecide(String name, String value, int status) {
        assertEquals(status, site.get("/digits.txt", name, value).status());
        assertEquals(status, site.ask("HEAD", "/digits.txt", name, value).status());
    }

    /// RFC 9110 §13.2.1: what would be no success without them is not turned into another failure.
    @ParameterizedTest
    @CsvSource({"/missing, 404", "/dir, 301"})
    void preconditionsCountOnlyWhereThereWouldBeSuccess(String target, int status) {
        assertEquals(status, site.get(target, "If-Match", "\"x\"").status());
        assertEquals(status, site.get(target, "If-None-Match", "*").status());
    }

    @Test
    void aDateInTheFutureIsNotClaimed() throws IOException {
        Fixture.dated(fixture.root.resolve("digits.txt"), Instant.parse("2030-01-01T00:00:00Z"));
        assertEquals("Mon, 06 May 2024 07:08:09 GMT", site.get("/digits.txt").field("Last-Modified"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            bytes=0-0                | 206 | bytes 0-0/10 | 0
            bytes=0-9                | 206 | bytes 0-9/10 | 0123456789
            bytes=3-5                | 206 | bytes 3-5/10 | 345
            bytes=3-                 | 206 | bytes 3-9/10 | 3456789
            bytes=9-                 | 206 | bytes 9-9/10 | 9
            bytes=-1                 | 206 | bytes 9-9/10 | 9
            bytes=-4                 | 206 | bytes 6-9/10 | 6789
            bytes=-100               | 206 | bytes 0-9/10 | 0123456789
            bytes=5-100              | 206 | bytes 5-9/10 | 56789
            bytes=5-99999999999999999999999 | 206 | bytes 5-9/10 | 56789
            Bytes=3-5                | 206 | bytes 3-5/10 | 345
            bytes=20-30, 3-5         | 206 | bytes 3-5/10 | 345
            bytes=0-4, 5-9           | 206 | bytes 0-9/10 | 0123456789
            bytes=0-8,1-9,2-7        | 206 | bytes 0-9/10 | 0123456789
            bytes=10-                | 416 | bytes */10   | -
            bytes=10-20              | 416 | bytes */10   | -
            bytes=-0                 | 416 | bytes */10   | -
            bytes=99999999999999999999999- | 416 | bytes */10 | -
            bytes=5-3                | 200 | nothing      | 0123456789
            bytes=                   | 200 | nothing      | 0123456789
            bytes=x-y                | 200 | nothing      | 0123456789
            bytes=3-5, x             | 200 | nothing      | 0123456789
            bytes=--5                | 200 | nothing      | 0123456789
            bytes=-                  | 200 | nothing      | 0123456789
            bytes 3-5                | 200 | nothing      | 0123456789
            lines=3-5                | 200 | nothing      | 0123456789
            """)
    void aRangeSelectsItsOctets(String range, int status, String contentRange, String content) {
        Answer answer = site.get("/digits.txt", "Range", range);
        assertEquals(status, answer.status());
        assertEquals(contentRange, answer.field("Content-Range"));
        if (status != 416) {
            assertEquals(content, answer.content());
            assertEquals(site.get("/digits.txt").field("ETag"), answer.field("ETag"));
            assertEquals("text/plain; charset=utf-8", answer.field("Content-Type"));
        }
    }

    @Test
    void severalRangesComeInParts() {
        Answer answer = site.get("/digits.txt", "Range", "bytes=0-1, 4-5, -1");
        assertEquals(206, answer.status());
        assertFalse(answer.fields().has("Content-Range"));
        Matcher type = Pattern.compile("multipart/byteranges; boundary=([0-9A-Za-z'()+_,./:=?-]{1,70})").matcher(answer.field("Content-Type"));
        assertTrue(type.matches(), answer.field("Content-Type"));

        String delimiter = "--" + type.group(1);
        List<String> parts = new ArrayList<>();
        for (String[] part : new String[][] {{"0-1", "01"}, {"4-5", "45"}, {"9-9", "9"}}) {
            parts.add(delimiter + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes " + part[0] + "/10\r\n\r\n" + part[1]);
        }
        assertEquals(String.join("\r\n", parts) + "\r\n" + delimiter + "--\r\n", answer.content());
    }

    @Test
    void aRangeIsForGetOnly() {
        assertEquals(200, site.ask("HEAD", "/digits.txt", "Range", "bytes=0-1").status());
        assertEquals(200, site.ask("HEAD", "/digits.txt", "Range", "bytes=100-").status());
    }

    /// The most ranges of the fixture's sites are 64.
    @Test
    void tooManyRangesAreIgnored() {
        fixture.site();
        assertEquals(206, site.get("/digits.txt", "Range", "bytes=0-0" + ",2-2".repeat(63)).status());
        assertEquals(200, site.get("/digits.txt", "Range", "bytes=0-0" + ",2-2".repeat(64)).status());
    }

    @ParameterizedTest
    @CsvSource({"bytes=0-, 416", "bytes=0-0, 416", "bytes=-5, 200", "bytes=5-3, 200"})
    void ofNothingThereIsNoRange(String range, int status) {
        Answer answer = site.get("/nothing.txt", "Range", range);
        assertEquals(status, answer.status());
        assertEquals(status == 416 ? "bytes */0" : "nothing", answer.field("Content-Range"));
    }

    @Test
    void ifRangeSendsTheWholeOfAnotherRepresentation() {
        String tag = site.get("/digits.txt").field("ETag");
        assertEquals(206, site.get("/digits.txt", "Range", "bytes=0-1", "If-Range", tag).status());
        assertEquals(206, site.get("/digits.txt", "Range", "bytes=0-1", "If-Range", "Sun, 02 Feb 2020 02:02:02 GMT").status());
        for (String other : List.of("\"x\"", "W/" + tag, "Sun, 02 Feb 2020 02:02:03 GMT", "Sun, 02 Feb 2020 02:02:01 GMT")) {
            Answer answer = site.get("/digits.txt", "Range", "bytes=0-1", "If-Range", other);
            assertEquals(200, answer.status(), other);
            assertEquals(DIGITS, answer.content());
        }
        assertEquals(200, site.get("/digits.txt", "Range", "bytes=100-", "If-Range", "\"x\"").status());
    }

    @Test
    void preconditionsComeBeforeRanges() {
        String tag = site.get("/digits.txt").field("ETag");
        assertEquals(304, site.get("/digits.txt", "Range", "bytes=0-1", "If-None-Match", tag).status());
        assertEquals(412, site.get("/digits.txt", "Range", "bytes=100-", "If-Match", "\"x\"").status());
    }

    private void siblings() throws IOException {
        fixture.file("page.html", "plain");
        fixture.file("page.html.gz", "gzip");
        fixture.file("page.html.br", "br");
        fixture.file("page.html.zst", "zstd");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            -                             | plain
            ''                            | plain
            identity                      | plain
            gzip                          | gzip
            GZIP                          | gzip
            x-gzip                        | gzip
            br                            | br
            zstd                          | zstd
            gzip, deflate, br, zstd       | br
            gzip, deflate                 | gzip
            deflate                       | plain
            *                             | br
            br;q=0                        | plain
            br;q=0, *                     | zstd
            br;q=0, zstd;q=0.0, *         | gzip
            *;q=0                         | plain
            gzip;q=1.0, br;q=0.5          | gzip
            gzip;q=0.5, br;q=0.501        | br
            gzip;q=0.3, identity;q=0.8    | plain
            gzip;q=0.3                    | gzip
            gzip ; q = 0.8, br ; q=0      | gzip
            identity;q=0, gzip            | gzip
            """)
    void theCodingThatTheClientLikesBestIsSent(String accepted, String expected) throws IOException {
        siblings();
        Answer answer = accepted == null ? site.get("/page.html") : site.get("/page.html", "Accept-Encoding", accepted);
        assertEquals(200, answer.status());
        assertEquals(expected, answer.content());
        assertEquals("Accept-Encoding", answer.field("Vary"));
        assertEquals("text/html; charset=utf-8", answer.field("Content-Type"));
        assertEquals(expected.equals("plain") ? "nothing" : expected, answer.field("Content-Encoding"));
    }

    @Test
    void eachCodingHasItsOwnValidators() throws IOException {
        siblings();
        fixture.file("page.html.gz", "plain");
        List<String> tags = new ArrayList<>();
        for (String coding : List.of("gzip", "br", "zstd", "identity")) {
            tags.add(site.get("/page.html", "Accept-Encoding", coding).field("ETag"));
        }
        assertEquals(4, tags.stream().distinct().count(), tags.toString());

        Answer other = site.get("/page.html", "Accept-Encoding", "gzip", "If-None-Match", tags.get(3));
        assertEquals(200, other.status());
        assertEquals(304, site.get("/page.html", "Accept-Encoding", "gzip", "If-None-Match", tags.get(0)).status());
        Answer part = site.get("/page.html", "Accept-Encoding", "br", "Range", "bytes=0-0");
        assertEquals("bytes 0-0/2", part.field("Content-Range"));
        assertEquals("b", part.content());
        assertEquals("br", part.field("Content-Encoding"));
    }

    @Test
    void aSiblingThatIsOlderThanItsDocumentIsNotUsed() throws IOException {
        siblings();
        Fixture.dated(fixture.root.resolve("page.html.br"), Fixture.MODIFIED.minusSeconds(60));
        Fixture.dated(fixture.root.resolve("page.html.zst"), Fixture.MODIFIED.plusSeconds(60));
        assertEquals("zstd", site.get("/page.html", "Accept-Encoding", "br, zstd").content());
        assertEquals("plain", site.get("/page.html", "Accept-Encoding", "br").content());
    }

    @Test
    void aSiblingIsAFileThatWouldItselfBeServed() throws IOException {
        fixture.file("page.html", "plain");
        Files.createDirectory(fixture.root.resolve("page.html.br"));
        fixture.link("page.html.gz", "../secret.txt");
        Answer answer = site.get("/page.html", "Accept-Encoding", "br, gzip");
        assertEquals("plain", answer.content());
        assertFalse(answer.fields().has("Vary"));
    }

    @Test
    void aSiblingAskedForByNameIsADocument() throws IOException {
        siblings();
        Answer answer = site.get("/page.html.gz", "Accept-Encoding", "gzip");
        assertEquals("gzip", answer.content());
        assertFalse(answer.fields().has("Content-Encoding"));
        assertFalse(answer.field("Content-Type").startsWith("text/html"), answer.field("Content-Type"));
    }

    /// `b/page.html` is another document than the one that `a/page.html.gz` was made from.
    @Test
    void aLinkHasTheTypeAndTheSiblingsOfItsOwnName() throws IOException {
        fixture.file("a/page.html", "a plain");
        fixture.file("a/page.html.gz", "a gzip");
        fixture.file("b/page.html", "b plain");
        fixture.file("store/0123", "stored");
        fixture.link("a/link.html", "../b/page.html");
        fixture.link("a/stored.css", "../store/0123");
        assertEquals("b plain", site.get("/a/link.html", "Accept-Encoding", "gzip").content());
        assertEquals("text/css; charset=utf-8", site.get("/a/stored.css").field("Content-Type"));

        fixture.file("a/link.html.gz", "link gzip");
        assertEquals("link gzip", site.get("/a/link.html", "Accept-Encoding", "gzip").content());
    }

    @Test
    void anIndexFileHasSiblingsToo() throws IOException {
        fixture.file("site/index.html", "plain");
        fixture.file("site/index.html.gz", "gzip");
        assertEquals("gzip", site.get("/site/", "Accept-Encoding", "gzip").content());
    }

    @ParameterizedTest
    @ValueSource(strings = {"x.html", "x.css", "x.js", "x.json", "x.txt", "x.md", "x.csv"})
    void textHasACharset(String name) throws IOException {
        fixture.file(name);
        String type = site.get("/" + name).field("Content-Type");
        assertTrue(type.contains("charset=utf-8") || type.startsWith("application/json"), type);
    }

    @Test
    void fieldsThatTheOperatorSetReplaceOurs() throws IOException {
        Asked dressed = fixture.site(new lib.site.Site.Manners(List.of(), true, false, false, false, lib.site.Writing.NONE, Fixture.INTAKE, false,
                Fields.of("Cache-Control", "no-store", "x-content-type-options", "off", "X-A", "1", "X-A", "2")));
        for (String target : List.of("/digits.txt", "/", "/missing", "/dir")) {
            Answer answer = dressed.get(target);
            assertEquals("no-store", answer.field("Cache-Control"), target);
            assertEquals(List.of("off"), answer.fields().values("X-Content-Type-Options"));
            assertEquals(List.of("1", "2"), answer.fields().values("X-A"));
        }
    }

    @Test
    void aFileOfMoreThanFourGibibytesHasItsRanges() throws IOException {
        Path big = fixture.root.resolve("big.bin");
        long length = 5L << 30;
        try (var channel = Files.newByteChannel(big, java.nio.file.StandardOpenOption.CREATE_NEW, java.nio.file.StandardOpenOption.WRITE,
                java.nio.file.StandardOpenOption.SPARSE)) {
            channel.position(length - 3).write(java.nio.ByteBuffer.wrap(new byte[] {'e', 'n', 'd'}));
        }
        Answer answer = site.get("/big.bin", "Range", "bytes=5368709117-");
        assertEquals("bytes 5368709117-5368709119/5368709120", answer.field("Content-Range"));
        assertEquals("end", answer.content());
        assertEquals("bytes 5368709117-5368709119/5368709120", site.get("/big.bin", "Range", "bytes=-3").field("Content-Range"));
    }
}
