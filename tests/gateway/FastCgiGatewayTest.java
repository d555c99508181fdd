package tests.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import lib.gateway.FastCgiApplication;
import lib.gateway.FastCgiGateway;
import lib.http.Client;
import lib.http.Content;
import lib.http.Exchange;
import lib.http.Fields;
import lib.http.Request;
import lib.http.Response;
import lib.http.Target;
import lib.site.Errand;
import lib.site.Gateway;
import lib.site.Intake;
import lib.wire.BlockStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What comes of a request that an application answers by FastCGI, good or bad.
@Timeout(60)
class FastCgiGatewayTest {
    private static final Client CLIENT = new Client("192.0.2.7", 8080, false, false);
    private static final Intake INTAKE = new Intake(Intake.Clash.RENAME, 1 << 20, 0, 1, Duration.ofDays(1));
    private static final String PLAIN = "Content-Type: text/plain\n\n";

    private final List<String> errors = new CopyOnWriteArrayList<>();
    private final BlockingQueue<Runnable> watchers = new LinkedBlockingQueue<>();
    private FastCgiGateway gateway;

    @AfterEach
    void close() {
        gateway.close();
    }

    private void at(SocketAddress... addresses) {
        with(new FastCgiApplication(List.of(addresses), Map.of(), Optional.empty(), Duration.ofSeconds(20), Duration.ofSeconds(5), 8,
                Duration.ofSeconds(20)));
    }

    private void with(FastCgiApplication application) {
        gateway = new FastCgiGateway(application, "Comanche", INTAKE, errors::add);
    }

    private Gateway.Outcome ask(String method, InputStream content, String... fields) throws IOException {
        Request request = new Request(method, "/x.php/more?q=1", Target.parse("/x.php/more?q=1", "GET").orElseThrow(), 1, Optional.empty(),
                Fields.of(fields));
        Exchange exchange = new Exchange(CLIENT, content, (_, _) -> { }, watchers::add);
        return gateway.ask(new Errand(request, exchange, Optional.empty(), "/x.php", "/more", Optional.of(Path.of("/tree/x.php")), Path.of("/tree")));
    }

    private Gateway.Outcome ask(String method) throws IOException {
        return ask(method, InputStream.nullInputStream());
    }

    private Response answered(Gateway.Outcome outcome) {
        return assertInstanceOf(Gateway.Answered.class, outcome, errors::toString).response();
    }

    private static String text(Response response) throws IOException {
        Content content = response.content();
        try {
            return switch (content) {
                case Content.Octets octets -> new String(octets.octets(), StandardCharsets.ISO_8859_1);
                case Content.Stream stream -> {
                    ByteArrayOutputStream out = new ByteArrayOutputStream();
                    stream.producer().writeTo(out);
                    yield out.toString(StandardCharsets.ISO_8859_1);
                }
                default -> throw new AssertionError(content);
            };
        } finally {
            content.close();
        }
    }

    private static int status(Gateway.Outcome outcome) {
        return assertInstanceOf(Gateway.Failed.class, outcome).status().code();
    }

    /// A port where nobody listens, and nobody else can while this one has it.
    private static final class Nobody implements Closeable {
        private final Socket bound = new Socket();

        Nobody() throws IOException {
            bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        }

        SocketAddress address() {
            return InetSocketAddress.createUnresolved("127.0.0.1", bound.getLocalPort());
        }

        @Override
        public void close() throws IOException {
            bound.close();
        }
    }

    @Test
    void anAnswerThatIsThereWholeHasItsLength() throws IOException {
        try (Application application = Application.answering("Status: 404 Not Here\nX: y\n\nhello")) {
            at(application.address());
            Response response = answered(ask("GET"));
            assertEquals("404 Not Here", response.status().code() + " " + response.status().reason());
            assertEquals(Fields.of("X", "y"), response.fields());
            assertEquals(5, response.content().length());
            assertEquals("hello", text(response));
            assertEquals("/x.php|/more|/tree/x.php|q=1|null", String.join("|", List.of("SCRIPT_NAME", "PATH_INFO", "SCRIPT_FILENAME",
                    "QUERY_STRING", "CONTENT_LENGTH").stream().map(name -> String.valueOf(application.heard.getFirst().variables().get(name))).toList()));
        }
    }

    @Test
    void aHeadAloneThatLeadsElsewhereIsALocalRedirect() throws IOException {
        try (Application application = Application.answering("Location: /there?x\n\n")) {
            at(application.address());
            assertEquals(new Gateway.Redirected("/there?x"), ask("GET"));
        }
    }

