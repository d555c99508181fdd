package lib.host;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.security.Security;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What may the server still do once it listens? It gives up the file system outside its root, and then root's power, in
/// the one order that works; and it believes neither before it has seen it.
///
///     bind → open logs and pid file → load keys → warm up → chroot, chdir → groups → gid → uid → verify → serve
///
/// The opening of what is needed from outside is not done here: it is over when [#enter] is called.
///
/// @param root the directory that becomes `/`; empty to stay in the one that is
/// @param identity whom to become; empty to stay who we are
public record Confinement(Optional<Path> root, Optional<Identity> identity) {

    /// A user as the kernel sees one.
    ///
    /// @param name how the operator wrote it
    /// @param groups the supplementary ones, looked up now: in a jail that its tenant can write, `/etc/group` is no authority
    public record Identity(String name, long uid, long gid, List<Long> groups) {
        private static final long MAX_ID = 0xffff_fffeL; // the one above means "leave it as it is"

        public Identity {
            groups = List.copyOf(groups);
        }

        /// From `user`, `user:group`, or numbers in the place of either.
        ///
        /// @throws Fault if there is no such user or group, or it is root
        public static Identity of(String text) throws Fault {
            int colon = text.indexOf(':');
            String user = colon < 0 ? text : text.substring(0, colon);
            try {
                Optional<Posix.Account> account = account(user);
                long uid = account.isPresent() ? account.get().uid() : id(user).orElseThrow(() -> new Fault(Fault.USAGE,
                        "There is no user '" + user + "' here; name one that there is (useradd --system makes one)."));
                long gid = colon < 0 ? account.map(Posix.Account::gid).orElseThrow(() -> new Fault(Fault.USAGE, "User " + user
                        + " is in no list, so its group is unknown; write it as " + user + ":GROUP."))
                        : group(text.substring(colon + 1));
                refuseRoot(text, uid, gid);
                return new Identity(text, uid, gid, account.isPresent() ? Posix.getgrouplist(account.get().name(), gid)
                        : List.of(gid));
            } catch (Posix.Failure failure) {
                throw new Fault(Fault.UNSUPPORTED, "Can't look up the user '" + user + "' (" + failure.getMessage() + ").");
            }
        }

        /// A name may consist of digits: the list of users is asked first.
        private static Optional<Posix.Account> account(String user) throws Posix.Failure {
            Optional<Posix.Account> named = Posix.getpwnam(user);
            Optional<Long> id = id(user);
            return named.isPresent() || id.isEmpty() ? named : Posix.getpwuid(id.get());
        }

        private static long group(String group) throws Fault, Posix.Failure {
            Optional<Long> gid = Posix.getgrnam(group);
            return gid.isPresent() ? gid.get() : id(group).orElseThrow(() -> new Fault(Fault.USAGE,
                    "There is no group '" + group + "' here; name one that there is (groupadd --system makes one)."));
        }

        private static Optional<Long> id(String text) {
            boolean isNumber = !text.isEmpty() && text.length() <= 10 && text.chars().allMatch(c -> c >= '0' && c <= '9');
            return isNumber ? Optional.of(Long.parseLong(text)).filter(id -> id <= MAX_ID) : Optional.empty();
        }

        private static void refuseRoot(String text, long uid, long gid) throws Fault {
            if (uid == 0 || gid == 0) {
                throw new Fault(Fault.USAGE, "'" + text + "' has root's power, which is what a user is set to give up; name "
                        + "one without it.");
            }
        }
    }

    /// What all threads must show after the change, in the words of `/proc/PID/status`.
    private static final List<String> CAPABILITIES = List.of("CapPrm", "CapEff", "CapAmb");

