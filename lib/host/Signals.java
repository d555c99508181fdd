package lib.host;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import sun.misc.Signal;

/// What is the server asked to do while it runs?
///
/// A handler only puts the event into a queue: what runs on a signal's thread ends with the machine, not with its work. So
/// the main thread waits here, and does what is asked. The second request to stop does not wait for the first.
public final class Signals {

    public enum Event {
        /// SIGINT, SIGTERM: finish what is under way, and end.
        STOP,
        /// SIGHUP: read the configuration again.
        RELOAD,
        /// SIGUSR1: open the logs anew, for who has moved them away.
        REOPEN,
        /// SIGINT and SIGHUP, where it is for a command beside us to say what they mean.
        INTERRUPT, HANG_UP,
        /// That command has ended.
        END
    }

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final int exitCodeAtOnce;
    private final boolean passesOn;
    private boolean stopping;

    /// @param exitCodeAtOnce the code of a server that a second signal ends in the middle of its work
    /// @param hangUp what SIGHUP means: with a configuration to reload it; without one, the terminal is closed
    public Signals(int exitCodeAtOnce, Event hangUp) {
        this.exitCodeAtOnce = exitCodeAtOnce;
        this.passesOn = false;
        handle("INT", Event.STOP);
        handle("TERM", Event.STOP);
        handle("HUP", hangUp);
        handle("USR1", Event.REOPEN);
    }

    private Signals() {
        this.exitCodeAtOnce = 0;
        this.passesOn = true;
        handle("INT", Event.INTERRUPT);
        handle("TERM", Event.STOP);
        handle("HUP", Event.HANG_UP);
        handle("USR1", Event.REOPEN);
    }

    /// For who passes on what is asked of it: nothing ends at once.
    public static Signals besideCommand() {
        return new Signals();
    }

    private void handle(String name, Event event) {
        try {
            Signal.handle(new Signal(name), _ -> ask(event));
        } catch (IllegalArgumentException _) {
            // We were started with this signal ignored (`&` in a script, nohup), and that is kept; or it is not known here.
        }
    }

    /// The server has done what it was started for. That is no second request to stop.
    public void finish() {
        events.add(Event.STOP);
    }

    /// The command beside us has ended.
    void end() {
        events.add(Event.END);
    }

    private synchronized void ask(Event event) {
        if (event == Event.STOP && stopping && !passesOn) {
            Runtime.getRuntime().halt(exitCodeAtOnce);
        }
        stopping |= event == Event.STOP;
        events.add(event);
    }

    /// Blocks until there is something to do.
    public Event next() throws InterruptedException {
        return events.take();
    }

    /// The same, but no longer than this; empty when the time is up.
    Optional<Event> next(Duration most) throws InterruptedException {
        return Optional.ofNullable(events.poll(most.toNanos(), TimeUnit.NANOSECONDS));
    }
}
