package lib.site;

import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;
import lib.http.Request;

/// Which rule's turn is it? Counts the requests that come to each rule, and the turns that it has had: one rule sees only those
/// that no rule above it has taken.
///
/// For any threads. Requests that come at the same time are counted one after the other.
public final class Turns {

    /// @param latency as it was drawn
    public record Turn(Behaviour behaviour, Duration latency) {}

    private final Rules rules;
    private final long[] requests;
    private final long[] turns;

    /// Begins to count.
    public Turns(Rules rules) {
        this.rules = rules;
        this.requests = new long[rules.rules().size()];
        this.turns = new long[rules.rules().size()];
    }

    /// What happens to this request; empty where it is what always does.
    public synchronized Optional<Turn> next(Request request) {
        for (int i = 0; i < requests.length; i++) {
            Rules.Rule rule = rules.rules().get(i);
            if (rule.isAbout(request)) {
                SplittableRandom chance = rules.chance(i, ++requests[i]);
                if (rule.when().holds(requests[i], turns[i], chance.nextDouble())) {
                    Behaviour behaviour = rule.answer(turns[i]++);
                    return Optional.of(new Turn(behaviour, behaviour.latency().drawn(chance.nextDouble())));
                }
            }
        }
        return Optional.empty();
    }
}
