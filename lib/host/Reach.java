package lib.host;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import lib.site.Writing;

/// What of the machine must a server with these settings reach? All else can be shut off.
///
/// What is read again later, such as certificates, is mostly exchanged by a new file of the same name: so the directory of
/// such a file counts, unless that is one of everybody's (`/etc`, a home directory).
///
/// @param readable files, and directories with all that is below them
/// @param listed directories, of which the names can be read
/// @param writable directories, in and below which files can be made, changed and removed
/// @param asking TCP ports of applications that are asked
/// @param asks are there such applications, by TCP or otherwise?
record Reach(Set<Path> readable, Set<Path> listed, Set<Path> writable, Set<Integer> asking, boolean asks) {

    /// What Java reads wherever it runs, besides its own directory and the class path: libraries, name service, time zones,
    /// its security settings where the system has them, and what the machine has of processors and memory.
    static final List<Path> OF_JAVA = paths("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", "/usr/share/locale",
            "/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/nsswitch.conf", "/etc/passwd", "/etc/group", "/etc/hosts",
            "/etc/host.conf", "/etc/gai.conf", "/etc/resolv.conf", "/etc/localtime", "/etc/timezone", "/etc/pki/java",
            "/etc/ssl/certs", "/etc/crypto-policies", "/etc/java-25-openjdk", "/proc", "/sys/devices/system", "/sys/fs/cgroup",
            "/sys/kernel/mm", "/dev/null", "/dev/zero", "/dev/random", "/dev/urandom");

    Reach {
        readable = Set.copyOf(readable);
        listed = Set.copyOf(listed);
        writable = Set.copyOf(writable);
        asking = Set.copyOf(asking);
    }

    private static List<Path> paths(String... names) {
        List<Path> paths = new ArrayList<>();
        for (String name : names) {
            paths.add(Path.of(name));
        }
        return paths;
    }

    /// @param configFile from which the settings are
    /// @throws Fault if something is to be written in a directory of everybody's
    static Reach of(Settings settings, Optional<Path> configFile) throws Fault {
        Survey survey = new Survey(settings);
        survey.documents(settings.site());
        for (Settings.HostSettings host : settings.hosts()) {
            survey.documents(host.site());
            survey.written(Setting.LOGFILE, host.logfile());
        }
        survey.written(Setting.LOGFILE, settings.logfile());
        survey.written(Setting.ERROR_LOG, settings.errorLog());
        survey.written(Setting.PIDFILE, settings.pidfile());
        survey.written(Setting.URL_FILE, settings.fixture().urlFile());
        survey.written(Setting.JOURNAL, settings.fixture().journal());
        configFile.ifPresent(survey::readAgain);
        settings.rules().map(_ -> settings.effective().get(Setting.RULES).getLast().value())
                .ifPresent(file -> survey.readAgain(survey.outside(Path.of(file))));
        settings.tls().ifPresent(survey::certificates);
        survey.sockets();
        return new Reach(survey.readable, survey.listed, survey.writable, survey.asking, survey.asks);
    }

    /// What is out of this reach, but in the other; empty where nothing is.
    Optional<String> lacks(Reach other) {
        for (Path path : other.writable) {
            if (!isBelow(path, writable)) {
                return Optional.of("writing in " + path);
            }
        }
        for (Path path : other.readable) {
            if (!isBelow(path, readable) && !isBelow(path, writable)) {
                return Optional.of("reading " + path);
            }
        }
        return asking.containsAll(other.asking) && (asks || !other.asks) ? Optional.empty() : Optional.of("asking other servers");
    }

    private static boolean isBelow(Path path, Set<Path> directories) {
        for (Path directory : directories) {
            if (path.startsWith(directory)) {
                return true;
            }
        }
        return false;
    }

    /// One look through the settings.
    private static final class Survey {
        private final Set<Path> readable = new HashSet<>();
        private final Set<Path> listed = new HashSet<>();
        private final Set<Path> writable = new HashSet<>();
        private final Set<Integer> asking = new HashSet<>();
        private final Settings settings;
        private boolean asks;

        Survey(Settings settings) {
            this.settings = settings;
        }

        /// A path of the settings as it is seen now.
        Path outside(Path path) {
            return settings.chroot().isEmpty() ? path.toAbsolutePath()
                    : settings.chroot().get().resolve(Path.of("/").relativize(Path.of("/").resolve(path)));
        }

        void documents(Settings.SiteSettings site) {
            Path base = real(site.outside());
            boolean writes = site.manners().writing() != Writing.NONE;
            (writes ? writable : readable).add(base);
            if (!Files.isDirectory(base)) {
                listed.add(base.getParent());
            }
            if (site.followsLinks()) {
                readable.add(Path.of("/")); // where a link leads, nobody knows before
            }
            site.admission().file().ifPresent(file -> readAgain(outside(file)));
            for (ProgramSettings program : site.programs()) {
                if (program instanceof ProgramSettings.FastCgi fastCgi) {
                    asks = true;
                    fastCgi.application().addresses().forEach(this::asked);
                }
            }
        }

        private void asked(SocketAddress address) {
            if (address instanceof InetSocketAddress inet) {
                asking.add(inet.getPort());
            }
        }

        void certificates(Settings.TlsSettings tls) {
            for (Settings.Pair pair : tls.pairs()) {
                readAgain(pair.certificate());
                pair.key().ifPresent(this::readAgain);
            }
            if (tls.local()) {
                readable.add(real(tls.state()));
            }
        }

        /// By its name, and where links lead from there (as certbot has it).
        void readAgain(Path file) {
            for (Path path : List.of(file.toAbsolutePath().normalize(), real(file))) {
                Path directory = path.getParent();
                readable.add(isEverybodys(directory) ? path : directory);
            }
        }

        void written(Setting setting, Optional<Path> file) throws Fault {
            if (file.isEmpty()) {
                return;
            }
            Path directory = real(file.get().toAbsolutePath().normalize().getParent());
            if (isEverybodys(directory)) {
                throw new Fault(Fault.USAGE, setting.longOption() + " '" + file.get() + "' would have a strict sandbox leave all of "
                        + directory + " open for writing; name a file in a directory of its own.");
            }
            writable.add(directory);
        }

        void sockets() throws Fault {
            for (Endpoint address : settings.addresses()) {
                if (address instanceof Endpoint.Unix(String path)) {
                    written(Setting.ADDRESS, Optional.of(Path.of(path)));
                }
            }
        }

        private static boolean isEverybodys(Path directory) {
            return directory.getNameCount() < 2 || directory.equals(Path.of(System.getProperty("user.home")));
        }

        /// A place that is not there yet is what it is called.
        private static Path real(Path path) {
            try {
                return path.toRealPath();
            } catch (IOException _) {
                return path.toAbsolutePath().normalize();
            }
        }
    }
}
