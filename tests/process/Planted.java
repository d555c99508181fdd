package tests.process;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import lib.host.Posix;

/// The attacker's code in the server's own process: as if a hole let somebody run what he likes. It is there before the server
/// is, waits for a line on standard input, and then does its worst from every kind of thread. Of each deed it says whether it was
/// `done` or `refused`.
@SuppressWarnings("restricted")
final class Planted {
    /// In the environment: a directory that is not served, what is served, and ports of the test.
    static final String OUTSIDE = "PLANTED_OUTSIDE";
    static final String DOCBASE = "PLANTED_DOCBASE";
    static final String TCP = "PLANTED_TCP";
    static final String UDP = "PLANTED_UDP";
    static final String FREE = "PLANTED_FREE";
    static final String PARENT = "PLANTED_PARENT";

    /// Calls of the system that a server never makes, with nothing in their arguments that could do harm.
    private static final Map<String, Integer> CALLS = Map.ofEntries(Map.entry("ptrace", 101), Map.entry("unshare", 272),
            Map.entry("setns", 308), Map.entry("mount", 165), Map.entry("pivot_root", 155), Map.entry("bpf", 321),
            Map.entry("io_uring_setup", 425), Map.entry("keyctl", 250), Map.entry("userfaultfd", 323),
            Map.entry("perf_event_open", 298), Map.entry("init_module", 175), Map.entry("kexec_load", 246),
            Map.entry("process_vm_readv", 310), Map.entry("open_by_handle_at", 304), Map.entry("pidfd_getfd", 438),
            Map.entry("execveat", 322), Map.entry("open_tree", 428), Map.entry("setfsuid", 122));

