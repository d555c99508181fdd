package lib.host;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Which calls of the operating system does Java lack? One method each, shaped as in the man page, whose prototype stands
/// above it. What such a call means for a web server is decided elsewhere.
///
/// A call is linked when it is first made: the first one costs some 100 ms, so nothing here is touched by a server that
/// needs none of it. What a system does not have (some of it, on macOS) fails like the call itself, with ENOSYS.
@SuppressWarnings("restricted")
public final class Posix {

    /// A call that did not succeed.
    public static final class Failure extends Exception {
        private static final long serialVersionUID = 1;
        private final int errno;

        Failure(int errno, String call) {
            super(call + ": " + words(errno));
            this.errno = errno;
        }

        public int errno() {
            return errno;
        }

        private static String words(int errno) {
            return errno == ENOSYS ? "this system has no such call" : switch (errno) {
                case EPERM -> "not permitted";
                case ENOENT -> "no such file or directory";
                case ESRCH -> "no such process";
                case 5 -> "input/output error";
                case EBADF -> "no such descriptor";
                case 12 -> "out of memory";
                case EACCES -> "permission denied";
                case 20 -> "not a directory";
                case EINVAL -> "invalid argument";
                case 23, 24 -> "too many open files";
                case ERANGE -> "result too large";
                case 36, 63 -> "name too long";
                case 61, 111 -> "connection refused";
                default -> "error " + errno;
            };
        }
    }

    // The errors that have one number everywhere, and the one that has not.
    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EBADF = 9;
    public static final int EACCES = 13;
    public static final int EINVAL = 22;
    public static final int ERANGE = 34;
    public static final int ENOSYS = isLinux() ? 38 : 78;

    // The signals that have one number everywhere, and the one that has not.
    public static final int SIGHUP = 1;
    public static final int SIGINT = 2;
    public static final int SIGTERM = 15;
    public static final int SIGUSR1 = isLinux() ? 10 : 30;

    public static final int FD_CLOEXEC = 1;
    public static final int O_RDWR = 2;
    private static final int F_GETFD = 1;
    private static final int F_SETFD = 2;

    // Linux only, the same number on x86-64 and aarch64.
    private static final int O_CLOEXEC = 0x80000;
    private static final int O_NOCTTY = 0x100;
    private static final int O_NONBLOCK = 0x800;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_ACCEPTCONN = 30;
    private static final int PR_CAPBSET_DROP = 24;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int SECCOMP_FILTER_FLAG_TSYNC = 1;
    private static final int O_PATH = 0x200000;

    // Landlock's, Linux only, too.
    private static final long LANDLOCK_CREATE_RULESET = 444;
    private static final long LANDLOCK_ADD_RULE = 445;
    private static final long LANDLOCK_RESTRICT_SELF = 446;
    private static final long LANDLOCK_CREATE_RULESET_VERSION = 1;
    private static final long LANDLOCK_RULE_PATH_BENEATH = 1;
    private static final long LANDLOCK_RULE_NET_PORT = 2;

    private static final int AF_UNIX = 1;
    private static final int AF_INET = 2;
    private static final int AF_INET6 = isLinux() ? 10 : 30;
    private static final int SOCK_DGRAM = 2;

    private static final int SUN_PATH_OCTETS = isLinux() ? 108 : 104;
    private static final int SOCKADDR_OCTETS = 128;
    private static final int SIG_IGN = 1;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final AddressLayout POINTER = ValueLayout.ADDRESS;
    private static final ValueLayout.OfShort NETWORK_SHORT =
            ValueLayout.JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final long ERRNO_OFFSET = STATE.byteOffset(PathElement.groupElement("errno"));

