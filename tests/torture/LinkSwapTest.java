package tests.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.Executors;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import lib.http.Content;
import lib.site.Docroot;
import lib.site.DocumentCache;
import lib.site.Glance;
import lib.site.Programs;
import lib.site.Resource;
import lib.site.Visibility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Somebody who may write in the tree exchanges files, directories and links while they are asked for. Does he get anything
/// served, written or deleted that lies outside, or bring the server to a standstill?
///
/// What he has outside looks like what is inside: the same names, lengths and dates.
class LinkSwapTest {
    private static final String HOST = " HTTP/1.1\r\nHost: a.example\r\n";
    private static final int CLIENTS = 4;
    private static final FileTime DATE = FileTime.from(Instant.parse("2020-02-02T02:02:02.123456789Z"));

    /// A file must have been left alone for so long before it is kept in memory.
    private static final long SETTLED_MILLIS = 3_300;

    private static final String SECRET = SecretTree.CANARY + " 0123456789";
    private static final String OPEN = "for anybody 01234";

    @TempDir
    Path directory;

    private Path tree;
    private Path outside;
    private Path attic;
    private final List<Path> pairs = new ArrayList<>();

    @BeforeEach
    void makeTree() throws IOException {
        Path real = directory.toRealPath();
        tree = Files.createDirectory(real.resolve("tree"));
        outside = Files.createDirectory(real.resolve("outside"));
        attic = Files.createDirectory(real.resolve("attic"));
        file(tree.resolve("still.txt"), OPEN);
    }

    private static void file(Path path, String text) throws IOException {
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
        Files.setLastModifiedTime(path, DATE);
    }

    /// The file of this name in the tree has one like it outside.
    private void twins(String name) throws IOException {
        file(tree.resolve(name), OPEN);
        file(outside.resolve(name), SECRET);
    }

    /// What stands at this name is exchanged for a link to the same name outside.
    private void swapForLink(String name) throws IOException {
        swap(name, Files.createSymbolicLink(attic.resolve("link" + pairs.size()), outside.resolve(name)));
    }

    private void swap(String name, Path other) {
        pairs.addAll(List.of(tree.resolve(name), other));
    }

    private Path fifo() throws Exception {
        Path fifo = attic.resolve("fifo" + pairs.size());
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        return fifo;
    }

    /// What came back: how often which status, and whatever should never have come.
    ///
    /// @param unanswered requests whose answer was waited for in vain
    private record Harvest(Map<String, AtomicInteger> statuses, ConcurrentLinkedQueue<String> leaks, AtomicInteger unanswered,
                           AtomicInteger total) {
        Harvest() {
            this(new ConcurrentHashMap<>(), new ConcurrentLinkedQueue<>(), new AtomicInteger(), new AtomicInteger());
        }

        void add(String asked, Caller.Reply reply) throws IOException {
            count(asked.substring(0, asked.indexOf(' ')) + ' ' + reply.status() + (reply.whole() ? "" : " broken off"));
            int answers = total.incrementAndGet();
            if (answers % 50_000 == 0) {
                System.out.println("LinkSwapTest: " + answers + " answers, " + leaks.size() + " leaks so far");
            }
            if (SecretTree.leaks(reply)) {
                leaks.add(asked.substring(0, asked.indexOf("\r\n")));
            }
        }

        void count(String what) {
            statuses.computeIfAbsent(what, _ -> new AtomicInteger()).incrementAndGet();
        }

        int of(String what) {
            return statuses.getOrDefault(what, new AtomicInteger()).get();
        }
    }

