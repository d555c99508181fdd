package lib.host;

import java.util.concurrent.CountDownLatch;
import sun.misc.Signal;

/// When is the server asked to stop?
///
/// A handler only releases a latch: what runs on a signal's thread ends with the machine, not with its work. So the main
/// thread waits here, and drains when it comes back. The second signal does not wait for that.
public final class Signals {
    private final CountDownLatch stop = new CountDownLatch(1);
    private final int exitCodeAtOnce;

    /// @param exitCodeAtOnce the code of a server that a second signal ends in the middle of its work
    public Signals(int exitCodeAtOnce) {
        this.exitCodeAtOnce = exitCodeAtOnce;
        handle("INT");
        handle("TERM");
    }

    private void handle(String name) {
        try {
            Signal.handle(new Signal(name), _ -> release());
        } catch (IllegalArgumentException _) {
            // The shell has started us with this signal ignored (`&` in a script), and that is kept.
        }
    }

    private void release() {
        if (stop.getCount() == 0) {
            Runtime.getRuntime().halt(exitCodeAtOnce);
        }
        stop.countDown();
    }

    /// Blocks until the first signal.
    public void awaitStop() throws InterruptedException {
        stop.await();
    }
}
