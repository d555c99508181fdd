package tests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/// What a browser makes of it, and a person of what the browser shows.
class BrowserTest {
    private static final String README = """
            # About these

            A table, a picture and code that is wider than a phone.

            | Day | Where |
            |-----|------:|
            | 1   | Here  |

            ![A square](square.svg) and [a link](a%20file.txt)

            ```sh
            echo one line that goes on and on and on and on and on and on and on and on and on and on and on and on and on
            ```
            """;

    @TempDir
    private static Path room;

    private static Path site;
    private static ComancheProcess server;
    private static Browser browser;

    @BeforeAll
    static void start() throws IOException {
        browser = new Browser(Files.createDirectory(room.resolve("browser")));
        site = Files.createDirectories(room.resolve("site"));
        Path list = Files.createDirectories(site.resolve("deep/list/folder")).getParent();
        file(list.resolve("a file.txt"), 3000, "2020-01-01T23:59:59Z");
        file(list.resolve("b10.bin"), 100, "2020-01-03T00:00:00Z");
        file(list.resolve("b9.bin"), 2_000_000, "2020-01-02T00:00:00Z");
        file(list.resolve("c.png"), 5, "2020-01-04T00:00:00Z");
        Files.createDirectory(site.resolve("empty"));
        Path introduced = Files.createDirectory(site.resolve("introduced"));
        Files.writeString(introduced.resolve("README.md"), README);
        Files.writeString(introduced.resolve("square.svg"),
                "<svg xmlns='http://www.w3.org/2000/svg' width='90' height='90'><rect width='90' height='90'/></svg>");
        server = ComancheProcess.serve(site);
    }

