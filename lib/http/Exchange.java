package lib.http;

import java.io.IOException;
import java.io.InputStream;

/// What comes along with a request: its client and its content, and a way to say something before the answer.
///
/// @param content the octets behind the field section, to their end. Who reads the first of them has decided to take the
///     content: a client that waits for a 100 gets it then. What nobody reads, the connection drops. Reading throws when
///     the client leaves or breaks the grammar, and then there is nobody left to be answered by whoever reads
/// @param teller sends an interim response (RFC 9110 §15.2)
public record Exchange(Client client, InputStream content, Teller teller) {

    /// Sends an interim response: a status from 101 to 199, and fields.
    @FunctionalInterface
    public interface Teller {
        /// @throws IOException if the client is gone
        void tell(Status status, Fields fields) throws IOException;
    }

    /// A request without content.
    public static Exchange of(Client client) {
        return new Exchange(client, InputStream.nullInputStream(), (_, _) -> { });
    }
}
