package lib.host;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// How does the server shut itself off from what it never needs? So that whoever makes it do something else gets nothing
/// by that. Linux has two means:
///
/// - A filter of calls (seccomp, see [CallFilter]) takes hold of all threads at any time. No program can be started after it.
/// - Rules for files (Landlock, see [Reach]) hold the thread that makes them, and those that it starts. Of a Java
///   machine that runs, the threads that were there before stay free, and hand virtual threads to each other: so the rules
///   come first, and then the same process begins anew, all of it under them:
///
///         serve --sandbox=strict  ──▶  read settings, make rules, execv(the same command)  ──▶  read settings, serve
///
/// `auto` is the filter alone, where others can connect, or root's power is given up, or the server is there to stay; who serves
/// a directory to himself does not pay for it (a first call of the system: 0.3 s of a processor, 13 MB). It takes away nothing
/// that worked: where programs are started there is none. `strict` is both, and what the settings do not name at the start can't be
/// had by a reload.
public final class Sandbox {
    /// In the environment of the process that began anew.
    static final String VARIABLE = "COMANCHE_SANDBOXED";

    /// From this version of Landlock on a file that can't be written can't be emptied, either (Linux 6.2).
    private static final int OLDEST = 3;

    /// A server that nobody waits for any more has this much time to spare.
    private static final Duration SETTLING = Duration.ofSeconds(1);

    /// A file that everybody may write, and no server has to: who can't is in the sandbox.
    private static final Path PROBE = Path.of("/dev/full");

    // LANDLOCK_ACCESS_FS_*, LANDLOCK_ACCESS_NET_*, LANDLOCK_SCOPE_*
    private static final long EXECUTE = 1;
    private static final long WRITE_FILE = 1 << 1;
    private static final long READ_FILE = 1 << 2;
    private static final long READ_DIR = 1 << 3;
    private static final long REMOVE_DIR = 1 << 4;
    private static final long REMOVE_FILE = 1 << 5;
    private static final long MAKE_DIR = 1 << 7;
    private static final long MAKE_REG = 1 << 8;
    private static final long MAKE_SOCK = 1 << 9;
    private static final long REFER = 1 << 13;
    private static final long TRUNCATE = 1 << 14;
    private static final long ALL_OF_VERSION_3 = (1 << 15) - 1;
    private static final long IOCTL_DEV = 1 << 15; // from version 5
    private static final long CONNECT_TCP = 1 << 1; // from version 4
    private static final long ABSTRACT_UNIX_SOCKET = 1; // from version 6
    private static final long SIGNAL = 1 << 1;

    private static final long OF_FILES = EXECUTE | READ_FILE | WRITE_FILE | TRUNCATE;
    private static final long READ = READ_FILE | READ_DIR;
    private static final long WRITE = READ | WRITE_FILE | TRUNCATE | MAKE_REG | MAKE_DIR | MAKE_SOCK | REMOVE_FILE | REMOVE_DIR | REFER;

    /// What root is good for at the start: CAP_CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, SETGID, SETUID, NET_BIND_SERVICE and
    /// SYS_CHROOT. The rest would lead around the rules: with CAP_PERFMON, root reads what other processes have in memory.
    private static final Set<Integer> KEPT = Set.of(0, 1, 2, 3, 6, 7, 10, 18);
    private static final int MOST_CAPABILITIES = 64;

    private final Settings settings;
    private final Optional<Reach> reach;
    private volatile boolean shut;

    private Sandbox(Settings settings, Optional<Reach> reach) {
        this.settings = settings;
        this.reach = reach;
    }

    /// The sandbox of a server with these settings. If it is to be strict, the first call does not come back: the process begins
    /// anew, and comes to this place again.
    ///
    /// @param configFile from which the settings are
    /// @throws Fault if this system has no strict one
    public static Sandbox of(Settings settings, Optional<Path> configFile) throws Fault {
        if (settings.sandbox() != Settings.Sandboxing.STRICT) {
            return new Sandbox(settings, Optional.empty());
        }
        Reach reach = Reach.of(settings, configFile);
        if (!System.getenv().containsKey(VARIABLE)) {
            beginAnew(settings, reach);
        }
        verify();
        return new Sandbox(settings, Optional.of(reach));
    }

