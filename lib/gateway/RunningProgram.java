package lib.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;

/// What does a program do that was started, and how does it end?
///
///     content ─▶ feeder ─▶ stdin ┐         ┌ stdout ─▶ listener ─▶ queue ─▶ next
///                                ├ program ┤
///                                          └ stderr ─▶ listener ─▶ error log
///
/// Whoever waits for a pipe keeps a thread of the system, and virtual threads share a handful of those. So each pipe has a platform
/// thread of its own, and whoever waits for the program waits at the queue.
///
/// The program ends by itself, or is ended with its children: when the client has left, or a time is up.
final class RunningProgram {

    /// What was heard.
    sealed interface Heard {}

    record Octets(byte[] octets) implements Heard {}

    /// Nothing more comes.
    record End() implements Heard {}

    /// Nothing came for too long, or it took too long in all.
    record Overdue() implements Heard {}

    /// How long it may say nothing, and how long it may take in all.
    record Patience(Duration silence, Optional<Duration> lifetime) {}

    /// How long a program may say nothing to a client that has closed its side: that one has left, or has only no more to send.
    private static final Duration FAREWELL = Duration.ofSeconds(5);

    /// How long a program that has closed its side may take to end.
    private static final Duration GRACE = Duration.ofSeconds(1);

    private static final int BLOCK_OCTETS = 16 * 1024;
    private static final long STACK_OCTETS = 256 * 1024;
    private static final byte[] NOTHING = {};

    private final Process process;
    private final Family family;
    private final Patience patience;
    private final Consumer<String> errors;
    private final BlockingQueue<byte[]> output = new ArrayBlockingQueue<>(3);
    private final CompletableFuture<Void> outputEnded = new CompletableFuture<>();
    private final CompletableFuture<Void> fed = new CompletableFuture<>();
    private final CompletableFuture<Void> ending = new CompletableFuture<>();
    private final Thread listener;

    /// When the last octet went in or came out, as [System#nanoTime].
    private volatile long moved = System.nanoTime();
    private volatile boolean awaitsClient;
    private volatile boolean feeding;
    private volatile boolean deaf;
    private volatile boolean overdue;
    private volatile IOException broken;
    private boolean abandoned;

    /// Had it ended before we listened? Then nobody will hear what its children say.
    private final boolean unheard;

    private RunningProgram(Process process, Optional<GroupSignal> group, Patience patience, Consumer<String> errors) {
        this.process = process;
        this.family = new Family(process, group);
        this.patience = patience;
        this.errors = errors;
        this.listener = Thread.currentThread();
        this.unheard = !process.isAlive();
    }

    private static Thread thread(Runnable work) {
        return Thread.ofPlatform().name("program").daemon().stackSize(STACK_OCTETS).unstarted(work);
    }

    /// Starts a program, and listens to it.
    ///
    /// @param group for one that has a group of its own, of its own number
    /// @param errors hears what it says there, and how it ends, if that is not well
    /// @throws IOException if it can't be started
    static RunningProgram start(Launch launch, Optional<GroupSignal> group, Patience patience, Consumer<String> errors) throws IOException {
        CompletableFuture<RunningProgram> started = new CompletableFuture<>();
        try {
            thread(() -> {
                try {
                    listen(launch.start(), process -> new RunningProgram(process, group, patience, errors), started);
                } catch (IOException | RuntimeException e) {
                    started.completeExceptionally(e);
                }
            }).start();
            return started.join();
        } catch (OutOfMemoryError e) {
            throw new IOException(e); // the system has no thread for us now
        } catch (CompletionException e) {
            throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
        }
    }

    /// When a program ends, the machine closes its pipe between two reads, although a child may have more to say. It takes the
    /// stream's monitor for that, and so do we, from the start for as long as we listen.
    private static void listen(Process process, Function<Process, RunningProgram> as, CompletableFuture<RunningProgram> started) {
        synchronized (process.getInputStream()) {
            RunningProgram program = as.apply(process);
            started.complete(program);
            program.listen();
        }
    }

    private void listen() {
        byte[] block = new byte[BLOCK_OCTETS];
        InputStream stdout = process.getInputStream();
        try {
            for (int count = stdout.read(block); count >= 0; count = stdout.read(block)) {
                moved = System.nanoTime();
                pass(Arrays.copyOf(block, count));
            }
        } catch (IOException _) {
            // closed, as it was ended
        }
        pass(NOTHING);
        outputEnded.complete(null);
    }

    /// Stays with it until the end.
    ///
    /// @param whenGone is run once, when it is no more
    void attend(Runnable whenGone) {
        Thread.ofVirtual().start(() -> attendToEnd(whenGone));
        thread(this::listenToErrors).start();
    }

    /// What nobody waits for is dropped, so that the program does not wait, either.
    private void pass(byte[] octets) {
        try {
            if (!deaf) {
                output.put(octets);
            }
        } catch (InterruptedException _) {
            // deaf from now on
        }
    }

    private void listenToErrors() {
        InputStream stderr = process.getErrorStream();
        synchronized (stderr) {
            ErrorLines lines = new ErrorLines(errors);
            byte[] block = new byte[1024];
            try {
                for (int count = stderr.read(block); count >= 0; count = stderr.read(block)) {
                    lines.take(block, 0, count);
                }
            } catch (IOException _) {
                // closed, as it was ended
            }
            lines.end();
        }
    }

    /// There is no content for it, or no more.
    void feedNothing() {
        try {
            process.getOutputStream().close();
        } catch (IOException _) {
            // it has closed its side, or ended
        }
    }

