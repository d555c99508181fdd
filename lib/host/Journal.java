package lib.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import lib.http.Fields;

/// What exactly was asked, and what was answered? One JSON object per request, for a program that checks it: a line of the JSON
/// log (see [AccessLog.Format#JSON]), and what that leaves out.
///
///     {"time":"2026-11-24T08:15:02.123Z", ... ,"tls":false,"complete":true,
///     "request":{"fields":{"host":"localhost:8080","authorization":"***"},"octets":0,"sha256":null},
///     "response":{"fields":{"content-type":"text/css"},"octets":1234,"sha256":"9f86d0…"}}
///
/// Unlike a log, it loses nothing: the thread that has sent the answer writes the line before it reads the next request of the
/// connection. A line is written whole, at once.
public final class Journal implements AutoCloseable {

    /// Content that has passed.
    ///
    /// @param sha256 in hexadecimal; empty where there was no content, or where nobody has counted
    public record Passed(long octets, Optional<String> sha256) {
        static final Passed NOTHING = new Passed(0, Optional.empty());
    }

    /// One request and its answer.
    ///
    /// @param line what the log says of it
    /// @param complete did the answer reach its end?
    /// @param asked the fields of the request
    /// @param answered the fields of the answer, without those of the message itself (Date, Content-Length and their like)
    public record Entry(AccessLog.Entry line, boolean complete, Fields asked, Passed received, Fields answered, Passed sent) {

        /// Empty where no request could be read.
        public String method() {
            return line.method();
        }

        /// As it came.
        public String target() {
            return line.target();
        }

        public int status() {
            return line.status();
        }

        /// `GET /app.js 200`
        @Override
        public String toString() {
            return method() + ' ' + target() + ' ' + status();
        }
    }

    /// Fields that hold what opens a door.
    private static final List<String> SECRET = List.of("authorization", "cookie", "token", "secret", "api-key", "password");

    private static final String MASK = "***";

    private final Path path;
    private final FileChannel file;
    private final boolean masked;
    private final ErrorLog errors;
    private long end; // of the last whole line; guarded by the file

    private Journal(Path path, FileChannel file, boolean masked, ErrorLog errors) {
        this.path = path;
        this.file = file;
        this.masked = masked;
        this.errors = errors;
    }

    /// Begins a new journal in this file, in place of what was there.
    ///
    /// @param masked are secrets kept out of it?
    /// @param errors hears when it can't be written
    /// @throws Fault if it can't be opened
    static Journal open(Path path, boolean masked, ErrorLog errors) throws Fault {
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new Fault(Fault.CANNOT_START, "The journal '" + path + "' is no file; name one: who reads slowly what is written to a "
                    + "pipe or a device would hold up all answers.");
        }
        try {
            FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (isTaken(file)) {
                file.close();
                throw new Fault(Fault.CANNOT_START, "The journal '" + path + "' is that of another server, which runs; name a file "
                        + "for this one.");
            }
            return new Journal(path, file.truncate(0), masked, errors);
        } catch (IOException e) {
            throw new Fault(Fault.CANNOT_START, "The journal '" + path + "' can't be opened (" + LogFile.reason(e)
                    + "); name a file that this user can write.");
        }
    }

    /// Two servers would write over each other's lines. The lock ends with the channel.
    private static boolean isTaken(FileChannel file) {
        try {
            return file.tryLock() == null;
        } catch (OverlappingFileLockException _) {
            return true; // by one in this process
        } catch (IOException _) {
            return false; // nobody can lock anything there
        }
    }

    void write(Entry entry) {
        ByteBuffer line = ByteBuffer.wrap((format(entry, masked) + '\n').getBytes(StandardCharsets.UTF_8));
        synchronized (file) {
            try {
                while (line.hasRemaining()) {
                    file.write(line, end + line.position());
                }
                end += line.limit();
            } catch (IOException e) {
                takeBack();
                errors.error("The journal '" + path + "' can't be written (" + LogFile.reason(e) + "); it is not complete.");
            }
        }
    }

    /// Of a line that did not fit, the disk may have taken a part, which is no line.
    private void takeBack() {
        try {
            file.truncate(end);
        } catch (IOException _) {
            // then the next line that fits takes its place
        }
    }

    /// The line without its newline.
    public static String format(Entry entry, boolean masked) {
        String log = AccessLog.Format.JSON.format(entry.line, ZoneOffset.UTC);
        StringBuilder line = new StringBuilder(512).append(log, 0, log.length() - 1);
        line.append(",\"complete\":").append(entry.complete);
        message(line.append(",\"request\":"), entry.asked, entry.received, masked);
        message(line.append(",\"response\":"), entry.answered, entry.sent, masked);
        return line.append('}').toString();
    }

    private static void message(StringBuilder line, Fields fields, Passed content, boolean masked) {
        String separator = "{\"fields\":{";
        for (Map.Entry<String, String> field : combined(fields).entrySet()) {
            boolean hidden = masked && SECRET.stream().anyMatch(field.getKey()::contains);
            LogText.json(line.append(separator).append('"'), field.getKey());
            LogText.json(line.append("\":\""), hidden ? masked(field.getKey(), field.getValue()) : field.getValue());
            separator = "\",";
        }
        line.append(separator.equals("\",") ? "\"}" : "{\"fields\":{}").append(",\"octets\":").append(content.octets)
                .append(",\"sha256\":").append(content.sha256.map(hash -> '"' + hash + '"').orElse("null")).append('}');
    }

    /// Names in lower case, and of each all its values (RFC 9110 §5.3).
    private static Map<String, String> combined(Fields fields) {
        Map<String, String> combined = new LinkedHashMap<>();
        for (Fields.Line field : fields.lines()) {
            combined.merge(field.name().toLowerCase(Locale.ROOT), field.value(), (one, other) -> one + ", " + other);
        }
        return combined;
    }

    /// The scheme by which somebody has proved who it is says nothing, and a test may want to know it.
    private static String masked(String name, String value) {
        int blank = name.endsWith("authorization") ? value.indexOf(' ') : -1;
        return blank < 0 ? MASK : value.substring(0, blank + 1) + MASK;
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException _) {
            // closed is closed
        }
    }
}
