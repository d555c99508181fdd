package lib.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.function.Consumer;
import lib.http.Fields;
import lib.http.Status;
import lib.site.Errand;
import lib.site.Intake;

/// Which content does a program get, and how long is it? (RFC 3875 §4.1.2 and §4.2)
sealed interface Supply {

    /// @param octets to be read once, to their end
    /// @param length -1 for a request without content
    /// @param isRead has the client sent all of it?
    /// @param whenDone to be run when nobody reads it any more; harmless when run again
    record Ready(InputStream octets, long length, boolean isRead, Runnable whenDone) implements Supply {}

    /// There is too much of it, or no place for it.
    record Refused(Status status) implements Supply {}

    /// Content with a length is passed on as it arrives; for content in chunks the length must be found out.
    ///
    /// @param errors hears why there is no place for it
    /// @throws IOException if it can't be read
    static Supply of(Errand errand, Intake intake, Consumer<String> errors) throws IOException {
        Fields fields = errand.request().fields();
        if (fields.has("Transfer-Encoding")) {
            return switch (Spool.of(errand.exchange().content(), intake, errors)) {
                case Spool.Refused(Status status) -> new Refused(status);
                case Spool.Whole(Spool spool) -> new Ready(spool.octets(), spool.length(), true, spool::close);
            };
        }
        Optional<String> announced = fields.first("Content-Length");
        long length = announced.isEmpty() ? -1 : Long.parseLong(announced.get().strip()); // the reader has found it good
        return length > intake.mostOctets() ? new Refused(Status.CONTENT_TOO_LARGE)
                : new Ready(errand.exchange().content(), length, length <= 0, () -> { });
    }
}
