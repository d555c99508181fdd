package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lib.host.AccessLog;
import lib.host.AccessLog.Entry;
import lib.host.AccessLog.Format;
import lib.host.ErrorLog;
import lib.host.LogFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// What a line says, octet by octet; and that a log never holds anybody up.
@Timeout(120)
class AccessLogTest {
    private static final int FOREVER = Integer.MAX_VALUE;
    private static final Instant TIME = Instant.parse("2026-11-04T08:05:02.012345678Z");
    private static final ZoneId ZONE = ZoneId.of("Europe/Berlin");

    @TempDir
    Path room;

    private final Disk complaints = new Disk(FOREVER);
    private final ErrorLog errors = new ErrorLog(LogFile.to("complaints", complaints));

    private static Entry entry(String requestLine) {
        return entry("127.0.0.1", requestLine, Optional.empty(), Optional.empty(), Optional.empty());
    }

    private static Entry entry(String client, String requestLine, Optional<String> user, Optional<String> referer,
                               Optional<String> agent) {
        return new Entry(client, TIME, Duration.ofNanos(412_999), user, Optional.of("localhost"), requestLine, 200, 1234,
                referer, agent, false);
    }

    /// In the tables `<hh>` is an octet.
    private static String octets(String row) {
        Matcher octet = Pattern.compile("<([0-9a-f]{2})>").matcher(row);
        return octet.replaceAll(found -> Matcher.quoteReplacement(
                String.valueOf((char) Integer.parseInt(found.group(1), 16))));
    }

    // Common and combined

    @Test
    void theCommonAndTheCombinedFormatAreThoseOfApache() {
        Entry entry = entry("192.0.2.1", "GET /a.html HTTP/1.1", Optional.of("ann"), Optional.of("http://from.example/"),
                Optional.of("curl/8.0"));
        String common = "192.0.2.1 - ann [04/Nov/2026:09:05:02 +0100] \"GET /a.html HTTP/1.1\" 200 1234";
        assertEquals(common, Format.COMMON.format(entry, ZONE));
        assertEquals(common + " \"http://from.example/\" \"curl/8.0\"", Format.COMBINED.format(entry, ZONE));
    }

    @Test
    void whatIsNotThereIsADashAndWhatIsEmptyIsEmpty() {
        Entry absent = new Entry("", TIME, Duration.ZERO, Optional.empty(), Optional.empty(), "", 408, 0,
                Optional.empty(), Optional.empty(), false);
        assertEquals("- - - [04/Nov/2026:09:05:02 +0100] \"-\" 408 - \"-\" \"-\"", Format.COMBINED.format(absent, ZONE));
        Entry empty = entry("::1", "-", Optional.of(""), Optional.of(""), Optional.of(""));
        assertEquals("::1 - \"\" [04/Nov/2026:09:05:02 +0100] \"-\" 200 1234 \"\" \"\"",
                Format.COMBINED.format(empty, ZONE));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            2026-11-24T08:15:02Z   | Europe/Berlin       | 24/Nov/2026:09:15:02 +0100
            2026-07-01T00:00:00Z   | Europe/Berlin       | 01/Jul/2026:02:00:00 +0200
            2026-01-01T00:00:00.9Z | UTC                 | 01/Jan/2026:00:00:00 +0000
            2026-01-01T00:00:00Z   | America/St_Johns    | 31/Dec/2025:20:30:00 -0330
            2026-01-01T00:00:00Z   | -00:30              | 31/Dec/2025:23:30:00 -0030
            2026-01-01T00:00:00Z   | Asia/Kathmandu      | 01/Jan/2026:05:45:00 +0545
            """)
    void aTimeIsLocalWithItsOffset(Instant time, String zone, String written) {
        Entry entry = new Entry("::1", time, Duration.ZERO, Optional.empty(), Optional.empty(), "", 400, 0,
                Optional.empty(), Optional.empty(), false);
        assertEquals("::1 - - [" + written + "] \"-\" 400 -", Format.COMMON.format(entry, ZoneId.of(zone)));
    }

    /// Each octet that Apache's `ap_escape_logitem` escapes, in every place where a client can put one.
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            a"b                                   | a\\"b
            a\\b                                  | a\\\\b
            x\\" 200 1 "y                         | x\\\\\\" 200 1 \\"y
            <08><0a><0d><09><0b>                  | \\b\\n\\r\\t\\v
            <00><07><0c><1b>[2J<7f>               | \\x00\\x07\\x0c\\x1b[2J\\x7f
            <e9>                                  | \\xe9
            <c3><a9><f0><9f><9a><80>              | \\xc3\\xa9\\xf0\\x9f\\x9a\\x80
            <80><85><9b><a0><ff>                  | \\x80\\x85\\x9b\\xa0\\xff
            x !#$%&'()*+,-./09:;=>?@AZ[]^_az{}~   | x !#$%&'()*+,-./09:;=>?@AZ[]^_az{}~
            """)
    void whatAClientSendsStaysInItsQuotes(String row, String written) {
        Optional<String> text = Optional.of(octets(row));
        Entry entry = entry("::1", text.get(), text, text, text);
        assertEquals("::1 - " + written + " [04/Nov/2026:09:05:02 +0100] \"" + written + "\" 200 1234 \"" + written
                + "\" \"" + written + '"', Format.COMBINED.format(entry, ZONE));
    }