    @Test
    void anAnswerIsSentAsItComes() throws Exception {
        BlockingQueue<String> words = new LinkedBlockingQueue<>();
        try (Application application = new Application(line -> {
            line.readAll();
            line.say("Content-Type: text/");
            line.say("plain\n");
            line.say("\n");
            for (String word = take(words); !word.isEmpty(); word = take(words)) {
                line.say(word);
            }
            line.end(0, 0);
        })) {
            at(application.address());
            Response response = answered(ask("GET"));
            Content.Stream stream = assertInstanceOf(Content.Stream.class, response.content());
            assertEquals(-1, stream.length());
            words.add("one");
            StringBuilder flushed = new StringBuilder();
            stream.producer().writeTo(new OutputStream() {
                private final StringBuilder written = new StringBuilder();

                @Override
                public void write(int octet) {
                    written.append((char) octet);
                }

                @Override
                public void flush() {
                    if (!written.isEmpty()) {
                        flushed.append(written).append('|');
                        words.add(written.toString().equals("one") ? "two" : "");
                        written.setLength(0);
                    }
                }
            });
            assertEquals("one|two|", flushed.toString());
        }
    }

    private static String take(BlockingQueue<String> words) throws IOException {
        try {
            return words.take();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @ParameterizedTest
    @CsvSource({"POST, 5", "PUT, 8192", "POST, 8193", "POST, 300000"})
    void contentIsHandedOnWithItsLength(String method, int length) throws IOException {
        byte[] content = new byte[length];
        new Random(length).nextBytes(content);
        try (Application application = Application.answering(PLAIN)) {
            at(application.address());
            text(answered(ask(method, new ByteArrayInputStream(content), "Content-Length", "" + length)));
            assertArrayEquals(content, application.heard.getFirst().content());
            assertEquals("" + length, application.heard.getFirst().variables().get("CONTENT_LENGTH"));
            assertEquals(1, watchers.size());
        }
    }

    @Test
    void contentInChunksIsHandedOnWithItsLength() throws IOException {
        try (Application application = Application.answering(PLAIN)) {
            at(application.address());
            text(answered(ask("POST", new ByteArrayInputStream(new byte[100_000]), "Transfer-Encoding", "chunked")));
            assertEquals("100000", application.heard.getFirst().variables().get("CONTENT_LENGTH"));
            assertEquals(100_000, application.heard.getFirst().content().length);
        }
    }

    @Test
    void tooMuchContentIsRefusedBeforeAnybodyIsAsked() throws IOException {
        try (Application application = Application.answering(PLAIN)) {
            at(application.address());
            assertEquals(413, status(ask("POST", InputStream.nullInputStream(), "Content-Length", "" + ((1 << 20) + 1))));
            assertEquals(List.of(), application.heard);
        }
    }

    /// An echo of more than all buffers on the way can hold: who did not read and write at once would wait for ever.
    @Test
    void contentAndAnswerPassEachOther() throws IOException {
        byte[] content = new byte[1 << 20];
        try (Application application = new Application(line -> {
            line.say(PLAIN);
            for (int i = 0; i < 20; i++) {
                line.say("x".repeat(60_000));
            }
            for (byte[] some = line.read(); some.length > 0; some = line.read()) {
                for (int i = 0; i < 3; i++) {
                    line.say(6, some);
                }
            }
            line.end(0, 0);
        })) {
            at(application.address());
            assertEquals(20 * 60_000 + 3 * content.length,
                    text(answered(ask("POST", new ByteArrayInputStream(content), "Content-Length", "" + content.length))).length());
        }
    }

    @Test
    void anAnswerMayComeBeforeTheContent() throws Exception {
        try (Application application = new Application(line -> {
            line.say(PLAIN + "enough");
            line.end(0, 0);
        }); PipedOutputStream client = new PipedOutputStream(); PipedInputStream content = new PipedInputStream(client)) {
            at(application.address());
            client.write(new byte[10]);
            Response response = answered(ask("POST", content, "Content-Length", "100000"));
            Content.Stream stream = assertInstanceOf(Content.Stream.class, response.content());
            assertTrue(stream.producer().readsContent());
            assertEquals("enough", text(response));
            assertEquals(1, application.awaitEnd());
        }
    }

    @Test
    void contentThatBreaksOffIsTheClientsFault() throws Exception {
        InputStream broken = new BlockStream() {
            private boolean begun;

            @Override
            public int read(byte[] into, int offset, int count) throws IOException {
                if (begun) {
                    throw new IOException("gone");
                }
                begun = true;
                return 1;
            }
        };
        try (Application application = Application.answering(PLAIN)) {
            at(application.address());
            assertEquals("gone", assertThrows(IOException.class, () -> ask("POST", broken, "Content-Length", "100000")).getMessage());
            assertEquals(1, application.awaitEnd());
            assertEquals(List.of(), errors);
        }
    }

    @Test
    void aConnectionIsKeptForTheNextRequest() throws Exception {
        try (Application application = Application.answering(PLAIN + "x")) {
            at(application.address());
            for (int i = 0; i < 3; i++) {
                assertEquals("x", text(answered(ask("GET"))));
            }
            assertEquals(List.of(1, 1, 1), application.heard.stream().map(Application.Heard::connection).toList());
            assertTrue(application.heard.getFirst().keeps());
            gateway.rest();
            assertEquals(1, application.awaitEnd());
            assertEquals("x", text(answered(ask("GET"))));
            assertEquals(2, application.awaitEnd());
        }
    }

    @Test
    void noneIsKeptWhereTheSettingsSaySo() throws Exception {
        try (Application application = Application.answering(PLAIN + "x")) {
            with(new FastCgiApplication(List.of(application.address()), Map.of(), Optional.empty(), Duration.ofSeconds(20),
                    Duration.ofSeconds(5), 8, Duration.ZERO));
            text(answered(ask("GET")));
            assertEquals(1, application.awaitEnd());
            assertFalse(application.heard.getFirst().keeps());
        }
    }

    @Test
    void oneThatRestsIsClosedWhenItsTimeIsUp() throws Exception {
        try (Application application = Application.answering(PLAIN + "x")) {
            with(new FastCgiApplication(List.of(application.address()), Map.of(), Optional.empty(), Duration.ofSeconds(20),
                    Duration.ofSeconds(5), 8, Duration.ofMillis(100)));
            text(answered(ask("GET")));
            assertEquals(1, application.awaitEnd());
        }
    }

    /// What must not be asked twice can't go where nobody could tell whether it was heard.
    @Test
    void aPostGoesOnANewConnectionWhichTakesThePlaceOfOneThatRests() throws Exception {
        try (Application application = Application.answering(PLAIN + "x")) {
            at(application.address());
            text(answered(ask("GET")));
            text(answered(ask("POST")));
            assertEquals(1, application.awaitEnd());
            assertEquals(List.of(1, 2), application.heard.stream().map(Application.Heard::connection).toList());
        }
    }

    @Test
    void whereTheApplicationHasClosedAConnectionItIsAskedAgainOnANewOne() throws Exception {
        try (Application application = new Application(line -> {
            if (line.number == 1 && line.heardBefore()) {
                line.hangUp();
            } else {
                line.readAll();
                line.say(PLAIN + line.number);
                line.end(0, 0);
            }
        })) {
            at(application.address());
            assertEquals("1", text(answered(ask("GET"))));
            assertEquals("2", text(answered(ask("GET"))));
            assertEquals(List.of(), errors);
        }
    }

    @Test
    void whatANewConnectionBreaksOffIsNotAskedAgain() throws Exception {
        try (Application application = new Application(line -> {
            line.readAll();
            line.hangUp();
        })) {
            at(application.address());
            assertEquals(502, status(ask("GET")));
            assertEquals(1, application.heard.size());
            assertTrue(errors.getFirst().contains("broke off before it had answered"), errors::toString);
        }
    }

    @Test
    void whoIsNotThereIsABadGateway() throws IOException {
        try (Nobody nobody = new Nobody()) {
            at(nobody.address());
            assertEquals(502, status(ask("GET")));
            assertTrue(errors.getFirst().startsWith("The application at 127.0.0.1:"), errors::toString);
        }
    }

    /// For five seconds, that is, which may be over on a machine that is busy with something else.
    @Test
    void anotherAddressAnswersForOneThatIsDownAndThatOneIsLeftAlone() throws IOException {
        try (Nobody nobody = new Nobody(); Application application = Application.answering(PLAIN + "x")) {
            at(nobody.address(), application.address());
            long begun = System.nanoTime();
            for (int i = 0; i < 4; i++) {
                assertEquals("x", text(answered(ask("POST"))));
            }
            long more = Duration.ofNanos(System.nanoTime() - begun).toSeconds() / 5;
            assertFalse(errors.isEmpty());
            assertTrue(errors.size() <= 1 + more, errors::toString);
        }
    }

    @Test
    void addressesTakeTurns() throws IOException {
        try (Application one = Application.answering(PLAIN + "1"); Application other = Application.answering(PLAIN + "2")) {
            at(one.address(), other.address());
            for (int i = 0; i < 4; i++) {
                text(answered(ask("GET")));
            }
            assertEquals(2, one.heard.size());
            assertEquals(2, other.heard.size());
        }
    }

    @ParameterizedTest
    @CsvSource({"2, 0, 503", "1, 0, 503", "3, 0, 502", "9, 0, 502", "0, 0, 502", "0, 7, 502"})
    void anEndWithoutAnAnswerIsAFailure(int protocol, int code, int status) throws IOException {
        try (Application application = new Application(line -> {
            line.readAll();
            line.end(protocol, code);
        })) {
            at(application.address());
            assertEquals(status, status(ask("GET")));
            assertEquals(1, errors.size());
        }
    }

    @Test
    void whatIsNoFastCgiIsABadGateway() throws Exception {
        try (Application application = new Application(line -> line.write("HTTP/1.1 400 Bad Request\r\n\r\n".chars().toArray()))) {
            at(application.address());
            assertEquals(502, status(ask("GET")));
            assertEquals(1, application.awaitEnd());
        }
    }

    @Test
    void aHeadWithoutEndIsABadGateway() throws Exception {
        try (Application application = new Application(line -> {
            for (int i = 0; i < 1000; i++) {
                line.say("X-Long: " + "x".repeat(1000) + "\n");
            }
        })) {
            at(application.address());
            assertEquals(502, status(ask("GET")));
            assertEquals(1, application.awaitEnd());
        }
    }

    @Test
    void aHeadThatIsNoneIsABadGatewayAndCostsNoConnection() throws Exception {
        try (Application application = Application.answering("hello\n\n")) {
            at(application.address());
            assertEquals(502, status(ask("GET")));
            assertEquals(502, status(ask("GET")));
            assertEquals(List.of(1, 1), application.heard.stream().map(Application.Heard::connection).toList());
        }
    }

    private FastCgiApplication impatient(SocketAddress address, int connections) {
        return new FastCgiApplication(List.of(address), Map.of(), Optional.empty(), Duration.ofMillis(300), Duration.ofSeconds(5), connections,
                Duration.ofSeconds(20));
    }

    /// One place: whoever does not give it back leaves the next without.
    @Test
    void aStatusLineThatCannotBeSentIsRefusedAndGivesItsPlaceBack() throws IOException {
        try (Application application = Application.answering("HTTP/1.1 200 O\rSet-Cookie: a=1\n\nhello")) {
            with(impatient(application.address(), 1));
            assertEquals(502, status(ask("GET")));
            assertEquals(502, status(ask("GET")));
        }
    }

    /// Records that say nothing are no sign that an answer will come.
    @Test
    void whoSendsOnlyWhatSaysNothingIsSilent() throws Exception {
        try (Application application = new Application(line -> {
            line.readAll();
            while (true) {
                line.write(1, 11, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
                line.write(1, 6, 0, 1, 0, 0, 0, 0);
                LockSupport.parkNanos(10_000_000);
            }
        })) {
            with(impatient(application.address(), 8));
            assertEquals(504, status(ask("GET")));
            assertEquals(1, application.awaitEnd());
        }
    }

    @Test
    void silenceBeforeTheAnswerIsATimeout() throws Exception {
        try (Application application = new Application(Application.Line::readAll)) {
            with(impatient(application.address(), 8));
            assertEquals(504, status(ask("GET")));
            assertEquals(1, application.awaitEnd());
        }
    }

    @Test
    void silenceInTheMiddleBreaksTheAnswerOff() throws Exception {
        try (Application application = new Application(line -> {
            line.readAll();
            line.say(PLAIN + "some");
        })) {
            with(impatient(application.address(), 8));
            Response response = answered(ask("GET"));
            assertThrows(IOException.class, () -> text(response));
            assertEquals(1, application.awaitEnd());
            assertTrue(errors.getFirst().contains("silent"), errors::toString);
        }
    }

    @Test
    void anAnswerWithoutItsEndIsNotWhole() throws Exception {
        try (Application application = new Application(line -> {
            line.readAll();
            line.say(PLAIN + "some");
            line.hangUp();
        })) {
            at(application.address());
            Response response = answered(ask("GET"));
            assertThrows(IOException.class, () -> text(response));
        }
    }

    @Test
    void moreThanTheMostWaitAndThenTheServiceIsUnavailable() throws Exception {
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch refused = new CountDownLatch(1);
        try (Application application = new Application(line -> {
            line.readAll();
            line.say(PLAIN);
            first.countDown();
            await(refused);
            line.end(0, 0);
        })) {
            with(impatient(application.address(), 1));
            Response response = answered(ask("GET"));
            await(first);
            assertEquals(503, status(ask("GET")));
            refused.countDown();
            assertEquals("", text(response));
            assertEquals("", text(answered(ask("GET"))));
        }
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /// A worker that waits on a connection that is kept serves nobody else.
    @Test
    void noConnectionIsKeptWhileAnotherMayWaitForAWorker() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch asked = new CountDownLatch(1);
        try (Application application = new Application(line -> {
            line.readAll();
            if (line.number == 1) {
                asked.countDown();
                await(go);
            }
            line.say(PLAIN + line.number);
            line.end(0, 0);
        })) {
            at(application.address());
            Thread slow = Thread.ofVirtual().start(() -> {
                try {
                    text(answered(ask("GET")));
                } catch (IOException e) {
                    errors.add(e.toString());
                }
            });
            await(asked);
            assertEquals("2", text(answered(ask("GET"))));
            assertEquals(2, application.awaitEnd());
            go.countDown();
            slow.join();
            assertEquals("1", text(answered(ask("GET"))));
            assertEquals(List.of(), errors);
        }
    }

    @Test
    void complaintsStandInTheLogLineByLine() throws IOException {
        try (Application application = new Application(line -> {
            line.readAll();
            line.complain("PHP message: one\ntw");
            line.say(PLAIN);
            line.complain("o");
            line.end(0, 0);
        })) {
            at(application.address());
            text(answered(ask("GET")));
            assertEquals(List.of("says: PHP message: one", "says: two"),
                    errors.stream().map(line -> line.substring(line.indexOf("says"))).toList());
        }
    }

    @Test
    void theConnectionOfAClientThatLeavesIsClosed() throws Exception {
        try (Application application = new Application(line -> {
            line.readAll();
            line.say(PLAIN + "some");
        })) {
            at(application.address());
            Response response = answered(ask("GET"));
            watchers.take().run();
            assertThrows(IOException.class, () -> text(response));
            assertEquals(1, application.awaitEnd());
            assertEquals(List.of(), errors);
        }
    }

    @Test
    void anAnswerThatNobodyTakesClosesTheConnection() throws Exception {
        try (Application application = new Application(line -> {
            line.readAll();
            line.say(PLAIN + "some");
        })) {
            at(application.address());
            answered(ask("HEAD")).content().close();
            assertEquals(1, application.awaitEnd());
        }
    }

    @Test
    void theLengthThatAProgramAnnouncesForHeadIsKept() throws Exception {
        try (Application application = Application.answering("Content-Length: 77\n\n")) {
            at(application.address());
            Response response = answered(ask("HEAD"));
            assertEquals(77, response.content().length());
            response.content().close();
            answered(ask("HEAD"));
            assertEquals(List.of(1, 1), application.heard.stream().map(Application.Heard::connection).toList());
        }
    }

    @Test
    void anAnswerThatIsShorterThanItSaysIsToldOf() throws Exception {
        try (Application application = Application.answering("Content-Length: 10\n\nfive!")) {
            at(application.address());
            Response response = answered(ask("GET"));
            assertEquals(10, response.content().length());
            assertEquals("five!", text(response));
            assertTrue(errors.getFirst().endsWith("has ended 5 octets before the end that it announced."), errors::toString);
        }
    }

    @Test
    void pathsAreThoseOfTheApplicationAndParametersComeOnTop() throws IOException {
        try (Application application = Application.answering(PLAIN)) {
            with(new FastCgiApplication(List.of(application.address()), Map.of("APP_ENV", "test", "SERVER_SOFTWARE", "other"),
                    Optional.of("/var/www"), Duration.ofSeconds(20), Duration.ofSeconds(5), 8, Duration.ofSeconds(20)));
            text(answered(ask("GET")));
            Map<String, String> variables = application.heard.getFirst().variables();
            assertEquals(List.of("/var/www", "/var/www/x.php", "/var/www/more", "test", "other"), List.of("DOCUMENT_ROOT",
                    "SCRIPT_FILENAME", "PATH_TRANSLATED", "APP_ENV", "SERVER_SOFTWARE").stream().map(variables::get).toList());
        }
    }
}
