package lib.host;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// Who asked for what, and what came of it? One line per response, refusals too.
///
/// A request only leaves a note; one thread writes. If the lines cannot be written, or not fast enough, they are
/// counted and lost, and the server goes on.
public final class AccessLog implements AutoCloseable {
    private static final int MOST_WAITING = 16_384;

    /// A client that sends long fields while the disk is stuck must not fill the memory.
    private static final long MOST_WAITING_OCTETS = 16 << 20;

    /// About what one write takes.
    private static final int BLOCK_CHARS = 64 * 1024;

    /// How long the writer rests behind each batch: waking it costs more than a line, and so it costs that only a hundred
    /// times a second, however many requests there are. A line that comes after a pause is written at once.
    private static final Duration REST = Duration.ofMillis(10);

    /// A loss is over when this long nothing was lost.
    private static final Duration CALM = Duration.ofSeconds(1);

    /// How long the end of the server may wait for the last lines.
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    /// How a line looks.
    public enum Format {
        /// `127.0.0.1 - ann [24/Nov/2026:09:15:02 +0100] "GET /a.html HTTP/1.1" 200 1234`, octet by octet as Apache httpd
        /// writes `%h %l %u %t "%r" %>s %b`.
        COMMON,
        /// The same, and `"http://from.example/" "curl/8.0"`: `"%{Referer}i" "%{User-Agent}i"`.
        COMBINED,
        /// An object per line, in UTF-8; null where there is nothing to say. Whatever its request line was, `method`,
        /// `target` and `version` with a space between them are all of it.
        ///
        ///     {"time":"2026-11-24T09:15:02.123+01:00","client":"127.0.0.1","host":"localhost","method":"GET",
        ///     "target":"/a.html","version":"HTTP/1.1","status":200,"octets":1234,"duration_ms":0.412,"referer":null,
        ///     "user_agent":"curl/8.0","user":null,"tls":false}
        JSON,
        /// The same as one event among others: `{"event":"request","time":...`.
        EVENT;

        /// The line for `entry`, without its newline.
        public String format(Entry entry, ZoneId zone) {
            StringBuilder line = new StringBuilder(256);
            format(line, entry, zone);
            return line.toString();
        }

        private void format(StringBuilder line, Entry entry, ZoneId zone) {
            switch (this) {
                case COMMON -> common(line, entry, zone);
                case COMBINED -> {
                    common(line, entry, zone);
                    quoted(line.append(' '), entry.referer);
                    quoted(line.append(' '), entry.userAgent);
                }
                case JSON -> json(line.append('{'), entry, zone);
                case EVENT -> json(line.append("{\"event\":\"request\","), entry, zone);
            }
        }

        private static void common(StringBuilder line, Entry entry, ZoneId zone) {
            LogText.escaped(line, entry.client.isEmpty() ? "-" : shortened(entry.client));
            user(line.append(" - "), entry.user);
            LogText.commonTime(line.append(" ["), entry.time, zone);
            LogText.escaped(line.append("] \""), entry.requestLine.isEmpty() ? "-" : entry.requestLine);
            line.append('"');
            line.append(' ').append(entry.status).append(' ');
            if (entry.octets == 0) {
                line.append('-');
            } else {
                line.append(entry.octets);
            }
        }

        /// Nobody is `-`, and a user without a name is `""`.
        private static void user(StringBuilder line, Optional<String> user) {
            if (user.isPresent() && user.get().isEmpty()) {
                line.append("\"\"");
            } else {
                LogText.escaped(line, user.orElse("-"));
            }
        }

        private static void quoted(StringBuilder line, Optional<String> text) {
            LogText.escaped(line.append('"'), text.orElse("-"));
            line.append('"');
        }

        private static void json(StringBuilder line, Entry entry, ZoneId zone) {
            LogText.isoTime(line.append("\"time\":\""), entry.time, zone, true);
            string(line.append("\",\"client\":"), entry.client.isEmpty() ? null : shortened(entry.client));
            string(line.append(",\"host\":"), entry.host.orElse(null));
            requestLine(line, entry.requestLine);
            line.append(",\"status\":").append(entry.status).append(",\"octets\":").append(entry.octets);
            LogText.milliseconds(line.append(",\"duration_ms\":"), entry.duration);
            string(line.append(",\"referer\":"), entry.referer.orElse(null));
            string(line.append(",\"user_agent\":"), entry.userAgent.orElse(null));
            string(line.append(",\"user\":"), entry.user.orElse(null));
            line.append(",\"tls\":").append(entry.tls).append('}');
        }

