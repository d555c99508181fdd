package lib.gateway;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/// How do a request and its content get to an application? At once, if that is little; else on a thread of its own, as it comes, while
/// another one listens already.
final class FastCgiFeeding {
    private static final int BLOCK_OCTETS = 32 * 1024;

    private final FastCgiQuestion question;
    private final FastCgiConnection connection;

    /// Null if there was nothing left to do.
    private Thread feeder;
    private volatile boolean ended;
    private volatile boolean whole;
    private volatile IOException broken;
    private boolean clientIsLeft; // guarded by this

    FastCgiFeeding(FastCgiQuestion question, FastCgiConnection connection) {
        this.question = question;
        this.connection = connection;
    }

    /// @param keep is the connection to stay open?
    void begin(boolean keep) throws IOException {
        byte[] ahead = question.ahead();
        ByteBuffer request = FastCgiRecords.begin(keep, question.variables(), ahead.length + 2 * FastCgiRecords.HEAD_OCTETS);
        FastCgiRecords.content(request, ahead, ahead.length);
        if (question.isWhole()) {
            FastCgiRecords.endOfContent(request);
        }
        connection.begin(request.flip());
        whole = question.isWhole();
        ended = whole;
        if (!whole) {
            feeder = Thread.ofVirtual().name("fastcgi-content").start(this::feed);
        }
    }

    /// An application that does not want any more of it closes the connection, or answers: who listens hears that.
    private void feed() {
        byte[] octets = new byte[BLOCK_OCTETS];
        ByteBuffer records = ByteBuffer.allocate(BLOCK_OCTETS + FastCgiRecords.HEAD_OCTETS);
        try {
            for (int count = next(octets); count >= 0; count = next(octets)) {
                FastCgiRecords.content(records.clear(), octets, count);
                connection.send(records.flip());
            }
            if (broken == null) {
                FastCgiRecords.endOfContent(records.clear());
                connection.send(records.flip());
                whole = true;
                watchClient();
            }
        } catch (IOException _) {
            // see above
        } finally {
            ended = true;
        }
    }

    /// How many octets of content have come, or -1 for the end, be it a good one or not.
    private int next(byte[] octets) {
        connection.holdUp(true);
        try {
            return question.supply().octets().read(octets);
        } catch (IOException e) {
            broken = e;
            connection.cut();
            return -1;
        } finally {
            connection.holdUp(false);
        }
    }

    private synchronized void watchClient() {
        if (!clientIsLeft && !question.supply().isRead()) {
            question.watchClient();
        }
    }

    /// From now on the client belongs to its next request.
    synchronized void leaveClient() {
        clientIsLeft = true;
    }

    /// Is nothing more read of the content?
    boolean hasEnded() {
        return ended;
    }

    /// Has all of it been handed on?
    boolean isWhole() {
        return whole;
    }

    /// Why the client's content ended too early, if it did.
    Optional<IOException> broken() {
        return Optional.ofNullable(broken);
    }

    /// To be called when the connection is closed: what comes next can't be handed on, and that is the end.
    void awaitEnd() throws IOException {
        try {
            if (feeder != null) {
                feeder.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }
}