    /// Makes the rules, and becomes the same program under them.
    private static void beginAnew(Settings settings, Reach reach) throws Fault {
        List<String> command = OwnCommand.words();
        try {
            int version = Posix.landlockVersion();
            if (version < OLDEST || command.size() < 2) {
                throw missing("its Landlock is version " + version + ", and " + OLDEST + " is needed");
            }
            prepare(settings, reach);
            boolean triesItself = settings.chroot().isPresent() || settings.user().isPresent();
            int rules = Posix.landlockCreateRuleset(handled(version, triesItself));
            allowFiles(rules, reach);
            for (int port : version < 4 || triesItself ? Set.<Integer>of() : reach.asking()) {
                Posix.landlockAddPort(rules, port, CONNECT_TCP);
            }
            dropCapabilities();
            Posix.setNoNewPrivileges();
            Posix.setenv(VARIABLE, Integer.toString(version));
            Posix.landlockRestrictSelf(rules);
            Posix.execv(command.getFirst(), command);
        } catch (Posix.Failure failure) {
            throw missing(failure.getMessage());
        }
    }

    /// From what the same program can get when it begins anew. Who is not root has none, and may not.
    private static void dropCapabilities() throws Posix.Failure {
        for (int capability = 0; capability < MOST_CAPABILITIES; capability++) {
            try {
                if (!KEPT.contains(capability)) {
                    Posix.dropFromBoundingSet(capability);
                }
            } catch (Posix.Failure failure) {
                if (failure.errno() != Posix.EPERM && failure.errno() != Posix.EINVAL) { // the kernel knows no more of them
                    throw failure;
                }
            }
        }
    }

    private static Fault missing(String why) {
        return new Fault(Fault.UNSUPPORTED, "This system can't hold a strict sandbox (" + why + "); --sandbox=auto goes without.");
    }

    /// What is made at the first start needs more than later ones: directories of logs, certificates of our own.
    private static void prepare(Settings settings, Reach reach) throws Fault {
        try {
            Optional<Confinement.Identity> owner = Confinement.of(settings.chroot(), settings.user()).identity();
            for (Optional<Path> log : List.of(settings.logfile(), settings.errorLog())) {
                if (log.isPresent()) {
                    begin(LogFile.open(log.get()), owner);
                }
            }
            if (settings.tls().isPresent() && settings.tls().get().local()) {
                List<String> hosts = settings.hosts().stream().flatMap(host -> host.names().stream()).toList();
                new LocalAuthority(settings.tls().get().state(), hosts).identity(Instant.now());
            }
            for (Path directory : reach.writable()) {
                Files.createDirectories(directory);
            }
        } catch (IOException e) {
            throw new Fault(Fault.CANNOT_START, "A directory for the server to write in can't be made (" + LogFile.reason(e) + ").");
        }
    }

    private static void begin(LogFile log, Optional<Confinement.Identity> owner) throws IOException {
        try {
            if (owner.isPresent()) {
                UserPrincipalLookupService names = FileSystems.getDefault().getUserPrincipalLookupService();
                log.giveTo(names.lookupPrincipalByName(Long.toString(owner.get().uid())),
                        names.lookupPrincipalByGroupName(Long.toString(owner.get().gid())));
            }
        } finally {
            log.close();
        }
    }

    /// @param triesItself does the server connect to itself before it enters a new root?
    private static long[] handled(int version, boolean triesItself) {
        boolean isTold = System.getenv().getOrDefault("NOTIFY_SOCKET", "").startsWith("@"); // by systemd, without a file
        long files = ALL_OF_VERSION_3 | (version >= 5 ? IOCTL_DEV : 0);
        long ports = triesItself ? 0 : CONNECT_TCP;
        long scope = SIGNAL | (isTold ? 0 : ABSTRACT_UNIX_SOCKET);
        return version < 4 ? new long[] {files} : version < 6 ? new long[] {files, ports} : new long[] {files, ports, scope};
    }

    /// The machine itself has to be started once more, by its own program and the system's loader.
    private static void allowFiles(int rules, Reach reach) throws Posix.Failure {
        allow(rules, Path.of(System.getProperty("java.home")), READ | EXECUTE);
        for (Path path : Reach.OF_JAVA) {
            allow(rules, path, path.getFileName().toString().startsWith("lib") ? READ | EXECUTE : READ);
        }
        for (String entry : System.getProperty("java.class.path").split(java.io.File.pathSeparator)) {
            allow(rules, Path.of(entry), READ);
        }
        allow(rules, Path.of("/dev/null"), WRITE_FILE);
        for (Path path : reach.readable()) {
            allow(rules, path, READ);
        }
        for (Path path : reach.listed()) {
            allow(rules, path, READ_DIR);
        }
        for (Path path : reach.writable()) {
            allow(rules, path, WRITE);
        }
    }

