package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.gateway.CgiProgram;
import lib.gateway.FastCgiApplication;
import lib.host.Configuration;
import lib.host.Fault;
import lib.host.ProgramSettings;
import lib.host.Setting;
import lib.host.Settings;
import lib.site.PathPattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Which programs answer: by the line, the environment and the file.
class ProgramSettingsTest {
    @TempDir
    private Path directory;

    private Settings read(String toml, String... patterns) throws IOException, Fault {
        Path file = Files.writeString(directory.resolve("c.toml"), toml);
        Map<Setting, List<String>> line = patterns.length == 0
                ? Map.of(Setting.CONFIG, List.of(file.toString()), Setting.DOCBASE, List.of(directory.toString()))
                : Map.of(Setting.CONFIG, List.of(file.toString()), Setting.DOCBASE, List.of(directory.toString()), Setting.CGI, List.of(patterns));
        return new Configuration(Setting.Profile.SERVE, line, Map.of()).read();
    }

    private static ProgramSettings plain(String pattern) {
        return new ProgramSettings.Cgi(PathPattern.parse(pattern).orElseThrow(), CgiProgram.PLAIN);
    }

    @Test
    void thoseOfTheLineComeBeforeThoseOfTheFile() throws Exception {
        assertEquals(List.of(plain("*.cgi"), plain("/a/"), plain("/b/*.pl")),
                read("[[cgi]]\npath = \"/b/*.pl\"\n", "*.cgi", "/a").site().programs());
    }

    @Test
    void aTableSaysAllThatCanBeSaidOfAProgram() throws Exception {
        assertEquals(List.of(new ProgramSettings.Cgi(PathPattern.parse("/x/").orElseThrow(), new CgiProgram(List.of(),
                        List.of("/bin/sh", "-c", "gr\u00c3\u00bcn"), Map.of("A_1", "\u00c3\u00a4", "B", ""), Duration.ofSeconds(5), Optional.of(Duration.ofHours(1)), 7))),
                read("""
                        [[cgi]]
                        path = "/x/"
                        program = ["/bin/sh", "-c", "gr\u00fcn"]
                        environment = { A_1 = "\u00e4", B = "" }
                        timeout = 5
                        lifetime = "1h"
                        at-once = 7
                        """).site().programs());
    }

    /// A command without a slash lies where commands lie.
    @Test
    void aCommandIsLookedForWhereTheSystemHasThem() throws Exception {
        ProgramSettings.Cgi cgi = (ProgramSettings.Cgi) read("[[cgi]]\npath = \"*.sh\"\ninterpreter = \"env\"\n").site().programs().getFirst();
        assertEquals(List.of("/usr/bin/env"), cgi.program().interpreter());
    }