    interface Deed {
        void commit() throws Exception;
    }

    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        Refused(String why) {
            super(why);
        }
    }

    private static MethodHandle syscall;

    private Planted() {}

    public static void main(String[] arguments) throws Exception {
        syscall = Linker.nativeLinker().downcallHandle(Linker.nativeLinker().defaultLookup().find("syscall").orElseThrow(),
                FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG),
                Linker.Option.captureCallState("errno"), Linker.Option.firstVariadicArg(1));
        errno("getpid", 39);
        ExecutorService pool = Executors.newFixedThreadPool(1, Thread.ofPlatform().daemon().factory());
        pool.submit(() -> { }).get();
        ForkJoinPool.commonPool().submit(() -> { }).get();
        Thread.ofPlatform().daemon().start(() -> waitAndStrike(pool));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> strike("hook")));
        Class.forName("Comanche").getMethod("main", String[].class).invoke(null, (Object) arguments);
    }

    private static void waitAndStrike(ExecutorService pool) {
        try {
            System.in.read();
            strike("old");
            pool.submit(() -> strike("pool")).get();
            ForkJoinPool.commonPool().submit(() -> strike("common")).get();
            CountDownLatch done = new CountDownLatch(2);
            Thread.ofPlatform().start(() -> strikeAnd("new", done));
            Thread.ofVirtual().start(() -> strikeAnd("virtual", done));
            done.await();
        } catch (Exception e) {
            System.out.println("PLANTED " + e);
        }
        System.out.println("PLANTED through");
    }

    private static void strikeAnd(String thread, CountDownLatch done) {
        strike(thread);
        done.countDown();
    }

    private static void strike(String thread) {
        deeds(Path.of(System.getenv(OUTSIDE)), Path.of(System.getenv(DOCBASE)), thread).forEach((name, deed) -> {
            String result = "done";
            try {
                deed.commit();
            } catch (Exception e) {
                result = "refused " + e;
            }
            System.out.println("DEED " + thread + ' ' + name + ' ' + result);
        });
    }

    /// By name, which begins with what they are about.
    private static Map<String, Deed> deeds(Path outside, Path docbase, String thread) {
        Map<String, Deed> deeds = new LinkedHashMap<>();
        Path secret = outside.resolve("secret.txt");
        deeds.put("file-read", () -> Files.readString(secret));
        deeds.put("file-read-by-link", () -> Files.readString(docbase.resolve("link")));
        deeds.put("file-read-by-proc", () -> Files.readString(Path.of("/proc/self/root" + secret)));
        deeds.put("file-list", () -> {
            try (DirectoryStream<Path> names = Files.newDirectoryStream(outside)) {
                names.iterator().next();
            }
        });
        deeds.put("file-append", () -> FileChannel.open(secret, StandardOpenOption.APPEND).close());
        deeds.put("file-empty", () -> FileChannel.open(outside.resolve("other.txt"), StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING).close());
        deeds.put("file-create", () -> Files.createFile(outside.resolve("made-by-" + thread)));
        deeds.put("file-directory", () -> Files.createDirectory(outside.resolve("directory-of-" + thread)));
        deeds.put("file-symlink", () -> Files.createSymbolicLink(outside.resolve("link-of-" + thread), docbase));
        deeds.put("file-link", () -> Files.createLink(docbase.resolve("linked-by-" + thread), secret));
        deeds.put("file-take", () -> Files.move(outside.resolve("movable-" + thread), docbase.resolve("taken-by-" + thread)));
        deeds.put("file-delete", () -> Files.delete(outside.resolve("deletable-" + thread)));
        deeds.put("file-mode", () -> Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-rw-rw-")));
        deeds.put("file-document", () -> Files.writeString(docbase.resolve("defaced-by-" + thread), "x"));
        deeds.put("file-environ", () -> Files.readAllBytes(Path.of("/proc/" + System.getenv(PARENT) + "/environ")));

        deeds.put("process-start", () -> new ProcessBuilder("/bin/sh", "-c", ": > " + outside + "/process-of-" + thread).start()
                .waitFor());
        deeds.put("process-execv", () -> {
            try {
                Posix.execv("/no/such/program", java.util.List.of("x"));
            } catch (Posix.Failure failure) {
                refusedIf(failure.errno() == Posix.EPERM || failure.errno() == Posix.EACCES, failure.getMessage());
            }
        });
        deeds.put("process-signal", () -> Posix.kill(Long.parseLong(System.getenv(PARENT)), 0));

        deeds.put("power-setuid", () -> Posix.setuid(0));
        deeds.put("power-setgid", () -> Posix.setgid(0));
        deeds.put("power-setgroups", () -> Posix.setgroups(java.util.List.of(0L)));
        deeds.put("power-chroot", () -> Posix.chroot("/"));
        CALLS.forEach((name, number) -> deeds.put("power-" + name, () -> {
            int errno = errno(name, number);
            refusedIf(errno == Posix.EPERM, name);
        }));

        deeds.put("net-connect", () -> new Socket(InetAddress.getLoopbackAddress(), port(TCP)).close());
        deeds.put("net-unix", () -> SocketChannel.open(UnixDomainSocketAddress.of(outside.resolve("socket"))).close());
        deeds.put("net-datagram", () -> {
            try (DatagramChannel channel = DatagramChannel.open()) {
                channel.send(ByteBuffer.wrap(thread.getBytes(java.nio.charset.StandardCharsets.US_ASCII)),
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port(UDP)));
            }
        });
        deeds.put("net-listen", () -> new ServerSocket(port(FREE), 1, InetAddress.getLoopbackAddress()).close());
        return deeds;
    }

    private static int port(String variable) {
        return Integer.parseInt(System.getenv(variable));
    }

    private static void refusedIf(boolean condition, String what) throws Refused {
        if (condition) {
            throw new Refused(what);
        }
    }

    /// What errno says after a call with arguments that are no good; 0 if it even succeeded.
    private static int errno(String name, int number) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
            long result = (long) syscall.invokeExact(state, (long) number, -1L, -1L, -1L, -1L, -1L);
            return result == -1 ? state.get(ValueLayout.JAVA_INT, 0) : 0;
        } catch (Throwable e) {
            throw new IOException(name, e);
        }
    }
}
