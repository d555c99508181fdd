package tests.torture;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A server that is a process of its own, for what may hold its threads for ever. It runs on the class path of this JVM, and is
/// killed when it is closed.
final class Served implements AutoCloseable {
    private static final Pattern PORT = Pattern.compile("\"port\":(\\d+)");

    private final Process process;
    private final int port;

    private Served(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    static Served serve(Path docbase, String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "-Xmx256m", "-XX:-UsePerfData", "--enable-native-access=ALL-UNNAMED",
                "-cp", System.getProperty("java.class.path"), "Comanche", "serve", docbase.toString(), "-p", "0", "-a", "127.0.0.1",
                "--json", "-q", "--exit-with-parent"));
        command.addAll(Arrays.asList(options));
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        BufferedReader events = process.inputReader();
        Matcher port = PORT.matcher(String.valueOf(events.readLine()));
        if (!port.find()) {
            process.destroyForcibly();
            throw new AssertionError("it does not listen");
        }
        return new Served(process, Integer.parseInt(port.group(1)));
    }

    int port() {
        return port;
    }

    long pid() {
        return process.pid();
    }

    /// Waits until it has this path open.
    void awaitDescriptor(String path) throws IOException {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30); !holds(Path.of(path)); LockSupport.parkNanos(5_000_000)) {
            if (System.nanoTime() > end) {
                throw new AssertionError("it has not opened " + path);
            }
        }
    }

    private boolean holds(Path path) throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc", String.valueOf(pid()), "fd"))) {
            return descriptors.anyMatch(descriptor -> leadsTo(descriptor, path));
        }
    }

    private static boolean leadsTo(Path descriptor, Path path) {
        try {
            return Files.readSymbolicLink(descriptor).equals(path);
        } catch (IOException _) {
            return false; // closed meanwhile
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
