package tests.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import lib.http.Content;
import lib.http.Exchange;
import lib.http.Response;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tests.site.Fixture.Answer;

/// What is in a directory, in which order, and how programs see it.
class ListingTest {
    private static final String BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

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

    private String json(String target) {
        return text(fixture.site().get(target));
    }

    /// Names separated by blanks, a slash behind those of directories.
    private String names(String target) {
        return String.join(" ", Pattern.compile("\"name\":\"([^\"]*)\",\"href\":\"[^\"/]*(/?)\"").matcher(json(target)).results()
                .map(entry -> entry.group(1) + entry.group(2)).toList());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            b A a C                       | A a b C
            file10 file9 File2 file1      | file1 File2 file9 file10
            1.10.0 1.9.0 1.9              | 1.9 1.9.0 1.10.0
            a01 a1 a001 a2                | a001 a01 a1 a2
            x99999999999999999999 x100000000000000000000 | x99999999999999999999 x100000000000000000000
            ä Ä z a                       | a z Ä ä
            b/x a B/x A                   | B/ b/ A a
            ~ 10 - a_b a.b                | - 10 a.b a_b ~
            a1b10 a1b9 a1b a1             | a1 a1b a1b9 a1b10
            """)
    void directoriesComeFirstThenNamesWithoutRegardToCaseAndNumbersByValue(String files, String expected) throws IOException {
        for (String name : files.split(" ")) {
            fixture.file("empty/" + new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
        }
        assertEquals(expected, names("/empty/?json"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ?json                         | d1/ d2/ a b c
            ?json&sort=name               | d1/ d2/ a b c
            ?json&sort=name&order=desc    | d2/ d1/ c b a
            ?json&order=desc              | d2/ d1/ c b a
            ?json&sort=size               | d1/ d2/ b a c
            ?json&sort=size&order=desc    | d1/ d2/ a c b
            ?sort=size&json&order=asc     | d1/ d2/ b a c
            ?json&sort=date               | d2/ d1/ c a b
            ?json&sort=date&order=desc    | d1/ d2/ a b c
            ?json&sort=SIZE               | d1/ d2/ a b c
            ?json&sort=owner&order=up     | d1/ d2/ a b c
            ?json&sort=                   | d1/ d2/ a b c
            ?json=&sort=%73ize            | d1/ d2/ b a c
            """)
    void theQuerySaysTheOrderAndWhatItSaysWrongIsIgnored(String query, String expected) throws IOException {
        Fixture.dated(fixture.file("empty/a", "333"), Instant.ofEpochSecond(2000));
        Fixture.dated(fixture.file("empty/b", ""), Instant.ofEpochSecond(2000));
        Fixture.dated(fixture.file("empty/c", "333"), Instant.ofEpochSecond(1000));
        fixture.file("empty/d1/x");
        fixture.file("empty/d2/x");
        Fixture.dated(fixture.root.resolve("empty/d1"), Instant.ofEpochSecond(5000));
        Fixture.dated(fixture.root.resolve("empty/d2"), Instant.ofEpochSecond(4000));
        assertEquals(expected, names("/empty/" + query));
    }

    /// So that it can be answered with what is wrong.
    @ParameterizedTest
    @CsvSource({"/empty/, */*", "/empty/?json, */*", "/empty/, text/html"})
    void ofADirectoryThatIsGoneBeforeItIsListedNothingIsSent(String target, String accept) throws IOException {
        fixture.file("empty/a");
        Response response = fixture.site().site().answer(Fixture.request("GET", target, "Accept", accept), Exchange.of(Fixture.CLIENT), Fixture.NOW).response();
        Files.move(fixture.root.resolve("empty"), fixture.root.resolve("elsewhere"));
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        assertThrows(IOException.class, () -> ((Content.Stream) response.content()).producer().writeTo(sent));
        assertEquals(0, sent.size());
    }

    @Test
    void theJsonIsAsTheReadmeSays() throws IOException {
        fixture.file("a b/c/x");
        fixture.file("a b/d:.txt", "12345");
        Fixture.dated(fixture.root.resolve("a b/c"), Instant.parse("2020-02-02T02:02:02Z"));
        Answer answer = fixture.site().get("/a%20b/?json");
        assertEquals("application/json", answer.field("Content-Type"));
        assertEquals("""
                {"path":"/a%20b/","entries":[
                {"name":"c","href":"c/","type":"directory","modified":"2020-02-02T02:02:02Z"},
                {"name":"d:.txt","href":"d%3A.txt","type":"file","size":5,"modified":"2020-02-02T02:02:02.123456789Z"}
                ],"directories":1,"files":1,"octets":5}
                """, text(answer));
    }

    @Test
    void anEmptyDirectoryIsAnEmptyList() {
        assertEquals("{\"path\":\"/empty/\",\"entries\":[\n],\"directories\":0,\"files\":0,\"octets\":0}\n", json("/empty/?json"));
    }

