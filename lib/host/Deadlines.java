package lib.host;

import java.time.Duration;

/// How long do we wait for a client? (RFC 9112 §9.5)
///
///     IDLE ── first octet ──▶ HEAD ── empty line ──▶ WORK ── answer ──▶ RESPONSE ─┐
///      ▲                                                                          │
///      └───────────────────────────── persists ◀──────────────────────────────────┤
///                                      LINGER ◀── closes ──────────────────────────┘
///
/// Every phase in which we wait for the client has a deadline. Content has one of its own, as it may be read while we work, and even while
/// its response is sent; these two move on as octets move. The thread of the connection writes here, the reaper reads.
final class Deadlines {
    /// With TLS there is a HANDSHAKE before all others. With `--rules` there may be pauses on purpose, which count as WORK, or no answer
    /// at all, which is SILENCE.
    enum Phase { HANDSHAKE, IDLE, HEAD, WORK, RESPONSE, SILENCE, LINGER }

    /// What we do ourselves is not the client's fault.
    static final Duration FOR_EVER = Duration.ofDays(10_000);

    /// An idle connection is not taken from its client before this.
    private static final Duration RECENT = Duration.ofSeconds(1);

    private volatile Phase phase = Phase.IDLE;
    private volatile long deadline;

    /// Is content waited for, and until when?
    private volatile boolean awaitsContent;
    private volatile long contentDeadline;

    Phase phase() {
        return phase;
    }

    void enter(Phase next, Duration patience) {
        deadline = System.nanoTime() + patience.toNanos();
        phase = next;
    }

    void awaitContent(Duration patience) {
        contentDeadline = System.nanoTime() + patience.toNanos();
        awaitsContent = true;
    }

    void awaitNoContent() {
        awaitsContent = false;
    }

    /// Octets have come: in the middle of content, that buys time.
    void received(Duration patience) {
        if (awaitsContent) {
            contentDeadline = System.nanoTime() + patience.toNanos();
        }
    }

    /// The client has taken octets.
    void sent(Duration patience) {
        if (phase == Phase.RESPONSE) {
            deadline = System.nanoTime() + patience.toNanos();
        }
    }

    /// @param making is the response waiting for us?
    boolean areOver(long nanoTime, boolean making) {
        boolean contentIsOverdue = awaitsContent && contentDeadline - nanoTime <= 0;
        return contentIsOverdue || deadline - nanoTime <= 0 && !(phase == Phase.RESPONSE && making);
    }

    /// The client is given time to hear why it has to go.
    void postpone(long later) {
        contentDeadline = later;
        if (phase != Phase.WORK) {
            deadline = later;
        }
    }

    /// Is it too late to tell the client anything?
    boolean endUntold() {
        return phase == Phase.HANDSHAKE || phase == Phase.RESPONSE || phase == Phase.LINGER;
    }

    /// Has it been idle for long enough to be spared? A client that has only just come is about to ask.
    ///
    /// @param idle how long it may be idle in all
    boolean areSpare(long nanoTime, Duration idle) {
        return phase == Phase.IDLE && deadline - nanoTime <= idle.minus(RECENT).toNanos();
    }

    /// Which of two comes first?
    boolean areBefore(Deadlines others) {
        return deadline - others.deadline < 0;
    }
}
