package lib.wire;

import java.time.Duration;

/// What befalls an answer on its way, on purpose?
public record Trouble(Pace pace, End end) {
    public static final Trouble NONE = new Trouble(new Pace.Free(), new End.Whole());

    /// How fast do the octets leave, those of the head like all others?
    public sealed interface Pace {
        /// As fast as the client takes them.
        record Free() implements Pace {}

        /// As on a line that carries so many in a second.
        record Bandwidth(long octetsPerSecond) implements Pace {}

        /// A few at a time, and a pause before each few but the first.
        record Drip(int octets, Duration pause) implements Pace {}
    }

    /// How does the answer end? Octets are counted behind the field section, those of chunks (RFC 9112 §7.1) included.
    public sealed interface End {
        /// As it should.
        record Whole() implements End {}

        /// The connection closes where an octet more would come than these.
        ///
        /// @param octets [#AT_ONCE] if not even the head is to arrive
        record Cut(long octets) implements End {}

        /// The same, but the system tells the client that something is wrong: RST in place of FIN (RFC 9293 §3.10.7).
        record Reset(long octets) implements End {}

        /// Content-Length is greater than the content by so many octets, or less; the connection closes behind the answer.
        record WrongLength(long by) implements End {}
    }

    public static final long AT_ONCE = -1;

    /// Does the answer leave as any other does?
    public boolean isNone() {
        return equals(NONE);
    }

    /// Must the connection close, although the answer has gone out to its end?
    public boolean misleads() {
        return end instanceof End.WrongLength;
    }
}
