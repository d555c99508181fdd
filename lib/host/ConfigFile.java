package lib.host;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import lib.host.Setting.Word;
import lib.http.Request;
import lib.http.Tokens;
import lib.site.Access;
import org.tomlj.TomlArray;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/// What does the configuration file say? TOML in; words with their places, and every complaint at once, come out.
///
///     port = 8080
///     [mime]
///     gmi = "text/gemini"
///     [[host]]
///     names = ["example.com", "*.example.com"]
///     docbase = "/srv/example"
///     [[access]]
///     path = "/private/"
///     users = ["ann"]
public final class ConfigFile extends TomlFile {

    /// A virtual host by table. Its words stand over those of the file's top.
    ///
    /// @param names in lower case; `*.example.com` stands for every name below example.com
    /// @param rules in place of those of the top, if there are any
    /// @param programs likewise
    public record Host(List<String> names, Map<Setting, List<Word>> words, List<Access.Rule> rules, List<Table> programs) {
        public Host {
            names = List.copyOf(names);
            rules = List.copyOf(rules);
            programs = List.copyOf(programs);
        }
    }

    /// One of several tables that bear the same name, such as `[[cgi]]`.
    ///
    /// @param origin how a complaint names its place
    /// @param words of each key one or several
    /// @param pairs of each key that holds a table, what that says: `environment = { LANG = "C" }`
    public record Table(String name, String origin, Map<String, List<Word>> words, Map<String, Map<String, String>> pairs) {}

    /// All that a file says.
    ///
    /// @param mediaTypes extension to media type
    /// @param rules who may do what
    /// @param programs that answer in the place of files
    public record Contents(Map<Setting, List<Word>> words, List<Host> hosts, Map<String, String> mediaTypes,
                           List<Access.Rule> rules, List<Table> programs) {
        public static final Contents NONE = new Contents(Map.of(), List.of(), Map.of(), List.of(), List.of());

        public Contents {
            hosts = List.copyOf(hosts);
            rules = List.copyOf(rules);
            programs = List.copyOf(programs);
            mediaTypes = Map.copyOf(mediaTypes);
        }
    }

    /// What may stand in a `[[host]]`.
    private static final Set<Setting> OF_A_HOST = Set.of(Setting.DOCBASE, Setting.INDEX, Setting.HEADER, Setting.NO_LISTING,
            Setting.HIDDEN, Setting.ALLOW_SECRETS, Setting.FOLLOW_SYMLINKS, Setting.SPA, Setting.CORS, Setting.LOGFILE,
            Setting.UPLOAD, Setting.WRITE, Setting.ON_CLASH, Setting.MAX_UPLOAD, Setting.MAX_FILES, Setting.MIN_FREE,
            Setting.UPLOAD_EXPIRY, Setting.TLS_CERT, Setting.TLS_KEY, Setting.AUTH, Setting.AUTH_FILE);

    private static final List<String> OF_A_RULE = List.of("allow", "methods", "path", "users");

    private static final List<String> OF_A_CGI =
            List.of("at-once", "environment", "interpreter", "lifetime", "path", "program", "timeout");

    private static final List<String> OF_A_FASTCGI = List.of("address", "application", "connect-timeout", "connections", "keep",
            "parameters", "path", "root", "timeout");

    /// Keys of a table that hold a table.
    private static final Set<String> PAIRS = Set.of("environment", "parameters");

    /// Keys of a table that may hold a number.
    private static final Set<String> NUMBERS = Set.of("at-once", "connect-timeout", "connections", "keep", "lifetime", "timeout");

    /// Keys of a table that hold true or false.
    private static final Set<String> FLAGS = Set.of("application");

    private ConfigFile(Path path, List<String> complaints) {
        super(path, complaints);
    }

    /// @throws Fault with every complaint, a line each: `file:line:column: what is wrong`
    public static Contents read(Path path) throws Fault {
        List<String> complaints = new ArrayList<>();
        Contents contents = read(path, complaints);
        if (!complaints.isEmpty()) {
            throw new Fault(Fault.USAGE, String.join("\n", complaints));
        }
        return contents;
    }

    /// What there is to read in a file of which not all need be good.
    ///
    /// @param complaints are added to
    /// @throws Fault if it is no TOML at all, with every complaint about that
    static Contents read(Path path, List<String> complaints) throws Fault {
        ConfigFile file = new ConfigFile(path, complaints);
        return file.contents(file.parsed("The configuration file"));
    }

