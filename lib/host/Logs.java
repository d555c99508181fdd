package lib.host;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Which access logs are open? One for all, and one for each host that wants its own; each file once, whoever writes to it.
public final class Logs implements AutoCloseable {
    /// A log and its file.
    private record Open(AccessLog log, LogFile file, AccessLog.Format format) {}

    private final ErrorLog errors;

    /// By path; empty stands for the standard stream.
    private Map<Optional<Path>, Open> open = Map.of();
    private final List<Open> retired = new ArrayList<>();
    private Optional<AccessLog> main = Optional.empty();
    private Map<Optional<Path>, Open> formerOpen = Map.of();
    private Optional<AccessLog> formerMain = Optional.empty();

    private Logs(ErrorLog errors) {
        this.errors = errors;
    }

    /// @throws Fault if a file can't be opened; then none is
    public static Logs open(Settings settings, ErrorLog errors) throws Fault {
        Logs logs = new Logs(errors);
        logs.exchange(settings);
        return logs;
    }

    /// Opens what these settings want and is not open. What they want no more is closed with the next exchange: a request
    /// that is under way may still have a line for it.
    ///
    /// @throws Fault if a file can't be opened; then all is as it was
    public void exchange(Settings settings) throws Fault {
        Map<Optional<Path>, Open> wanted = new HashMap<>();
        try {
            for (Settings.HostSettings host : settings.hosts()) {
                if (host.logfile().isPresent()) {
                    want(host.logfile(), settings, wanted);
                }
            }
            if (!settings.quiet()) {
                want(settings.logfile(), settings, wanted);
            }
        } catch (Fault fault) {
            wanted.values().stream().filter(log -> !open.containsValue(log)).forEach(log -> log.log.close());
            throw fault;
        }

        closeRetired();
        retired.addAll(open.values());
        retired.removeAll(wanted.values());
        formerOpen = open;
        formerMain = main;
        open = Map.copyOf(wanted);
        main = settings.quiet() ? Optional.empty() : Optional.of(open.get(settings.logfile()).log);
    }

    /// All is as it was before the last exchange: what else was to change could not.
    public void revert() {
        open.values().stream().filter(log -> !formerOpen.containsValue(log)).forEach(log -> log.log.close());
        retired.clear();
        open = formerOpen;
        main = formerMain;
    }

    private void closeRetired() {
        for (Open log : retired) {
            log.log.close();
        }
        retired.clear();
    }

    private void want(Optional<Path> path, Settings settings, Map<Optional<Path>, Open> wanted) throws Fault {
        AccessLog.Format format = settings.logFormat();
        Open known = wanted.getOrDefault(path, open.get(path));
        if (known == null || known.format != format) {
            LogFile file = path.isPresent() ? LogFile.open(path.get())
                    : settings.fixture().beside() ? LogFile.standardError() : LogFile.standardOutput();
            known = new Open(new AccessLog(file, format, errors), file, format);
        }
        wanted.put(path, known);
    }

    /// The log of all sites that have none of their own.
    public AccessLog main() {
        return main.isPresent() ? main.get() : AccessLog.none();
    }

    /// The log in this file.
    ///
    /// @param path one that the settings name
    AccessLog in(Path path) {
        return open.get(Optional.of(path)).log;
    }

    /// For who has moved the files away.
    public void reopen() {
        open.values().forEach(log -> log.log.reopen());
    }

    /// Hands the files to the user that the server becomes, which could not open them anew otherwise.
    public void giveTo(UserPrincipal user, GroupPrincipal group) throws IOException {
        for (Open log : open.values()) {
            log.file.giveTo(user, group);
        }
    }

    @Override
    public void close() {
        finish();
    }

    /// Writes what waits, and takes no more.
    public void finish() {
        closeRetired();
        open.values().forEach(log -> log.log.close());
        open = Map.of();
    }
}
