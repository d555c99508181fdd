package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lib.host.ConfigFile;
import lib.host.Fault;
import lib.host.Setting;
import lib.site.Access;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// TOML to words, and a complaint with line and column for everything that is wrong.
class ConfigFileTest {
    @TempDir
    private Path directory;

    private Path file(String toml) throws IOException {
        return Files.writeString(directory.resolve("c.toml"), toml);
    }

    private List<String> complaints(String toml) throws IOException {
        Path path = file(toml);
        Fault fault = assertThrows(Fault.class, () -> ConfigFile.read(path));
        assertEquals(Fault.USAGE, fault.exitCode());
        return fault.getMessage().lines().map(line -> line.replace(directory + "/", "")).toList();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            port = 81                               | PORT       | 81
            timeout = 3                             | TIMEOUT    | 3
            timeout = "500ms"                       | TIMEOUT    | 500ms
            docbase = "/srv"                        | DOCBASE    | /srv
            virthost = true                         | VIRTHOST   | true
            daemon = true                           | FOREGROUND | false
            daemon = false                          | FOREGROUND | true
            indexfiles = ["a.html", "b.html"]       | INDEX      | a.html,b.html
            indexfiles = "a.html"                   | INDEX      | a.html
            user = "www-data:adm"                   | USER       | www-data:adm
            user = 33                               | USER       | 33
            server = ""                             | SERVER_NAME | ''
            max-target = "8k"                       | MAX_TARGET | 8k
            """)
    void aKeySaysWhatTheLineWouldSay(String toml, Setting setting, String value) throws Exception {
        assertEquals(List.of(value), ConfigFile.read(file(toml)).words().get(setting).stream().map(Setting.Word::value).toList());
    }

    @Test
    void anAddressAndAFieldMayBeOneOrAList() throws Exception {
        ConfigFile.Contents contents = ConfigFile.read(file("address = \"::1\"\nheader = [\"A: b\", \"C: d, e\"]\n"));
        assertEquals(1, contents.words().get(Setting.ADDRESS).size());
        assertEquals(List.of("A: b", "C: d, e"), contents.words().get(Setting.HEADER).stream().map(Setting.Word::value).toList());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            prot = 80                            | c.toml:1:1: there is no key 'prot' here; did you mean 'port'?
            doc-base = "x"                       | c.toml:1:1: there is no key 'doc-base' here; did you mean 'docbase'?
            deamon = true                        | c.toml:1:1: there is no key 'deamon' here; did you mean 'daemon'?
            port = true                          | c.toml:1:1: port takes a number or a text in quotes.
            port = 8.5                           | c.toml:1:1: port takes a number or a text in quotes.
            virthost = "yes"                     | c.toml:1:1: virthost takes true or false.
            docbase = ["a"]                      | c.toml:1:1: docbase takes a text in quotes.
            daemon = 1                           | c.toml:1:1: daemon must be true or false.
            address = [1]                        | c.toml:1:12: address takes a text in quotes.
            mime = 1                             | c.toml:1:1: mime must be a table: [mime] on a line, then lines like gmi = "text/gemini".
            mime.x = "text"                      | c.toml:1:6: x takes a media type in quotes, such as "text/plain".
            host = 1                             | c.toml:1:1: host must be written as [[host]], once for each host.
            """)
    void whatIsWrongIsSaidWithItsPlaceAndWhatWouldBeRight(String toml, String complaint) throws Exception {
        List<String> complaints = complaints(toml);
        assertEquals(1, complaints.size(), complaints.toString());
        String place = complaint.startsWith("c.toml:1:6") ? complaint.substring(10) : complaint;
        assertTrue(complaints.getFirst().contains(place), complaints + " instead of " + complaint);
    }

    @Test
    void allThatIsWrongIsSaidAtOnce() throws Exception {
        List<String> complaints = complaints("""
                prot = 80
                virthost = 1
                [[host]]
                docbase = "/x"
                [[host]]
                names = ["a b", "ok.example"]
                port = 3
                [[host]]
                names = ["OK.example"]
                """);
        assertEquals(6, complaints.size(), complaints.toString());
        assertTrue(complaints.getFirst().startsWith("c.toml:1:1: "));
        assertTrue(complaints.get(1).startsWith("c.toml:2:1: "));
    }

    @Test
    void whatIsNoTomlIsSaidWithItsPlace() throws Exception {
        assertTrue(complaints("port = \n").getFirst().startsWith("c.toml:1:"));
        assertTrue(complaints("a = 1\nb = [1,\n").getFirst().startsWith("c.toml:"));
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        Fault fault = assertThrows(Fault.class, () -> ConfigFile.read(directory.resolve("none.toml")));
        assertTrue(fault.getMessage().contains("none.toml' can't be read"));
    }

    @Test
    void aHostHasNamesAndWordsOfItsOwn() throws Exception {
        ConfigFile.Contents contents = ConfigFile.read(file("""
                [mime]
                gmi = "text/gemini"
                ".foo" = "application/x-foo"
                [[host]]
                names = ["Example.COM", "*.example.com"]
                docbase = "/srv/example"
                header = ["A: b"]
                """));
        assertEquals(Map.of("gmi", "text/gemini", "foo", "application/x-foo"), contents.mediaTypes());
        ConfigFile.Host host = contents.hosts().getFirst();
        assertEquals(List.of("example.com", "*.example.com"), host.names());
        assertEquals("/srv/example", host.words().get(Setting.DOCBASE).getFirst().value());
    }

