package tests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every request leaves one line: answered, refused and broken ones.
@Timeout(60)
class LogLinesTest {
    @TempDir
    Path site;

    private ComancheProcess server;

    @BeforeEach
    void start() throws IOException {
        Files.writeString(site.resolve("index.html"), "<p>Hello");
        server = ComancheProcess.serve(site, "--head-timeout=300ms");
    }

    @AfterEach
    void end() {
        server.close();
    }

    /// From the quote before the request line on.
    private List<String> lines() {
        server.awaitOut(" \""); // the first line
        return server.stop().out().lines().filter(line -> line.startsWith("127.0.0.1 - - ["))
                .map(line -> line.substring(line.indexOf('"'))).toList();
    }

    /// `~` stands for CRLF; the answer is read.
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            GET / HTTP/1.1~Host: a~~                           | "GET / HTTP/1.1" 200 8
            HEAD / HTTP/1.0~~                                  | "HEAD / HTTP/1.0" 200 -
            GET /x"\\ HTTP/1.1~Host: a~~                       | "GET /x\\"\\\\ HTTP/1.1" 400 N
            GET /~~                                            | "GET /" 400 N
            GET / HTTP/1.1~~                                   | "GET / HTTP/1.1" 400 N
            GET / HTTP/1.1~Host                                | "GET / HTTP/1.1" 408 N
            GET /                                              | "-" 408 N
            POST / HTTP/1.1~Host: a~Content-Length: 9999999~~  | "POST / HTTP/1.1" 400 N
            """)
    void aRequestThatHasAnAnswer(String request, String line) {
        try (RawClient client = server.connect()) {
            client.send(request.replace("~", "\r\n"));
            if (request.startsWith("POST")) {
                client.endOutput();
            }
            if (request.startsWith("HEAD")) {
                client.readHead();
            } else {
                line = line.replace("N", String.valueOf(client.read().content().length));
            }
        }
        assertEquals(List.of(line), lines());
    }

    /// The client resets the connection in the middle: in the head, of which nothing is known then, or in the content.
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            GET / HTTP/1.1~Ho                               | "-" 400 -
            POST / HTTP/1.1~Host: a~Content-Length: 9~~1234 | "POST / HTTP/1.1" 400 -
            """)
    void aRequestThatBreaksOff(String request, String line) throws IOException {
        try (Socket socket = new Socket(server.address().getAddress(), server.address().getPort())) {
            socket.getOutputStream().write(request.replace("~", "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            socket.setSoLinger(true, 0);
        }
        assertEquals(List.of(line), lines());
    }

    @Test
    void aConnectionWithoutARequestLeavesNoLine() {
        server.connect().close();
        server.get("/");
        assertEquals(List.of("\"GET / HTTP/1.1\" 200 8"), lines());
    }
}
