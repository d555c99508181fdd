package lib.host;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import lib.gateway.CgiProgram;
import lib.gateway.FastCgiApplication;
import lib.host.Setting.Word;
import lib.site.PathPattern;

/// Which programs answer in the place of files, and how are they spoken to?
public sealed interface ProgramSettings {

    /// Where they answer.
    PathPattern pattern();

    /// Who answers there, as a person is told: a command, an application's addresses, or each file itself.
    String answerer();

    /// Where, as a person writes it.
    default String place() {
        return text(pattern().toString());
    }

    private static String text(String octets) {
        return new String(octets.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /// A program that is started for each request (RFC 3875).
    record Cgi(PathPattern pattern, CgiProgram program) implements ProgramSettings {

        /// Files of the tree that run by themselves.
        static Cgi of(PathPattern pattern) {
            return new Cgi(pattern, CgiProgram.PLAIN);
        }

        @Override
        public String answerer() {
            List<String> command = program.isFile() ? program.interpreter() : program.program();
            return "cgi " + (command.isEmpty() ? "by itself" : text(String.join(" ", command)));
        }
    }

    /// An application that is always there (FastCGI 1.0).
    ///
    /// @param files is it asked for files of the tree? Else for every path below the pattern's
    record FastCgi(PathPattern pattern, boolean files, FastCgiApplication application) implements ProgramSettings {

        @Override
        public String answerer() {
            return "fastcgi " + String.join(" ", application.addresses().stream().map(FastCgiApplication::name).toList());
        }

        /// `*.php=127.0.0.1:9000`; empty where it is not of this kind.
        ///
        /// @param inside a path as the server will see it
        static Optional<ProgramSettings> parse(String text, UnaryOperator<Path> inside) {
            int equals = text.indexOf('=');
            Optional<PathPattern> pattern = PathPattern.parse(Reading.octets(text.substring(0, Math.max(equals, 0))));
            Optional<SocketAddress> address = address(text.substring(equals + 1), inside);
            return pattern.isEmpty() || address.isEmpty() ? Optional.empty()
                    : Optional.of(new FastCgi(pattern.get(), true, FastCgiApplication.at(address.get())));
        }

        /// A name is looked up when a connection is made: the machine that bears it may not be there yet.
        static Optional<SocketAddress> address(String text, UnaryOperator<Path> inside) {
            try {
                return switch (Endpoint.parse(text).orElse(null)) {
                    case Endpoint.Inet inet when inet.port().orElse(0) > 0 ->
                            Optional.of(InetSocketAddress.createUnresolved(inet.host(), inet.port().get()));
                    case Endpoint.Unix unix -> Optional.of(UnixDomainSocketAddress.of(inside.apply(Path.of(unix.path()))));
                    case null, default -> Optional.empty();
                };
            } catch (InvalidPathException _) {
                return Optional.empty();
            }
        }
    }

    /// Where a command without a slash is looked for, as most systems' PATH has it.
    List<Path> CUSTOMARY = List.of(Path.of("/usr/local/bin"), Path.of("/usr/bin"), Path.of("/bin"));

    /// What a table says.
    ///
    /// @param inside a path as the server will see it
    /// @param outside the same as it is seen now
    /// @param complain hears everything that is wrong
    static Optional<ProgramSettings> of(ConfigFile.Table table, UnaryOperator<Path> inside, UnaryOperator<Path> outside,
                                        Consumer<String> complain) {
        Reading reading = new Reading(table, inside, outside, complain);
        Optional<PathPattern> pattern = reading.pattern();
        if (table.name().equals("fastcgi")) {
            FastCgiApplication application = reading.application();
            return pattern.map(paths -> new FastCgi(paths, reading.asksForFiles(), application));
        }
        return pattern.map(paths -> new Cgi(paths, reading.cgi()));
    }

    /// One reading of a table, which notes each complaint and goes on.
    record Reading(ConfigFile.Table table, UnaryOperator<Path> inside, UnaryOperator<Path> outside, Consumer<String> complain) {

        Optional<PathPattern> pattern() {
            Optional<Word> path = word("path");
            Optional<PathPattern> pattern = path.flatMap(word -> PathPattern.parse(octets(word.value())));
            if (!table.words().containsKey("path")) {
                complain.accept(table.origin() + "[[" + table.name() + "]] needs a path, such as \"/cgi-bin/\" or \"*.php\".");
            } else if (path.isPresent() && pattern.isEmpty()) {
                complain(path.get(), "is no pattern; say for example \"/cgi-bin/\", \"*.php\" or \"/app/*.pl\".");
            }
            return pattern;
        }

        CgiProgram cgi() {
            List<String> interpreter = command("interpreter");
            List<String> program = command("program");
            if (!interpreter.isEmpty() && !program.isEmpty()) {
                complain(word("program").orElseThrow(), "leaves an interpreter nothing to do; leave one of the two out.");
            }
            if (!program.isEmpty()) {
                checkHasNoStar("program");
            }
            return new CgiProgram(interpreter, program, variables("environment"),
                    time("timeout").orElse(CgiProgram.PLAIN.silence()), time("lifetime"), count("at-once", CgiProgram.PLAIN.atOnce()));
        }

        FastCgiApplication application() {
            return new FastCgiApplication(addresses(), variables("parameters"), word("root").map(root -> octets(root.value())),
                    time("timeout").orElse(FastCgiApplication.SILENCE), time("connect-timeout").orElse(FastCgiApplication.CONNECTING),
                    count("connections", FastCgiApplication.CONNECTIONS), keep());
        }

        private List<SocketAddress> addresses() {
            List<Word> words = table.words().getOrDefault("address", List.of());
            List<SocketAddress> addresses = new ArrayList<>();
            for (Word word : words) {
                Optional<SocketAddress> address = FastCgi.address(word.value(), inside);
                address.ifPresent(addresses::add);
                if (address.isEmpty()) {
                    complain(word, "is no address; say for example \"127.0.0.1:9000\" or \"unix:/run/php-fpm.sock\".");
                }
            }
            if (words.isEmpty()) {
                complain.accept(table.origin() + "[[fastcgi]] needs an address, such as \"127.0.0.1:9000\" or "
                        + "\"unix:/run/php-fpm.sock\".");
            }
            return addresses;
        }

        /// 0 for not at all.
        private Duration keep() {
            return word("keep").filter(word -> word.value().equals("0")).isPresent() ? Duration.ZERO
                    : time("keep").orElse(FastCgiApplication.KEEPING);
        }

        boolean asksForFiles() {
            boolean all = word("application").filter(word -> word.value().equals("true")).isPresent();
            if (all) {
                checkHasNoStar("application");
            }
            return !all;
        }

        private void checkHasNoStar(String because) {
            word("path").filter(path -> path.value().indexOf('*') >= 0).ifPresent(path ->
                    complain(path, "has a star, but the " + because + " answers for every path below one; say \"/app/\"."));
        }

        private Optional<Word> word(String key) {
            List<Word> words = table.words().getOrDefault(key, List.of());
            if (words.size() > 1) {
                complain(words.get(1), "is one too many; say one.");
            }
            return words.stream().findFirst();
        }

        /// A program that is there, and its arguments.
        private List<String> command(String key) {
            List<Word> words = table.words().getOrDefault(key, List.of());
            if (words.isEmpty()) {
                return List.of();
            }
            List<String> command = new ArrayList<>();
            words.forEach(word -> command.add(octets(word.value())));
            located(words.getFirst()).ifPresent(program -> command.set(0, octets(program.toString())));
            return command;
        }

        private Optional<Path> located(Word word) {
            try {
                Path named = Path.of(word.value());
                List<Path> candidates = word.value().contains("/") ? List.of(inside.apply(named))
                        : CUSTOMARY.stream().map(directory -> directory.resolve(named)).toList();
                for (Path candidate : candidates) {
                    Path now = outside.apply(candidate);
                    if (Files.isRegularFile(now) && Files.isExecutable(now)) {
                        return Optional.of(candidate);
                    }
                }
                complain(word, "is no program that this user can run; name one that is there, with its whole path.");
            } catch (InvalidPathException _) {
                complain(word, "can't be a path here; set LANG to a UTF-8 locale.");
            }
            return Optional.empty();
        }

        private Map<String, String> variables(String key) {
            Map<String, String> variables = new HashMap<>();
            table.pairs().getOrDefault(key, Map.of()).forEach((name, value) -> {
                if (!name.matches("[A-Za-z_][A-Za-z0-9_]*") || value.indexOf('\0') >= 0) {
                    complain.accept(table.origin() + key + " '" + name + "' can't be a variable; its name is letters, digits and _.");
                }
                variables.put(name, octets(value));
            });
            return variables;
        }

        private Optional<Duration> time(String key) {
            Optional<Word> word = word(key);
            Optional<Duration> time = word.map(text -> Setting.time(text.value()));
            if (time.isPresent() && (time.get().compareTo(Duration.ofMillis(1)) < 0 || time.get().compareTo(LONGEST) > 0)) {
                complain(word.get(), "is no time above zero and within a year; say for example 60s, 500ms or 2m.");
            }
            return time;
        }

        private int count(String key, int fallback) {
            Optional<Word> word = word(key);
            long count = word.map(text -> Setting.size(text.value())).orElse((long) fallback);
            if (count < 1 || count > MOST) {
                complain(word.orElseThrow(), "is not a number from 1 to " + MOST + ".");
                return fallback;
            }
            return (int) count;
        }

        /// Of anything that runs at once.
        private static final int MOST = 10_000;

        private static final Duration LONGEST = Duration.ofDays(365);

        private void complain(Word word, String what) {
            complain.accept(word.origin() + " '" + word.value().replaceAll("\\p{Cntrl}", "?") + "' " + what);
        }

        /// Text as UTF-8 octets, one char each.
        private static String octets(String text) {
            return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        }
    }
}
