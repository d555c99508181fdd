package lib.site;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/// How does a text go out that is made of many small pieces? In UTF-8, and many of them at a time.
final class Pen {
    private static final int ENOUGH_CHARACTERS = 8 * 1024;

    private final OutputStream out;
    private final StringBuilder written = new StringBuilder(ENOUGH_CHARACTERS + 1024);

    Pen(OutputStream out) {
        this.out = out;
    }

    Pen write(String text) {
        written.append(text);
        return this;
    }

    /// `count` of them, but `least` at least.
    Pen blanks(int count, int least) {
        written.repeat(' ', Math.max(count, least));
        return this;
    }

    /// Ends a line, which goes out with the next ones.
    void endLine() throws IOException {
        written.append('\n');
        if (written.length() >= ENOUGH_CHARACTERS) {
            passOn();
        }
    }

    /// Has all of it sent now.
    void flush() throws IOException {
        passOn();
        out.flush();
    }

    private void passOn() throws IOException {
        out.write(written.toString().getBytes(StandardCharsets.UTF_8));
        written.setLength(0);
    }
}
