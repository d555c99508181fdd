package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.regex.Pattern;
import lib.host.ErrorLog;
import lib.host.LogFile;
import lib.http.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// One line for each thing that an operator can do something about.
@Timeout(60)
class ErrorLogTest {
    private static final int FOREVER = Integer.MAX_VALUE;

    @TempDir
    Path room;

    /// The lines without their times.
    private static List<String> sentences(Disk disk) {
        return disk.text().lines().map(line -> line.substring(line.indexOf(' ') + 1)).toList();
    }

    @Test
    void aLineIsTimeKindAndSentence() {
        Disk disk = new Disk(FOREVER);
        OffsetDateTime before = OffsetDateTime.now().truncatedTo(ChronoUnit.SECONDS);
        try (ErrorLog log = new ErrorLog(LogFile.to("disk", disk))) {
            log.error("One.");
            log.warning("Two.");
            log.notice("Three.");
        }
        assertEquals(List.of("error One.", "warning Two.", "notice Three."), sentences(disk));
        OffsetDateTime time = OffsetDateTime.parse(disk.text().substring(0, disk.text().indexOf(' ')));
        assertTrue(!time.isBefore(before) && !time.isAfter(OffsetDateTime.now()));
        assertEquals("2026-11-24T09:15:02+01:00".length(), disk.text().indexOf(' '));
    }

    /// `<hh>` is the character of that number.
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            a<0a>b           | a\\nb
            <1b>[31mred      | \\u001b[31mred
            <85>x            | \\u0085x
            <202e>txt.exe    | \\u202etxt.exe
            <e0001>          | \\u0e0001
            'größe' "π" 🚀   | 'größe' "π" 🚀
            """)
    void aSentenceStaysOnItsLine(String sentence, String written) {
        Disk disk = new Disk(FOREVER);
        try (ErrorLog log = new ErrorLog(LogFile.to("disk", disk))) {
            log.error(Pattern.compile("<([0-9a-f]+)>").matcher(sentence)
                    .replaceAll(found -> Character.toString(Integer.parseInt(found.group(1), 16))));
        }
        assertEquals(List.of("error " + written), sentences(disk));
    }

    @Test
    void aSentenceThatComesAgainIsCounted() {
        Disk disk = new Disk(FOREVER);
        try (ErrorLog log = new ErrorLog(LogFile.to("disk", disk))) {
            for (int i = 0; i < 38; i++) {
                log.warning("It rains.");
            }
            log.warning("It snows.");
            log.error("It rains.");
        }
        assertEquals(List.of("warning It rains.", "warning It snows.", "error It rains.",
                "warning It rains. (37 times more)"), sentences(disk));
    }

    @Test
    void theCountIsWrittenWhenTheTimeIsOverAndThenTheSentenceIsNewAgain() {
        Disk disk = new Disk(FOREVER);
        try (ErrorLog log = new ErrorLog(LogFile.to("disk", disk), Duration.ofMillis(50))) {
            log.warning("It rains.");
            log.warning("It rains.");
            Waiting.until(() -> sentences(disk).equals(List.of("warning It rains.", "warning It rains. (1 times more)")));
            Waiting.until(() -> {
                log.warning("It rains.");
                return sentences(disk).size() > 2;
            });
        }
    }

    @Test
    void thousandsOfDifferentSentencesAreNeitherRememberedNorWaitedFor() {
        Disk disk = new Disk(FOREVER);
        disk.stick();
        try (ErrorLog log = new ErrorLog(LogFile.to("disk", disk))) {
            assertTimeout(Duration.ofSeconds(5), () -> {
                for (int i = 0; i < 100_000; i++) {
                    log.error("Number " + i + " is wrong.");
                }
            });
            disk.free(FOREVER);
            Waiting.until(() -> disk.text().contains("lines of this log are lost."));
        }
        assertEquals("error Number 0 is wrong.", sentences(disk).getFirst());
        assertTrue(sentences(disk).size() < 1000);
    }

    @Test
    void aStreamThatIsStuckDoesNotHoldUpTheEnd() {
        Disk disk = new Disk(FOREVER);
        disk.stick();
        ErrorLog log = new ErrorLog(LogFile.to("disk", disk));
        log.error("One.");
        assertTimeout(Duration.ofSeconds(10), log::close);
    }

    @Test
    void aDefectIsOneLineWithItsClassAndOurOwnFrame() {
        Disk disk = new Disk(FOREVER);
        try (ErrorLog log = new ErrorLog(LogFile.to("disk", disk))) {
            try {
                Target.parse(null, "GET");
            } catch (NullPointerException defect) {
                log.defect("A request could not be answered", defect);
            }
            try {
                List.copyOf(null);
            } catch (NullPointerException defect) {
                log.defect("A request could not be answered", defect);
            }
            RuntimeException bare = new IllegalStateException("evil\nmessage");
            bare.setStackTrace(new StackTraceElement[0]);
            log.defect("A request could not be answered", bare);
        }
        List<String> lines = sentences(disk);
        assertTrue(lines.get(0).matches("error A request could not be answered: java\\.lang\\.NullPointerException at "
                + "lib\\.http\\.Target\\.parse\\(Target\\.java:\\d+\\)\\."), lines.get(0));
        assertTrue(lines.get(1).contains(" at java.base/java.util."), lines.get(1));
        assertEquals("error A request could not be answered: java.lang.IllegalStateException at an unknown place.",
                lines.get(2));
    }

    @Test
    void itIsReopenedUnderItsName() throws Exception {
        Path path = room.resolve("error.log");
        try (ErrorLog log = new ErrorLog(LogFile.open(path))) {
            log.error("One.");
            Waiting.until(() -> Files.size(path) > 0);
            Files.move(path, room.resolve("error.log.1"));
            log.reopen();
            Waiting.until(() -> Files.exists(path));
            log.error("Two.");
        }
        assertTrue(Files.readString(room.resolve("error.log.1")).endsWith(" error One.\n"));
        assertTrue(Files.readString(path).endsWith(" error Two.\n"));
    }
}
