package tests.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.process.ComancheProcess;
import tests.process.Processes;
import tests.process.RawClient;

/// A day of everything, in small: whatever clients do, well-behaved or not, the server takes no more of the machine at the end of it
/// than at the beginning. What it takes is measured on the way, and its slope extrapolated to a day.
class SoakTest {
    /// How often everything is done at each door, at least.
    private static final int ROUNDS = 3;

    /// How long it goes on, at least.
    private static final Duration LASTS = Duration.ofMinutes(Torture.rounds(0, 30));

    /// Until then it goes as fast as it can, so that what is compiled is compiled, and nothing is sampled.
    private static final Duration WARM = LASTS.dividedBy(2);

    private static final int ROUNDS_PER_SAMPLE = Torture.rounds(2, 5);

    /// Behind that the long form is in no hurry, and lets others work.
    private static final long PACE_NANOS = Torture.rounds(0, 20_000_000);

    /// How much more of anything there may be in a day; in the short form, how much more at the end.
    private static final double HEAP_KIB = 32 << 10;
    private static final double OUTSIDE_KIB = 64 << 10;
    private static final double PIECES = 40;

    /// A slope of few samples in few seconds says nothing: the short form looks at the growth itself.
    private static final boolean LONG = Torture.rounds(0, 1) == 1;

    /// The heap is there whole from the first, so that its pages count for nothing; and the machine keeps accounts of all else.
    private static final List<String> MEASURED = List.of("-Xms256m", "-XX:+AlwaysPreTouch", "-XX:NativeMemoryTracking=summary");

    /// What is asked of the machine: to give back what it does not need, to collect all garbage and count what lives, to show its accounts.
    private static final String QUESTIONS = "System.trim_native_heap\nGC.class_histogram\nVM.native_memory summary\n";

    /// The last line of a histogram of all that lives: `Total 123456 7890123`.
    private static final Pattern LIVE = Pattern.compile("(?m)^Total\\s+\\d+\\s+(\\d+)");

    /// What it takes to compile, to watch what is worth it (in Metaspace, with a lock for each method), and to keep these accounts: that
    /// grows for hours, ever more slowly, and is not ours. Classes that are not given up again are seen in the heap, too.
    private static final Pattern COMPILED = Pattern.compile(
            "(?m)^-\\s+(?:Code|Compiler|Arena Chunk|Metaspace|Synchronization|Native Memory Tracking) \\(reserved=\\d+KB, committed=(\\d+)KB\\)");

    @TempDir
    static Path room;

    /// Something that a client does; it fails if the answer is not the right one.
    private interface Deed {
        void with(Door door);
    }

    /// Where clients come in.
    private interface Door {
        RawClient open();
    }

    private static final Map<String, Deed> DEEDS = Map.ofEntries(
            Map.entry("a document", door -> expect(door, 200, "GET /small.txt HTTP/1.1~Host: a~~")),
            Map.entry("its head", SoakTest::head),
            Map.entry("many of one connection", SoakTest::persist),
            Map.entry("a range", door -> expect(door, 206, "GET /middle.bin HTTP/1.1~Host: a~Range: bytes=1000-20000~~")),
            Map.entry("two ranges", door -> expect(door, 206, "GET /middle.bin HTTP/1.1~Host: a~Range: bytes=1-2,5-9~~")),
            Map.entry("no range", door -> expect(door, 416, "GET /small.txt HTTP/1.1~Host: a~Range: bytes=9999-~~")),
            Map.entry("nothing new", SoakTest::nothingNew),
            Map.entry("a listing", door -> expect(door, 200, "GET /tree/ HTTP/1.1~Host: a~Accept: text/html~~")),
            Map.entry("a listing as JSON", door -> expect(door, 200, "GET /tree/?json HTTP/1.1~Host: a~~")),
            Map.entry("an archive", door -> expect(door, 200, "GET /tree/?zip HTTP/1.1~Host: a~~")),
            Map.entry("checksums", door -> expect(door, 200, "GET /middle.bin?sha256 HTTP/1.1~Host: a~~")),
            Map.entry("what is not there", door -> expect(door, 404, "GET /" + name() + " HTTP/1.1~Host: a~~")),
            Map.entry("options", door -> expect(door, 204, "OPTIONS * HTTP/1.1~Host: a~~")),
            Map.entry("a file comes and goes", SoakTest::comeAndGo),
            Map.entry("a form", SoakTest::form),
            Map.entry("content that breaks off", SoakTest::breakOff),
            Map.entry("a program", door -> expect(door, 200, "GET /hello.cgi?" + name() + " HTTP/1.1~Host: a~~")),
            Map.entry("a program that fails", door -> expect(door, 502, "GET /fails.cgi HTTP/1.1~Host: a~~")),
            Map.entry("a reader who leaves", SoakTest::leave),
            Map.entry("a reader who crashes", SoakTest::crash),
            Map.entry("a program whose reader leaves", SoakTest::leaveProgram),
            Map.entry("nothing at all", door -> door.open().close()),
            Map.entry("half a request", door -> leave(door, "GET / HTTP/1.1\r\nHo")),
            Map.entry("no request", door -> expect(door, 400, "\u0001\u0002\u0003~~")),
            Map.entry("no host", door -> expect(door, 400, "GET / HTTP/1.1~~")),
            Map.entry("a long field", door -> expect(door, 431, "GET / HTTP/1.1~Host: a~X: " + "x".repeat(40_000) + "~~")),
            Map.entry("two lengths", door -> expect(door, 400, "PUT /a HTTP/1.1~Host: a~Content-Length: 1~Content-Length: 2~~")));

