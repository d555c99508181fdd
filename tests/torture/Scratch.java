package tests.torture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/// A small tree to ask for, and a secret beside it.
final class Scratch {
    static final String SECRET = "TOP-SECRET";

    /// Documents `t0.txt` to `t9.txt`, each of which holds its own name.
    static final int DOCUMENTS = 10;

    private Scratch() {}

    /// Makes `tree` in an empty directory; returns the directory.
    static Path tree(Path directory) throws IOException {
        Path dir = Files.createDirectories(directory.resolve("tree/dir"));
        Files.writeString(directory.resolve("secret.txt"), SECRET);
        for (int i = 0; i < DOCUMENTS; i++) {
            Files.writeString(directory.resolve("tree/t" + i + ".txt"), "t" + i + ".txt");
        }
        Files.writeString(dir.resolve("page.html"), "<p>a page\n");
        Files.writeString(dir.resolve("README.md"), "# Title\n\n[link](page.html)\n");
        Files.write(dir.resolve("large.bin"), new byte[100_000]);
        Files.writeString(dir.resolve("page.html.gz"), "not really");
        Files.createSymbolicLink(directory.resolve("tree/out"), Path.of("../secret.txt"));
        return directory;
    }

    /// Removes it when all is over.
    static Path passing(Path directory) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(directory)));
        return directory;
    }

    private static void remove(Path directory) {
        try (Stream<Path> all = Files.walk(directory)) {
            all.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
