package lib.gateway;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Stream;
import lib.http.Status;
import lib.site.Errand;
import lib.site.Gateway;
import lib.site.Intake;

/// How does a program answer that is started for each request? (RFC 3875)
///
/// It is told of the request by variables, reads the content, and says a head and then content, each as it comes. Words that an
/// indexed query would make (§4.4) are not passed on: an interpreter would take them for options.
public final class CgiGateway implements Gateway {
    /// Where programs find others, if nothing is said of that. All other variables of ours stay with us.
    private static final String PATH = "/usr/local/bin:/usr/bin:/bin";

    /// How long the end of the server waits for that of its programs.
    private static final Duration CLOSING = Duration.ofSeconds(3);

    private final CgiProgram program;
    private final String software;
    private final Intake intake;
    private final Consumer<String> errors;
    private final Optional<GroupSignal> group;
    private final Places places;
    private final Set<RunningProgram> running = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /// @param software the server's name, as in its Server field
    /// @param intake how much content it may be given
    /// @param errors hears what an operator should know
    /// @param group reaches a program and its children
    public CgiGateway(CgiProgram program, String software, Intake intake, Consumer<String> errors, GroupSignal group) {
        this.program = program;
        this.software = software;
        this.intake = intake;
        this.errors = errors;
        this.group = Launch.makesGroups() ? Optional.of(group) : Optional.empty();
        this.places = new Places(program.atOnce());
    }

    @Override
    public Outcome ask(Errand errand) throws IOException {
        Call call = new Call(errand);
        if (program.isFile() && program.interpreter().isEmpty() && !Files.isExecutable(errand.file().orElseThrow())) {
            call.complain("is not executable; chmod +x makes it so.");
            return new Failed(Status.INTERNAL_SERVER_ERROR);
        }
        return switch (Supply.of(errand, intake, call::complain)) {
            case Supply.Refused(Status status) -> new Failed(status);
            case Supply.Ready supply -> call.answer(supply);
        };
    }

    /// One request.
    private final class Call {
        private final Errand errand;
        private final CompletableFuture<Void> left = new CompletableFuture<>();

        Call(Errand errand) {
            this.errand = errand;
        }

        /// @param what begins with a verb
        void complain(String what) {
            byte[] name = errand.name().getBytes(StandardCharsets.ISO_8859_1);
            errors.accept("The program " + (name.length == 0 ? "/" : new String(name, StandardCharsets.UTF_8)) + ' ' + what);
        }

        Outcome answer(Supply.Ready supply) throws IOException {
            if (supply.isRead()) {
                watch();
            }
            if (!takePlace()) {
                supply.whenDone().run();
                return new Failed(Status.SERVICE_UNAVAILABLE);
            }
            RunningProgram started;
            try {
                started = RunningProgram.start(launch(supply.length()), group,
                        new RunningProgram.Patience(program.silence(), program.lifetime()), this::complain);
            } catch (IOException e) {
                places.release();
                supply.whenDone().run();
                complain("could not be started (" + e.getMessage() + ").");
                return new Failed(isShortage(e) ? Status.SERVICE_UNAVAILABLE : Status.INTERNAL_SERVER_ERROR);
            }
            return outcome(started, supply);
        }

        /// Has the system no thread, process or descriptor for it now? That passes; a program that can't be run stays so.
        private static boolean isShortage(IOException e) {
            return e.getCause() instanceof OutOfMemoryError || Stream.of("Resource temporarily unavailable", "Cannot allocate memory",
                    "Too many open files").anyMatch(String.valueOf(e.getMessage())::contains);
        }

        private void watch() {
            errand.exchange().watch().keep(() -> left.complete(null));
        }

        /// Nobody waits for a place for a client that has left.
        private boolean takePlace() {
            CompletableFuture<Boolean> place = places.take();
            left.thenRun(() -> place.complete(false));
            place.completeOnTimeout(false, program.silence().toNanos(), TimeUnit.NANOSECONDS);
            boolean taken = place.join();
            if (taken && (left.isDone() || closed)) {
                places.release();
                return false;
            }
            if (!taken && !left.isDone()) {
                complain("has had no place for " + RunningProgram.seconds(program.silence()) + " seconds: " + program.atOnce() + " run at once.");
            }
            return taken;
        }

        private Launch launch(long contentLength) {
            Map<String, String> environment = new LinkedHashMap<>(MetaVariables.of(errand, contentLength, software));
            environment.put("PATH", PATH);
            environment.putAll(program.environment());
            List<String> command = new ArrayList<>(program.isFile() ? program.interpreter() : program.program());
            Path directory = errand.base();
            if (program.isFile()) {
                command.add(errand.octets(errand.file().orElseThrow()));
                directory = errand.file().orElseThrow().getParent();
            }
            return new Launch(command, errand.octets(directory), environment);
        }

        private void attend(RunningProgram started, Supply.Ready supply) {
            running.add(started);
            started.attend(() -> {
                running.remove(started);
                places.release();
            });
            left.thenRun(started::leave);
            if (supply.length() <= 0) {
                started.feedNothing();
            } else {
                started.feed(supply.octets(), () -> {
                    supply.whenDone().run();
                    if (!supply.isRead()) {
                        started.unlessAbandoned(this::watch);
                    }
                });
            }
            if (closed) {
                started.end();
            }
        }

        private Outcome outcome(RunningProgram started, Supply.Ready supply) throws IOException {
            Outcome outcome = null;
            try {
                attend(started, supply);
                outcome = new ProgramAnswer(started, errand.request().isHead(), program.silence(), this::complain).outcome();
                return outcome;
            } finally {
                if (outcome == null) {
                    started.end();
                }
                if (!(outcome instanceof Answered)) {
                    started.awaitContent(); // the next who reads from this client is not to find another one there
                }
            }
        }
    }

    @Override
    public void rest() {}

    /// What runs is asked to end for a while, and then it is not asked.
    @Override
    public void close() {
        closed = true;
        running.forEach(RunningProgram::end);
        for (long end = System.nanoTime() + CLOSING.toNanos(); !running.isEmpty() && System.nanoTime() < end; ) {
            LockSupport.parkNanos(5_000_000);
        }
        running.forEach(RunningProgram::endNow);
    }
}
