package lib.site;

import java.time.Instant;
import java.util.function.Function;

/// What is a date to the minute? Many entries of a directory have the same one behind each other, and then it is written once.
final class Minute {
    private static final int SECONDS = 60;

    private final Function<Instant, String> format;
    private long last = Long.MIN_VALUE;
    private String text = "";

    /// @param format the same for all instants of a minute
    Minute(Function<Instant, String> format) {
        this.format = format;
    }

    String of(Instant instant) {
        long minute = Math.floorDiv(instant.getEpochSecond(), SECONDS);
        if (minute != last) {
            text = format.apply(instant);
            last = minute;
        }
        return text;
    }
}
