package lib.host;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Was everything fetched that should be, and nothing answered that should not? Asked at the end.
///
/// What counts as fetched has been answered whole, with a status below 400.
final class Verdict {
    /// Of what went wrong so much is told one by one. A test that asks for ten thousand things has one fault, not as many.
    private static final int MOST_TOLD = 100;

    private final List<Unwanted> unwanted;
    private final Set<Wanted> open; // guarded by this, as is what follows
    private final Map<String, Integer> met = new LinkedHashMap<>();
    private int more;

    Verdict(List<Wanted> wanted, List<Unwanted> unwanted) {
        this.open = new LinkedHashSet<>(wanted);
        this.unwanted = List.copyOf(unwanted);
    }

    /// @param method empty where no request could be read
    /// @param whole did the answer reach its end?
    synchronized void see(String method, String target, int status, boolean whole) {
        if (status < 400 && whole) {
            open.removeIf(wanted -> wanted.matches(method, target));
        }
        if (unwanted.stream().anyMatch(some -> some.matches(status, method, target))) {
            String answer = status + " " + (method.isEmpty() ? "to what was no request" : method + ' ' + target);
            if (met.containsKey(answer) || met.size() < MOST_TOLD) {
                met.merge(answer, 1, Integer::sum);
            } else {
                more++;
            }
        }
    }

    /// What there is to complain of, a line each; empty if all is well.
    synchronized List<String> complaints() {
        List<String> complaints = new ArrayList<>();
        open.forEach(wanted -> complaints.add("never fetched: " + wanted));
        met.forEach((answer, times) -> complaints.add("answered " + LogText.sentence(answer)
                + (times == 1 ? "" : " (" + times + " times)")));
        if (more > 0) {
            complaints.add("answered " + more + " more that --fail-on names");
        }
        return complaints;
    }
}
