package lib.host;

import java.io.IOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/// Which of the clients that we wait for has something to say, or room for more? (epoll(7), behind [Selector])
///
/// A connection between two requests, or in the middle of a long file, waits for its client, and needs neither a thread nor a buffer for
/// that: it waits here. What it asks for next is answered on the spot if the answer is ready. All else is work, and work has a
/// thread of its own, which brings the connection back when it is done.
///
///     take ──▶ waits for octets, or for room ──▶ answers, sends ──▶ waits again
///                                           ├──▶ work
///                                           └──▶ gone
final class Loop implements AutoCloseable {
    private static final Duration SHORTAGE = Duration.ofMillis(50);

    private final Selector selector;
    private final Consumer<Connection> work;
    private final Consumer<Connection> gone;
    private final Queue<Connection> coming = new ConcurrentLinkedQueue<>();
    private final Desk desk;

    /// @param work takes a connection that has something to do; it is no longer here then
    /// @param gone hears of a connection that is closed
    /// @param desk for the answers that are given here
    /// @throws IOException if the system has no descriptor left
    Loop(Consumer<Connection> work, Consumer<Connection> gone, Desk desk) throws IOException {
        this.selector = Selector.open();
        this.work = work;
        this.gone = gone;
        this.desk = desk;
    }

    /// From now on the connection is looked after here.
    void take(Connection connection) {
        coming.add(connection);
        selector.wakeup();
    }

    /// Goes on until it is closed. What comes back is taken up behind the next look at those that are here, since only then
    /// is the selector through with those that have left.
    void run() {
        Queue<Connection> arriving = new ArrayDeque<>();
        while (selector.isOpen()) {
            try {
                for (Connection next = coming.poll(); next != null; next = coming.poll()) {
                    arriving.add(next);
                }
                look(arriving.isEmpty());
                for (Connection next = arriving.poll(); next != null; next = arriving.poll()) {
                    await(next);
                }
            } catch (ClosedSelectorException _) {
                return;
            } catch (IOException | RuntimeException | Error _) {
                LockSupport.parkNanos(SHORTAGE.toNanos()); // for want of memory: all the others would wait for ever if this ended
            }
        }
    }

    private void look(boolean patiently) throws IOException {
        if (patiently) {
            selector.select(this::answer);
        } else {
            selector.selectNow(this::answer);
        }
    }

    private void await(Connection connection) {
        try {
            connection.waitIn(selector);
        } catch (IOException | RuntimeException | Error _) {
            end(connection);
        }
    }

    /// What fails for one client must not end it for all others.
    private void answer(SelectionKey key) {
        Connection connection = (Connection) key.attachment();
        try {
            answer(key, connection);
        } catch (RuntimeException | Error _) {
            end(connection);
        }
    }

    private void end(Connection connection) {
        try {
            connection.abandon();
        } finally {
            gone.accept(connection);
        }
    }

    private void answer(SelectionKey key, Connection connection) {
        switch (connection.wake(desk)) {
            case RESTS -> await(key, SelectionKey.OP_READ);
            case SENDS -> await(key, SelectionKey.OP_WRITE);
            case WORKS -> {
                key.cancel();
                work.accept(connection);
            }
            case GONE -> gone.accept(connection);
        }
    }

    private static void await(SelectionKey key, int event) {
        if (key.isValid() && key.interestOps() != event) {
            key.interestOps(event);
        }
    }

    @Override
    public void close() throws IOException {
        selector.close();
    }
}
