package lib.host;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import lib.http.Tokens;

/// What can be set, how is it called, and what is it if nobody sets it?
///
/// The one table from which the command line, the environment, the configuration file and the help are made. A setting
/// named `--no-listing` is `COMANCHE_NO_LISTING` in the environment.
public enum Setting {
    CONFIG("FILE", "", "Read settings from this file, too", "", "-c", "--config"),
    DOCBASE("DIR", ".", "The directory, or the single file, to serve", "docbase", "-b", "--docbase"),
    ADDRESS("ADDRESS", "127.0.0.1,::1", "Listen here: a name, an IPv4 or IPv6 address, host:port, * for all, or unix:PATH; may be "
            + "given more than once", "address", "-a", "--address", "--bind", "--host"),
    PORT("PORT", "8080", "The port; 0 picks a free one", "port", "-p", "--port"),
    VIRTHOST("", "false", "Serve a directory of the document base for each host name", "virthost", "-v", "--virthost"),
    DEFAULT_HOST("NAME", "", "With --virthost, the directory for host names that have none", "default-host", "--default-host"),
    INDEX("NAME,...", "index.html,index.htm", "Files that stand for their directory", "indexfiles", "--index"),
    NO_LISTING("", "false", "Do not list directories that have no index file", "no-listing", "--no-listing"),
    HIDDEN("", "false", "Serve and list dotfiles, too", "hidden", "--hidden"),
    ALLOW_SECRETS("", "false", "Serve even .git, .env, private keys and their like", "allow-secrets", "--allow-secrets"),
    FOLLOW_SYMLINKS("", "false", "Follow symbolic links that lead out of the directory", "follow-symlinks",
            "--follow-symlinks"),
    SPA("", "false", "Answer a page that is missing with the root's index file", "spa", "--spa"),
    CGI("PATTERN", "", "Run the files of this pattern (/cgi-bin/, *.cgi) instead of sending them; may be given more than once", "",
            "--cgi"),
    FASTCGI("PATTERN=ADDRESS", "", "Let the application at this address (host:port, unix:PATH) answer for the files of this pattern; may "
            + "be given more than once", "", "--fastcgi"),
    CORS("", "false", "Let scripts of other origins read the answers", "cors", "--cors"),
    UPLOAD("", "false", "Let clients add files, and never replace or delete one", "upload", "--upload"),
    WRITE("", "false", "Let clients add, replace and delete files", "write", "--write"),
    ON_CLASH("WHAT", "rename", "A file is sent to a directory and its name is taken: rename, refuse or replace (with --write)",
            "on-clash", "--on-clash"),
    MAX_UPLOAD("SIZE", "10g", "The longest file that a client may send (413)", "max-upload", "--max-upload"),
    MAX_FILES("COUNT", "1000", "The most files of one form (413)", "max-files", "--max-files"),
    MIN_FREE("SIZE", "64m", "What an upload must leave free of the disk (507)", "min-free", "--min-free"),
    UPLOAD_EXPIRY("TIME", "24h", "How long a broken upload can be gone on with", "upload-expiry", "--upload-expiry"),
    CACHE("SIZE", "16m", "Memory for small files that are kept ready, and sent only if they have not changed; 0 for none", "cache", "--cache"),
    CACHE_FILES("COUNT", "64", "Longer files that are kept open for ten seconds behind their last use; 0 for none", "cache-files", "--cache-files"),
    RECEIVE("", "false", "Let clients send files, and see none", "receive", "--receive"),
    REPRODUCIBLE("", "false", "Same tree, same octets: entity-tags by content, one date on everything", "reproducible", "--reproducible"),
    RANDOM("", "false", "Serve below a segment that nobody can guess, new at each start", "", "--random"),
    ONCE("", "false", "Stop when a client has got one file whole, or sent one", "", "--once"),
    FOR("TIME", "", "Stop after so long", "", "--for"),
    AUTH("USER:PASSWORD", "", "Ask for a name and a password; may be given more than once", "auth", "--auth"),
    AUTH_FILE("FILE", "", "More users, as htpasswd writes them; comanche hash makes an entry", "auth-file", "--auth-file"),
    AUTH_DELAY("TIME", "30s", "The longest that a client who guesses passwords has to wait (429)", "auth-delay",
            "--auth-delay"),
    HEADER("NAME: VALUE", "", "A field for every response; may be given more than once", "header", "--header"),
    SERVER_NAME("TEXT", "Comanche/" + Setting.VERSION, "The Server field; empty (--server-name=) for none", "server",
            "--server-name"),
    TLS("", "false", "Speak TLS, with a certificate of our own local authority if --tls-cert names no other", "tls", "--tls"),
    TLS_CERT("FILE", "", "Speak TLS with this certificate: PEM, its own first, or PKCS#12; may be given more than once",
            "tls-cert", "--tls-cert"),
    TLS_KEY("FILE", "", "The private key of the certificate, in the same order; none if it stands in the same file",
            "tls-key", "--tls-key"),
    TLS_PASSWORD("TEXT", "", "The password of the private keys; better set in the environment", "tls-password",
            "--tls-password"),
    TLS_STATE("DIR", "", "Where the local authority is kept", "tls-state", "--tls-state"),
    TLS_REDIRECT("PORT", "", "Listen here, too, and send clients to the https port", "tls-redirect", "--tls-redirect"),
    HSTS("TIME", "", "Tell browsers to use nothing but https for so long (365d)", "hsts", "--hsts"),
    RULES("FILE", "", "Misbehave on purpose, as the rules in this file say: for tests", "rules", "--rules"),
    TRACE("", "false", "Answer TRACE with an echo of the request", "trace", "--trace"),
    LOGFILE("FILE", "-", "The access log; - is standard output (with run, standard error)", "logfile", "-l", "--logfile"),
    LOG_FORMAT("FORMAT", "common", "common, combined or json", "log-format", "--log-format"),
    ERROR_LOG("FILE", "-", "What an operator should know; - is standard error", "error-log", "--error-log"),
    QUIET("", "false", "No access log", "quiet", "-q", "--quiet"),
    JSON("", "false", "Print an event per line as JSON (listening, request, stopped), and nothing else", "", "--json"),
    URL_FILE("FILE", "", "Write the URL here when the server listens; removed at the end", "url-file", "--url-file"),
    EXIT_WITH_PARENT("", "false", "Stop when standard input ends", "", "--exit-with-parent"),
    JOURNAL("FILE", "", "Write here what was asked and answered, a JSON object per request", "journal", "--journal"),
    JOURNAL_SECRETS("", "false", "Write passwords, tokens and cookies into the journal as they came", "journal-secrets",
            "--journal-secrets"),
    EXPECT("REQUEST", "", "Leave with 3 if this was never fetched, such as 'GET /img/*.png'; may be given more than once", "expect",
            "--expect"),
    FAIL_ON("STATUS", "", "Leave with 3 if this was an answer: 404, 4xx,500 or '404 GET /api/*'; may be given more than once",
            "fail-on", "--fail-on"),
    KILL_AFTER("TIME", "5s", "With run, how long what is told to stop may take before it is killed", "kill-after", "--kill-after"),
    FOREGROUND("", "true", "Stay in the foreground", "", "-d", "--foreground"),
    PIDFILE("FILE", "", "Write the process id here, for stop, reload and status", "pidfile", "--pidfile"),
    CHROOT("DIR", "", "Make this directory the root; the document base is then inside it", "chroot", "--chroot"),
    USER("USER[:GROUP]", "", "Become this user, by name or id, once the addresses are bound", "user", "-u", "--user"),
    SANDBOX("HOW", "auto", "Shut the server off from what it does not need: auto, strict or off", "sandbox", "--sandbox"),
    TIMEOUT("TIME", "30s", "Close a connection that lies idle for so long (3s, 500ms, 2m)", "timeout", "-t", "--timeout"),
    HEAD_TIMEOUT("TIME", "10s", "The longest that a request's field section may take to arrive", "head-timeout",
            "--head-timeout"),
    PROGRESS_TIMEOUT("TIME", "30s", "The longest pause while content is sent or received", "progress-timeout",
            "--progress-timeout"),
    DRAIN_TIMEOUT("TIME", "10s", "How long requests in flight may take once the server stops", "drain-timeout",
            "--drain-timeout"),
    MAX_CONNECTIONS("COUNT", "10000", "Connections at once; beyond it idle ones give way, or more clients wait", "max-connections",
            "--max-connections"),
    MAX_CONNECTIONS_PER_CLIENT("COUNT", "1000", "Connections of one client of another machine; more are refused (503)",
            "max-connections-per-client", "--max-connections-per-client"),
    MAX_TARGET("SIZE", "8k", "The longest request-target (414)", "max-target", "--max-target"),
    MAX_FIELDS("SIZE", "32k", "The longest field section (431)", "max-fields", "--max-fields"),
    MAX_FIELD_LINES("COUNT", "128", "The most field lines of a request (431)", "max-field-lines", "--max-field-lines"),
    MAX_CONTENT("SIZE", "1m", "The most content that is read of a request that has no use for it (413)", "max-content",
            "--max-content"),
    MAX_ARCHIVES("COUNT", "16", "Archives and lists of checksums that are made at the same time; more are refused (503)", "max-archives", "--max-archives"),
    MAX_RANGES("COUNT", "64", "The most ranges of one request; more are ignored", "max-ranges", "--max-ranges");

