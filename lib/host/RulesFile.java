package lib.host;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import lib.http.Fields;
import lib.http.Status;
import lib.http.TargetPattern;
import lib.http.Tokens;
import lib.site.Behaviour;
import lib.site.Behaviour.Latency;
import lib.site.Behaviour.Reply;
import lib.site.Rules;
import lib.wire.Trouble;
import lib.wire.Trouble.End;
import lib.wire.Trouble.Pace;
import org.tomlj.TomlArray;
import org.tomlj.TomlTable;

/// What does the file of rules say? TOML in; rules, and every complaint at once, come out.
///
///     seed = 7
///     [[rule]]
///     path = "/api/**"
///     methods = "GET"
///     times = 2
///     status = 503
///     fields = "Retry-After: 1"
final class RulesFile extends TomlFile {

    /// To whom it happens, and how often.
    private static final List<String> OF_A_RULE = List.of("path", "methods", "times", "every", "chance", "answers", "again");

    /// What happens.
    private static final List<String> OF_AN_ANSWER = List.of("status", "content", "fields", "latency", "bandwidth", "drip", "cut",
            "reset", "wrong-length", "silent");

    /// The writer of responses sets these: a second line of them would not be trouble, but nonsense (RFC 9112 §6.3).
    private static final Set<String> OURS = Set.of("content-length", "transfer-encoding", "connection", "date", "server");

    /// Time is counted in nanoseconds, which a long cannot do for ever.
    private static final Duration LONGEST = Duration.ofDays(365);

    private static final long LONGEST_LIE = 1L << 50;

    private RulesFile(Path path, List<String> complaints) {
        super(path, complaints);
    }

    /// What there is to read in a file of which not all need be good.
    ///
    /// @param complaints are added to, each as `file:line:column: what is wrong`
    /// @throws Fault if it is no TOML at all, with every complaint about that
    static Rules read(Path path, List<String> complaints) throws Fault {
        RulesFile file = new RulesFile(path, complaints);
        return file.rules(file.parsed("The file of rules"));
    }

    private Rules rules(TomlTable top) {
        complainOfOthers(top, List.of("seed", "rule"));
        List<Rules.Rule> rules = new ArrayList<>();
        if (top.contains("rule")) {
            TomlArray tables = tables(top.get("rule"), top.inputPositionOf("rule"), "rule must be written as [[rule]], once for each.");
            for (int i = 0; i < tables.size(); i++) {
                Rules.Rule rule = rule(tables.getTable(i));
                if (rules.stream().anyMatch(above -> above.covers(rule))) {
                    complain(tables.inputPositionOf(i), "this rule is never reached: one above it takes all that it is about; "
                            + "put it above that one.");
                }
                rules.add(rule);
            }
        }
        return new Rules(number(top, "seed", Long.MIN_VALUE, Long.MAX_VALUE, "a number").orElse(0), rules);
    }

    private Rules.Rule rule(TomlTable table) {
        complainOfOthers(table, Stream.concat(OF_A_RULE.stream(), OF_AN_ANSWER.stream()).toList());
        Rules.When when = new Rules.When(count(table, "times").orElse(Long.MAX_VALUE), count(table, "every").orElse(1), chance(table));
        return new Rules.Rule(pattern(table), methods(table), when, answers(table), flag(table, "again"));
    }

    private TargetPattern pattern(TomlTable table) {
        List<String> texts = texts(table, "path", "takes a path in quotes, such as \"/api/**\".");
        Optional<TargetPattern> pattern = texts.size() > 1 ? Optional.empty()
                : TargetPattern.parse(texts.isEmpty() ? "/**" : texts.getFirst());
        if (pattern.isEmpty()) {
            complain(table, "path", "takes one path from the root, such as \"/a.js\", \"/img/*.png\" or \"/api/**\".");
        }
        return pattern.orElse(TargetPattern.EVERYTHING);
    }

    private Set<String> methods(TomlTable table) {
        List<String> names = texts(table, "methods", "takes \"GET\", or a list such as [\"GET\", \"HEAD\"].");
        names.stream().filter(name -> !Tokens.isToken(name) || !name.toUpperCase(Locale.ROOT).equals(name)).forEach(name ->
                complain(table, "methods", "names '" + name + "', which is no method; they are written in capitals."));
        return Set.copyOf(names);
    }

