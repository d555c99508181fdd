package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lib.host.Setting;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// The law of the house: a file mentions only files that stand above it in the list of sources.
class LawTest {
    private static final Pattern SOURCES = Pattern.compile("(?m)^//SOURCES\\s+(\\S+)\\s*$");
    private static final Pattern FILES = Pattern.compile("(?m)^//FILES\\s+(?:\\S+=)?(\\S+)\\s*$");
    private static final Pattern IDENTIFIER = Pattern.compile("\\b[A-Za-z_][A-Za-z0-9_]*\\b");

    /// Comments of both kinds, text blocks, strings, characters: whatever is no code, the first that begins.
    private static final Pattern NO_CODE = Pattern.compile(
            "//[^\n]*|/\\*(?s:.*?)\\*/|\"\"\"(?s:.*?[^\\\\])\"\"\"|\"(?:[^\"\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\n]|\\\\.)+'");

    private static Path checkout;
    private static List<String> sources;
    private static Map<String, String> code;

    @BeforeAll
    static void read() throws IOException {
        checkout = root();
        sources = listed(SOURCES);
        code = new HashMap<>();
        for (String source : files("lib", ".java")) {
            code.put(source, code(checkout.resolve(source)));
        }
        code.put("Comanche.java", code(checkout.resolve("Comanche.java")));
    }

    /// The checkout that we run in.
    static Path root() {
        Path directory = Path.of("").toAbsolutePath();
        while (!Files.exists(directory.resolve("Comanche.java"))) {
            directory = directory.getParent();
        }
        return directory;
    }

    private static List<String> listed(Pattern directive) throws IOException {
        List<String> listed = new ArrayList<>();
        for (Matcher line = directive.matcher(Files.readString(checkout.resolve("Comanche.java"))); line.find(); ) {
            listed.addAll(Arrays.asList(line.group(1).split(",")));
        }
        return listed;
    }

    private static List<String> files(String below, String ending) throws IOException {
        try (Stream<Path> files = Files.walk(checkout.resolve(below))) {
            return files.filter(Files::isRegularFile).map(file -> checkout.relativize(file).toString())
                    .filter(name -> name.endsWith(ending)).sorted().toList();
        }
    }

    private static String code(Path file) throws IOException {
        return NO_CODE.matcher(Files.readString(file)).replaceAll(" ");
    }

    private static String type(String source) {
        return source.substring(source.lastIndexOf('/') + 1, source.length() - ".java".length());
    }

    /// A script that is fetched over http cannot expand a glob.
    @Test
    void theListNamesEveryFileOnceAndHasNoGlobs() throws IOException {
        assertEquals(sources.stream().sorted().toList(), files("lib", ".java"));
        assertEquals(sources.size(), new HashSet<>(sources).size());
        assertTrue(sources.stream().noneMatch(source -> source.contains("*") || source.contains("?")));
    }

    @Test
    void thePagesAreListedToo() throws IOException {
        if (Files.exists(checkout.resolve("lib/page"))) {
            List<String> pages = files("lib/page", "");
            List<String> listed = listed(FILES);
            pages.forEach(page -> assertTrue(listed.contains(page), page));
        }
    }

    @Test
    void noTwoFilesHaveTheSameName() {
        assertEquals(sources.size(), sources.stream().map(LawTest::type).distinct().count());
    }

    @Test
    void aFileMentionsOnlyFilesThatStandAboveIt() {
        List<String> offences = new ArrayList<>();
        Set<String> below = new HashSet<>(sources.stream().map(LawTest::type).toList());
        for (String source : sources) {
            below.remove(type(source));
            for (Matcher word = IDENTIFIER.matcher(code.getOrDefault(source, "")); word.find(); ) {
                if (below.contains(word.group())) {
                    offences.add(source + " mentions " + word.group());
                }
            }
        }
        assertEquals(List.of(), offences.stream().distinct().toList());
    }