    @Test
    void aNameInJsonIsWholeAndHarmless() throws IOException {
        fixture.hostile();
        String json = json("/?json");
        for (String entry : List.of("\"new\\u000aline\",\"href\":\"new%0Aline\"", "\"\\\"q\\\"\"", "\"back\\\\slash\"", "\"caf\ufffd\",\"href\":\"caf%E9\"",
                "\"x\\u202egpj.exe\"", "\"a \\u003cb>.txt\"", "\"\\u0001\\u007f\"", "\"gr\u00fc\u00dfe.txt\"")) {
            assertTrue(json.contains("{\"name\":" + entry), entry + " in " + json);
        }
        assertTrue(json.chars().noneMatch(c -> c < ' ' && c != '\n'), json);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            /dir/      | -                                  | plain
            /dir/      | */*                                | plain
            /dir/      | text/plain                         | plain
            /dir/      | text/html                          | page
            /dir/      | text/html,application/xml;q=0.9    | page
            /dir/      | text/html, text/plain, text/sgml, */*;q=0.01 | page
            /dir/      | text/html;q=0                      | plain
            /dir/      | application/json                   | json
            /dir/      | application/json, text/plain, */*  | json
            /dir/      | application/json, text/html        | page
            /dir/      | application/json;q=0               | plain
            /dir/?json | text/html                          | json
            /dir/?json | -                                  | json
            /dir/?JSON | -                                  | plain
            """)
    void aClientGetsTheShapeThatItAsksFor(String target, String accept, String shape) {
        Answer answer = accept == null ? fixture.site().get(target) : fixture.site().get(target, "Accept", accept);
        String begin = answer.content().substring(0, 9);
        assertEquals(shape, begin.equals("<!DOCTYPE") ? "page" : begin.startsWith("{") ? "json" : begin.startsWith("<html>") ? "plain" : begin);
        assertEquals("Accept", answer.field("Vary"));
        assertEquals("no-cache", answer.field("Cache-Control"));
        assertEquals("nosniff", answer.field("X-Content-Type-Options"));
    }

    /// Octet for octet what nginx writes, but for `../` at the root.
    @Test
    void thePlainShapeIsThatOfNginx() throws IOException {
        fixture.file("p/a b&<c>/x");
        fixture.file("p/a.txt", "hi\n");
        fixture.file("p/a:b", "");
        fixture.file("p/gr\u00c3\u00b6\u00c3\u009fe", "1");
        fixture.file("p/" + "n".repeat(50), "1");
        fixture.file("p/" + "o".repeat(51), "x".repeat(1234));
        Fixture.dated(fixture.root.resolve("p/a b&<c>"), Instant.parse("2026-11-24T07:57:01Z"));
        String expected = """
                <html>
                <head><title>Index of /p/</title></head>
                <body>
                <h1>Index of /p/</h1><hr><pre><a href="../">../</a>
                <a href="a%20b%26%3Cc%3E/">a b&amp;&lt;c&gt;/</a>                                           24-Nov-2026 07:57                   -
                <a href="a.txt">a.txt</a>                                              02-Feb-2020 02:02                   3
                <a href="a%3Ab">a:b</a>                                                02-Feb-2020 02:02                   0
                <a href="gr%C3%B6%C3%9Fe">größe</a>                                              02-Feb-2020 02:02                   1
                <a href="nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn">nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn</a> 02-Feb-2020 02:02                   1
                <a href="ooooooooooooooooooooooooooooooooooooooooooooooooooo">ooooooooooooooooooooooooooooooooooooooooooooooo..&gt;</a> 02-Feb-2020 02:02                1234
                </pre><hr></body>
                </html>
                """;
        Answer answer = fixture.site().get("/p/");
        assertEquals("text/html; charset=utf-8", answer.field("Content-Type"));
        assertEquals(expected.replace("\n", "\r\n"), text(answer));
        assertFalse(fixture.site().get("/").content().contains("../"));
    }

    /// Many who ask at the same time share one look at the directory; none gets one that began before he had asked.
    @Test
    void whoHasMadeAFileFindsItInTheListingHoweverManyAskAtTheSameTime() throws Exception {
        for (int i = 0; i < 600; i++) {
            fixture.file("empty/long-ago-" + i);
        }
        Fixture.Asked site = fixture.site();
        List<Callable<List<String>>> clients = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            String client = "c" + i;
            clients.add(() -> {
                List<String> missed = new ArrayList<>();
                for (int round = 0; round < 25; round++) {
                    String name = client + "-" + round + ".txt";
                    fixture.file("empty/" + name);
                    if (!site.get("/empty/?json").content().contains('"' + name + '"')) {
                        missed.add(name);
                    }
                }
                return missed;
            });
        }
        List<String> missed = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(clients.size())) {
            for (Future<List<String>> one : threads.invokeAll(clients)) {
                missed.addAll(one.get());
            }
        }
        assertEquals(List.of(), missed);
    }

    @Test
    void theOrderIsTheSameOnBothSidesOfAThousand() throws IOException {
        Path room = Files.createDirectory(fixture.root.resolve("many"));
        for (int count : new int[] {1000, 1001}) {
            for (int i = 0; i < count; i++) {
                Files.writeString(room.resolve("F" + i), "");
            }
            String[] names = names("/many/?json").split(" ");
            assertEquals(count, names.length);
            for (int i = 0; i < count; i++) {
                assertEquals("F" + i, names[i]);
            }
            assertTrue(json("/many/?json").endsWith("\"files\":" + count + ",\"octets\":0}\n"));
        }
    }

    @Test
    void aDirectoryThatIsGoneIsNoListing() throws IOException {
        Files.delete(fixture.root.resolve("empty"));
        for (String accept : List.of(BROWSER, "application/json", "*/*")) {
            assertEquals(404, fixture.site().get("/empty/", "Accept", accept).status());
        }
    }
}
