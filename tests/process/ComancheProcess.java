package tests.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tests.process.Processes.Outcome;
import tests.process.Processes.Running;

/// The script as a process: with the runtime options that it names, and on the class path of this JVM, which holds it
/// compiled. What jbang adds to that is tried in `CatalogTest` and `BootstrapTest`.
public final class ComancheProcess implements AutoCloseable {
    private static final Pattern URL = Pattern.compile("(?m)^ {4}(https?://\\S+)$");

    private final Running running;
    private final List<URI> urls;

    private ComancheProcess(Running running) {
        this.running = running;
        running.awaitOut("Ctrl+C stops.\n");
        urls = URL.matcher(running.toString()).results().map((MatchResult url) -> URI.create(url.group(1))).toList();
    }

    /// Serves on a free port; returns when it listens.
    public static ComancheProcess serve(Path docbase, String... options) {
        return start(Map.of(), Stream.concat(Stream.of("serve", docbase.toString(), "-p", "0"), Arrays.stream(options))
                .toArray(String[]::new));
    }

    /// Serves on a free port with another heap limit than the script's, such as `32m`.
    public static ComancheProcess serveWithin(String heap, Path docbase, String... options) {
        List<String> command = command(Stream.concat(Stream.of("serve", docbase.toString(), "-p", "0"),
                Arrays.stream(options)).toArray(String[]::new));
        return start(Map.of(), within(heap, command));
    }

    /// The same command with this heap limit, from the first, in place of what it says itself of the heap.
    public static List<String> within(String heap, List<String> command) {
        List<String> other = new ArrayList<>(command);
        other.removeIf(option -> option.startsWith("-Xms") || option.startsWith("-Xmx") || option.startsWith("-Xmn"));
        other.add(other.indexOf("-cp"), "-Xmx" + heap);
        return other;
    }

    /// The whole command line; returns when it listens.
    public static ComancheProcess start(Map<String, String> environment, String... arguments) {
        return start(environment, command(arguments));
    }

    /// Any command that becomes a server, such as one that sets limits first.
    public static ComancheProcess start(Map<String, String> environment, List<String> command) {
        Running running = Processes.start(Path.of("/"), environment(environment), command);
        try {
            return new ComancheProcess(running);
        } catch (AssertionError e) {
            running.close();
            throw e;
        }
    }

    /// A command line that ends by itself: with an error, or having said something.
    public static Outcome run(Map<String, String> environment, String... arguments) {
        return Processes.run(Path.of("/"), environment(environment), command(arguments));
    }

    public static List<String> command(String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(runtimeOptions());
        String classPath = Arrays.stream(System.getProperty("java.class.path").split(":"))
                .map(entry -> Path.of(entry).toAbsolutePath().toString()).collect(Collectors.joining(":"));
        command.addAll(List.of("-cp", classPath, "Comanche"));
        command.addAll(List.of(arguments));
        return command;
    }

    private static List<String> runtimeOptions() {
        try (Stream<String> lines = Files.lines(Processes.checkout().resolve("Comanche.java"))) {
            return lines.filter(line -> line.startsWith("//RUNTIME_OPTIONS "))
                    .flatMap(line -> Arrays.stream(line.split(" ")).skip(1)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static Map<String, String> environment(Map<String, String> more) {
        Map<String, String> environment = new HashMap<>(Map.of("PATH", System.getenv("PATH"), "LC_ALL", "C.UTF-8"));
        environment.putAll(more);
        return environment;
    }

    /// The addresses of its banner.
    public List<URI> urls() {
        return urls;
    }

    public int port() {
        return urls.getFirst().getPort();
    }

    public InetSocketAddress address() {
        return address(urls.getFirst());
    }

    public static InetSocketAddress address(URI url) {
        return new InetSocketAddress(url.getHost(), url.getPort());
    }

    public RawClient connect() {
        return new RawClient(address());
    }

    /// The answer to a GET on a connection of its own.
    public RawClient.Answer get(String target) {
        return exchange("GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    }

    /// The first final answer to these octets on a connection of its own.
    public RawClient.Answer exchange(String octets) {
        try (RawClient client = connect()) {
            client.send(octets);
            return client.read();
        }
    }

    public long pid() {
        return running.pid();
    }

    /// Waits until it has printed the text on standard output.
    public void awaitOut(String text) {
        running.awaitOut(text);
    }

    /// The same for standard error.
    public void awaitErr(String text) {
        running.awaitErr(text);
    }

    /// All that it has printed so far, on both streams.
    public String printed() {
        return running.toString();
    }

    /// `kill -NAME`.
    public void signal(String name) {
        signal(name, pid());
    }

    public static void signal(String name, long pid) {
        Outcome outcome = Processes.run(Path.of("/"), environment(Map.of()),
                List.of("kill", "-" + name, Long.toString(pid)));
        if (outcome.code() != 0) {
            throw new AssertionError("kill: " + outcome.err());
        }
    }

    /// Waits until nobody listens at its first address any more.
    public void awaitRefusal() {
        await("it still takes connections", () -> {
            try (java.net.Socket socket = new java.net.Socket()) {
                socket.connect(address(), 1000);
                return false;
            } catch (IOException _) {
                return true;
            }
        });
    }

    /// Asks again and again, within a bound.
    public static void await(String complaint, java.util.function.BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError(complaint);
            }
            java.util.concurrent.locks.LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    /// How it ended; waits for that.
    public Outcome outcome() {
        return running.outcome();
    }

    /// SIGTERM, and how it ended. By `kill`, because [Process#destroy] would close the output with lines still in it.
    public Outcome stop() {
        signal("TERM");
        return outcome();
    }

    @Override
    public void close() {
        running.close();
    }
}