    @Test
    void theRoomsStandInTheirOrder() {
        List<String> rooms = sources.stream().map(source -> source.split("/")[1]).distinct().toList();
        assertEquals(List.of("http", "wire", "site", "gateway", "host"), rooms);
        sources.forEach(source -> assertTrue(code.getOrDefault(source, "").contains("package lib." + source.split("/")[1] + ";"), source));
    }

    /// `Path` and `Files` may be used anywhere; the step from a name to a real file may not.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            java.lang.foreign | lib/host/Posix.java
            org.tomlj         | lib/host/TomlFile.java lib/host/ConfigFile.java lib/host/RulesFile.java
            picocli           | Comanche.java
            SSLContext        | lib/host/Tls.java
            KeyFactory        | lib/host/Certificates.java
            org.commonmark    | lib/site/Readme.java
            at.favre.lib      | lib/site/Password.java
            org.apache.commons.codec | lib/site/Password.java
            Authorization.of  | lib/site/Credentials.java
            sun.misc          | lib/host/Signals.java
            toRealPath        | lib/site/Docroot.java lib/host/Reach.java
            execv             | lib/host/Posix.java lib/host/Sandbox.java
            landlockRestrictSelf | lib/host/Posix.java lib/host/Sandbox.java
            FileNames.path    | lib/site/Docroot.java
            ProcessBuilder    | lib/gateway/Launch.java lib/host/Command.java lib/host/Daemon.java lib/host/LocalAuthority.java lib/host/PasswordPrompt.java
            java.net.http     | nowhere
            System.exit       | Comanche.java
            java.lang.reflect | nowhere
            """)
    void whatIsDangerousOrForeignStandsInOneFileOrFew(String words, String only) {
        Pattern wanted = Pattern.compile("\\b" + Pattern.quote(words) + "\\b");
        List<String> places = code.entrySet().stream().filter(file -> wanted.matcher(file.getValue()).find()).map(Map.Entry::getKey)
                .filter(file -> !List.of(only.split(" ")).contains(file)).toList();
        assertEquals(List.of(), places);
    }

    @Test
    void theRoomsBelowTheMachineOpenNoSocketsAndTheFirstTouchesNoFiles() {
        code.forEach((file, text) -> {
            if (!file.startsWith("lib/host/") && !file.startsWith("lib/gateway/") && !file.equals("Comanche.java")) {
                assertFalse(text.matches("(?s).*\\b(ServerSocketChannel|ServerSocket|Socket|DatagramChannel)\\b.*"), file);
            }
            if (file.startsWith("lib/http/") || file.startsWith("lib/wire/")) {
                assertFalse(text.matches("(?s).*\\b(Files|Path|FileSystems)\\b.*"), file);
                assertFalse(text.matches("(?s).*\\b(Instant|Clock)\\.now\\b.*"), file);
            }
            assertFalse(file.startsWith("lib/") && text.matches("(?s).*\\bimport module\\b.*"), file);
        });
    }

    @Test
    void everyPromiseNamesTestsThatThereAre() throws IOException {
        List<String> tests = files("tests", ".java").stream().map(LawTest::type).toList();
        List<String> missing = Pattern.compile("`([A-Za-z]+Test)`").matcher(Files.readString(checkout.resolve("SECURITY.md"))).results()
                .map(name -> name.group(1)).filter(name -> !tests.contains(name)).toList();
        assertEquals(List.of(), missing);
    }

    @Test
    void theCatalogNamesTheScript() throws IOException {
        String catalog = Files.readString(checkout.resolve("jbang-catalog.json"));
        assertTrue(Pattern.compile("\"comanche\"\\s*:\\s*\\{[^}]*\"script-ref\"\\s*:\\s*\"Comanche.java\"").matcher(catalog).find(), catalog);
    }

    @ParameterizedTest
    @EnumSource(Setting.class)
    void everyOptionIsInTheReadme(Setting setting) throws IOException {
        String readme = Files.readString(checkout.resolve("README.md"));
        for (String option : setting.options()) {
            assertTrue(Pattern.compile("(?<![A-Za-z-])" + Pattern.quote(option) + "(?![A-Za-z-])").matcher(readme).find(), option);
        }
    }
}
