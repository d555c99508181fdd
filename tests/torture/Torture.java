package tests.torture;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;

/// How long is it tortured? A short while in the suite; as long as it takes to be believed with `COMANCHE_TORTURE=long`.
final class Torture {
    private static final boolean LONG = "long".equals(System.getenv("COMANCHE_TORTURE"));

    private Torture() {}

    /// The same command with its classes in a jar, which the server holds open, as it does in real life: each file of a directory of
    /// classes would take a descriptor at the moment when it is first needed.
    static List<String> packed(List<String> command, Path jar) {
        List<String> packed = new ArrayList<>(command);
        int classPath = packed.indexOf("-cp") + 1;
        List<String> entries = new ArrayList<>();
        for (String entry : packed.get(classPath).split(":")) {
            if (Files.exists(Path.of(entry, "Comanche.class"))) {
                ToolProvider.findFirst("jar").orElseThrow().run(System.out, System.err, "cf", jar.toString(), "-C", entry, ".");
                entries.addFirst(jar.toString());
            } else {
                entries.add(entry);
            }
        }
        packed.set(classPath, String.join(":", entries));
        return packed;
    }

    /// So many times: `few` in the suite, `many` in the long form.
    static int rounds(int few, int many) {
        return LONG ? many : few;
    }
}
