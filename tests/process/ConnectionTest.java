package tests.process;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.process.Processes.Outcome;
import tests.process.RawClient.Answer;
import tests.process.RawClient.Ending;

/// How a connection goes, octet by octet, seen from the client: persistence, framing, refusals, deadlines. In the tables
/// `~` stands for CRLF.
class ConnectionTest {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    @TempDir
    static Path room;

    private static byte[] large;
    private static ComancheProcess server;
    private static ComancheProcess impatient;

    @BeforeAll
    static void start() throws IOException {
        Path site = Files.createDirectory(room.resolve("site"));
        Files.writeString(site.resolve("index.html"), "<p>Hello");
        large = new byte[8 << 20];
        new Random(1).nextBytes(large);
        Files.write(site.resolve("large.bin"), large);
        server = ComancheProcess.serve(site, "-q");
        impatient = ComancheProcess.serve(site, "--timeout=300ms", "--head-timeout=300ms", "--progress-timeout=300ms");
    }

    /// None of all this is worth a word to the operator.
    @AfterAll
    static void nothingWasSaidOnStandardError() {
        try (ComancheProcess first = server; ComancheProcess second = impatient) {
            for (Outcome outcome : List.of(first.stop(), second.stop())) {
                assertEquals("", outcome.err());
                assertEquals(0, outcome.code());
            }
        }
    }

