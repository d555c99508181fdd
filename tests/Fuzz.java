///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+

// A coverage-guided fuzzer: ./jbang tests/Fuzz.java TARGET [RUNS [DIR]]; without arguments it names the targets.

//DEPS com.code-intelligence:jazzer:0.30.0
//RUNTIME_OPTIONS -Xmx512m -Xshare:off -XX:+EnableDynamicAgentLoading --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow

//SOURCES ../Comanche.java
//SOURCES torture/Answers.java
//SOURCES torture/FieldTrials.java
//SOURCES torture/FileTrials.java
//SOURCES torture/FuzzTarget.java
//SOURCES torture/Pieces.java
//SOURCES torture/Scratch.java
//SOURCES torture/SecondReader.java
//SOURCES torture/Seeds.java
//SOURCES torture/Trial.java
//SOURCES torture/WireTrials.java

import com.code_intelligence.jazzer.Jazzer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import tests.torture.FuzzTarget;
import tests.torture.Seeds;

/// Feeds one target with what Jazzer makes of its corpus: inputs that take a branch which none has taken are kept and changed
/// further. Stops at the first that breaks something, and prints it as a line for the corpus.
public final class Fuzz {
    private static final String RUNS = "100000";

    private static FuzzTarget target;

    private Fuzz() {}

    /// @throws IOException if the inputs can't be written
    /// @throws InterruptedException never: nobody interrupts
    public static void main(String[] arguments) throws IOException, InterruptedException {
        List<String> names = Arrays.stream(FuzzTarget.values()).map(Fuzz::name).toList();
        if (arguments.length == 0 || !names.contains(arguments[0])) {
            System.err.println("Name one of " + String.join(", ", names) + "; behind it may stand how many inputs it gets, and a "
                    + "directory that keeps those worth while.");
            System.exit(2);
        }
        target = FuzzTarget.values()[names.indexOf(arguments[0])];
        Path directory = arguments.length > 2 ? Files.createDirectories(Path.of(arguments[2])) : Files.createTempDirectory("fuzz");
        List<byte[]> seeds = Seeds.of(target);
        for (int i = 0; i < seeds.size(); i++) {
            Files.write(directory.resolve("seed-" + i), seeds.get(i));
        }
        Jazzer.main(new String[] {"--target_class=Fuzz", "--instrumentation_includes=lib.**:org.tomlj.*:org.commonmark.**",
            "--coverage_report=" + directory.resolveSibling(directory.getFileName() + ".coverage"), "--reproducer_path=" + System.getProperty("java.io.tmpdir"),
            "-artifact_prefix=" + System.getProperty("java.io.tmpdir") + "/", "-timeout=20", "-max_len=20000", "-print_final_stats=1",
            "-runs=" + (arguments.length > 1 ? arguments[1] : RUNS), directory.toString()});
    }

    private static String name(FuzzTarget known) {
        return known.name().toLowerCase(Locale.ROOT);
    }

    /// What Jazzer calls first: classes that are loaded and instrumented now cost no input time or memory later.
    /// Jazzer lets assertions hold everywhere; those of a library that has some hold for nobody who runs Comanche.
    public static void fuzzerInitialize() throws Exception {
        ClassLoader.getSystemClassLoader().setPackageAssertionStatus("org.tomlj", false);
        for (byte[] seed : Seeds.of(target)) {
            target.feed(seed);
        }
    }

    /// What Jazzer calls for each input.
    public static void fuzzerTestOneInput(byte[] octets) throws Exception {
        try {
            target.feed(octets);
        } catch (Exception | Error broken) {
            System.err.println("A line for the corpus of " + name(target) + ":\n" + Seeds.line(octets));
            throw broken;
        }
    }
}
