package lib.host;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;

/// Who asked for what, and what came of it? One line per response, in the common log format:
///
///     127.0.0.1 - - [24/Nov/2026:09:15:02 +0100] "GET /a.html HTTP/1.1" 200 1234
///
/// A request only leaves a note; one thread writes. If the lines cannot be written, or not fast enough, they are
/// counted and lost, and the server goes on.
public final class AccessLog implements AutoCloseable {
    private static final int MOST_WAITING = 16_384;
    private static final List<String> MONTHS =
            List.of("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec");

    /// What there is to say of one response.
    ///
    /// @param client its address, or empty where there is none (a Unix socket)
    /// @param requestLine as it came; empty where it did not arrive
    /// @param octets of content that were sent
    public record Entry(String client, Instant time, String requestLine, int status, long octets) {}

    /// Loaded with the first line: time zones take longer to load than a small document to send.
    private static final class Zone {
        static final ZoneId OURS = ZoneId.systemDefault();
    }

    private static final Entry END = new Entry("", Instant.EPOCH, "", 0, 0);

    private final OutputStream out;
    private final OutputStream complaints;
    private final BlockingQueue<Entry> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    private final AtomicLong lost = new AtomicLong();
    private final Thread writer;
    private boolean failing;

    /// @param out gets the lines; not closed
    /// @param complaints gets a sentence when lines begin to be lost
    public AccessLog(OutputStream out, OutputStream complaints) {
        this.out = out;
        this.complaints = complaints;
        this.writer = Thread.ofPlatform().name("access-log").daemon().start(this::write);
    }

    /// Never blocks.
    public void record(Entry entry) {
        if (!waiting.offer(entry)) {
            lost.incrementAndGet();
        }
    }

    /// Lines that could not be written.
    public long lost() {
        return lost.get();
    }

    private void write() {
        List<Entry> batch = new ArrayList<>();
        try {
            while (true) {
                batch.add(waiting.take());
                waiting.drainTo(batch);
                boolean last = batch.removeIf(entry -> entry == END);
                write(batch);
                batch.clear();
                if (last) {
                    return;
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(List<Entry> batch) {
        StringBuilder lines = new StringBuilder();
        batch.forEach(entry -> lines.append(format(entry, Zone.OURS)).append('\n'));
        try {
            out.write(lines.toString().getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
            failing = false;
        } catch (IOException _) {
            lost.addAndGet(batch.size());
            complainOnce();
        }
    }

    private void complainOnce() {
        if (failing) {
            return;
        }
        failing = true;
        try {
            complaints.write("comanche: the access log can't be written; its lines are lost until it can.\n"
                    .getBytes(StandardCharsets.UTF_8));
        } catch (IOException _) {
            // nobody is left to tell
        }
    }

    static String format(Entry entry, ZoneId zone) {
        String client = entry.client.isEmpty() ? "-" : entry.client;
        String octets = entry.octets == 0 ? "-" : Long.toString(entry.octets);
        String line = entry.requestLine.isEmpty() ? "-" : escaped(entry.requestLine);
        return client + " - - [" + date(entry.time.atZone(zone)) + "] \"" + line + "\" " + entry.status + ' ' + octets;
    }

    private static String date(ZonedDateTime time) {
        int offset = time.getOffset().getTotalSeconds() / 60;
        return String.format(Locale.ROOT, "%02d/%s/%04d:%02d:%02d:%02d %s%02d%02d", time.getDayOfMonth(),
                MONTHS.get(time.getMonthValue() - 1), time.getYear(), time.getHour(), time.getMinute(), time.getSecond(),
                offset < 0 ? '-' : '+', Math.abs(offset) / 60, Math.abs(offset) % 60);
    }

    /// What a client sends must not end the line, close the quotes or drive the terminal: as Apache does, such octets
    /// are written as `\"`, `\\` or `\xhh`.
    private static String escaped(String text) {
        StringBuilder safe = new StringBuilder(text.length());
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                safe.append('\\').append(c);
            } else if (c < ' ' || c >= 0x7F) {
                safe.append("\\x").append(Character.forDigit(c >> 4 & 15, 16)).append(Character.forDigit(c & 15, 16));
            } else {
                safe.append(c);
            }
        }
        return safe.toString();
    }

    /// Writes what waits, and ends.
    @Override
    public void close() {
        try {
            waiting.put(END);
            writer.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