    /// The calls by their names in C: the type of the result, then those of the parameters.
    private enum Call {
        GETUID(INT), GETEUID(INT), GETRESUID(INT, POINTER, POINTER, POINTER), GETRESGID(INT, POINTER, POINTER, POINTER),
        GETPWNAM_R(INT, POINTER, POINTER, POINTER, LONG, POINTER), GETPWUID_R(INT, INT, POINTER, POINTER, LONG, POINTER),
        GETGRNAM_R(INT, POINTER, POINTER, POINTER, LONG, POINTER), GETGROUPLIST(INT, POINTER, INT, POINTER, POINTER),
        SETGROUPS(INT, LONG, POINTER), SETGID(INT, INT), SETUID(INT, INT),
        CHROOT(INT, POINTER), CHDIR(INT, POINTER), UMASK(INT, INT), SETSID(INT), KILL(INT, INT, INT),
        SIGACTION(INT, INT, POINTER, POINTER), OPEN(2, INT, POINTER, INT, INT), CLOSE(INT, INT), DUP2(INT, INT, INT),
        DUP3(INT, INT, INT, INT), FCNTL(2, INT, INT, INT, INT), GETSOCKNAME(INT, INT, POINTER, POINTER),
        GETSOCKOPT(INT, INT, INT, INT, POINTER, POINTER), SOCKET(INT, INT, INT, INT), CONNECT(INT, INT, POINTER, INT),
        SEND(LONG, INT, POINTER, LONG, INT), PRCTL(1, INT, INT, LONG, LONG, LONG, LONG),
        SYSCALL(1, LONG, LONG, LONG, LONG, LONG, LONG), SETENV(INT, POINTER, POINTER, INT), EXECV(INT, POINTER, POINTER);

        private final FunctionDescriptor shape;
        private final Linker.Option[] options;
        private MethodHandle handle;

        Call(ValueLayout result, MemoryLayout... parameters) {
            this.shape = FunctionDescriptor.of(result, parameters);
            this.options = new Linker.Option[] {Linker.Option.captureCallState("errno")};
        }

        /// One that takes any number of arguments: some processors pass those after the named ones another way.
        Call(int named, ValueLayout result, MemoryLayout... parameters) {
            this.shape = FunctionDescriptor.of(result, parameters);
            this.options = new Linker.Option[] {
                Linker.Option.captureCallState("errno"), Linker.Option.firstVariadicArg(named)};
        }

        String c() {
            return name().toLowerCase(Locale.ROOT);
        }

        synchronized MethodHandle handle() throws Failure {
            if (handle == null) {
                MemorySegment address = Linker.nativeLinker().defaultLookup().find(c())
                        .orElseThrow(() -> new Failure(ENOSYS, c()));
                handle = Linker.nativeLinker().downcallHandle(address, shape, options);
            }
            return handle;
        }

        /// The result, or what errno says if that is -1. Each call has its own place for errno: other threads would
        /// overwrite a common one.
        long with(Object... arguments) throws Failure {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment state = arena.allocate(STATE);
                Object[] all = new Object[arguments.length + 1];
                all[0] = state;
                System.arraycopy(arguments, 0, all, 1, arguments.length);
                long result = ((Number) invoke(all)).longValue();
                if (result == -1) {
                    throw new Failure(state.get(INT, ERRNO_OFFSET), c());
                }
                return result;
            }
        }

