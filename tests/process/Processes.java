package tests.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// Programs as a person starts them: with an environment of their own and nothing else, what they print collected. No
/// wait lasts for ever: a program that is not through in time is ended, and the test fails with all that it printed.
public final class Processes {
    /// Long enough for a machine under load; a wait ends with the event, so nothing is lost by it.
    private static final long LIMIT_SECONDS = 60;

    private Processes() {}

    /// How a program ended, and what it printed.
    public record Outcome(int code, String out, String err) {
        public List<String> outLines() {
            return out.lines().toList();
        }

        public List<String> errLines() {
            return err.lines().toList();
        }
    }

    /// The checkout that is tested: the system property `comanche.root`, or the nearest directory upwards that holds both
    /// `Comanche.java` and `jbang`.
    public static Path checkout() {
        String named = System.getProperty("comanche.root");
        Path here = Path.of("").toAbsolutePath();
        return named != null ? Path.of(named).toAbsolutePath() : Stream.iterate(here, up -> up != null, Path::getParent)
                .filter(up -> Files.exists(up.resolve("Comanche.java")) && Files.exists(up.resolve("jbang")))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no checkout above " + here));
    }

    public static Outcome run(Path directory, Map<String, String> environment, List<String> command) {
        try (Running running = start(directory, environment, command)) {
            running.input("");
            return running.outcome();
        }
    }

    public static Running start(Path directory, Map<String, String> environment, List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        try {
            return new Running(builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A program that was started. Closing ends it if it still runs.
    public static final class Running implements AutoCloseable {
        private final Process process;
        private final Collected out;
        private final Collected err;

        private Running(Process process) {
            this.process = process;
            out = new Collected(process.getInputStream());
            err = new Collected(process.getErrorStream());
        }

        public long pid() {
            return process.pid();
        }

        /// All that it will ever read: its standard input ends here.
        public void input(String text) {
            try (OutputStream in = process.getOutputStream()) {
                in.write(text.getBytes(StandardCharsets.UTF_8));
            } catch (IOException _) {
                // It was through before it read all: the outcome tells.
            }
        }

        /// Waits until it has printed the text.
        public void awaitOut(String text) {
            await(out, text);
        }

        /// The same for standard error.
        public void awaitErr(String text) {
            await(err, text);
        }

        private void await(Collected stream, String text) {
            if (!stream.await(text)) {
                throw new AssertionError("it did not print <" + text + "> but " + this);
            }
        }

        /// SIGTERM, as `kill` sends it. Through the handle: the process itself would also close its output.
        public void terminate() {
            process.toHandle().destroy();
        }

        /// Waits until it is through and its output closed.
        public Outcome outcome() {
            try {
                if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                    throw new AssertionError("it runs still; it printed " + this);
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return new Outcome(process.exitValue(), out.all(), err.all());
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }

        @Override
        public String toString() {
            return "<" + out + "> and on standard error <" + err + ">";
        }
    }

    /// What came out of one stream so far.
    private static final class Collected {
        private final StringBuilder text = new StringBuilder();
        private boolean ended;

        private Collected(InputStream from) {
            Thread.ofPlatform().daemon().start(() -> collect(from));
        }

        private void collect(InputStream from) {
            char[] some = new char[8192];
            try (Reader reader = new InputStreamReader(from, StandardCharsets.UTF_8)) {
                for (int n = reader.read(some); n >= 0; n = reader.read(some)) {
                    add(some, n);
                }
            } catch (IOException _) {
                // The stream was closed under the reader: this is its end.
            }
            end();
        }

        private synchronized void add(char[] some, int length) {
            text.append(some, 0, length);
            notifyAll();
        }

        private synchronized void end() {
            ended = true;
            notifyAll();
        }

        private synchronized boolean await(String wanted) {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
            while (!ended && text.indexOf(wanted) < 0 && System.nanoTime() < deadline) {
                pause(deadline);
            }
            return text.indexOf(wanted) >= 0;
        }

        private synchronized String all() {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
            while (!ended && System.nanoTime() < deadline) {
                pause(deadline);
            }
            if (!ended) {
                throw new AssertionError("somebody holds the output open; so far <" + text + ">");
            }
            return text.toString();
        }

        private void pause(long deadline) {
            try {
                TimeUnit.NANOSECONDS.timedWait(this, deadline - System.nanoTime());
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public synchronized String toString() {
            return text.toString();
        }
    }
}
