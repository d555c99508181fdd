package lib.site;

import java.io.IOException;
import java.util.concurrent.Semaphore;

/// How many may go through a whole tree at the same time, for archives and checksums? Each of them holds the names of a directory for as
/// long as its client takes what is found there: a few hundred octets a name, so that a crowd of slow clients would fill the memory.
public final class Walks {
    /// What is done on a walk.
    @FunctionalInterface
    interface Walk {
        void go() throws IOException;
    }

    private final Semaphore free;

    /// @param most at the same time
    public Walks(int most) {
        this.free = new Semaphore(most);
    }

    /// Must the next one wait? Then it is better not begun.
    boolean areTaken() {
        return free.availablePermits() == 0;
    }

    /// Goes on a walk.
    ///
    /// @throws IOException if there are too many, or the walk throws it
    void go(Walk walk) throws IOException {
        if (!free.tryAcquire()) {
            throw new IOException("too many walks at the same time");
        }
        try {
            walk.go();
        } finally {
            free.release();
        }
    }
}
