package lib.host;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// How does the shell get its prompt back while the server stays, and how is that server spoken to later?
///
/// A Java machine can't `fork`: only one thread would survive it. So the command that a person has typed starts the same
/// command once more, and waits for it at three pipes:
///
///     parent (has the terminal)               child (has a session of its own)
///     starts the child, waits         ──▶     begin: setsid, umask, a look at its stdin
///     passes on what the child says   ◀──     complaints and warnings
///                                     ◀──     ready: chdir("/"), "READY …"
///     says GO                         ──▶     moves its standard streams to /dev/null
///     exits with 0                            serves
///
/// A child that ends before it is ready hands its exit code to the parent; one whose parent ends before it said GO ends,
/// too. Nothing is ever left that nobody was told of.
public final class Daemon {

    /// In the environment of the child: the line that it says when it is ready, which nothing else that it says is.
    public static final String VARIABLE = "COMANCHE_READY_LINE";

    private static final int GO = 'G';
    private static final int UMASK = 0027;
    private static final String NULL_DEVICE = "/dev/null";

    /// How long the parent waits for the last words of a child that is up.
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);
    private static final Duration PAUSE = Duration.ofMillis(20);

    // What an init script answers (Linux Standard Base, core specification, "Init Script Actions").
    private static final int DEAD_WITH_PID_FILE = 1;
    private static final int NOT_RUNNING = 3;
    private static final int NOT_ALLOWED = 4;
    private static final int NOBODY_TO_TELL = 7;

    private final int nullDevice;
    private final CountDownLatch go = new CountDownLatch(1);

    private Daemon(int nullDevice) {
        this.nullDevice = nullDevice;
    }

    // The parent

    /// Starts this very command again, as a daemon, and returns when it serves, or when it never will.
    ///
    /// @return the exit code: 0 once it serves, else its own
    public static int detach(PrintStream out, PrintStream err) throws Fault {
        String readyLine = "READY " + Long.toHexString(new SplittableRandom().nextLong());
        ProcessBuilder builder = new ProcessBuilder(command());
        builder.environment().put(VARIABLE, readyLine);
        try {
            Process child = builder.start();
            Thread complaints = Thread.ofPlatform().daemon().start(() -> relay(child.getErrorStream(), err));
            boolean isUp = awaitReady(child, readyLine, out) && sayGo(child);
            complaints.join(LAST_WORDS);
            return isUp ? 0 : exitCode(child, err);
        } catch (IOException e) {
            throw new Fault(Fault.CANNOT_START, "Can't start again in the background (" + e.getMessage()
                    + "); -d stays in the foreground.");
        } catch (InterruptedException _) {
            return Fault.CANNOT_START;
        }
    }

    /// What was typed.
    private static List<String> command() throws Fault {
        List<String> command = OwnCommand.words();
        if (command.size() < 2) {
            throw new Fault(Fault.UNSUPPORTED, "This system does not tell with which command Comanche was started, so it "
                    + "can't go to the background; -d stays in the foreground.");
        }
        return command;
    }

    private static void relay(InputStream from, PrintStream to) {
        try (from) {
            from.transferTo(to);
            to.flush();
        } catch (IOException _) {
            // it has nothing more to say, or nobody to say it to
        }
    }

    /// Passes on what the child prints until it says that it is ready.
    ///
    /// @return false if it ended before
    private static boolean awaitReady(Process child, String readyLine, PrintStream out) throws IOException {
        BufferedReader lines = new BufferedReader(
                new InputStreamReader(child.getInputStream(), StandardCharsets.ISO_8859_1));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.equals(readyLine)) {
                return true;
            }
            out.write((line + '\n').getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
        }
        return false;
    }

    private static boolean sayGo(Process child) {
        try {
            OutputStream in = child.getOutputStream();
            in.write(GO);
            in.flush();
            return true;
        } catch (IOException _) {
            return false; // it has just died
        }
    }

    private static int exitCode(Process child, PrintStream err) throws InterruptedException {
        int code = child.waitFor();
        if (code == 0 || code > 128) {
            err.println("comanche: The server ended while it started" + (code > 128 ? " (signal " + (code - 128) + ")" : "")
                    + ".");
        }
        return code == 0 ? Fault.CANNOT_START : code;
    }

    // The child

    /// Are we the one that is to serve in the background?
    public static boolean isChild() {
        return System.getenv(VARIABLE) != null;
    }

    /// Leaves the terminal's session, so that its end is not ours. The first thing that the child does; a relative path
    /// still means what it meant in the shell.
    public static Daemon begin() throws Fault {
        try {
            Daemon daemon = new Daemon(Posix.open(NULL_DEVICE, Posix.O_RDWR)); // in a jail there may be none
            Posix.setDescriptorFlags(daemon.nullDevice, Posix.FD_CLOEXEC);
            Posix.setsid();
            Posix.umask(UMASK);
            heed(Posix.SIGHUP);
            heed(Posix.SIGTERM);
            Thread.ofPlatform().name("parent").daemon().start(daemon::watchParent);
            return daemon;
        } catch (Posix.Failure failure) {
            throw new Fault(Fault.UNSUPPORTED, "Can't go to the background here (" + failure.getMessage()
                    + "); -d stays in the foreground.");
        }
    }

    /// `nohup` and the like have us ignore a signal, and Java then refuses to listen to it. It was meant for the terminal's
    /// end; a daemon has no terminal, and is told to read its settings again with the same signal.
    private static void heed(int signal) throws Posix.Failure {
        if (Posix.isIgnored(signal)) {
            Posix.setDefaultAction(signal);
        }
    }

    /// A parent that ends, by Ctrl+C or otherwise, closes the pipe: we end like it, without a stop in good order, as there
    /// is nobody yet whom we serve.
    private void watchParent() {
        if (next(FileDescriptor.in) != GO) {
            Runtime.getRuntime().halt(Fault.CANNOT_START);
        }
        go.countDown();
    }

    /// Not closed: the descriptor is the standard input, which [#ready] moves.
    @SuppressWarnings("resource")
    private static int next(FileDescriptor descriptor) {
        try {
            return new FileInputStream(descriptor).read();
        } catch (IOException _) {
            return -1;
        }
    }

    /// Lets go of the shell. The last thing before the wait for a signal: from here on nothing that is said to the standard
    /// streams is heard.
    public void ready() throws Fault {
        try {
            Posix.chdir("/"); // no file system is kept busy; in a jail its root
            say(System.getenv(VARIABLE));
            go.await();
            for (int stream = 0; stream <= 2; stream++) {
                Posix.dup2(nullDevice, stream);
            }
            Posix.close(nullDevice);
        } catch (Posix.Failure failure) {
            throw new Fault(Fault.CANNOT_START, "Can't let go of the terminal: " + failure.getMessage() + ".");
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @SuppressWarnings("resource")
    private static void say(String line) {
        try {
            System.out.flush();
            System.err.flush();
            new FileOutputStream(FileDescriptor.out).write((line + '\n').getBytes(StandardCharsets.ISO_8859_1));
        } catch (IOException _) {
            // the parent is gone, which its watcher sees
        }
    }

    // Whoever speaks to the server later

    /// Has the server drain and end, and waits for that.
    ///
    /// @return the exit code: 0 if no server runs any more
    public static int stop(Path pidFile, Duration bound, PrintStream out) throws Fault {
        Optional<Long> pid = PidFile.runningPid(pidFile);
        if (pid.isEmpty()) {
            out.println("Comanche isn't running.");
            return 0;
        }
        if (!signal(pid.get(), Posix.SIGTERM)) {
            return refused(pid.get(), "stop", out);
        }
        long end = System.nanoTime() + bound.toNanos();
        while (PidFile.runningPid(pidFile).equals(pid)) {
            if (System.nanoTime() > end) {
                out.println("Comanche (process " + pid.get() + ") still ends its work after "
                        + TimeUnit.MILLISECONDS.toSeconds(bound.toMillis()) + " s; kill -9 " + pid.get() + " cuts it off.");
                return Fault.CANNOT_START;
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
        out.println("Comanche (process " + pid.get() + ") has stopped.");
        return 0;
    }

    /// Has the server read its settings again. Whether they were good, its error log says.
    public static int reload(Path pidFile, PrintStream out) throws Fault {
        return tell(pidFile, Posix.SIGHUP, "reload", "reads its settings again; its error log says if they are good", out);
    }

    /// Has the server open its logs anew. A program that rotates them may well use this instead of `kill`: it never meets
    /// another process that has got the number of a dead server.
    public static int reopen(Path pidFile, PrintStream out) throws Fault {
        return tell(pidFile, Posix.SIGUSR1, "reopen", "opens its logs anew", out);
    }

    private static int tell(Path pidFile, int signal, String verb, String effect, PrintStream out) throws Fault {
        Optional<Long> pid = PidFile.runningPid(pidFile);
        if (pid.isEmpty()) {
            out.println("Comanche isn't running; there is nothing to " + verb + ".");
            return NOBODY_TO_TELL;
        }
        if (!signal(pid.get(), signal)) {
            return refused(pid.get(), verb, out);
        }
        out.println("Comanche (process " + pid.get() + ") " + effect + ".");
        return 0;
    }

    /// Says whether it runs.
    ///
    /// @return 0 if so, 1 if it ended without taking its leave, 3 if it does not run
    public static int status(Path pidFile, PrintStream out) throws Fault {
        Optional<Long> pid = PidFile.runningPid(pidFile);
        if (pid.isPresent()) {
            out.println("Comanche is running (process " + pid.get() + ").");
            return 0;
        }
        boolean isStale = PidFile.isStale(pidFile);
        out.println(isStale ? "Comanche isn't running; it was ended by force, or the machine was." : "Comanche isn't running.");
        return isStale ? DEAD_WITH_PID_FILE : NOT_RUNNING;
    }

    private static int refused(long pid, String verb, PrintStream out) {
        out.println("Comanche (process " + pid + ") belongs to another user; " + verb + " it as that user or as root (sudo).");
        return NOT_ALLOWED;
    }

    /// @return false if we may not; a process that has ended just now is no failure
    private static boolean signal(long pid, int signal) throws Fault {
        try {
            Posix.kill(pid, signal);
            return true;
        } catch (Posix.Failure failure) {
            if (failure.errno() == Posix.ESRCH) {
                return true;
            } else if (failure.errno() == Posix.EPERM) {
                return false;
            }
            throw new Fault(Fault.UNSUPPORTED, "Can't send a signal here (" + failure.getMessage() + ").");
        }
    }
}
