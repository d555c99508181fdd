package lib.host;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Where do the settings come from, at the start and whenever they are read again?
///
/// @param line what the command line says
/// @param environment the variables of this process
public record Configuration(Setting.Profile profile, Map<Setting, List<String>> line, Map<String, String> environment) {

    /// The file that the classic server reads when it is told of none.
    private static final Path CUSTOMARY = Path.of("/etc/comanche.toml");

    /// The configuration file, if there is one to read.
    public Optional<Path> file() {
        String named = line.getOrDefault(Setting.CONFIG,
                List.of(environment.getOrDefault(Setting.CONFIG.variable(), ""))).getLast();
        if (!named.isEmpty()) {
            return Optional.of(Path.of(named).toAbsolutePath());
        }
        return profile == Setting.Profile.CLASSIC && Files.exists(CUSTOMARY) ? Optional.of(CUSTOMARY) : Optional.empty();
    }

    /// The settings as they are now.
    ///
    /// @throws Fault with every complaint
    public Settings read() throws Fault {
        return read(file(), false);
    }

    /// The same for a server that has changed its root.
    ///
    /// @param file the configuration file as it is seen from there; empty if it can't be
    /// @throws Fault with every complaint
    public Settings readInside(Optional<Path> file) throws Fault {
        if (file.isEmpty() && file().isPresent()) {
            throw new Fault(Fault.CANNOT_START, "The configuration file lies outside the new root; restart to read it.");
        }
        return read(file, true);
    }

    /// Where the process id of such a server stands, if anything at all is said of that.
    ///
    /// @throws Fault if the file can't be read, or is no TOML; its settings need not be good
    public Optional<Path> pidfile() throws Fault {
        String variable = environment.get(Setting.PIDFILE.variable());
        List<String> words = line.getOrDefault(Setting.PIDFILE, variable == null ? List.of() : List.of(variable));
        if (words.isEmpty() && file().isPresent()) {
            words = ConfigFile.read(file().get(), new ArrayList<>()).words().getOrDefault(Setting.PIDFILE, List.of()).stream()
                    .map(Setting.Word::value).toList();
        }
        return words.isEmpty() || words.getLast().isEmpty() ? Optional.empty()
                : Optional.of(Path.of(words.getLast()).toAbsolutePath());
    }

    private Settings read(Optional<Path> file, boolean jailed) throws Fault {
        List<String> complaints = new ArrayList<>();
        ConfigFile.Contents contents = file.isPresent() ? ConfigFile.read(file.get(), complaints) : ConfigFile.Contents.NONE;
        return Settings.of(new Settings.Sources(profile, contents, environment, line, jailed), complaints);
    }
}
