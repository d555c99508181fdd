package lib.site;

import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import lib.http.Request;
import lib.http.TargetPattern;

/// What happens on purpose, to which requests, and how often? A value; what has happened so far is known to [Turns].
///
/// The first rule that is about a request, and whose turn it is, decides alone.
///
/// @param seed whence all chance comes
/// @param rules in the order of their file
public record Rules(long seed, List<Rule> rules) {
    public static final Rules NONE = new Rules(0, List.of());

    public Rules {
        rules = List.copyOf(rules);
    }

    /// @param methods empty for all of them; GET does not stand for HEAD here
    /// @param answers one after the other, each turn the next; at least one
    /// @param again does the first follow the last? Otherwise the last stays
    public record Rule(TargetPattern pattern, Set<String> methods, When when, List<Behaviour> answers, boolean again) {
        public Rule {
            methods = Set.copyOf(methods);
            answers = List.copyOf(answers);
        }

        /// Which requests, as a person writes it: `GET,HEAD /api/**`.
        public String about() {
            return String.join(",", new TreeSet<>(methods)) + (methods.isEmpty() ? "" : " ") + pattern;
        }

        public boolean isAbout(Request request) {
            return (methods.isEmpty() || methods.contains(request.method())) && pattern.matches(request.target());
        }

        /// Does it take all that the other one is about? Then the other, if it stands below, is never reached.
        public boolean covers(Rule other) {
            return when.equals(When.ALWAYS) && (pattern.equals(TargetPattern.EVERYTHING) || pattern.equals(other.pattern))
                    && (methods.isEmpty() || !other.methods.isEmpty() && methods.containsAll(other.methods));
        }

        /// @param turn from 0 on
        public Behaviour answer(long turn) {
            int count = answers.size();
            return answers.get((int) (again ? turn % count : Math.min(turn, count - 1)));
        }
    }

    /// Of the requests that a rule is about, whose turn is it? All three must agree.
    ///
    /// @param times so many turns, and no more
    /// @param every each so manieth request
    /// @param chance how likely it is, from 0 to 1
    public record When(long times, long every, double chance) {
        public static final When ALWAYS = new When(Long.MAX_VALUE, 1, 1);

        /// @param request which one it is, from 1 on
        /// @param turns how many there have been
        /// @param drawn from 0 to 1, without the 1
        public boolean holds(long request, long turns, double drawn) {
            return turns < times && request % every == 0 && drawn < chance;
        }
    }

    /// What chance brings to the n-th request that comes to a rule: always the same, in whatever order requests come to others.
    public SplittableRandom chance(int rule, long request) {
        long ofRule = new SplittableRandom(seed ^ (long) rule << 48).nextLong(); // lest seeds side by side give nearly the same run
        return new SplittableRandom(ofRule ^ request);
    }
}