    private Contents contents(TomlTable top) {
        Map<Setting, List<Word>> words = new EnumMap<>(Setting.class);
        List<Host> hosts = new ArrayList<>();
        Map<String, String> mediaTypes = new HashMap<>();
        List<Access.Rule> rules = new ArrayList<>();
        List<Table> programs = new ArrayList<>();
        for (String key : top.keySet()) {
            TomlPosition position = top.inputPositionOf(List.of(key));
            Object value = top.get(List.of(key));
            switch (key) {
                case "mime" -> mediaTypes(value, position, mediaTypes);
                case "host" -> hosts(value, position, hosts);
                case "access" -> rules(value, position, rules);
                case "cgi" -> programs(key, value, position, OF_A_CGI, programs);
                case "fastcgi" -> programs(key, value, position, OF_A_FASTCGI, programs);
                default -> word(key, value, position, Set.of(Setting.values()), words);
            }
        }
        return new Contents(words, hosts, mediaTypes, rules, programs);
    }

    private void word(String key, Object value, TomlPosition position, Set<Setting> allowed, Map<Setting, List<Word>> words) {
        if (key.equals("daemon") && allowed.contains(Setting.FOREGROUND)) {
            if (value instanceof Boolean daemon) {
                words.put(Setting.FOREGROUND, List.of(new Word(String.valueOf(!daemon), place(position) + key)));
            } else {
                complain(position, "daemon must be true or false.");
            }
            return;
        }
        Optional<Setting> setting = allowed.stream().filter(known -> !key.isEmpty() && known.key().equals(key)).findFirst();
        if (setting.isEmpty()) {
            complain(position, "there is no key '" + key + "' here; " + nearest(key, allowed));
        } else {
            values(setting.get(), value, position).ifPresent(some -> words.put(setting.get(), some));
        }
    }

    /// One value, or for some settings a list, each as the command line would say it.
    private Optional<List<Word>> values(Setting setting, Object value, TomlPosition position) {
        String origin = place(position) + setting.key();
        boolean several = setting.isRepeatable() || setting == Setting.INDEX;
        if (value instanceof TomlArray array && several) {
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < array.size(); i++) {
                Optional<String> text = text(setting, array.get(i));
                text.ifPresent(texts::add);
                if (text.isEmpty()) {
                    complain(array.inputPositionOf(i), setting.key() + " takes " + kind(setting) + ".");
                }
            }
            List<String> words = setting == Setting.INDEX ? List.of(String.join(",", texts)) : texts;
            return Optional.of(words.stream().map(text -> new Word(text, origin)).toList());
        }

