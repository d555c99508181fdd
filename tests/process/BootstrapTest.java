package tests.process;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.process.Processes.Outcome;
import tests.process.Processes.Running;

/// The file `jbang`, the bootstrap, from outside: a home, a cache and a PATH of its own, and no network. Most tests give it
/// a Java that is a shell script and does what the variable FAKE_JAVA says; those about arguments, signals and input run
/// jbang itself.
class BootstrapTest {
    private static final Path CHECKOUT = Processes.checkout();
    private static final Path SCRIPT = CHECKOUT.resolve("jbang");

    /// Says how it was called, as jbang's own output is passed on.
    private static final String TELL = "echo \"$0 JAVA_HOME=${JAVA_HOME-}\"; echo \"options: $*\"";

    @TempDir
    Path room;

    /// Shared, so that the one script that jbang itself runs is compiled once.
    @TempDir
    static Path dotJbang;

    private Path home;
    private Path tools;
    private Path bootstrap;
    private final Map<String, String> environment = new HashMap<>();

    /// A PATH with what a shell has, and curl. The machine's own places for Java are moved below the room, because no test
    /// may depend on what is installed.
    @BeforeEach
    void furnish() throws IOException {
        room = room.toRealPath();
        home = Files.createDirectory(room.resolve("home"));
        tools = Files.createDirectory(room.resolve("tools"));
        for (String tool : "sha256sum openssl readlink mkdir mktemp mv rm id sleep echo env curl".split(" ")) {
            take(tool);
        }
        Matcher places = Pattern.compile("(?<= )/(?=(usr|opt|Library)/\\S*\\*)").matcher(Files.readString(SCRIPT));
        bootstrap = executable(room.resolve("jbang"), places.replaceAll(Matcher.quoteReplacement(room + "/")));
        environment.putAll(Map.of("HOME", home.toString(), "PATH", tools.toString(), "FAKE_JAVA", TELL));
    }

    // What it says when it cannot go on

    @Test
    void withoutAnyJavaItSaysWhatToInstall() {
        assertOneSentence("there is no Java: install a JDK 25 or newer", start("Hello.java"));
    }

    @Test
    void withoutCurlAndWgetItSaysWhatToInstall() throws IOException {
        java("JAVA_HOME", "25.0.3", "javac");
        Files.delete(tools.resolve("curl"));
        assertOneSentence("neither curl nor wget: install one of them", start("Hello.java"));
    }

    @Test
    void withoutAToolForTheChecksumItSaysWhatToInstall() throws IOException {
        java("JAVA_HOME", "25.0.3", "javac");
        Files.deleteIfExists(tools.resolve("sha256sum"));
        Files.deleteIfExists(tools.resolve("openssl"));
        assertOneSentence("install sha256sum, openssl or shasum", start("Hello.java"));
    }

