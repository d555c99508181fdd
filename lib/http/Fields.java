package lib.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What does a field section say? (RFC 9110 §5)
///
/// The lines in their order, repeats kept; names are compared without regard to case. A value is a string of octets,
/// one char each (ISO 8859-1), so that nothing is lost or guessed.
public record Fields(List<Line> lines) {
    public static final Fields NONE = new Fields(List.of());

    /// One field line. A name is a token and a value holds no control character: neither can break out of its line.
    public record Line(String name, String value) {
        public Line {
            if (!Tokens.isToken(name) || !Tokens.isFieldValue(value)) {
                throw new IllegalArgumentException("not a field line");
            }
        }
    }

    public Fields {
        lines = List.copyOf(lines);
    }

    /// Names and values in turn.
    public static Fields of(String... namesAndValues) {
        List<Line> lines = new ArrayList<>(namesAndValues.length / 2);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            lines.add(new Line(namesAndValues[i], namesAndValues[i + 1]));
        }
        return new Fields(lines);
    }

    /// These lines, then one more.
    public Fields with(String name, String value) {
        List<Line> more = new ArrayList<>(lines);
        more.add(new Line(name, value));
        return new Fields(more);
    }

    /// These lines without those that `others` names, then all of `others`.
    public Fields replacedBy(Fields others) {
        if (others.lines.isEmpty()) {
            return this;
        }

        List<Line> merged = new ArrayList<>(lines);
        merged.removeIf(line -> others.has(line.name));
        merged.addAll(others.lines);
        return new Fields(merged);
    }

    public boolean has(String name) {
        return first(name).isPresent();
    }

    /// How many lines bear this name?
    public int count(String name) {
        return values(name).size();
    }

    /// The value of the first line of this name.
    public Optional<String> first(String name) {
        for (Line line : lines) {
            if (line.name.equalsIgnoreCase(name)) {
                return Optional.of(line.value);
            }
        }
        return Optional.empty();
    }

    /// The values of all lines of this name, in order.
    public List<String> values(String name) {
        List<String> values = new ArrayList<>(1);
        for (Line line : lines) {
            if (line.name.equalsIgnoreCase(name)) {
                values.add(line.value);
            }
        }
        return values;
    }

    /// All lines of this name as the one list that they stand for (§5.3); empty where there is none.
    public Optional<String> combined(String name) {
        List<String> values = values(name);
        return values.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", values));
    }

    /// Does a list field, in any of its lines and in any position, hold this token?
    public boolean lists(String name, String token) {
        for (String value : values(name)) {
            if (Tokens.list(value).stream().anyMatch(token::equalsIgnoreCase)) {
                return true;
            }
        }
        return false;
    }
}
