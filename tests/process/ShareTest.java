package tests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.process.Processes.Outcome;

/// `comanche share`: for everybody, and for a while.
class ShareTest {
    private static final String FIELDS = " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";

    @TempDir
    Path room;

    private Path site;

    @BeforeEach
    void furnish() throws IOException {
        site = Files.createDirectory(room.resolve("site"));
        Files.writeString(site.resolve("a.txt"), "0123456789");
    }

    private static ComancheProcess share(Path docbase, String... options) {
        return ComancheProcess.start(Map.of(), Stream.concat(Stream.of("share", docbase.toString(), "0"), Arrays.stream(options))
                .toArray(String[]::new));
    }

    private static void assertEnded(ComancheProcess server) {
        Outcome outcome = server.outcome();
        assertEquals(0, outcome.code());
        assertEquals("", outcome.err());
    }

    @Test
    void itListensOnAllAddressesAndNamesThem() {
        try (ComancheProcess server = share(site)) {
            for (URI url : server.urls()) {
                try (RawClient client = new RawClient(ComancheProcess.address(url))) {
                    assertEquals("0123456789", client.send("GET /a.txt" + FIELDS + "\r\n").read().text());
                }
            }
            assertTrue(server.urls().stream().anyMatch(url -> url.getHost().equals("127.0.0.1")));
        }
    }

    @Test
    void onceEndsWithTheFirstFileThatIsWhole() {
        try (ComancheProcess server = share(site, "--once")) {
            assertEquals(200, server.get("/").status());
            assertEquals(404, server.get("/nothing").status());
            assertEquals(206, server.exchange("GET /a.txt" + FIELDS + "Range: bytes=0-4\r\n\r\n").status());
            assertEquals(200, server.exchange("GET /a.txt" + FIELDS + "Sec-Fetch-Dest: image\r\n\r\n").status());
            assertEquals(206, server.exchange("GET /a.txt" + FIELDS + "Range: bytes=5-\r\n\r\n").status());
            assertEnded(server);
        }
    }

    @Test
    void onceEndsWithAFileThatWasSent() throws IOException {
        try (ComancheProcess server = share(site, "--once", "--receive")) {
            assertEquals(201, server.exchange("PUT /b.txt" + FIELDS + "Content-Length: 1\r\n\r\nb").status());
            assertEnded(server);
        }
        assertEquals("b", Files.readString(site.resolve("b.txt")));
    }

    /// A picture is for a terminal.
    @Test
    void whatIsPipedIsText() {
        assertFalse(ComancheProcess.run(Map.of(), "share", site.toString(), "0", "--for", "300ms").out().contains("█"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                             | Everybody who reaches this machine can look and fetch.
            --upload         | Everybody who reaches this machine can look, fetch and add.
            --write          | Everybody who reaches this machine can look, fetch, add, replace and delete.
            --receive        | Everybody who reaches this machine can send files here, and see none.
            --auth=ann:secret | Others with a password can look and fetch.
            -a=127.0.0.1     | Only this machine can connect;
            """)
    void itSaysWhatOthersMayDo(String option, String sentence) {
        List<String> line = new ArrayList<>(List.of("share", site.toString(), "0", "--for", "100ms"));
        Optional.ofNullable(option).ifPresent(word -> line.addAll(List.of(word.split("=", 2))));
        Outcome outcome = ComancheProcess.run(Map.of(), line.toArray(String[]::new));
        assertTrue(outcome.out().contains(sentence), outcome.out());
    }

    @Test
    void forSomeTimeMeansNoLonger() {
        try (ComancheProcess server = share(site, "--for", "300ms")) {
            assertEnded(server);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/a.txt", "/?json", "/x/a.txt", "//a.txt"})
    void nobodyFindsWhatIsBelowARandomSegment(String target) {
        try (ComancheProcess server = share(site, "--random")) {
            assertEquals(404, server.get(target).status());
        }
    }

    @Test
    void whatIsBelowARandomSegmentLeadsToNothingAboveIt() throws IOException {
        Files.createDirectory(site.resolve("sub"));
        try (ComancheProcess server = share(site, "--random", "--upload")) {
            String secret = server.urls().getFirst().getPath();
            assertTrue(secret.matches("/[0-9a-v]{10,}/"), secret);
            assertEquals("0123456789", server.get(secret + "a.txt").text());
            assertEquals(secret + "sub/", server.get(secret + "sub").field("Location").orElse(""));
            assertEquals(secret, server.get(secret.substring(0, secret.length() - 1)).field("Location").orElse(""));
            String put = "PUT " + secret + "b.txt" + FIELDS + "Content-Length: 1\r\n\r\nb";
            assertEquals(secret + "b.txt", server.exchange(put).field("Location").orElse(""));
            String began = server.exchange("POST " + secret + "sub/" + FIELDS + "Upload-Complete: ?0\r\nContent-Length: 1\r\n"
                    + "Content-Disposition: inline; filename=c\r\n\r\nc").field("Location").orElse("");
            assertEquals("1", server.exchange("HEAD " + began + FIELDS + "\r\n").field("Upload-Offset").orElse(""));
        }
    }

    /// Each start draws anew.
    @Test
    void noTwoRandomSegmentsAreTheSame() {
        try (ComancheProcess one = share(site, "--random"); ComancheProcess other = share(site, "--random")) {
            assertFalse(one.urls().getFirst().getPath().equals(other.urls().getFirst().getPath()));
        }
    }

    @Test
    void whoReceivesShowsNothing() throws IOException {
        try (ComancheProcess server = share(site, "--receive")) {
            assertEquals(200, server.get("/").status());
            assertFalse(server.get("/").text().contains("a.txt"));
            assertEquals(404, server.get("/a.txt").status());
            assertFalse(server.get("/?json").text().contains("a.txt"));
            String form = "--x\r\nContent-Disposition: form-data; name=f; filename=a.txt\r\n\r\nnew\r\n--x--\r\n";
            assertEquals(201, server.exchange("POST /" + FIELDS + "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: "
                    + form.length() + "\r\n\r\n" + form).status());
        }
        assertEquals("0123456789", Files.readString(site.resolve("a.txt")), "nothing is replaced");
        assertEquals("new", Files.readString(site.resolve("a (1).txt")));
    }

    /// A target of `/` tells no name.
    @Test
    void aSingleFileSaysItsName() throws IOException {
        Path file = Files.writeString(room.resolve("größe \"1\".txt"), "x");
        try (ComancheProcess server = share(file)) {
            assertEquals("inline; filename=\"gr____e _1_.txt\"; filename*=UTF-8''gr%C3%B6%C3%9Fe%20%221%22.txt",
                    server.get("/").field("Content-Disposition").orElse(""));
        }
    }
}
