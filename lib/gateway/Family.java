package lib.gateway;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Who ends with a program? Its group, and all descendants of a parent that still lives.
///
/// @param group for a program that has a group of its own, of its own number
record Family(Process program, Optional<GroupSignal> group) {
    private static final int SIGTERM = 15;
    private static final int SIGKILL = 9;

    /// Between the signal that asks to end and the one that does not ask.
    private static final Duration GRACE = Duration.ofSeconds(1);

    private static final Duration PAUSE = Duration.ofMillis(10);

    /// Ends them, and closes the pipes that the program was started with. First they are asked, then no more.
    void end() {
        List<ProcessHandle> descendants = new ArrayList<>(program.descendants().toList());
        signal(descendants, SIGTERM);
        awaitEnd(descendants);
        if (isAlive(descendants)) {
            descendants.addAll(program.descendants().toList());
            signal(descendants, SIGKILL);
            awaitEnd(descendants);
        }
        close(program.getOutputStream());
        close(program.getInputStream());
        close(program.getErrorStream());
    }

    /// Ends the program and its group at once: there is no time left to ask, or to look for others.
    void kill() {
        signal(List.of(), SIGKILL);
    }

    /// The handle's way to end the program leaves its pipes open: somebody still listens.
    private void signal(List<ProcessHandle> descendants, int signal) {
        group.ifPresent(all -> all.send(program.pid(), signal));
        List<ProcessHandle> all = new ArrayList<>(descendants);
        all.add(program.toHandle());
        for (ProcessHandle member : all) {
            boolean _ = signal == SIGKILL ? member.destroyForcibly() : member.destroy();
        }
    }

    private void awaitEnd(List<ProcessHandle> descendants) {
        try {
            for (long end = System.nanoTime() + GRACE.toNanos(); isAlive(descendants) && System.nanoTime() < end; ) {
                Thread.sleep(PAUSE);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isAlive(List<ProcessHandle> descendants) {
        return program.isAlive() || group.isPresent() && group.get().send(program.pid(), 0)
                || descendants.stream().anyMatch(ProcessHandle::isAlive);
    }

    private static void close(Closeable pipe) {
        try {
            pipe.close();
        } catch (IOException _) {
            // its other end is gone
        }
    }
}
