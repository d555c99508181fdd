package tests.torture;

import java.util.ArrayList;
import java.util.List;

/// How fast does something grow? A straight line through all its samples, by least squares.
final class Slope {
    private final List<Double> seconds = new ArrayList<>();
    private final List<Double> values = new ArrayList<>();

    void add(double second, double value) {
        seconds.add(second);
        values.add(value);
    }

    /// What it will have grown by in a day if it goes on like that.
    double perDay() {
        double middle = mean(seconds);
        double level = mean(values);
        double above = 0;
        double below = 0;
        for (int i = 0; i < values.size(); i++) {
            above += (seconds.get(i) - middle) * (values.get(i) - level);
            below += (seconds.get(i) - middle) * (seconds.get(i) - middle);
        }
        return below == 0 ? 0 : above / below * 86_400;
    }

    double first() {
        return values.getFirst();
    }

    double last() {
        return values.getLast();
    }

    private static double mean(List<Double> numbers) {
        return numbers.stream().mapToDouble(Double::doubleValue).average().orElse(0);
    }
}
