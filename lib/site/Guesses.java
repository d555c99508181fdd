package lib.site;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/// How soon may a client try another password?
///
/// A person mistypes a few times; a program guesses for ever. The first few failures cost nothing, each one after them twice
/// the time of the one before. Nobody waits in here: who is too early is told when to come again. Clients are told
/// apart by their address, so that none pays for another.
final class Guesses {
    /// So many failures cost nothing.
    static final int FREE = 5;

    private static final Duration FIRST_WAIT = Duration.ofSeconds(1);

    /// After so long without another failure all is forgotten.
    private static final Duration MEMORY = Duration.ofMinutes(15);

    /// Clients that are remembered; beyond, the one that was not seen for the longest time is forgotten.
    private static final int MOST_CLIENTS = 10_000;

    /// One client. Whoever compares a password for it holds its lock, for else fifty guesses at once would all be the first.
    final class Guesser {
        final ReentrantLock lock = new ReentrantLock();
        private int failures;
        private Instant lastFailure = Instant.MIN;

        /// How long it has to wait yet; zero if it may try.
        Duration waitingTime(Instant now) {
            if (failures > 0 && !now.isBefore(lastFailure.plus(MEMORY))) {
                failures = 0;
            }
            if (failures < FREE) {
                return Duration.ZERO; // whichever of them came first: those that wait for the lock overtake one another
            }
            if (now.isBefore(lastFailure)) {
                lastFailure = now; // the clock was set back, and nobody is to wait for it
            }
            Duration left = Duration.between(now, lastFailure.plus(price()));
            return left.isNegative() ? Duration.ZERO : left;
        }

        private Duration price() {
            Duration price = FIRST_WAIT.multipliedBy(1L << Math.min(failures - FREE, 30));
            return price.compareTo(longestWait) < 0 ? price : longestWait;
        }

        /// A success undoes nothing: who knows one password could otherwise guess another's in between.
        void failed(Instant now) {
            failures++;
            lastFailure = now;
        }
    }

    private final Duration longestWait;
    private final Map<String, Guesser> guessers = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Guesser> eldest) {
            return size() > MOST_CLIENTS;
        }
    };

    Guesses(Duration longestWait) {
        this.longestWait = longestWait;
    }

    /// @param address as text
    synchronized Guesser of(String address) {
        return guessers.computeIfAbsent(network(address), _ -> new Guesser());
    }

    /// Whoever has an IPv6 address has the 64 bits of its network, too, all of them.
    private static String network(String address) {
        int end = -1;
        for (int i = 0; i < 4 && address.indexOf(':') >= 0; i++) {
            end = address.indexOf(':', end + 1);
        }
        return end < 0 ? address : address.substring(0, end);
    }
}
