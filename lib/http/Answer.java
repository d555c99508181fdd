package lib.http;

import java.util.Optional;

/// A response, and what the log wants to know of how it came about.
///
/// @param user who asked, if that was proven
public record Answer(Response response, Optional<String> user) {

    /// The answer to somebody whose name nobody asked.
    public static Answer of(Response response) {
        return new Answer(response, Optional.empty());
    }
}