    private static final AtomicLong NUMBER = new AtomicLong();

    private static String name() {
        return "name-" + NUMBER.incrementAndGet();
    }

    private static void expect(Door door, int status, String request) {
        try (RawClient client = door.open()) {
            assertEquals(status, client.send(request.replace("~", "\r\n")).read().status(), request.length() > 99 ? "" : request);
        }
    }

    private static void head(Door door) {
        try (RawClient client = door.open()) {
            assertEquals(200, client.send("HEAD /small.txt HTTP/1.1\r\nHost: a\r\n\r\n").readHead().status());
        }
    }

    private static void persist(Door door) {
        try (RawClient client = door.open()) {
            client.send("GET /small.txt HTTP/1.1\r\nHost: a\r\n\r\n".repeat(5));
            for (int i = 0; i < 5; i++) {
                assertEquals("hello", client.read().text());
            }
        }
    }

    private static void nothingNew(Door door) {
        try (RawClient client = door.open()) {
            String tag = client.send("GET /small.txt HTTP/1.1\r\nHost: a\r\n\r\n").read().field("ETag").orElseThrow();
            assertEquals(304, client.send("GET /small.txt HTTP/1.1\r\nHost: a\r\nIf-None-Match: " + tag + "\r\n\r\n").read().status());
        }
    }

    private static void comeAndGo(Door door) {
        String name = name();
        try (RawClient client = door.open()) {
            client.send("PUT /" + name + " HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n" + "x".repeat(50_000));
            assertEquals(201, client.read().status());
            assertEquals(200, client.send("GET /" + name + " HTTP/1.1\r\nHost: a\r\n\r\n").read().status());
            assertEquals(204, client.send("DELETE /" + name + " HTTP/1.1\r\nHost: a\r\n\r\n").read().status());
        }
    }