    public static final String VERSION = "0.2.0";

    /// In the environment of a command that runs beside the server: where that is.
    public static final String URL_VARIABLE = "COMANCHE_URL";

    /// One word that somebody said of a setting.
    ///
    /// @param origin how a complaint names the place: `--port`, `COMANCHE_PORT`, `comanche.toml:3:8: port`
    public record Word(String value, String origin) {}

    /// Four ways to run, which differ in their defaults and in nothing else.
    public enum Profile {
        /// `serve`: a directory, now, in the foreground.
        SERVE,
        /// `share`: the same for everybody on the network.
        SHARE,
        /// `run`: for as long as a command runs, which has the terminal and the standard streams.
        RUN,
        /// The classic server: a daemon by configuration.
        CLASSIC
    }

    private static final Duration NO_TIME = Duration.ofSeconds(-1);

    private final List<String> options;
    private final String placeholder;
    private final String fallback;
    private final String description;
    private final String key;

    Setting(String placeholder, String fallback, String description, String key, String... options) {
        this.options = List.of(options);
        this.placeholder = placeholder;
        this.fallback = fallback;
        this.description = description;
        this.key = key;
    }

    /// The setting that this option sets.
    static Optional<Setting> of(String option) {
        for (Setting setting : values()) {
            if (setting.options.contains(option)) {
                return Optional.of(setting);
            }
        }
        return Optional.empty();
    }

