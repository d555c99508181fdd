package tests.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static tests.torture.Trial.hold;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import lib.host.Configuration;
import lib.host.ErrorLog;
import lib.host.Fault;
import lib.host.Listeners;
import lib.host.LogFile;
import lib.host.Logs;
import lib.host.Server;
import lib.host.Service;
import lib.host.Setting;
import lib.host.Settings;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tests.torture.Answers.Answer;
import tests.torture.SecondReader.Asked;
import tests.torture.SecondReader.Reading;

/// Many clients, most of them wrong somewhere, at the real server over real sockets: as many answers as a second reader finds
/// requests, each complete and to its own request; what is refused ends the connection; and the server never notices.
class SocketFuzzTest {
    private static final long SEED = 20_240_507;
    private static final int PATIENCE_MILLIS = 60_000;

    @TempDir
    private Path directory;

    /// The server in this process, as `serve` starts it.
    private record Served(Server server, Listeners listeners, Logs logs, ErrorLog errors) implements AutoCloseable {
        static Served start(Path docbase, Path errorLog, Setting... flags) throws Fault {
            Map<Setting, List<String>> line = new TreeMap<>(Map.of(Setting.DOCBASE, List.of(docbase.toString()),
                    Setting.ADDRESS, List.of("127.0.0.1"), Setting.PORT, List.of("0"), Setting.QUIET, List.of("true"), Setting.MIN_FREE, List.of("1k")));
            Arrays.stream(flags).forEach(flag -> line.put(flag, List.of("true")));
            Settings settings = new Configuration(Setting.Profile.SERVE, line, Map.of()).read();
            ErrorLog errors = new ErrorLog(LogFile.open(errorLog));
            Logs logs = Logs.open(settings, errors);
            Listeners listeners = Listeners.bind(settings);
            Server server = new Server(listeners, Service.of(settings, logs, errors, () -> { }, Optional.empty(), Optional.empty()), errors);
            server.start();
            return new Served(server, listeners, logs, errors);
        }

        InetSocketAddress address() {
            return listeners.addresses().getFirst();
        }

        @Override
        public void close() {
            server.drain();
            server.close();
            logs.close();
            errors.close();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyRequestHasOneAnswerAndNothingElseHasAny(boolean writing) throws Fault, IOException {
        Path errorLog = directory.resolve("error.log");
        Path tree = Scratch.tree(directory).resolve("tree");
        Map<Integer, Integer> statuses = new TreeMap<>();
        long requests = 0;
        int rounds = Torture.rounds(250, 50_000);
        try (Served served = Served.start(tree, errorLog, writing ? Setting.WRITE : Setting.TRACE)) {
            Conversations conversations = new Conversations(SEED + (writing ? 1 : 0));
            for (int i = 0; i < rounds; i++) {
                byte[] octets = conversations.octets(i);
                Reading reading = SecondReader.read(octets);
                try {
                    boolean leaves = i % 20 == 19;
                    byte[] received = converse(served.address(), octets, i, leaves);
                    requests += reading.requests().size() + (reading.broken() ? 1 : 0);
                    if (!leaves) {
                        check(reading, received, writing).forEach(answer -> statuses.merge(answer.status(), 1, Integer::sum));
                    }
                } catch (AssertionError | RuntimeException | IOException broken) {
                    fail("broken by conversation " + i + " of seed " + SEED + ", writing " + writing + ":\n" + Seeds.line(octets) + '\n'
                            + reading, broken);
                }
            }
        }
        System.out.println(rounds + " connections, " + requests + " requests, answered " + statuses);
        assertEquals("", Files.readString(errorLog));
        assertTrue(statuses.keySet().containsAll(List.of(200, 206, 301, 304, 400, 404, 416, 417, 501, 505)), statuses.toString());
    }

    /// Sends all of it in pieces, and says that there is no more; returns what comes back until the server has closed.
    ///
    /// @param leaves does the client not wait for that? Then nothing is returned
    private static byte[] converse(InetSocketAddress address, byte[] octets, long seed, boolean leaves) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(address, PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.setTcpNoDelay(true);
            Thread sender = Thread.ofVirtual().start(() -> send(socket, octets, new SplittableRandom(seed)));
            byte[] received = leaves ? new byte[0] : socket.getInputStream().readAllBytes();
            sender.join();
            return received;
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static void send(Socket socket, byte[] octets, SplittableRandom chance) {
        try {
            OutputStream out = socket.getOutputStream();
            int pieces = chance.nextInt(1, 5);
            for (int at = 0, count; at < octets.length; at += count) {
                count = Math.min(octets.length - at, pieces == 1 ? octets.length : chance.nextInt(1, octets.length / pieces + 2));
                out.write(octets, at, count);
            }
            socket.shutdownOutput();
        } catch (IOException _) {
            // refused already; what came before that is answered
        }
    }

    /// The answers, each of which is to its request.
    private static List<Answer> check(Reading reading, byte[] received, boolean writing) {
        List<Asked> asked = reading.requests();
        List<String> methods = new ArrayList<>(asked.stream().map(Asked::method).toList());
        methods.add(reading.unfinished());
        List<Answer> answers = Answers.read(received, methods);

        int most = asked.size() + (reading.broken() ? 1 : 0);
        hold(answers.size() <= most, answers.size() + " answers to " + most + " requests");
        boolean closed = !answers.isEmpty() && answers.getLast().closes();
        hold(closed || answers.size() == asked.size() && !reading.broken(), answers.size() + " answers, and the last does not close");
        for (int i = 0; i < answers.size(); i++) {
            Answer answer = answers.get(i);
            hold(!answer.closes() || i == answers.size() - 1, "an answer behind the last");
            hold(answer.status() < 500 || answer.status() == 501 || answer.status() == 505, "status " + answer.status());
            hold(!answer.content().contains(Scratch.SECRET), "the secret");
            if (i < asked.size()) {
                check(asked.get(i), answer, writing);
            } else {
                hold(answer.status() >= 400, "what is broken has " + answer.status());
            }
        }
        return answers;
    }

    private static void check(Asked asked, Answer answer, boolean writing) {
        boolean expects = !asked.list("Expect").isEmpty();
        hold(answer.interim().stream().allMatch(status -> status == 100 && expects), "interim " + answer.interim());
        List<String> connection = Arrays.stream(asked.list("Connection").split(",")).map(String::strip).toList();
        boolean persists = connection.stream().noneMatch("close"::equalsIgnoreCase)
                && (asked.minor() == 1 || connection.stream().anyMatch("keep-alive"::equalsIgnoreCase));
        boolean mayClose = !persists || asked.minor() == 0 || answer.status() >= 400 && expects;
        hold(mayClose || !answer.closes(), "it closes unasked: " + answer);
        hold(persists || answer.closes(), "it does not close: " + answer);
        boolean plain = asked.method().equals("GET") && answer.status() == 200 && asked.path().size() == 1 && !writing;
        if (plain && asked.path().getFirst().matches("t[0-9]\\.txt")) {
            assertEquals(asked.path().getFirst(), answer.content());
        }
    }
}
