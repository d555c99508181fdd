package lib.host;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import lib.site.Gateway;

/// Who gets a thread? Accepts, gives each connection a virtual thread, ends the overdue, drains.
public final class Server implements AutoCloseable {
    private static final Duration REAPING = Duration.ofMillis(200);

    private static final Duration SWEEPING = Duration.ofHours(1);

    /// How long a file is kept open that nobody asks for: at least once, at most twice this time.
    private static final Duration RESTING = Duration.ofSeconds(5);

    /// How many descriptors clients give back then, so that those who ask get their files.
    private static final int FILES = 16;

    /// How long we rest when the system has no descriptor left for a new connection.
    private static final Duration SHORTAGE = Duration.ofMillis(50);

    private final Listeners listeners;
    private final ErrorLog errors;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final Doorkeeper doorkeeper;

    /// Gateways of the services before this one: what they do may last.
    private final List<Gateway> former = new ArrayList<>();

    /// Where connections rest between two requests; and where long files are sent, whose disk may be slow, so that they hold up nobody but
    /// each other. Null before they are there.
    private volatile Loop resting;
    private volatile Loop sending;
    private volatile Service service;
    private volatile boolean stopping;
    private volatile boolean closed;

    /// When leftovers were cleared away, and when the cache rested, as [System#nanoTime]; the reaper's.
    private long swept;
    private long rested = System.nanoTime();

    /// @param listeners bound; closed by this server when it stops
    public Server(Listeners listeners, Service service, ErrorLog errors) {
        this.listeners = listeners;
        this.service = service;
        this.errors = errors;
        this.doorkeeper = new Doorkeeper(service.limits().connections(), service.limits().ofOneClient());
    }

    /// Begins to answer. Returns at once.
    public void start() {
        for (Listeners.Listener listener : listeners.all()) {
            listen(listener);
        }
        Thread.ofPlatform().name("reaper").daemon().start(this::reap);
    }

    /// Without them all goes on, with a thread for each connection.
    private void openLoops() {
        try {
            Thread.ofPlatform().name("resting").daemon().start(() -> loop(new Desk(false), loop -> resting = loop));
            Thread.ofPlatform().name("sending").daemon().start(() -> loop(new Desk(true), loop -> sending = loop));
        } catch (Error shortage) { // of threads
            tell("Each connection keeps a thread", shortage);
        }
    }

    private void loop(Desk desk, Consumer<Loop> place) {
        try (Loop loop = new Loop(this::work, this::forget, desk)) {
            place.accept(loop);
            if (!closed) {
                loop.run();
            }
        } catch (IOException e) {
            errors.warning("Each connection keeps a thread, for the system has no descriptor left to watch them by (" + e.getMessage() + ").");
        }
    }

    private void listen(Listeners.Listener listener) {
        Thread.ofVirtual().name("accept").start(() -> accept(listener));
    }

    /// From the next request on the other service holds, on connections that are open, too; addresses that are new are
    /// listened on, those that are gone no more.
    ///
    /// @throws Fault if an address can't be had; then nothing has changed
    public void exchange(Settings settings, Service other) throws Fault {
        List<Listeners.Listener> fresh = listeners.rebind(settings);
        for (Gateway gateway : service.gateways()) {
            former.add(gateway);
            gateway.rest();
        }
        Service before = service;
        service = other;
        before.cache().close();
        fresh.forEach(this::listen);
    }

    /// Takes clients until the listener is closed. What fails for one of them must not end it for the others. The place is taken
    /// for a client that is there: a listener that waits for one must not keep it from those who come to another.
    private void accept(Listeners.Listener listener) {
        while (listener.channel().isOpen()) {
            try {
                welcome(listener.channel().accept(), door(listener));
            } catch (ClosedChannelException | InterruptedException _) {
                return;
            } catch (IOException e) {
                errors.error("Clients can't be let in (" + LogFile.reason(e) + "); idle ones give way, others wait. Allow more open files "
                        + "(ulimit -n), or fewer connections by --max-connections.");
                makeRoom();
                rest();
            } catch (RuntimeException | Error defect) {
                rest();
                tell("A client could not be let in", defect);
            }
        }
    }

    /// As far as that is possible: what has failed may have been for want of memory.
    private void tell(String what, Throwable defect) {
        try {
            errors.defect(what, defect);
        } catch (RuntimeException | Error _) {
            // more important than to say so is to go on
        }
    }

    /// Where there is no place, the idlest gives way: of the same client, or of all.
    private void welcome(SocketChannel channel, Connection.Door door) throws IOException, InterruptedException {
        long client = Doorkeeper.client(channel);
        if (doorkeeper.isFull(client) && !makeRoom(client)) {
            errors.warning(doorkeeper.complaint(channel));
            Doorkeeper.refuse(channel, door != Connection.Door.SECURE);
            return;
        }
        if (!doorkeeper.enter(client)) {
            errors.warning(doorkeeper.complaint());
            do {
                makeRoom(Doorkeeper.NEIGHBOUR);
            } while (!doorkeeper.enter(client));
        }
        boolean admitted = false;
        try {
            admit(channel, client, door);
            admitted = true;
        } finally {
            if (!admitted) { // for want of memory
                doorkeeper.leave(client);
                channel.close();
            }
        }
    }