    @ParameterizedTest
    @EnumSource
    void noOctetWhateverLeavesTheLineOrAscii(Format format) {
        StringBuilder all = new StringBuilder();
        for (char octet = 0; octet < 256; octet++) {
            all.append(octet);
        }
        Optional<String> text = Optional.of(all.toString());
        String line = format.format(entry("::1", text.get(), text, text, text), ZONE);
        assertTrue(line.chars().allMatch(character -> character >= ' ' && character < 0x7F), line);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0:0:0:0:0:0:0:1                  | ::1
            0:0:0:0:0:0:0:0                  | ::
            2001:db8:0:0:0:0:0:7             | 2001:db8::7
            2001:db8:0:0:1:0:0:1             | 2001:db8::1:0:0:1
            2001:0:0:1:0:0:0:1               | 2001:0:0:1::1
            2001:db8:0:1:1:1:1:1             | 2001:db8:0:1:1:1:1:1
            1:0:0:0:0:0:0:0                  | 1::
            fe80:0:0:0:1:2:3:4%eth0          | fe80::1:2:3:4%eth0
            10.0.0.1                         | 10.0.0.1
            """)
    void anIpv6AddressIsShortened(String client, String written) {
        Entry entry = entry(client, "", Optional.empty(), Optional.empty(), Optional.empty());
        assertTrue(Format.COMMON.format(entry, ZONE).startsWith(written + " - - ["));
        assertTrue(Format.JSON.format(entry, ZONE).contains("\"client\":\"" + written + "\""));
    }

    // JSON

    @Test
    void aJsonLineHasEverything() {
        Entry entry = new Entry("192.0.2.1", TIME, Duration.ofNanos(1_002_003_999), Optional.of("ann"),
                Optional.of("a.example"), "GET /a.html HTTP/1.1", 206, 5_000_000_000L, Optional.of("http://b.example/"),
                Optional.of("curl/8.0"), true);
        assertEquals("""
                {"time":"2026-11-04T09:05:02.012+01:00","client":"192.0.2.1","host":"a.example","method":"GET",\
                "target":"/a.html","version":"HTTP/1.1","status":206,"octets":5000000000,"duration_ms":1002.003,\
                "referer":"http://b.example/","user_agent":"curl/8.0","user":"ann","tls":true}\
                """, Format.JSON.format(entry, ZONE));
    }

    @Test
    void whatIsNotThereIsNull() {
        Entry entry = new Entry("", TIME, Duration.ZERO, Optional.empty(), Optional.empty(), "", 408, 0,
                Optional.empty(), Optional.empty(), false);
        assertEquals("""
                {"time":"2026-11-04T08:05:02.012+00:00","client":null,"host":null,"method":null,"target":null,\
                "version":null,"status":408,"octets":0,"duration_ms":0.000,"referer":null,"user_agent":null,\
                "user":null,"tls":false}\
                """, Format.JSON.format(entry, ZoneId.of("UTC")));
    }

    /// Octets that are UTF-8 (well-formed, shortest form) become their characters, all others their numbers.
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            a"b\\c/                          | a\\"b\\\\c/
            <00><08><0a><0d><09><1b>[2J<7f>  | \\u0000\\u0008\\u000a\\u000d\\u0009\\u001b[2J\\u007f
            gr<c3><b6><c3><9f>e              | größe
            <e2><82><ac><f0><9f><9a><80>     | €🚀
            gr<f6><df>e                      | gr\\u00f6\\u00dfe
            <c3>                             | \\u00c3
            <c3>x                            | \\u00c3x
            <e2><82>                         | \\u00e2\\u0082
            <a9><c3><a9>                     | \\u00a9é
            <c0><80>                         | \\u00c0\\u0080
            <e0><80><af>                     | \\u00e0\\u0080\\u00af
            <f0><80><80><af>                 | \\u00f0\\u0080\\u0080\\u00af
            <ed><a0><80>                     | \\u00ed\\u00a0\\u0080
            <f4><90><80><80>                 | \\u00f4\\u0090\\u0080\\u0080
            <f5><80><80><80>                 | \\u00f5\\u0080\\u0080\\u0080
            <c2><85>                         | \\u0085
            <e2><80><a8><e2><80><ae>         | \\u2028\\u202e
            <f3><a0><80><81>                 | \\udb40\\udc01
            """)
    void aStringIsSafe(String row, String written) {
        Optional<String> text = Optional.of(octets(row));
        String line = Format.JSON.format(entry("::1", "GET " + text.get() + " HTTP/1.1", text, text, text), ZONE);
        for (String name : List.of("target", "referer", "user_agent", "user")) {
            assertTrue(line.contains('"' + name + "\":\"" + written + '"'), line);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", quoteCharacter = '`', textBlock = """
            GET / HTTP/1.1       | "GET"   | "/"        | "HTTP/1.1"
            GET /a b HTTP/1.1    | "GET"   | "/a b"     | "HTTP/1.1"
            GET /                | "GET"   | "/"        | null
            GET  HTTP/1.1        | "GET"   | ""         | "HTTP/1.1"
            GET HTTP/1.1         | "GET"   | "HTTP/1.1" | null
            <16><03><01>         | "\\u0016\\u0003\\u0001" | null | null
            `<20>`               | ""      | ""         | null
            """)
    void aRequestLineThatIsNoneComesApartSomehow(String row, String method, String target, String version) {
        String line = Format.JSON.format(entry(octets(row)), ZONE);
        assertTrue(line.contains("\"method\":" + method + ",\"target\":" + target + ",\"version\":" + version + ','), line);
    }

    // The queue and its writer

    private AccessLog log(Disk disk, Format format) {
        return new AccessLog(LogFile.to("disk", disk), format, errors);
    }

    private List<String> complaints() {
        errors.close();
        return complaints.text().lines().map(line -> line.substring(line.indexOf(' ') + 1)).toList();
    }

    private static List<String> targets(String text) {
        return text.lines().map(line -> line.split(" ")[6]).toList();
    }

    @ParameterizedTest
    @EnumSource
    void closeWritesEverythingInOrder(Format format) {
        Disk disk = new Disk(FOREVER);
        List<String> lines = new ArrayList<>();
        try (AccessLog log = log(disk, format)) {
            for (int i = 0; i < 10_000; i++) {
                log.record(entry("GET /" + i + " HTTP/1.1"));
                lines.add(format.format(entry("GET /" + i + " HTTP/1.1"), ZoneId.systemDefault()));
            }
        }
        assertEquals(lines, disk.text().lines().toList());
        assertEquals(List.of(), complaints());
    }

    @Test
    void aLineIsThereSoonWithoutAnotherOneBehindIt() {
        Disk disk = new Disk(FOREVER);
        try (AccessLog log = log(disk, Format.COMMON)) {
            for (int i = 1; i <= 20; i++) {
                int lines = i;
                log.record(entry("GET / HTTP/1.1"));
                assertTimeout(Duration.ofSeconds(1), () -> Waiting.until(() -> disk.text().lines().count() == lines));
            }
        }
    }

    /// The writer holds one batch, the queue what fits; the rest is counted, and nobody has waited.
    @Test
    void aBurstLargerThanTheQueueIsCountedAndHoldsNobodyUp() {
        Disk disk = new Disk(FOREVER);
        disk.stick();
        int burst = 50_000;
        AccessLog log = log(disk, Format.COMMON);
        assertTimeout(Duration.ofSeconds(5), () -> {
            for (int i = 0; i < burst; i++) {
                log.record(entry("GET /" + i + " HTTP/1.1"));
            }
        });
        disk.free(FOREVER);
        log.close();
        assertTrue(log.lost() > 0);
        assertEquals(burst - log.lost(), disk.text().lines().count());
        assertEquals(List.of("warning The access log is slower than the requests; lines are lost until it has caught up.",
                "warning The access log ends; lines lost: " + log.lost() + '.'), complaints());
    }

    /// 16,384 long ones would be a gigabyte.
    @Test
    void longLinesThatWaitAreBoundedByTheirLength() {
        Disk disk = new Disk(FOREVER);
        disk.stick();
        AccessLog log = log(disk, Format.COMBINED);
        Optional<String> agent = Optional.of("x".repeat(64 * 1024));
        for (int i = 0; i < 2000; i++) {
            log.record(entry("::1", "GET /" + i + " HTTP/1.1", Optional.empty(), Optional.empty(), agent));
        }
        assertTrue(log.lost() > 1000);
        disk.free(FOREVER);
        log.close();
        assertEquals(2000 - log.lost(), disk.text().lines().count());
    }

    @Test
    void afterAFailureItGoesOnAndSaysHowMuchWasLost() {
        Disk disk = new Disk(0);
        try (AccessLog log = log(disk, Format.COMMON)) {
            for (int i = 0; i < 10; i++) {
                log.record(entry("GET /lost HTTP/1.1"));
            }
            Waiting.until(() -> log.lost() == 10);
            disk.free(FOREVER);
            log.record(entry("GET /kept HTTP/1.1"));
            Waiting.until(() -> complaints.text().lines().count() == 2); // also without a line behind it
            log.record(entry("GET /kept HTTP/1.1"));
            disk.free(FOREVER);
        }
        assertEquals(List.of("/kept", "/kept"), targets(disk.text()));
        assertEquals(List.of("warning The access log can't be written (No space left on device); its lines are lost "
                + "until it can.", "notice The access log is written again; lines lost: 10."), complaints());
    }

    /// A disk that is full at any octet: what is in the file and what is counted are all lines, and none is torn.
    @Test
    void aDiskThatFillsUpNowAndThenTearsNoLine() {
        Disk disk = new Disk(0);
        Random random = new Random(1);
        int count = 20_000;
        AccessLog log = log(disk, Format.COMMON);
        for (int i = 0; i < count; i++) {
            log.record(entry("GET /" + i + " HTTP/1.1"));
            if (i % 50 == 0) {
                disk.free(random.nextInt(10_000));
            }
            if (i % 5000 == 0) {
                Thread.yield();
            }
        }
        disk.free(FOREVER);
        log.close();
        List<String> lines = disk.text().lines().toList();
        assertTrue(lines.stream().allMatch(line -> line.matches("127.0.0.1 .*\\] \"GET /\\d+ HTTP/1.1\" 200 1234")));
        assertEquals(count, lines.size() + log.lost());
    }

    @Test
    void aFullDiskCostsOneWarning() throws Exception {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full));
        try (AccessLog log = new AccessLog(LogFile.open(full), Format.COMMON, errors)) {
            for (int i = 1; i <= 100; i++) {
                int lines = i;
                log.record(entry("GET / HTTP/1.1"));
                Waiting.until(() -> log.lost() == lines);
            }
        }
        assertEquals(List.of("warning The access log can't be written (No space left on device); its lines are lost until "
                + "it can.", "warning The access log ends; lines lost: 100."), complaints());
    }

    @Test
    void aStreamThatIsStuckDoesNotHoldUpTheEnd() {
        Disk disk = new Disk(FOREVER);
        disk.stick();
        AccessLog log = log(disk, Format.COMMON);
        log.record(entry("GET / HTTP/1.1"));
        assertTimeout(Duration.ofSeconds(10), log::close);
        disk.free(FOREVER);
    }

    @Test
    void noLogAtAllTakesEverything() {
        try (AccessLog log = AccessLog.none()) {
            log.record(entry("GET / HTTP/1.1"));
            log.reopen();
            assertEquals(0, log.lost());
        }
    }

    // Rotation

    @Test
    void underLoadEveryLineIsInExactlyOneFileAndInOrder() throws Exception {
        Path path = room.resolve("access.log");
        int count = 100_000;
        int files = 20;
        AccessLog log = new AccessLog(LogFile.open(path), Format.COMBINED, errors);
        for (int file = 1; file <= files; file++) {
            for (int i = 0; i < count / files; i++) {
                log.record(entry("GET /" + ((file - 1) * (count / files) + i) + " HTTP/1.1"));
            }
            Files.move(path, room.resolve("access.log." + file));
            log.reopen();
            Waiting.until(() -> Files.exists(path)); // as long as the queue lasts, and it lasts for one file's lines
        }
        log.close();

        List<String> found = new ArrayList<>();
        for (int file = 1; file <= files; file++) {
            found.addAll(targets(Files.readString(room.resolve("access.log." + file))));
        }
        found.addAll(targets(Files.readString(path)));
        assertEquals(0, log.lost());
        assertEquals(Stream.iterate(0, i -> i + 1).limit(count).map(i -> "/" + i).toList(), found);
    }

    @Test
    void ifItCannotBeReopenedTheOldFileGoesOnAndTheOperatorIsTold() throws Exception {
        Path path = room.resolve("access.log");
        AccessLog log = new AccessLog(LogFile.open(path), Format.COMMON, errors);
        Files.move(path, room.resolve("access.log.1"));
        Files.createDirectory(path);
        log.reopen();
        log.record(entry("GET / HTTP/1.1"));
        log.close();
        assertEquals(1, Files.readString(room.resolve("access.log.1")).lines().count());
        assertEquals(List.of("warning The access log " + path + " can't be reopened (Is a directory); the old file goes "
                + "on."), complaints());
    }

    /// The real one moves the file away and makes a new one, and we go on in that.
    @Test
    void logrotateLosesNoLine() throws Exception {
        Path logrotate = Path.of("/usr/sbin/logrotate");
        assumeTrue(Files.isExecutable(logrotate));
        Path directory = Files.createDirectory(room.resolve("logs"));
        Path path = directory.resolve("access.log");
        Path settings = Files.writeString(room.resolve("logrotate.conf"), path + " {\n rotate 9\n create\n nocompress\n}\n");
        Files.setPosixFilePermissions(settings, PosixFilePermissions.fromString("rw-r--r--"));

        AccessLog log = new AccessLog(LogFile.open(path), Format.COMBINED, errors);
        int count = 0;
        for (int rotation = 0; rotation < 4; rotation++) {
            for (int i = 0; i < 1000; i++) {
                log.record(entry("GET /" + count++ + " HTTP/1.1"));
            }
            run(logrotate.toString(), "--force", "--state", room.resolve("state").toString(), settings.toString());
            log.reopen();
            log.record(entry("GET /" + count++ + " HTTP/1.1"));
            Waiting.until(() -> Files.size(path) > 0);
        }
        log.close();

        List<String> found = new ArrayList<>();
        for (int i = 4; i >= 1; i--) {
            found.addAll(targets(Files.readString(directory.resolve("access.log." + i))));
        }
        found.addAll(targets(Files.readString(path)));
        assertEquals(Stream.iterate(0, i -> i + 1).limit(count).map(i -> "/" + i).toList(), found);
    }

    // Analysis

    private static final List<String> HOSTILE = List.of("plain", "with \"quotes\"", "back\\slash", "end\\", "\\\"", "\" \"",
            "\n127.0.0.1 - - [forged]", "\u001b[2J", "\0\u007f\u0080\u00ff", "gr\u00c3\u00b6\u00c3\u009fe", "\t", "%22%0a",
            "<script>alert(1)</script>", "] \"GET / HTTP/1.1\" 200 1", "x".repeat(1000), "-", "'", "$(id)");

    /// An analyser as operators use it must take every line, whatever a client has sent. (This one cuts lines of more than
    /// 4095 octets, ours and everybody's, so the long ones are not longer.)
    @ParameterizedTest
    @CsvSource({"COMMON", "COMBINED"})
    void goaccessTakesEveryLine(Format format) throws Exception {
        Path goaccess = Path.of("/usr/bin/goaccess");
        assumeTrue(Files.isExecutable(goaccess));
        Path path = room.resolve("access.log");
        int count = 0;
        try (AccessLog log = new AccessLog(LogFile.open(path), format, errors)) {
            for (String evil : HOSTILE) {
                for (String line : List.of("GET /" + evil + " HTTP/1.1", "GET /?" + evil + " HTTP/1.0")) {
                    log.record(entry("0:0:0:0:0:0:0:1", line, Optional.empty(), Optional.of(evil), Optional.of(evil)));
                    log.record(entry("192.0.2.1", line, Optional.of("ann"), Optional.of("http://a/" + evil),
                            Optional.empty()));
                    count += 2;
                }
            }
        }
        Path report = room.resolve("report.json");
        run(goaccess.toString(), path.toString(), "--log-format=" + format, "--no-global-config", "-o",
                report.toString());
        assertEquals(count, number(report, "total_requests"));
        assertEquals(count, number(report, "valid_requests"));
        assertEquals(0, number(report, "failed_requests"));
    }

    private static int number(Path report, String name) throws IOException {
        Matcher number = Pattern.compile('"' + name + "\":\\s*(\\d+)").matcher(Files.readString(report));
        assertTrue(number.find(), name);
        return Integer.parseInt(number.group(1));
    }

    private void run(String... command) throws Exception {
        Path said = room.resolve("said");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile())
                .redirectInput(Path.of("/dev/null").toFile()).start();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), Files.readString(said, StandardCharsets.ISO_8859_1));
    }
}
