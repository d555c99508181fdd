package lib.host;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lib.http.Fields;
import lib.http.Tokens;
import lib.site.Site;
import lib.site.Visibility;
import lib.wire.Limits;

/// Everything that somebody set, checked once: a `Settings` that exists is legal.
///
/// @param docbase a directory or a file that is there and can be read
/// @param addresses empty for the loopback of both families
/// @param portChosen was a port asked for, or is it the default?
/// @param server the Server field; empty for none
public record Settings(Path docbase, List<Endpoint> addresses, int port, boolean portChosen, Site.Manners manners,
                       Visibility visibility, boolean followsLinks, String server, boolean quiet, Limits limits) {

    /// Fields that frame a message or belong to the connection: to set them by hand would be to lie (RFC 9110 §7.6.1).
    private static final Set<String> OURS = Set.of("content-length", "transfer-encoding", "connection", "date", "server",
            "trailer", "upgrade", "te", "keep-alive", "content-range", "content-encoding");

    /// Deadlines are counted in nanoseconds, which a long cannot do for ever.
    private static final Duration LONGEST = Duration.ofDays(365);

    public Settings {
        addresses = List.copyOf(addresses);
    }

    /// The settings that these words make: the command line's over the environment's over the defaults.
    ///
    /// @param line from the command line; a flag that is set has the value `true`
    /// @throws Fault with every complaint, a line each
    public static Settings of(Map<Setting, List<String>> line, Map<String, String> environment) throws Fault {
        return new Reading(line, environment).settings();
    }

    /// One reading of all the words, which notes each complaint and goes on.
    private static final class Reading {
        private final Map<Setting, List<String>> given = new EnumMap<>(Setting.class);
        private final Map<Setting, String> names = new EnumMap<>(Setting.class);
        private final List<String> complaints = new ArrayList<>();

        Reading(Map<Setting, List<String>> line, Map<String, String> environment) {
            for (Setting setting : Setting.values()) {
                String variable = environment.get(setting.variable());
                if (line.containsKey(setting)) {
                    given.put(setting, line.get(setting));
                    names.put(setting, setting.longOption());
                } else if (variable != null) {
                    given.put(setting, setting.isRepeatable() ? several(setting, variable) : List.of(variable));
                    names.put(setting, setting.variable());
                }
            }
        }

        /// A value of a field may hold commas, so a variable separates those by line breaks.
        private static List<String> several(Setting setting, String variable) {
            return List.of(variable.split(setting == Setting.HEADER ? "\n" : "[,\n]")).stream().map(String::strip)
                    .filter(value -> !value.isEmpty()).toList();
        }

        Settings settings() throws Fault {
            Site.Manners manners = new Site.Manners(index(), !flag(Setting.NO_LISTING), flag(Setting.SPA),
                    flag(Setting.CORS), flag(Setting.TRACE), fields());
            Limits limits = new Limits((int) size(Setting.MAX_TARGET, 1 << 20), (int) size(Setting.MAX_FIELDS, 1 << 24),
                    (int) size(Setting.MAX_FIELD_LINES, 100_000), size(Setting.MAX_CONTENT, Long.MAX_VALUE),
                    (int) size(Setting.MAX_RANGES, 10_000), time(Setting.TIMEOUT), time(Setting.HEAD_TIMEOUT),
                    time(Setting.PROGRESS_TIMEOUT), time(Setting.DRAIN_TIMEOUT),
                    (int) size(Setting.MAX_CONNECTIONS, 10_000_000));
            Settings settings = new Settings(docbase(), addresses(), port(), given.containsKey(Setting.PORT), manners,
                    new Visibility(flag(Setting.HIDDEN), flag(Setting.ALLOW_SECRETS)), flag(Setting.FOLLOW_SYMLINKS),
                    server(), flag(Setting.QUIET), limits);
            if (!complaints.isEmpty()) {
                throw new Fault(Fault.USAGE, String.join("\n", complaints));
            }
            return settings;
        }

        private String value(Setting setting) {
            return given.getOrDefault(setting, List.of(setting.fallback())).getLast();
        }

        private void complain(Setting setting, String what) {
            String value = given.containsKey(setting) ? value(setting) : setting.fallback();
            String name = setting == Setting.DOCBASE ? "" : names.getOrDefault(setting, setting.longOption()) + ' ';
            complaints.add(name + "'" + value + "' " + what);
        }

        private boolean flag(Setting setting) {
            return switch (value(setting).toLowerCase(Locale.ROOT)) {
                case "true", "yes", "on", "1" -> true;
                case "false", "no", "off", "0", "" -> false;
                default -> {
                    complain(setting, "is neither true nor false.");
                    yield false;
                }
            };
        }

        private Path docbase() {
            try {
                Path path = Path.of(value(Setting.DOCBASE));
                if (!Files.exists(path)) {
                    String hint = Endpoint.port(value(Setting.DOCBASE)).isPresent() ? "; for a port say -p "
                            + value(Setting.DOCBASE) : "; name one that is there";
                    complain(Setting.DOCBASE, "is no file or directory" + hint + ".");
                } else if (!Files.isReadable(path) || (Files.isDirectory(path) && !Files.isExecutable(path))) {
                    complain(Setting.DOCBASE, "can't be read by this user; check its permissions.");
                } else if (!Files.isDirectory(path) && !Files.isRegularFile(path)) {
                    complain(Setting.DOCBASE, "is neither a directory nor a regular file; name one of these.");
                }
                return path;
            } catch (InvalidPathException _) {
                complain(Setting.DOCBASE, "can't be a path here; set LANG to a UTF-8 locale, or go there and serve '.'.");
                return Path.of("");
            }
        }

        private List<Endpoint> addresses() {
            List<Endpoint> addresses = new ArrayList<>();
            for (String text : given.getOrDefault(Setting.ADDRESS, List.of())) {
                Optional<? extends Endpoint> address = Endpoint.parse(text);
                address.ifPresent(addresses::add);
                if (address.isEmpty()) {
                    complaints.add(names.get(Setting.ADDRESS) + " '" + text
                            + "' is no address; say a name, an IPv4 or IPv6 address, host:port or unix:PATH.");
                }
            }
            return addresses;
        }

        private int port() {
            Optional<Integer> port = Endpoint.port(value(Setting.PORT));
            if (port.isEmpty()) {
                complain(Setting.PORT, "is no port; say a number from 0 to 65535.");
            }
            return port.orElse(0);
        }

        private List<String> index() {
            List<String> names = Tokens.list(value(Setting.INDEX));
            if (names.stream().anyMatch(name -> name.indexOf('/') >= 0 || name.startsWith("."))) {
                complain(Setting.INDEX, "must be plain file names, without a slash or a dot in front.");
            }
            return names.stream().map(Reading::octets).toList();
        }

        private Fields fields() {
            List<Fields.Line> lines = new ArrayList<>();
            for (String text : given.getOrDefault(Setting.HEADER, List.of())) {
                int colon = text.indexOf(':');
                String name = colon < 0 ? "" : text.substring(0, colon).strip();
                String value = Tokens.trimmed(octets(text.substring(colon + 1)));
                boolean ours = OURS.contains(name.toLowerCase(Locale.ROOT));
                if (!Tokens.isToken(name) || !Tokens.isFieldValue(value)) {
                    complaints.add(names.get(Setting.HEADER) + " '" + shown(text)
                            + "' is no field; write it as 'Name: value'.");
                } else if (ours) {
                    complaints.add(names.get(Setting.HEADER) + " '" + shown(text)
                            + "' is set by the server itself; leave " + name + " out"
                            + (name.equalsIgnoreCase("server") ? ", or use --server-name." : "."));
                } else {
                    lines.add(new Fields.Line(name, value));
                }
            }
            return new Fields(lines);
        }

        private String server() {
            String server = Tokens.trimmed(octets(value(Setting.SERVER_NAME)));
            if (!Tokens.isFieldValue(server)) {
                complain(Setting.SERVER_NAME, "holds control characters; leave them out.");
            }
            return server;
        }

        private Duration time(Setting setting) {
            String text = value(setting).toLowerCase(Locale.ROOT);
            int unit = digits(text);
            long number = unit == 0 || unit > 9 ? 0 : Long.parseLong(text.substring(0, unit));
            Duration time = switch (text.substring(unit)) {
                case "ms" -> Duration.ofMillis(number);
                case "", "s" -> Duration.ofSeconds(number);
                case "m" -> Duration.ofMinutes(number);
                case "h" -> Duration.ofHours(number);
                default -> Duration.ZERO;
            };
            if (time.isZero() || time.compareTo(LONGEST) > 0) {
                complain(setting, "is no time above zero and within a year; say for example 3s, 500ms or 2m.");
            }
            return time;
        }

        private long size(Setting setting, long most) {
            String text = value(setting).toLowerCase(Locale.ROOT);
            int unit = digits(text);
            long number = unit == 0 || unit > 9 ? 0 : Long.parseLong(text.substring(0, unit));
            long size = switch (text.substring(unit)) {
                case "" -> number;
                case "k" -> number << 10;
                case "m" -> number << 20;
                case "g" -> number << 30;
                default -> 0;
            };
            if (size < 1 || size > most) {
                complain(setting, "is not a number from 1 to " + most + "; k, m and g stand for units of 1024.");
                return 1;
            }
            return size;
        }

        private static int digits(String text) {
            int i = 0;
            while (i < text.length() && Tokens.isDigit(text.charAt(i))) {
                i++;
            }
            return i;
        }

        /// Text as UTF-8 octets, one char each: what goes into a field or is compared with a file's name.
        private static String octets(String text) {
            return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        }

        private static String shown(String text) {
            return text.replaceAll("\\p{Cntrl}", "?");
        }
    }
}