    /// Its names on the command line, dashes included.
    public List<String> options() {
        return options;
    }

    /// The name that messages use: the long one.
    public String longOption() {
        for (String option : options) {
            if (option.startsWith("--")) {
                return option;
            }
        }
        throw new IllegalStateException("a setting without a long option");
    }

    /// Its key in the configuration file; empty if it has none of its own.
    public String key() {
        return key;
    }

    /// What its value is called in the help; empty for a flag, which has none.
    public String placeholder() {
        return placeholder;
    }

    public boolean isFlag() {
        return placeholder.isEmpty();
    }

    public boolean isRepeatable() {
        return this == ADDRESS || this == HEADER || this == TLS_CERT || this == TLS_KEY || this == AUTH || this == CGI || this == FASTCGI
                || this == EXPECT || this == FAIL_ON;
    }

    /// A value as it may be printed: a password may not.
    public String shown(String value) {
        return switch (this) {
            case TLS_PASSWORD -> value.isEmpty() ? "" : "***";
            case AUTH -> value.isEmpty() ? "" : value.substring(0, value.indexOf(':') + 1) + "***";
            default -> value;
        };
    }

    /// The value that holds when nobody sets it, as it would be written.
    public String fallback(Profile profile) {
        if (profile == Profile.SHARE && this == ADDRESS) {
            return "*";
        }
        if (profile == Profile.RUN && (this == PORT || this == LOGFILE)) {
            return this == PORT ? "0" : "";
        }
        if (profile != Profile.CLASSIC) {
            return fallback;
        }
        return switch (this) {
            case DOCBASE -> "/var/www";
            case ADDRESS -> "127.0.0.1";
            case PORT -> "80";
            case TIMEOUT -> "3s";
            case LOGFILE -> "/var/log/comanche/access.log";
            case ERROR_LOG -> "/var/log/comanche/error.log";
            case FOREGROUND -> "false";
            default -> fallback;
        };
    }

    public String description() {
        return description;
    }

    /// Its name in the environment.
    public String variable() {
        return "COMANCHE_" + longOption().substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
    }

    /// A time as it is written, in seconds if nothing else is said: `3`, `500ms`, `2m`; below zero if it is none.
    static Duration time(String text) {
        String written = text.toLowerCase(Locale.ROOT);
        int unit = digits(written);
        long number = unit == 0 || unit > 9 ? -1 : Long.parseLong(written.substring(0, unit));
        return number < 0 ? NO_TIME : switch (written.substring(unit)) {
            case "ms" -> Duration.ofMillis(number);
            case "", "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            case "d" -> Duration.ofDays(number);
            default -> NO_TIME;
        };
    }

    /// A number of octets, or of anything, as it is written: `8192`, `8k`, `1m`; below zero if it is none.
    static long size(String text) {
        String written = text.toLowerCase(Locale.ROOT);
        int unit = digits(written);
        long number = unit == 0 || unit > 9 ? -1 : Long.parseLong(written.substring(0, unit));
        return number < 0 ? -1 : switch (written.substring(unit)) {
            case "" -> number;
            case "k" -> number << 10;
            case "m" -> number << 20;
            case "g" -> number << 30;
            default -> -1;
        };
    }

    private static int digits(String text) {
        int i = 0;
        while (i < text.length() && Tokens.isDigit(text.charAt(i))) {
            i++;
        }
        return i;
    }
}
