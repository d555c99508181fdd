package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lib.host.Confinement;
import lib.host.Fault;
import lib.host.PidFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class PidFileTest {
    @TempDir
    Path directory;
    private Path path;

    @BeforeEach
    void name() {
        path = directory.resolve("comanche.pid");
    }

    @Test
    void theFileHoldsTheNumberWhileTheServerRunsAndIsGoneAfterwards() throws Exception {
        try (Forked server = Forked.start(Holder.class, path.toString())) {
            server.await("HELD");
            assertEquals(server.pid() + "\n", Files.readString(path));
            assertEquals("rw-r--r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
            assertEquals(Optional.of(server.pid()), PidFile.runningPid(path));

            server.tell("stop");
            assertEquals(0, server.code(), server::errors);
            assertFalse(Files.exists(path));
            assertEquals(Optional.empty(), PidFile.runningPid(path));
        }
    }

    @Test
    void aSecondServerIsRefusedAndToldWhoIsTheFirst() throws Exception {
        try (Forked first = Forked.start(Holder.class, path.toString())) {
            first.await("HELD");
            try (Forked second = Forked.start(Holder.class, path.toString())) {
                assertEquals(Fault.CANNOT_START, second.code());
                assertEquals("Comanche is running already (process " + first.pid() + "); stop it first (comanche stop), or "
                        + "name another file (--pidfile).\n", second.errors());
            }
            assertEquals(Optional.of(first.pid()), PidFile.runningPid(path));
        }
    }

    @Test
    void ofManyThatStartAtOnceOneRuns() throws Exception {
        List<Forked> servers = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                servers.add(Forked.start(Holder.class, path.toString()));
            }
            List<Forked> held = new ArrayList<>();
            for (Forked server : servers) {
                if (server.await("").equals("HELD")) {
                    held.add(server);
                }
            }
            assertEquals(1, held.size());
            assertEquals(Optional.of(held.getFirst().pid()), PidFile.runningPid(path));
        } finally {
            servers.forEach(Forked::close);
        }
    }

    @Test
    void theFileOfAServerThatWasKilledIsTakenOver() throws Exception {
        try (Forked first = Forked.start(Holder.class, path.toString())) {
            first.await("HELD");
            first.kill();
            first.code();
        }
        assertTrue(Files.exists(path));
        assertEquals(Optional.empty(), PidFile.runningPid(path));

        try (PidFile _ = PidFile.hold(path)) {
            assertEquals(ProcessHandle.current().pid() + "\n", Files.readString(path));
        }
        assertFalse(Files.exists(path));
    }

    @Test
    void whoOnlyAsksDoesNotKeepAServerFromStarting() throws Exception {
        Files.writeString(path, "1\n");
        Thread asking = Thread.ofPlatform().daemon().start(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                assertThrowsNothing();
            }
        });
        try {
            for (int i = 0; i < 3; i++) {
                try (Forked server = Forked.start(Holder.class, path.toString())) {
                    server.await("HELD");
                    server.tell("stop");
                    assertEquals(0, server.code(), server::errors);
                }
            }
        } finally {
            asking.interrupt();
            asking.join();
        }
    }

    private void assertThrowsNothing() {
        try {
            PidFile.runningPid(path);
        } catch (Fault _) {
            // interrupted in the middle of a read
        }
    }

    @Test
    void aFileThatHoldsSomethingElseIsNotOverwritten() throws Exception {
        Files.writeString(path, "root:x:0:0::/root:/bin/sh\n");

        Fault fault = assertThrows(Fault.class, () -> PidFile.hold(path));
        assertEquals("The pid file " + path + " can't be used: that file holds something else; name another one (--pidfile).",
                fault.getMessage());
        assertEquals("root:x:0:0::/root:/bin/sh\n", Files.readString(path));
    }

    @Test
    void aLinkIsNotFollowed() throws Exception {
        Path target = Files.writeString(directory.resolve("target"), "");
        Files.createSymbolicLink(path, target);

        assertThrows(Fault.class, () -> PidFile.hold(path));
        assertEquals("", Files.readString(target));
    }

    @Test
    void aDirectoryThatIsNotThereIsNamed() {
        Fault fault = assertThrows(Fault.class, () -> PidFile.hold(directory.resolve("none/a.pid")));
        assertEquals("The pid file " + directory.resolve("none/a.pid") + " can't be used: there is no such directory; make "
                + "it first.", fault.getMessage());
    }

    @Test
    void anEmptyPathOfNobodyIsNotRunning() throws Exception {
        assertEquals(Optional.empty(), PidFile.runningPid(path));
        Files.writeString(path, "");
        assertEquals(Optional.empty(), PidFile.runningPid(path));
    }

    /// `/run` is root's, and the server is not root any more when it ends.
    @Test
    void whoMayNotRemoveTheFileLeavesItEmpty() throws Exception {
        assumeTrue(Forked.isRoot(), "only root can change the user");

        try (Forked server = Forked.start(Holder.class, path.toString(), "nobody")) {
            server.await("HELD");
            assertEquals(Optional.of(server.pid()), PidFile.runningPid(path));
            server.tell("stop");
            assertEquals(0, server.code(), server::errors);
            assertEquals("", Files.readString(path));
            assertEquals(Optional.empty(), PidFile.runningPid(path));
        }
    }

    /// Through a directory that is outside by then.
    @Test
    void theFileIsRemovedFromWithinAJail() throws Exception {
        assumeTrue(Forked.isRoot(), "only root can change the root");
        Path jail = Files.createDirectory(directory.resolve("jail"));

        try (Forked server = Forked.start(Holder.class, path.toString(), "", jail.toString())) {
            server.await("HELD");
            server.tell("stop");
            assertEquals(0, server.code(), server::errors);
            assertFalse(Files.exists(path));
        }
    }

    /// Holds the file until it is told to stop.
    static final class Holder {
        public static void main(String[] arguments) throws Exception {
            try (PidFile _ = PidFile.hold(Path.of(arguments[0]))) {
                Confinement confinement = Confinement.of(
                        arguments.length > 2 ? Optional.of(Path.of(arguments[2])) : Optional.empty(),
                        arguments.length > 1 && !arguments[1].isEmpty() ? Optional.of(arguments[1]) : Optional.empty());
                confinement.warmUp(() -> { });
                confinement.enter();
                System.out.println("HELD");
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
            } catch (Fault fault) {
                System.out.println("REFUSED");
                System.err.println(fault.getMessage());
                System.exit(fault.exitCode());
            }
        }
    }
}
