package tests.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lib.http.Fields;
import lib.site.Site.Manners;
import lib.site.Visibility;
import lib.site.Writing;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tests.site.Fixture.Answer;
import tests.site.Fixture.Asked;

/// The page of a directory, as a browser takes it.
class ListingPageTest {
    private static final Pattern LINK = Pattern.compile("<th scope=\"row\"><a href=\"([^\"]*)\"[^>]*>([^<]*)</a>");

    private static final Manners WRITING = manners(Writing.WRITE);

    @TempDir
    private Path directory;

    private Fixture fixture;

    @BeforeEach
    void build() throws IOException {
        fixture = new Fixture(directory);
    }

    private static Manners manners(Writing writing) {
        return new Manners(List.of("index.html"), true, false, false, false, writing, Fixture.INTAKE, false, Fields.NONE);
    }

    private static Answer page(Asked site, String target) {
        return site.get(target, "Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    }

    private Answer page(String target) {
        return page(fixture.site(), target);
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
            Answer answer = page(site, place);
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
        Answer answer = page("/");
        assertEquals(200, answer.status());
        assertEquals("text/html; charset=utf-8", answer.field("Content-Type"));
        assertEquals(answer.content(), new String(text(answer).getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
    }

    @Test
    void onlyBelowTheRootIsThereAWayUp() {
        assertEquals("../", links(page("/dir/")).getFirst());
        assertFalse(links(page("/")).contains("../"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0          | 0 B    | 0 bytes
            1          | 1 B    | 1 byte
            999        | 999 B  | 999 bytes
            1000       | 1.0 kB | 1,000 bytes
            9999       | 9.9 kB | 9,999 bytes
            10000      | 10 kB  | 10,000 bytes
            999999     | 999 kB | 999,999 bytes
            1234567    | 1.2 MB | 1,234,567 bytes
            5000000000 | 5.0 GB | 5,000,000,000 bytes
            """)
    void aSizeIsRoundedDownAndItsOctetsAreBehindIt(long length, String rounded, String exact) throws IOException {
        try (RandomAccessFile sparse = new RandomAccessFile(fixture.root.resolve("empty/sized.bin").toFile(), "rw")) {
            sparse.setLength(length);
        }
        String data = "<td><data value=\"" + length + "\" title=\"" + exact + "\">" + rounded + "</data></td>";
        assertTrue(row("/empty/", "sized.bin").contains(data), row("/empty/", "sized.bin"));
    }

    @Test
    void aDateIsInUtcToTheMinute() {
        String time = "<time datetime=\"2020-02-02T02:02Z\">2020-02-02 02:02</time>";
        assertTrue(row("/", "plain.txt").contains(time), row("/", "plain.txt"));
    }

    private String row(String target, String name) {
        return text(page(target)).lines().filter(line -> line.contains("<th scope=\"row\"><a href=\"" + name)).findFirst().orElseThrow();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            d/x         | d/          | dir
            a.JPG       | a.JPG       | img
            a.mp3       | a.mp3       | aud
            a.webm      | a.webm      | vid
            a.java      | a.java      | txt
            a.pdf       | a.pdf       | txt
            a.tar.gz    | a.tar.gz    | zip
            a.unknown   | a.unknown   | file
            """)
    void aRowTellsWhatKindOfThingItIs(String file, String name, String kind) throws IOException {
        fixture.file(file);
        assertTrue(row("/", name).startsWith("<tr class=\"" + kind + "\">"), row("/", name));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /dir/                      | Name ascending   | name=desc size=desc date=desc
            /dir/?order=desc           | Name descending  | name=asc size=desc date=desc
            /dir/?sort=name&order=desc | Name descending  | name=asc size=desc date=desc
            /dir/?sort=size            | Size ascending   | name=asc size=desc date=desc
            /dir/?sort=date&order=desc | Modified descending | name=asc size=desc date=asc
            /dir/?sort=%3Cb%3E         | Name ascending   | name=desc size=desc date=desc
            """)
    void aHeadingOfAColumnSortsAndTellsWhichDoes(String target, String sorted, String links) {
        String head = text(page(target)).lines().filter(line -> line.startsWith("<thead>")).findFirst().orElseThrow();
        List<String> offered = Pattern.compile("\\?sort=(\\w+)&amp;order=(\\w+)").matcher(head).results()
                .map(link -> link.group(1) + "=" + link.group(2)).toList();
        assertEquals(links, String.join(" ", offered));
        List<String> told = Pattern.compile("aria-sort=\"(\\w+)\"><a [^>]*>(\\w+)<").matcher(head).results()
                .map(heading -> heading.group(2) + " " + heading.group(1)).toList();
        assertEquals(List.of(sorted), told);
    }

    @Test
    void theWayLeadsThroughEveryDirectoryAbove() throws IOException {
        fixture.file("a/b <c>/d/x");
        String page = text(page("/a/b%20%3Cc%3E/d/"));
        String way = page.substring(page.indexOf("<nav"), page.indexOf("</header>")).replace("\n", "");
        assertEquals("<nav aria-label=\"Breadcrumb\"><ol><li><a href=\"../../../\">Files</a></li><li><a href=\"../../\">a</a></li>"
                + "<li><a href=\"../\">b &lt;c&gt;</a></li></ol></nav><h1>d</h1>", way);
    }

    @Test
    void theFootSaysWhatItComesTo() throws IOException {
        fixture.file("empty/a", "x".repeat(1500));
        fixture.file("empty/b", "");
        fixture.file("empty/c/d");
        assertTrue(text(page("/empty/")).contains(">1 directory, 2 files, <data value=\"1500\" title=\"1,500 bytes\">1.5 kB</data></td>"));
        assertTrue(text(page("/empty/c/")).contains(">1 file, "));
    }

    /// With these a browser runs our own script and style and nothing else, asks nobody else, and tells nobody where it was.
    @Test
    void aPageOfOursHasAStrictPolicyThatNamesItsOwnScriptsByDigest() throws Exception {
        for (Answer answer : List.of(page("/"), page("/missing"), page(fixture.site(WRITING), "/"))) {
            String policy = answer.field("Content-Security-Policy");
            for (String name : List.of("style", "script")) {
                Matcher inline = Pattern.compile("(?s)<" + name + ">(.*?)</" + name + ">").matcher(text(answer));
                while (inline.find()) {
                    byte[] digest = MessageDigest.getInstance("SHA-256").digest(inline.group(1).getBytes(StandardCharsets.UTF_8));
                    String source = "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
                    assertTrue(policy.matches(".*; " + name + "-src [^;]*" + Pattern.quote(source) + ".*"), policy);
                }
            }
            assertTrue(policy.startsWith("default-src 'none'; ") && !policy.contains("unsafe") && !policy.contains("*"), policy);
            assertEquals("same-origin", answer.field("Referrer-Policy"));
            assertFalse(text(answer).matches("(?s).*<[^>]* (style|on[a-z]+)=.*"), text(answer));
            assertFalse(text(answer).matches("(?s).*(src|href)=\"(https?:)?//.*"), text(answer));
        }
        assertFalse(fixture.site().get("/plain.txt", "Accept", "text/html").fields().has("Content-Security-Policy"));
    }

    /// What every listing costs before its first row: style and script.
    @Test
    void thePageIsLight() {
        assertTrue(page("/empty/").content().length() < 18_000, page("/empty/").content().length() + " octets");
    }

    @Test
    void onlyWhereItIsAllowedThePageOffersToWrite() {
        Manners uploading = manners(Writing.UPLOAD);
        assertFalse(text(page("/")).contains("multipart/form-data"));
        assertTrue(text(page(fixture.site(uploading), "/")).contains("<form id=\"upload\" method=\"post\" enctype=\"multipart/form-data\""));
        assertFalse(text(page(fixture.site(uploading), "/")).contains("<body data-deletes>"));
        assertTrue(text(page(fixture.site(WRITING), "/")).contains("<body data-deletes>"));
    }

    /// A form sends text, and makes CR LF of a line break: other names can't be named by it.
    @Test
    void whatAFormCanNameCanBeSelected() throws IOException {
        fixture.hostile();
        List<String> values = Pattern.compile("name=\"only\" value=\"([^\"]*)\"").matcher(text(page("/"))).results()
                .map(box -> box.group(1)).toList();
        assertTrue(values.containsAll(List.of("plain.txt", "dir", "gr\u00fc\u00dfe.txt", "a &lt;b&gt;.txt", "&quot;q&quot;", "&amp;lt;")), values.toString());
        for (String value : values) {
            assertFalse(value.contains("\ufffd") || value.startsWith("new") || value.startsWith("caf"), value);
        }
    }

    @Test
    void theReadmeStandsBelow() throws IOException {
        fixture.file("empty/README.md", """
                # Title <b>bold</b>

                [a](../dir/inner.txt) [b](javascript:alert(1)) [d](data:text/html,x) ![c](c.png) ~~d~~ <https://example.org/?a&b>

                <script>alert(1)</script>

                | x | y |
                |---|--:|
                | 1 | 2 |

                ```
                <code>
                ```
                """);
        String page = text(page("/empty/"));
        String readme = page.substring(page.indexOf("<section class=\"readme\""), page.indexOf("</section>"));
        for (String part : List.of("aria-label=\"README.md\"", "<h2>Title &lt;b&gt;bold&lt;/b&gt;</h2>", "href=\"../dir/inner.txt\"",
                "src=\"c.png\" alt=\"c\"", "<del>d</del>", "href=\"https://example.org/?a&amp;b\"", "<th align=\"right\">y</th>",
                "<pre tabindex=\"0\"><code>&lt;code&gt;", "&lt;script&gt;alert(1)&lt;/script&gt;")) {
            assertTrue(readme.contains(part), part + " in " + readme);
        }
        assertFalse(readme.contains("<script") || readme.contains("javascript:") || readme.contains("data:"), readme);
    }

    @Test
    void aReadmeThatIsPlainTextStaysSo() throws IOException {
        fixture.file("empty/README", "# <b>*x*</b>\n");
        assertTrue(text(page("/empty/")).contains("<pre tabindex=\"0\"># &lt;b&gt;*x*&lt;/b&gt;\n</pre>"));
    }

    /// Too long, not to be seen, hidden behind a link that leads out, made to exhaust the stack: the listing stands without it.
    @Test
    void onlyAReadmeThatWouldBeServedIsShownAndNoneCanHurt() throws IOException {
        fixture.file("empty/README.md", "x".repeat(256 * 1024 + 1));
        assertFalse(text(page("/empty/")).contains("class=\"readme\""));
        fixture.file("empty/README.md", "> ".repeat(60_000) + "x");
        assertTrue(text(page("/empty/")).endsWith("</html>\n"));
        fixture.file("empty/README.md", "[*".repeat(60_000));
        assertTrue(text(page("/empty/")).endsWith("</html>\n"));
        Files.delete(fixture.root.resolve("empty/README.md"));
        fixture.link("empty/README.md", "../../secret.txt");
        assertFalse(text(page("/empty/")).contains(Fixture.SECRET));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /missing        | 404 | Not Found
            /%3Cscript%3E   | 404 | Not Found
            /.git           | 404 | Not Found
            """)
    void aFailureIsAPageForABrowser(String target, int status, String reason) {
        Answer answer = page(target);
        assertEquals(status, answer.status());
        assertEquals("text/html; charset=utf-8", answer.field("Content-Type"));
        assertTrue(answer.content().contains("<h1>" + reason + "</h1>"), answer.content());
        assertFalse(answer.content().contains("<script"));
    }

    @Test
    void aNameIsShownAsItIsAndNeverAsMarkup() throws IOException {
        fixture.hostile();
        fixture.file("<script>alert(1)<");
        fixture.file("\"onload='x'&amp;\"");
        Answer answer = page("/");
        List<String> names = names(answer);
        for (String name : List.of("a <b>.txt", "100%%.txt", "\"q\"", "a:b", "back\\slash", "?query", "&lt;", "%2e%2e", " lead", "trail ",
                "gr\u00fc\u00dfe.txt", "#[]{}()@!$&'+,;= %20", "<script>alert(1)<", "\"onload='x'&amp;\"")) {
            assertTrue(names.contains(name), name + " in " + names);
        }
        assertEquals(1, text(answer).split("<script", -1).length - 1);
        for (String link : links(answer)) {
            assertTrue(link.matches("(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+/?"), link);
        }
    }

    @Test
    void whatCannotBeShownIsReplaced() throws IOException {
        fixture.hostile();
        List<String> names = names(page("/"));
        for (String name : List.of("new\ufffdline", "tab\ufffdname", "caf\ufffd", "\ufffd\ufffd", "x\ufffdgpj.exe")) {
            assertTrue(names.contains(name), name + " in " + names);
        }
    }

    @Test
    void thePlaceIsTheTitleAndNeverMarkup() throws IOException {
        for (String name : List.of("a <b>", "100%%", "%1$s", "&amp;", "$1\\", "{}", "</title><script>")) {
            Path path = Fixture.named(fixture.root, name.replace("/", "\u00f7"));
            Files.createDirectory(path);
            String target = page("/").content();
            String link = links(page("/")).stream().filter(each -> decoded(each).equals(name.replace("/", "\u00f7") + "/"))
                    .findFirst().orElseThrow(() -> new AssertionError(target));
            String page = text(page("/" + link));
            String shown = name.replace("/", "\ufffd").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
            assertTrue(page.contains("<title>Index of /" + shown + "/</title>"), page);
            assertTrue(page.contains("<h1>" + shown + "</h1>"), page);
        }
    }

    @Test
    void anEmptyDirectoryIsAnEmptyListing() {
        assertEquals(List.of("../"), links(page("/empty/")));
    }
}
