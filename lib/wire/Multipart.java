package lib.wire;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import lib.http.Fields;
import lib.http.Tokens;

/// Which parts does the content of a form have? (RFC 7578, RFC 2046 §5.1.1)
///
///     --boundary CRLF  field section  CRLF  octets of the part  CRLF--boundary CRLF ... CRLF--boundary-- CRLF
///
/// Content streams through: no part is held in memory. A delimiter is looked for in a window, which is a [Block].
public final class Multipart implements AutoCloseable {

    /// The client has not kept to the grammar.
    public static final class MalformedForm extends Exception {
        private static final long serialVersionUID = 1;
    }

    /// One part; its content is to be read before the next part is asked for, or is skipped then.
    ///
    /// @param content its octets; reading throws what reading the whole content throws, and [EarlyEnd] where the last
    ///     delimiter is missing
    public record Part(Fields fields, InputStream content) {}

    /// The content ended in the middle of a part.
    public static final class EarlyEnd extends IOException {
        private static final long serialVersionUID = 1;
    }

    /// Longer than this is no boundary (RFC 2046 §5.1.1).
    private static final int BOUNDARY_OCTETS = 70;

    private static final int FIELDS_OCTETS = 8 * 1024;
    private static final int FIELD_LINES = 32;

    /// The most that is read of a part that nobody wants.
    private static final int SKIPPED_OCTETS = 1 << 20;

    private final InputStream content;
    private final byte[] delimiter;

    /// How far the search may leap from a place where the delimiter is not, by the octet that stands where its last would be
    /// (Horspool's search).
    private final int[] leaps = new int[256];

    private final Block block = new Block();
    private byte[] window = block.octets();
    private int first;
    private int end;
    private int filled;
    private boolean begun;
    private boolean inPart;

    private Multipart(InputStream content, String boundary) {
        this.content = content;
        this.delimiter = ("\r\n--" + boundary).getBytes(StandardCharsets.ISO_8859_1);
        Arrays.fill(leaps, delimiter.length);
        for (int i = 0; i < delimiter.length - 1; i++) {
            leaps[delimiter[i] & 0xFF] = delimiter.length - 1 - i;
        }
    }

    /// @param type the Content-Type field; empty comes out where it is not that of a form with files
    public static Optional<Multipart> of(String type, InputStream content) {
        List<String> words = Arrays.stream(type.split(";", 2)).map(Tokens::trimmed).toList();
        if (!words.getFirst().toLowerCase(Locale.ROOT).equals("multipart/form-data") || words.size() < 2) {
            return Optional.empty();
        }
        String parameters = words.get(1);
        int at = parameters.toLowerCase(Locale.ROOT).indexOf("boundary=");
        String rest = at < 0 ? "" : parameters.substring(at + "boundary=".length());
        boolean quoted = rest.startsWith("\"");
        int close = rest.indexOf(quoted ? '"' : ';', 1);
        String boundary = Tokens.trimmed(rest.substring(quoted ? 1 : 0, close < 0 ? rest.length() : close));
        return boundary.isEmpty() || boundary.length() > BOUNDARY_OCTETS ? Optional.empty()
                : Optional.of(new Multipart(content, boundary));
    }

    /// The next part; empty behind the last. What follows that is not read.
    ///
    /// @throws MalformedForm if a delimiter or a field section is not one
    /// @throws IOException if the content can't be read
    public Optional<Part> next() throws IOException, MalformedForm {
        if (!begun) {
            begin();
        }
        skip();
        if (isLast()) {
            return Optional.empty();
        }
        if (!line().isBlank()) {
            throw new MalformedForm();
        }
        Fields fields = fields();
        inPart = true;
        return Optional.of(new Part(fields, new PartContent()));
    }

    /// The first delimiter has no line break before it if nothing stands there. What does is for nobody, as a part of its
    /// own would be that nobody read.
    private void begin() {
        begun = true;
        window[0] = '\r';
        window[1] = '\n';
        end = 2;
        inPart = true;
    }

    private void skip() throws IOException, MalformedForm {
        PartContent rest = new PartContent();
        byte[] scrap = new byte[1024];
        long left = SKIPPED_OCTETS;
        try {
            for (int count = rest.read(scrap); count >= 0; count = rest.read(scrap)) {
                left -= count;
                if (left < 0) {
                    throw new MalformedForm();
                }
            }
        } catch (EarlyEnd _) {
            throw new MalformedForm();
        }
    }

    /// The last delimiter has two hyphens behind it; clients differ in what follows them, if anything.
    private boolean isLast() throws IOException {
        boolean more = true;
        while (end - first < 2 && more) {
            more = fill();
        }
        return end - first >= 2 && window[first] == '-' && window[first + 1] == '-';
    }

    private Fields fields() throws IOException, MalformedForm {
        List<Fields.Line> lines = new ArrayList<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            byte[] octets = line.getBytes(StandardCharsets.ISO_8859_1);
            Optional<Fields.Line> field = HeadParser.fieldLine(octets, 0, octets.length);
            if (field.isEmpty() || lines.size() == FIELD_LINES) {
                throw new MalformedForm();
            }
            lines.add(field.get());
        }
        return new Fields(lines);
    }

    private String line() throws IOException, MalformedForm {
        StringBuilder line = new StringBuilder();
        while (true) {
            if (first == end && !fill()) {
                throw new MalformedForm();
            }
            char c = (char) (window[first++] & 0xFF);
            if (c == '\n' && !line.isEmpty() && line.charAt(line.length() - 1) == '\r') {
                return line.substring(0, line.length() - 1);
            }
            if (line.length() > FIELDS_OCTETS) {
                throw new MalformedForm();
            }
            line.append(c);
        }
    }

    /// More octets behind those in the window, if the content has some.
    private boolean fill() throws IOException {
        if (first == end) {
            window = block.after(filled);
        } else {
            System.arraycopy(window, first, window, 0, end - first);
        }
        end -= first;
        first = 0;
        filled = content.read(window, end, window.length - end);
        end += Math.max(filled, 0);
        return filled > 0;
    }

    /// Gives its window back; the content stays open.
    @Override
    public void close() {
        block.close();
    }

    /// Where in the window the delimiter begins, or could begin if more came; `end` where it can't.
    private int delimiterAt() {
        int i = first;
        while (i + delimiter.length <= end) {
            int last = i + delimiter.length;
            if (window[last - 1] == delimiter[delimiter.length - 1] && Arrays.equals(window, i, last, delimiter, 0, delimiter.length)) {
                return i;
            }
            i += leaps[window[last - 1] & 0xFF];
        }
        while (i < end && !Arrays.equals(window, i, end, delimiter, 0, end - i)) {
            i++;
        }
        return i;
    }

    /// The octets up to the next delimiter, which is eaten with the last of them.
    private final class PartContent extends BlockStream {
        private boolean atEnd = !inPart;

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            while (!atEnd) {
                int at = delimiterAt();
                if (at > first) {
                    int count = Math.min(length, at - first);
                    System.arraycopy(window, first, into, offset, count);
                    first += count;
                    return count;
                }
                if (end - first >= delimiter.length) {
                    first += delimiter.length;
                    atEnd = true;
                    inPart = false;
                } else if (!fill()) {
                    throw new EarlyEnd();
                }
            }
            return -1;
        }
    }
}
