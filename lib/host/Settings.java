package lib.host;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import lib.host.Setting.Word;
import lib.http.Fields;
import lib.http.Tokens;
import lib.site.Access;
import lib.site.Intake;
import lib.site.PathPattern;
import lib.site.Rules;
import lib.site.Site;
import lib.site.Users;
import lib.site.Visibility;
import lib.site.ZipTree;
import lib.site.Writing;
import lib.wire.Limits;

/// Everything that somebody set, checked once: a `Settings` that exists is legal.
///
/// @param addresses empty for the loopback of both families
/// @param portChosen was a port asked for, or is it the default?
/// @param server the Server field; empty for none
/// @param site what is served to a host that nothing else is said of
/// @param virtualHosts a directory of the document base for each host name?
/// @param defaultHost with these, the directory for all other names
/// @param hosts the `[[host]]` tables
/// @param tls empty for plain HTTP
/// @param logfile empty for standard output
/// @param errorLog empty for standard error
/// @param chroot the new root, seen from the old one
/// @param sandbox how far it shuts itself off
/// @param mount the segment that all targets begin with; empty for none
/// @param once does the server end with the first file that has found its way?
/// @param duration after which it ends; empty for never
/// @param cacheOctets of memory for small documents that are kept ready
/// @param cacheFiles how many longer ones are kept open
/// @param rules what is to go wrong on purpose; empty for nothing
/// @param fixture what a test wants of it
/// @param effective what holds of each setting, and who said so
public record Settings(List<Endpoint> addresses, int port, boolean portChosen, String server, SiteSettings site,
                       boolean virtualHosts, Optional<String> defaultHost, List<HostSettings> hosts,
                       Optional<TlsSettings> tls, Map<String, String> mediaTypes, boolean quiet, Optional<Path> logfile, AccessLog.Format logFormat,
                       Optional<Path> errorLog, boolean foreground, Optional<Path> pidfile, Optional<Path> chroot,
                       Optional<String> user, Sandboxing sandbox, Optional<String> mount, boolean once, Optional<Duration> duration, Limits limits,
                       long cacheOctets, int cacheFiles, Optional<Rules> rules, FixtureSettings fixture, Map<Setting, List<Word>> effective) {

    /// How far does the server shut itself off?
    public enum Sandboxing {
        /// From what no server does, once it runs; as far as this system can.
        AUTO,
        /// From all that these settings do not name, from the first; or it does not start.
        STRICT,
        OFF
    }

    /// How one site is served.
    ///
    /// @param docbase a directory, or a file, that is there and can be read; as seen from the new root, if there is one
    /// @param outside the same as seen from the root that is in force now
    /// @param programs that answer in the place of files, the first that is about a path in front
    public record SiteSettings(Path docbase, Path outside, Site.Manners manners, Visibility visibility,
                               boolean followsLinks, Admission admission, List<ProgramSettings> programs) {
        public SiteSettings {
            programs = List.copyOf(programs);
        }
    }

    /// Who is let in to a site.
    ///
    /// @param users of the settings, their passwords known in the clear
    /// @param file names more users; as seen from the new root, if there is one
    /// @param ofFile whom it names now
    /// @param longestWait of who guesses passwords
    public record Admission(Users users, Optional<Path> file, Users ofFile, Duration longestWait, Access access) {
        private void addUsers(List<Users> all) {
            for (Users some : List.of(users, ofFile)) {
                if (!some.passwords().isEmpty()) {
                    all.add(some);
                }
            }
        }
    }

    /// One `[[host]]`.
    ///
    /// @param names in lower case, perhaps with `*.` in front
    /// @param logfile its own access log, if it has one
    public record HostSettings(List<String> names, SiteSettings site, Optional<Path> logfile) {
        public HostSettings {
            names = List.copyOf(names);
        }
    }

    /// How connections are secured.
    ///
    /// @param pairs certificates of the operator's own, the first for clients that name no other host
    /// @param local does a certificate of our local authority stand before them?
    /// @param password of the keys; empty for none
    /// @param state where the local authority is kept
    /// @param redirect the port that sends clients here
    /// @param hsts for how long browsers are to use nothing but https
    public record TlsSettings(List<Pair> pairs, boolean local, String password, Path state, Optional<Integer> redirect,
                              Optional<Duration> hsts) {
        public TlsSettings {
            pairs = List.copyOf(pairs);
        }
    }

    /// A certificate and its key.
    ///
    /// @param key empty where it stands in the same file
    /// @param names hosts that it is for, besides those that it names itself
    public record Pair(Path certificate, Optional<Path> key, List<String> names) {
        public Pair {
            names = List.copyOf(names);
        }
    }

    /// What a program, mostly a test, wants of the server that it starts.
    ///
    /// @param beside does a command run beside the server, to which the standard streams belong?
    /// @param json are events printed in place of what a person reads?
    /// @param bound is the end of our standard input our end?
    /// @param masked are passwords and their like kept out of the journal?
    /// @param killAfter how long what is told to stop may take
    public record FixtureSettings(boolean beside, boolean json, boolean bound, Optional<Path> urlFile, Optional<Path> journal,
                                  boolean masked, List<Wanted> wanted, List<Unwanted> unwanted, Duration killAfter) {
        public FixtureSettings {
            wanted = List.copyOf(wanted);
            unwanted = List.copyOf(unwanted);
        }

        /// Is there anything that somebody wants to know of the requests?
        public boolean wantsWitness() {
            return json || journal.isPresent() || !wanted.isEmpty() || !unwanted.isEmpty();
        }
    }

    /// Where the words come from, the weakest first.
    ///
    /// @param line from the command line; a flag that is set has the value `true`
    /// @param jailed has this process changed its root already, so that paths are seen from there?
    public record Sources(Setting.Profile profile, ConfigFile.Contents file, Map<String, String> environment,
                          Map<Setting, List<String>> line, boolean jailed) {}

    /// Fields that frame a message or belong to the connection: to set them by hand would be to lie (RFC 9110 §7.6.1).
    private static final Set<String> OURS = Set.of("content-length", "transfer-encoding", "connection", "date", "server",
            "trailer", "upgrade", "te", "keep-alive", "content-range", "content-encoding");

    /// What the makers of reproducible builds have agreed on to say a date by.
    private static final String DATE_VARIABLE = "SOURCE_DATE_EPOCH";

    /// As many seconds as 32 bits hold, to the year 2106; a zip knows no date beyond 2107.
    private static final long LAST_DATE = 4_294_967_295L;

    /// 1980-01-01, the first date that a zip can bear.
    private static final Instant FIXED_DATE = Instant.ofEpochSecond(315_532_800);

    /// Deadlines are counted in nanoseconds, which a long cannot do for ever.
    private static final Duration LONGEST = Duration.ofDays(365);

    public Settings {
        addresses = List.copyOf(addresses);
        hosts = List.copyOf(hosts);
        mediaTypes = Map.copyOf(mediaTypes);
    }

    /// What a server that runs can't change any more: who it is, what it may reach, and where it complains.
    private static final List<Setting> FIXED = List.of(Setting.CHROOT, Setting.USER, Setting.SANDBOX, Setting.PIDFILE, Setting.ERROR_LOG,
            Setting.FOREGROUND, Setting.MAX_CONNECTIONS, Setting.MAX_CONNECTIONS_PER_CLIENT, Setting.ONCE, Setting.FOR, Setting.JSON,
            Setting.EXIT_WITH_PARENT, Setting.URL_FILE, Setting.JOURNAL, Setting.JOURNAL_SECRETS, Setting.EXPECT, Setting.FAIL_ON,
            Setting.KILL_AFTER);

    /// Drawn once for this process, when somebody asks: 80 bits, in letters that a person can read out.
    private static final class Unguessable {
        static final String SEGMENT = new BigInteger(80, new SecureRandom()).toString(32);
    }

    /// The settings of this kind in which these differ from `former`.
    public List<Setting> needingRestart(Settings former) {
        return FIXED.stream().filter(setting -> !values(effective.get(setting)).equals(values(former.effective.get(setting))))
                .toList();
    }

    /// The users of all sites, in as many sets as there are places that name them.
    public List<Users> users() {
        List<Users> users = new ArrayList<>();
        site.admission.addUsers(users);
        for (HostSettings host : hosts) {
            host.site.admission.addUsers(users);
        }
        return users;
    }

    /// Of all sites.
    private List<ProgramSettings> programs() {
        List<ProgramSettings> programs = new ArrayList<>(site.programs);
        for (HostSettings host : hosts) {
            programs.addAll(host.site.programs);
        }
        return programs;
    }

    /// Do programs answer anywhere in the place of files?
    public boolean hasPrograms() {
        return !programs().isEmpty();
    }

    /// Are some of them started by this server?
    public boolean startsPrograms() {
        for (ProgramSettings program : programs()) {
            if (program instanceof ProgramSettings.Cgi) {
                return true;
            }
        }
        return false;
    }

    private static List<String> values(List<Word> words) {
        return words.stream().map(Word::value).toList();
    }

    /// The settings that these words make.
    ///
    /// @throws Fault with every complaint, a line each
    public static Settings of(Sources sources) throws Fault {
        return of(sources, List.of());
    }

    /// @param ofTheFile what is wrong with the file already
    /// @throws Fault with these and every other complaint, a line each
    static Settings of(Sources sources, List<String> ofTheFile) throws Fault {
        List<String> complaints = new ArrayList<>(ofTheFile);
        Map<Setting, List<Word>> words = words(sources);
        Settings settings = new Reading(words, sources, complaints, ofTheFile.isEmpty()).settings();
        if (!complaints.isEmpty()) {
            throw new Fault(Fault.USAGE, String.join("\n", complaints));
        }
        return settings;
    }

    /// Of each setting the words of the strongest source that has some: line, environment, file, default.
    private static Map<Setting, List<Word>> words(Sources sources) {
        Map<Setting, List<Word>> words = new TreeMap<>();
        for (Setting setting : Setting.values()) {
            String variable = said(setting, sources.environment());
            if (sources.line().containsKey(setting)) {
                words.put(setting, said(sources.line().get(setting), setting.longOption()));
            } else if (variable != null) {
                words.put(setting, said(several(setting, variable), setting.variable()));
            } else if (sources.file().words().containsKey(setting)) {
                words.put(setting, sources.file().words().get(setting));
            } else {
                words.put(setting, List.of(new Word(setting.fallback(sources.profile()), DEFAULT)));
            }
        }
        if (isYes(words.get(Setting.REPRODUCIBLE)) && words.get(Setting.SERVER_NAME).getLast().origin().equals(DEFAULT)) {
            words.put(Setting.SERVER_NAME, said(List.of("Comanche"), Setting.REPRODUCIBLE.longOption())); // of any version
        }
        return words;
    }

    private static boolean isYes(List<Word> words) {
        return List.of("true", "yes", "on", "1").contains(words.isEmpty() ? "" : words.getLast().value().toLowerCase(Locale.ROOT));
    }

    /// Beside a server of `run`, COMANCHE_PORT is the port of that one, and no wish for another.
    private static String said(Setting setting, Map<String, String> environment) {
        boolean isOfAnother = setting == Setting.PORT && environment.containsKey(Setting.URL_VARIABLE);
        return isOfAnother ? null : environment.get(setting.variable());
    }

    private static List<Word> said(List<String> values, String origin) {
        List<Word> words = new ArrayList<>();
        for (String value : values) {
            words.add(new Word(value, origin));
        }
        return words;
    }

    /// The origin of a word that nobody said.
    static final String DEFAULT = "default";

    /// A field or a password may hold commas, so a variable separates those by line breaks; a password may end in a blank.
    private static List<String> several(Setting setting, String variable) {
        if (setting == Setting.AUTH) {
            return variable.lines().filter(value -> !value.isBlank()).toList();
        }
        return !setting.isRepeatable() ? List.of(variable)
                : List.of(variable.split(holdsCommas(setting) ? "\n" : "[,\n]")).stream().map(String::strip)
                        .filter(value -> !value.isEmpty()).toList();
    }

    private static boolean holdsCommas(Setting setting) {
        return setting == Setting.HEADER || setting == Setting.EXPECT || setting == Setting.FAIL_ON;
    }

    /// One reading of all the words, which notes each complaint and goes on.
    ///
    /// @param isWhole is no word missing? A default that stands in for one that could not be read is not complained of.
    private record Reading(Map<Setting, List<Word>> words, Sources sources, List<String> complaints, boolean isWhole) {

        Settings settings() {
            Limits limits = new Limits((int) size(Setting.MAX_TARGET, 1 << 20), (int) size(Setting.MAX_FIELDS, 1 << 24),
                    (int) size(Setting.MAX_FIELD_LINES, 100_000), size(Setting.MAX_CONTENT, Long.MAX_VALUE),
                    (int) size(Setting.MAX_RANGES, 10_000), time(Setting.TIMEOUT), time(Setting.HEAD_TIMEOUT),
                    time(Setting.PROGRESS_TIMEOUT), time(Setting.DRAIN_TIMEOUT),
                    (int) size(Setting.MAX_CONNECTIONS, 10_000_000), (int) size(Setting.MAX_CONNECTIONS_PER_CLIENT, 10_000_000),
                    (int) size(Setting.MAX_ARCHIVES, 100_000));
            return new Settings(addresses(), port(Setting.PORT), isChosen(Setting.PORT), server(),
                    site(sources.file().rules(), programs()), flag(Setting.VIRTHOST), defaultHost(), hosts(), tls(), sources.file().mediaTypes(),
                    flag(Setting.QUIET) || text(Setting.LOGFILE).isEmpty(), file(Setting.LOGFILE), format(), file(Setting.ERROR_LOG), flag(Setting.FOREGROUND),
                    path(Setting.PIDFILE), path(Setting.CHROOT), text(Setting.USER), sandbox(), mount(), flag(Setting.ONCE),
                    timeIfAny(Setting.FOR), limits, cache(),
                    (int) size(Setting.CACHE_FILES, 0, 100_000), rules(), fixture(), words);
        }

        private Sandboxing sandbox() {
            Sandboxing sandbox = switch (value(Setting.SANDBOX).toLowerCase(Locale.ROOT)) {
                case "auto" -> Sandboxing.AUTO;
                case "strict" -> Sandboxing.STRICT;
                case "off" -> Sandboxing.OFF;
                default -> {
                    complain(Setting.SANDBOX, "is none of auto, strict and off.");
                    yield Sandboxing.AUTO;
                }
            };
            if (sandbox == Sandboxing.STRICT && sources.profile() == Setting.Profile.RUN) {
                complain(Setting.SANDBOX, "would be for the command, too; leave it out with run.");
            }
            if (sandbox == Sandboxing.STRICT && startsPrograms()) {
                complain(Setting.SANDBOX, "lets no program start, and --cgi does; say auto, or have the program answer by FastCGI.");
            }
            return sandbox;
        }

        private boolean startsPrograms() {
            boolean starts = !words.get(Setting.CGI).isEmpty() && isChosen(Setting.CGI) || isCgi(sources.file().programs());
            for (ConfigFile.Host host : sources.file().hosts()) {
                starts |= isCgi(host.programs());
            }
            return starts;
        }

        private static boolean isCgi(List<ConfigFile.Table> tables) {
            for (ConfigFile.Table table : tables) {
                if (table.name().equals("cgi")) {
                    return true;
                }
            }
            return false;
        }

        private FixtureSettings fixture() {
            boolean beside = sources.profile() == Setting.Profile.RUN;
            boolean json = flag(Setting.JSON);
            boolean bound = flag(Setting.EXIT_WITH_PARENT);
            boolean away = !flag(Setting.FOREGROUND);
            if (json && (beside || away)) {
                complain(Setting.JSON, "needs a standard output of our own; " + (beside ? "with run say --journal FILE."
                        : "say -d, too, to stay in the foreground."));
            }
            if (bound && (beside || away)) {
                complain(Setting.EXIT_WITH_PARENT, "needs a standard input of our own; " + (beside ? "run ends with its command."
                        : "say -d, too, to stay in the foreground."));
            }
            for (Setting setting : List.of(Setting.CHROOT, Setting.USER)) {
                if (beside && !value(setting).isEmpty()) {
                    complain(setting, "would be for the command, too; leave it out with run.");
                }
            }
            if (value(Setting.JOURNAL).equals("-")) {
                complain(Setting.JOURNAL, "is no file; name one, or say --json for an event per request on standard output.");
            }
            return new FixtureSettings(beside, json, bound, path(Setting.URL_FILE), path(Setting.JOURNAL),
                    !flag(Setting.JOURNAL_SECRETS), wanted(), unwanted(), time(Setting.KILL_AFTER));
        }

        private List<Wanted> wanted() {
            List<Wanted> wanted = new ArrayList<>();
            for (Word word : isChosen(Setting.EXPECT) ? words.get(Setting.EXPECT) : List.<Word>of()) {
                Wanted.parse(word.value()).ifPresentOrElse(wanted::add, () -> complain(word, Setting.EXPECT,
                        "is no request; write it as 'GET /app.js' or '/img/*.png'."));
            }
            return wanted;
        }

        private List<Unwanted> unwanted() {
            List<Unwanted> unwanted = new ArrayList<>();
            for (Word word : isChosen(Setting.FAIL_ON) ? words.get(Setting.FAIL_ON) : List.<Word>of()) {
                Unwanted.parse(word.value()).ifPresentOrElse(unwanted::add, () -> complain(word, Setting.FAIL_ON,
                        "is no status; write it as 404, as 4xx,500, or as '404 GET /api/*'."));
            }
            return unwanted;
        }

        private SiteSettings site(List<Access.Rule> rules, List<ProgramSettings> programs) {
            Site.Manners manners = new Site.Manners(index(), !flag(Setting.NO_LISTING), flag(Setting.SPA),
                    flag(Setting.CORS), flag(Setting.TRACE), writing(), intake(), flag(Setting.RECEIVE), fields(), date());
            Path inside = inside(Setting.DOCBASE);
            Path outside = outside(inside);
            checkReadable(outside);
            if (!programs.isEmpty() && Files.isRegularFile(outside)) {
                complain(Setting.DOCBASE, "is no directory, and programs need one; serve the directory that it lies in.");
            }
            Visibility visibility = new Visibility(flag(Setting.HIDDEN), flag(Setting.ALLOW_SECRETS));
            return new SiteSettings(inside, outside, manners, visibility, flag(Setting.FOLLOW_SYMLINKS),
                    admission(rules, inside, visibility), programs);
        }

        /// Those of the line or the environment, then the file's.
        private List<ProgramSettings> programs() {
            List<ProgramSettings> programs = new ArrayList<>();
            for (Word word : isChosen(Setting.CGI) ? words.get(Setting.CGI) : List.<Word>of()) {
                Optional<PathPattern> pattern = PathPattern.parse(octets(word.value()));
                pattern.ifPresent(paths -> programs.add(ProgramSettings.Cgi.of(paths)));
                if (pattern.isEmpty()) {
                    complain(word, Setting.CGI, "is no pattern; say for example /cgi-bin/, *.cgi or '/app/*.pl'.");
                }
            }
            for (Word word : isChosen(Setting.FASTCGI) ? words.get(Setting.FASTCGI) : List.<Word>of()) {
                Optional<ProgramSettings> program = ProgramSettings.FastCgi.parse(word.value(), this::inside);
                program.ifPresent(programs::add);
                if (program.isEmpty()) {
                    complain(word, Setting.FASTCGI, "is no pattern and address; say for example '*.php=127.0.0.1:9000' or "
                            + "'/app/*.php=unix:/run/php-fpm.sock'.");
                }
            }
            programs.addAll(programs(sources.file().programs()));
            return programs;
        }

        private List<ProgramSettings> programs(List<ConfigFile.Table> tables) {
            List<ProgramSettings> programs = new ArrayList<>();
            for (ConfigFile.Table table : tables) {
                ProgramSettings.of(table, this::inside, this::outside, this::complainOnce).ifPresent(programs::add);
            }
            return programs;
        }

        /// With --reproducible, the one date of everything.
        private Optional<Instant> date() {
            if (!flag(Setting.REPRODUCIBLE)) {
                return Optional.empty();
            }
            for (Setting setting : List.of(Setting.UPLOAD, Setting.WRITE, Setting.RECEIVE)) {
                if (flag(setting)) {
                    complain(setting, "can't go with --reproducible, for what clients bring depends on when they do; leave one out.");
                }
            }
            String seconds = sources.environment().getOrDefault(DATE_VARIABLE, "");
            boolean isDate = Tokens.isDigits(seconds) && seconds.length() <= 10 && Long.parseLong(seconds) <= LAST_DATE;
            if (!seconds.isEmpty() && !isDate) {
                complainOnce(DATE_VARIABLE + " '" + seconds.replaceAll("\\p{Cntrl}", "?")
                        + "' is no date; write it in seconds since 1970, such as 1767225600.");
                return Optional.empty();
            }
            return Optional.of(seconds.isEmpty() ? FIXED_DATE : Instant.ofEpochSecond(Long.parseLong(seconds)));
        }

        private Path outside(Path inside) {
            Optional<Path> root = sources.jailed() ? Optional.empty() : path(Setting.CHROOT);
            return root.isEmpty() ? inside : root.get().resolve(Path.of("/").relativize(inside));
        }

        /// Might somebody fetch this file?
        private static boolean isServed(Path file, Path docbase, Visibility visibility) {
            Path base = docbase.normalize();
            Path asked = file.normalize();
            if (!asked.startsWith(base)) {
                return false;
            }
            for (Path name : base.relativize(asked)) {
                if (!visibility.shows(name.toString())) {
                    return false;
                }
            }
            return true;
        }

        private Admission admission(List<Access.Rule> rules, Path docbase, Visibility visibility) {
            Users users = users();
            Optional<Path> file = text(Setting.AUTH_FILE).isEmpty() ? Optional.empty() : Optional.of(inside(Setting.AUTH_FILE));
            Users ofFile = file.isEmpty() ? Users.NONE : usersOf(file.get(), users);
            if (file.isPresent() && isServed(file.get(), docbase, visibility)) {
                complain(Setting.AUTH_FILE, "lies where it is served; move it out of the document base, or call it .htpasswd.");
            }
            boolean hasUsers = file.isPresent() || !users.passwords().isEmpty();
            if (!hasUsers && !rules.isEmpty() && rules.stream().anyMatch(rule -> rule.who().asksForUsers())) {
                complainOnce("The rules of [[access]] ask for users, and there are none; name them with --auth or --auth-file.");
            }
            return new Admission(users, file, ofFile, time(Setting.AUTH_DELAY), new Access(rules, hasUsers));
        }

        private Users users() {
            Map<String, String> passwords = new HashMap<>();
            for (Word word : isChosen(Setting.AUTH) ? words.get(Setting.AUTH) : List.<Word>of()) {
                int colon = word.value().indexOf(':');
                String name = octets(word.value().substring(0, Math.max(colon, 0)));
                String password = octets(word.value().substring(colon + 1));
                if (!Users.isName(name) || password.isEmpty() || password.chars().anyMatch(c -> c < ' ' || c == 0x7F)) {
                    complain(word, Setting.AUTH, "is no user; write it as NAME:PASSWORD, both without control characters.");
                } else if (passwords.put(name, password) != null) {
                    complain(word, Setting.AUTH, "is named twice; leave one of the two out.");
                }
            }
            return Users.clear(passwords);
        }

        private Users usersOf(Path file, Users others) {
            try {
                Users.Parsed parsed = Users.parse(Files.readString(outside(file), StandardCharsets.ISO_8859_1));
                parsed.complaints().forEach(complaint -> complainOnce(file + ":" + complaint));
                parsed.users().passwords().keySet().stream().filter(others.passwords()::containsKey).forEach(_ -> complain(
                        Setting.AUTH_FILE, "names a user that --auth names, too; leave one of the two out."));
                return parsed.users();
            } catch (IOException _) {
                complain(Setting.AUTH_FILE, "can't be read; name a file that is there, and that this user may read.");
                return Users.NONE;
            }
        }

        private Optional<Rules> rules() {
            if (text(Setting.RULES).isEmpty()) {
                return Optional.empty();
            }
            List<String> ofTheRules = new ArrayList<>();
            try {
                return Optional.of(RulesFile.read(outside(inside(Setting.RULES)), ofTheRules));
            } catch (Fault fault) {
                ofTheRules = fault.getMessage().lines().toList();
                return Optional.empty();
            } finally {
                ofTheRules.forEach(this::complainOnce);
            }
        }

        private Optional<String> mount() {
            return flag(Setting.RANDOM) ? Optional.of(Unguessable.SEGMENT) : Optional.empty();
        }

        private Writing writing() {
            boolean upload = flag(Setting.UPLOAD) || flag(Setting.RECEIVE);
            return flag(Setting.WRITE) ? Writing.WRITE : upload ? Writing.UPLOAD : Writing.NONE;
        }

        private Intake intake() {
            return new Intake(clash(), size(Setting.MAX_UPLOAD, Long.MAX_VALUE), size(Setting.MIN_FREE, Long.MAX_VALUE),
                    (int) size(Setting.MAX_FILES, 1_000_000), time(Setting.UPLOAD_EXPIRY));
        }

        private Intake.Clash clash() {
            return switch (value(Setting.ON_CLASH).toLowerCase(Locale.ROOT)) {
                case "rename" -> Intake.Clash.RENAME;
                case "refuse" -> Intake.Clash.REFUSE;
                case "replace" -> {
                    if (!flag(Setting.WRITE)) {
                        complain(Setting.ON_CLASH, "needs --write: without it no client may replace a file.");
                    }
                    yield Intake.Clash.REPLACE;
                }
                default -> {
                    complain(Setting.ON_CLASH, "is none of rename, refuse and replace.");
                    yield Intake.Clash.RENAME;
                }
            };
        }

        /// A `[[host]]` is read as the file's top is, with its own words over those of the top, and over the line's: a line
        /// that names one document base means that of the default host.
        private List<HostSettings> hosts() {
            List<HostSettings> hosts = new ArrayList<>();
            for (ConfigFile.Host host : sources.file().hosts()) {
                Map<Setting, List<Word>> own = new TreeMap<>(words);
                own.putAll(host.words());
                Reading reading = new Reading(own, sources, complaints, isWhole);
                Optional<Path> logfile = host.words().containsKey(Setting.LOGFILE) ? reading.file(Setting.LOGFILE)
                        : Optional.empty();
                List<Access.Rule> rules = host.rules().isEmpty() ? sources.file().rules() : host.rules();
                List<ProgramSettings> programs = host.programs().isEmpty() ? reading.programs() : reading.programs(host.programs());
                hosts.add(new HostSettings(host.names(), reading.site(rules, programs), logfile));
            }
            return hosts;
        }

        private Optional<TlsSettings> tls() {
            List<Pair> pairs = new ArrayList<>(pairs(List.of()));
            boolean local = flag(Setting.TLS) && pairs.isEmpty();
            for (ConfigFile.Host host : sources.file().hosts()) {
                pairs.addAll(new Reading(host.words(), sources, complaints, isWhole).pairs(host.names()));
            }
            Optional<Integer> redirect = text(Setting.TLS_REDIRECT).isEmpty() ? Optional.empty()
                    : Optional.of(port(Setting.TLS_REDIRECT));
            if (redirect.isPresent() && redirect.get() == port(Setting.PORT) && redirect.get() != 0) {
                complain(Setting.TLS_REDIRECT, "is the port itself, which redirects anyway; choose another, or leave it out.");
            }
            Optional<Duration> hsts = timeIfAny(Setting.HSTS);
            if (local || !pairs.isEmpty()) {
                return Optional.of(new TlsSettings(pairs, local, value(Setting.TLS_PASSWORD), state(), redirect, hsts));
            }
            if (redirect.isPresent()) {
                complain(Setting.TLS_REDIRECT, "leads nowhere without TLS; say --tls or --tls-cert, too.");
            }
            if (hsts.isPresent()) {
                complain(Setting.HSTS, "means nothing without TLS; say --tls or --tls-cert, too.");
            }
            return Optional.empty();
        }

        /// Each certificate with its key. Either all have a file of their own for it, or none has.
        private List<Pair> pairs(List<String> names) {
            List<Path> certificates = paths(Setting.TLS_CERT);
            List<Path> keys = paths(Setting.TLS_KEY);
            if (!keys.isEmpty() && keys.size() != certificates.size()) {
                complain(Setting.TLS_KEY, "is one of " + keys.size() + " keys for " + certificates.size()
                        + " certificates; say --tls-cert and --tls-key in pairs.");
                return List.of();
            }
            List<Pair> pairs = new ArrayList<>();
            for (int i = 0; i < certificates.size(); i++) {
                pairs.add(new Pair(certificates.get(i), keys.isEmpty() ? Optional.empty() : Optional.of(keys.get(i)), names));
            }
            return pairs;
        }

        private List<Path> paths(Setting setting) {
            List<Path> paths = new ArrayList<>();
            for (Word word : words.getOrDefault(setting, List.of())) {
                if (!word.value().isEmpty()) {
                    path(word, setting).ifPresent(paths::add);
                }
            }
            return paths;
        }

        /// By the custom of the system: `/var/lib` for a service, the user's own state directory for a person (XDG).
        private Path state() {
            Map<String, String> environment = sources.environment();
            String home = environment.getOrDefault("HOME", System.getProperty("user.home"));
            String custom = sources.profile() == Setting.Profile.CLASSIC ? "/var/lib"
                    : environment.getOrDefault("XDG_STATE_HOME", home + "/.local/state");
            return path(Setting.TLS_STATE).orElseGet(() -> Path.of(custom, "comanche"));
        }

        private Word word(Setting setting) {
            return words.get(setting).isEmpty() ? new Word("", DEFAULT) : words.get(setting).getLast();
        }

        private String value(Setting setting) {
            return word(setting).value();
        }

        private boolean isChosen(Setting setting) {
            return !word(setting).origin().equals(DEFAULT);
        }

        private void complain(Setting setting, String what) {
            complain(word(setting), setting, what);
        }

        private void complain(Word word, Setting setting, String what) {
            boolean bare = setting == Setting.DOCBASE && !word.origin().contains(":");
            String origin = bare ? "" : word.origin().equals(DEFAULT) ? "the default of " + setting.longOption() + ' '
                    : word.origin() + ' ';
            boolean saysAll = setting.isFlag() && word.origin().startsWith("--"); // its value is what nobody has typed
            String complaint = origin + (saysAll ? "" : "'" + setting.shown(word.value()).replaceAll("\\p{Cntrl}", "?") + "' ") + what;
            boolean standsIn = !isWhole && word.origin().equals(DEFAULT);
            if (!standsIn) {
                complainOnce(complaint);
            }
        }

        private void complainOnce(String complaint) {
            if (!complaints.contains(complaint)) {
                complaints.add(complaint);
            }
        }

        private Optional<String> text(Setting setting) {
            return value(setting).isEmpty() ? Optional.empty() : Optional.of(value(setting));
        }

        private Optional<Path> path(Setting setting) {
            return text(setting).isEmpty() ? Optional.empty() : path(word(setting), setting);
        }

        private Optional<Path> path(Word word, Setting setting) {
            try {
                return Optional.of(Path.of(word.value()).toAbsolutePath());
            } catch (InvalidPathException _) {
                complain(word, setting, "can't be a path here; set LANG to a UTF-8 locale.");
                return Optional.empty();
            }
        }

        /// A file for lines; empty for the standard stream.
        private Optional<Path> file(Setting setting) {
            return value(setting).equals("-") ? Optional.empty() : path(setting);
        }

        private AccessLog.Format format() {
            String name = value(Setting.LOG_FORMAT).toUpperCase(Locale.ROOT);
            if (flag(Setting.JSON) && file(Setting.LOGFILE).isEmpty()) {
                return AccessLog.Format.EVENT;
            }
            for (AccessLog.Format format : AccessLog.Format.values()) {
                if (format.name().equals(name) && format != AccessLog.Format.EVENT) {
                    return format;
                }
            }
            complain(Setting.LOG_FORMAT, "is no log format; say common, combined or json.");
            return AccessLog.Format.COMMON;
        }

        private Optional<String> defaultHost() {
            Optional<String> host = text(Setting.DEFAULT_HOST);
            if (host.isPresent() && (host.get().startsWith(".") || host.get().indexOf('/') >= 0)) {
                complain(Setting.DEFAULT_HOST, "must be the plain name of a directory of the document base.");
            }
            return host;
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

        /// Inside a new root every path begins there.
        private Path inside(Setting setting) {
            try {
                return inside(Path.of(value(setting)));
            } catch (InvalidPathException _) {
                complain(setting, "can't be a path here; set LANG to a UTF-8 locale, or go there and serve '.'.");
                return Path.of("");
            }
        }

        private Path inside(Path path) {
            return text(Setting.CHROOT).isPresent() ? Path.of("/").resolve(path).normalize()
                    : path.toAbsolutePath(); // a daemon leaves the directory that it was started in
        }

        private void checkReadable(Path path) {
            if (!Files.exists(path)) {
                String hint = Endpoint.port(value(Setting.DOCBASE)).isPresent() ? "; for a port say -p "
                        + value(Setting.DOCBASE) : "; name one that is there";
                String where = text(Setting.CHROOT).isPresent() ? " inside the new root" : "";
                complain(Setting.DOCBASE, "is no file or directory" + where + hint + ".");
            } else if (!Files.isReadable(path) || (Files.isDirectory(path) && !Files.isExecutable(path))) {
                complain(Setting.DOCBASE, "can't be read by this user; check its permissions.");
            } else if (!Files.isDirectory(path) && !Files.isRegularFile(path)) {
                complain(Setting.DOCBASE, "is neither a directory nor a regular file; name one of these.");
            } else if (ZipTree.serves(path)) {
                checkZip(path);
            }
        }

        private void checkZip(Path path) {
            try {
                ZipTree.check(path);
            } catch (IOException _) {
                complain(Setting.DOCBASE, "can't be read as a zip; unpack it, or serve the directory that it lies in.");
            }
            for (Setting setting : List.of(Setting.VIRTHOST, Setting.UPLOAD, Setting.WRITE)) {
                if (flag(setting)) {
                    complain(Setting.DOCBASE, "is a zip, which " + setting.longOption() + " can't use; unpack it.");
                }
            }
        }

        private List<Endpoint> addresses() {
            List<Endpoint> addresses = new ArrayList<>();
            for (Word word : isChosen(Setting.ADDRESS) ? words.get(Setting.ADDRESS) : List.<Word>of()) {
                Optional<? extends Endpoint> address = Endpoint.parse(word.value());
                address.ifPresent(addresses::add);
                if (address.isEmpty()) {
                    complain(word, Setting.ADDRESS,
                            "is no address; say a name, an IPv4 or IPv6 address, host:port, * for all, or unix:PATH.");
                }
            }
            return !addresses.isEmpty() ? addresses : switch (sources.profile()) {
                case SERVE, RUN -> List.of();
                case SHARE -> List.of(new Endpoint.Everywhere());
                case CLASSIC -> List.of(new Endpoint.Inet("127.0.0.1", Optional.empty()));
            };
        }

        private int port(Setting setting) {
            Optional<Integer> port = Endpoint.port(value(setting));
            if (port.isEmpty()) {
                complain(setting, "is no port; say a number from 0 to 65535.");
            }
            return port.orElse(0);
        }

        private List<String> index() {
            List<String> names = new ArrayList<>();
            for (String name : Tokens.list(value(Setting.INDEX))) {
                if (name.indexOf('/') >= 0 || name.startsWith(".")) {
                    complain(Setting.INDEX, "must be plain file names, without a slash or a dot in front.");
                }
                names.add(octets(name));
            }
            return names;
        }

        private Fields fields() {
            List<Fields.Line> lines = new ArrayList<>();
            for (Word word : isChosen(Setting.HEADER) ? words.get(Setting.HEADER) : List.<Word>of()) {
                int colon = word.value().indexOf(':');
                String name = colon < 0 ? "" : word.value().substring(0, colon).strip();
                String value = Tokens.trimmed(octets(word.value().substring(colon + 1)));
                if (!Tokens.isToken(name) || !Tokens.isFieldValue(value)) {
                    complain(word, Setting.HEADER, "is no field; write it as 'Name: value'.");
                } else if (OURS.contains(name.toLowerCase(Locale.ROOT))) {
                    complain(word, Setting.HEADER, "is set by the server itself; leave " + name + " out"
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

        private Optional<Duration> timeIfAny(Setting setting) {
            return text(setting).isEmpty() ? Optional.empty() : Optional.of(time(setting));
        }

        private Duration time(Setting setting) {
            Duration time = Setting.time(value(setting));
            if (time.isZero() || time.isNegative() || time.compareTo(LONGEST) > 0) {
                complain(setting, "is no time above zero and within a year; say for example 3s, 500ms or 2m.");
            }
            return time;
        }

        /// Half of the heap is left to others. Who chooses more is told so; the default makes do with what there is.
        private long cache() {
            long most = Runtime.getRuntime().maxMemory() / 2;
            return isChosen(Setting.CACHE) ? size(Setting.CACHE, 0, most) : Math.min(most, size(Setting.CACHE, 0, Long.MAX_VALUE));
        }

        private long size(Setting setting, long most) {
            return size(setting, 1, most);
        }

        private long size(Setting setting, long least, long most) {
            long size = Setting.size(value(setting));
            if (size < least || size > most) {
                complain(setting, "is not a number from " + least + " to " + most + "; k, m and g stand for units of 1024.");
                return least;
            }
            return size;
        }

        /// Text as UTF-8 octets, one char each: what goes into a field or is compared with a file's name.
        private static String octets(String text) {
            return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        }
    }
}