    /// What was asked for, looked up and found possible.
    ///
    /// @param root empty, or `/`, for none
    /// @throws Fault if there is no such directory or user, or only root could do it
    public static Confinement of(Optional<Path> root, Optional<String> user) throws Fault {
        if (root.isEmpty() && user.isEmpty()) {
            return new Confinement(root, Optional.empty());
        }
        Optional<Path> jail = root.map(path -> path.toAbsolutePath().normalize()).filter(path -> path.getParent() != null);
        if (jail.isEmpty() && user.isEmpty()) {
            return new Confinement(jail, Optional.empty());
        }

        Optional<Identity> identity = user.isPresent() ? Optional.of(Identity.of(user.get())) : Optional.empty();
        if (jail.isPresent() && !Files.isDirectory(jail.get())) {
            throw new Fault(Fault.USAGE, "The root '" + jail.get() + "' is no directory; name one that there is.");
        }
        if (!isRoot()) {
            return withoutRoot(jail, identity);
        }
        return new Confinement(jail, identity);
    }

    /// Who is that user already, as systemd's `User=` makes it, has nothing left to do.
    private static Confinement withoutRoot(Optional<Path> root, Optional<Identity> identity) throws Fault {
        if (root.isEmpty() && identity.isPresent() && isAlready(identity.get())) {
            return new Confinement(root, Optional.empty());
        }
        String what = root.isPresent() ? "enter another root (chroot)" : "become " + identity.orElseThrow().name();
        throw new Fault(Fault.CANNOT_START, "Only root can " + what + "; start Comanche as root (sudo), or leave this out: "
                + "without root it has nothing to give up.");
    }

    private static boolean isRoot() throws Fault {
        try {
            return Posix.geteuid() == 0;
        } catch (Posix.Failure failure) {
            throw new Fault(Fault.UNSUPPORTED, "Can't change the user or the root here (" + failure.getMessage() + ").");
        }
    }

    private static boolean isAlready(Identity identity) throws Fault {
        try {
            return Posix.getuid() == identity.uid() && Posix.geteuid() == identity.uid();
        } catch (Posix.Failure failure) {
            throw new Fault(Fault.UNSUPPORTED, "Can't tell who we are (" + failure.getMessage() + ").");
        }
    }

    public boolean isNone() {
        return root.isEmpty() && identity.isEmpty();
    }

    /// A path as it reads once we are inside.
    ///
    /// @param path absolute, as it reads before
    /// @return empty if it lies outside
    public Optional<Path> inside(Path path) {
        if (root.isEmpty()) {
            return Optional.of(path);
        }
        Path whole = path.toAbsolutePath().normalize();
        return whole.startsWith(root.get()) ? Optional.of(Path.of("/").resolve(root.get().relativize(whole)))
                : Optional.empty();
    }

    /// Has the machine load now what it loads from files on first use: its classes, time zones, security settings and
    /// network libraries lie outside the new root, and some of them in places that only root can read.
    ///
    /// @param request one request to ourselves through the real handler, for all that this list does not know of
    public void warmUp(Runnable request) throws Fault {
        if (isNone()) {
            return;
        }
        try {
            touchClasses();
            touchTexts();
            touchNetwork();
            Posix.linkAll();
        } catch (IOException e) {
            throw new Fault(Fault.CANNOT_START, "Can't prepare for the new root: " + e.getMessage() + ".");
        }
        request.run();
    }

    /// The JDK's image, every jar of the class path, and the providers that `java.security` names.
    private static void touchClasses() throws IOException {
        try (InputStream octets = Object.class.getResourceAsStream("Object.class")) {
            octets.read();
        }
        ClassLoader.getSystemClassLoader().getResource("no/such");
        new SecureRandom().nextInt();
        Security.getProviders();
        System.getLogger("java.lang.Runtime"); // what the machine says when it exits goes through it
    }

    private static void touchTexts() {
        ZonedDateTime now = ZonedDateTime.ofInstant(Instant.now(), ZoneId.systemDefault());
        String ignored = new Date() + String.format(Locale.getDefault(), "%,d %s", 1, now)
                + DateTimeFormatter.ofLocalizedDateTime(FormatStyle.MEDIUM).format(now);
        ignored.getBytes(StandardCharsets.UTF_8);
    }

