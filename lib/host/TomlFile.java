package lib.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/// How is a file of ours read that is written in TOML? To its end, with a complaint for everything that is wrong in it:
///
///     comanche.toml:3:1: there is no key 'prot' here; did you mean 'port'?
///
/// What may stand in it is for those to say who extend this.
abstract class TomlFile {
    private static final TomlArray NO_TABLES = Toml.parse("none = []").getArrayOrEmpty("none");

    /// Keys that a person can look through in one sentence.
    private static final int FEW = 20;

    private final Path path;
    private final List<String> complaints;

    /// @param complaints are added to
    TomlFile(Path path, List<String> complaints) {
        this.path = path;
        this.complaints = complaints;
    }

    /// @param called how a sentence begins that names the file, such as `The configuration file`
    /// @throws Fault if it is no TOML at all, with every complaint about that
    final TomlParseResult parsed(String called) throws Fault {
        TomlParseResult result;
        try {
            result = Toml.parse(path);
        } catch (IOException _) {
            throw new Fault(Fault.USAGE, called + " '" + path + "' can't be read; name one that is there.");
        }
        for (TomlParseError error : result.errors()) {
            complain(error.position(), error.getMessage().lines().findFirst().orElse("not TOML") + '.');
        }
        if (result.hasErrors()) {
            throw new Fault(Fault.USAGE, String.join("\n", complaints));
        }
        return result;
    }

    final void complain(TomlPosition position, String what) {
        complaints.add(place(position) + what);
    }

    final String place(TomlPosition position) {
        return path + (position == null ? ":" : ":" + position.line() + ":" + position.column() + ":") + ' ';
    }

    /// A complaint for each key that is none of these.
    final void complainOfOthers(TomlTable table, List<String> keys) {
        for (String key : new TreeSet<>(table.keySet())) {
            if (!keys.contains(key)) {
                complain(table.inputPositionOf(List.of(key)), "there is no key '" + key + "' here; " + nearest(key, keys));
            }
        }
    }

    /// An array that holds tables and nothing else; an empty one in place of anything else.
    final TomlArray tables(Object value, TomlPosition position, String complaint) {
        if (value instanceof TomlArray array && array.toList().stream().allMatch(TomlTable.class::isInstance)) {
            return array;
        }
        complain(position, complaint);
        return NO_TABLES;
    }

    /// One text or a list of them; empty where the key is missing.
    final List<String> texts(TomlTable table, String key, String kind) {
        if (!table.contains(key)) {
            return List.of();
        }
        Object value = table.get(key);
        List<Object> values = value instanceof TomlArray array ? array.toList() : List.of(value);
        if (values.isEmpty() || !values.stream().allMatch(String.class::isInstance)) {
            complain(table.inputPositionOf(key), key + ' ' + kind);
            return List.of();
        }
        return values.stream().map(String.class::cast).toList();
    }

    /// As a client sends it in UTF-8, one char for each octet.
    static String octets(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /// The right key that a wrong one is nearest to; all of them, if none is near and they are few.
    static String nearest(String wrong, List<String> keys) {
        String best = keys.stream().min(java.util.Comparator.comparingInt(key -> distance(wrong, key))).orElseThrow();
        boolean isNear = distance(wrong, best) <= best.length() / 2;
        return isNear || keys.size() > FEW ? "did you mean '" + best + "'?" : "what can be said is " + String.join(", ", keys) + ".";
    }

    /// How many letters have to be changed, added or dropped (Levenshtein).
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
