package lib.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/// What has gone wrong that an operator can do something about? One line for each:
///
///     2026-11-24T09:15:02+01:00 warning The access log can't be written (No space left on device); ...
///
/// A sentence that comes again within a minute is counted, not repeated: the count is written when the minute is over.
/// To say something neither throws nor waits for a disk or a pipe: one thread writes, and is started with the first line.
public final class ErrorLog implements AutoCloseable {
    private static final int MOST_WAITING = 256;

    /// Sentences that are remembered at once: a client that finds a way to vary one must not fill the memory.
    private static final int MOST_REMEMBERED = 256;

    /// How long the end of the server may wait for the last lines.
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private static final Line NUDGE = new Line(Instant.EPOCH, "");

    private record Line(Instant time, String text) {}

    /// A sentence that has been written, and how often it came again since.
    private static final class Repeats {
        long start = System.nanoTime();
        int more;
    }

    private final LogFile file;
    private final Duration window;
    private final BlockingQueue<Line> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    private final Map<String, Repeats> remembered = new LinkedHashMap<>(); // guarded by this, as is what follows
    private final Thread writer;
    private int lost;
    private volatile boolean reopening;
    private volatile boolean closing;

    /// @param file is closed together with this
    public ErrorLog(LogFile file) {
        this(file, Duration.ofMinutes(1));
    }

    /// @param window how long a sentence is not repeated
    public ErrorLog(LogFile file, Duration window) {
        this.file = file;
        this.window = window;
        this.writer = Thread.ofPlatform().name("error-log").daemon().unstarted(this::run);
    }

    /// The server, or a part of it, can't do its work.
    public void error(String sentence) {
        say("error", sentence);
    }

    /// It works, but not as the operator has asked.
    public void warning(String sentence) {
        say("warning", sentence);
    }

    /// Something has changed.
    public void notice(String sentence) {
        say("notice", sentence);
    }

    /// A defect of ours, in one line: what it cost, what it is, and where in our own code it came up. Its message is left
    /// out: it may quote the client.
    public void defect(String what, Throwable defect) {
        StackTraceElement[] frames = defect.getStackTrace();
        String place = frames.length == 0 ? "an unknown place" : frames[0].toString();
        for (StackTraceElement frame : frames) {
            if (frame.getClassName().startsWith("lib.")) {
                place = frame.toString();
                break;
            }
        }
        error(what + ": " + defect.getClass().getName() + " at " + place + '.');
    }

    private synchronized void say(String level, String sentence) {
        String text = level + ' ' + LogText.sentence(sentence);
        Repeats repeats = remembered.get(text);
        if (repeats != null) {
            repeats.more++;
            return;
        }

        if (remembered.size() == MOST_REMEMBERED) {
            Map.Entry<String, Repeats> eldest = remembered.entrySet().iterator().next();
            remembered.remove(eldest.getKey());
            count(eldest.getKey(), eldest.getValue().more);
        }
        remembered.put(text, new Repeats());
        enqueue(text);
    }

    private void count(String text, int more) {
        if (more > 0) {
            enqueue(text + " (" + more + " times more)");
        }
    }

    private void enqueue(String text) {
        if (closing || !waiting.offer(new Line(Instant.now(), text))) {
            lost++;
        } else if (writer.getState() == Thread.State.NEW) {
            start();
        }
    }

    private void start() {
        try {
            writer.start();
        } catch (OutOfMemoryError _) {
            // the system has no thread for us now; the next line tries again
        }
    }

    /// Opens the file anew, under its name (after logrotate).
    public void reopen() {
        reopening = true;
        waiting.offer(NUDGE);
    }

    /// Reads what it takes to write a line: when there is something to complain of, the system may let nobody read any more.
    void prepare() {
        LogText.zone().getRules();
    }

    private void run() {
        while (!closing || !waiting.isEmpty()) {
            try {
                writeNext();
            } catch (InterruptedException _) {
                return;
            } catch (RuntimeException | Error _) {
                synchronized (this) {
                    lost++; // for want of memory, as a rule, and that passes
                }
            }
        }
    }

    private void writeNext() throws InterruptedException {
        Line line = waiting.poll(Math.min(window.toMillis(), 1000), TimeUnit.MILLISECONDS);
        reopenIfAsked();
        if (line != null && line != NUDGE) {
            write(line);
        }
        tellRepeats(false);
    }

    private void reopenIfAsked() {
        if (reopening) {
            reopening = false;
            try {
                file.reopen();
            } catch (IOException e) {
                warning("The log " + file + " can't be reopened (" + LogFile.reason(e) + "); the old file goes on.");
            }
        }
    }

    /// Standard error is the last resort of a log whose disk is full.
    private void write(Line line) {
        StringBuilder text = new StringBuilder();
        LogText.isoTime(text, line.time, LogText.zone(), false);
        byte[] octets = text.append(' ').append(line.text).append('\n').toString().getBytes(StandardCharsets.UTF_8);
        try {
            file.write(octets);
        } catch (IOException _) {
            try {
                LogFile.standardError().write(octets);
            } catch (IOException _) {
                // nobody is left to tell
            }
        }
    }

    /// Sentences whose minute is over: those that came again begin another one, with their count written.
    private synchronized void tellRepeats(boolean all) {
        long now = System.nanoTime();
        Iterator<Map.Entry<String, Repeats>> sentences = remembered.entrySet().iterator();
        while (sentences.hasNext()) {
            Map.Entry<String, Repeats> sentence = sentences.next();
            Repeats repeats = sentence.getValue();
            if (!all && now - repeats.start < window.toNanos()) {
                continue;
            }
            count(sentence.getKey(), repeats.more);
            if (repeats.more == 0) {
                sentences.remove();
            }
            repeats.more = 0;
            repeats.start = now;
        }
        if (lost > 0 && waiting.remainingCapacity() > 1) {
            int number = lost;
            lost = 0;
            enqueue("warning " + number + " lines of this log are lost.");
        }
    }

    /// Writes what waits, if that is possible at all, and ends.
    @Override
    public void close() {
        tellRepeats(true);
        closing = true;
        waiting.offer(NUDGE);
        try {
            if (writer.getState() == Thread.State.NEW || writer.join(PATIENCE)) {
                file.close();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
