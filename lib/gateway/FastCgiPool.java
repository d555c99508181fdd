package lib.gateway;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import lib.http.Status;

/// On which connection does a request go to the application?
///
/// On one that an earlier request has left open, or on a new one, to the address that has the least to do. An application such as PHP
/// has so many workers, and each of them waits on its connection for as long as that is open: so none is kept while another one may
/// still wait for a worker, and a new one is not opened beside one that rests.
final class FastCgiPool {

    /// What a request gets.
    sealed interface Found {}

    /// A connection, to be given back.
    ///
    /// @param kept has it served a request before? Then the application may be about to close it
    record Connected(Backend backend, FastCgiConnection connection, boolean kept) implements Found {}

    /// None: 502, 503, 504.
    record Refused(Status status) implements Found {}

    private static final Duration WATCHING = Duration.ofMillis(200);

    /// How long an address is left alone that could not be reached, if there are others.
    private static final Duration RECOVERING = Duration.ofSeconds(5);

    /// How long we wait before we knock again at a socket of the file system whose queue is full.
    private static final Duration KNOCKING = Duration.ofMillis(5);

    private final FastCgiApplication application;
    private final Consumer<String> errors;
    private final List<Backend> backends;
    private final AtomicInteger turn = new AtomicInteger();
    private volatile boolean retired;
    private boolean watched; // guarded by this

    FastCgiPool(FastCgiApplication application, Consumer<String> errors) {
        this.application = application;
        this.errors = errors;
        this.backends = application.addresses().stream().map(Backend::new).toList();
    }

    /// One address of the application, and the connections to it.
    final class Backend {
        private final SocketAddress address;
        private final Semaphore places = new Semaphore(application.connections(), true);

        /// Those that rest, the one that was used last in front. Guarded by this, as is what follows.
        private final Deque<FastCgiConnection> resting = new ArrayDeque<>();
        private final Set<FastCgiConnection> busy = new HashSet<>();
        private volatile long avoidedUntil = System.nanoTime();

        Backend(SocketAddress address) {
            this.address = address;
        }

        String name() {
            return FastCgiApplication.name(address);
        }

        private boolean isAvoided() {
            return avoidedUntil - System.nanoTime() > 0;
        }

        private int load() {
            return application.connections() - places.availablePermits() + places.getQueueLength();
        }

        private synchronized Optional<FastCgiConnection> resting() {
            Optional<FastCgiConnection> connection = Optional.ofNullable(resting.pollFirst());
            connection.ifPresent(busy::add);
            connection.ifPresent(again -> again.bePatient(application.silence()));
            return connection;
        }

        /// One that rests gives way to the new one.
        private synchronized void begin(FastCgiConnection fresh) {
            Optional.ofNullable(resting.pollLast()).ifPresent(FastCgiConnection::cut);
            busy.add(fresh);
        }

        /// The connection that a request has had.
        ///
        /// @param good can it serve another one?
        void giveBack(FastCgiConnection connection, boolean good) {
            if (!good || !keep(connection)) {
                connection.cut();
            }
            places.release();
        }

        private synchronized boolean keep(FastCgiConnection connection) {
            busy.remove(connection);
            boolean keeps = !retired && !application.keeping().isZero() && allHaveSpoken();
            if (keeps) {
                connection.rest();
                resting.addFirst(connection);
            }
            return keeps;
        }

        private boolean allHaveSpoken() {
            for (FastCgiConnection connection : busy) {
                if (!connection.hasSpoken()) {
                    return false;
                }
            }
            return true;
        }

        private synchronized void drop(FastCgiConnection connection) {
            busy.remove(connection);
            connection.cut();
        }

        /// Cuts who is overdue, closes what has rested for long enough; returns whether there is anything left to look after.
        private synchronized boolean look(long now) {
            busy.forEach(connection -> connection.cutIfOverdue(now));
            long longest = now - application.keeping().toNanos();
            while (!resting.isEmpty() && resting.peekLast().restsSince(longest)) {
                resting.pollLast().cut();
            }
            return !busy.isEmpty() || !resting.isEmpty();
        }

        private synchronized void closeResting() {
            resting.forEach(FastCgiConnection::cut);
            resting.clear();
        }

