package tests.process;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/// The class path of this JVM as jars that every user may read: what a server needs that gives up its root or its user.
final class ClassPath {
    private ClassPath() {}

    /// @param shared an empty directory, from then on open to all
    static String packed(Path shared) throws IOException {
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxr-xr-x"));
        List<String> jars = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(":")) {
            Path from = Path.of(entry).toAbsolutePath();
            Path jar = shared.resolve(jars.size() + ".jar");
            if (Files.isDirectory(from)) {
                pack(from, jar);
            } else if (Files.exists(from)) {
                Files.copy(from, jar);
            }
            Files.setPosixFilePermissions(jar, PosixFilePermissions.fromString("rw-r--r--"));
            jars.add(jar.toString());
        }
        return String.join(":", jars);
    }

    private static void pack(Path directory, Path jar) throws IOException {
        try (Stream<Path> tree = Files.walk(directory);
                OutputStream out = Files.newOutputStream(jar);
                JarOutputStream packed = new JarOutputStream(out)) {
            for (Path path : tree.filter(Files::isRegularFile).toList()) {
                packed.putNextEntry(new ZipEntry(directory.relativize(path).toString()));
                Files.copy(path, packed);
            }
        }
    }
}
