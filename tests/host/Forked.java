package tests.host;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/// A Java machine of its own, for what a process can do only once: change its user, its root, its session. It runs a `main`
/// of the tests, and is ended after a minute, so that nobody waits for it for ever.
final class Forked implements AutoCloseable {
    private static final long LIMIT_SECONDS = 60;
    private static final Path CLASSES = packed();

    private final Process process;
    private final BufferedReader out;
    private final Path err;

    private Forked(Process process, Path err) {
        this.process = process;
        this.out = process.inputReader(StandardCharsets.UTF_8);
        this.err = err;
        CompletableFuture.delayedExecutor(LIMIT_SECONDS, TimeUnit.SECONDS).execute(process::destroyForcibly);
    }

    static Forked start(Class<?> main, String... arguments) {
        return start(List.of(), Map.of(), main, arguments);
    }

    /// @param prefix a command that runs what follows it, with options of its own
    static Forked start(List<String> prefix, Map<String, String> environment, Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(java(List.of(), main, arguments));
        return run(command, environment);
    }

    /// The command that runs a main class.
    static List<String> java(List<String> options, Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-Xmx64m", "-XX:-UsePerfData", "-cp", CLASSES.toString()));
        command.addAll(options);
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return command;
    }

    static Forked run(List<String> command, Map<String, String> environment) {
        try {
            Path err = Files.createTempFile("forked", ".err");
            err.toFile().deleteOnExit();
            ProcessBuilder builder = new ProcessBuilder(command).redirectError(err.toFile());
            builder.environment().putAll(environment);
            return new Forked(builder.start(), err);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A directory of classes can't be kept open across a change of the root; a jar can. It has to be one that everybody may
    /// read: that of jbang lies in the home directory.
    private static Path packed() {
        try {
            Path classes = Path.of(Forked.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            Path jar = Files.createTempFile("comanche-tests", ".jar");
            jar.toFile().deleteOnExit();
            if (Files.isDirectory(classes)) {
                pack(classes, jar);
            } else {
                Files.copy(classes, jar, StandardCopyOption.REPLACE_EXISTING);
            }
            Files.setPosixFilePermissions(jar, PosixFilePermissions.fromString("rw-r--r--"));
            return jar;
        } catch (IOException | URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void pack(Path classes, Path jar) throws IOException {
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar)); Stream<Path> tree = Files.walk(classes)) {
            for (Path file : tree.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(new JarEntry(classes.relativize(file).toString()));
                Files.copy(file, out);
            }
        }
    }

    long pid() {
        return process.pid();
    }

    /// Waits for a line that begins so, and returns what follows.
    String await(String beginning) {
        List<String> before = new ArrayList<>();
        try {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.startsWith(beginning)) {
                    return line.substring(beginning.length()).strip();
                }
                before.add(line);
            }
        } catch (IOException e) {
            before.add(e.toString());
        }
        throw new AssertionError("'" + beginning + "' did not come, but " + before + " and " + errors());
    }

    void tell(String line) {
        try {
            OutputStream in = process.getOutputStream();
            in.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            in.flush();
        } catch (IOException _) {
            // it has ended, and its code tells why
        }
    }

    /// Its exit code, once it has ended.
    int code() {
        try {
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("it runs still");
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    String errors() {
        try {
            return Files.readString(err);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// SIGKILL.
    void kill() {
        process.destroyForcibly();
    }

    /// SIGTERM.
    void terminate() {
        process.toHandle().destroy();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    // What the kernel says of a process, read from outside

    static boolean isRoot() {
        return "root".equals(System.getProperty("user.name")) && Files.isDirectory(Path.of("/proc/self/task"));
    }

    /// The `status` of every thread.
    static List<Map<String, String>> threads(long pid) throws IOException {
        List<Map<String, String>> threads = new ArrayList<>();
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + pid + "/task"))) {
            for (Path task : tasks.toList()) {
                threads.add(status(task.resolve("status")));
            }
        }
        return threads;
    }

    static Map<String, String> status(Path file) throws IOException {
        Map<String, String> status = new HashMap<>();
        for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
            String[] parts = line.split(":", 2);
            status.put(parts[0], parts[1].strip().replaceAll("\\s+", " "));
        }
        return status;
    }

    /// The field of `/etc/passwd` or `/etc/group`, as an authority that is not our own code.
    static String listed(String file, String name, int field) throws IOException {
        return Files.readAllLines(Path.of(file)).stream().map(line -> line.split(":"))
                .filter(fields -> fields[0].equals(name)).map(fields -> fields[field]).findFirst().orElseThrow();
    }
}