    private static void touchNetwork() throws IOException {
        InetSocketAddress anywhere = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (ServerSocketChannel listener = ServerSocketChannel.open().bind(anywhere);
                SocketChannel client = SocketChannel.open(listener.getLocalAddress());
                SocketChannel accepted = listener.accept();
                Selector selector = Selector.open()) {
            listener.supportedOptions();
            accepted.supportedOptions();
            client.configureBlocking(false).register(selector, client.validOps());
            selector.selectNow();
        }
    }

    /// Goes in. There is no way back: after a fault the only thing to do is to leave.
    ///
    /// @return warnings, a sentence each
    /// @throws Fault if anything is not as it was asked for; the server must not start then
    public List<String> enter() throws Fault {
        if (isNone()) {
            return List.of();
        }
        try (DirectoryStream<Path> threads = threads()) {
            List<String> warnings = new ArrayList<>();
            if (root.isPresent()) {
                changeRoot(root.get(), warnings);
            }
            if (identity.isPresent()) {
                changeIdentity(identity.get(), warnings);
                verify(identity.get());
                verifyThreads(threads, identity.get(), warnings.isEmpty());
                verifyRoot(identity.get());
            }
            return List.copyOf(warnings);
        } catch (Posix.Failure failure) {
            throw new Fault(Fault.CANNOT_START, "Can't give up root's power: " + failure.getMessage() + ".");
        } catch (IOException | DirectoryIteratorException e) {
            throw new Fault(Fault.CANNOT_START, "Can't see whether root's power is gone: " + e.getMessage() + ".");
        }
    }

    /// The threads of this process, opened while `/proc` is still there. A system without it keeps its ids per process, or
    /// the stream is not one that works from another root: only Linux needs it.
    private static DirectoryStream<Path> threads() throws IOException {
        return Files.newDirectoryStream(Posix.isLinux() ? Path.of("/proc/self/task") : Path.of("/"));
    }

    private void changeRoot(Path path, List<String> warnings) throws Posix.Failure {
        Posix.chroot(path.toString());
        Posix.chdir("/"); // the working directory would still lead out
        if (identity.isEmpty()) {
            warnings.add("A new root does not hold a server that runs as root: name a user, too (-u).");
        }
    }

    /// The groups first: whoever is not root any more can't change them. Without new privileges means that not even a
    /// setuid program in reach gives them back; nobody has asked for it, so a system without it gets a warning.
    private static void changeIdentity(Identity identity, List<String> warnings) throws Posix.Failure {
        Posix.setgroups(identity.groups());
        Posix.setgid(identity.gid());
        Posix.setuid(identity.uid());
        try {
            if (Posix.isLinux()) {
                Posix.setNoNewPrivileges();
                Posix.seccomp(CallFilter.none());
            }
        } catch (Posix.Failure failure) {
            warnings.add("Setuid programs are not shut off (" + failure.getMessage() + ").");
        }
    }

    /// The calling thread: real, effective and saved ids, and the ways back, each of which has to be closed.
    private static void verify(Identity identity) throws Posix.Failure, Fault {
        boolean isChanged = Posix.isLinux()
                ? Posix.getresuid().equals(List.of(identity.uid(), identity.uid(), identity.uid()))
                        && Posix.getresgid().equals(List.of(identity.gid(), identity.gid(), identity.gid()))
                : Posix.getuid() == identity.uid() && Posix.geteuid() == identity.uid();
        if (!isChanged) {
            throw unsafe("the system did not make us " + identity.name());
        }
        refused("setuid(0)", () -> Posix.setuid(0));
        refused("setgid(0)", () -> Posix.setgid(0));
        refused("setgroups(0)", () -> Posix.setgroups(List.of(0L)));
        refused("chroot", () -> Posix.chroot("/"));
    }

    private interface WayBack {
        void take() throws Posix.Failure;
    }