    private List<Behaviour> answers(TomlTable table) {
        if (!table.contains("answers")) {
            return List.of(answer(table));
        }
        OF_AN_ANSWER.stream().filter(table::contains).forEach(key ->
                complain(table, key, "stands beside answers; write it into one of them."));
        TomlArray tables = tables(table.get("answers"), table.inputPositionOf("answers"),
                "answers must be a list of tables, such as [{ status = 503 }, {}].");
        List<Behaviour> answers = new ArrayList<>();
        for (int i = 0; i < tables.size(); i++) {
            complainOfOthers(tables.getTable(i), OF_AN_ANSWER);
            answers.add(answer(tables.getTable(i)));
        }
        return answers.isEmpty() ? List.of(Behaviour.USUAL) : answers;
    }

    private Behaviour answer(TomlTable table) {
        atMostOneOf(table, List.of("cut", "reset", "wrong-length"));
        atMostOneOf(table, List.of("bandwidth", "drip"));
        boolean silent = flag(table, "silent");
        if (silent && OF_AN_ANSWER.stream().filter(table::contains).count() > 1) {
            complain(table, "silent", "leaves no answer for the other keys; leave one or the others out.");
        }
        return new Behaviour(latency(table), silent ? new Reply.Never() : reply(table), fields(table), new Trouble(pace(table), end(table)));
    }

    private void atMostOneOf(TomlTable table, List<String> keys) {
        List<String> there = keys.stream().filter(table::contains).toList();
        if (there.size() > 1) {
            complain(table, there.getLast(), "can't be had together with " + there.getFirst() + "; leave one of them out.");
        }
    }

    private Reply reply(TomlTable table) {
        OptionalLong code = number(table, "status", 200, 599, "a number from 200 to 599");
        Optional<String> content = texts(table, "content", "takes a text in quotes.").stream().findFirst().map(TomlFile::octets);
        return code.isEmpty() && content.isEmpty() ? new Reply.Real()
                : new Reply.Instead(Status.of((int) code.orElse(200), ""), content);
    }

    private Fields fields(TomlTable table) {
        List<Fields.Line> lines = new ArrayList<>();
        for (String text : texts(table, "fields", "takes a text such as \"Retry-After: 1\", or a list of them.")) {
            int colon = text.indexOf(':');
            String name = text.substring(0, Math.max(colon, 0)).strip();
            String value = Tokens.trimmed(octets(text.substring(colon + 1)));
            if (!Tokens.isToken(name) || !Tokens.isFieldValue(value)) {
                complain(table, "fields", "holds '" + LogText.sentence(text) + "', which is no field; write it as \"Name: value\".");
            } else if (OURS.contains(name.toLowerCase(Locale.ROOT))) {
                complain(table, "fields", "can't set " + name + ", which the server sets itself; leave it out"
                        + (name.equalsIgnoreCase("Content-Length") ? ", or use wrong-length." : "."));
            } else {
                lines.add(new Fields.Line(name, value));
            }
        }
        return new Fields(lines);
    }

    private Latency latency(TomlTable table) {
        Optional<? extends Latency> latency = switch (table.get("latency")) {
            case null -> Optional.of(Latency.NONE);
            case TomlArray times -> range(times);
            case TomlTable shares -> percentiles(shares);
            case Object time -> time(time).map(Latency.Fixed::new);
        };
        if (latency.isEmpty()) {
            complain(table, "latency", "takes a time such as \"200ms\", a range such as [\"50ms\", \"1s\"], or percentiles such as "
                    + "{ p50 = \"20ms\", p99 = \"1s\" }, both rising.");
        }
        return latency.isPresent() ? latency.get() : Latency.NONE;
    }

    private static Optional<Latency.Range> range(TomlArray times) {
        List<Duration> both = times.toList().stream().flatMap(time -> time(time).stream()).toList();
        return times.size() != 2 || both.size() != 2 || both.getFirst().compareTo(both.getLast()) > 0 ? Optional.empty()
                : Optional.of(new Latency.Range(both.getFirst(), both.getLast()));
    }

    private static Optional<Latency.Percentiles> percentiles(TomlTable shares) {
        List<Latency.Point> points = shares.keySet().stream().flatMap(key -> point(key, shares.get(List.of(key))).stream())
                .sorted(java.util.Comparator.comparingDouble(Latency.Point::share)).toList();
        boolean rises = points.size() == shares.size() && !points.isEmpty();
        for (int i = 1; i < points.size(); i++) {
            rises &= points.get(i).share() > points.get(i - 1).share() && points.get(i).time().compareTo(points.get(i - 1).time()) >= 0;
        }
        return rises ? Optional.of(new Latency.Percentiles(points)) : Optional.empty();
    }

