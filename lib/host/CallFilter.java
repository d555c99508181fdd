package lib.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Which calls of the system does a server that runs never make, and so need not be able to make?
///
/// The answer is a program for the kernel, which runs it before each call (seccomp(2), BPF):
///
///     is this our processor's way to call?    no  → EPERM
///     is the number that of a refused call?   yes → EPERM
///     is it one of which the arguments decide (clone, ioctl, socket, sendto)?  look at them
///     otherwise the call is made
///
/// What is refused returns an error and kills nobody: a library that only tries a call gets along without it. Refused is what
/// starts programs, looks into other processes, changes who we are or whose a file is, or belongs to who runs the machine.
public final class CallFilter {
    private static final int NONE = -1;

    /// The calls, with their numbers on x86-64 and on aarch64.
    enum Call {
        // other programs: none is started, so that none can be planted
        EXECVE(59, 221), EXECVEAT(322, 281), FORK(57, NONE), VFORK(58, NONE),
        // other processes
        PTRACE(101, 117), PROCESS_VM_READV(310, 270), PROCESS_VM_WRITEV(311, 271), PROCESS_MADVISE(440, 440),
        PIDFD_GETFD(438, 438), KCMP(312, 272),
        // other views of the system
        MOUNT(165, 40), UMOUNT2(166, 39), PIVOT_ROOT(155, 41), CHROOT(161, 51), UNSHARE(272, 97), SETNS(308, 268),
        OPEN_TREE(428, 428), MOVE_MOUNT(429, 429), FSOPEN(430, 430), FSCONFIG(431, 431), FSMOUNT(432, 432), FSPICK(433, 433),
        MOUNT_SETATTR(442, 442), OPEN_TREE_ATTR(467, 467), NAME_TO_HANDLE_AT(303, 264), OPEN_BY_HANDLE_AT(304, 265),
        FANOTIFY_INIT(300, 262),
        // who we are, and what files allow: Landlock knows of neither
        SETUID(105, 146), SETGID(106, 144), SETREUID(113, 145), SETREGID(114, 143), SETRESUID(117, 147), SETRESGID(119, 149),
        SETFSUID(122, 151), SETFSGID(123, 152), SETGROUPS(116, 159), CAPSET(126, 91),
        CHMOD(90, NONE), FCHMOD(91, 52), FCHMODAT(268, 53), FCHMODAT2(452, 452),
        CHOWN(92, NONE), LCHOWN(94, NONE), FCHOWN(93, 55), FCHOWNAT(260, 54),
        SETXATTR(188, 5), LSETXATTR(189, 6), FSETXATTR(190, 7), SETXATTRAT(463, 463), MKNOD(133, NONE), MKNODAT(259, 33),
        // large and rarely used parts of the kernel, where its holes have been
        BPF(321, 280), PERF_EVENT_OPEN(298, 241), USERFAULTFD(323, 282), IO_URING_SETUP(425, 425), IO_URING_ENTER(426, 426),
        IO_URING_REGISTER(427, 427), KEYCTL(250, 219), ADD_KEY(248, 217), REQUEST_KEY(249, 218), MODIFY_LDT(154, NONE),
        LOOKUP_DCOOKIE(212, 18), NFSSERVCTL(180, 42), USELIB(134, NONE),
        // the machine as a whole
        INIT_MODULE(175, 105), FINIT_MODULE(313, 273), DELETE_MODULE(176, 106), KEXEC_LOAD(246, 104),
        KEXEC_FILE_LOAD(320, 294), REBOOT(169, 142), SWAPON(167, 224), SWAPOFF(168, 225), SETHOSTNAME(170, 161),
        SETDOMAINNAME(171, 162), SETTIMEOFDAY(164, 170), CLOCK_SETTIME(227, 112), CLOCK_ADJTIME(305, 266), ADJTIMEX(159, 171),
        IOPL(172, NONE), IOPERM(173, NONE), ACCT(163, 89), SYSLOG(103, 116), QUOTACTL(179, 60), QUOTACTL_FD(443, 443),
        VHANGUP(153, 58), PERSONALITY(135, 92);

        private final int amd64;
        private final int aarch64;

        Call(int amd64, int aarch64) {
            this.amd64 = amd64;
            this.aarch64 = aarch64;
        }
    }

    /// What may still be done in the network, beside what is done on sockets that are there?
    public enum Network {
        AS_BEFORE,
        /// Connections may be opened, and none taken at new addresses.
        NO_LISTENING,
        /// Neither: whoever hears from us has connected before.
        NOTHING_NEW
    }

    /// A processor: how the kernel calls it, and the numbers of the calls of which the arguments decide.
    private record Machine(int audit, int cloning, int ioctl, int socket, int bind, int listen, int connect, int sendto, int sendmsg, int sendmmsg) {
        static final Machine AMD64 = new Machine(0xC000_003E, 56, 16, 41, 49, 50, 42, 44, 46, 307);
        static final Machine AARCH64 = new Machine(0xC000_00B7, 220, 29, 198, 200, 201, 203, 206, 211, 269);
    }

    private static final int CLONE3 = 435;

    // struct seccomp_data { int nr; u32 arch; u64 instruction_pointer; u64 args[6]; }
    private static final int NUMBER = 0;
    private static final int ARCHITECTURE = 4;
    private static final int ARGUMENTS = 16;
    private static final int ARGUMENT_OCTETS = 8; // the low half first, on both processors

