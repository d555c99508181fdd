package lib.gateway;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What is run for a request, and within what bounds? Texts are octets, one char each.
///
/// @param interpreter the command that gets the file of the tree as its last argument; empty if that runs by itself
/// @param program the one command for every path below the pattern's; empty if files of the tree are run
/// @param environment variables beside those of the request, and over them
/// @param silence the longest time without an octet from it
/// @param lifetime the longest in all; empty for any
/// @param atOnce how many of them run at the same time
public record CgiProgram(List<String> interpreter, List<String> program, Map<String, String> environment, Duration silence,
                         Optional<Duration> lifetime, int atOnce) {

    /// A file that runs by itself, with nothing said about it.
    public static final CgiProgram PLAIN =
            new CgiProgram(List.of(), List.of(), Map.of(), Duration.ofSeconds(60), Optional.empty(), 32);

    public CgiProgram {
        interpreter = List.copyOf(interpreter);
        program = List.copyOf(program);
        environment = Map.copyOf(environment);
    }

    /// Is each a file of the tree?
    public boolean isFile() {
        return program.isEmpty();
    }
}
