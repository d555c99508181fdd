package lib.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// With which command was this process started? Who starts it once more needs to know.
final class OwnCommand {
    private OwnCommand() {}

    /// The program and its arguments, as the system remembers them: after jbang and the shell have had their way, and with
    /// empty arguments. Fewer than two words where it does not tell.
    static List<String> words() {
        Optional<String> program = ProcessHandle.current().info().command();
        List<String> command = new ArrayList<>();
        program.ifPresent(command::add);
        command.addAll(arguments());
        return command;
    }

    /// Java's own list is empty where the class path is long.
    private static List<String> arguments() {
        try {
            String line = new String(Files.readAllBytes(Path.of("/proc/self/cmdline")),
                    System.getProperty("sun.jnu.encoding", "UTF-8"));
            List<String> words = List.of(line.split("\0", -1));
            return words.subList(1, words.size() - 1);
        } catch (IOException _) { // macOS
            return List.of(ProcessHandle.current().info().arguments().orElse(new String[0]));
        }
    }
}
