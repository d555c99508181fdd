package tests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import tests.process.Processes.Outcome;

/// What the README's chapter on the fixture server, and the workflow, say to do, is done.
class FixtureChapterTest {
    @TempDir
    Path room;

    private String chapter;
    private Map<String, String> environment;

    /// `comanche` is this one; in the place of npm and npx stands something that asks for the same file.
    @BeforeEach
    void furnish() throws IOException {
        String readme = Files.readString(Processes.checkout().resolve("README.md"));
        int begin = readme.indexOf("\n## Fixture server\n");
        chapter = readme.substring(begin, readme.indexOf("\n## ", begin + 1));
        Files.writeString(Files.createDirectory(room.resolve("site")).resolve("app.js"), "let a = 1;\n");

        Path programs = Files.createDirectory(room.resolve("bin"));
        String comanche = ComancheProcess.command().stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
        program(programs.resolve("comanche"), "exec " + comanche + " \"$@\"");
        program(programs.resolve("npm"), "curl -sSf \"$COMANCHE_URL/app.js\"");
        program(programs.resolve("npx"), "curl -sSf \"$COMANCHE_URL/app.js\"");
        environment = ComancheProcess.environment(Map.of("PATH", programs + ":" + System.getenv("PATH"),
                "HOME", room.toString(), "RUNNER_TEMP", room.toString()));
    }

    private static void program(Path path, String line) throws IOException {
        Files.writeString(path, "#!/bin/sh\n" + line + "\n");
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void theCommandsOfTheChapterWork() {
        List<String> commands = chapter.lines().filter(line -> line.startsWith("    comanche run ")).toList();
        assertTrue(commands.size() >= 4, commands.toString());
        for (String command : commands) {
            Outcome outcome = Processes.run(room, environment, List.of("sh", "-c", command));
            assertEquals(new Outcome(0, "let a = 1;\n", ""), outcome, command);
        }
    }

    private static List<MatchResult> matches(String pattern, String text) {
        return Pattern.compile(pattern).matcher(text).results().toList();
    }

    /// With another `main` than the chapter's, whose library these tests have no other use for.
    @Test
    void theJUnitExampleCompilesAndPasses() throws Exception {
        String example = matches("(?s)```java\n(.*?)```", chapter).getFirst().group(1);
        String source = example.replaceAll("(?m)^.*ConsoleLauncher.*\n", "").replace("Path.of(\"site\")",
                "Path.of(\"" + room.resolve("site") + "\")");
        Path file = Files.writeString(room.resolve("SiteTest.java"), source);
        int code = ToolProvider.getSystemJavaCompiler().run(null, null, null, "-d", room.toString(), "-cp",
                System.getProperty("java.class.path"), file.toString());
        assertEquals(0, code);

        SummaryGeneratingListener summary = new SummaryGeneratingListener();
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader classes = new URLClassLoader(new URL[] {room.toUri().toURL()}, before)) {
            thread.setContextClassLoader(classes);
            LauncherFactory.create().execute(LauncherDiscoveryRequestBuilder.request()
                    .selectors(DiscoverySelectors.selectClass(classes.loadClass("SiteTest"))).build(), summary);
        } finally {
            thread.setContextClassLoader(before);
        }
        assertEquals(List.of(), summary.getSummary().getFailures());
        assertEquals(1, summary.getSummary().getTestsSucceededCount());
    }

    @Test
    void theWorkflowPinsWhatItUsesAndItsTestWorks() throws IOException {
        Path checkout = Processes.checkout();
        String workflow = Files.readString(checkout.resolve(".github/workflows/fixture.yml"));
        assertEquals(List.of(), workflow.lines().filter(line -> line.contains("uses: "))
                .filter(line -> !line.matches(".* uses: [a-z/-]+@[0-9a-f]{40} # v[0-9.]+")).toList());

        String block = matches("(?m)run: \\|\n((?: {10}.*\n)+)", workflow).getFirst().group(1);
        String command = block.replace("./jbang Comanche.java", "comanche");
        assertEquals(new Outcome(0, "", ""), Processes.run(checkout, environment, List.of("sh", "-c", command)));
        assertTrue(Files.readString(room.resolve("journal.jsonl")).contains("\"target\":\"/README.md\""));
    }
}