    private static String octets(String row) {
        return row.replace("~", "\r\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            GET / HTTP/1.1~Host: a~~                                                    | 200
            GET / HTTP/1.7~Host: a~~                                                    | 200
            GET / HTTP/1.1~Host: a~Connection: closed~~                                 | 200
            GET / HTTP/1.1~Host: a~Connection: keep-alive, upgrade~Upgrade: h2c~~       | 200
            GET / HTTP/1.0~Connection: keep-alive~~                                     | 200
            GET / HTTP/1.0~Host: a~Connection: x, KEEP-Alive~~                          | 200
            GET / HTTP/1.0~Connection: x~Connection: keep-alive~~                       | 200
            GET /missing HTTP/1.1~Host: a~~                                             | 404
            GET /../etc/passwd HTTP/1.1~Host: a~~                                       | 404
            POST / HTTP/1.1~Host: a~~                                                   | 405
            BREW / HTTP/1.1~Host: a~~                                                   | 501
            GET / HTTP/1.1~Host: a~Expect: tea~~                                        | 417
            GET /large.bin HTTP/1.1~Host: a~Range: bytes=99999999-~~                    | 416
            ~~GET / HTTP/1.1~Host: a~~                                                  | 200
            GET / HTTP/1.1~Host:a~A:~B:\t x \t~~                                        | 200
            GET http://a/ HTTP/1.1~Host: b~~                                            | 200
            GET http://a HTTP/1.1~Host: b~~                                             | 200
            GET HTTPS://a:1/?x HTTP/1.1~Host: b~~                                       | 200
            GET / HTTP/1.1~Host: a~Content-Length: 5~~hello                             | 200
            GET / HTTP/1.1~Host: a~Content-Length: 0~~                                  | 200
            GET / HTTP/1.1~Host: a~Transfer-Encoding: CHUNKED~~5~hello~0~~              | 200
            POST / HTTP/1.1~Host: a~Content-Length: 5~~hello                            | 405
            POST / HTTP/1.1~Host: a~Transfer-Encoding: chunked~~5;a=b~hello~00~T: x~~   | 405
            BREW / HTTP/1.1~Host: a~Content-Length: 5~~hello                            | 501
            GET / HTTP/1.1~Host: a~Expect: tea~Content-Length: 5~~hello                 | 417
            GET / HTTP/1.1~Host: a~Expect: 100-continue~~                               | 200
            """)
    void theConnectionPersistsBehind(String request, int status) {
        try (RawClient client = server.connect()) {
            Answer answer = client.send(octets(request)).read();
            assertEquals(status, answer.status());
            assertFalse(answer.closes());
            assertEquals(200, client.send(GET).read().status());
        }
    }

    @Test
    void anOldClientIsToldEachTimeThatTheConnectionPersists() {
        try (RawClient client = server.connect()) {
            for (int i = 0; i < 4; i++) {
                Answer answer = client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").read();
                assertEquals("200 keep-alive", answer.status() + " " + answer.field("Connection").orElse(""));
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            GET / HTTP/1.0~~                                                                   | 200
            GET / HTTP/1.0~Host: a~~                                                           | 200
            GET / HTTP/1.0~Connection: keep-alive, close~~                                     | 200
            GET / HTTP/1.1~Host: a~Connection: close~~                                         | 200
            GET / HTTP/1.1~Host: a~Connection: CLOSE~~                                         | 200
            GET / HTTP/1.1~Host: a~Connection: close, x~~                                      | 200
            GET / HTTP/1.1~Host: a~Connection: x ,close~~                                      | 200
            GET / HTTP/1.1~Host: a~Connection: x,\t,close,,~~                                  | 200
            GET / HTTP/1.1~Host: a~Connection: x~Connection: close~~                           | 200
            GET / HTTP/1.1~Host: a~Connection: close~connection: keep-alive~~                  | 200
            GET /missing HTTP/1.1~Host: a~Connection: close~~                                  | 404
            POST / HTTP/1.1~Host: a~Connection: close~Content-Length: 5~~hello                 | 405
            GET / HTTP/2.0~Host: a~~                                                           | 505
            GET / HTTP/0.9~~                                                                   | 505
            GET /~~                                                                            | 400
            GET / HTTP/1.1~~                                                                   | 400
            GET http://a/ HTTP/1.1~~                                                           | 400
            GET / HTTP/1.1~Host: a~Host: a~~                                                   | 400
            GET / HTTP/1.1~Host : a~~                                                          | 400
            GET / HTTP/1.1~Host: a~ b~~                                                        | 400
            GET http:///x HTTP/1.1~Host: a~~                                                   | 400
            GET * HTTP/1.1~Host: a~~                                                           | 400
            GET /%zz HTTP/1.1~Host: a~~                                                        | 400
            GET /%00 HTTP/1.1~Host: a~~                                                        | 400
            POST / HTTP/1.1~Host: a~Content-Length: 5~Content-Length: 5~~hello                 | 400
            POST / HTTP/1.1~Host: a~Content-Length: 5~Transfer-Encoding: chunked~~0~~          | 400
            POST / HTTP/1.1~Host: a~Transfer-Encoding: gzip, chunked~~0~~                      | 400
            POST / HTTP/1.0~Transfer-Encoding: chunked~~0~~                                    | 400
            POST / HTTP/1.1~Host: a~Transfer-Encoding: chunked~~5~hello!~0~~                   | 400
            POST / HTTP/1.1~Host: a~Transfer-Encoding: chunked~~x~~                            | 400
            GET / HTTP/1.1~Host: a~Transfer-Encoding: chunked~~5~hello~0~B@d: x~~              | 400
            """)
    void theConnectionClosesBehind(String request, int status) {
        try (RawClient client = server.connect()) {
            Answer answer = client.send(octets(request)).read();
            assertEquals(status, answer.status());
            assertTrue(answer.closes());
            assertEquals(Ending.CLOSED, client.ending());
        }
    }

    /// Otherwise a client of HTTP/1.0 does not know (RFC 9112 §9.3).
    @Test
    void aClientOfHttp10IsToldThatItsConnectionPersists() {
        Answer answer = server.exchange("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        assertEquals("keep-alive", answer.field("Connection").orElse(""));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            POST / HTTP/1.1~Host: a~Content-Length: 21~~GET /x HTTP/1.1~~~                    | 405
            POST / HTTP/1.1~Host: a~Content-Length: 2~~~~                                     | 405
            POST / HTTP/1.1~Host: a~Transfer-Encoding: chunked~~4~GET ~1~/~0~~                | 405
            DELETE /missing HTTP/1.1~Host: a~Content-Length: 1~~x                             | 405
            GET /missing HTTP/1.1~Host: a~Transfer-Encoding: chunked~~0~~                     | 404
            """)
    void theNextRequestBeginsBehindTheContent(String request, int status) {
        try (RawClient client = server.connect()) {
            client.send((octets(request) + GET).repeat(50));
            for (int i = 0; i < 50; i++) {
                assertEquals(status, client.read().status());
                assertEquals("<p>Hello", client.read().text());
            }
        }
    }

    @Test
    void aThousandPipelinedRequestsAreAnsweredInOrder() {
        try (RawClient client = server.connect()) {
            StringBuilder requests = new StringBuilder();
            for (int i = 0; i < 1000; i++) {
                requests.append("GET /large.bin HTTP/1.1\r\nHost: a\r\nRange: bytes=").append(i).append('-').append(i)
                        .append("\r\n\r\n");
            }
            client.send(requests.toString());
            for (int i = 0; i < 1000; i++) {
                assertArrayEquals(new byte[] {large[i]}, client.read().content());
            }
        }
    }

    /// Every address has somebody who waits for clients; none of them may hold the only place meanwhile.
    @Test
    void theOnlyPlaceIsForWhoeverComesNextToWhicheverAddress() {
        try (ComancheProcess narrow = ComancheProcess.serve(room.resolve("site"), "-q", "--max-connections", "1")) {
            for (int i = 0; i < 3; i++) {
                assertEquals(200, narrow.get("/").status());
            }
        }
    }

    @Test
    void whatFollowsARequestToCloseIsNotAnswered() {
        try (RawClient client = server.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + GET);
            assertEquals(200, client.read().status());
            assertEquals(Ending.CLOSED, client.ending());
        }
    }

    @Test
    void anErrorEndsAPipelineBehindTheAnswersBeforeIt() {
        try (RawClient client = server.connect()) {
            client.send(GET + GET + "GET /\r\n\r\n" + GET);
            assertEquals(200, client.read().status());
            assertEquals(200, client.read().status());
            assertEquals(400, client.read().status());
            assertEquals(Ending.CLOSED, client.ending());
        }
    }

    @Test
    void aRequestMayArriveOctetByOctet() {
        try (RawClient client = server.connect()) {
            String request = octets("POST / HTTP/1.1~Host: a~Transfer-Encoding: chunked~~3~abc~0~~") + GET;
            request.chars().forEach(octet -> client.send(String.valueOf((char) octet)));
            assertEquals(405, client.read().status());
            assertEquals(200, client.read().status());
        }
    }

    // Expect (RFC 9110 §10.1.1)

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 5", "Transfer-Encoding: chunked"})
    void aClientThatWaitsIsToldToGoOn(String framing) {
        try (RawClient client = server.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n" + framing + "\r\n\r\n");
            Answer interim = client.readHead();
            assertEquals(100, interim.status());
            assertEquals(List.of(), interim.fields());
            client.send(framing.startsWith("C") ? "hello" : "5\r\nhello\r\n0\r\n\r\n");
            assertEquals(200, client.read().status());
            assertEquals(200, client.send(GET).read().status());
        }
    }

    /// It may hold the content back or send it all the same: only the end of the connection is clear to both.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            POST / | 100-continue      | 405
            BREW / | 100-continue      | 501
            GET /x | 100-continue      | 404
            POST / | 100-continue, tea | 417
            """)
    void aRefusalDoesNotAskForTheContentAndCloses(String line, String expectation, int status) {
        for (String content : List.of("", "hello")) {
            try (RawClient client = server.connect()) {
                client.send(line + " HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: " + expectation + "\r\n\r\n"
                        + content);
                Answer answer = client.readHead();
                assertEquals(status, answer.status());
                assertTrue(answer.closes());
                client.octets(Integer.parseInt(answer.field("Content-Length").orElseThrow()));
                assertEquals(Ending.CLOSED, client.ending());
            }
        }
    }

    @Test
    void aClientOfHttp10IsNeverToldToGoOn() {
        try (RawClient client = server.connect()) {
            client.send("GET / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello");
            assertEquals(200, client.readHead().status());
        }
    }

    @Test
    void withoutContentNobodyIsToldToGoOn() {
        try (RawClient client = server.connect()) {
            assertEquals(200, client.send("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n").readHead().status());
        }
    }

    // Content that nobody wants

    @Test
    void aRefusedMethodIsAnsweredOnlyWhenItsContentHasBeenRead() {
        try (RawClient client = server.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell");
            assertFalse(client.hasInputWithin(100));
            assertEquals(405, client.send("o").read().status());
            assertEquals(200, client.send(GET).read().status());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            POST | 405
            GET  | 413
            """)
    void moreContentThanTheLimitIsRefusedAndTheAnswerArrives(String method, int status) {
        try (RawClient client = server.connect()) {
            client.send(method + " / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n");
            client.send(new byte[2 << 20]);
            Answer answer = client.read();
            assertEquals(status, answer.status());
            assertTrue(answer.closes());
            assertEquals(Ending.CLOSED, client.ending());
        }
    }

    /// To close with octets unread would reset the connection, and the client lose the answer (RFC 9112 §9.6).
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            GET /~~                                                            | 400
            GET / HTTP/1.1~~                                                   | 400
            GET / HTTP/3.0~Host: a~~                                           | 505
            GET / HTTP/1.1~Host: a~Connection: close~~                         | 200
            POST / HTTP/1.1~Host: a~Transfer-Encoding: chunked~~x~             | 400
            POST / HTTP/1.1~Host: a~Expect: 100-continue~Content-Length: 5~~   | 405
            """)
    void theAnswerThatClosesCanBeReadHoweverMuchTheClientSends(String request, int status) {
        try (RawClient client = server.connect()) {
            client.send(octets(request));
            client.send(new byte[2 << 20]);
            assertEquals(status, client.read().status());
            assertEquals(Ending.CLOSED, client.ending());
        }
    }

    // Half-closed

    @Test
    void aClientThatHasEndedItsSideGetsItsAnswers() {
        try (RawClient client = server.connect()) {
            client.send(GET + "GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n").endOutput();
            assertEquals("<p>Hello", client.read().text());
            assertArrayEquals(large, client.read().content());
            assertEquals(Ending.CLOSED, client.ending());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"G", "GET / HTTP/1.1~Host: a~", "POST / HTTP/1.1~Host: a~Content-Length: 5~~hell",
            "POST / HTTP/1.1~Host: a~Transfer-Encoding: chunked~~5~hello~0~"})
    void halfARequestIsABadOne(String request) {
        try (RawClient client = server.connect()) {
            assertEquals(400, client.send(octets(request)).endOutput().read().status());
            assertEquals(Ending.CLOSED, client.ending());
        }
    }

    /// RFC 9110 §9.3.2
    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 5~~a", "Transfer-Encoding: chunked~~x~"})
    void aHeadWhoseContentIsBrokenIsRefusedWithoutContent(String content) {
        try (RawClient client = server.connect()) {
            assertEquals(400, client.send(octets("HEAD / HTTP/1.1~Host: a~" + content)).endOutput().readHead().status());
            assertEquals(Ending.CLOSED, client.ending());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "~"})
    void nothingAtAllIsNotAnswered(String octets) {
        try (RawClient client = server.connect()) {
            assertEquals(Ending.CLOSED, client.send(octets(octets)).endOutput().ending());
        }
    }

    // Deadlines

    @Test
    void anIdleConnectionIsClosedQuietly() {
        try (RawClient fresh = impatient.connect(); RawClient used = impatient.connect()) {
            assertEquals(200, used.send(GET).read().status());
            assertEquals(Ending.CLOSED, fresh.ending());
            assertEquals(Ending.CLOSED, used.ending());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"G", "GET / HTTP/1.1~Host: a~", "POST / HTTP/1.1~Host: a~Content-Length: 5~~hell",
            "GET / HTTP/1.1~Host: a~Transfer-Encoding: chunked~~5~hel"})
    void aSlowRequestIsTold(String request) {
        try (RawClient client = impatient.connect()) {
            Answer answer = client.send(octets(request)).read();
            assertEquals(408, answer.status());
            assertTrue(answer.closes());
            assertEquals(Ending.CLOSED, client.ending());
        }
    }

    /// One octet now and then must not hold a connection for ever: the head has one deadline as a whole.
    @Test
    void aHeadThatTricklesIsTooSlow() {
        try (RawClient client = impatient.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\nTrickle: ");
            for (int sent = 0; !client.hasInputWithin(20); sent++) {
                assertTrue(sent < 1000, "it is never too slow");
                client.send("x");
            }
            assertEquals(408, client.read().status());
        }
    }

    @Test
    void aClientThatDoesNotReadIsCutOff() {
        try (RawClient client = new RawClient(impatient.address(), 4096)) {
            client.send("GET /large.bin?cut HTTP/1.1\r\nHost: a\r\n\r\n");
            impatient.awaitOut("\"GET /large.bin?cut HTTP/1.1\" 200 ");
            assertEquals(200, client.readHead().status());
            assertTrue(client.countToEnd() < large.length);
        }
    }

    /// The pace is that of a slow line; the whole takes twice as long as any single wait may.
    @Test
    void aDownloadMayTakeLongerThanTheDeadlineIfItMoves() throws IOException {
        try (ComancheProcess strict = ComancheProcess.serve(room.resolve("site"), "--progress-timeout=1s");
                ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                RawClient clock = new RawClient((InetSocketAddress) silent.getLocalSocketAddress());
                RawClient client = new RawClient(strict.address(), 64 * 1024)) {
            client.send("GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n");
            assertEquals(200, client.readHead().status());
            for (int offset = 0; offset < large.length; offset += 128 * 1024) {
                assertArrayEquals(Arrays.copyOfRange(large, offset, offset + 128 * 1024), client.octets(128 * 1024));
                assertFalse(clock.hasInputWithin(30));
            }
        }
    }

    // Limits

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            8000  | 404
            8192  | 404
            8193  | 414
            10000 | 414
            70000 | 414
            """)
    void aTargetHasALimit(int length, int status) {
        String segments = "/abcdefg".repeat(length / 8 + 1).substring(0, length);
        assertEquals(status, server.exchange("GET " + segments + " HTTP/1.1\r\nHost: a\r\n\r\n").status());
    }

    @Test
    void aQueryMayBeLong() {
        assertEquals(200, server.get("/?" + "q".repeat(7998)).status());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            30000 |   1 | 200
            40000 |   1 | 431
            90000 |   1 | 431
            1     | 120 | 200
            1     | 130 | 431
            """)
    void fieldsHaveALimit(int octets, int lines, int status) {
        String fields = ("A: " + "x".repeat(octets) + "\r\n").repeat(lines);
        try (RawClient client = server.connect()) {
            assertEquals(status, client.send("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n").read().status());
            if (status == 431) {
                assertEquals(Ending.CLOSED, client.ending());
            }
        }
    }

    // Methods

    @ParameterizedTest
    @ValueSource(strings = {"/", "/large.bin", "/missing"})
    void headIsGetWithoutTheContent(String target) {
        try (RawClient client = server.connect()) {
            Answer get = client.send("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n").read();
            Answer head = client.send("HEAD " + target + " HTTP/1.1\r\nHost: a\r\n\r\n").readHead();
            assertEquals(get.status(), head.status());
            assertEquals(withoutDate(get), withoutDate(head));
            assertEquals(200, client.send(GET).read().status());
        }
    }

    private static List<String> withoutDate(Answer answer) {
        List<String> fields = new ArrayList<>(answer.fields());
        fields.removeIf(line -> line.startsWith("Date:"));
        return fields;
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST /", "PUT /new", "DELETE /index.html", "PATCH /", "TRACE /", "CONNECT a:1"})
    void aMethodThatIsNotAllowedSaysWhichAre(String line) {
        Answer answer = server.exchange(line + " HTTP/1.1\r\nHost: a\r\n\r\n");
        assertEquals(405, answer.status());
        assertEquals("GET, HEAD, OPTIONS", answer.field("Allow").orElse(""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "/", "/missing"})
    void optionsSaysWhatIsAllowedAndCarriesNothing(String target) {
        try (RawClient client = server.connect()) {
            Answer answer = client.send("OPTIONS " + target + " HTTP/1.1\r\nHost: a\r\n\r\n").read();
            assertEquals(204, answer.status());
            assertEquals("GET, HEAD, OPTIONS", answer.field("Allow").orElse(""));
            assertTrue(answer.field("Content-Length").isEmpty());
            assertEquals(200, client.send(GET).read().status());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"BREW", "get", "GETS", "M-SEARCH", "PROPFIND"})
    void aMethodThatNobodyKnowsIsNotImplemented(String method) {
        assertEquals(501, server.exchange(method + " / HTTP/1.1\r\nHost: a\r\n\r\n").status());
    }

    @Test
    void everyErrorNamesItselfInItsContent() {
        String text = new String(server.exchange("GET\r\n\r\n").content(), StandardCharsets.UTF_8);
        assertTrue(text.contains("400") && text.contains("Bad Request"), text);
    }
}
