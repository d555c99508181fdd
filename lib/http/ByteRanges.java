package lib.http;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Which octets of a representation does a Range field select? (RFC 9110 §14)
public sealed interface ByteRanges {

    /// Some of the octets; never empty, never overlapping. In the order asked for (§15.3.7.2), or ascending where some
    /// had to be joined.
    record Selected(List<Range> ranges) implements ByteRanges {
        public Selected {
            ranges = List.copyOf(ranges);
        }
    }

    /// Well-formed, but not one octet of the representation is meant: 416.
    record Unsatisfiable() implements ByteRanges {}

    /// Not ours to understand, or more than we care to: the whole representation is sent (§14.2).
    record Ignored() implements ByteRanges {}

    /// From `first` to `last`, both included; 0 ≤ first ≤ last.
    record Range(long first, long last) {
        public Range {
            if (first < 0 || first > last) {
                throw new IllegalArgumentException("not a range");
            }
        }

        public long length() {
            return last - first + 1;
        }

        /// The value of Content-Range (§14.4).
        public String format(long completeLength) {
            return "bytes " + first + '-' + last + '/' + completeLength;
        }
    }

    /// What `field` selects of `completeLength` octets. Ranges that overlap or touch are joined (§15.3.7.2), so that no
    /// octet is ever sent twice, however often it is asked for; a set of more than `mostRanges` is ignored (§14.2).
    static ByteRanges select(String field, long completeLength, int mostRanges) {
        int equals = field.indexOf('=');
        if (equals < 0 || !Tokens.trimmed(field.substring(0, equals)).equalsIgnoreCase("bytes")) {
            return new Ignored();
        }

        List<String> specs = Tokens.list(field.substring(equals + 1));
        if (specs.isEmpty() || specs.size() > mostRanges || !specs.stream().allMatch(ByteRanges::isSpec)) {
            return new Ignored();
        }

        List<Range> ranges = new ArrayList<>();
        specs.forEach(spec -> addSatisfiable(spec, completeLength, ranges));
        if (!ranges.isEmpty()) {
            return new Selected(joined(ranges));
        }

        // The last octets of nothing are nothing: satisfiable (§14.1.2), but no Content-Range could say so.
        boolean allOfNothing = completeLength == 0 && specs.stream().anyMatch(ByteRanges::isSuffix);
        return allOfNothing ? new Ignored() : new Unsatisfiable();
    }

    /// `first-last`, `first-` or `-suffix`; a last before the first makes the whole set invalid (§14.1.1).
    private static boolean isSpec(String spec) {
        int dash = spec.indexOf('-');
        if (dash < 0) {
            return false;
        }

        String first = spec.substring(0, dash);
        String last = spec.substring(dash + 1);
        boolean digits = (first.isEmpty() || Tokens.isDigits(first)) && (last.isEmpty() || Tokens.isDigits(last));
        boolean open = first.isEmpty() || last.isEmpty();
        return digits && !(first.isEmpty() && last.isEmpty()) && (open || number(first) <= number(last));
    }

    private static void addSatisfiable(String spec, long completeLength, List<Range> ranges) {
        int dash = spec.indexOf('-');
        String first = spec.substring(0, dash);
        String last = spec.substring(dash + 1);

        long from = first.isEmpty() ? Math.max(0, completeLength - number(last)) : number(first);
        long to = first.isEmpty() || last.isEmpty() ? completeLength - 1 : Math.min(number(last), completeLength - 1);
        if (from <= to) {
            ranges.add(new Range(from, to));
        }
    }

    private static boolean isSuffix(String spec) {
        return spec.startsWith("-") && number(spec.substring(1)) > 0;
    }

    private static List<Range> joined(List<Range> ranges) {
        List<Range> ascending = new ArrayList<>(ranges);
        ascending.sort(Comparator.comparingLong(Range::first));
        List<Range> joined = new ArrayList<>();
        Range open = ascending.getFirst();
        for (Range next : ascending) {
            if (next.first <= open.last + 1) {
                open = new Range(open.first, Math.max(open.last, next.last));
            } else {
                joined.add(open);
                open = next;
            }
        }
        joined.add(open);
        return joined.size() == ranges.size() ? ranges : joined;
    }

    /// A position beyond what a long holds lies beyond every file, too.
    private static long number(String digits) {
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException _) {
            return Long.MAX_VALUE;
        }
    }
}
