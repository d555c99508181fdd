package lib.host;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import lib.http.Answer;
import lib.http.Request;
import lib.http.Status;
import lib.site.Behaviour.Reply;
import lib.site.Sites;
import lib.site.Turns;
import lib.wire.Trouble.End;
import lib.wire.TroubledChannel;

/// What does a rule do to one exchange? Its turn has come; here it is seen through.
///
/// Whatever it lets the client wait for is over when the client leaves or the server stops.
final class Mischief {
    /// What the log says of a request that no answer followed: the custom of nginx.
    static final Status UNANSWERED = Status.of(444, "No Response");

    private final Turns.Turn turn;
    private final CountDownLatch over = new CountDownLatch(1);
    private Optional<TroubledChannel> troubled = Optional.empty();

    Mischief(Turns.Turn turn) {
        this.turn = turn;
    }

    /// The answer that stands in for that of the site, in its dress; empty where the site is asked.
    Optional<Answer> answer(Sites sites, Request request) {
        return switch (turn.behaviour().reply()) {
            case Reply.Real _ -> Optional.empty();
            case Reply.Instead instead -> Optional.of(Answer.of(sites.dressed(request, instead.response())));
            case Reply.Never _ -> Optional.of(Answer.of(sites.refuse(Status.SERVICE_UNAVAILABLE))); // which nobody gets to see
        };
    }

    /// Will there never be an answer?
    boolean isSilent() {
        return turn.behaviour().reply() instanceof Reply.Never;
    }

    Answer withFields(Answer answer) {
        return new Answer(answer.response().with(turn.behaviour().fields()), answer.user());
    }

    Duration latency() {
        return turn.latency();
    }

    /// Lets time go by.
    void pause(Duration time) throws IOException {
        try {
            over.await(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted");
        }
    }

    /// There is nobody left who would wait.
    void end() {
        over.countDown();
    }

    /// Does something happen to the answer on its way?
    boolean troubles() {
        return !turn.behaviour().trouble().isNone();
    }

    /// The way of the answer to the channel.
    WritableByteChannel before(WritableByteChannel channel, TroubledChannel.Pause pause) {
        troubled = Optional.of(new TroubledChannel(channel, turn.behaviour().trouble(), pause));
        return troubled.get();
    }

    /// What the log says of an answer that has left as far as it was to.
    Status statusTold(Status status) {
        return troubled.isPresent() && !troubled.get().hasBegun() ? UNANSWERED : status;
    }

    /// The same of its octets.
    long octetsTold(long octets) {
        return troubled.isPresent() ? troubled.get().contentOctets() : octets;
    }

    /// Has the answer broken off where it was to?
    boolean meant(IOException e) {
        return e instanceof TroubledChannel.Broken;
    }

    /// Is the client then to be told by a reset?
    boolean resets() {
        return turn.behaviour().trouble().end() instanceof End.Reset;
    }

    /// Must the connection close, although the answer has gone out to its end?
    boolean misleads() {
        return turn.behaviour().trouble().misleads();
    }
}