        /// Split at the first space, and at the last if a version follows: also a line that is none comes apart somehow.
        private static void requestLine(StringBuilder line, String text) {
            int first = text.indexOf(' ');
            int last = text.lastIndexOf(' ');
            boolean versioned = last > first && text.startsWith("HTTP/", last + 1);
            int end = versioned ? last : text.length();
            string(line.append(",\"method\":"), text.isEmpty() ? null : first < 0 ? text : text.substring(0, first));
            string(line.append(",\"target\":"), first < 0 ? null : text.substring(first + 1, end));
            string(line.append(",\"version\":"), versioned ? text.substring(last + 1) : null);
        }

        private static void string(StringBuilder line, String text) {
            if (text == null) {
                line.append("null");
            } else {
                LogText.json(line.append('"'), text);
                line.append('"');
            }
        }

        /// An IPv6 address as Apache and everybody else writes it (RFC 5952 §4): the longest run of zero groups, if it
        /// has more than one, is `::`. The JDK writes all eight groups.
        private static String shortened(String address) {
            if (address.indexOf(':') < 0) {
                return address;
            }
            int zone = address.indexOf('%');
            String[] groups = address.substring(0, zone < 0 ? address.length() : zone).split(":", -1);
            int first = 0;
            int most = 1;
            for (int i = 0, run = 0; i < groups.length; i++) {
                run = groups[i].equals("0") ? run + 1 : 0;
                if (run > most) {
                    most = run;
                    first = i + 1 - run;
                }
            }
            if (most == 1) {
                return address;
            }
            return String.join(":", List.of(groups).subList(0, first)) + "::"
                    + String.join(":", List.of(groups).subList(first + most, groups.length))
                    + (zone < 0 ? "" : address.substring(zone));
        }
    }

    /// What there is to say of one response. Text is octets, one char each, as it came from the client.
    ///
    /// @param client its address, or empty where there is none (a Unix socket)
    /// @param time when the request was there
    /// @param duration from its first octet to the last one of the response
    /// @param user who has proved to be that; empty for nobody
    /// @param host whom the client meant, without the port
    /// @param requestLine as it came; empty where it did not arrive
    /// @param octets of content that were sent
    public record Entry(String client, Instant time, Duration duration, Optional<String> user, Optional<String> host,
                        String requestLine, int status, long octets, Optional<String> referer,
                        Optional<String> userAgent, boolean tls) {

        private static final Entry NOTHING = new Entry("", Instant.EPOCH, Duration.ZERO, Optional.empty(),
                Optional.empty(), "", 0, 0, Optional.empty(), Optional.empty(), false);

        /// The first word of the request line.
        String method() {
            int blank = requestLine.indexOf(' ');
            return blank < 0 ? "" : requestLine.substring(0, blank);
        }

        /// What stands between its first blank and the version.
        String target() {
            int first = requestLine.indexOf(' ');
            int last = requestLine.lastIndexOf(' ');
            return requestLine.substring(first + 1, last > first && requestLine.startsWith("HTTP/", last + 1) ? last
                    : requestLine.length());
        }

        private int weight() {
            return requestLine.length() + referer.map(String::length).orElse(0) + userAgent.map(String::length).orElse(0);
        }
    }

    private final LogFile file;
    private final Format format;
    private final ErrorLog errors;
    private final boolean silent;
    private final BlockingQueue<Entry> waiting;
    private final AtomicLong waitingOctets = new AtomicLong();
    private final Thread writer;
    private volatile boolean reopening;
    private volatile boolean closing;

    private final AtomicLong lost = new AtomicLong();
    private final AtomicBoolean losing = new AtomicBoolean();
    private volatile long lastLoss;
    private long lostAndTold;
    private boolean written;

    /// @param file is closed together with this
    /// @param errors gets a sentence when lines begin to be lost, and when that is over; not closed
    public AccessLog(LogFile file, Format format, ErrorLog errors) {
        this(file, format, errors, false);
        writer.start();
    }

    private AccessLog(LogFile file, Format format, ErrorLog errors, boolean silent) {
        this.file = file;
        this.format = format;
        this.errors = errors;
        this.silent = silent;
        this.waiting = new ArrayBlockingQueue<>(silent ? 1 : MOST_WAITING);
        this.writer = Thread.ofPlatform().name("access-log").daemon().unstarted(this::run);
    }