    /// What is not there can't be allowed, and is not missed.
    private static void allow(int rules, Path path, long access) throws Posix.Failure {
        try {
            Posix.landlockAddPath(rules, path.toString(), Files.isDirectory(path) ? access : access & OF_FILES);
        } catch (Posix.Failure failure) {
            if (failure.errno() != Posix.ENOENT && failure.errno() != Posix.EACCES) {
                throw failure;
            }
        }
    }

    /// The variable alone proves nothing: anybody can set it.
    private static void verify() throws Fault {
        try (FileChannel _ = FileChannel.open(PROBE, StandardOpenOption.WRITE)) {
            throw new Fault(Fault.CANNOT_START, VARIABLE + " is set, but there is no sandbox; unset it, Comanche sets it itself.");
        } catch (AccessDeniedException _) {
            // as it should be
        } catch (IOException _) {
            throw missing(PROBE + " can't be tried");
        }
    }

    /// Has the filter take hold now, and says so.
    ///
    /// @throws Fault if it can't, and the sandbox is to be strict
    public void shut(ErrorLog errors) throws Fault {
        if (!isFiltered(settings)) {
            return;
        }
        try {
            filter();
            errors.notice("Sandbox: " + (reach.isEmpty() ? "" : "files by Landlock " + System.getenv(VARIABLE) + ", ")
                    + "calls by seccomp.");
        } catch (Posix.Failure failure) {
            if (reach.isPresent()) {
                throw missing(failure.getMessage());
            }
            errors.warning("There is no sandbox here (" + failure.getMessage() + "); --sandbox=off does not ask for one.");
        }
    }

    /// The same later and without a word, for a server that somebody has started just now and waits for.
    public void shutLater() {
        if (isFiltered(settings)) {
            Thread.ofPlatform().name("sandbox").daemon().start(() -> {
                try {
                    Thread.sleep(SETTLING);
                    filter();
                } catch (Posix.Failure | InterruptedException _) {
                    // nobody has asked for it
                }
            });
        }
    }

    private void filter() throws Posix.Failure {
        CallFilter.Network network = reach.isEmpty() ? CallFilter.Network.AS_BEFORE
                : reach.get().asks() ? CallFilter.Network.NO_LISTENING : CallFilter.Network.NOTHING_NEW;
        Optional<long[]> steps = Posix.isLinux() ? CallFilter.of(System.getProperty("os.arch"), network) : Optional.empty();
        if (steps.isEmpty()) {
            throw new Posix.Failure(Posix.ENOSYS, "seccomp");
        }
        Posix.setNoNewPrivileges();
        Posix.seccomp(steps.get());
        shut = true;
    }

    /// Programs are what the filter takes away: those of CGI, the command of `run`, and the one that makes our certificates.
    private static boolean isFiltered(Settings settings) {
        boolean makesCertificates = settings.tls().isPresent() && settings.tls().get().local();
        return switch (settings.sandbox()) {
            case OFF -> false;
            case AUTO -> !settings.startsPrograms() && !settings.fixture().beside() && !makesCertificates;
            case STRICT -> true;
        };
    }

    /// Can these settings be taken over by a server in this sandbox?
    ///
    /// @throws Fault if they need more than it leaves
    public void check(Settings fresh, Optional<Path> configFile) throws Fault {
        List<String> lacks = new ArrayList<>();
        if (shut && fresh.startsPrograms()) {
            lacks.add("starting programs");
        }
        if (reach.isPresent() && !listens(fresh).equals(listens(settings))) {
            lacks.add("other addresses");
        }
        if (reach.isPresent()) {
            reach.get().lacks(Reach.of(fresh, configFile)).ifPresent(lacks::add);
        }
        if (!lacks.isEmpty()) {
            throw new Fault(Fault.CANNOT_START, "The sandbox was made without " + String.join(" and ", lacks)
                    + "; restart Comanche to have a wider one.");
        }
    }

    private static List<Object> listens(Settings settings) {
        return List.of(settings.addresses(), settings.port(), settings.tls().flatMap(Settings.TlsSettings::redirect));
    }
}