    /// Asks so often, by several clients at once, while names are exchanged.
    private Harvest ask(int port, int times, List<String> requests) throws Exception {
        Harvest harvest = new Harvest();
        try (Swapper _ = Swapper.of(pairs); ExecutorService clients = Executors.newThreadPerTaskExecutor(Thread.ofPlatform().daemon().factory())) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                SplittableRandom random = new SplittableRandom(i);
                all.add(clients.submit(() -> {
                    ask(port, times / CLIENTS, requests, random, harvest);
                    return null;
                }));
            }
            for (Future<?> client : all) {
                client.get();
            }
        }
        System.out.println("LinkSwapTest: " + new TreeMap<>(harvest.statuses) + ", " + harvest.unanswered + " unanswered");
        return harvest;
    }

    private static void ask(int port, int times, List<String> requests, SplittableRandom random, Harvest harvest) throws IOException {
        try (Caller caller = new Caller(port)) {
            for (int i = 0; i < times && harvest.unanswered.get() < 20; i++) {
                String asked = requests.get(random.nextInt(requests.size()));
                try {
                    harvest.add(asked, caller.ask(asked));
                } catch (IOException _) {
                    harvest.unanswered.incrementAndGet();
                    caller.connect();
                }
            }
        }
    }

    private static List<String> gets(String... targets) {
        List<String> requests = new ArrayList<>();
        for (String target : targets) {
            requests.add("GET " + target + HOST + "\r\n");
        }
        return requests;
    }

    private void swapEverything() throws IOException {
        twins("file.txt");
        twins("dir/f.txt");
        file(outside.resolve("dir").resolve(SecretTree.CANARY), SECRET);
        twins("a/b/c/d/f.txt");
        twins("x/y/z.txt");
        twins("w/y/z.txt");
        swapForLink("file.txt");
        swapForLink("dir");
        swapForLink("a/b");
        swapForLink("w/y/z.txt");
        swapForLink("x");
        Files.createSymbolicLink(tree.resolve("link.txt"), Path.of("still.txt"));
        file(outside.resolve("link.txt"), SECRET);
        swapForLink("link.txt");
    }

    private static List<String> readings() {
        List<String> requests = gets("/file.txt", "/dir/f.txt", "/a/b/c/d/f.txt", "/x/y/z.txt", "/w/y/z.txt", "/link.txt", "/still.txt", "/file.txt", "/dir/f.txt", "/dir/f.txt?sha256", "/", "/?json", "/dir/", "/dir/?json", "/a/b/?zip",
                "/?zip", "/?tar", "/dir/?tar", "/x/?zip", "/?zip&only=dir&only=file.txt", "/SHA256SUMS", "/dir/SHA256SUMS", "/a/b/c/");
        for (String target : List.of("/file.txt", "/dir/f.txt", "/a/b/c/d/f.txt", "/x/y/z.txt", "/w/y/z.txt")) {
            requests.add("GET " + target + HOST + "Range: bytes=0-5\r\n\r\n");
            requests.add("GET " + target + HOST + "Range: bytes=0-6,8-9,11-\r\n\r\n");
            requests.add("GET " + target + HOST + "Want-Repr-Digest: sha-256=10\r\n\r\n");
            requests.add("HEAD " + target + HOST + "\r\n");
        }
        return requests;
    }

    /// The attack is one: who compares the real path with the root, and opens it then, is deceived.
    @Test
    void whoLooksFirstAndOpensThenIsDeceived() throws Exception {
        twins("file.txt");
        swapForLink("file.txt");
        int leaks = 0;
        try (Swapper _ = Swapper.of(pairs)) {
            for (int i = 0; i < 200_000 && leaks == 0; i++) {
                Path path = tree.resolve("file.txt");
                if (path.toRealPath().startsWith(tree) && Files.readString(path).contains(SecretTree.CANARY)) {
                    leaks++;
                }
            }
        }
        assertEquals(1, leaks);
    }

    @Test
    void nothingFromOutsideIsRead() throws Exception {
        swapEverything();
        try (Served server = Served.serve(tree)) {
            Harvest harvest = ask(server.port(), Torture.rounds(1_000, 1_000_000), readings());
            assertEquals(List.of(), List.copyOf(harvest.leaks));
            assertEquals(0, harvest.unanswered.get());
            assertTrue(harvest.of("GET 200") > 0 && harvest.of("GET 404") > 0, "the names were not exchanged in between");
        }
    }

    /// Files that lie still, in directories that are exchanged, are the ones that are kept in memory: a file that is exchanged itself has
    /// a new time of change each time, and is none of them for as long as that goes on.
    private static final List<List<String>> STILL = List.of(List.of("dir", "f.txt"), List.of("a", "b", "c", "d", "f.txt"), List.of("x", "y", "z.txt"));

    private void settle() {
        LockSupport.parkNanos(SETTLED_MILLIS * 1_000_000);
    }

    @Test
    void nothingFromOutsideIsReadFromMemory() throws Exception {
        swapEverything();
        settle();
        try (Served server = Served.serve(tree)) {
            String[] targets = STILL.stream().map(segments -> '/' + String.join("/", segments)).toArray(String[]::new);
            Harvest harvest = ask(server.port(), Torture.rounds(2_000, 1_000_000), gets(targets));
            assertEquals(List.of(), List.copyOf(harvest.leaks));
            assertEquals(0, harvest.unanswered.get());
            assertTrue(harvest.of("GET 200") > 0 && harvest.of("GET 404") > 0, "the names were not exchanged in between");
        }
    }

    /// The same without the way of the octets to us, so that we see which of them were in memory.
    @Test
    void whatIsInMemoryIsFromInside() throws Exception {
        swapEverything();
        settle();
        Docroot docroot = new Docroot(tree, new Visibility(false, false), false, Programs.NONE, new DocumentCache(1 << 20, 16));
        Map<String, AtomicInteger> found = new TreeMap<>();
        try (Swapper _ = Swapper.of(pairs)) {
            for (int i = 0; i < Torture.rounds(30_000, 1_000_000); i++) {
                List<String> segments = STILL.get(i % STILL.size());
                Glance<Resource> glance = docroot.atOnce(segments);
                Resource resource = glance == null ? docroot.resolve(segments) : glance.seen();
                String what = resource instanceof Resource.Document document ? text(document) : "nothing";
                found.computeIfAbsent(what + (glance == null ? "" : " at once"), _ -> new AtomicInteger()).incrementAndGet();
            }
        }
        System.out.println("LinkSwapTest: " + found);
        assertEquals(Set.of(OPEN, OPEN + " at once", "nothing"), found.keySet());
    }

    private static String text(Resource.Document document) throws IOException {
        try (Content.OpenFile file = document.file()) {
            ByteBuffer octets = ByteBuffer.allocate((int) document.length());
            file.read(octets, 0);
            return new String(octets.array(), 0, octets.position(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void nothingOutsideIsWrittenOrDeleted() throws Exception {
        twins("in/victim.txt");
        twins("deep/in/victim.txt");
        twins("victim.txt");
        swapForLink("in");
        swapForLink("deep");
        swapForLink("victim.txt");
        Map<String, String> before = outside();
        try (Served server = Served.serve(tree, "--write", "--on-clash", "replace")) {
            List<String> requests = new ArrayList<>();
            for (String target : List.of("/in/victim.txt", "/deep/in/victim.txt", "/victim.txt", "/in/new.txt", "/deep/in/new.txt", "/deep/in/")) {
                requests.add("PUT " + target + HOST + "Content-Length: 8\r\n\r\nINTRUDER");
                requests.add("DELETE " + target + HOST + "\r\n");
            }
            for (String name : List.of("victim.txt", "folder/new.txt", "in/victim.txt")) {
                for (String target : List.of("/in/", "/deep/", "/")) {
                    requests.add("POST " + target + HOST + "Content-Disposition: attachment; filename=\"" + name + "\"\r\nContent-Length: 8\r\n\r\nINTRUDER");
                }
            }
            Harvest harvest = ask(server.port(), Torture.rounds(300, 100_000), requests);
            assertEquals(0, harvest.unanswered.get());
            assertTrue(harvest.of("PUT 201") + harvest.of("PUT 204") > 0 && harvest.of("PUT 403") > 0, "the names were not exchanged in between");
        }
        Map<String, String> after = outside();
        after.entrySet().removeIf(entry -> entry.getValue().equals("empty directory") && entry.getKey().endsWith("folder"));
        assertEquals(before, after);
    }

    private Map<String, String> outside() throws IOException {
        Map<String, String> all = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(outside)) {
            for (Path path : paths.toList()) {
                all.put(outside.relativize(path).toString(), text(path));
            }
        }
        return all;
    }

    private static String text(Path path) throws IOException {
        if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            return Files.readString(path);
        }
        try (Stream<Path> names = Files.list(path)) {
            return names.findAny().isPresent() ? "directory" : "empty directory";
        }
    }

    @Test
    void theDirectoryOfAHostIsNoOther() throws Exception {
        twins("a.example/f.txt");
        file(outside.resolve("a.example").resolve(SecretTree.CANARY), SECRET);
        swapForLink("a.example");
        try (Served server = Served.serve(tree, "--virthost")) {
            Harvest harvest = ask(server.port(), Torture.rounds(500, 200_000), gets("/f.txt", "/", "/?json", "/?zip"));
            assertEquals(List.of(), List.copyOf(harvest.leaks));
            assertEquals(0, harvest.unanswered.get());
            assertTrue(harvest.of("GET 200") > 0 && harvest.of("GET 404") > 0, "the names were not exchanged in between");
        }
    }

    /// Whoever opens a FIFO to read waits for somebody who writes.
    @Test
    void nobodyWaitsAtAPipe() throws Exception {
        file(tree.resolve("pipe.txt"), OPEN);
        file(tree.resolve("pipes/f.txt"), OPEN);
        file(tree.resolve("other/f.txt"), OPEN);
        file(tree.resolve("cert.pem"), OPEN);
        swap("cert.pem", fifo());
        swap("pipe.txt", fifo());
        swap("pipes", fifo());
        swap("other/f.txt", fifo());
        Files.setPosixFilePermissions(tree, PosixFilePermissions.fromString("rwxrwxrwx"));
        try (Served server = Served.serve(tree)) {
            server.awaitDescriptor("/proc/" + server.pid() + "/fd");
            Harvest harvest = ask(server.port(), Torture.rounds(500, 200_000), gets("/pipe.txt", "/pipes/f.txt", "/pipes/", "/other/f.txt", "/cert.pem", "/other/?tar", "/?zip", "/pipe.txt?sha256", "/still.txt"));
            assertEquals(0, harvest.unanswered.get());
            assertTrue(harvest.of("GET 200") > 0 && harvest.of("GET 404") > 0, "the names were not exchanged in between");
            try (Caller caller = new Caller(server.port())) {
                assertEquals(OPEN, caller.ask("GET /still.txt" + HOST + "\r\n").text());
            }
        }
    }
}
