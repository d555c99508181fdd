package lib.site;

import java.io.IOException;
import lib.http.Response;
import lib.http.Status;

/// Who answers in the place of a file? A program, by whatever way it is spoken to. (RFC 3875)
public interface Gateway {

    /// What a program wants to be said.
    sealed interface Outcome {}

    /// This. The caller closes its content, and with that ends what the program still does.
    record Answered(Response response) implements Outcome {}

    /// Nothing that could be understood: 502, 504, or that it could not be asked at all: 500, 503.
    record Failed(Status status) implements Outcome {}

    /// What the client would be answered who asks for this target (RFC 3875 §6.2.2).
    ///
    /// @param target a path, perhaps with a query, encoded: `/there?x=1`
    record Redirected(String target) implements Outcome {}

    /// Asks the program.
    ///
    /// @throws IOException if the request's content can't be read
    Outcome ask(Errand errand) throws IOException;

    /// Keeps nothing for the next time: there may be none. What is under way goes on.
    void rest();

    /// Ends at once what is under way.
    void close();
}
