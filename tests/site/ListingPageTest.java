package tests.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lib.site.Visibility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.site.Fixture.Answer;
import tests.site.Fixture.Asked;

/// The page of a directory, as a browser takes it.
class ListingPageTest {
    private static final Pattern LINK = Pattern.compile("<a href=\"([^\"]*)\">([^<]*)</a>");

    @TempDir
    private Path directory;

    private Fixture fixture;

    @BeforeEach
    void build() throws IOException {
        fixture = new Fixture(directory);
    }

    private static String text(Answer answer) {
        return new String(answer.content().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    private static List<String> links(Answer answer) {
        List<String> links = new ArrayList<>();
        for (Matcher link = LINK.matcher(text(answer)); link.find(); ) {
            links.add(link.group(1));
        }
        return links;
    }

    private static List<String> names(Answer answer) {
        List<String> names = new ArrayList<>();
        for (Matcher link = LINK.matcher(text(answer)); link.find(); ) {
            names.add(link.group(2).replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&"));
        }
        return names;
    }

    /// Follows every link as a browser would, from directory to directory.
    private static Set<String> crawl(Asked site) {
        Set<String> seen = new HashSet<>();
        List<String> left = new ArrayList<>(List.of("/"));
        while (!left.isEmpty()) {
            String place = left.removeLast();
            if (place.chars().filter(c -> c == '/').count() > 4 || !seen.add(place)) {
                continue; // a link to a directory above leads on for ever
            }
            Answer answer = site.get(place);
            assertEquals(200, answer.status(), place);
            if (place.endsWith("/") && answer.content().startsWith("<!DOCTYPE html>")) {
                links(answer).forEach(link -> left.add(URI.create("http://h" + place).resolve(link).getRawPath()));
            }
        }
        return seen;
    }

    @Test
    void everyLinkOfEveryListingLeadsToSomething() throws IOException {
        fixture.hostile();
        for (boolean followsLinks : List.of(false, true)) {
            for (Visibility visibility : List.of(Fixture.STRICT, new Visibility(true, false), new Visibility(true, true))) {
                Set<String> seen = crawl(fixture.site(visibility, followsLinks, Fixture.PLAIN));
                for (String name : Fixture.ODD_NAMES) {
                    long found = seen.stream().filter(place -> decoded(place).equals("/" + name)).count();
                    assertEquals(1, found, name);
                }
                assertTrue(seen.contains("/.well-known/acme"));
                assertEquals(visibility.secrets(), seen.contains("/.git/config"));
                assertEquals(visibility.hidden(), seen.contains("/.hidden"));
            }
        }
    }

    private static String decoded(String place) {
        StringBuilder octets = new StringBuilder();
        for (int i = 0; i < place.length(); i++) {
            boolean encoded = place.charAt(i) == '%';
            octets.append(encoded ? (char) Integer.parseInt(place, i + 1, i + 3, 16) : place.charAt(i));
            i += encoded ? 2 : 0;
        }
        return octets.toString();
    }

    @Test
    void aListingIsAPageInUtf8() {
        Answer answer = fixture.site().get("/");
        assertEquals(200, answer.status());
        assertEquals("text/html; charset=utf-8", answer.field("Content-Type"));
        assertEquals(text(answer), new String(text(answer).getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8));
    }

    @Test
    void directoriesComeFirstThenNamesWithoutRegardToCase() throws IOException {
        Path tree = directory.resolve("tree");
        Files.delete(tree.resolve("plain.txt"));
        for (String name : List.of("b.txt", "A.txt", "a.txt", "C.txt", "Z/x", "y/x", "10.txt", "~", "\u00c3\u0084.txt")) {
            fixture.file(name);
        }
        assertEquals(List.of("dir/", "empty/", "y/", "Z/", "10.txt", "A.txt", "a.txt", "b.txt", "C.txt", "~", "\u00c4.txt"),
                names(fixture.site().get("/")));
    }

    @Test
    void onlyBelowTheRootIsThereAWayUp() {
        assertEquals("../", links(fixture.site().get("/dir/")).getFirst());
        assertFalse(links(fixture.site().get("/")).contains("../"));
    }

    @Test
    void sizesAreInOctetsAndDatesInUtc() throws IOException {
        fixture.file("sized.bin", "x".repeat(1234));
        String row = text(fixture.site().get("/")).lines().filter(line -> line.contains("sized.bin")).findFirst().orElseThrow();
        assertTrue(row.contains(">1234<"), row);
        assertTrue(row.contains(">2020-02-02 02:02<"), row);
    }

    @Test
    void aNameIsShownAsItIsAndNeverAsMarkup() throws IOException {
        fixture.hostile();
        fixture.file("<script>alert(1)<");
        fixture.file("\"onload='x'&amp;\"");
        Answer answer = fixture.site().get("/");
        List<String> names = names(answer);
        for (String name : List.of("a <b>.txt", "100%%.txt", "\"q\"", "a:b", "back\\slash", "?query", "&lt;", "%2e%2e", " lead", "trail ",
                "gr\u00fc\u00dfe.txt", "#[]{}()@!$&'+,;= %20", "<script>alert(1)<", "\"onload='x'&amp;\"")) {
            assertTrue(names.contains(name), name + " in " + names);
        }
        assertFalse(text(answer).contains("<script"));
        for (String link : links(answer)) {
            assertTrue(link.matches("\\./(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+/?"), link);
        }
    }

    @Test
    void whatCannotBeShownIsReplaced() throws IOException {
        fixture.hostile();
        List<String> names = names(fixture.site().get("/"));
        for (String name : List.of("new\ufffdline", "tab\ufffdname", "caf\ufffd", "\ufffd\ufffd", "x\ufffdgpj.exe")) {
            assertTrue(names.contains(name), name + " in " + names);
        }
    }

    @Test
    void thePlaceIsTheTitleAndNeverMarkup() throws IOException {
        for (String name : List.of("a <b>", "100%%", "%1$s", "&amp;", "$1\\", "{}", "</title><script>")) {
            Path path = Fixture.named(fixture.root, name.replace("/", "\u00f7"));
            Files.createDirectory(path);
            String target = fixture.site().get("/").content();
            String link = links(fixture.site().get("/")).stream().filter(each -> decoded(each).equals("./" + name.replace("/", "\u00f7") + "/"))
                    .findFirst().orElseThrow(() -> new AssertionError(target));
            String page = text(fixture.site().get("/" + link.substring(2)));
            String shown = name.replace("/", "\ufffd").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
            assertTrue(page.contains("<title>Index of /" + shown + "/</title>"), page);
            assertTrue(page.contains("<h1>Index of /" + shown + "/</h1>"), page);
        }
    }

    @Test
    void anEmptyDirectoryIsAnEmptyListing() {
        assertEquals(List.of("../"), links(fixture.site().get("/empty/")));
    }

    @Test
    void thousandsOfFilesAreListed() throws IOException {
        for (int i = 0; i < 3000; i++) {
            Files.createFile(fixture.root.resolve("empty").resolve("f" + i));
        }
        assertEquals(3001, links(fixture.site().get("/empty/")).size());
    }
}
