package lib.host;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// How does a test in Java have a server inside its own process?
///
///     try (Fixture site = Fixture.serve(Path.of("site"), "--spa", "--header", "Cache-Control: no-store")) {
///         page.open(site.uri("/app.html"));
///         assertEquals("GET /app.js 200", site.requests().getLast().toString());
///     }
///
/// The words are those of the command line, and the defaults those of `run`: a free port of this machine, no banner, no access log.
/// The environment is not asked: a test is to be the same everywhere. Any number of them may run at once.
public final class Fixture implements AutoCloseable {
    /// What makes sense only for a process that is a server and nothing else.
    private static final List<Setting> OF_A_PROCESS = List.of(Setting.PIDFILE, Setting.FOREGROUND, Setting.ONCE, Setting.FOR,
            Setting.URL_FILE, Setting.KILL_AFTER);

    private final ErrorLog errors;
    private final Logs logs;
    private final Witness witness;
    private final Optional<Tls> tls;
    private final Listeners listeners;
    private final Server server;
    private final String mount;

    private Fixture(Settings settings, ErrorLog errors, Logs logs, Listeners listeners) throws Fault {
        this.errors = errors;
        this.logs = logs;
        this.listeners = listeners;
        this.tls = Tls.of(settings, errors);
        this.mount = settings.mount().isEmpty() ? "" : '/' + settings.mount().get();
        this.witness = Witness.remembering(settings, errors);
        this.server = new Server(listeners, Service.of(settings, logs, errors, () -> { }, tls, Optional.of(witness)), errors);
    }

    /// Serves a directory, or one file, from now on until it is closed.
    ///
    /// @param options as behind `comanche run DIR`: `"--spa"`, `"--header", "A: b"`, `"-c", "comanche.toml"`
    /// @throws Fault with the sentence that the command line would print
    public static Fixture serve(Path docbase, String... options) throws Fault {
        List<String> line = new ArrayList<>(List.of("run", docbase.toString()));
        line.addAll(List.of(options));
        Map<Setting, List<String>> words = PlainLine.read(line).orElseThrow(() -> new Fault(Fault.USAGE, "One of "
                + String.join(" ", options) + " is not known; write options in full, each value behind its option."));
        for (Setting setting : OF_A_PROCESS) {
            if (words.containsKey(setting)) {
                throw new Fault(Fault.USAGE, setting.longOption() + " is for a server that has a process of its own; leave it out.");
            }
        }
        return start(new Configuration(Setting.Profile.RUN, words, Map.of()).read());
    }

    private static Fixture start(Settings settings) throws Fault {
        ErrorLog errors = new ErrorLog(settings.errorLog().isPresent() ? LogFile.open(settings.errorLog().get())
                : LogFile.standardError());
        Logs logs = null;
        Listeners listeners = null;
        try {
            logs = Logs.open(settings, errors);
            listeners = Listeners.bind(settings);
            Fixture fixture = new Fixture(settings, errors, logs, listeners);
            fixture.server.start();
            return fixture;
        } catch (Fault fault) {
            close(listeners, logs, errors);
            throw fault;
        }
    }

    /// Where it listens, without a slash at its end.
    public String url() {
        return Banner.own(listeners.addresses(), listeners.sockets(), new Banner.Way(tls.isPresent(), mount));
    }

    /// The address of one of its files.
    ///
    /// @param target with a slash in front, encoded: `/a%20b.txt`
    public URI uri(String target) {
        return URI.create(url() + target);
    }

    public int port() {
        return listeners.port();
    }

    /// With `--tls`, the certificate that a client must trust.
    public Optional<Path> authority() throws Fault {
        return tls.isEmpty() ? Optional.empty() : tls.get().trust().map(Tls.Trust::file);
    }

    /// What has been asked and answered until now, in the order in which the answers ended. An answer that a client has got
    /// whole is among them.
    public List<Journal.Entry> requests() {
        return witness.entries();
    }

    /// What `--expect` and `--fail-on` have to complain of now, a line each.
    public List<String> complaints() {
        return witness.complaints();
    }

    /// Finishes what is under way, within `--drain-timeout`, and gives everything back.
    @Override
    public void close() {
        server.drain();
        server.close();
        witness.close();
        close(listeners, logs, errors);
    }

    private static void close(Listeners listeners, Logs logs, ErrorLog errors) {
        if (listeners != null) {
            listeners.close();
        }
        if (logs != null) {
            logs.close();
        }
        errors.close();
    }
}
