package tests.torture;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static tests.torture.Trial.hold;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Which answers are these octets? Read strictly: what is no complete answer of HTTP/1.1 is a broken promise.
final class Answers {

    /// A final answer and the interim ones before it.
    ///
    /// @param interim their statuses
    record Answer(int status, List<String> fields, String content, List<Integer> interim) {
        Optional<String> field(String name) {
            return fields.stream().filter(line -> line.regionMatches(true, 0, name + ": ", 0, name.length() + 2)).findFirst()
                    .map(line -> line.substring(name.length() + 2));
        }

        boolean closes() {
            return field("Connection").filter("close"::equals).isPresent();
        }
    }

    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.1 ([1-5][0-9]{2}) ([\\t -~\\x80-\\xff]*+)\\r\\n");
    private static final Pattern FIELD_LINE = Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]++): ([\\t -~\\x80-\\xff]*+)\\r\\n");
    private static final Pattern CHUNK_SIZE = Pattern.compile("([0-9a-fA-F]{1,8})\\r\\n");

    private final String octets;
    private int at;

    private Answers(String octets) {
        this.octets = octets;
    }

    /// All of them, to the last octet.
    ///
    /// @param methods of the requests, in order; where there are more answers than requests, the rest was asked by nobody
    static List<Answer> read(byte[] octets, List<String> methods) {
        Answers reader = new Answers(new String(octets, ISO_8859_1));
        List<Answer> answers = new ArrayList<>();
        while (reader.at < octets.length) {
            boolean headOnly = answers.size() < methods.size() && methods.get(answers.size()).equals("HEAD");
            answers.add(reader.answer(headOnly));
        }
        return answers;
    }

    private Answer answer(boolean headOnly) {
        List<Integer> interim = new ArrayList<>();
        while (true) {
            int status = Integer.parseInt(next(STATUS_LINE, "status line").group(1));
            List<String> fields = fields();
            if (status >= 200) {
                Answer head = new Answer(status, fields, "", interim);
                return new Answer(status, fields, headOnly || status == 204 || status == 304 ? "" : content(head), interim);
            }
            interim.add(status);
        }
    }

    private List<String> fields() {
        List<String> fields = new ArrayList<>();
        while (!octets.startsWith("\r\n", at)) {
            Matcher line = next(FIELD_LINE, "field line");
            fields.add(line.group(1) + ": " + line.group(2));
        }
        at += 2;
        return fields;
    }

    private String content(Answer head) {
        if (head.field("Transfer-Encoding").isPresent()) {
            hold(head.field("Transfer-Encoding").get().equals("chunked") && head.field("Content-Length").isEmpty(), "framing of " + head);
            return chunks();
        }
        if (head.field("Content-Length").isEmpty()) {
            hold(head.closes(), "no length, and no end: " + head);
            return take(octets.length() - at);
        }
        return take(Integer.parseInt(head.field("Content-Length").get()));
    }

    private String chunks() {
        StringBuilder content = new StringBuilder();
        for (int size = size(); size > 0; size = size()) {
            content.append(take(size));
            hold(take(2).equals("\r\n"), "a chunk does not end");
        }
        hold(take(2).equals("\r\n"), "the last chunk does not end");
        return content.toString();
    }

    private int size() {
        return Integer.parseInt(next(CHUNK_SIZE, "chunk size").group(1), 16);
    }

    private String take(int count) {
        hold(at + count <= octets.length(), "an answer ends too early");
        at += count;
        return octets.substring(at - count, at);
    }

    private Matcher next(Pattern pattern, String what) {
        Matcher matcher = pattern.matcher(octets).region(at, octets.length());
        hold(matcher.lookingAt(), "no " + what + ": " + Seeds.line(octets.substring(at, Math.min(at + 200, octets.length())).getBytes(ISO_8859_1)));
        at = matcher.end();
        return matcher;
    }
}
