package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import lib.host.CallFilter;
import lib.host.CallFilter.Network;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The filter's program, run by a machine of our own: what the kernel would answer to a call.
class CallFilterTest {
    private static final int AMD64 = 0xC000_003E;
    private static final int AARCH64 = 0xC000_00B7;
    private static final int I386 = 0x4000_0003;

    private static final String ALLOWED = "allowed";

    /// A call and its first five arguments; a row is about both processors.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            read                        | 0   | 63  | 0        | 0      | allowed
            write                       | 1   | 64  | 0        | 0      | allowed
            openat                      | 257 | 56  | 0        | 0      | allowed
            openat2                     | 437 | 437 | 0        | 0      | allowed
            mmap                        | 9   | 222 | 0        | 0      | allowed
            mprotect                    | 10  | 226 | 0        | 0      | allowed
            futex                       | 202 | 98  | 0        | 0      | allowed
            epoll_pwait                 | 281 | 22  | 0        | 0      | allowed
            accept4                     | 288 | 242 | 0        | 0      | allowed
            sendfile                    | 40  | 71  | 0        | 0      | allowed
            renameat2                   | 316 | 276 | 0        | 0      | allowed
            fsync                       | 74  | 82  | 0        | 0      | allowed
            membarrier                  | 324 | 283 | 0        | 0      | allowed
            exit_group                  | 231 | 94  | 0        | 0      | allowed
            clone for a thread          | 56  | 220 | 0x3d0f00 | 0      | allowed
            clone for a process         | 56  | 220 | 0x11     | 0      | 1
            clone like vfork            | 56  | 220 | 0x4111   | 0      | 1
            clone3                      | 435 | 435 | 0        | 0      | 38
            execve                      | 59  | 221 | 0        | 0      | 1
            execveat                    | 322 | 281 | 0        | 0      | 1
            ptrace                      | 101 | 117 | 0        | 0      | 1
            process_vm_writev           | 311 | 271 | 0        | 0      | 1
            mount                       | 165 | 40  | 0        | 0      | 1
            unshare                     | 272 | 97  | 0        | 0      | 1
            setns                       | 308 | 268 | 0        | 0      | 1
            chroot                      | 161 | 51  | 0        | 0      | 1
            setuid                      | 105 | 146 | 0        | 0      | 1
            fchmodat                    | 268 | 53  | 0        | 0      | 1
            fchownat                    | 260 | 54  | 0        | 0      | 1
            bpf                         | 321 | 280 | 0        | 0      | 1
            io_uring_setup              | 425 | 425 | 0        | 0      | 1
            userfaultfd                 | 323 | 282 | 0        | 0      | 1
            keyctl                      | 250 | 219 | 0        | 0      | 1
            perf_event_open             | 298 | 241 | 0        | 0      | 1
            init_module                 | 175 | 105 | 0        | 0      | 1
            kexec_load                  | 246 | 104 | 0        | 0      | 1
            open_by_handle_at           | 304 | 265 | 0        | 0      | 1
            ioctl FIONREAD              | 16  | 29  | 0        | 0x541B | allowed
            ioctl TIOCSTI               | 16  | 29  | 0        | 0x5412 | 1
            ioctl TIOCLINUX             | 16  | 29  | 0        | 0x541C | 1
            socket AF_UNIX              | 41  | 198 | 1        | 1      | allowed
            socket AF_INET              | 41  | 198 | 2        | 1      | allowed
            socket AF_INET6             | 41  | 198 | 10       | 1      | allowed
            socket AF_NETLINK           | 41  | 198 | 16       | 3      | allowed
            socket AF_PACKET            | 41  | 198 | 17       | 3      | 1
            socket AF_ALG               | 41  | 198 | 38       | 5      | 1
            socket AF_VSOCK             | 41  | 198 | 40       | 1      | 1
            """)
    void aCallIsAllowedOrHasAnError(String name, int amd64, int aarch64, String first, String second, String verdict) {
        for (Network network : Network.values()) {
            long[] arguments = {Integer.decode(first), Integer.decode(second), 0, 0, 0};
            assertEquals(verdict, verdict("amd64", network, AMD64, amd64, arguments), name);
            assertEquals(verdict, verdict("aarch64", network, AARCH64, aarch64, arguments), name);
        }
    }

    /// @param address the fifth argument, which is where sendto finds one
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            bind                   | 49  | 200 | 0              | allowed | 1       | 1
            listen                 | 50  | 201 | 0              | allowed | 1       | 1
            connect                | 42  | 203 | 0              | allowed | allowed | 1
            sendmsg                | 46  | 211 | 0              | allowed | allowed | 1
            sendmmsg               | 307 | 269 | 0              | allowed | allowed | 1
            sendto, as send        | 44  | 206 | 0              | allowed | allowed | allowed
            sendto an address      | 44  | 206 | 0x7f00         | allowed | allowed | 1
            sendto a high address  | 44  | 206 | 0x7f0000000000 | allowed | allowed | 1
            accept                 | 43  | 202 | 0              | allowed | allowed | allowed
            """)
    void whatIsNewInTheNetworkIsLessAndLess(String name, int amd64, int aarch64, String address, String before, String noListening,
                                            String nothingNew) {
        long[] arguments = {0, 0, 0, 0, Long.decode(address)};
        String[] verdicts = {before, noListening, nothingNew};
        for (Network network : Network.values()) {
            assertEquals(verdicts[network.ordinal()], verdict("amd64", network, AMD64, amd64, arguments), name);
            assertEquals(verdicts[network.ordinal()], verdict("aarch64", network, AARCH64, aarch64, arguments), name);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            amd64   | 0x40000003 | 0          | the calls of 32 bits have other numbers
            amd64   | 0xC00000B7 | 0          | those of another processor, too
            amd64   | 0xC000003E | 0x40000000 | x32 has every call once more
            amd64   | 0xC000003E | 0x4000003b | x32's execve
            aarch64 | 0xC000003E | 63         | those of another processor, too
            """)
    void whatCallsInAnotherWayIsRefused(String architecture, String audit, String number, String why) {
        assertEquals("1", verdict(architecture, Network.AS_BEFORE, Long.decode(audit).intValue(), Integer.decode(number), new long[5]), why);
    }

    @Test
    void moreThanSeventyCallsAreRefused() {
        int refused = 0;
        for (int number = 0; number < 512; number++) {
            boolean isRefused = verdict("amd64", Network.AS_BEFORE, AMD64, number, new long[5]).equals("1");
            refused += isRefused ? 1 : 0;
        }
        assertTrue(refused > 70, refused + " calls");
    }

    @Test
    void aProcessorThatIsNotKnownHasNoFilter() {
        assertEquals(Optional.empty(), CallFilter.of("riscv64", Network.AS_BEFORE));
        assertEquals(ALLOWED, run(CallFilter.none(), I386, 59, new long[5]));
    }

    private static String verdict(String architecture, Network network, int audit, int number, long[] arguments) {
        return run(CallFilter.of(architecture, network).orElseThrow(), audit, number, arguments);
    }

    /// The machine of `struct sock_filter`, as far as the filter uses it.
    private static String run(long[] steps, int audit, int number, long[] arguments) {
        int accumulator = 0;
        for (int at = 0; ; at++) {
            int code = (int) steps[at] & 0xFFFF;
            int operand = (int) (steps[at] >>> 32);
            switch (code) {
                case 0x20 -> accumulator = load(operand, audit, number, arguments);
                case 0x15 -> at += jump(steps[at], accumulator == operand);
                case 0x35 -> at += jump(steps[at], Integer.compareUnsigned(accumulator, operand) >= 0);
                case 0x45 -> at += jump(steps[at], (accumulator & operand) != 0);
                case 0x06 -> {
                    return operand == 0x7FFF_0000 ? ALLOWED : operand >>> 16 == 5 ? Integer.toString(operand & 0xFFFF) : "killed";
                }
                default -> throw new AssertionError("step " + at + " has the code " + code);
            }
        }
    }

    private static int jump(long step, boolean condition) {
        return (int) (condition ? step >>> 16 : step >>> 24) & 0xFF;
    }

    /// `struct seccomp_data { int nr; u32 arch; u64 instruction_pointer; u64 args[6]; }`
    private static int load(int offset, int audit, int number, long[] arguments) {
        return switch (offset) {
            case 0 -> number;
            case 4 -> audit;
            default -> (int) (arguments[(offset - 16) / 8] >>> (offset % 8 == 0 ? 0 : 32));
        };
    }
}
