package lib.gateway;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/// What does a program say that is not for the client? Octets in, lines for the error log out; long ones are cut, and so is a flood.
final class ErrorLines {
    private static final int LINE_OCTETS = 1024;
    private static final int MOST_LINES = 1000;

    private final Consumer<String> errors;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private int lines;

    /// @param errors hears a sentence for each line, which begins with a verb
    ErrorLines(Consumer<String> errors) {
        this.errors = errors;
    }

    void take(byte[] octets, int offset, int count) {
        for (int i = offset; i < offset + count && lines <= MOST_LINES; i++) {
            if (octets[i] == '\n') {
                end();
            } else if (octets[i] != '\r') {
                line.write(octets[i]);
                if (line.size() == LINE_OCTETS) {
                    end();
                }
            }
        }
    }

    /// Nothing more comes: what is there is the last line.
    void end() {
        if (line.size() > 0 && lines < MOST_LINES) {
            errors.accept("says: " + line.toString(StandardCharsets.UTF_8));
        } else if (line.size() > 0 && lines == MOST_LINES) {
            errors.accept("says more than " + MOST_LINES + " lines; the rest is dropped.");
        }
        lines += line.size() > 0 ? 1 : 0;
        line.reset();
    }
}
