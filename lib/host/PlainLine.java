package lib.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Is this command line so plain that it needs no parser?
///
/// `serve`, `share` or `run`, words, and options written out in full: nearly every line is of this kind, and to load picocli for it would
/// double the time to the first answer (measured: 100 ms of 230). Whatever else there is, a wrong word, a request for help, `-qp80`,
/// is left to picocli, which also says what is wrong. Both give the same answer to the same line; a test holds them to it.
public final class PlainLine {
    private PlainLine() {}

    /// What the line says of each setting, a flag as `true`; empty if it is not plain.
    ///
    /// @throws Fault if a setting is given in two ways
    public static Optional<Map<Setting, List<String>>> read(List<String> arguments) throws Fault {
        if (arguments.isEmpty() || !List.of("serve", "share", "run").contains(arguments.getFirst())) {
            return Optional.empty();
        }

        Map<Setting, List<String>> given = new TreeMap<>(); // an EnumMap finds its keys by reflection: 10 ms
        List<String> words = new ArrayList<>();
        for (int i = 1; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (!argument.startsWith("-")) {
                words.add(argument);
                continue;
            }

            int equals = argument.startsWith("--") ? argument.indexOf('=') : -1;
            String name = equals < 0 ? argument : argument.substring(0, equals);
            Optional<Setting> setting = Setting.of(name);
            boolean flag = setting.isPresent() && setting.get().isFlag();
            boolean valueFollows = !flag && equals < 0;
            if (setting.isEmpty() || (flag && equals >= 0) || (valueFollows && !isValue(arguments, i + 1))) {
                return Optional.empty();
            }
            String value = flag ? "true" : valueFollows ? arguments.get(++i) : argument.substring(equals + 1);
            given.putIfAbsent(setting.get(), new ArrayList<>());
            given.get(setting.get()).add(value);
        }
        return Optional.of(withWords(given, words));
    }

    /// A value that looks like an option may be one whose value was forgotten: not plain.
    private static boolean isValue(List<String> arguments, int i) {
        return i < arguments.size() && !arguments.get(i).startsWith("-");
    }

    /// Adds the words behind `serve`, `share` or `run`: a directory, then a port.
    ///
    /// @throws Fault if an option says the same, or there are more words than meanings
    public static Map<Setting, List<String>> withWords(Map<Setting, List<String>> given, List<String> words)
            throws Fault {
        List<Setting> meanings = List.of(Setting.DOCBASE, Setting.PORT);
        if (words.size() > meanings.size()) {
            throw new Fault(Fault.USAGE, "'" + words.get(meanings.size())
                    + "' is one word too many; there is room for a directory and a port, nothing else.");
        }
        for (int i = 0; i < words.size(); i++) {
            if (given.putIfAbsent(meanings.get(i), List.of(words.get(i))) != null) {
                throw new Fault(Fault.USAGE, meanings.get(i).longOption()
                        + " says what '" + words.get(i) + "' says, too; leave one of them out.");
            }
        }
        return given;
    }
}
