package lib.gateway;

import java.util.function.Consumer;
import lib.http.Status;
import lib.site.Errand;
import lib.site.Gateway;
import lib.site.Intake;

/// How does a program answer that is started for each request? (RFC 3875)
public final class CgiGateway implements Gateway {

    /// @param software the server's name, as in its Server field
    /// @param intake how much content it may be given
    /// @param errors hears what an operator should know
    public CgiGateway(CgiProgram program, String software, Intake intake, Consumer<String> errors) {
    }

    @Override
    public Outcome ask(Errand errand) {
        return new Failed(Status.NOT_IMPLEMENTED);
    }

    @Override
    public void rest() {}

    @Override
    public void close() {}
}