    private static void refused(String name, WayBack wayBack) throws Fault {
        try {
            wayBack.take();
        } catch (Posix.Failure _) {
            return;
        }
        throw unsafe(name + " still works");
    }

    private static Fault unsafe(String what) {
        return new Fault(Fault.CANNOT_START, "Root's power is not gone: " + what + ". Comanche does not serve like this.");
    }

    /// Ids and capabilities belong to a thread on Linux, and the C library changes them one by one: each is looked at.
    private static void verifyThreads(DirectoryStream<Path> threads, Identity identity, boolean isShutOff)
            throws IOException, Fault {
        if (!Posix.isLinux()) {
            return;
        }
        if (!(threads instanceof SecureDirectoryStream<Path> directory)) {
            throw unsafe("the threads can't be looked at");
        }
        int seen = 0;
        for (Path thread : directory) {
            Optional<Map<String, String>> status = status(directory, thread.getFileName());
            if (status.isPresent()) {
                verifyThread(status.get(), identity, isShutOff);
                seen++;
            }
        }
        if (seen == 0) {
            throw unsafe("no thread could be looked at");
        }
    }

    private static void verifyThread(Map<String, String> status, Identity identity, boolean isShutOff) throws Fault {
        boolean hasIds = Set.copyOf(words(status, "Uid")).equals(Set.of(Long.toString(identity.uid())))
                && Set.copyOf(words(status, "Gid")).equals(Set.of(Long.toString(identity.gid())));
        Set<String> groups = new HashSet<>();
        identity.groups().forEach(group -> groups.add(Long.toString(group)));
        boolean hasGroups = Set.copyOf(words(status, "Groups")).equals(groups);
        boolean isPowerless = CAPABILITIES.stream()
                .allMatch(set -> words(status, set).stream().allMatch(mask -> mask.matches("0+")));
        boolean isShut = !isShutOff || words(status, "NoNewPrivs").equals(List.of("1"));
        if (!hasIds || !hasGroups || !isPowerless || !isShut) {
            throw unsafe("thread " + status.get("Pid") + " (" + status.get("Name") + ") kept some of it");
        }
    }

    private void verifyRoot(Identity identity) throws Fault {
        if (root.isPresent() && !Files.isExecutable(Path.of("/"))) {
            throw new Fault(Fault.CANNOT_START, "The root '" + root.get() + "' is closed to " + identity.name()
                    + "; check its permissions (chmod o+x).");
        }
    }

    private static List<String> words(Map<String, String> status, String name) {
        String value = status.getOrDefault(name, "").strip();
        return value.isEmpty() ? List.of() : List.of(value.split("\\s+"));
    }

    /// The lines of a thread's `status`, empty for one that has ended since it was listed.
    private static Optional<Map<String, String>> status(SecureDirectoryStream<Path> threads, Path thread)
            throws IOException {
        try (SeekableByteChannel file = threads.newByteChannel(thread.resolve("status"), Set.of(StandardOpenOption.READ))) {
            ByteBuffer octets = ByteBuffer.allocate(1 << 16);
            while (octets.hasRemaining() && file.read(octets) > 0) {
                // a read may return a part
            }
            Map<String, String> lines = new HashMap<>();
            new String(octets.array(), 0, octets.position(), StandardCharsets.ISO_8859_1).lines().forEach(line -> {
                int colon = Math.max(line.indexOf(':'), 0);
                lines.put(line.substring(0, colon), line.substring(Math.min(line.length(), colon + 1)).strip());
            });
            return Optional.of(lines);
        } catch (NoSuchFileException _) {
            return Optional.empty();
        } catch (IOException e) {
            // read from a thread that ended after it was opened: ESRCH, which Java has no class for
            if (isGone(threads, thread)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static boolean isGone(SecureDirectoryStream<Path> threads, Path thread) {
        try (SeekableByteChannel _ = threads.newByteChannel(thread.resolve("status"), Set.of(StandardOpenOption.READ))) {
            return false;
        } catch (IOException _) {
            return true;
        }
    }
}
