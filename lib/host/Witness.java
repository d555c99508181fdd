package lib.host;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// Who sees every request with its answer, for a test that wants to know at the end? It counts, judges, and keeps a journal. A
/// server that nobody wants to know anything of has no witness, and pays for none.
public final class Witness implements AutoCloseable {
    /// How long who asks waits for answers that are under way.
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofNanos(100_000);

    private final Optional<Journal> journal;
    private final Verdict verdict;
    private final boolean remembers;
    private final List<Journal.Entry> remembered = new ArrayList<>(); // guarded by itself
    private final AtomicLong open = new AtomicLong();
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong octets = new AtomicLong();

    private Witness(Optional<Journal> journal, Verdict verdict, boolean remembers) {
        this.journal = journal;
        this.verdict = verdict;
        this.remembers = remembers;
    }

    /// @throws Fault if there can be no journal
    public static Witness of(Settings settings, ErrorLog errors) throws Fault {
        return of(settings.fixture(), false, errors);
    }

    /// One that remembers all that it has seen, for who asks it in the same process.
    ///
    /// @throws Fault if there can be no journal
    static Witness remembering(Settings settings, ErrorLog errors) throws Fault {
        return of(settings.fixture(), true, errors);
    }

    private static Witness of(Settings.FixtureSettings fixture, boolean remembers, ErrorLog errors) throws Fault {
        Optional<Journal> journal = fixture.journal().isEmpty() ? Optional.empty()
                : Optional.of(Journal.open(fixture.journal().get(), fixture.masked(), errors));
        return new Witness(journal, new Verdict(fixture.wanted(), fixture.unwanted()), remembers);
    }

    /// Does it want to know the hash of content?
    boolean looksInside() {
        return journal.isPresent() || remembers;
    }

    /// A request is there; its end will be told, whether it has been seen by then or not.
    void begin() {
        open.incrementAndGet();
    }

    void end() {
        open.decrementAndGet();
    }

    void see(Journal.Entry entry) {
        requests.incrementAndGet();
        octets.addAndGet(entry.line().octets());
        verdict.see(entry.line().method(), entry.line().target(), entry.line().status(), entry.complete());
        journal.ifPresent(open -> open.write(entry));
        if (remembers) {
            synchronized (remembered) {
                remembered.add(entry);
            }
        }
    }

    /// Requests that were answered, refusals too.
    public long requests() {
        return requests.get();
    }

    /// Octets of content that were sent.
    public long octets() {
        return octets.get();
    }

    /// What was never fetched, and what was answered against all expectation, a line each.
    public List<String> complaints() {
        awaitWhatIsUnderWay();
        return verdict.complaints();
    }

    /// All that it has seen, in the order in which the answers ended; nothing if it does not remember.
    List<Journal.Entry> entries() {
        awaitWhatIsUnderWay();
        synchronized (remembered) {
            return List.copyOf(remembered);
        }
    }

    /// What a client has been answered already may still be on its way to us.
    private void awaitWhatIsUnderWay() {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (open.get() > 0 && System.nanoTime() < end && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    @Override
    public void close() {
        journal.ifPresent(Journal::close);
    }
}