    /// Gives it content as that arrives. What it does not want is read all the same: the client, busy with sending, is to find
    /// the answer.
    ///
    /// @param whenDone is run once, when the content is at its end or has broken off
    void feed(InputStream content, Runnable whenDone) {
        Thread feeder = thread(() -> {
            try {
                feed(content);
            } catch (IOException e) {
                broken = e;
                end();
            } finally {
                feedNothing();
                feeding = false;
                whenDone.run();
                fed.complete(null);
            }
        });
        feeding = true;
        try {
            feeder.start();
        } catch (OutOfMemoryError e) {
            feeding = false; // the system has no thread for us now, and nobody will read
            throw e;
        }
    }

    /// Waits until nobody reads the request's content any more.
    ///
    /// @throws IOException if it has broken off
    void awaitContent() throws IOException {
        if (feeding) {
            fed.join();
        }
        if (broken != null) {
            throw broken;
        }
    }

    /// @throws IOException if the content breaks off
    private void feed(InputStream content) throws IOException {
        boolean takes = true;
        byte[] block = new byte[BLOCK_OCTETS];
        for (int count = await(content, block); count >= 0; count = await(content, block)) {
            takes = takes && give(block, count);
        }
    }

    /// The client's pause is not the program's.
    private int await(InputStream content, byte[] block) throws IOException {
        awaitsClient = true;
        try {
            return content.read(block);
        } finally {
            moved = System.nanoTime();
            awaitsClient = false;
        }
    }

    private boolean give(byte[] octets, int count) {
        try {
            OutputStream stdin = process.getOutputStream();
            stdin.write(octets, 0, count);
            stdin.flush();
            moved = System.nanoTime();
            return true;
        } catch (IOException _) {
            return false; // it has closed its side, or ended
        }
    }

    /// Is content still to be read?
    boolean isFeeding() {
        return feeding;
    }

    /// Would [#next] return at once?
    boolean hasMore() {
        return !output.isEmpty();
    }

    /// Waits for the program to say something.
    ///
    /// @throws IOException if the request's content has broken off: what comes then is no answer to it
    Heard next() throws IOException {
        byte[] octets = await();
        if (broken != null) {
            throw broken;
        }
        if (octets != null && octets.length > 0) {
            return new Octets(octets);
        }
        if (octets == null && !overdue) {
            overdue = true;
            errors.accept("said nothing for " + seconds(patience.silence) + " seconds, and was ended.");
            end();
        }
        output.offer(NOTHING); // it stays at its end
        return overdue ? new Overdue() : new End();
    }

    /// Returns null if the silence lasts too long.
    private byte[] await() throws IOException {
        try {
            long since = System.nanoTime();
            byte[] octets = output.poll();
            for (long left = patience.silence.toNanos(); octets == null && left > 0; left = left(since)) {
                octets = output.poll(left, TimeUnit.NANOSECONDS);
            }
            return octets;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }

    private long left(long since) {
        long now = System.nanoTime();
        return patience.silence.toNanos() - (awaitsClient ? 0 : Math.min(now - since, now - moved));
    }

    /// The client has closed its side. A program that has something to say to it will find out whether it is still there.
    void leave() {
        Thread.ofVirtual().start(() -> {
            long since = System.nanoTime();
            for (long left = FAREWELL.toNanos(); left > 0; left = FAREWELL.toNanos() - Math.min(System.nanoTime() - since,
                    System.nanoTime() - moved)) {
                sleep(Duration.ofNanos(left));
            }
            unlessAbandoned(this::end);
        });
    }

    /// Does something only while somebody waits for the program.
    synchronized void unlessAbandoned(Runnable action) {
        if (!abandoned) {
            action.run();
        }
    }

    /// Does nobody wait for it any more?
    synchronized boolean isAbandoned() {
        return abandoned;
    }

    private synchronized void abandon() {
        abandoned = true;
        deaf = true;
        listener.interrupt();
        output.clear();
        output.offer(NOTHING);
    }

    /// It has said what it had to say, and ends by itself, soon.
    void release() {
        abandon();
        ending.completeOnTimeout(null, patience.silence.toNanos(), TimeUnit.NANOSECONDS);
    }

    /// Ends it. Does not wait for that.
    void end() {
        abandon();
        ending.complete(null);
    }

    /// Ends it at once, and its group: there is no time left to ask.
    void endNow() {
        family.kill();
    }

    /// With which code has it ended, if it has?
    Optional<Integer> exitCode() {
        try {
            return process.waitFor(GRACE) ? Optional.of(process.exitValue()) : Optional.empty();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /// It is over when it has ended, and nobody is left who could say more in its place.
    private void attendToEnd(Runnable whenGone) {
        CompletableFuture<Process> natural = process.onExit().thenCombine(outputEnded, (ended, _) -> ended);
        try {
            CompletableFuture<Object> either = CompletableFuture.anyOf(natural, ending);
            either.get(patience.lifetime.orElse(Duration.ofDays(10_000)).toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            overdue = true;
            errors.accept("ran for longer than " + seconds(patience.lifetime.orElseThrow()) + " seconds, and was ended.");
            end();
        } catch (ExecutionException | InterruptedException _) {
            end();
        }
        if (!natural.isDone() || unheard) {
            thread(() -> {
                family.end(); // to look through all processes of the system takes long enough to be in the way of other connections
                whenGone.run();
            }).start();
        } else {
            whenGone.run();
        }
        int code = process.isAlive() || ending.isDone() ? 0 : process.exitValue();
        if (code != 0) {
            errors.accept(code > 128 ? "was ended by signal " + (code - 128) + "." : "ended with exit code " + code + ".");
        }
    }

    /// `60`, or `0.3`.
    static String seconds(Duration time) {
        return time.toMillis() % 1000 == 0 ? Long.toString(time.toSeconds()) : Double.toString(time.toMillis() / 1000.0);
    }

    private static void sleep(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