        Optional<String> text = text(setting, value);
        if (text.isEmpty()) {
            complain(position, setting.key() + " takes " + kind(setting) + (several ? " or a list of them." : "."));
        }
        return text.map(word -> List.of(new Word(word, origin)));
    }

    private static Optional<String> text(Setting setting, Object value) {
        return switch (value) {
            case Boolean flag when setting.isFlag() -> Optional.of(flag.toString());
            case Long number when takesNumber(setting) -> Optional.of(number.toString());
            case String text when !setting.isFlag() -> Optional.of(text);
            default -> Optional.empty();
        };
    }

    private static boolean takesNumber(Setting setting) {
        return setting == Setting.PORT || setting == Setting.TLS_REDIRECT || setting == Setting.USER
                || setting == Setting.FAIL_ON || setting.placeholder().equals("TIME")
                || setting.placeholder().equals("SIZE") || setting.placeholder().equals("COUNT");
    }

    private static String kind(Setting setting) {
        return setting.isFlag() ? "true or false" : takesNumber(setting) ? "a number or a text in quotes" : "a text in quotes";
    }

    private void mediaTypes(Object value, TomlPosition position, Map<String, String> types) {
        if (!(value instanceof TomlTable table)) {
            complain(position, "mime must be a table: [mime] on a line, then lines like gmi = \"text/gemini\".");
            return;
        }
        for (String extension : table.keySet()) {
            boolean type = table.get(List.of(extension)) instanceof String text && isMediaType(text);
            if (type) {
                types.put(extension.startsWith(".") ? extension.substring(1) : extension, table.getString(List.of(extension)));
            } else {
                complain(table.inputPositionOf(List.of(extension)), extension + " takes a media type in quotes, such as "
                        + "\"text/plain\".");
            }
        }
    }

    private static boolean isMediaType(String text) {
        int semicolon = text.indexOf(';');
        String[] halves = (semicolon < 0 ? text : text.substring(0, semicolon)).strip().split("/", -1);
        return halves.length == 2 && Tokens.isToken(halves[0]) && Tokens.isToken(halves[1]) && Tokens.isFieldValue(text);
    }

    private void hosts(Object value, TomlPosition position, List<Host> hosts) {
        TomlArray array = tables(value, position, "host must be written as [[host]], once for each host.");
        for (int i = 0; i < array.size(); i++) {
            hosts.add(host(array.getTable(i), array.inputPositionOf(i), hosts));
        }
    }

    private Host host(TomlTable table, TomlPosition position, List<Host> before) {
        Map<Setting, List<Word>> words = new EnumMap<>(Setting.class);
        List<String> names = new ArrayList<>();
        List<Access.Rule> rules = new ArrayList<>();
        List<Table> programs = new ArrayList<>();
        for (String key : table.keySet()) {
            TomlPosition place = table.inputPositionOf(List.of(key));
            Object value = table.get(List.of(key));
            if (key.equals("names") || key.equals("name")) {
                names(value, place, names);
            } else if (key.equals("access")) {
                rules(value, place, rules);
            } else if (key.equals("cgi")) {
                programs(key, value, place, OF_A_CGI, programs);
            } else if (key.equals("fastcgi")) {
                programs(key, value, place, OF_A_FASTCGI, programs);
            } else {
                word(key, value, place, OF_A_HOST, words);
            }
        }
        if (names.isEmpty()) {
            complain(position, "a [[host]] needs names, such as names = [\"example.com\", \"*.example.com\"].");
        }
        names.stream().filter(name -> before.stream().anyMatch(host -> host.names().contains(name)))
                .forEach(name -> complain(position, "the name " + name + " stands in two [[host]] tables; leave one out."));
        return new Host(names, words, rules, programs);
    }

    private void names(Object value, TomlPosition position, List<String> names) {
        List<Object> values = value instanceof TomlArray array ? array.toList() : List.of(value);
        for (Object one : values) {
            String name = one instanceof String text ? text.toLowerCase(java.util.Locale.ROOT) : "";
            String bare = name.startsWith("*.") ? name.substring(2) : name;
            if (lib.http.Authority.parse(bare).filter(host -> host.port() < 0).isEmpty() || bare.contains("*")) {
                complain(position, "'" + one + "' is no host name; say example.com, or *.example.com for all below it.");
            } else {
                names.add(name);
            }
        }
    }

    /// Rules, in their order. One that can never be heard, as another above it has decided already, is a mistake.
    private void rules(Object value, TomlPosition position, List<Access.Rule> rules) {
        TomlArray array = tables(value, position, "access must be written as [[access]], once for each rule.");
        for (int i = 0; i < array.size(); i++) {
            Access.Rule rule = rule(array.getTable(i));
            if (rules.stream().anyMatch(above -> above.covers(rule))) {
                complain(array.inputPositionOf(i), "this rule is never reached: one above it decides all that it is about; "
                        + "put it above that one.");
            }
            rules.add(rule);
        }
    }

    private Access.Rule rule(TomlTable table) {
        complainOfOthers(table, OF_A_RULE);
        return new Access.Rule(place(table), methods(table), who(table));
    }

    /// Names as they are on disk, from the root of the site.
    private List<String> place(TomlTable table) {
        List<String> texts = texts(table, "path", "takes a path in quotes, such as \"/private/\".");
        String path = texts.isEmpty() ? "/" : texts.getFirst();
        List<String> segments = List.of(path.split("/")).stream().filter(segment -> !segment.isEmpty()).toList();
        if (!path.startsWith("/") || texts.size() > 1 || segments.contains(".") || segments.contains("..")) {
            complain(table.inputPositionOf("path"), "'" + path + "' is no path from the root of the site; write it "
                    + "as \"/private/\".");
        }
        return segments.stream().map(TomlFile::octets).toList();
    }

    private Access.Methods methods(TomlTable table) {
        List<String> names = texts(table, "methods", "takes \"read\", \"write\", or a list such as [\"PUT\", \"DELETE\"].");
        if (names.size() == 1 && names.getFirst().equals("read")) {
            return new Access.Methods.Read();
        }
        if (names.size() == 1 && names.getFirst().equals("write")) {
            return new Access.Methods.Write();
        }
        names.stream().filter(name -> !Request.KNOWN_METHODS.contains(name)).forEach(name -> complain(
                table.inputPositionOf("methods"), "'" + name + "' is no method; say \"read\", \"write\", or some of "
                        + String.join(", ", new TreeSet<>(Request.KNOWN_METHODS)) + "."));
        return names.isEmpty() ? new Access.Methods.All() : new Access.Methods.Named(Set.copyOf(names));
    }

    private Access.Who who(TomlTable table) {
        List<String> users = texts(table, "users", "takes names, such as [\"ann\", \"bob\"], or [\"*\"] for every user.");
        Object allow = table.contains("allow") ? table.get("allow") : Boolean.TRUE;
        if (!(allow instanceof Boolean)) {
            complain(table.inputPositionOf("allow"), "allow takes true or false.");
        } else if (allow.equals(false) && !users.isEmpty()) {
            complain(table.inputPositionOf("users"), "allow = false shuts everybody out; leave users out, or allow.");
        }
        return allow.equals(false) ? new Access.Who.Nobody() : users.isEmpty() ? new Access.Who.Everybody()
                : users.contains("*") ? new Access.Who.AnyUser()
                : new Access.Who.These(Set.copyOf(users.stream().map(TomlFile::octets).toList()));
    }

    /// Tables of one name, in their order.
    private void programs(String name, Object value, TomlPosition position, List<String> keys, List<Table> programs) {
        TomlArray array = tables(value, position, name + " must be written as [[" + name + "]], once for each pattern.");
        for (int i = 0; i < array.size(); i++) {
            programs.add(table(name, array.getTable(i), array.inputPositionOf(i), keys));
        }
    }

    private Table table(String name, TomlTable table, TomlPosition position, List<String> keys) {
        Map<String, List<Word>> words = new HashMap<>();
        Map<String, Map<String, String>> pairs = new HashMap<>();
        complainOfOthers(table, keys);
        for (String key : table.keySet()) {
            TomlPosition place = table.inputPositionOf(List.of(key));
            Object value = table.get(List.of(key));
            if (PAIRS.contains(key)) {
                pairs.put(key, pairs(key, value, place));
            } else if (keys.contains(key)) {
                words.put(key, words(key, value, place));
            }
        }
        return new Table(name, place(position), words, pairs);
    }

    private Map<String, String> pairs(String key, Object value, TomlPosition position) {
        Map<String, String> pairs = new HashMap<>();
        boolean texts = value instanceof TomlTable table && table.toMap().values().stream().allMatch(String.class::isInstance);
        if (texts) {
            ((TomlTable) value).toMap().forEach((name, text) -> pairs.put(name, (String) text));
        } else {
            complain(position, key + " takes a table of texts, such as " + key + " = { LANG = \"C.UTF-8\" }.");
        }
        return pairs;
    }

    /// A text, a number, true or false, or a list of texts.
    private List<Word> words(String key, Object value, TomlPosition position) {
        List<Object> values = value instanceof TomlArray array ? array.toList() : List.of(value);
        boolean text = !values.isEmpty() && values.stream().allMatch(String.class::isInstance) && !FLAGS.contains(key);
        boolean number = value instanceof Long && NUMBERS.contains(key);
        boolean flag = value instanceof Boolean && FLAGS.contains(key);
        if (!text && !number && !flag) {
            complain(position, key + " takes " + (FLAGS.contains(key) ? "true or false."
                    : NUMBERS.contains(key) ? "a text in quotes or a number." : "a text in quotes."));
            return List.of();
        }
        return values.stream().map(one -> new Word(one.toString(), place(position) + key)).toList();
    }

    private static String nearest(String wrong, Set<Setting> allowed) {
        Set<String> keys = new TreeSet<>();
        allowed.stream().map(Setting::key).filter(key -> !key.isEmpty()).forEach(keys::add);
        keys.addAll(allowed.contains(Setting.FOREGROUND) ? List.of("daemon", "mime", "host", "access", "cgi", "fastcgi")
                : List.of("names", "access", "cgi", "fastcgi"));
        return nearest(wrong, List.copyOf(keys));
    }
}
