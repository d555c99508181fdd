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
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TimeZone;
import lib.http.DigestFields.Algorithm;
import lib.http.Fields;
import lib.http.HttpDate;
import lib.site.Site.Manners;
import lib.site.Writing;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.site.Fixture.Answer;
import tests.site.Fixture.Asked;

/// A site whose answers depend on names and octets alone.
class FixedDatesTest {
    private static final Instant DATE = Instant.parse("2001-02-03T04:05:06Z");
    private static final String FIELD = "Sat, 03 Feb 2001 04:05:06 GMT";

    @TempDir
    private Path directory;

    private Fixture fixture;
    private Asked site;

    @BeforeEach
    void build() throws IOException {
        fixture = new Fixture(directory);
        site = site(DATE);
    }

    private Asked site(Instant date) {
        return fixture.site(new Manners(List.of("index.html"), true, false, false, false, Writing.NONE, Fixture.INTAKE, false,
                Fields.NONE, Optional.of(date)));
    }

    private static String tag(String octets) {
        return '"' + HexFormat.of().formatHex(Algorithm.SHA_256.begin().digest(octets.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1))) + '"';
    }

    @Test
    void theEntityTagIsTheDigestOfTheOctetsAndTheDatesAreTheOneDate() {
        Answer answer = site.get("/plain.txt");
        assertEquals(tag("plain.txt"), answer.field("ETag"));
        assertEquals(FIELD, answer.field("Last-Modified"));
        assertEquals(FIELD, answer.field("Date"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/nothing", "/dir", "/", "/?tar", "/?zip", "/SHA256SUMS"})
    void everyResponseHasTheOneDate(String target) {
        assertEquals(FIELD, site.get(target).field("Date"));
    }

    @Test
    void aDateThatHasNotComeYetIsSentAllTheSame() {
        Instant later = Fixture.NOW.plusSeconds(1_000_000);
        for (String target : List.of("/plain.txt", "/?tar", "/?zip")) {
            assertEquals(HttpDate.format(later), site(later).get(target).field("Last-Modified"), target);
        }
    }

    /// Whatever the date on disk, and both ways.
    @ParameterizedTest
    @ValueSource(strings = {"1999-01-01T00:00:00Z", "2023-01-01T00:00:00Z"})
    void aSiblingIsUsedHoweverOldItIs(String modified) throws IOException {
        Fixture.dated(fixture.file("plain.txt.gz", "squeezed"), Instant.parse(modified));
        Answer answer = site.get("/plain.txt", "Accept-Encoding", "gzip");
        assertEquals("squeezed", answer.content());
        assertEquals(tag("squeezed").replaceAll("\"$", "-gzip\""), answer.field("ETag"));
    }

    @ParameterizedTest
    @CsvSource({"If-Modified-Since, 200", "If-Unmodified-Since, 200", "If-None-Match, 304", "If-Match, 200"})
    void onlyEntityTagsAreValidators(String name, int status) {
        String value = name.endsWith("Match") ? tag("plain.txt") : FIELD;
        assertEquals(status, site.get("/plain.txt", name, value).status());
        assertEquals(name.equals("If-Unmodified-Since") ? 200 : status, site.get("/plain.txt", name, name.endsWith("Match") ? value
                : "Sat, 01 Jan 2000 00:00:00 GMT").status());
    }

    @Test
    void aDateNeverMakesAMixtureOfTwoVersions() {
        assertEquals(200, site.get("/plain.txt", "Range", "bytes=1-2", "If-Range", FIELD).status());
        assertEquals(206, site.get("/plain.txt", "Range", "bytes=1-2", "If-Range", tag("plain.txt")).status());
    }

    @Test
    void theBoundaryOfPartsIsMadeOfTheOctets() {
        Answer answer = site.get("/plain.txt", "Range", "bytes=0-0,2-2");
        String boundary = "comanche-" + tag("plain.txt").substring(1, 33);
        assertEquals("multipart/byteranges; boundary=" + boundary, answer.field("Content-Type"));
        assertEquals(3, answer.content().split("--" + boundary, -1).length - 1);
    }

    @Test
    void listingsBearTheOneDateInEveryShape() {
        assertTrue(site.get("/?json").content().contains("\"plain.txt\",\"href\":\"plain.txt\",\"type\":\"file\",\"size\":9,\"modified\":\"2001-02-03T04:05:06Z\""));
        assertTrue(site.get("/", "Accept", "text/html").content().contains("2001-02-03 04:05"));
        assertTrue(site.get("/").content().contains("03-Feb-2001 04:05"));
        for (String target : List.of("/", "/?json")) {
            assertFalse(site.get(target).content().contains("2020"), target);
        }
    }

    @Test
    void theOrderByDateIsThatByName() throws IOException {
        Fixture.dated(fixture.file("a.txt"), Instant.parse("2023-01-01T00:00:00Z"));
        assertEquals(site.get("/?json").content(), site.get("/?json&sort=date").content());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/?tar", "/?zip", "/?tar&only=plain.txt", "/?zip&only=dir"})
    void anArchiveDoesNotDependOnDates(String target) throws IOException {
        String before = site.get(target).content();
        Fixture.dated(fixture.root.resolve("plain.txt"), Instant.parse("2023-01-01T00:00:00Z"));
        Fixture.dated(fixture.root.resolve("dir/inner.txt"), Instant.parse("1999-01-01T00:00:00Z"));
        Fixture.dated(fixture.root.resolve("dir"), Instant.parse("1999-01-01T00:00:00Z"));
        assertEquals(before, site.get(target).content());
    }

    /// A zip says each date twice, once in a zone that nobody knows.
    @ParameterizedTest
    @ValueSource(strings = {"1970-01-01T00:00:00Z", "1979-12-31T23:59:59Z", "1980-01-01T00:00:00Z", "2026-03-29T02:30:00Z", "2038-01-19T03:14:08Z",
        "2106-02-07T06:28:15Z"})
    void aZipIsTheSameInEveryZone(String date) {
        TimeZone zone = TimeZone.getDefault();
        Set<String> zips = new HashSet<>();
        try {
            for (String name : List.of("UTC", "America/Los_Angeles", "Pacific/Kiritimati", "Europe/Berlin")) {
                TimeZone.setDefault(TimeZone.getTimeZone(name));
                zips.add(site(Instant.parse(date)).get("/?zip").content());
            }
        } finally {
            TimeZone.setDefault(zone);
        }
        assertEquals(1, zips.size());
    }

    /// Of the same length, and with the same date.
    @ParameterizedTest
    @ValueSource(strings = {"/?tar", "/?tar&only=plain.txt", "/plain.txt"})
    void otherOctetsHaveAnotherEntityTag(String target) throws IOException {
        String before = site.get(target).field("ETag");
        Path other = fixture.file("other.txt", "PLAIN.TXT");
        Files.move(other, fixture.root.resolve("plain.txt"), StandardCopyOption.REPLACE_EXISTING);
        assertNotEquals(before, site.get(target).field("ETag"));
    }

    /// File systems count time in steps: two changes in one of them leave the same date. A file that was changed just now is
    /// read again, therefore; this one was changed in a moment that lasts.
    @Test
    void aChangeInPlaceThatLeavesTheDateIsSeenIfTheDateIsOfNow() throws IOException {
        Instant now = Instant.now().plusSeconds(60);
        for (String octets : List.of("one", "two", "six")) {
            Fixture.dated(Files.writeString(fixture.root.resolve("plain.txt"), octets), now);
            assertEquals(tag(octets), site.get("/plain.txt").field("ETag"));
        }
    }

    /// The system knows when a file was changed last, whatever date it was given after that.
    @Test
    void aDigestIsMadeAgainBehindAnyChangeEvenIfTheDateIsSetBack() throws IOException {
        Path file = fixture.root.resolve("plain.txt");
        assertEquals(tag("plain.txt"), site.get("/plain.txt").field("ETag"));
        Fixture.dated(Files.writeString(file, "PLAIN.TXT"), Fixture.MODIFIED);
        assertEquals(tag("PLAIN.TXT"), site.get("/plain.txt").field("ETag"));
        Fixture.dated(Files.writeString(file, "Plain.txt"), Fixture.MODIFIED.plusNanos(1));
        assertEquals(tag("Plain.txt"), site.get("/plain.txt").field("ETag"));
    }

    @Test
    void anEmptyDocumentHasItsDigestToo() throws IOException {
        fixture.file("none", "");
        assertEquals(tag(""), site.get("/none").field("ETag"));
    }
}
