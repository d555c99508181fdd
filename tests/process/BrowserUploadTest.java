package tests.process;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.WebElement;

/// Files go up from the page: dropped, chosen, broken off and gone on with, and what a person reads if they can't.
class BrowserUploadTest {
    private static final int SLOW = 400_000;

    @TempDir
    private static Path profile;

    private static Browser browser;

    @TempDir
    private Path site;

    private ComancheProcess server;

    @BeforeAll
    static void start() {
        browser = new Browser(profile);
    }

    @AfterAll
    static void stop() {
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void serve() {
        serve("--write");
    }

    private void serve(String... options) {
        if (server != null) {
            server.close();
        }
        server = ComancheProcess.serve(site, options);
        browser.open(server, "/");
    }

    @AfterEach
    void leave() {
        browser.throttle(-1);
        server.close();
    }

    private List<String> there() throws IOException {
        try (Stream<Path> files = Files.walk(site)) {
            return files.filter(Files::isRegularFile).map(file -> site.relativize(file).toString()).sorted().toList();
        }
    }

    @Test
    void whatIsDroppedIsThereAndInTheList() throws IOException {
        Files.writeString(site.resolve("two.bin"), "old");
        browser.drop(300_000, "ein größeres (1)'*.txt", "two.bin", "three.bin");
        browser.await(".transfers header", "3 of 3 uploaded");
        browser.await("tbody", "three.bin");
        assertEquals(List.of("ein größeres (1)'*.txt", "three.bin", "two (1).bin", "two.bin"), there());
        assertEquals(List.of("ein größeres (1)'*.txt", "three.bin", "two (1).bin", "two.bin"), browser.names());
        assertEquals("Done, as two (1).bin", browser.all(".transfers li small").get(1).getText());
        assertArrayEquals(new byte[300_000], Files.readAllBytes(site.resolve("three.bin")));
        assertFalse(browser.one("body").getDomAttribute("class").contains("drop"));
        browser.one(".transfers header button").click();
        assertFalse(browser.one(".transfers").isDisplayed());
    }

    @Test
    void severalFilesAndFoldersCanBeChosen() throws IOException {
        Path mine = Files.createDirectories(profile.resolve("mine/inner")).getParent();
        Files.writeString(mine.resolve("a.txt"), "a");
        Files.writeString(mine.resolve("inner/b.txt"), "");
        browser.one("[type=file]").sendKeys(mine.resolve("a.txt") + "\n" + mine.resolve("inner/b.txt"));
        browser.await(".transfers header", "2 of 2 uploaded");
        browser.run("document.querySelector('[type=file]').webkitdirectory = true");
        browser.one("[type=file]").sendKeys(mine.toString());
        browser.await(".transfers header", "4 of 4 uploaded");
        assertEquals(List.of("a.txt", "b.txt", "mine/a.txt", "mine/inner/b.txt"), there());
        browser.await("tbody", "mine/");
    }

    @Test
    void progressIsShownAndWhatIsCancelledLeavesNothingBehindAndCanBeTriedAgain() throws IOException {
        browser.throttle(SLOW);
        browser.drop(2_000_000, "slow.bin");
        awaitProgress();
        assertTrue(browser.text(".transfers li small").endsWith(" of 2.0 MB"), browser.text(".transfers li small"));
        WebElement button = browser.one(".transfers li button");
        assertEquals("Cancel", button.getText());
        button.click();
        assertEquals("Cancelled", browser.text(".transfers li small"));
        ComancheProcess.await("the draft stays", () -> site.toFile().list().length == 0);
        browser.throttle(-1);
        assertEquals("Retry", button.getText());
        button.click();
        browser.await(".transfers header", "1 of 1 uploaded");
        assertEquals(2_000_000, Files.size(site.resolve("slow.bin")));
    }

    /// Killed in the middle, and started anew at the same place.
    @Test
    void whereTheConnectionWasLostItGoesOnByItself() throws IOException {
        browser.throttle(SLOW);
        browser.drop(2_000_000, "lost.bin");
        awaitProgress();
        server.signal("KILL");
        server.outcome();
        browser.await(".transfers li", "Connection lost. It goes on by itself");
        assertFalse(there().contains("lost.bin"));
        server = ComancheProcess.serve(site, "--write", "-p", Integer.toString(server.port()));
        browser.throttle(-1);
        browser.await(".transfers header", "1 of 1 uploaded");
        assertArrayEquals(new byte[2_000_000], Files.readAllBytes(site.resolve("lost.bin")));
        assertEquals(List.of("lost.bin"), there());
    }

    private static void awaitProgress() {
        ComancheProcess.await("no progress", () -> {
            double done = ((Number) browser.run("return document.querySelector('.transfers li progress').value")).doubleValue();
            return done > 0 && done < 1;
        });
    }

    @Test
    void aPersonReadsWhyItCannotBe() throws IOException {
        serve("--upload", "--on-clash", "refuse");
        Files.writeString(site.resolve("taken.txt"), "mine");
        browser.drop(10, "taken.txt");
        browser.await(".failed", "There is something of this name already.");
        browser.drop(10, ".hidden");
        browser.await(".failed", "This place does not take it.");
        serve("--upload", "--min-free", "999999g", "--max-upload", "1k");
        browser.drop(10, "a.txt");
        browser.await(".failed", "The disk of the server is full.");
        browser.drop(1025, "a.txt");
        browser.await(".failed", "Too large for this server.");
        browser.await(".transfers header", "0 of 2 uploaded, 2 failed");
        assertEquals(List.of("taken.txt"), there());
    }

    @Test
    void whereFilesAreOnlyTakenNoneIsShown() throws IOException {
        Files.writeString(site.resolve("secret.txt"), "s");
        server.close();
        server = ComancheProcess.start(Map.of(), "share", site.toString(), "-a", "127.0.0.1", "-p", "0", "--receive");
        browser.open(server, "/");
        assertEquals("Send files", browser.text("h1"));
        assertEquals(List.of(), browser.barriers());
        browser.drop(10, "a.txt");
        browser.await(".transfers header", "1 of 1 uploaded");
        assertEquals(List.of("a.txt", "secret.txt"), there());
        assertFalse(browser.text("body").contains("secret"));
    }

    @Test
    void withoutScriptsAFormDoesIt() throws IOException {
        browser.scripts(false);
        try {
            browser.open(server, "/");
            browser.one("#upload [type=file]").sendKeys(Files.writeString(profile.resolve("form.txt"), "form").toString());
            browser.one("#upload button").click();
            browser.await("tbody", "form.txt");
            assertEquals(List.of("form.txt"), there());
        } finally {
            browser.scripts(true);
        }
    }

    @Test
    void aFileIsDeletedWhenThePersonSaysSoTwice() throws IOException {
        Files.writeString(site.resolve("a.txt"), "a");
        Files.writeString(site.resolve("b.txt"), "b");
        Files.createDirectory(site.resolve("folder"));
        browser.open(server, "/");
        assertEquals(2, browser.all(".delete").size());
        browser.one("[aria-label='Delete b.txt']").click();
        assertEquals("Delete b.txt? There is no way back.", browser.text("dialog p"));
        browser.all("dialog button").getFirst().click();
        assertEquals(List.of("a.txt", "b.txt"), there());
        browser.one("[aria-label='Delete b.txt']").click();
        browser.one("dialog .danger").click();
        browser.await("tfoot", "1 directory, 1 file, 1 B");
        assertEquals(List.of("a.txt"), there());
        serve("--upload");
        assertEquals(0, browser.all(".delete").size());
    }

    @Test
    void nobodyIsShutOut() throws IOException {
        Files.writeString(site.resolve("a.txt"), "a");
        for (boolean phone : List.of(false, true)) {
            browser.pretend(phone, phone);
            browser.open(server, "/");
            browser.drop(5, "x.txt", ".hidden");
            browser.await(".transfers header", "1 of 2 uploaded, 1 failed");
            assertEquals(List.of(), browser.barriers());
            assertEquals(phone ? 390L : 1100L, browser.run("return document.documentElement.scrollWidth"));
            browser.one(".delete").click();
            assertEquals(List.of(), browser.barriers());
        }
        browser.pretend(false, false);
    }
}
