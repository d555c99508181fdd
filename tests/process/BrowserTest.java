package tests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.process.Processes.Outcome;

/// What a browser makes of it.
class BrowserTest {
    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");

    @TempDir
    Path room;

    private String dom(ComancheProcess server, String target) {
        Outcome outcome = Processes.run(room, ComancheProcess.environment(Map.of("HOME", room.toString())),
                List.of(CHROMIUM.toString(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                        "--disable-background-networking", "--no-first-run", "--user-data-dir=" + room.resolve("profile"),
                        "--virtual-time-budget=10000", "--dump-dom", "http://127.0.0.1:" + server.port() + target));
        assertEquals(0, outcome.code(), outcome.err());
        return outcome.out();
    }

    /// With nosniff, a script or a style of the wrong type would not run. The script follows every link of a listing.
    @Test
    void aPageWithStyleScriptAndFetchRunsAndEveryNameOfAListingLeadsToItsFile() throws IOException {
        assumeTrue(Files.isExecutable(CHROMIUM), "chromium is not installed");
        Path site = Files.createDirectory(room.resolve("site"));
        Files.writeString(site.resolve("index.html"), """
                <!DOCTYPE html><link rel=stylesheet href=a.css><p id=out>nothing</p>
                <script type=module src="a.mjs"></script>
                """);
        Files.writeString(site.resolve("a.css"), "#out { width: 123px }");
        Files.writeString(site.resolve("data ü.json"), "{\"word\": \"größer\"}");
        Files.writeString(site.resolve("a.mjs"), """
                const answer = await fetch('data ü.json');
                const data = await answer.json();
                const page = async (url) => new DOMParser().parseFromString(await (await fetch(url)).text(), 'text/html');
                const links = async (url) => [...(await page(url)).querySelectorAll('td a')].map(
                    (a) => [a.textContent, new URL(a.getAttribute('href'), url).href]);
                const above = await links(new URL('list/', location));
                let found = 0;
                for (const [name, url] of await links(above.find(([name]) => name.startsWith('a <b>'))[1])) {
                    found += name !== '../' && await (await fetch(url)).text() === name.replace('\\ufffd', '\\t'); // as shown
                }
                const out = document.getElementById('out');
                out.textContent = [data.word, answer.headers.get('content-type'), getComputedStyle(out).width, found].join(' ');
                """);
        List<String> names = hostileNames(site);
        try (ComancheProcess server = ComancheProcess.serve(site)) {
            String dom = dom(server, "/");
            assertTrue(dom.contains(">größer application/json 123px " + names.size() + "<"), dom);
        }
    }

    @Test
    void aListingShowsNamesAsTheyAre() throws IOException {
        assumeTrue(Files.isExecutable(CHROMIUM), "chromium is not installed");
        Path site = Files.createDirectory(room.resolve("site"));
        hostileNames(site);
        try (ComancheProcess server = ComancheProcess.serve(site)) {
            String listing = dom(server, "/list/");
            assertTrue(listing.contains(">a &lt;b&gt; &amp; 'c' \"d\" #%20?;=ü/</a>"), listing);
        }
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
}
