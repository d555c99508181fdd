package lib.host;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// What does a program read that has started us with `--json`? One object per line: the first, the last, and between them one for
/// each request (see [AccessLog.Format#EVENT]).
///
///     {"event":"listening","url":"http://127.0.0.1:8080","port":8080,"urls":["http://127.0.0.1:8080","http://[::1]:8080"],
///     "sockets":[],"ca":null,"pid":4242}
///     {"event":"stopped","requests":12,"octets":34567,"complaints":["never fetched: GET /app.js"]}
public final class Events {
    private Events() {}

    /// @param way with a path that has no slash at its end
    /// @param ca the certificate of our own authority, if the server's comes from that
    public static String listening(List<InetSocketAddress> addresses, List<Path> sockets, Banner.Way way, Optional<Path> ca) {
        StringBuilder line = new StringBuilder("{\"event\":\"listening\",\"url\":");
        string(line, Banner.own(addresses, sockets, way));
        line.append(",\"port\":").append(addresses.isEmpty() ? "null" : addresses.getFirst().getPort());
        list(line.append(",\"urls\":"), Banner.urls(addresses, way));
        list(line.append(",\"sockets\":"), sockets.stream().map(Path::toString).toList());
        line.append(",\"ca\":");
        if (ca.isPresent()) {
            string(line, ca.get().toString());
        } else {
            line.append("null");
        }
        return line.append(",\"pid\":").append(ProcessHandle.current().pid()).append("}\n").toString();
    }

    public static String stopped(Witness witness) {
        StringBuilder line = new StringBuilder("{\"event\":\"stopped\",\"requests\":").append(witness.requests())
                .append(",\"octets\":").append(witness.octets()).append(",\"complaints\":");
        list(line, witness.complaints());
        return line.append("}\n").toString();
    }

    private static void list(StringBuilder line, List<String> texts) {
        line.append('[');
        for (int i = 0; i < texts.size(); i++) {
            string(line.append(i == 0 ? "" : ","), texts.get(i));
        }
        line.append(']');
    }

    /// [LogText] takes octets.
    private static void string(StringBuilder line, String text) {
        LogText.json(line.append('"'), new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
        line.append('"');
    }
}
