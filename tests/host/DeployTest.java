package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The files in `deploy/`, as the programs that read them see them.
@Timeout(60)
final class DeployTest {
    private static final Path DEPLOY = deploy();

    @TempDir
    Path directory;

    @Test
    void systemdFindsNothingWrongWithTheUnits() throws Exception {
        assumeTrue(Files.exists(Path.of("/usr/bin/systemd-analyze")), "systemd-analyze is not here (Debian: systemd)");
        String unit = Files.readString(DEPLOY.resolve("comanche.service"));
        Files.writeString(directory.resolve("comanche.service"), unit.replace("/usr/local/bin/comanche ", "/bin/true "));
        Files.copy(DEPLOY.resolve("comanche.socket"), directory.resolve("comanche.socket"));

        assertEquals("", output(List.of("systemd-analyze", "verify", directory.resolve("comanche.service").toString(),
                directory.resolve("comanche.socket").toString())));
    }

    /// Each of them is in every list of hardening options, and ends a Java machine or misleads it.
    @Test
    void theUnitLeavesOutWhatAJavaMachineCanNotBear() throws Exception {
        List<String> lines = Files.readAllLines(DEPLOY.resolve("comanche.service"));
        assertFalse(lines.stream().anyMatch(line -> line.startsWith("MemoryDenyWriteExecute=")
                || line.startsWith("ProcSubset=")));
    }

    @Test
    void logrotateUnderstandsItsFile() throws Exception {
        assumeTrue(Files.exists(Path.of("/usr/sbin/logrotate")), "logrotate is not here");
        Path file = Files.copy(DEPLOY.resolve("comanche.logrotate"), directory.resolve("comanche"));

        assertFalse(output(List.of("/usr/sbin/logrotate", "-d", file.toString())).contains("error:"));
    }

    /// What it prints, on either stream; it has to succeed.
    private static String output(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    private static Path deploy() {
        String named = System.getProperty("comanche.root");
        Path here = named == null ? Path.of("").toAbsolutePath() : Path.of(named).toAbsolutePath();
        return Stream.iterate(here, up -> up != null, Path::getParent).map(up -> up.resolve("deploy"))
                .filter(Files::isDirectory).findFirst().orElseThrow();
    }
}
