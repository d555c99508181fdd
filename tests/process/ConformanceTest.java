package tests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.process.Processes.Outcome;

/// Strictness, judged by others: the cases of Http11Probe. They stand beside the checkout in our workshop only.
class ConformanceTest {
    /// Its table fails every 405, although the case itself wants "405 + Allow"; `ConnectionTest` looks for that Allow.
    private static final String WRONG_CASE = "COMP-405-ALLOW";

    @Test
    void everyCaseOfTheProbePasses(@TempDir Path site) throws IOException {
        Path probe = Processes.checkout().resolve("../shared/conformance/probe.py").normalize();
        assumeTrue(Files.exists(probe), probe + " is not here");
        Files.writeString(site.resolve("index.html"), "<p>Hello");
        try (ComancheProcess server = ComancheProcess.serve(site, "-q")) {
            Outcome outcome = Processes.run(site, ComancheProcess.environment(Map.of()),
                    List.of("python3", probe.toString(), "127.0.0.1", Integer.toString(server.port())));
            List<String> failed = outcome.outLines().stream().filter(line -> line.startsWith("FAIL "))
                    .filter(line -> !line.startsWith("FAIL " + WRONG_CASE + " ")).toList();
            assertEquals(List.of(), failed);
            assertTrue(outcome.outLines().getLast().matches("\\d{3,} passed, [01] failed"), outcome.toString());
            assertEquals("", server.stop().err());
        }
    }
}