    /// A cache below a file, not one without permission: for root there is no such thing.
    @Test
    void aCacheThatCannotBeWrittenIsNamed() throws IOException {
        java("JAVA_HOME", "25.0.3", "javac");
        Path file = Files.createFile(room.resolve("file"));
        environment.put("XDG_CACHE_HOME", file.toString());
        assertOneSentence("cannot write to " + file + "/comanche: make it writable", start("Hello.java"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"curl", "wget"})
    void anAddressThatCannotBeReachedIsNamed(String tool) throws IOException {
        only(tool);
        java("JAVA_HOME", "25.0.3", "javac");
        String closed;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = "http://127.0.0.1:" + socket.getLocalPort();
        }
        environment.put("COMANCHE_MAVEN", closed);
        assertFailedToFetch("cannot fetch " + closed + "/dev/jbang/", start("Hello.java"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"curl", "wget"})
    void aDownloadThatFailsLeavesNothing(String tool) throws IOException {
        only(tool);
        java("JAVA_HOME", "25.0.3", "javac");
        environment.put("COMANCHE_MAVEN", "http://mirror.invalid");
        executable(tools.resolve(tool), "#!/bin/sh\necho '(6) no such host' >&2\nexit 6\n");
        Outcome outcome = start("Hello.java");
        assertFailedToFetch("cannot fetch http://mirror.invalid/dev/jbang/", outcome);
        assertTrue(outcome.err().contains("((6) no such host)"), outcome.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"curl", "wget"})
    void whatHasTheWrongChecksumIsRemoved(String tool) throws IOException {
        only(tool);
        java("JAVA_HOME", "25.0.3", "javac");
        try (Repository repository = new Repository("not the jar".getBytes())) {
            environment.put("COMANCHE_MAVEN", repository.address());
            assertFailedToFetch("(wrong SHA-256) and was removed: try again", start("Hello.java"));
        }
    }

    @Test
    void aJarThatBreaksOffIsNotKept() throws IOException {
        java("JAVA_HOME", "25.0.3", "javac");
        try (Repository repository = new Repository(exchange -> {
            exchange.sendResponseHeaders(200, 1_000_000);
            exchange.getResponseBody().write(new byte[1000]);
            exchange.getResponseBody().flush();
            throw new IOException("the connection breaks");
        })) {
            environment.put("COMANCHE_MAVEN", repository.address());
            assertFailedToFetch("cannot fetch", start("Hello.java"));
        }
    }

    /// The signal goes to the shell alone, as from a service manager; curl is not told.
    @Test
    void aStopWhileItFetchesLeavesNothing() throws Exception {
        java("JAVA_HOME", "25.0.3", "javac");
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch stopped = new CountDownLatch(1);
        try (Repository repository = new Repository(exchange -> {
            asked.countDown();
            await(stopped);
            exchange.sendResponseHeaders(200, 1);
            exchange.getResponseBody().write('x');
            exchange.close();
        })) {
            environment.put("COMANCHE_MAVEN", repository.address());
            try (Running running = Processes.start(room, environment, List.of(bootstrap.toString(), "Hello.java"))) {
                await(asked);
                running.terminate();
                stopped.countDown();
                assertNotEquals(0, running.outcome().code());
            }
        }
        assertEquals(List.of(), cached());
    }

    // The jar

    @ParameterizedTest
    @ValueSource(strings = {"curl", "wget"})
    void theJarIsFetchedOnceAndSaidInOneLine(String tool) throws IOException {
        only(tool);
        java("JAVA_HOME", "25.0.3", "javac");
        try (Repository repository = new Repository(Files.readAllBytes(genuineJar()))) {
            environment.put("COMANCHE_MAVEN", repository.address());
            Outcome first = start("Hello.java");
            Outcome second = start("Hello.java");
            assertEquals(List.of("comanche: fetching jbang " + version() + " (9 MB) from " + repository.address()),
                    first.errLines());
            assertEquals("", second.err());
            assertEquals(1, repository.requests());
            assertEquals(List.of(jar().getFileName().toString()), cached());
        }
    }

    /// And the archive of its classes, which belongs to that file, is made anew.
    @ParameterizedTest
    @ValueSource(strings = {"empty", "truncated", "changed"})
    void aDamagedJarInTheCacheIsFetchedAgain(String damage) throws IOException {
        java("JAVA_HOME", "25.0.3", "javac");
        byte[] genuine = Files.readAllBytes(genuineJar());
        byte[] damaged = Arrays.copyOf(genuine, damage.equals("empty") ? 0
                : damage.equals("truncated") ? genuine.length - 1 : genuine.length);
        if (damage.equals("changed")) {
            damaged[genuine.length / 2]++;
        }
        Files.createDirectories(jar().getParent());
        Files.write(jar(), damaged);
        Files.createFile(archive());
        try (Repository repository = new Repository(genuine)) {
            environment.put("COMANCHE_MAVEN", repository.address());
            assertEquals(0, start("Hello.java").code());
            assertEquals(1, repository.requests());
            assertEquals(-1, Files.mismatch(jar(), genuineJar()));
            assertEquals(List.of(jar().getFileName().toString()), cached());
        }
    }

    /// The repository answers when it has been asked twice, so that both are in the middle of it.
    @Test
    void twoThatStartAtOnceBothWork() throws Exception {
        java("JAVA_HOME", "25.0.3", "javac");
        byte[] genuine = Files.readAllBytes(genuineJar());
        CountDownLatch both = new CountDownLatch(2);
        try (Repository repository = new Repository(exchange -> {
            both.countDown();
            await(both);
            exchange.sendResponseHeaders(200, genuine.length);
            exchange.getResponseBody().write(genuine);
            exchange.close();
        })) {
            environment.put("COMANCHE_MAVEN", repository.address());
            try (Running one = Processes.start(room, environment, List.of(bootstrap.toString(), "one"));
                    Running other = Processes.start(room, environment, List.of(bootstrap.toString(), "other"))) {
                assertTrue(one.outcome().out().endsWith(" one\n"), one.toString());
                assertTrue(other.outcome().out().endsWith(" other\n"), other.toString());
            }
        }
        assertEquals(List.of(jar().getFileName().toString()), cached());
    }

    /// jbang fails if it builds one script twice at once. The first runs until it gets its input; the second's sleep says
    /// that it waits.
    @Test
    void theSecondWaitsUntilTheFirstIsThroughWithJbang() throws IOException {
        keepJar();
        java("JAVA_HOME", "25.0.3", "javac");
        take("sleep", "echo waits >&2");
        Files.createFile(room.resolve("Hello.java"));
        environment.put("FAKE_JAVA", "[ -e busy ] && exit 9; echo >busy; echo builds >&2; read -r line; rm busy");
        List<String> command = List.of(bootstrap.toString(), "Hello.java");
        try (Running first = Processes.start(room, environment, command)) {
            first.awaitErr("builds");
            try (Running second = Processes.start(room, environment, command)) {
                second.awaitErr("waits");
                first.input("");
                second.input("");
                assertEquals(0, first.outcome().code());
                assertEquals(0, second.outcome().code());
            }
        }
        assertEquals(List.of(jar().getFileName().toString()), cached());
    }

    @Test
    void nobodyWaitsForTheDead() throws IOException {
        keepJar();
        java("JAVA_HOME", "25.0.3", "javac");
        take("sleep", "echo waits >&2");
        Files.createFile(room.resolve("Hello.java"));
        try (Running dead = Processes.start(room, environment, List.of("/bin/sh", "-c", "exit"))) {
            dead.outcome();
            Files.writeString(jar().resolveSibling("lock"), dead.pid() + "\n");
        }
        Outcome outcome = start("Hello.java");
        assertEquals(0, outcome.code());
        assertEquals("", outcome.err());
        assertEquals(List.of(jar().getFileName().toString()), cached());
    }

    /// A daemon's environment often lacks it. The home directory is then the one of the user, whom the tests leave alone.
    @Test
    void withoutHomeTheCacheMayStillBeNamed() throws IOException {
        java("JAVA_HOME", "25.0.3", "javac");
        keepJar();
        environment.put("XDG_CACHE_HOME", home.resolve(".cache").toString());
        environment.remove("HOME");
        assertEquals("", start("Hello.java").err());
    }

    // Which Java

    /// In the first column what is there, one beside the other; then the one that the bootstrap takes. A Java that is too
    /// old for the script, or cannot compile it, still runs jbang, and jbang then sees JAVA_HOME as it was.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            JAVA_HOME 25.0.3, PATH 26.0.1                               | JAVA_HOME
            JAVA_HOME 17.0.15, PATH 25.0.3                              | PATH
            JAVA_HOME 17.0.15, PATH 1.8.0_402, .jbang/cache/jdks/25 25  | .jbang/cache/jdks/25
            .jbang/currentjdk 25.0.3                                    | .jbang/currentjdk
            PATH 17.0.15, usr/lib/jvm/java-25 25.0.3                    | usr/lib/jvm/java-25
            opt/jdk 25.0.3                                              | opt/jdk
            usr/local/openjdk25 25.0.3                                  | usr/local/openjdk25
            .sdkman/candidates/java/26-open 26-ea                       | .sdkman/candidates/java/26-open
            .jdks/temurin-25 25.0.3                                     | .jdks/temurin-25
            Library/Java/JavaVirtualMachines/a.jdk/Contents/Home 25.0.3 | Library/Java/JavaVirtualMachines/a.jdk/Contents/Home
            .jdks/11 11.0.2, .jdks/9 9, .jdks/jre 25.0.3 without javac, .jdks/x 25.0.3 | .jdks/x
            """)
    void theFirstJdkThatIsNewEnoughIsTaken(String present, String taken) throws IOException {
        keepJar();
        Map<String, Path> homes = new HashMap<>();
        for (String one : present.split(", ")) {
            String[] words = one.split(" ", 3);
            homes.put(words[0], java(words[0], words[1], words.length == 2 ? "javac" : "no javac"));
        }
        Path expected = homes.get(taken);
        assertEquals(expected + "/bin/java JAVA_HOME=" + expected, start("Hello.java").outLines().getFirst());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            JAVA_HOME | 17.0.15
            PATH      | 11.0.2
            PATH      | 1.8.0_402
            .jdks/jre | 25.0.3
            """)
    void anotherJavaRunsJbangWhichMayThenFetchAJdk(String place, String release) throws IOException {
        keepJar();
        Path java = java(place, release, "no javac");
        String unchanged = environment.getOrDefault("JAVA_HOME", "");
        assertEquals(java + "/bin/java JAVA_HOME=" + unchanged, start("Hello.java").outLines().getFirst());
    }