    /// `p99 = "1s"`; a key with a fraction needs quotes, `"p99.9"`.
    private static Optional<Latency.Point> point(String key, Object value) {
        if (!key.startsWith("p") || !Tokens.isDigits(key.substring(1).replaceFirst("\\.", ""))) {
            return Optional.empty();
        }
        double share = Double.parseDouble(key.substring(1)) / 100;
        return share > 1 ? Optional.empty() : time(value).map(time -> new Latency.Point(share, time));
    }

    private Pace pace(TomlTable table) {
        OptionalLong bandwidth = size(table, "bandwidth", 1, "octets for each second, such as \"32k\"");
        if (bandwidth.isPresent()) {
            return new Pace.Bandwidth(bandwidth.getAsLong());
        }
        return table.contains("drip") ? drip(table) : new Pace.Free();
    }

    private Pace drip(TomlTable table) {
        if (table.get("drip") instanceof TomlTable drip) {
            complainOfOthers(drip, List.of("octets", "pause"));
            long octets = count(drip, "octets").orElse(1);
            Optional<Duration> pause = drip.contains("pause") ? time(drip.get("pause")) : Optional.empty();
            if (pause.isPresent()) {
                return new Pace.Drip((int) Math.min(octets, Integer.MAX_VALUE), pause.get());
            }
        }
        complain(table, "drip", "takes a number of octets and a time, such as { octets = 10, pause = \"100ms\" }.");
        return new Pace.Free();
    }

    private End end(TomlTable table) {
        OptionalLong cut = octetsUntil(table, "cut");
        OptionalLong reset = octetsUntil(table, "reset");
        OptionalLong wrong = number(table, "wrong-length", -LONGEST_LIE, LONGEST_LIE, "a number of octets, such as +10 or -10");
        return cut.isPresent() ? new End.Cut(cut.getAsLong())
                : reset.isPresent() ? new End.Reset(reset.getAsLong())
                : wrong.isPresent() && wrong.getAsLong() != 0 ? new End.WrongLength(wrong.getAsLong()) : new End.Whole();
    }

    private OptionalLong octetsUntil(TomlTable table, String key) {
        return Boolean.TRUE.equals(table.get(key)) ? OptionalLong.of(Trouble.AT_ONCE)
                : size(table, key, 0, "octets of content, such as 1000 or \"64k\", or true for none, not even a status");
    }

    private OptionalLong size(TomlTable table, String key, long least, String kind) {
        long size = switch (table.get(key)) {
            case null -> Long.MIN_VALUE;
            case Long number -> number;
            case String text -> Setting.size(text);
            default -> -1;
        };
        if (size != Long.MIN_VALUE && size < least) {
            complain(table, key, "takes " + kind + ".");
        }
        return size < least ? OptionalLong.empty() : OptionalLong.of(size);
    }

    private OptionalLong count(TomlTable table, String key) {
        return number(table, key, 1, Long.MAX_VALUE, "a number from 1 on");
    }

    private OptionalLong number(TomlTable table, String key, long least, long most, String kind) {
        Object value = table.get(key);
        if (value instanceof Long number && number >= least && number <= most) {
            return OptionalLong.of(number);
        }
        if (value != null) {
            complain(table, key, "takes " + kind + ".");
        }
        return OptionalLong.empty();
    }

    private double chance(TomlTable table) {
        double chance = table.get("chance") instanceof Number number ? number.doubleValue() : table.contains("chance") ? -1 : 1;
        if (!(chance >= 0 && chance <= 1)) {
            complain(table, "chance", "takes a number from 0 to 1, such as 0.1.");
        }
        return chance;
    }

    private boolean flag(TomlTable table, String key) {
        Object value = table.get(key);
        if (value != null && !(value instanceof Boolean)) {
            complain(table, key, "takes true or false.");
        }
        return Boolean.TRUE.equals(value);
    }

    /// Empty if it is none.
    private static Optional<Duration> time(Object value) {
        Duration time = value instanceof String || value instanceof Long ? Setting.time(value.toString()) : Duration.ofSeconds(-1);
        return time.isNegative() || time.compareTo(LONGEST) > 0 ? Optional.empty() : Optional.of(time);
    }

    private void complain(TomlTable table, String key, String what) {
        complain(table.inputPositionOf(List.of(key)), key + ' ' + what);
    }
}
