package tests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is loaded by the first answer? Each of these takes longer than to send a small document (10 ms and more), and the first client waits for it.
class StartTest {
    private static final List<String> LATER = List.of("java.util.regex.Pattern ", "java.lang.foreign.MemoryLayout ",
            "java.lang.runtime.ObjectMethods ", "javax.net.ssl.SSLContext ", "picocli.", "org.tomlj.", "org.commonmark.", "lib.host.Posix ");

    @TempDir
    private static Path room;

    @Test
    void whatTheFirstAnswerDoesNotNeedIsLoadedBehindIt() throws IOException {
        Path classes = room.resolve("classes");
        Path site = Files.createDirectory(room.resolve("site"));
        Files.setPosixFilePermissions(site, PosixFilePermissions.fromString("rwxr-xr-x")); // nobody else has a hand in it
        Files.writeString(site.resolve("a.txt"), "a");
        try (ComancheProcess server = ComancheProcess.start(Map.of("JDK_JAVA_OPTIONS", "-Xlog:class+load:file=" + classes),
                "serve", site.toString(), "-p", "0")) {
            assertEquals(200, server.get("/a.txt").status());
            String loaded = Files.readString(classes);
            assertTrue(loaded.contains("lib.host.Connection "), "the log is there");
            assertEquals(List.of(), LATER.stream().filter(loaded::contains).toList());
        }
    }
}