    @Test
    void aJavaOnThePathWithoutAReleaseFileRunsJbang() throws IOException {
        keepJar();
        executable(tools.resolve("java"), "#!/bin/sh\n" + TELL);
        assertEquals(tools + "/java JAVA_HOME=", start("Hello.java").outLines().getFirst());
    }

    @Test
    void whenJbangFindsNoJdkEitherItSaysWhatToInstall() throws IOException {
        keepJar();
        java("PATH", "17.0.15", "javac");
        environment.put("FAKE_JAVA", "exit 4");
        Outcome outcome = start("Hello.java");
        assertEquals(4, outcome.code());
        assertEquals("comanche: there is no JDK 25: install one, or set JAVA_HOME.\n", outcome.err());
    }

    // What jbang answers

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 130, 143, 254})
    void otherCodesThan255ArePassedOnWithTheOutput(int code) throws IOException {
        keepJar();
        java("JAVA_HOME", "25.0.3", "javac");
        environment.put("FAKE_JAVA", "echo 'two  words *'; echo; echo \"it's\"; echo why >&2; exit " + code);
        assertEquals(new Outcome(code, "two  words *\n\nit's\n", "why\n"), start("Hello.java"));
    }

    @Test
    void noOutputStaysNoOutput() throws IOException {
        keepJar();
        java("JAVA_HOME", "25.0.3", "javac");
        environment.put("FAKE_JAVA", "exit 0");
        assertEquals(new Outcome(0, "", ""), start("Hello.java"));
    }

    @Test
    void theScriptGetsTheEnvironmentAsItWas() throws IOException {
        keepJar();
        java(".jdks/25", "25.0.3", "javac");
        environment.put("FAKE_JAVA", "echo env; exit 255");
        environment.put("LANG", "de_AT.UTF-8");
        List<String> without = List.of("PWD=", "OLDPWD=", "SHLVL=", "_=");
        assertEquals(environment.entrySet().stream().map(Object::toString).sorted().toList(), start("Hello.java").outLines()
                .stream().filter(line -> without.stream().noneMatch(line::startsWith)).sorted().toList());
    }

    /// A JVM in the locale C cannot open a file whose name is not ASCII. An operator's other choice is left alone.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                             | C.UTF-8
            LANG=C           | C.UTF-8
            LC_ALL=POSIX     | C.UTF-8
            LC_CTYPE=C       | C.UTF-8
            LANG=de_AT.UTF-8 | ''
            LC_ALL=en_US     | en_US
            """)
    void theLocaleCIsNotForJava(String variable, String expected) throws IOException {
        keepJar();
        java("JAVA_HOME", "25.0.3", "javac");
        if (variable != null) {
            environment.put(variable.split("=")[0], variable.split("=")[1]);
        }
        environment.put("FAKE_JAVA", "echo 'echo ${LC_ALL-}'; exit 255");
        assertEquals(expected + "\n", start("Hello.java").out());
    }

    /// A link to it stands in `else where`, itself on the PATH.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            .          | ./jbang Hello.java
            else where | ../jbang Hello.java
            else where | ./jbang Hello.java
            .          | "else where/jbang" Hello.java
            else where | jbang Hello.java
            """)
    void itWorksHoweverItIsCalled(String directory, String command) throws IOException {
        keepJar();
        java("JAVA_HOME", "25.0.3", "javac");
        Files.createSymbolicLink(Files.createDirectory(room.resolve("else where")).resolve("jbang"), bootstrap);
        environment.put("PATH", tools + ":" + room);
        Outcome outcome = Processes.run(room.resolve(directory), environment, List.of("/bin/sh", "-c", command));
        assertTrue(outcome.out().endsWith("-jar " + jar() + " Hello.java\n"), outcome.toString());
    }

    // The archive of jbang's classes

    /// Not at the end of the run that fetches the jar: that one has waited enough.
    @Test
    void theArchiveIsMadeOnceAndKeptOnlyIfTheScriptRan() throws IOException {
        javaWithArchives();
        environment.put("FAKE_JAVA", """
                did=without
                for option; do
                    case $option in
                        -XX:ArchiveClassesAtExit=*) echo made >"${option#*=}"; did=makes ;;
                        -XX:SharedArchiveFile=*) read -r did <"${option#*=}" ;;
                    esac
                done
                echo "echo $did"; exit $CODE""");
        environment.put("CODE", "255");
        try (Repository repository = new Repository(Files.readAllBytes(genuineJar()))) {
            environment.put("COMANCHE_MAVEN", repository.address());
            assertEquals("without\n", start("Hello.java").out());
        }
        environment.put("CODE", "1");
        assertEquals("echo makes\n", start("--version").out());
        environment.put("CODE", "255");
        assertEquals("makes\n", start("Hello.java").out());
        assertEquals("made\n", start("Hello.java").out());
        assertEquals(List.of(archive().getFileName().toString(), jar().getFileName().toString()), cached());
    }

    @Test
    void anArchiveThatKillsTheJvmIsRemoved() throws IOException {
        keepJar();
        javaWithArchives();
        Files.createFile(archive());
        environment.put("FAKE_JAVA", "exit 134");
        assertEquals(134, start("Hello.java").code());
        assertEquals(List.of(jar().getFileName().toString()), cached());
    }

    private void javaWithArchives() throws IOException {
        Path server = java("JAVA_HOME", "25.0.3", "javac").resolve("lib/server");
        Files.createFile(Files.createDirectories(server).resolve("classes.jsa"));
    }

    private Path archive() throws IOException {
        return jar().resolveSibling("jbang-" + version() + "-java-25.0.3+9.jsa");
    }

    // A jbang on the PATH

    @Test
    void aJbangOnThePathIsPreferred() throws IOException {
        Path java = java(".jdks/25", "25.0.3", "javac");
        executable(tools.resolve("jbang"), "#!/bin/sh\necho real $$ \"$JAVA_HOME\"\nprintf '<%s>\\n' \"$@\"\nexit 3\n");
        List<String> arguments = List.of("a b", "*", "", "$HOME", "it's", "x\ny");
        List<String> command = new ArrayList<>(List.of(bootstrap.toString()));
        command.addAll(arguments);
        try (Running running = Processes.start(room, environment, command)) {
            String told = arguments.stream().map(argument -> "<" + argument + ">\n").collect(joining());
            assertEquals(new Outcome(3, "real " + running.pid() + " " + java + "\n" + told, ""), running.outcome());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"itself", "a link to it", "a copy of it", "a wrapper around it", "a directory", "a plain file"})
    void whatIsNoOtherJbangIsPassedOver(String what) throws IOException {
        keepJar();
        java("JAVA_HOME", "25.0.3", "javac");
        Path directory = Files.createDirectory(room.resolve("first"));
        Path found = directory.resolve("jbang");
        switch (what) {
            case "itself" -> directory = room;
            case "a link to it" -> Files.createSymbolicLink(found, bootstrap);
            case "a copy of it" -> Files.copy(SCRIPT, found);
            case "a wrapper around it" -> executable(found, "#!/bin/sh\nexec '" + bootstrap + "' \"$@\"\n");
            case "a directory" -> Files.createDirectory(found);
            default -> Files.createFile(found);
        }
        environment.put("PATH", directory + ":" + tools);
        assertTrue(start("Hello.java").out().contains("-jar " + jar()));

        if (!what.startsWith("a wrapper")) {
            executable(tools.resolve("jbang"), "#!/bin/sh\necho real\n");
            assertEquals("real\n", start("Hello.java").out());
        }
    }

    // With jbang itself

    @Test
    void theScriptGetsItsArgumentsAsTheyAre() throws IOException {
        withJbang();
        List<String> arguments = List.of("plain", "two words", "  ", "it's", "''", "\"", "*", "?", "[a-z]", "{a,b}", "~",
                "$HOME", "${HOME}", "$(id)", "`id`", "$$", "!!", "\\", "\\\\", "a\\nb", "a\nb", "\n", "end\n", "a\tb", "#", "a=b",
                "-n", "--", "&", ";", "|", "<", ">", "ü", "€", "😀", "x@y", "100%");
        List<String> command = new ArrayList<>(List.of(bootstrap.toString(), "Probe.java", "print"));
        command.addAll(arguments);
        Outcome outcome = Processes.run(room, environment, command);
        assertEquals(arguments.stream().map(BootstrapTest::codePoints).toList(), outcome.outLines());
        assertEquals(0, outcome.code());
    }

    /// A cache of jbang's of their own, so that both find nothing built.
    @Test
    void twoFirstStartsOfAScriptAtOnceBothWork() throws IOException {
        withJbang();
        environment.put("JBANG_DIR", home.resolve(".jbang").toString());
        List<String> command = List.of(bootstrap.toString(), "Probe.java", "print", "x");
        try (Running one = Processes.start(room, environment, command);
                Running other = Processes.start(room, environment, command)) {
            assertEquals(codePoints("x") + "\n", one.outcome().out(), one.toString());
            assertEquals(codePoints("x") + "\n", other.outcome().out(), other.toString());
        }
    }

    @Test
    void theSecondStartOfAScriptSaysNothingOfItsOwn() throws IOException {
        withJbang();
        start("Probe.java", "print");
        assertEquals(new Outcome(0, codePoints("x") + "\n", ""), start("Probe.java", "print", "x"));
        assertEquals(new Outcome(0, codePoints("x") + "\n", ""), start("Probe.java", "print", "x"));
    }

    /// The process that was started is the script in the end: its id, its input, its exit code.
    @Test
    void theScriptTakesTheShellsPlace() throws IOException {
        withJbang();
        try (Running running = Processes.start(room, environment, List.of(bootstrap.toString(), "Probe.java", "read"))) {
            running.input("what was typed\n");
            Outcome outcome = running.outcome();
            assertEquals(running.pid() + "\nwhat was typed\n", outcome.out());
            assertEquals(42, outcome.code());
        }
    }

    @Test
    void aSignalReachesTheScript() throws IOException {
        withJbang();
        try (Running running = Processes.start(room, environment, List.of(bootstrap.toString(), "Probe.java", "wait"))) {
            running.awaitOut("waiting");
            running.terminate();
            Outcome outcome = running.outcome();
            assertEquals("waiting\nstopped\n", outcome.out());
            assertEquals(143, outcome.code());
        }
    }

    /// A library in a repository of our own, and beside the bootstrap what it is meant to be.
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLibraryThatIsNotTheOneThatWasMeantIsRefused(boolean meant) throws Exception {
        withJbang();
        Path place = Files.createDirectories(room.resolve("maven/test/thing/1"));
        Files.writeString(place.resolve("thing-1.pom"), "<project><modelVersion>4.0.0</modelVersion><groupId>test</groupId>"
                + "<artifactId>thing</artifactId><version>1</version></project>");
        Path jar = Files.write(place.resolve("thing-1.jar"), HexFormat.of().parseHex("504b0506" + "00".repeat(18))); // an empty zip
        String sha256 = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(jar)));
        Files.writeString(room.resolve("checksums.sha256"), (meant ? sha256 : "0".repeat(64)) + "  test/thing/1/thing-1.jar\n");
        Files.writeString(room.resolve("Needs.java"), """
                //JAVA 25+
                //REPOS ours=%s
                //DEPS test:thing:1
                class Needs {
                    public static void main(String[] arguments) {
                        System.out.println("it ran");
                    }
                }
                """.formatted(room.resolve("maven").toUri()));

        environment.put("JBANG_REPO", home.resolve("repository").toString());
        environment.put("JBANG_DIR", home.resolve(".jbang").toString());
        Outcome outcome = start("Needs.java");
        assertEquals(meant ? "it ran\n" : "", outcome.out(), outcome.err());
        assertEquals(meant, outcome.code() == 0);
        assertEquals(!meant, outcome.err().contains("trusted checksum mismatch"), outcome.err());
    }

    private static String codePoints(String text) {
        return text.codePoints().mapToObj(Integer::toHexString).collect(joining(" "));
    }

    /// The Java of this test, the jar, and a script for jbang to run.
    private void withJbang() throws IOException {
        keepJar();
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        environment.put("JBANG_DIR", dotJbang.toString());
        Files.writeString(room.resolve("Probe.java"), """
                //JAVA 25+
                public class Probe {
                    public static void main(String[] arguments) throws Exception {
                        switch (arguments[0]) {
                            case "print" -> {
                                for (String argument : java.util.Arrays.asList(arguments).subList(1, arguments.length)) {
                                    String[] points = argument.codePoints().mapToObj(Integer::toHexString).toArray(String[]::new);
                                    System.out.println(String.join(" ", points));
                                }
                            }
                            case "read" -> {
                                System.out.println(ProcessHandle.current().pid());
                                System.in.transferTo(System.out);
                                System.exit(42);
                            }
                            default -> {
                                Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("stopped")));
                                System.out.println("waiting");
                                System.in.read();
                            }
                        }
                    }
                }
                """);
    }

    // The room's furniture

    private Outcome start(String... arguments) {
        List<String> command = new ArrayList<>(List.of(bootstrap.toString()));
        command.addAll(List.of(arguments));
        return Processes.run(room, environment, command);
    }

    private static void assertOneSentence(String part, Outcome outcome) {
        assertNotEquals(0, outcome.code());
        assertEquals("", outcome.out());
        assertEquals(1, outcome.errLines().size(), outcome.err());
        assertTrue(outcome.err().matches("comanche: .*\\.\n") && outcome.err().contains(part), outcome.err());
    }

    private void assertFailedToFetch(String part, Outcome outcome) throws IOException {
        assertTrue(outcome.err().startsWith("comanche: fetching jbang "), outcome.err());
        String second = outcome.err().substring(outcome.err().indexOf('\n') + 1);
        assertOneSentence(part, new Outcome(outcome.code(), outcome.out(), second));
        assertEquals(List.of(), cached());
    }

    /// A Java home in one of the bootstrap's places: JAVA_HOME, PATH, below the home directory if it begins with a dot, else
    /// below the room.
    private Path java(String place, String release, String javac) throws IOException {
        Path at = place.startsWith(".") ? home.resolve(place) : room.resolve(place);
        Files.createDirectories(at.resolve("bin"));
        Files.writeString(at.resolve("release"), """
                IMPLEMENTOR="Nobody"
                JAVA_RUNTIME_VERSION="%1$s+9"
                JAVA_VERSION="%1$s"
                """.formatted(release));
        executable(at.resolve("bin/java"), "#!/bin/sh\neval \"$FAKE_JAVA\"\n");
        if (javac.equals("javac")) {
            executable(at.resolve("bin/javac"), "#!/bin/sh\n");
        }
        switch (place) {
            case "JAVA_HOME" -> environment.put("JAVA_HOME", at.toString());
            case "PATH" -> Files.createSymbolicLink(tools.resolve("java"), at.resolve("bin/java"));
            default -> { }
        }
        return at;
    }

    private Path jar() throws IOException {
        return home.resolve(".cache/comanche/jbang-cli-" + version() + "-all.jar");
    }

    private void keepJar() throws IOException {
        Files.createDirectories(jar().getParent());
        try {
            Files.createLink(jar(), genuineJar());
        } catch (IOException _) {
            Files.copy(genuineJar(), jar());
        }
    }

    private List<String> cached() throws IOException {
        Path cache = home.resolve(".cache/comanche");
        if (!Files.exists(cache)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(cache)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static String version() throws IOException {
        return Files.readAllLines(SCRIPT).stream().filter(line -> line.startsWith("version=")).findFirst().orElseThrow()
                .substring("version=".length());
    }

    /// The jar in the user's own cache; if it is not there, the bootstrap fetches it as it does for the user. Without it and
    /// without a network, the tests that need it are not run.
    private Path genuineJar() throws IOException {
        Map<String, String> own = new HashMap<>(System.getenv());
        Path cache = own.containsKey("XDG_CACHE_HOME") ? Path.of(own.get("XDG_CACHE_HOME"))
                : Path.of(own.getOrDefault("HOME", System.getProperty("user.home")), ".cache");
        Path genuine = cache.resolve("comanche").resolve(jar().getFileName());
        if (!Files.exists(genuine)) {
            own.putAll(Map.of("PATH", tools.toString(), "JAVA_HOME", System.getProperty("java.home")));
            Outcome outcome = Processes.run(room, own, List.of(SCRIPT.toString(), "version"));
            assumeTrue(Files.exists(genuine), outcome.err());
        }
        return genuine.toRealPath();
    }

    private static Path executable(Path file, String text) throws IOException {
        Files.deleteIfExists(file);
        Files.writeString(file, text);
        assertTrue(file.toFile().setExecutable(true));
        return file;
    }

    /// Of curl and wget the named one; the test is not run where it is not installed.
    private void only(String tool) throws IOException {
        Files.deleteIfExists(tools.resolve("curl"));
        take(tool);
        assumeTrue(Files.exists(tools.resolve(tool)), tool + " is not installed");
    }

    /// The tool of this machine, if it has it. Not by a symbolic link: JUnit warns of each that leads out of the room.
    private void take(String tool) throws IOException {
        take(tool, "");
    }

    private void take(String tool, String first) throws IOException {
        for (String directory : System.getenv("PATH").split(":")) {
            Path candidate = Path.of(directory, tool).toAbsolutePath();
            if (Files.isExecutable(candidate)) {
                executable(tools.resolve(tool), "#!/bin/sh\n" + first + "\nexec " + candidate + " \"$@\"\n");
                return;
            }
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(60, TimeUnit.SECONDS), "it did not come to that");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /// A mirror of Maven Central on the loopback address that has one file.
    private static final class Repository implements AutoCloseable {
        private final AtomicInteger requests = new AtomicInteger();
        private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        private final HttpServer server;

        Repository(byte[] file) throws IOException {
            this(exchange -> {
                exchange.sendResponseHeaders(200, file.length);
                exchange.getResponseBody().write(file);
                exchange.close();
            });
        }

        Repository(HttpHandler handler) throws IOException {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.setExecutor(threads);
            server.createContext("/dev/jbang/jbang-cli/" + version() + "/jbang-cli-" + version() + "-all.jar", exchange -> {
                requests.incrementAndGet();
                handler.handle(exchange);
            });
            server.start();
        }

        String address() {
            return "http://127.0.0.1:" + server.getAddress().getPort();
        }

        int requests() {
            return requests.get();
        }

        @Override
        public void close() {
            server.stop(0);
            threads.close();
        }
    }
}