    @Test
    void aHostHasProgramsOfItsOwnOrThoseOfTheTop() throws Exception {
        Settings settings = read("""
                [[cgi]]
                path = "/top/"
                [[host]]
                names = "a"
                [[host.cgi]]
                path = "/own/"
                [[host]]
                names = "b"
                """);
        assertEquals(List.of(plain("/own/")), settings.hosts().getFirst().site().programs());
        assertEquals(List.of(plain("/top/")), settings.hosts().getLast().site().programs());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            timeout = "1s"                                  | c.toml:1:1: [[cgi]] needs a path, such as "/cgi-bin/" or "*.php".
            path = "cgi"                                    | c.toml:2:1: path 'cgi' is no pattern; say for example "/cgi-bin/", "*.php" or "/app/*.pl".
            path = ["/a/", "/b/"]                           | c.toml:2:1: path '/b/' is one too many; say one.
            path = 1                                        | c.toml:2:1: path takes a text in quotes.
            path = "/a/"; interpretor = "x"                 | c.toml:3:1: there is no key 'interpretor' here; did you mean 'interpreter'?
            path = "/a/"; interpreter = "/no/such"          | c.toml:3:1: interpreter '/no/such' is no program that this user can run; name one that is there, with its whole path.
            path = "/a/"; interpreter = "nosuchcommand"     | c.toml:3:1: interpreter 'nosuchcommand' is no program that this user can run; name one that is there, with its whole path.
            path = "/a/"; interpreter = "sh"; program = "sh" | c.toml:4:1: program 'sh' leaves an interpreter nothing to do; leave one of the two out.
            path = "*.a"; program = "sh"                    | c.toml:2:1: path '*.a' has a star, but the program answers for every path below one; say "/app/".
            path = "/a/"; timeout = "x"                     | c.toml:3:1: timeout 'x' is no time above zero and within a year; say for example 60s, 500ms or 2m.
            path = "/a/"; lifetime = 0                      | c.toml:3:1: lifetime '0' is no time above zero and within a year; say for example 60s, 500ms or 2m.
            path = "/a/"; at-once = 0                       | c.toml:3:1: at-once '0' is not a number from 1 to 10000.
            path = "/a/"; at-once = 1.5                     | c.toml:3:1: at-once takes a text in quotes or a number.
            path = "/a/"; environment = "x"                 | c.toml:3:1: environment takes a table of texts, such as environment = { LANG = "C.UTF-8" }.
            path = "/a/"; environment = { a-b = "x" }       | c.toml:1:1: environment 'a-b' can't be a variable; its name is letters, digits and _.
            """)
    void whatIsWrongWithATableIsSaid(String lines, String complaint) {
        Fault fault = assertThrows(Fault.class, () -> read("[[cgi]]\n" + lines.replace("; ", "\n") + "\n"));
        assertEquals(Fault.USAGE, fault.exitCode());
        assertEquals(List.of(complaint), fault.getMessage().lines().map(line -> line.replace(directory + "/", "")).toList());
    }

    @Test
    void whatIsNoPatternOnTheLineIsSaid() {
        Fault fault = assertThrows(Fault.class, () -> read("", "cgi-bin"));
        assertEquals("--cgi 'cgi-bin' is no pattern; say for example /cgi-bin/, *.cgi or '/app/*.pl'.", fault.getMessage());
    }

    @Test
    void aTableSaysAllThatCanBeSaidOfAnApplication() throws Exception {
        FastCgiApplication application = new FastCgiApplication(List.of(InetSocketAddress.createUnresolved("php", 9000),
                UnixDomainSocketAddress.of("/run/php.sock")), Map.of("A", "\u00c3\u00a4"), Optional.of("/var/www"), Duration.ofSeconds(5),
                Duration.ofMillis(500), 7, Duration.ZERO);
        assertEquals(List.of(new ProgramSettings.FastCgi(PathPattern.parse("/x/").orElseThrow(), false, application)), read("""
                [[fastcgi]]
                path = "/x/"
                application = true
                address = ["php:9000", "unix:/run/php.sock"]
                parameters = { A = "\u00e4" }
                root = "/var/www"
                timeout = 5
                connect-timeout = "500ms"
                connections = 7
                keep = 0
                """).site().programs());
    }

    @ParameterizedTest
    @CsvSource({"*.php=127.0.0.1:9000, *.php, 127.0.0.1:9000", "/a/*.php=[::1]:1, /a/*.php, ::1:1", "/a=localhost:1, /a/, localhost:1"})
    void theLineSaysAPatternAndAnAddress(String word, String pattern, String address) throws Exception {
        ProgramSettings.FastCgi program = (ProgramSettings.FastCgi) onLine(word).site().programs().getFirst();
        assertEquals(pattern, program.pattern().toString());
        InetSocketAddress inet = (InetSocketAddress) program.application().addresses().getFirst();
        assertEquals(address, inet.getHostString() + ':' + inet.getPort());
        assertTrue(program.files());
    }

    /// A server that goes to the background leaves the directory that it was started in.
    @Test
    void aSocketIsFoundFromWhereverTheServerIs() throws Exception {
        ProgramSettings.FastCgi program = (ProgramSettings.FastCgi) onLine("*.php=unix:php.sock").site().programs().getFirst();
        assertEquals(List.of(UnixDomainSocketAddress.of(Path.of("php.sock").toAbsolutePath())), program.application().addresses());
    }

    private Settings onLine(String fastCgi) throws Fault {
        return new Configuration(Setting.Profile.SERVE, Map.of(Setting.DOCBASE, List.of(directory.toString()), Setting.FASTCGI,
                List.of(fastCgi)), Map.of()).read();
    }

    @ParameterizedTest
    @ValueSource(strings = {"*.php", "*.php=", "=127.0.0.1:9000", "php=127.0.0.1:9000", "*.php=127.0.0.1", "*.php=9000", "*.php=host:0", "*.php=*",
            "*.php=unix:", "*.php=host:70000"})
    void whatIsNoPatternAndAddressIsSaid(String word) {
        Fault fault = assertThrows(Fault.class, () -> onLine(word));
        assertEquals("--fastcgi '" + word + "' is no pattern and address; say for example '*.php=127.0.0.1:9000' or "
                + "'/app/*.php=unix:/run/php-fpm.sock'.", fault.getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            path = "*.php"                             | c.toml:1:1: [[fastcgi]] needs an address, such as "127.0.0.1:9000" or "unix:/run/php-fpm.sock".
            path = "*.php"; address = "9000"           | c.toml:3:1: address '9000' is no address; say for example "127.0.0.1:9000" or "unix:/run/php-fpm.sock".
            path = "*.php"; address = ["a:1", "b"]     | c.toml:3:1: address 'b' is no address; say for example "127.0.0.1:9000" or "unix:/run/php-fpm.sock".
            address = "a:1"                            | c.toml:1:1: [[fastcgi]] needs a path, such as "/cgi-bin/" or "*.php".
            path = "*.php"; address = "a:1"; application = true  | c.toml:2:1: path '*.php' has a star, but the application answers for every path below one; say "/app/".
            path = "/a/"; address = "a:1"; application = "yes"   | c.toml:4:1: application takes true or false.
            path = "/a/"; address = "a:1"; keep = "long"         | c.toml:4:1: keep 'long' is no time above zero and within a year; say for example 60s, 500ms or 2m.
            path = "/a/"; address = "a:1"; connections = 0       | c.toml:4:1: connections '0' is not a number from 1 to 10000.
            path = "/a/"; address = "a:1"; adress = "b:1"        | c.toml:4:1: there is no key 'adress' here; did you mean 'address'?
            """)
    void whatIsWrongWithATableOfAnApplicationIsSaid(String lines, String complaint) {
        Fault fault = assertThrows(Fault.class, () -> read("[[fastcgi]]\n" + lines.replace("; ", "\n") + "\n"));
        assertEquals(List.of(complaint), fault.getMessage().lines().map(line -> line.replace(directory + "/", "")).toList());
    }

    @Test
    void programsNeedADirectory() throws IOException {
        Path file = Files.writeString(directory.resolve("one"), "");
        Fault fault = assertThrows(Fault.class, () -> new Configuration(Setting.Profile.SERVE,
                Map.of(Setting.DOCBASE, List.of(file.toString()), Setting.CGI, List.of("*.cgi")), Map.of()).read());
        assertTrue(fault.getMessage().contains("is no directory, and programs need one; serve the directory that it lies in."), fault.getMessage());
    }
}