    private static void file(Path path, int octets, String modified) throws IOException {
        Files.write(path, new byte[octets]);
        Files.setLastModifiedTime(path, FileTime.from(Instant.parse(modified)));
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void standOnTheDesk() {
        browser.pretend(false, false);
    }

    /// With nosniff, a script or a style of the wrong type would not run. The script follows every link of a listing.
    @Test
    void aPageWithStyleScriptAndFetchRunsAndEveryNameOfAListingLeadsToItsFile() throws IOException {
        Path page = Files.createDirectory(site.resolve("page"));
        Files.writeString(page.resolve("index.html"), """
                <!DOCTYPE html><link rel=stylesheet href=a.css><p id=out>nothing</p>
                <script type=module src="a.mjs"></script>
                """);
        Files.writeString(page.resolve("a.css"), "#out { width: 123px }");
        Files.writeString(page.resolve("data ü.json"), "{\"word\": \"größer\"}");
        Files.writeString(page.resolve("a.mjs"), """
                const answer = await fetch('data ü.json');
                const data = await answer.json();
                const page = async (url) => new DOMParser().parseFromString(await (await fetch(url)).text(), 'text/html');
                const links = async (url) => [...(await page(url)).querySelectorAll('a')].map(
                    (a) => [a.textContent, new URL(a.getAttribute('href'), url).href]);
                const above = await links(new URL('list/', location));
                let found = 0;
                for (const [name, url] of await links(above.find(([name]) => name.startsWith('a <b>'))[1])) {
                    found += name !== '../' && await (await fetch(url)).text() === name.replace('\\ufffd', '\\t'); // as shown
                }
                const out = document.getElementById('out');
                out.textContent = [data.word, answer.headers.get('content-type'), getComputedStyle(out).width, found].join(' ');
                """);
        List<String> names = hostileNames(page);
        browser.open(server, "/page/");
        browser.await("#out", "größer application/json 123px " + names.size());

        browser.open(server, "/page/list/");
        assertEquals(List.of("../", "a <b> & 'c' \"d\" #%20?;=ü/"), browser.names());
        browser.all("tbody th a").getLast().click();
        assertEquals("a <b> & 'c' \"d\" #%20?;=ü", browser.text("h1"));
        assertEquals(names.size() + 1, browser.names().size());
    }

    /// Files that hold their own names.
    private static List<String> hostileNames(Path site) throws IOException {
        Path hostile = Files.createDirectories(site.resolve("list/a <b> & 'c' \"d\" #%20?;=ü"));
        List<String> names = List.of("<img src=x>.txt", "a:b.txt", "100%.txt", "ü \t.txt", "javascript:alert(1)", "%41.txt",
                "q?x#y.txt", "back\\slash.txt", "&amp;.txt");
        for (String name : names) {
            Files.writeString(hostile.resolve(name), name);
        }
        return names;
    }

    @Test
    void aColumnSortsBothWays() {
        browser.open(server, "/deep/list/");
        assertEquals(List.of("../", "folder/", "a file.txt", "b9.bin", "b10.bin", "c.png"), browser.names());
        browser.all("thead th a").get(1).click();
        assertEquals(List.of("../", "folder/", "b9.bin", "a file.txt", "b10.bin", "c.png"), browser.names());
        browser.all("thead th a").get(1).click();
        assertEquals(List.of("../", "folder/", "c.png", "b10.bin", "a file.txt", "b9.bin"), browser.names());
        browser.all("thead th a").get(2).click();
        assertEquals(List.of("../", "folder/", "c.png", "b10.bin", "b9.bin", "a file.txt"), browser.names());
    }

    @Test
    void theWayLeadsUp() {
        browser.open(server, "/deep/list/folder/");
        assertEquals("Nothing here yet", browser.text("tfoot"));
        browser.all("nav a").get(1).click();
        assertEquals("/deep/", browser.target());
        browser.one(".up a").click();
        assertEquals("/", browser.target());
    }

    /// The server's time is UTC; the browser sits in Kathmandu, where it is 5:45 later.
    @Test
    void aDateIsInTheReadersOwnTime() {
        browser.open(server, "/deep/list/?sort=date&order=asc");
        assertEquals("2020-01-02 05:44", browser.all("tbody time").get(1).getText());
    }

    @Test
    void theFilterShowsTheRowsThatHoldEveryWord() {
        browser.open(server, "/deep/list/");
        browser.press("/");
        browser.press("B .BIN");
        assertEquals(List.of("b9.bin", "b10.bin"), browser.names());
        assertEquals("2 of 5 shown", browser.text("output"));
        browser.press("x");
        assertEquals(List.of(), browser.names());
        browser.press(Keys.ESCAPE);
        assertEquals(6, browser.names().size());
        assertEquals("", browser.text("output"));
        browser.press("folder", Keys.ENTER);
        browser.await("h1", "folder");
    }

    @Test
    void arrowKeysGoFromRowToRow() {
        browser.open(server, "/deep/list/");
        browser.press("/");
        browser.press(Keys.ARROW_DOWN);
        assertEquals("../", browser.focused());
        browser.press(Keys.ARROW_DOWN);
        browser.press(Keys.ARROW_DOWN);
        assertEquals("a file.txt", browser.focused());
        browser.press(Keys.END);
        assertEquals("c.png", browser.focused());
        browser.press(Keys.ARROW_DOWN);
        assertEquals("c.png", browser.focused());
        browser.press(Keys.HOME);
        browser.press(Keys.ARROW_DOWN);
        assertEquals("folder/", browser.focused());
        browser.press(Keys.ENTER);
        browser.await("h1", "folder");
    }

    /// What the form would send is what the selection says.
    @Test
    void severalCanBeSelected() {
        browser.open(server, "/deep/list/");
        List<WebElement> boxes = browser.all("tbody input");
        boxes.get(1).click();
        browser.run("arguments[0].dispatchEvent(new MouseEvent('click', {shiftKey: true, bubbles: true}))", boxes.get(3));
        assertEquals("3 selected, 2.0 MB", browser.text("output"));
        assertEquals("zip=&only=a+file.txt&only=b9.bin&only=b10.bin",
                browser.run("return String(new URLSearchParams(new FormData(document.forms.list, document.querySelector('[name=zip]'))))"));
        browser.one("thead input").click();
        assertEquals("5 selected, 2.0 MB", browser.text("output"));
        browser.one("thead input").click();
        assertEquals("", browser.text("output"));
    }

    @Test
    void whatIsSelectedComesAsOneDownload() throws IOException {
        Path downloads = Files.createDirectory(room.resolve("downloads"));
        browser.downloadTo(downloads);
        browser.open(server, "/deep/list/");
        browser.all("tbody input").get(1).click();
        browser.all("tbody input").get(4).click();
        browser.one("[name=zip]").click();
        Path zip = downloads.resolve("list.zip");
        ComancheProcess.await("no download", () -> Files.exists(zip));
        try (ZipFile file = new ZipFile(zip.toFile())) {
            assertEquals(List.of("list/a file.txt", "list/c.png"), file.stream().map(ZipEntry::getName)
                    .filter(name -> !name.endsWith("/")).toList());
        }
        assertEquals("2 selected, 3.0 kB", browser.text("output"));
    }

    @Test
    void withoutScriptsItIsAllThere() {
        browser.scripts(false);
        try {
            browser.open(server, "/deep/list/?sort=size&order=desc");
            assertEquals(List.of("../", "folder/", "b9.bin", "a file.txt", "b10.bin", "c.png"), browser.names());
            assertEquals(0, browser.all("[type=search]").size());
            browser.all("thead th a").getFirst().click();
            assertEquals("b9.bin", browser.names().get(3));
            browser.all("tbody th a").get(1).click();
            assertEquals("/deep/list/folder/", browser.target());
        } finally {
            browser.scripts(true);
        }
    }

    @Test
    void theReadmeStandsBelowWithItsPictureAndNothingComesFromElsewhere() {
        browser.open(server, "/introduced/");
        assertEquals("About these", browser.text(".readme h2"));
        assertEquals(90L, browser.run("return document.querySelector('.readme img').naturalWidth"));
        assertEquals(List.of("/introduced/square.svg"),
                browser.run("return performance.getEntriesByType('resource').map(({name}) => name.replace(location.origin, ''))"));
        browser.one(".readme p a").click();
        assertEquals("/introduced/a%20file.txt", browser.target());
        assertEquals("Not Found", browser.text("h1"));
    }

    @Test
    void nobodyIsShutOut() throws IOException {
        for (String mode : List.of("light", "dark", "phone")) {
            browser.pretend(mode.equals("dark"), mode.equals("phone"));
            for (String target : List.of("/deep/list/", "/introduced/", "/missing")) {
                browser.open(server, target);
                assertEquals(List.of(), browser.barriers(), target + ' ' + mode);
            }
        }
    }

    /// Everything that a thumb is to hit is 44 pixels high, and nothing sticks out at the side.
    @Test
    void aPhoneShowsItAllAndAThumbHitsIt() {
        browser.pretend(false, true);
        for (String target : List.of("/deep/list/", "/introduced/", "/empty/")) {
            browser.open(server, target);
            assertEquals(390L, browser.run("return document.documentElement.scrollWidth"), target);
        }
        browser.open(server, "/deep/list/");
        for (WebElement element : browser.all("tbody tr, thead a, nav a, button, [type=search]")) {
            assertTrue(element.getSize().height >= 44, element.getText() + " is " + element.getSize());
        }
        assertFalse(browser.all("tbody time").stream().anyMatch(time -> time.getSize().height == 0));
    }
}