    @Test
    void rulesStandInTheirOrderAtTheTopAndInAHost() throws Exception {
        ConfigFile.Contents contents = ConfigFile.read(file("""
                [[access]]
                path = "/gr\u00fc\u00df/a b%20/"
                methods = ["PUT", "DELETE"]
                users = ["\u00e4nn", "bob"]
                [[access]]
                path = "/nobody"
                allow = false
                [[access]]
                methods = "write"
                users = "*"
                [[access]]
                methods = ["read"]
                allow = true
                [[host]]
                name = "h"
                auth = "eve:x:y"
                [[host.access]]
                """));
        assertEquals(List.of(
                new Access.Rule(List.of("gr\u00c3\u00bc\u00c3\u009f", "a b%20"), new Access.Methods.Named(Set.of("PUT", "DELETE")),
                        new Access.Who.These(Set.of("\u00c3\u00a4nn", "bob"))),
                new Access.Rule(List.of("nobody"), new Access.Methods.All(), new Access.Who.Nobody()),
                new Access.Rule(List.of(), new Access.Methods.Write(), new Access.Who.AnyUser()),
                new Access.Rule(List.of(), new Access.Methods.Read(), new Access.Who.Everybody())), contents.rules());
        assertEquals(List.of(new Access.Rule(List.of(), new Access.Methods.All(), new Access.Who.Everybody())),
                contents.hosts().getFirst().rules());
        assertEquals("eve:x:y", contents.hosts().getFirst().words().get(Setting.AUTH).getFirst().value());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            access = 1               | c.toml:1:1: access must be written as [[access]], once for each rule.
            access = [1]             | c.toml:1:1: access must be written as [[access]], once for each rule.
            path = 1                 | c.toml:2:1: path takes a path in quotes, such as "/private/".
            path = []                | c.toml:2:1: path takes a path in quotes, such as "/private/".
            path = "private"         | c.toml:2:1: 'private' is no path from the root of the site; write it as "/private/".
            path = "/a/../b"         | c.toml:2:1: '/a/../b' is no path from the root of the site; write it as "/private/".
            path = ["/a", "/b"]      | c.toml:2:1: '/a' is no path from the root of the site; write it as "/private/".
            methods = "put"          | c.toml:2:1: 'put' is no method; say "read", "write", or some of CONNECT, DELETE,
            methods = ["read", "PUT"] | c.toml:2:1: 'read' is no method; say "read", "write", or some of CONNECT, DELETE,
            methods = []             | c.toml:2:1: methods takes "read", "write", or a list such as ["PUT", "DELETE"].
            users = []               | c.toml:2:1: users takes names, such as ["ann", "bob"], or ["*"] for every user.
            users = true             | c.toml:2:1: users takes names, such as ["ann", "bob"], or ["*"] for every user.
            allow = "no"             | c.toml:2:1: allow takes true or false.
            user = "ann"             | c.toml:2:1: there is no key 'user' here; did you mean 'users'?
            """)
    void whatIsWrongWithARuleIsSaidWithItsPlace(String line, String complaint) throws Exception {
        List<String> complaints = complaints(line.startsWith("access") ? line : "[[access]]\n" + line + "\n");
        assertEquals(1, complaints.size(), complaints.toString());
        assertTrue(complaints.getFirst().startsWith(complaint), complaints.getFirst());
    }

    @Test
    void aRuleThatShutsUsersOutAndOneThatIsNeverHeardAreMistakes() throws Exception {
        assertTrue(complaints("[[access]]\nallow = false\nusers = [\"ann\"]\n").getFirst().startsWith("c.toml:3:1: allow = false shuts everybody out; "));
        List<String> complaints = complaints("[[access]]\nmethods = \"read\"\n[[access]]\npath = \"/a\"\nmethods = \"GET\"\nusers = [\"ann\"]\n");
        assertEquals(1, complaints.size());
        assertTrue(complaints.getFirst().startsWith("c.toml:3:1: this rule is never reached: "), complaints.getFirst());
    }

    /// The reference in the checkout: every key of the table stands in it, with the default of the classic server.
    @Test
    void theReferenceNamesEveryKeyWithItsDefault() throws Exception {
        Path reference = LawTest.root().resolve("comanche.toml");
        List<String> text = Files.readAllLines(reference);
        Map<Setting, List<Setting.Word>> words = ConfigFile.read(reference).words();
        List<String> missing = new ArrayList<>();
        for (Setting setting : Setting.values()) {
            String key = setting == Setting.FOREGROUND ? "daemon" : setting.key();
            boolean named = text.stream().anyMatch(line -> line.matches("#?" + key + " = .*"));
            boolean theDefault = !words.containsKey(setting) || seconds(words.get(setting).getFirst().value())
                    .equals(seconds(setting.fallback(Setting.Profile.CLASSIC)));
            if (!key.isEmpty() && !(named && theDefault)) {
                missing.add(key);
            }
        }
        assertEquals(List.of(), missing);
    }

    private static String seconds(String time) {
        return time.matches("[0-9]+s") ? time.substring(0, time.length() - 1) : time;
    }
}