    /// A log that keeps nothing.
    public static AccessLog none() {
        LogFile nowhere = LogFile.to("nowhere", Channels.newChannel(OutputStream.nullOutputStream()));
        return new AccessLog(nowhere, Format.COMMON, new ErrorLog(nowhere), true);
    }

    /// Never blocks.
    public void record(Entry entry) {
        if (silent) {
            return;
        }
        int weight = entry.weight();
        if (waitingOctets.addAndGet(weight) > MOST_WAITING_OCTETS || !waiting.offer(entry)) {
            waitingOctets.addAndGet(-weight);
            lose(1, "The access log is slower than the requests; lines are lost until it has caught up.");
        }
    }

    /// Lines that could not be written.
    public long lost() {
        return lost.get();
    }

    private void lose(long lines, String sentence) {
        lastLoss = System.nanoTime();
        lost.addAndGet(lines);
        if (!losing.getAndSet(true)) {
            errors.warning(sentence);
        }
    }

    /// Opens the file anew, under its name (after logrotate); the writer does it between two lines.
    public void reopen() {
        reopening = true;
        waiting.offer(Entry.NOTHING);
    }

    private void run() {
        List<Entry> batch = new ArrayList<>();
        while (!closing || !waiting.isEmpty()) {
            try {
                await(batch);
                reopenIfAsked();
                write(batch);
                tellIfCalm();
            } catch (InterruptedException _) {
                return;
            } catch (RuntimeException | Error defect) {
                lose(batch.size(), "The access log has lost lines.");
                errors.defect("A line of the access log could not be made", defect);
            }
            batch.clear();
            rest();
        }
        reopenIfAsked();
    }

    private void await(List<Entry> batch) throws InterruptedException {
        Entry first = losing.get() ? waiting.poll(CALM.toNanos(), TimeUnit.NANOSECONDS)
                : waiting.take();
        if (first != null) {
            batch.add(first);
            waiting.drainTo(batch);
        }
        batch.removeIf(entry -> entry == Entry.NOTHING);
        long weight = 0;
        for (Entry entry : batch) {
            weight += entry.weight();
        }
        waitingOctets.addAndGet(-weight);
    }

    private void reopenIfAsked() {
        if (reopening) {
            reopening = false;
            try {
                file.reopen();
            } catch (IOException e) {
                errors.warning("The access log " + file + " can't be reopened (" + LogFile.reason(e)
                        + "); the old file goes on.");
            }
        }
    }

    private void write(List<Entry> batch) {
        StringBuilder lines = new StringBuilder(Math.min(batch.size() * 128, BLOCK_CHARS + 4096));
        for (Entry entry : batch) {
            format.format(lines, entry, LogText.zone());
            lines.append('\n');
            if (lines.length() >= BLOCK_CHARS) {
                write(lines);
            }
        }
        if (!lines.isEmpty()) {
            write(lines);
        }
    }

    private void write(StringBuilder lines) {
        byte[] octets = lines.toString().getBytes(StandardCharsets.UTF_8);
        lines.setLength(0);
        written = false;
        try {
            file.write(octets);
            written = true;
        } catch (IOException e) {
            lose(count(octets, file.taken()), "The access log can't be written (" + LogFile.reason(e)
                    + "); its lines are lost until it can.");
        }
    }

    private static long count(byte[] octets, int offset) {
        long lines = 0;
        for (int i = offset; i < octets.length; i++) {
            lines += octets[i] == '\n' ? 1 : 0;
        }
        return lines;
    }

    /// Says how much was lost, once that is over.
    private void tellIfCalm() {
        if (losing.get() && written && System.nanoTime() - lastLoss >= CALM.toNanos()) {
            losing.set(false);
            long total = lost.get();
            errors.notice("The access log is written again; lines lost: " + (total - lostAndTold) + '.');
            lostAndTold = total;
        }
    }

    private void rest() {
        if (!closing && waiting.size() < MOST_WAITING / 4) {
            LockSupport.parkNanos(REST.toNanos());
        }
    }

    /// Writes what waits, if that is possible at all, and ends. Nothing may be recorded any more.
    @Override
    public void close() {
        if (silent) {
            return;
        }
        closing = true;
        waiting.offer(Entry.NOTHING);
        LockSupport.unpark(writer);
        try {
            if (writer.join(PATIENCE)) {
                file.close();
            } else {
                lost.addAndGet(waiting.size());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        if (lost.get() > lostAndTold) {
            errors.warning("The access log ends; lines lost: " + (lost.get() - lostAndTold) + '.');
        }
    }
}
