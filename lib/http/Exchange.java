package lib.http;

import java.io.IOException;
import java.io.InputStream;

/// What comes along with a request: its client and its content, a way to say something before the answer, and to hear that
/// the client does not wait for it.
///
/// @param content the octets behind the field section, to their end. Who reads the first of them has decided to take the
///     content: a client that waits for a 100 gets it then. What nobody reads, the connection drops. Reading throws when
///     the client leaves or breaks the grammar, and then there is nobody left to be answered by whoever reads
/// @param teller sends an interim response (RFC 9110 §15.2)
/// @param watch tells whether the client is still there
public record Exchange(Client client, InputStream content, Teller teller, Watch watch) {

    /// An exchange whose client nobody looks after.
    public Exchange(Client client, InputStream content, Teller teller) {
        this(client, content, teller, _ -> { });
    }

    /// Sends an interim response: a status from 101 to 199, and fields.
    @FunctionalInterface
    public interface Teller {
        /// @throws IOException if the client is gone
        void tell(Status status, Fields fields) throws IOException;
    }

    /// Looks after a client that has sent all of its content and waits.
    @FunctionalInterface
    public interface Watch {
        /// To be called when the content has been read to its end, by who will take long to answer.
        ///
        /// @param whenLeft is run once, on another thread, if the client closes its side before the answer is sent: it has
        ///     left, or will send nothing more; null where nobody wants to know any more
        void keep(Runnable whenLeft);
    }

    /// The same, for a request that follows from this one and has no content.
    public Exchange withoutContent() {
        return new Exchange(client, InputStream.nullInputStream(), teller, watch);
    }

    /// A request without content.
    public static Exchange of(Client client) {
        return new Exchange(client, InputStream.nullInputStream(), (_, _) -> { });
    }
}
