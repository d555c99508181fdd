package tests.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.process.ComancheProcess;
import tests.process.Processes;
import tests.process.RawClient;

/// What happens to a machine now and then: the server is killed, the power fails, logs are moved away, settings read again, the clock is
/// set, the disk with the documents goes and comes back.
class AccidentsTest {
    private static final String GET = "GET /small.txt HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final int WRITERS = 4;
    private static final Pattern PART = Pattern.compile("\\.comanche-.*\\.part");

    @TempDir
    Path room;

    private Path site;

    @BeforeEach
    void build() throws IOException {
        site = Files.createDirectory(room.resolve("site"));
        Files.writeString(site.resolve("small.txt"), "hello");
    }

    private static Processes.Outcome run(String... command) {
        return Processes.run(Path.of("/"), ComancheProcess.environment(Map.of()), List.of(command));
    }

    private static boolean isThere(String command) {
        return run("sh", "-c", "command -v " + command).code() == 0;
    }

    /// Asks until it is told to end; whatever breaks off is an error of the server's, unless it may break.
    private static Thread asker(AtomicBoolean goesOn, Runnable question) {
        return Thread.ofVirtual().start(() -> {
            while (goesOn.get()) {
                question.run();
            }
        });
    }

    private static void join(List<Thread> threads) {
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /// Every file is of one letter, so that half of one and half of another would be seen; the length belongs to the letter.
    @Test
    void aServerThatIsKilledWhileFilesComeInLeavesNoneHalf() throws IOException {
        int killed = 0;
        int whole = 0;
        int leftovers = 0;
        for (int round = 0; round < Torture.rounds(2, 100); round++) {
            try (ComancheProcess server = ComancheProcess.serve(site, "-q", "--write")) {
                sweptClean();
                AtomicBoolean goesOn = new AtomicBoolean(true);
                AtomicInteger stored = new AtomicInteger();
                List<Thread> writers = new ArrayList<>();
                for (int i = 0; i < WRITERS; i++) {
                    Random random = new Random(round * WRITERS + i);
                    writers.add(asker(goesOn, () -> store(server, random, stored, goesOn)));
                }
                int enough = round % 7 + 1;
                ComancheProcess.await("nothing is stored", () -> stored.get() >= enough);
                server.signal("KILL");
                goesOn.set(false);
                join(writers);
                killed++;
            }
            try (Stream<Path> files = Files.list(site)) {
                for (Path file : files.filter(path -> !path.endsWith("small.txt")).toList()) {
                    if (PART.matcher(file.getFileName().toString()).matches()) {
                        leftovers++;
                    } else {
                        assertWhole(Files.readAllBytes(file), file);
                        whole++;
                    }
                }
            }
        }
        try (ComancheProcess _ = ComancheProcess.serve(site, "-q", "--write")) {
            sweptClean();
        }
        System.out.println("killed " + killed + " times: " + whole + " files whole, " + leftovers + " drafts left and cleared away");
    }

    private void sweptClean() {
        ComancheProcess.await("drafts are left", () -> {
            try (Stream<Path> files = Files.list(site)) {
                return files.noneMatch(path -> PART.matcher(path.getFileName().toString()).matches());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static void store(ComancheProcess server, Random random, AtomicInteger stored, AtomicBoolean goesOn) {
        int letter = random.nextInt(26);
        try (RawClient client = server.connect()) {
            client.send("PUT /file-" + random.nextInt(3) + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + length(letter) + "\r\n\r\n");
            client.send(Character.toString('a' + letter).repeat(length(letter)));
            if (client.read().status() < 300) {
                stored.incrementAndGet();
            }
        } catch (UncheckedIOException _) {
            LockSupport.parkNanos(goesOn.get() ? 1_000_000 : 0); // it is gone
        }
    }

    private static int length(int letter) {
        return 100_000 + letter * 20_000;
    }

    private static void assertWhole(byte[] content, Path file) {
        byte[] wanted = new byte[content.length == 0 ? 0 : length(content[0] - 'a')];
        Arrays.fill(wanted, content.length == 0 ? 0 : content[0]);
        assertTrue(content.length > 0 && Arrays.equals(wanted, content), file + " is not whole: " + content.length);
    }

    /// What stands on disk when the power fails is what was brought there before: so the order of the calls decides.
    @Test
    void aFileIsOnDiskBeforeItHasItsNameAndItsNameBeforeItIsTold() throws IOException {
        assumeTrue(isThere("strace"), "no strace");
        Path calls = room.resolve("calls");
        try (ComancheProcess server = ComancheProcess.serve(site, "-q", "--write");
                Processes.Running tracer = Processes.start(room, ComancheProcess.environment(Map.of()), List.of("strace", "-f", "-y", "-q", "-o",
                        calls.toString(), "-e", "trace=fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,write,pwrite64,writev,sendto",
                        "-p", Long.toString(server.pid())))) {
            ComancheProcess.await("strace does not see it", () -> {
                assertEquals("hello", server.get("/small.txt").text());
                return contains(calls, "HTTP/1.1 200");
            });
            assertEquals(201, server.exchange("PUT /new HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello").status());
            assertEquals(204, server.exchange("DELETE /new HTTP/1.1\r\nHost: a\r\n\r\n").status());
            ComancheProcess.await("no answer", () -> contains(calls, "HTTP/1.1 204"));
            tracer.terminate();
            tracer.outcome();
        }
        List<String> steps = new ArrayList<>();
        for (String line : Files.readAllLines(calls)) {
            step(line).ifPresent(steps::add);
        }
        assertEquals(List.of("write draft", "fsync draft", "rename draft", "fsync directory", "tell 201", "unlink", "fsync directory", "tell 204"), steps);
    }

    private static boolean contains(Path file, String text) {
        try {
            return Files.readString(file).contains(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private java.util.Optional<String> step(String line) {
        String directory = "<" + site + ">";
        boolean draft = line.contains(".part");
        return java.util.Optional.ofNullable(line.contains("HTTP/1.1 201") ? "tell 201" : line.contains("HTTP/1.1 204") ? "tell 204"
                : line.contains("rename") && draft ? "rename draft" : line.contains("write") && draft ? "write draft"
                : line.contains("sync(") && draft ? "fsync draft" : line.contains("unlink") && line.contains("\"new\"") ? "unlink"
                : line.contains("sync(") && (line.contains(directory) || line.contains("<" + site + "/.>")) ? "fsync directory" : null);
    }

    /// Every request is answered, and stands in one of the logs, once.
    @Test
    void logsAreMovedAwayAndSettingsReadAgainWithoutLoss() throws IOException {
        Path log = room.resolve("log/access.log");
        Path settings = Files.writeString(room.resolve("comanche.toml"), "docbase = \"" + site + "\"\nlogfile = \"" + log + "\"\n");
        AtomicInteger number = new AtomicInteger();
        int rounds = Torture.rounds(10, 300);
        try (ComancheProcess server = ComancheProcess.start(Map.of(), "serve", "-c", settings.toString(), "-p", "0")) {
            AtomicBoolean goesOn = new AtomicBoolean(true);
            List<Throwable> failures = new ArrayList<>();
            List<Thread> askers = Stream.of(1, 2, 3, 4).map(_ -> asker(goesOn, () -> ask(server, number, failures))).toList();
            for (int round = 0; round < rounds; round++) {
                int before = number.get();
                ComancheProcess.await("nobody is answered", () -> number.get() > before + 20);
                if (round % 2 == 0) {
                    Files.move(log, log.resolveSibling("access.log." + round));
                    server.signal("USR1");
                    ComancheProcess.await("there is no new log", () -> Files.exists(log));
                } else {
                    Files.writeString(settings, "docbase = \"" + site + "\"\nlogfile = \"" + log + "\"\nmax-fields = " + (9000 + round) + "\n");
                    server.signal("HUP");
                }
            }
            goesOn.set(false);
            join(askers);
            assertEquals(List.of(), failures);
            server.stop();
        }
        Map<String, Integer> seen = new TreeMap<>();
        try (Stream<Path> logs = Files.list(log.getParent())) {
            for (Path one : logs.toList()) {
                Files.readAllLines(one).forEach(line -> seen.merge(line.replaceAll(".*\\?(\\d+) .*", "$1"), 1, Integer::sum));
            }
        }
        assertEquals(number.get(), seen.size(), "lines");
        assertTrue(seen.values().stream().allMatch(count -> count == 1), "a line stands there twice");
        System.out.println(number.get() + " requests, " + rounds + " rotations and reloads: no request and no line lost");
    }

    private static void ask(ComancheProcess server, AtomicInteger number, List<Throwable> failures) {
        try (RawClient client = server.connect()) {
            for (int i = 0; i < 5; i++) {
                int mine = number.incrementAndGet();
                assertEquals(200, client.send("GET /small.txt?" + mine + " HTTP/1.1\r\nHost: a\r\n\r\n").read().status());
            }
        } catch (AssertionError | RuntimeException e) {
            synchronized (failures) {
                failures.add(e);
            }
        }
    }

    private static final List<Path> FAKE_TIME = List.of(Path.of("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"),
            Path.of("/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1"));

    /// Deadlines go by another clock, and so go on as before; what is told goes by the new one.
    @Test
    void aClockThatJumpsMovesDatesAndNothingElse() throws IOException {
        Path library = FAKE_TIME.stream().filter(Files::exists).findFirst().orElse(null);
        assumeTrue(library != null, "no libfaketime");
        Path clock = Files.writeString(room.resolve("clock"), "+0d");
        Map<String, String> environment = Map.of("LD_PRELOAD", library.toString(), "FAKETIME_TIMESTAMP_FILE", clock.toString(), "FAKETIME_NO_CACHE", "1",
                "FAKETIME_DONT_FAKE_MONOTONIC", "1", "NO_FAKE_STAT", "1");
        try (ComancheProcess server = ComancheProcess.start(environment, "serve", site.toString(), "-p", "0", "-q", "--write", "--auth", "ann:right", "--auth-delay=1s",
                "--head-timeout=1s", "--timeout=60s"); RawClient idle = server.connect()) {
            String ann = "Authorization: Basic " + java.util.Base64.getEncoder().encodeToString("ann:right".getBytes()) + "\r\n";
            String get = GET.replace("\r\n\r\n", "\r\n" + ann + "\r\n");
            String tag = idle.send(get).read().field("ETag").orElseThrow();
            Set<String> years = new HashSet<>();
            for (String jump : List.of("+4000d", "-4000d", "+0d")) {
                for (int i = 0; i < 7; i++) {
                    server.exchange(get.replace(ann, "Authorization: Basic YW5uOndyb25n\r\n").replace("Host", "Connection: close\r\nHost"));
                }
                Files.writeString(clock, jump);
                RawClient.Answer refused = server.exchange(get.replace(ann, "Authorization: Basic YW5uOndyb25n\r\n"));
                assertTrue(refused.field("Retry-After").map(Integer::parseInt).orElse(0) <= 1, jump + ": " + refused.fields());
                ComancheProcess.await("one who knows the password waits for ever", () -> idle.send(get).read().status() == 200);
                RawClient.Answer answer = idle.send(get).read();
                assertEquals(tag, answer.field("ETag").orElse(""));
                String date = answer.field("Date").orElseThrow();
                String modified = answer.field("Last-Modified").orElseThrow();
                years.add(date.substring(12, 16));
                assertTrue(!java.time.ZonedDateTime.parse(modified, java.time.format.DateTimeFormatter.RFC_1123_DATE_TIME).isAfter(
                        java.time.ZonedDateTime.parse(date, java.time.format.DateTimeFormatter.RFC_1123_DATE_TIME)), modified + " behind " + date);
                assertEquals(304, idle.send(get.replace("Host", "If-None-Match: " + tag + "\r\nHost")).read().status());
                assertEquals(201, idle.send(get.replace("GET /small.txt", "PUT /at" + jump).replace("Host", "Content-Length: 0\r\nHost")).read().status());
                try (RawClient slow = server.connect()) {
                    assertEquals(408, slow.send("GET / HT").read().status());
                }
            }
            assertEquals(3, years.size(), "the clock did not jump: " + years);
            assertEquals("", server.stop().err());
        }
    }

    /// A file that is shorter than the system says can't be sent. Nothing of the answer has left when that is seen: another takes its place,
    /// the next request is answered on the same connection, and the log says what was sent.
    @Test
    void whatFailsBeforeItsFirstOctetIsUnavailable() throws IOException {
        Path directory = Path.of("/sys/kernel");
        assumeTrue(Files.exists(directory.resolve("uevent_seqnum")), "no file here says that it is longer than it is");
        Path log = room.resolve("unsent.log");
        try (ComancheProcess server = ComancheProcess.serve(directory, "-l", log.toString()); RawClient client = server.connect()) {
            for (String target : List.of("/uevent_seqnum", "/?tar&only=uevent_seqnum", "/?zip&only=uevent_seqnum")) {
                RawClient.Answer answer = client.send("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n").read();
                assertEquals(503, answer.status(), target);
            }
            assertEquals("", server.stop().err());
        }
        assertEquals(3, Files.readAllLines(log).stream().filter(line -> line.contains(" 503 ")).count());
        assertEquals(3, Files.readAllLines(log).size());
    }

    /// A disk of its own is mounted over the documents and taken away, the directory is deleted and comes back, and another is put in
    /// its place, while clients ask: they get what is there, or are told that it isn't.
    @Test
    void documentsThatGoAndComeBackAreServedAgain() throws IOException {
        Map<Integer, Integer> statuses = new TreeMap<>();
        List<Throwable> failures = new ArrayList<>();
        try (ComancheProcess server = ComancheProcess.serve(site, "-q", "--write")) {
            AtomicBoolean goesOn = new AtomicBoolean(true);
            List<Thread> askers = Stream.of("GET /small.txt", "GET /", "GET /?zip", "DELETE /none", "GET /missing").map(line -> asker(goesOn,
                    () -> askOnce(server, line, statuses, failures))).toList();
            Path aside = room.resolve("aside");
            Path other = Files.createDirectory(room.resolve("other"));
            Files.writeString(other.resolve("small.txt"), "other");
            for (int round = 0; round < Torture.rounds(5, 200); round++) {
                Files.move(site, aside);
                assertEquals(503, server.get("/small.txt").status());
                assertEquals(503, server.get("/").status());
                Files.move(aside, site);
                assertEquals("hello", server.get("/small.txt").text());

                Files.move(site, aside);
                Files.move(other, site);
                assertEquals("other", server.get("/small.txt").text());
                Files.move(site, other);
                Files.move(aside, site, StandardCopyOption.ATOMIC_MOVE);
                mounted(server);
                assertEquals("hello", server.get("/small.txt").text());
            }
            goesOn.set(false);
            join(askers);
            assertEquals(List.of(), failures);
            assertEquals("", server.stop().err());
        }
        System.out.println("documents that went and came: " + statuses);
        assertTrue(Set.of(200, 403, 404, 409, 503).containsAll(statuses.keySet()), statuses.toString());
    }

    /// Where it may be: an empty disk over the documents, with no file of theirs.
    private void mounted(ComancheProcess server) {
        if (run("mount", "-t", "tmpfs", "-o", "size=1m", "none", site.toString()).code() == 0) {
            try {
                assertEquals(404, server.get("/small.txt").status());
            } finally {
                assertEquals(0, run("umount", "-l", site.toString()).code());
            }
        }
    }

    private static void askOnce(ComancheProcess server, String line, Map<Integer, Integer> statuses, List<Throwable> failures) {
        try {
            int status = server.exchange(line + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").status();
            synchronized (statuses) {
                statuses.merge(status, 1, Integer::sum);
            }
        } catch (AssertionError | RuntimeException e) {
            synchronized (failures) {
                failures.add(new AssertionError(line + ": " + e, e));
            }
        }
    }
}
