package tests.process;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.openqa.selenium.By;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.support.ui.WebDriverWait;

/// A Chromium without a window, driven as a person would: by keys, clicks and looking.
final class Browser implements AutoCloseable {
    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
    private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /// It warns of every Chromium that is newer than itself. Held, lest the level be forgotten.
    private static final Logger SELENIUM = Logger.getLogger("org.openqa.selenium");

    private final ChromeDriver driver;

    /// Aborts the test where there is no Chromium.
    ///
    /// @param room where it keeps its things
    Browser(Path room) {
        assumeTrue(Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER), "chromium or its driver is not installed");
        ChromeOptions options = new ChromeOptions();
        options.setBinary(CHROMIUM.toString());
        options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--disable-background-networking", "--no-first-run", "--lang=en", "--user-data-dir=" + room.resolve("profile"));
        SELENIUM.setLevel(Level.SEVERE);
        System.setProperty("webdriver.chrome.driver", DRIVER.toString()); // so that nothing is looked for, and nothing fetched
        driver = new ChromeDriver(options);
        driver.executeCdpCommand("Emulation.setTimezoneOverride", Map.of("timezoneId", "Asia/Kathmandu"));
    }

    void open(ComancheProcess server, String target) {
        driver.get("http://127.0.0.1:" + server.port() + target);
    }

    /// The target of the page that is open.
    String target() {
        return driver.getCurrentUrl().substring(driver.getCurrentUrl().indexOf('/', "http://".length()));
    }

    List<WebElement> all(String selector) {
        return driver.findElements(By.cssSelector(selector));
    }

    WebElement one(String selector) {
        return driver.findElement(By.cssSelector(selector));
    }

    String text(String selector) {
        return one(selector).getText();
    }

    /// The names in the rows that can be seen.
    List<String> names() {
        return all("tbody tr:not([hidden]) th").stream().map(WebElement::getText).toList();
    }

    void press(CharSequence... keys) {
        driver.switchTo().activeElement().sendKeys(keys);
    }

    String focused() {
        return driver.switchTo().activeElement().getText();
    }

    Object run(String script, Object... arguments) {
        return driver.executeScript(script, arguments);
    }

    /// Waits until the element has this text, or one of its own around it.
    void await(String selector, String text) {
        new WebDriverWait(driver, PATIENCE).pollingEvery(Duration.ofMillis(50)).ignoring(StaleElementReferenceException.class)
                .withMessage(() -> selector + " did not say '" + text + "' but "
                + all(selector).stream().map(WebElement::getText).toList())
                .until(_ -> all(selector).stream().anyMatch(element -> element.getText().contains(text)));
    }

    /// By day or by night, on a desk or in the hand.
    void pretend(boolean dark, boolean phone) {
        driver.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features",
                List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
        driver.executeCdpCommand("Emulation.setDeviceMetricsOverride", Map.of("width", phone ? 390 : 1100, "height", phone ? 844
                : 1000, "deviceScaleFactor", 1, "mobile", phone));
        driver.executeCdpCommand("Emulation.setTouchEmulationEnabled", Map.of("enabled", phone));
    }

    void scripts(boolean allowed) {
        driver.executeCdpCommand("Emulation.setScriptExecutionDisabled", Map.of("value", !allowed));
    }

    /// No faster upwards than this.
    ///
    /// @param octetsPerSecond -1 for no limit
    void throttle(int octetsPerSecond) {
        driver.executeCdpCommand("Network.enable", Map.of());
        driver.executeCdpCommand("Network.emulateNetworkConditions", Map.of("offline", false, "latency", 0,
                "downloadThroughput", -1, "uploadThroughput", octetsPerSecond));
    }

    /// What is downloaded goes there.
    void downloadTo(Path directory) {
        driver.executeCdpCommand("Browser.setDownloadBehavior", Map.of("behavior", "allow", "downloadPath", directory.toString()));
    }

    /// Drops files of zeros on the page.
    void drop(int octets, String... names) {
        driver.executeScript("""
                const bag = new DataTransfer();
                arguments[1].forEach((name) => bag.items.add(new File([new Uint8Array(arguments[0])], name)));
                for (const type of ['dragenter', 'dragover', 'drop']) {
                  document.querySelector('main').dispatchEvent(
                      new DragEvent(type, {dataTransfer: bag, bubbles: true, cancelable: true}));
                }
                """, octets, List.of(names));
    }

    /// What axe finds wrong with the page for people who see, hear or move otherwise: a line each.
    List<?> barriers() throws IOException {
        try (InputStream axe = Browser.class.getResourceAsStream("/axe.min.js")) {
            driver.executeScript(new String(axe.readAllBytes(), StandardCharsets.UTF_8));
        }
        return (List<?>) driver.executeAsyncScript("""
                const done = arguments[0];
                axe.run().then(({violations}) => done(violations.flatMap((violation) => violation.nodes.map(
                    (node) => violation.id + ': ' + node.html + ' ' + node.failureSummary))), (error) => done([String(error)]));
                """);
    }

    @Override
    public void close() {
        driver.quit();
    }
}
