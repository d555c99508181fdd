package lib.host;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// How does a command run beside the server, for as long as it likes, so that nothing of it stays behind?
///
/// It has our terminal, our standard streams, our process group: what is typed, Ctrl+C too, reaches it without us. What is sent to
/// us alone is passed on. When it has ended, whatever it has started and left behind ends, too:
///
///     start ──▶ runs ── ends by itself ─────────────────────────▶ the rest: SIGTERM, then SIGKILL ──▶ its exit code
///                └── SIGTERM or SIGHUP is passed on, ── ends ──▶
///                    then, after a time, SIGKILL
///
/// A group of its own would make that simple, and would take the terminal away from it. So the rest is known by a mark in its
/// environment, which every child inherits, and by having been seen as a descendant: also who has left the session, and who
/// has overwritten its environment as some servers do. Who clears the mark away and leaves its parents at once means it.
public final class Command {
    /// A command that is there, but can't be run; and one that is not there: as every shell says it.
    public static final int NOT_EXECUTABLE = 126;
    public static final int NOT_FOUND = 127;

    /// One that Ctrl+C has ended.
    public static final int INTERRUPTED = 128 + Posix.SIGINT;

    /// The variable that is the mark. One of us within another adds its own: if it is killed, the other ends what it has left.
    private static final String MARK = "COMANCHE_RUN";

    /// How often its descendants are looked at.
    private static final Duration LOOK = Duration.ofMillis(500);
    private static final Duration PAUSE = Duration.ofMillis(5);

    /// How often one is looked at that can't be told; who has cleared its environment stays so.
    private static final int LOOKS = 20;

    /// What is killed may have had a child at that moment; one that had so many in a row means it.
    private static final int ROUNDS = 100;

    private final List<String> words;
    private final Map<String, String> variables;
    private final Duration killAfter;
    private final String mark = '/' + ProcessHandle.current().pid() + '-' + Long.toHexString(System.nanoTime()) + '/';
    private final Set<ProcessHandle> seen = new HashSet<>();

    /// Before it can have started anything; a process's own time is counted in steps.
    private final Instant begun = Instant.now().minusSeconds(1);

    /// @param words the program and its arguments; not empty
    /// @param variables what its environment has besides ours
    /// @param killAfter how long it may take when it is told to end
    public Command(List<String> words, Map<String, String> variables, Duration killAfter) {
        this.words = List.copyOf(words);
        this.variables = Map.copyOf(variables);
        this.killAfter = killAfter;
    }