        private Object invoke(Object[] arguments) throws Failure {
            try {
                return handle().invokeWithArguments(arguments);
            } catch (Failure | RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(c(), e); // a call in C throws nothing
            }
        }
    }

    private Posix() {}

    static boolean isLinux() {
        return System.getProperty("os.name").equals("Linux");
    }

    /// Links every call that there is: after a chroot, what linking needs may be out of reach.
    public static void linkAll() {
        for (Call call : Call.values()) {
            try {
                call.handle();
            } catch (Failure _) {
                // who makes that call is told then
            }
        }
    }

    // Who we are

    /// `uid_t getuid(void);`
    public static long getuid() throws Failure {
        return Integer.toUnsignedLong((int) Call.GETUID.with());
    }

    /// `uid_t geteuid(void);`
    public static long geteuid() throws Failure {
        return Integer.toUnsignedLong((int) Call.GETEUID.with());
    }

    /// `int getresuid(uid_t *ruid, uid_t *euid, uid_t *suid);` Returns the three.
    public static List<Long> getresuid() throws Failure {
        return three(Call.GETRESUID);
    }

    /// `int getresgid(gid_t *rgid, gid_t *egid, gid_t *sgid);` Returns the three.
    public static List<Long> getresgid() throws Failure {
        return three(Call.GETRESGID);
    }

    private static List<Long> three(Call call) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment real = arena.allocate(INT);
            MemorySegment effective = arena.allocate(INT);
            MemorySegment saved = arena.allocate(INT);
            call.with(real, effective, saved);
            return List.of(unsigned(real, 0), unsigned(effective, 0), unsigned(saved, 0));
        }
    }

    /// What the system's list of users says of one.
    public record Account(String name, long uid, long gid) {}

    /// `int getpwnam_r(const char *name, struct passwd *pwd, char *buf, size_t size, struct passwd **result);`
    public static Optional<Account> getpwnam(String name) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            return entry(arena, Call.GETPWNAM_R, arena.allocateFrom(name)).map(Posix::account);
        }
    }

    /// `int getpwuid_r(uid_t uid, struct passwd *pwd, char *buf, size_t size, struct passwd **result);`
    public static Optional<Account> getpwuid(long uid) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            return entry(arena, Call.GETPWUID_R, (int) uid).map(Posix::account);
        }
    }

    /// `int getgrnam_r(const char *name, struct group *grp, char *buf, size_t size, struct group **result);` Returns the
    /// group's number.
    public static Optional<Long> getgrnam(String name) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            return entry(arena, Call.GETGRNAM_R, arena.allocateFrom(name)).map(group -> unsigned(group, 16));
        }
    }

    /// `struct passwd` begins with the name's pointer, the password's, uid and gid, on Linux and on macOS.
    private static Account account(MemorySegment passwd) {
        String name = passwd.get(POINTER, 0).reinterpret(Long.MAX_VALUE).getString(0);
        return new Account(name, unsigned(passwd, 16), unsigned(passwd, 20));
    }

    /// These calls return their error instead of setting errno, and say ERANGE as long as the buffer is too small.
    private static Optional<MemorySegment> entry(Arena arena, Call call, Object key) throws Failure {
        MemorySegment struct = arena.allocate(256, 8);
        MemorySegment result = arena.allocate(POINTER);
        for (long octets = 4096; ; octets *= 4) {
            int error = (int) call.with(key, struct, arena.allocate(octets), octets, result);
            if (error == ERANGE && octets < 1 << 24) {
                continue;
            }
            boolean isFound = error == 0 && !result.get(POINTER, 0).equals(MemorySegment.NULL);
            boolean isUnknown = error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
            if (!isFound && !isUnknown) {
                throw new Failure(error, call.c());
            }
            return isFound ? Optional.of(struct) : Optional.empty();
        }
    }

    /// `int getgrouplist(const char *user, gid_t group, gid_t *groups, int *ngroups);` Returns the groups, `gid` among them.
    public static List<Long> getgrouplist(String user, long gid) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(INT);
            for (int room = 64; ; room *= 4) {
                MemorySegment groups = arena.allocate(INT, room);
                count.set(INT, 0, room);
                try {
                    Call.GETGROUPLIST.with(arena.allocateFrom(user), (int) gid, groups, count);
                    return Arrays.stream(groups.asSlice(0, 4L * count.get(INT, 0)).toArray(INT))
                            .mapToObj(Integer::toUnsignedLong).toList();
                } catch (Failure failure) { // too many for the room, which sets no errno
                    if (room > 1 << 16) {
                        throw failure;
                    }
                }
            }
        }
    }

    // Who we become. The C library's calls, not the system's: those would change one thread of many.

    /// `int setgroups(size_t size, const gid_t *list);`
    public static void setgroups(List<Long> groups) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            int[] list = groups.stream().mapToInt(Long::intValue).toArray();
            Call.SETGROUPS.with((long) list.length, arena.allocateFrom(INT, list));
        }
    }

    /// `int setgid(gid_t gid);`
    public static void setgid(long gid) throws Failure {
        Call.SETGID.with((int) gid);
    }

    /// `int setuid(uid_t uid);`
    public static void setuid(long uid) throws Failure {
        Call.SETUID.with((int) uid);
    }

    /// `int prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);` For the calling thread and those that it starts from now on.
    public static void setNoNewPrivileges() throws Failure {
        linuxOnly(Call.PRCTL);
        Call.PRCTL.with(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
    }

    /// `int prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);` For the calling thread: no program that it becomes has that capability.
    public static void dropFromBoundingSet(int capability) throws Failure {
        linuxOnly(Call.PRCTL);
        Call.PRCTL.with(PR_CAPBSET_DROP, (long) capability, 0L, 0L, 0L);
    }

    /// `int seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, const struct sock_fprog *filter);` For all threads,
    /// which get the caller's no-new-privileges with it: that has no call of its own.
    ///
    /// @param steps each a `struct sock_filter { u16 code; u8 jt; u8 jf; u32 k; }`, the code in the lowest bits
    public static void seccomp(long[] steps) throws Failure {
        linuxOnly(Call.SYSCALL);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment program = arena.allocate(16, 8); // struct sock_fprog { unsigned short len; struct sock_filter *filter; }
            program.set(ValueLayout.JAVA_SHORT, 0, (short) steps.length);
            program.set(POINTER, 8, arena.allocateFrom(LONG, steps));
            long stubborn = Call.SYSCALL.with(seccompNumber(), (long) SECCOMP_SET_MODE_FILTER,
                    (long) SECCOMP_FILTER_FLAG_TSYNC, program.address(), 0L);
            if (stubborn != 0) { // a thread that has a filter of its own
                throw new Failure(EINVAL, "seccomp");
            }
        }
    }

    private static long seccompNumber() throws Failure {
        return switch (System.getProperty("os.arch")) {
            case "amd64" -> 317;
            case "aarch64" -> 277;
            default -> throw new Failure(ENOSYS, "seccomp");
        };
    }

    private static void linuxOnly(Call call) throws Failure {
        if (!isLinux()) {
            throw new Failure(ENOSYS, call.c());
        }
    }

    // What we may still reach, by Landlock: the numbers of its calls are the same everywhere

    /// `int landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);` Returns how much of Landlock there is.
    public static int landlockVersion() throws Failure {
        linuxOnly(Call.SYSCALL);
        return (int) Call.SYSCALL.with(LANDLOCK_CREATE_RULESET, 0L, 0L, LANDLOCK_CREATE_RULESET_VERSION, 0L);
    }

    /// `int landlock_create_ruleset(const struct landlock_ruleset_attr *attr, size_t size, 0);` Returns a descriptor.
    ///
    /// @param handled as many of `{ u64 handled_access_fs; u64 handled_access_net; u64 scoped; }` as this kernel knows
    public static int landlockCreateRuleset(long... handled) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attribute = arena.allocateFrom(LONG, handled);
            return (int) Call.SYSCALL.with(LANDLOCK_CREATE_RULESET, attribute.address(), attribute.byteSize(), 0L, 0L);
        }
    }

    /// `int landlock_add_rule(int ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, const struct landlock_path_beneath_attr *attr, 0);`
    ///
    /// @param path a file, or a directory for all that is below it; links are followed
    public static void landlockAddPath(int ruleset, String path, long access) throws Failure {
        int descriptor = open(path, O_PATH | O_CLOEXEC);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rule = arena.allocate(16, 8); // packed: { u64 allowed_access; s32 parent_fd; }
            rule.set(LONG, 0, access);
            rule.set(INT, 8, descriptor);
            Call.SYSCALL.with(LANDLOCK_ADD_RULE, (long) ruleset, LANDLOCK_RULE_PATH_BENEATH, rule.address(), 0L);
        } finally {
            close(descriptor);
        }
    }

    /// `int landlock_add_rule(int ruleset_fd, LANDLOCK_RULE_NET_PORT, const struct landlock_net_port_attr *attr, 0);`
    public static void landlockAddPort(int ruleset, int port, long access) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rule = arena.allocateFrom(LONG, access, port); // { u64 allowed_access; u64 port; }
            Call.SYSCALL.with(LANDLOCK_ADD_RULE, (long) ruleset, LANDLOCK_RULE_NET_PORT, rule.address(), 0L);
        }
    }

    /// `int landlock_restrict_self(int ruleset_fd, 0);` For the calling thread and those that it starts from now on.
    public static void landlockRestrictSelf(int ruleset) throws Failure {
        Call.SYSCALL.with(LANDLOCK_RESTRICT_SELF, (long) ruleset, 0L, 0L, 0L);
    }

    // Where we are

    /// `int chroot(const char *path);`
    public static void chroot(String path) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            Call.CHROOT.with(arena.allocateFrom(path, fileNames()));
        }
    }

    /// `int chdir(const char *path);`
    public static void chdir(String path) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            Call.CHDIR.with(arena.allocateFrom(path, fileNames()));
        }
    }

    /// `mode_t umask(mode_t mask);` Returns the one before.
    public static int umask(int mask) throws Failure {
        return (int) Call.UMASK.with(mask);
    }

    private static Charset fileNames() {
        return Charset.forName(System.getProperty("sun.jnu.encoding"), StandardCharsets.UTF_8);
    }

    // Processes and signals

    /// `pid_t setsid(void);` Returns the new session's number.
    public static long setsid() throws Failure {
        return Call.SETSID.with();
    }

    /// `int setenv(const char *name, const char *value, 1);` For the program that takes our place: Java's own copy is older.
    public static void setenv(String name, String value) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            Call.SETENV.with(arena.allocateFrom(name), arena.allocateFrom(value), 1);
        }
    }

    /// `int execv(const char *path, char *const argv[]);` Returns only if it fails.
    public static void execv(String path, List<String> arguments) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment list = arena.allocate(POINTER, arguments.size() + 1L); // ends with NULL
            for (int i = 0; i < arguments.size(); i++) {
                list.setAtIndex(POINTER, i, arena.allocateFrom(arguments.get(i), fileNames()));
            }
            Call.EXECV.with(arena.allocateFrom(path, fileNames()), list);
        }
    }

    /// `int kill(pid_t pid, int sig);` Signal 0 only asks whether we could.
    public static void kill(long pid, int signal) throws Failure {
        Call.KILL.with((int) pid, signal);
    }

    /// `int sigaction(int signum, NULL, struct sigaction *oldact);` Whether the signal is ignored.
    public static boolean isIgnored(int signal) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment old = arena.allocate(256, 8); // begins with the handler, on Linux and on macOS
            Call.SIGACTION.with(signal, MemorySegment.NULL, old);
            return old.get(LONG, 0) == SIG_IGN;
        }
    }

    /// `int sigaction(int signum, const struct sigaction *act, NULL);` with SIG_DFL, no mask and no flags: all zero.
    public static void setDefaultAction(int signal) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            Call.SIGACTION.with(signal, arena.allocate(256, 8), MemorySegment.NULL);
        }
    }

    // Descriptors

    /// `int open(const char *path, int flags, ...);`
    public static int open(String path, int flags) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            return (int) Call.OPEN.with(arena.allocateFrom(path, fileNames()), flags, 0);
        }
    }

    /// The same, on Linux: to read, and without waiting, whatever it is; a link at its end is not followed.
    ///
    /// @param path its octets, one char each
    public static int openForReading(String path) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            return (int) Call.OPEN.with(arena.allocateFrom(path, StandardCharsets.ISO_8859_1),
                    O_CLOEXEC | O_NOCTTY | O_NONBLOCK | noFollow(), 0);
        }
    }

    private static int noFollow() {
        return System.getProperty("os.arch").equals("aarch64") ? 0x8000 : 0x20000;
    }

    /// `int close(int fd);`
    public static void close(int descriptor) throws Failure {
        Call.CLOSE.with(descriptor);
    }

    /// `int dup2(int oldfd, int newfd);`
    public static void dup2(int from, int to) throws Failure {
        Call.DUP2.with(from, to);
    }

    /// `int dup3(int oldfd, int newfd, O_CLOEXEC);`
    public static void dup3(int from, int to) throws Failure {
        Call.DUP3.with(from, to, O_CLOEXEC);
    }

    /// `int fcntl(int fd, F_GETFD);`
    public static int descriptorFlags(int descriptor) throws Failure {
        return (int) Call.FCNTL.with(descriptor, F_GETFD, 0);
    }

    /// `int fcntl(int fd, F_SETFD, int flags);`
    public static void setDescriptorFlags(int descriptor, int flags) throws Failure {
        Call.FCNTL.with(descriptor, F_SETFD, flags);
    }

    // Sockets by their descriptors

    /// `int getsockname(int fd, struct sockaddr *addr, socklen_t *len);` An address of IPv4 or IPv6, or a path, which is empty
    /// for a socket without a name and begins with NUL for one outside the file system.
    public static SocketAddress getsockname(int descriptor) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(SOCKADDR_OCTETS, 8);
            MemorySegment length = arena.allocateFrom(INT, SOCKADDR_OCTETS);
            Call.GETSOCKNAME.with(descriptor, address, length);
            int family = isLinux() ? address.get(ValueLayout.JAVA_SHORT, 0) : address.get(ValueLayout.JAVA_BYTE, 1);
            if (family == AF_UNIX) {
                return UnixDomainSocketAddress.of(path(address, length.get(INT, 0)));
            } else if (family == AF_INET || family == AF_INET6) {
                int port = Short.toUnsignedInt(address.get(NETWORK_SHORT, 2));
                long[] octets = family == AF_INET ? new long[] {4, 4} : new long[] {8, 16};
                return new InetSocketAddress(inet(address.asSlice(octets[0], octets[1])), port);
            }
            throw new Failure(EINVAL, Call.GETSOCKNAME.c());
        }
    }

    private static InetAddress inet(MemorySegment octets) {
        try {
            return InetAddress.getByAddress(octets.toArray(ValueLayout.JAVA_BYTE));
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // four or sixteen octets are an address
        }
    }

    /// A path ends before its NUL; a name outside the file system, which a `Path` can't hold, is shown with an `@`.
    private static String path(MemorySegment address, int length) {
        byte[] octets = address.asSlice(2, Math.max(0, length - 2)).toArray(ValueLayout.JAVA_BYTE);
        String text = new String(octets, fileNames());
        return text.startsWith("\0") ? "@" + text.substring(1) : text.replaceAll("\0.*", "");
    }

    /// `int getsockopt(int fd, SOL_SOCKET, SO_ACCEPTCONN, void *val, socklen_t *len);` Whether it takes connections.
    public static boolean isListening(int descriptor) throws Failure {
        linuxOnly(Call.GETSOCKOPT);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(INT);
            Call.GETSOCKOPT.with(descriptor, SOL_SOCKET, SO_ACCEPTCONN, value, arena.allocateFrom(INT, 4));
            return value.get(INT, 0) != 0;
        }
    }

    /// `int socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);`
    public static int datagramSocket() throws Failure {
        linuxOnly(Call.SOCKET);
        return (int) Call.SOCKET.with(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    }

    /// `int connect(int fd, const struct sockaddr *addr, socklen_t len);`
    ///
    /// @param name a path, or with an `@` in front a name outside the file system
    public static void connect(int descriptor, String name) throws Failure {
        byte[] octets = name.getBytes(fileNames());
        if (octets.length >= SUN_PATH_OCTETS) {
            throw new Failure(EINVAL, Call.CONNECT.c());
        }
        if (name.startsWith("@")) {
            octets[0] = 0;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(SOCKADDR_OCTETS, 8); // struct sockaddr_un { u16 family; char path[]; }
            address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
            MemorySegment.copy(octets, 0, address, ValueLayout.JAVA_BYTE, 2, octets.length);
            Call.CONNECT.with(descriptor, address, 2 + octets.length + (name.startsWith("@") ? 0 : 1));
        }
    }

    /// `ssize_t send(int fd, const void *buf, size_t len, 0);`
    public static void send(int descriptor, byte[] octets) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(Math.max(1, octets.length));
            MemorySegment.copy(octets, 0, buffer, ValueLayout.JAVA_BYTE, 0, octets.length);
            Call.SEND.with(descriptor, buffer, (long) octets.length, 0);
        }
    }

    private static long unsigned(MemorySegment segment, long offset) {
        return Integer.toUnsignedLong(segment.get(INT, offset));
    }
}
