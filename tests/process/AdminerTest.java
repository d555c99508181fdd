package tests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;

/// A real application in a real browser: Adminer with a database of its own. Sessions, cookies, redirects behind forms.
class AdminerTest {
    private static final Path ADMINER = Path.of("/usr/share/adminer");

    @TempDir
    private Path room;

    /// It lets nobody in who has no password, and the database knows none.
    private Path tree() throws IOException {
        Path tree = Files.createDirectory(room.resolve("tree"));
        Files.writeString(tree.resolve("index.php"), """
                <?php
                function adminer_object() {
                    include_once '%1$s/plugins/plugin.php';
                    include_once '%1$s/plugins/login-password-less.php';
                    return new AdminerPlugin([new AdminerLoginPasswordLess(password_hash('open sesame', PASSWORD_DEFAULT))]);
                }
                include '%1$s/adminer.php';
                """.formatted(ADMINER));
        Files.writeString(tree.resolve("setup.php"), """
                <?php
                (new SQLite3($_GET['at']))->exec("create table fruit (name text, price integer); insert into fruit values ('plum', 7), ('pear', 9)");
                echo 'ready';
                """);
        return tree;
    }

    @Test
    void aPersonLogsInLooksAtATableAndAddsARow() throws IOException {
        assumeTrue(Files.isDirectory(ADMINER), "adminer is not installed");
        Path database = room.resolve("shop.sqlite");
        try (PhpFpm php = new PhpFpm(room, 4, "extension=sqlite3");
                ComancheProcess server = ComancheProcess.serve(tree(), "--index", "index.php", "--fastcgi", "*.php=" + php.address());
                Browser browser = new Browser(room)) {
            assertEquals("ready", server.get("/setup.php?at=" + database).text());

            browser.open(server, "/?sqlite=");
            browser.one("input[name='auth[password]']").sendKeys("wrong");
            browser.one("input[name='auth[db]']").sendKeys(database.toString(), Keys.ENTER);
            browser.await(".error", "Database does not support password.");

            browser.one("input[name='auth[password]']").sendKeys("open sesame");
            browser.one("input[name='auth[db]']").clear();
            browser.one("input[name='auth[db]']").sendKeys(database.toString(), Keys.ENTER);
            browser.await("#tables", "fruit");

            browser.one("#tables a[title='Select data']").click();
            browser.await("#table", "pear");
            browser.one("a[href*='edit=fruit']").click();
            browser.await("h2", "Insert");
            browser.one("[name='fields[name]']").sendKeys("fig & date");
            browser.one("[name='fields[price]']").sendKeys("12");
            browser.one("input[type=submit][value=Save]").click();
            browser.await(".message", "Item 3 has been inserted.");
            browser.await("#table", "fig & date");
        }
    }
}