    /// Starts it, waits for its end, and clears away what it left.
    ///
    /// @return its exit code; 128 and the number of the signal that ended it
    /// @throws Fault if it can't be started
    public int run(Signals signals) throws Fault, InterruptedException {
        Process process = start();
        Thread.ofVirtual().name("command").start(() -> {
            try {
                process.waitFor();
                signals.end();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });
        awaitEnd(process.toHandle(), signals);
        clear(signals);
        return process.waitFor();
    }

    private Process start() throws Fault {
        ProcessBuilder builder = new ProcessBuilder(words).inheritIO();
        builder.environment().putAll(variables);
        builder.environment().merge(MARK, mark, String::concat);
        try {
            return builder.start();
        } catch (IOException _) {
            boolean isThere = isThere(words.getFirst());
            throw new Fault(isThere ? NOT_EXECUTABLE : NOT_FOUND, "The command '" + words.getFirst() + "' "
                    + (isThere ? "can't be run; check that it is a program, with the permission to execute it."
                    : "is not there; check its name and the PATH."));
        }
    }

    /// With the files of java.io: a name that the locale has no characters for is no path to those of java.nio.
    private static boolean isThere(String program) {
        if (program.indexOf('/') >= 0) {
            return new File(program).exists();
        }
        for (String directory : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
            if (new File(directory, program).isFile()) {
                return true;
            }
        }
        return false;
    }

    /// The first signal is passed on, and its time runs from then on; the second has no patience.
    private void awaitEnd(ProcessHandle command, Signals signals) throws InterruptedException {
        long deadline = Long.MAX_VALUE;
        for (Optional<Signals.Event> event = signals.next(LOOK); ; event = signals.next(LOOK)) {
            if (event.isPresent() && event.get() == Signals.Event.END) {
                return;
            }
            look(command);
            boolean isAsked = event.isPresent() && passOn(event.get(), command);
            if (System.nanoTime() >= deadline || isAsked && deadline < Long.MAX_VALUE) {
                command.destroyForcibly();
            } else if (isAsked) {
                deadline = System.nanoTime() + killAfter.toNanos();
            }
        }
    }

    /// Notes who is there, and forgets who has gone.
    private void look(ProcessHandle command) {
        seen.removeIf(process -> !process.isAlive());
        command.descendants().forEach(seen::add);
    }

    /// @return is it to end?
    private static boolean passOn(Signals.Event event, ProcessHandle command) {
        switch (event) {
            case STOP -> command.destroy();
            case HANG_UP -> send(Posix.SIGHUP, command);
            case INTERRUPT -> {
                if (isTyped()) {
                    return false; // the command has got it, too, and knows what it means
                }
                send(Posix.SIGINT, command);
            }
            case RELOAD, REOPEN, END -> {
                return false;
            }
        }
        return true;
    }

    private static void send(int signal, ProcessHandle command) {
        try {
            Posix.kill(command.pid(), signal);
        } catch (Posix.Failure _) {
            command.destroy(); // also where it has just ended
        }
    }

    /// Ends as the command has ended, by the signal: a shell goes on with its script after a code, but not after Ctrl+C. The last
    /// thing that we do, and nothing where nobody can have typed it.
    public static void endInterrupted() {
        try {
            if (isTyped()) {
                Posix.setDefaultAction(Posix.SIGINT);
                Posix.kill(ProcessHandle.current().pid(), Posix.SIGINT);
                Thread.sleep(PAUSE);
            }
        } catch (Posix.Failure | InterruptedException _) {
            // then the code must do
        }
    }

    /// Did SIGINT come from the keyboard? That goes to all processes in the terminal's foreground. (proc(5), `stat`: behind the
    /// name in parentheses the state, then ppid, pgrp, session, tty_nr, tpgid.)
    private static boolean isTyped() {
        try {
            String stat = Files.readString(Path.of("/proc/self/stat"), StandardCharsets.ISO_8859_1);
            String[] words = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return !words[4].equals("0") && words[2].equals(words[5]);
        } catch (IOException _) {
            return true; // macOS: somebody sits there
        }
    }

    /// Ends what the command has left. A signal meanwhile has no patience.
    private void clear(Signals signals) throws InterruptedException {
        Set<ProcessHandle> rest = rest();
        if (rest.isEmpty()) {
            return;
        }
        Set<String> names = new TreeSet<>();
        rest.forEach(process -> process.info().command().ifPresent(path -> names.add(new File(path).getName())));
        System.err.println("comanche: The command left something running, which is ended now: "
                + LogText.sentence(String.join(", ", names)) + ".");

        rest.forEach(ProcessHandle::destroy);
        long end = System.nanoTime() + killAfter.toNanos();
        while (!rest.isEmpty() && System.nanoTime() < end && signals.next(PAUSE).isEmpty()) {
            rest = rest();
        }
        for (int round = 0; !rest.isEmpty() && round < ROUNDS; round++) {
            rest.forEach(ProcessHandle::destroyForcibly);
            Thread.sleep(PAUSE);
            rest = rest();
        }
    }

    /// A process whose program can't be told is a zombie, which nobody can end, or another user's.
    private Set<ProcessHandle> rest() throws InterruptedException {
        Set<ProcessHandle> rest = new LinkedHashSet<>(seen);
        for (int look = 0; look < LOOKS && !addMarked(rest); look++) {
            Thread.sleep(PAUSE);
        }
        if (!rest.isEmpty()) {
            rest.removeIf(process -> !process.isAlive() || process.info().command().isEmpty());
        }
        return rest;
    }

    /// Adds those that bear our mark, where the system shows it (Linux). Their parents may have gone long ago.
    ///
    /// @return could all be told? One that is just becoming another program has no environment for a moment (execve(2))
    private boolean addMarked(Set<ProcessHandle> rest) {
        boolean told = true;
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"))) {
            for (Path path : processes) {
                String name = path.getFileName().toString();
                Optional<String> environment = Character.isDigit(name.charAt(0)) ? environment(path) : Optional.empty();
                Optional<ProcessHandle> process = environment.flatMap(_ -> ProcessHandle.of(Long.parseLong(name)));
                if (process.isPresent() && environment.get().contains(mark)) {
                    rest.add(process.get());
                }
                told &= process.isEmpty() || !environment.get().isEmpty() || !isNew(process.get());
            }
        } catch (IOException _) {
            // no such thing here
        }
        return told;
    }

    /// Has it begun with the command, or later, and is a program?
    private boolean isNew(ProcessHandle process) {
        return process.info().command().isPresent() && process.info().startInstant().filter(begun::isBefore).isPresent();
    }

    private static Optional<String> environment(Path process) {
        try {
            String text = Files.readString(process.resolve("environ"), StandardCharsets.ISO_8859_1);
            return Optional.of(text.isEmpty() ? "" : '\0' + text);
        } catch (IOException _) {
            return Optional.empty(); // ended just now, or another user's
        }
    }
}
