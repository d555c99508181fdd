package tests.torture;

import java.util.ArrayList;
import java.util.List;

/// How fast does something grow? As fast as between most pairs of its samples (the median of all slopes, by Theil and Sen), so that one that
/// was taken at a bad moment counts for little.
final class Slope {
    private final List<Double> seconds = new ArrayList<>();
    private final List<Double> values = new ArrayList<>();

    void add(double second, double value) {
        seconds.add(second);
        values.add(value);
    }

    /// What it will have grown by in a day if it goes on like that.
    double perDay() {
        List<Double> slopes = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            for (int j = i + 1; j < values.size(); j++) {
                slopes.add((values.get(j) - values.get(i)) / (seconds.get(j) - seconds.get(i)));
            }
        }
        slopes.sort(null);
        return slopes.isEmpty() ? 0 : slopes.get(slopes.size() / 2) * 86_400;
    }

    double first() {
        return values.getFirst();
    }

    double last() {
        return values.getLast();
    }
}
