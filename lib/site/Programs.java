package lib.site;

import java.util.ArrayList;
import java.util.List;

/// Where do programs answer in the place of files?
///
/// @param rules the first that is about a path decides
public record Programs(List<Rule> rules) {
    public static final Programs NONE = new Programs(List.of());

    /// @param files is each a file of the tree, which is looked for? Else one program answers for every path below the pattern's,
    ///     and for that path itself
    public record Rule(PathPattern pattern, boolean files, Gateway gateway) {

        private boolean covers(List<String> segments) {
            int depth = pattern.below().size();
            return !files && segments.size() >= depth && segments.subList(0, depth).equals(pattern.below());
        }

        /// Is a file here none to be read, but to be run?
        private boolean hides(List<String> segments) {
            return files && pattern.meets(segments);
        }
    }

    public Programs {
        rules = List.copyOf(rules);
    }

    public boolean isEmpty() {
        return rules.isEmpty();
    }

    /// May what stands at these segments be a program? Then nobody reads it, and nobody writes it.
    boolean hide(List<String> segments) {
        for (Rule rule : rules) {
            if (rule.hides(segments)) {
                return true;
            }
        }
        return false;
    }

    /// A way to cut segments in two: those that name a program, and the rest, which is for the program.
    ///
    /// @param length how many name it
    record Cut(Rule rule, int length) {}

    /// Every way in which these segments can name a program, the one to try first in front.
    List<Cut> cuts(List<String> segments) {
        List<Cut> cuts = new ArrayList<>();
        for (Rule rule : rules) {
            if (rule.covers(segments)) {
                cuts.add(new Cut(rule, rule.pattern.below().size()));
            }
            for (int i = 0; rule.files && i < segments.size(); i++) {
                if (rule.pattern.names(segments, i)) {
                    cuts.add(new Cut(rule, i + 1));
                }
            }
        }
        return cuts;
    }
}
