package lib.site;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/// Which nonces are ours and fresh, and which of their counts were used? (RFC 7616 §3.3 and §5.12)
///
/// A nonce says itself when it was made, and is signed: to hand one out costs no memory. Only of those that somebody has
/// proven a password with, a line is kept.
///
///     8 octets of milliseconds | 8 octets of serial number | 32 octets of signature        in Base64 for URLs
final class Nonces {
    private static final Duration LIFE = Duration.ofMinutes(5);

    /// Nonces in use at once.
    private static final int MOST_USED = 10_000;

    private static final int STATEMENT_OCTETS = 2 * Long.BYTES;

    private record Statement(Instant made, long serial) {}

    /// The counts of a nonce that were used: the highest and, a bit each, the 64 up to it. A browser's connections overtake
    /// one another, so that the counts come nearly in order.
    private static final class Counts {
        final String user;
        private long highest;
        private long window;

        Counts(String user) {
            this.user = user;
        }

        /// Notes it; was it new?
        boolean take(long count) {
            if (count > highest) {
                long ahead = count - highest;
                window = ahead >= Long.SIZE ? 1 : window << ahead | 1;
                highest = count;
                return true;
            }
            long bit = highest - count < Long.SIZE ? 1L << highest - count : 0;
            boolean isNew = bit != 0 && (window & bit) == 0 && count > 0;
            window |= bit;
            return isNew;
        }
    }

    private final Secret secret = new Secret();
    private final AtomicLong serial = new AtomicLong();
    private final Map<String, Counts> used = new LinkedHashMap<>(); // guarded by this

    /// Nonces up to this serial number may have been used and forgotten.
    private long forgotten;

    String next(Instant now) {
        byte[] statement = ByteBuffer.allocate(STATEMENT_OCTETS).putLong(now.toEpochMilli())
                .putLong(serial.incrementAndGet()).array();
        byte[] signature = secret.sign(statement);
        ByteBuffer nonce = ByteBuffer.allocate(statement.length + signature.length).put(statement).put(signature);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(nonce.array());
    }

    /// Has this user proven a password with this nonce before?
    synchronized boolean isProven(String nonce, String user) {
        return used.containsKey(nonce) && used.get(nonce).user.equals(user);
    }

    /// Notes that the user has proven the password with this count of this nonce. Returns whether that is worth anything: not if
    /// the nonce is not ours or too old, and not if it is heard for the second time, perhaps from somebody who listened.
    synchronized boolean take(String nonce, String user, long count, Instant now) {
        Optional<Statement> statement = opened(nonce).filter(said -> now.isBefore(said.made.plus(LIFE)));
        if (statement.isEmpty() || (!used.containsKey(nonce) && statement.get().serial <= forgotten)) {
            return false;
        }
        Counts counts = used.computeIfAbsent(nonce, _ -> new Counts(user));
        if (used.size() > MOST_USED) {
            String eldest = used.keySet().iterator().next();
            used.remove(eldest);
            forgotten = Math.max(forgotten, opened(eldest).orElseThrow().serial);
        }
        return counts.user.equals(user) && counts.take(count);
    }

    /// What a nonce of ours says; empty if it is not ours.
    private Optional<Statement> opened(String nonce) {
        byte[] octets;
        try {
            octets = Base64.getUrlDecoder().decode(nonce);
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
        byte[] statement = Arrays.copyOf(octets, STATEMENT_OCTETS);
        byte[] signature = Arrays.copyOfRange(octets, Math.min(STATEMENT_OCTETS, octets.length), octets.length);
        ByteBuffer said = ByteBuffer.wrap(statement);
        return MessageDigest.isEqual(secret.sign(statement), signature)
                ? Optional.of(new Statement(Instant.ofEpochMilli(said.getLong()), said.getLong())) : Optional.empty();
    }
}