        private synchronized void cutBusy() {
            busy.forEach(FastCgiConnection::cut);
        }
    }

    /// A connection, to the address with the least to do of those that can be reached.
    ///
    /// @param fresh must it be a new one?
    Found take(boolean fresh) throws IOException {
        boolean late = false;
        for (Backend backend : inOrder()) {
            if (!hasPlace(backend)) {
                errors.accept("The application at " + backend.name() + " has had no place for a request within "
                        + application.silence().toMillis() + " ms: it gets " + application.connections() + " at once.");
                return new Refused(Status.SERVICE_UNAVAILABLE);
            }
            Optional<FastCgiConnection> kept = fresh ? Optional.empty() : backend.resting();
            if (kept.isPresent()) {
                return new Connected(backend, kept.get(), true);
            }
            try {
                return new Connected(backend, connect(backend), false);
            } catch (Late _) {
                late = true;
            } catch (IOException e) {
                errors.accept("The application at " + backend.name() + " can't be reached (" + e.getMessage() + ").");
            }
            backend.places.release();
            backend.avoidedUntil = System.nanoTime() + RECOVERING.toNanos();
        }
        return new Refused(late ? Status.GATEWAY_TIMEOUT : Status.BAD_GATEWAY);
    }

    /// All of them: one that is avoided may still be the only one.
    private List<Backend> inOrder() {
        if (backends.size() == 1) {
            return backends;
        }
        List<Backend> order = new ArrayList<>();
        int first = Math.floorMod(turn.getAndIncrement(), backends.size());
        order.addAll(backends.subList(first, backends.size()));
        order.addAll(backends.subList(0, first));
        order.sort((one, other) -> one.isAvoided() == other.isAvoided()
                ? Integer.compare(one.load(), other.load()) : one.isAvoided() ? 1 : -1);
        return order;
    }

    private boolean hasPlace(Backend backend) throws IOException {
        try {
            return backend.places.tryAcquire() || backend.places.tryAcquire(application.silence().toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /// It takes no connection, and does not say why.
    private static final class Late extends IOException {
        private static final long serialVersionUID = 1;
    }

    /// A queue that is full makes TCP wait, but a socket of the file system says so at once.
    private FastCgiConnection connect(Backend backend) throws IOException {
        long end = System.nanoTime() + application.connecting().toNanos();
        while (true) {
            FastCgiConnection connection = FastCgiConnection.to(backend.address, application.connecting());
            backend.begin(connection);
            watch();
            try {
                connection.connect(backend.address);
                connection.bePatient(application.silence());
                return connection;
            } catch (IOException e) {
                backend.drop(connection);
                boolean full = isFull(backend.address, e);
                if (connection.isOverdue() || full && System.nanoTime() - end > 0) {
                    errors.accept("The application at " + backend.name() + " takes no connection within "
                            + application.connecting().toMillis() + " ms.");
                    throw new Late();
                }
                if (!full) {
                    throw e;
                }
                pause();
            }
        }
    }

    /// EAGAIN has no exception of its own, and speaks the language of the machine: but whoever may write to a socket where somebody
    /// listens finds no other reason.
    private static boolean isFull(SocketAddress address, IOException e) {
        return address instanceof UnixDomainSocketAddress unix && e instanceof SocketException && !(e instanceof ConnectException)
                && Files.isWritable(unix.getPath());
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(KNOCKING);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /// One look at every connection costs less than a timer for every read. It ends when there is none left.
    private synchronized void watch() {
        if (!watched) {
            watched = true;
            Thread.ofVirtual().name("fastcgi").start(this::look);
        }
    }

    private void look() {
        try {
            do {
                Thread.sleep(WATCHING);
            } while (hasConnections());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean hasConnections() {
        long now = System.nanoTime();
        watched = false;
        for (Backend backend : backends) {
            watched |= backend.look(now);
        }
        return watched;
    }

    /// Keeps nothing from now on.
    void rest() {
        retired = true;
        backends.forEach(Backend::closeResting);
    }

    /// Cuts everything.
    void close() {
        rest();
        backends.forEach(Backend::cutBusy);
    }
}