    private static void form(Door door) {
        String name = name();
        String form = "--b\r\nContent-Disposition: form-data; name=f; filename=\"" + name + "\"\r\n\r\nhello\r\n--b--\r\n";
        try (RawClient client = door.open()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: " + form.length()
                    + "\r\n\r\n" + form);
            assertEquals(201, client.read().status());
            assertEquals(204, client.send("DELETE /" + name + " HTTP/1.1\r\nHost: a\r\n\r\n").read().status());
        }
    }

    private static void breakOff(Door door) {
        leave(door, "PUT /" + name() + " HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n" + "x".repeat(20_000));
    }

    private static void leave(Door door, String octets) {
        try (RawClient client = door.open()) {
            client.send(octets);
        }
    }

    private static void leave(Door door) {
        try (RawClient client = door.open()) {
            client.send("GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n").octets(50_000);
        }
    }

    private static void crash(Door door) {
        RawClient client = door.open();
        client.send("GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n").octets(50_000);
        client.reset();
    }

    private static void leaveProgram(Door door) {
        try (RawClient client = door.open()) {
            client.send("GET /talks.cgi HTTP/1.1\r\nHost: a\r\n\r\n").octets(5000);
        }
    }

    private static Path site() throws IOException {
        Path site = Files.createDirectory(room.resolve("site"));
        Files.writeString(site.resolve("small.txt"), "hello");
        Files.write(site.resolve("middle.bin"), new byte[200_000]);
        for (int i = 0; i < 100; i++) {
            Files.createDirectories(site.resolve("tree/" + i % 5));
            Files.writeString(site.resolve("tree/" + i % 5 + "/" + i + ".txt"), "number " + i);
        }
        try (RandomAccessFile file = new RandomAccessFile(site.resolve("large.bin").toFile(), "rw")) {
            file.setLength(100 << 20);
        }
        String head = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\n";
        program(site.resolve("hello.cgi"), head + "echo hello $QUERY_STRING\n");
        program(site.resolve("talks.cgi"), head + "while echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; do :; done\n");
        program(site.resolve("fails.cgi"), "#!/bin/sh\nexit 3\n");
        return site;
    }

    private static void program(Path file, String text) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static SSLContext trusting() throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new X509TrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String kind) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String kind) {}

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        }}, null);
        return context;
    }

    private static RawClient secure(SSLContext context, ComancheProcess server) {
        try {
            Socket socket = context.getSocketFactory().createSocket(server.address().getAddress(), server.port());
            return new RawClient(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// What one server takes, sample by sample.
    ///
    /// @param heap what lives in it, in KiB
    /// @param outside all other memory that is really there, but for what is compiled, in KiB
    private record Course(String name, ComancheProcess server, Slope heap, Slope outside, Slope descriptors, Slope threads) {
        static Course of(String name, ComancheProcess server) {
            return new Course(name, server, new Slope(), new Slope(), new Slope(), new Slope());
        }

        void sample() {
            String told = ask(server.pid());
            double second = System.nanoTime() / 1e9;
            Vitals vitals = Vitals.of(server.pid());
            heap.add(second, sum(LIVE, told) / 1024);
            outside.add(second, vitals.residentKiB() - (256 << 10) - sum(COMPILED, told));
            descriptors.add(second, vitals.descriptors());
            threads.add(second, vitals.threads());
            if (LONG) {
                System.out.printf(Locale.ROOT, "%s %.0f s: %.0f KiB of heap, %.0f outside, %.0f compiled, %s%n", name, second, heap.last(),
                        outside.last(), sum(COMPILED, told), vitals);
            }
        }

        void judge() {
            tell("heap", heap);
            tell("memory outside", outside);
            tell("descriptors", descriptors);
            tell("threads", threads);
            assertTrue(growth(heap) < HEAP_KIB, name + ": heap");
            assertTrue(growth(outside) < OUTSIDE_KIB, name + ": memory outside of the heap");
            assertTrue(growth(descriptors) < PIECES, name + ": descriptors");
            assertTrue(growth(threads) < PIECES, name + ": threads");
        }

        private void tell(String what, Slope slope) {
            System.out.printf(Locale.ROOT, "%s: %s %.0f to %.0f, %+.1f a day%n", name, what, slope.first(), slope.last(), slope.perDay());
        }

        private static double growth(Slope slope) {
            return LONG ? slope.perDay() : slope.last() - slope.first();
        }
    }

    private static String ask(long pid) {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        return Processes.run(Path.of("/"), ComancheProcess.environment(Map.of()), List.of(jcmd, "-J-XX:TieredStopAtLevel=1",
                "-J-XX:+UseSerialGC", Long.toString(pid), "-f", room.resolve("questions").toString())).out();
    }

    private static double sum(Pattern number, String told) {
        return number.matcher(told).results().mapToDouble(found -> Double.parseDouble(found.group(1))).reduce(Double::sum).orElseThrow();
    }

    private static ComancheProcess serve(Path site, String log, String... more) {
        String[] options = {"serve", site.toString(), "-p", "0", "--write", "--cgi", "*.cgi", "--timeout=60s", "--head-timeout=60s",
            "--error-log=" + room.resolve("error.log"), "-l", room.resolve(log).toString()};
        List<String> command = ComancheProcess.command(Stream.of(options, more).flatMap(Stream::of).toArray(String[]::new));
        command.addAll(command.indexOf("-cp"), MEASURED);
        return ComancheProcess.start(Map.of(), command);
    }

    @Test
    void aDayOfEverythingLeavesNothingBehind() throws Exception {
        Path site = site();
        Files.writeString(room.resolve("questions"), QUESTIONS);
        SSLContext trusting = trusting();
        try (ComancheProcess plain = serve(site, "plain.log");
                ComancheProcess secure = serve(site, "secure.log", "--tls", "--tls-state=" + room.resolve("authority"))) {
            List<Course> courses = List.of(Course.of("plain", plain), Course.of("secure", secure));
            List<Door> doors = List.of(plain::connect, () -> secure(trusting, secure));
            long begin = System.nanoTime();
            int round = 0;
            for (; round < ROUNDS || System.nanoTime() - begin < LASTS.toNanos(); round++) {
                boolean warm = System.nanoTime() - begin >= WARM.toNanos();
                for (Door door : doors) {
                    doAll(door, round, warm ? PACE_NANOS : 0);
                }
                if (warm && round % ROUNDS_PER_SAMPLE == 0) {
                    courses.forEach(Course::sample);
                }
            }
            System.out.println(round + " times " + DEEDS.size() + " deeds at " + doors.size() + " doors");
            courses.forEach(Course::judge);
            try (Stream<Path> left = Files.list(site)) {
                assertEquals(7, left.count(), "something is left of what came");
            }
        }
    }

    /// In an order of its own each time.
    private static void doAll(Door door, int round, long paceNanos) {
        List<Map.Entry<String, Deed>> deeds = new ArrayList<>(DEEDS.entrySet());
        Collections.shuffle(deeds, new Random(round));
        for (Map.Entry<String, Deed> deed : deeds) {
            long begin = System.nanoTime();
            try {
                deed.getValue().with(door);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(deed.getKey() + ", in round " + round + ": " + e, e);
            }
            LockSupport.parkNanos(paceNanos - (System.nanoTime() - begin));
        }
    }
}