    /// Gives up files that are only kept open, and ends as many connections as an answer or two need descriptors for their files.
    private void makeRoom() {
        service.cache().giveUp();
        int ended = 0;
        while (ended < FILES && makeRoom(Doorkeeper.NEIGHBOUR)) {
            ended++;
        }
    }

    /// Ends the connection that has been idle for longest; returns whether there was one.
    ///
    /// @param client whose it has to be; a neighbour's for anybody's
    private boolean makeRoom(long client) {
        Connection idlest = null;
        long now = System.nanoTime();
        for (Connection connection : connections) {
            boolean concerned = client == Doorkeeper.NEIGHBOUR || connection.guest() == client;
            if (concerned && connection.isSpare(now) && (idlest == null || connection.isIdlerThan(idlest))) {
                idlest = connection;
            }
        }
        return idlest != null && idlest.giveWay();
    }

    /// A socket of the file system is for a neighbour, such as a proxy, who needs no TLS.
    private Connection.Door door(Listeners.Listener listener) {
        return listener.redirects() ? Connection.Door.REDIRECT
                : service.tls().isPresent() && listener.address() instanceof InetSocketAddress ? Connection.Door.SECURE
                : Connection.Door.PLAIN;
    }

    private void admit(SocketChannel channel, long client, Connection.Door door) {
        noDelay(channel);
        int securePort = door == Connection.Door.REDIRECT ? listeners.port() : 0;
        Connection connection = new Connection(channel, client, door, securePort, () -> service, () -> stopping, errors);
        connections.add(connection);
        work(connection);
        if (stopping) {
            connection.stop();
        }
    }

    private void work(Connection connection) {
        try {
            Thread.ofVirtual().start(() -> serve(connection));
        } catch (RuntimeException | Error defect) { // for want of memory
            connection.abandon();
            forget(connection);
            tell("A client could not be served", defect);
        }
    }

    private void serve(Connection connection) {
        boolean mayWait = resting != null && sending != null;
        switch (connection.serve(mayWait)) {
            case RESTS -> resting.take(connection);
            case SENDS -> sending.take(connection);
            case WORKS, GONE -> forget(connection);
        }
    }

    private void forget(Connection connection) {
        if (connections.remove(connection)) {
            doorkeeper.leave(connection.guest());
        }
    }

    /// An answer goes out when it is written, not when the client has acknowledged the one before.
    private static void noDelay(SocketChannel channel) {
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        } catch (IOException | UnsupportedOperationException _) {
            // the client has left already, which its thread will see; or this is no TCP
        }
    }

    private static void rest() {
        try {
            Thread.sleep(SHORTAGE);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// What a killed server has left is cleared away soon, what nobody has gone on with in time by and by.
    private void sweep() {
        Service current = service;
        if (current.sites().areWritten()) {
            Thread.ofVirtual().name("sweeper").start(() -> current.sites().sweep(Instant.now()));
        }
    }

    private void reap() {
        try {
            Thread.sleep(REAPING);
            errors.prepare(); // the first clients need the time more
            if (!closed) {
                openLoops();
            }
            for (swept = System.nanoTime() - SWEEPING.toNanos(); !closed; ) {
                Thread.sleep(REAPING);
                reap(System.nanoTime());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// One look at every deadline costs less than a timer for every read.
    private void reap(long now) {
        try {
            if (now - swept >= SWEEPING.toNanos()) {
                swept = now;
                sweep();
            }
            if (now - rested >= RESTING.toNanos()) {
                rested = now;
                service.cache().rest();
            }
            for (Connection connection : connections) {
                connection.endIfOverdue(now);
            }
        } catch (RuntimeException | Error defect) {
            tell("The deadlines could not be looked after", defect);
        }
    }

    /// Takes no more clients, lets requests in flight finish for as long as the limit allows, and cuts off the rest.
    public void drain() {
        stopping = true;
        listeners.close();
        connections.forEach(Connection::stop);

        long end = System.nanoTime() + service.limits().drain().toNanos();
        while (!connections.isEmpty() && System.nanoTime() < end && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(5_000_000);
        }
        connections.forEach(Connection::cut);
    }

    @Override
    public void close() {
        closed = true;
        listeners.close();
        connections.forEach(Connection::cut);
        end(resting);
        end(sending);
        service.cache().close();
        former.forEach(Gateway::close);
        service.gateways().forEach(Gateway::close);
    }

    private static void end(Loop loop) {
        try {
            if (loop != null) {
                loop.close();
            }
        } catch (IOException _) {
            // its thread ends all the same
        }
    }
}