    // struct sock_filter { u16 code; u8 jt; u8 jf; u32 k; }
    private static final int LOAD = 0x20;
    private static final int IF_EQUAL = 0x15;
    private static final int IF_AT_LEAST = 0x35;
    private static final int IF_ANY_BIT = 0x45;
    private static final int RETURN = 0x06;

    private static final int ALLOW = 0x7FFF_0000;
    private static final int ERROR = 0x0005_0000; // and its number

    private static final int X32 = 0x4000_0000; // x86-64 has a second set of numbers, for 32-bit pointers
    private static final int CLONE_THREAD = 0x1_0000;

    /// What puts letters into the terminal's input, as if they had been typed in the shell that started us.
    private static final List<Integer> TYPING = List.of(0x5412, 0x541C); // TIOCSTI, TIOCLINUX

    /// AF_UNIX, AF_INET, AF_INET6, AF_NETLINK
    private static final List<Integer> FAMILIES = List.of(1, 2, 10, 16);

    private final List<Long> steps = new ArrayList<>();

    private CallFilter() {}

    /// A filter that allows everything.
    public static long[] none() {
        return new long[] {step(RETURN, 0, 0, ALLOW)};
    }

    /// The program, a step in each: `code | jt << 16 | jf << 24 | k << 32`.
    ///
    /// @param architecture in Java's words
    /// @return empty for a processor whose numbers we do not know
    public static Optional<long[]> of(String architecture, Network network) {
        return switch (architecture) {
            case "amd64" -> Optional.of(new CallFilter().program(Machine.AMD64, network));
            case "aarch64" -> Optional.of(new CallFilter().program(Machine.AARCH64, network));
            default -> Optional.empty();
        };
    }

    private long[] program(Machine machine, Network network) {
        add(LOAD, 0, 0, ARCHITECTURE);
        add(IF_EQUAL, 1, 0, machine.audit);
        add(RETURN, 0, 0, ERROR | Posix.EPERM);
        add(LOAD, 0, 0, NUMBER);
        if (machine == Machine.AMD64) {
            add(IF_AT_LEAST, 0, 1, X32);
            add(RETURN, 0, 0, ERROR | Posix.EPERM);
        }
        for (Call call : Call.values()) {
            refuse(machine == Machine.AMD64 ? call.amd64 : call.aarch64, Posix.EPERM);
        }

        refuse(CLONE3, Posix.ENOSYS); // its flags are where we can't look; the C library then uses clone
        add(IF_EQUAL, 0, 4, machine.cloning);
        add(LOAD, 0, 0, ARGUMENTS);
        add(IF_ANY_BIT, 1, 0, CLONE_THREAD);
        add(RETURN, 0, 0, ERROR | Posix.EPERM);
        add(RETURN, 0, 0, ALLOW);
        unless(machine.socket, 0, FAMILIES, ERROR | Posix.EPERM, ALLOW);
        unless(machine.ioctl, 1, TYPING, ALLOW, ERROR | Posix.EPERM);
        if (network != Network.AS_BEFORE) {
            refuse(machine.bind, Posix.EPERM);
            refuse(machine.listen, Posix.EPERM);
        }
        if (network == Network.NOTHING_NEW) {
            refuseToSpeakFirst(machine);
        }
        add(RETURN, 0, 0, ALLOW);
        return steps.stream().mapToLong(Long::longValue).toArray();
    }

    /// No connection, and no datagram to an address.
    private void refuseToSpeakFirst(Machine machine) {
        refuse(machine.connect, Posix.EPERM);
        refuse(machine.sendmsg, Posix.EPERM);
        refuse(machine.sendmmsg, Posix.EPERM);
        int address = ARGUMENTS + 4 * ARGUMENT_OCTETS;
        add(IF_EQUAL, 0, 6, machine.sendto);
        add(LOAD, 0, 0, address);
        add(IF_EQUAL, 0, 2, 0);
        add(LOAD, 0, 0, address + ARGUMENT_OCTETS / 2);
        add(IF_EQUAL, 1, 0, 0);
        add(RETURN, 0, 0, ERROR | Posix.EPERM);
        add(RETURN, 0, 0, ALLOW);
    }

    private void refuse(int number, int errno) {
        if (number != NONE) {
            add(IF_EQUAL, 0, 1, number);
            add(RETURN, 0, 0, ERROR | errno);
        }
    }

    /// The verdict on a call by one of its arguments.
    ///
    /// @param otherwise if the argument is none of the values
    private void unless(int number, int argument, List<Integer> values, int otherwise, int verdict) {
        int count = values.size();
        add(IF_EQUAL, 0, count + 3, number);
        add(LOAD, 0, 0, ARGUMENTS + argument * ARGUMENT_OCTETS);
        for (int i = 0; i < count; i++) {
            add(IF_EQUAL, count - i, 0, values.get(i));
        }
        add(RETURN, 0, 0, otherwise);
        add(RETURN, 0, 0, verdict);
    }

    private void add(int code, int jumpIfTrue, int jumpIfFalse, int operand) {
        steps.add(step(code, jumpIfTrue, jumpIfFalse, operand));
    }

    private static long step(int code, int jumpIfTrue, int jumpIfFalse, int operand) {
        return code | (long) jumpIfTrue << 16 | (long) jumpIfFalse << 24 | Integer.toUnsignedLong(operand) << 32;
    }
}
