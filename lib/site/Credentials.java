package lib.site;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import lib.http.Authorization;
import lib.http.Client;
import lib.http.Fields;
import lib.http.Request;

/// Who is asking? A request comes in, and who has proven to be its sender goes out; what that allows is not decided here.
///
/// A password is compared slowly once, and then remembered by a keyed digest, so that the next request of its user costs
/// next to nothing. Whoever guesses is slowed down and slows down nobody else.
public final class Credentials {

    /// Who has sent a request?
    public sealed interface Identity {
        /// Somebody who does not say.
        record Nobody() implements Identity {}

        /// A user who has proven it.
        record Known(String user) implements Identity {}

        /// Somebody who has proven nothing.
        ///
        /// @param stale is the password right, and only the nonce too old? Then no person need be asked again
        record Unproven(boolean stale) implements Identity {}

        /// Somebody who has failed too often to be heard already.
        record TooEarly(Duration left) implements Identity {}

        /// Somebody whom we don't understand, or who contradicts himself.
        record Malformed() implements Identity {}
    }

    /// What a person is asked to log in to. Each origin asks for itself, so one name serves them all.
    private static final String REALM = "Comanche";

    /// Nobody types more; a hash of it would take long.
    private static final int LONGEST_OCTETS = 1024;

    private static final Identity NOBODY = new Identity.Nobody();
    private static final Identity WRONG = new Identity.Unproven(false);

    /// Slow comparisons at once, of all sites together: the rest of the processors is for those who don't guess.
    private static final Semaphore COMPARISONS =
            new Semaphore(Math.max(1, Runtime.getRuntime().availableProcessors() / 2), true);

    private final Supplier<Users> users;
    private final boolean offersDigest;
    private final Guesses guesses;
    private final Secret secret = new Secret();
    private final Nonces nonces = new Nonces();
    private final Remembered remembered = new Remembered();

    /// Users of the settings.
    ///
    /// @param users their passwords are known in the clear, so that Digest can be offered
    /// @param longestWait of who goes on guessing
    public Credentials(Users users, Duration longestWait) {
        this.users = () -> users;
        this.offersDigest = true;
        this.guesses = new Guesses(longestWait);
    }

    /// Users of a file, which is read again when it changes, and of the settings.
    ///
    /// @param ofFile as it was when the settings were read
    /// @param operator hears what is wrong with the file
    public Credentials(Path file, Users ofFile, Users ofSettings, Duration longestWait, Consumer<String> operator) {
        this.users = new UserFile(file, ofFile, ofSettings, operator)::users;
        this.offersDigest = false;
        this.guesses = new Guesses(longestWait);
    }

    /// Who has sent this request?
    Identity identify(Request request, Client client, Instant now) {
        Optional<Authorization> proof = Authorization.of(request.fields());
        return proof.isEmpty() ? NOBODY : switch (proof.get()) {
            case Authorization.Foreign _ -> NOBODY;
            case Authorization.Malformed _ -> new Identity.Malformed();
            case Authorization.Basic basic -> basic(basic, client, now);
            case Authorization.Digest digest when digest.uri().equals(request.rawTarget()) ->
                    digest(digest, request.method(), client, now);
            case Authorization.Digest _ -> new Identity.Malformed(); // a proof for another target (RFC 7616 §3.4.6)
        };
    }

    private Identity basic(Authorization.Basic basic, Client client, Instant now) {
        Users known = users.get();
        Identity user = new Identity.Known(basic.user());
        if (remembered.holds(basic, known)) {
            return user;
        }
        return attempt(client, now, () -> remembered.holds(basic, known), () -> {
            if (!remembered.holds(basic, known) && !isRight(basic, known)) {
                return WRONG;
            }
            remembered.add(basic, known);
            return user;
        });
    }

    /// One try of one client, if it may try already.
    ///
    /// @param isKnown is this no guesser, so that it need not wait? Asked when all earlier tries of the client are through
    private Identity attempt(Client client, Instant now, BooleanSupplier isKnown, Supplier<Identity> attempt) {
        Guesses.Guesser guesser = guesses.of(client.address());
        guesser.lock.lock();
        try {
            Duration left = isKnown.getAsBoolean() ? Duration.ZERO : guesser.waitingTime(now);
            if (left.isPositive()) {
                return new Identity.TooEarly(left);
            }
            Identity identity = attempt.get();
            if (identity == WRONG) {
                guesser.failed(now);
            }
            return identity;
        } finally {
            guesser.lock.unlock();
        }
    }

    /// Compares, also for a name that there is not.
    private boolean isRight(Authorization.Basic basic, Users known) {
        if (basic.user().length() + basic.password().length() > LONGEST_OCTETS) {
            return false;
        }
        Password password = known.passwordOf(basic.user(), lot(basic.user()));
        boolean same = password.isSlow() ? matchesSlowly(password, basic.password()) : password.matches(basic.password());
        return same && known.knows(basic.user());
    }

    /// A number that strangers can't foretell, the same for the same name.
    private int lot(String name) {
        return secret.sign(name).hashCode();
    }

    /// On a thread of the system's own: a virtual one that computes holds its carrier, and with one processor nobody else
    /// would be served meanwhile.
    private static boolean matchesSlowly(Password password, String octets) {
        COMPARISONS.acquireUninterruptibly();
        try {
            FutureTask<Boolean> comparison = new FutureTask<>(() -> password.matches(octets));
            Thread.ofPlatform().name("password").daemon().start(comparison);
            return comparison.get();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            COMPARISONS.release();
        }
    }

    /// A proof is new with each request, so none is remembered; but its nonce is, and who has proven the password with that
    /// before is no guesser.
    private Identity digest(Authorization.Digest digest, String method, Client client, Instant now) {
        return attempt(client, now, () -> nonces.isProven(digest.nonce(), digest.user()), () -> {
            if (!isProven(digest, method)) {
                return WRONG;
            }
            boolean fresh = nonces.take(digest.nonce(), digest.user(), Long.parseLong(digest.count(), 16), now);
            return fresh ? new Identity.Known(digest.user()) : new Identity.Unproven(true);
        });
    }

    private boolean isProven(Authorization.Digest digest, String method) {
        Users known = users.get();
        Password password = known.passwordOf(digest.user(), lot(digest.user()));
        boolean proven = !password.isSlow() && digest.proves(method, password.text());
        return proven && known.knows(digest.user()) && offersDigest && digest.realm().equals(REALM);
    }

    /// What the client may prove itself with, the better way first (RFC 9110 §11.6.1). Under TLS the password is safe as it is;
    /// and what Digest needs can't be had from a hash.
    ///
    /// @param stale was the password right, and only the nonce too old?
    Fields challenge(Client client, boolean stale, Instant now) {
        Fields challenges = !offersDigest || client.secure() ? Fields.NONE : Fields.of("WWW-Authenticate", "Digest realm=\""
                + REALM + "\", qop=\"auth\", algorithm=SHA-256, nonce=\"" + nonces.next(now) + "\", charset=UTF-8"
                + (stale ? ", stale=true" : ""));
        return challenges.with("WWW-Authenticate", "Basic realm=\"" + REALM + "\", charset=\"UTF-8\"");
    }
}
