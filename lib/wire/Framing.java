package lib.wire;

import java.util.List;
import java.util.Optional;
import lib.http.Fields;
import lib.http.Tokens;

/// Where does the content of a request end? (RFC 9112 §6)
///
/// Two readers who disagree on this see two different requests: that is request smuggling. So there are three answers,
/// and everything that is not plainly one of them is refused.
public sealed interface Framing {

    /// No content.
    record None() implements Framing {}

    /// Exactly so many octets; never 0.
    record Sized(long length) implements Framing {}

    /// Chunk by chunk (§7.1).
    record Chunked() implements Framing {}

    /// The framing that the fields of a request announce; empty where they contradict each other, themselves or the
    /// version: both fields, a list of lengths, a coding other than `chunked`, chunked in HTTP/1.0.
    static Optional<? extends Framing> of(Fields fields, int minorVersion) {
        List<String> codings = fields.values("Transfer-Encoding");
        List<String> lengths = fields.values("Content-Length");
        if (codings.isEmpty() && lengths.isEmpty()) {
            return Optional.of(new None());
        }
        if (lengths.isEmpty()) {
            boolean chunked = codings.size() == 1 && codings.getFirst().equalsIgnoreCase("chunked");
            return chunked && minorVersion >= 1 ? Optional.of(new Chunked()) : Optional.empty();
        }
        return codings.isEmpty() && lengths.size() == 1 ? sized(lengths.getFirst()) : Optional.empty();
    }

    private static Optional<? extends Framing> sized(String length) {
        if (!Tokens.isDigits(length)) {
            return Optional.empty();
        }
        try {
            long octets = Long.parseLong(length);
            return Optional.of(octets == 0 ? new None() : new Sized(octets));
        } catch (NumberFormatException _) {
            return Optional.empty(); // more than a long holds
        }
    }
}
