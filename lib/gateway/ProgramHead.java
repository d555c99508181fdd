package lib.gateway;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import lib.http.Fields;
import lib.http.Status;
import lib.http.Tokens;

/// What does a program say before its content? (RFC 3875 §6)
///
///     Content-Type: text/plain          a document: 200, or what Status says
///     Location: /other?x=1              alone: answer as if that had been asked for
///     Location: https://example.com/    the client is to go there: 302, or what Status says
public sealed interface ProgramHead {

    /// A response, its content to follow.
    ///
    /// @param length of the content as announced; -1 if it was not
    record Document(Status status, Fields fields, long length) implements ProgramHead {}

    /// A local redirect (§6.2.2).
    record Elsewhere(String target) implements ProgramHead {}

    /// No head that anybody could understand.
    record Nonsense() implements ProgramHead {}

    /// Fields of the message's frame and of the connection, which are ours to say (§6.3.4, RFC 9110 §7.6.1).
    Set<String> OURS = Set.of("status", "content-length", "transfer-encoding", "connection", "keep-alive", "date", "server", "trailer",
            "upgrade", "te", "proxy-authenticate", "proxy-connection");

    /// Where the head ends in these octets, behind its empty line: lines end in LF, or in CRLF. -1 if it does not end yet.
    static int end(byte[] octets, int count) {
        for (int i = 0; i < count; i++) {
            boolean empty = octets[i] == '\n' && (i == 0 || octets[i - 1] == '\n' || octets[i - 1] == '\r' && (i == 1 || octets[i - 2] == '\n'));
            if (empty) {
                return i + 1;
            }
        }
        return -1;
    }

    /// @param head up to its empty line, one char for each octet
    static ProgramHead parse(String head) {
        List<Fields.Line> lines = new ArrayList<>();
        for (String text : head.split("\r?\n")) {
            Optional<Fields.Line> line = text.isEmpty() ? Optional.empty() : line(text);
            if (line.isEmpty() && !text.isEmpty() && !isStatusLine(text, lines)) {
                return new Nonsense();
            }
            line.ifPresent(lines::add);
        }
        return of(new Fields(lines));
    }

    /// Programs that were written to speak to the client themselves ("nph") begin as HTTP does.
    private static boolean isStatusLine(String text, List<Fields.Line> lines) {
        boolean first = lines.isEmpty() && text.startsWith("HTTP/1.") && text.indexOf(' ') > 0 && Tokens.isFieldValue(text.strip());
        if (first) {
            lines.add(new Fields.Line("Status", text.substring(text.indexOf(' ') + 1).strip()));
        }
        return first;
    }

    private static Optional<Fields.Line> line(String text) {
        int colon = text.indexOf(':');
        String name = text.substring(0, Math.max(colon, 0));
        String value = text.substring(colon + 1).strip();
        return Tokens.isToken(name) && Tokens.isFieldValue(value) ? Optional.of(new Fields.Line(name, value)) : Optional.empty();
    }

    private static ProgramHead of(Fields said) {
        Optional<Status> status = said.first("Status").flatMap(ProgramHead::status);
        Optional<String> location = said.first("Location").filter(target -> !target.isEmpty());
        if (said.lines().isEmpty() || said.has("Status") && status.isEmpty()) {
            return new Nonsense();
        }
        boolean local = location.isPresent() && location.get().startsWith("/") && !location.get().startsWith("//");
        if (local && status.isEmpty() && said.lines().size() == said.count("Location")) {
            return new Elsewhere(location.get());
        }
        long length = said.first("Content-Length").map(ProgramHead::length).orElse(-1L);
        return new Document(status.orElse(location.isPresent() ? Status.FOUND : Status.OK), ofTheClient(said), length);
    }

    private static Fields ofTheClient(Fields said) {
        List<Fields.Line> lines = new ArrayList<>(said.lines());
        lines.removeIf(line -> OURS.contains(line.name().toLowerCase(Locale.ROOT)));
        return new Fields(lines);
    }

    /// `404 Not Found`, or the code alone. An interim response is no answer.
    private static Optional<Status> status(String text) {
        boolean digits = text.length() >= 3 && text.substring(0, 3).chars().allMatch(Tokens::isDigit);
        boolean ends = text.length() == 3 || text.length() > 3 && text.charAt(3) == ' ';
        int code = digits && ends ? Integer.parseInt(text.substring(0, 3)) : 0;
        return code < 200 || code > 599 ? Optional.empty() : Optional.of(Status.of(code, text.substring(3).strip()));
    }

    /// A length that is no number is as good as none.
    private static long length(String text) {
        boolean number = !text.isEmpty() && text.length() <= 18 && text.chars().allMatch(Tokens::isDigit);
        return number ? Long.parseLong(text) : -1;
    }
}
