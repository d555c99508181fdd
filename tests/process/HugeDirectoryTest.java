package tests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A directory that would not fit into the heap as a page.
class HugeDirectoryTest {
    private static final int FILES = 100_000;

    @TempDir
    Path room;

    @Test
    void aHundredThousandFilesAreListedInOrderInThirtyTwoMegabytes() throws IOException {
        for (int i = 0; i < FILES; i++) {
            Files.createFile(room.resolve("f" + i));
        }
        try (ComancheProcess server = ComancheProcess.serveWithin("32m", room)) {
            assertEquals(FILES, inOrder(server, Pattern.compile("<th scope=\"row\"><a href=\"f(\\d+)\">")));
        }
    }

    /// How many lines there are that match, each with the next number.
    private static int inOrder(ComancheProcess server, Pattern line) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) URI.create("http://127.0.0.1:" + server.port() + "/").toURL()
                .openConnection();
        connection.setRequestProperty("Accept", "text/html");
        int next = 0;
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
            for (String text = lines.readLine(); text != null; text = lines.readLine()) {
                Matcher row = line.matcher(text);
                if (row.find()) {
                    assertEquals(next++, Integer.parseInt(row.group(1)));
                }
            }
        }
        return next;
    }
}
