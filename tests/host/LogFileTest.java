package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import lib.host.Fault;
import lib.host.LogFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Lines come in whole and go out whole, to the file that bears the name.
class LogFileTest {
    @TempDir
    Path room;

    private static byte[] octets(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void fileAndDirectoryAreMadeAndClosedToOthers() throws Exception {
        Path path = room.resolve("a/b/access.log");
        try (LogFile file = LogFile.open(path)) {
            file.write(octets("1\n"));
        }
        assertEquals("1\n", Files.readString(path));
        assertEquals("rw-r-----", mode(path));
        assertEquals("rwxr-x---", mode(path.getParent()));
    }

    @Test
    void whatIsThereIsKeptAndGoesOn() throws Exception {
        Path path = Files.writeString(room.resolve("access.log"), "0\n");
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw-rw-"));
        try (LogFile file = LogFile.open(path)) {
            file.write(octets("1\n"));
        }
        assertEquals("0\n1\n", Files.readString(path));
        assertEquals("rw-rw-rw-", mode(path));
    }

    @Test
    void aFileThatSomebodyElseEmptiesGoesOnAtItsFront() throws Exception {
        Path path = room.resolve("access.log");
        try (LogFile file = LogFile.open(path)) {
            file.write(octets("1\n"));
            Files.write(path, new byte[0]); // copytruncate of logrotate
            file.write(octets("2\n"));
        }
        assertEquals("2\n", Files.readString(path));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            directory      | Is a directory
            file/log       | a file stands where its directory should be
            file/a/log     | Not a directory
            directory/..   | it is a directory
            """)
    void whatIsNoFileIsAFaultThatSaysSo(String name, String reason) throws Exception {
        Files.createDirectory(room.resolve("directory"));
        Files.createFile(room.resolve("file"));
        Path path = room.resolve(name);
        String message = assertThrows(Fault.class, () -> LogFile.open(path)).getMessage();
        assertEquals("The log '" + path + "' can't be opened (" + reason + "); name a file that this user can write, or "
                + "'-' for standard output.", message);
    }

    @Test
    void reopenedItGoesOnUnderItsName() throws Exception {
        Path path = room.resolve("access.log");
        try (LogFile file = LogFile.open(path)) {
            file.write(octets("1\n"));
            Files.move(path, room.resolve("access.log.1"));
            file.write(octets("2\n"));
            file.reopen();
            file.write(octets("3\n"));
        }
        assertEquals("1\n2\n", Files.readString(room.resolve("access.log.1")));
        assertEquals("3\n", Files.readString(path));
        assertEquals("rw-r-----", mode(path));
    }

    /// As after a chroot: the path means nothing any more.
    @Test
    void itIsReopenedThroughTheDirectoryThatWasOpenedNotThroughThePath() throws Exception {
        Path before = Files.createDirectory(room.resolve("before"));
        try (LogFile file = LogFile.open(before.resolve("access.log"))) {
            file.write(octets("1\n"));
            Path after = Files.move(before, room.resolve("after"));
            Files.move(after.resolve("access.log"), after.resolve("access.log.1"));
            file.reopen();
            file.write(octets("2\n"));
            assertEquals("2\n", Files.readString(after.resolve("access.log")));
        }
        assertFalse(Files.exists(before));
    }

    @Test
    void ifItCannotBeReopenedTheOldFileGoesOn() throws Exception {
        Path path = room.resolve("access.log");
        try (LogFile file = LogFile.open(path)) {
            Files.move(path, room.resolve("access.log.1"));
            Files.createDirectory(path);
            assertThrows(IOException.class, file::reopen);
            file.write(octets("1\n"));
        }
        assertEquals("1\n", Files.readString(room.resolve("access.log.1")));
    }

    /// Root appends to what a link points to, and who may write to the directory may put one there.
    @Test
    void inADirectoryThatOthersCanWriteALinkIsNotFollowed() throws Exception {
        Path victim = Files.writeString(room.resolve("victim"), "");
        Path directory = Files.createDirectory(room.resolve("logs"));
        Path link = Files.createSymbolicLink(directory.resolve("access.log"), victim);
        LogFile.open(link).close();

        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThrows(Fault.class, () -> LogFile.open(link));
        assertEquals("", Files.readString(victim));
    }

    @Test
    void aLinkOfTheSystemSuchAsDevStdoutIsFollowed() throws Exception {
        Path device = Path.of("/dev/null");
        assumeTrue(Files.exists(device));
        try (LogFile file = LogFile.open(device)) {
            file.write(octets("1\n"));
            file.reopen();
            file.write(octets("2\n"));
        }
    }

    @Test
    void aFullDiskIsAFailureAndNothingIsTaken() throws Exception {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full));
        try (LogFile file = LogFile.open(full)) {
            IOException failure = assertThrows(IOException.class, () -> file.write(octets("1\n")));
            assertEquals("No space left on device", failure.getMessage());
            assertEquals(0, file.taken());
        }
    }

    /// Room for so many octets in the first write, then for everything: what is in the file, and how much of the first
    /// write counts as written.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0 | 0 | CC.
            1 | 3 | AA.CC.
            2 | 3 | AA.CC.
            3 | 3 | AA.CC.
            4 | 6 | AA.BB.CC.
            5 | 6 | AA.BB.CC.
            """)
    void aLineThatWasTornIsFinishedFirst(int space, int taken, String written) throws Exception {
        Disk disk = new Disk(space);
        LogFile file = LogFile.to("disk", disk);
        assertThrows(IOException.class, () -> file.write(octets("AA\nBB\n")));
        assertEquals(taken, file.taken());

        disk.free(Integer.MAX_VALUE);
        file.write(octets("CC\n"));
        assertEquals(3, file.taken());
        assertEquals(written.replace('.', '\n'), disk.text());
    }

    @Test
    void aTornLineWaitsUntilThereIsRoomForAllOfIt() throws Exception {
        Disk disk = new Disk(1);
        LogFile file = LogFile.to("disk", disk);
        assertThrows(IOException.class, () -> file.write(octets("AAAA\n")));
        disk.free(1);
        assertThrows(IOException.class, () -> file.write(octets("B\n")));
        assertEquals(0, file.taken());
        disk.free(Integer.MAX_VALUE);
        file.write(octets("C\n"));
        assertEquals("AAAA\nC\n", disk.text());
    }

    @Test
    void aStreamThatTakesALittleAtATimeGetsAll() throws Exception {
        Disk disk = new Disk(Integer.MAX_VALUE).sluggish();
        LogFile.to("disk", disk).write(octets("AAAA\nBBBB\n"));
        assertEquals("AAAA\nBBBB\n", disk.text());
    }

    @Test
    void aStreamThatTakesNothingIsAFailureNotALoop() {
        Disk disk = new Disk(0).nonBlocking();
        assertThrows(IOException.class, () -> LogFile.to("disk", disk).write(octets("1\n")));
    }

    @Test
    void onlyWhatWasMadeIsGivenAway() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root"));
        var lookup = room.getFileSystem().getUserPrincipalLookupService();
        var nobody = lookup.lookupPrincipalByName("65534");
        var nogroup = lookup.lookupPrincipalByGroupName("65534");

        Path made = room.resolve("made/access.log");
        try (LogFile file = LogFile.open(made)) {
            file.giveTo(nobody, nogroup);
        }
        assertEquals(65534, Files.getAttribute(made, "unix:uid"));
        assertEquals(65534, Files.getAttribute(made, "unix:gid"));
        assertEquals(65534, Files.getAttribute(made.getParent(), "unix:uid"));

        Path kept = Files.createFile(room.resolve("kept.log"));
        try (LogFile file = LogFile.open(kept)) {
            file.giveTo(nobody, nogroup);
        }
        assertEquals(0, Files.getAttribute(kept, "unix:uid", LinkOption.NOFOLLOW_LINKS));
        assertEquals(0, Files.getAttribute(room, "unix:uid"));
        assertTrue(Files.isRegularFile(made));
    }
}
