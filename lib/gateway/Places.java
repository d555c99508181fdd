package lib.gateway;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;

/// Who may be at work at the same time? So many, and then the first who waits.
final class Places {
    private final Queue<CompletableFuture<Boolean>> waiting = new ArrayDeque<>();
    private int free;

    Places(int free) {
        this.free = free;
    }

    /// A place, true as soon as it is there. Who completes it otherwise, and is the first to do so, waits no more.
    synchronized CompletableFuture<Boolean> take() {
        CompletableFuture<Boolean> place = new CompletableFuture<>();
        if (free == 0) {
            waiting.add(place);
        } else {
            free--;
            place.complete(true);
        }
        return place;
    }

    /// Gives one back.
    synchronized void release() {
        for (CompletableFuture<Boolean> next = waiting.poll(); next != null; next = waiting.poll()) {
            if (next.complete(true)) {
                return;
            }
        }
        free++;
    }
}
