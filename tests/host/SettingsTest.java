package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lib.host.ConfigFile;
import lib.host.Endpoint;
import lib.host.Fault;
import lib.host.Setting;
import lib.host.Setting.Word;
import lib.host.Settings;
import lib.http.Fields;
import lib.site.Access;
import lib.site.Users;
import lib.site.Visibility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Words to settings: the line over the environment over the defaults, and a sentence for everything that is wrong.
class SettingsTest {
    private static final Map<Setting, List<String>> NOTHING = Map.of();

    /// Of `x`.
    private static final String HASH = "$apr1$GzMwYZ.w$bDqDDbOWb82F.Kv5S8BJv0";

    @TempDir
    private Path directory;

    private static Settings read(Map<Setting, List<String>> line, Map<String, String> environment) throws Fault {
        return read(Setting.Profile.SERVE, ConfigFile.Contents.NONE, line, environment);
    }

    private static Settings read(Setting.Profile profile, ConfigFile.Contents file, Map<Setting, List<String>> line,
                                 Map<String, String> environment) throws Fault {
        return Settings.of(new Settings.Sources(profile, file, environment, line, false));
    }

    private static Settings of(Setting setting, String... values) throws Fault {
        return read(Map.of(setting, List.of(values)), Map.of());
    }

    private static String complaint(Map<Setting, List<String>> line, Map<String, String> environment) {
        Fault fault = assertThrows(Fault.class, () -> read(line, environment));
        assertEquals(Fault.USAGE, fault.exitCode());
        return fault.getMessage();
    }

    private static String complaint(Setting setting, String... values) {
        return complaint(Map.of(setting, List.of(values)), Map.of());
    }

    @Test
    void nobodyNeedsToSetAnything() throws Fault {
        Settings settings = read(NOTHING, Map.of());
        assertEquals(Path.of(".").toAbsolutePath(), settings.site().docbase());
        assertEquals(List.of(), settings.addresses());
        assertEquals(8080, settings.port());
        assertFalse(settings.portChosen());
        assertEquals(List.of("index.html", "index.htm"), settings.site().manners().indexNames());
        assertTrue(settings.site().manners().listing());
        assertFalse(settings.site().manners().spa() || settings.site().manners().cors() || settings.site().manners().trace());
        assertEquals(Fields.NONE, settings.site().manners().fields());
        assertEquals(new Visibility(false, false), settings.site().visibility());
        assertFalse(settings.site().followsLinks() || settings.quiet());
        assertTrue(settings.server().startsWith("Comanche"));
        assertEquals(Duration.ofSeconds(30), settings.limits().idle());
        assertTrue(settings.limits().targetOctets() >= 8000);
    }

    @Test
    void theLineWinsOverTheEnvironmentAndThatOverTheDefault() throws Fault {
        Map<String, String> environment = Map.of("COMANCHE_PORT", "81", "COMANCHE_SPA", "true");
        assertEquals(81, read(NOTHING, environment).port());
        assertTrue(read(NOTHING, environment).portChosen());
        assertTrue(read(NOTHING, environment).site().manners().spa());
        assertEquals(82, read(Map.of(Setting.PORT, List.of("82")), environment).port());
        assertEquals(84, of(Setting.PORT, "83", "84").port());
        assertTrue(of(Setting.PORT, "8080").portChosen());
    }

    /// Every setting can be set in the environment, over the file, and under the line; and `check` shows who said it.
    @ParameterizedTest
    @EnumSource(Setting.class)
    void everySettingIsReadFromFileEnvironmentAndLineAndTheStrongerWins(Setting setting) throws Exception {
        String value = switch (setting) {
            case DOCBASE -> directory.toString();
            case LOG_FORMAT -> "json";
            case HEADER -> "A: b";
            case ON_CLASH -> "refuse";
            case EXPECT -> "GET /a";
            case FAIL_ON -> "404";
            case AUTH -> "ann:secret";
            case RULES -> Files.writeString(directory.resolve("rules.toml"), "seed = 7\n").toString();
            case CGI -> "*.cgi";
            case SANDBOX -> "off";
            case FASTCGI -> "*.php=127.0.0.1:9000";
            case AUTH_FILE -> Files.writeString(directory.resolve("users"), "ann:" + HASH + "\n").toString();
            default -> setting.isFlag() ? "true" : setting.placeholder().equals("DIR") ? "/tmp" : "7";
        };
        Word word = new Word(value, "file:1:1: x");
        ConfigFile.Contents file = new ConfigFile.Contents(Map.of(setting, List.of(word)), List.of(), Map.of(), List.of(), List.of());
        Map<String, String> environment = Map.of(setting.variable(), value);
        Map<Setting, List<String>> line = Map.of(setting, List.of(value));

        Map<Setting, List<String>> elsewhere = switch (setting) {
            case CHROOT -> Map.of(Setting.DOCBASE, List.of("/"));
            case TLS_KEY -> Map.of(Setting.TLS_CERT, List.of("x"));
            case TLS_REDIRECT, HSTS -> Map.of(Setting.TLS, List.of("true"));
            default -> NOTHING;
        };
        assertEquals("default", origin(read(NOTHING, Map.of()), setting));
        assertEquals(word.origin(), origin(read(Setting.Profile.SERVE, file, elsewhere, Map.of()), setting));
        assertEquals(setting.variable(), origin(read(Setting.Profile.SERVE, file, elsewhere, environment), setting));
        Map<Setting, List<String>> both = new HashMap<>(elsewhere);
        both.putAll(line);
        assertEquals(setting.longOption(), origin(read(Setting.Profile.SERVE, file, both, environment), setting));
    }

    private static String origin(Settings settings, Setting setting) {
        return settings.effective().get(setting).getLast().origin();
    }

    @Test
    void theClassicServerHasDefaultsOfItsOwn() throws Fault {
        Settings settings = read(Setting.Profile.CLASSIC, ConfigFile.Contents.NONE,
                Map.of(Setting.DOCBASE, List.of(directory.toString())), Map.of());
        assertEquals(List.of(new Endpoint.Inet("127.0.0.1", Optional.empty())), settings.addresses());
        assertEquals(80, settings.port());
        assertEquals(Duration.ofSeconds(3), settings.limits().idle());
        assertFalse(settings.foreground());
        assertEquals(Optional.of(Path.of("/var/log/comanche/access.log")), settings.logfile());
        assertEquals("/var/www", Setting.DOCBASE.fallback(Setting.Profile.CLASSIC));
    }

    @Test
    void insideANewRootTheDocumentBaseBeginsThere() throws Exception {
        Files.createDirectories(directory.resolve("htdocs"));
        for (String docbase : List.of("htdocs", "/htdocs", "../htdocs", "/x/../htdocs/")) {
            Settings settings = read(Map.of(Setting.CHROOT, List.of(directory.toString()),
                    Setting.DOCBASE, List.of(docbase)), Map.of());
            assertEquals(Path.of("/htdocs"), settings.site().docbase(), docbase);
            assertEquals(directory.resolve("htdocs"), settings.site().outside(), docbase);
        }
        assertTrue(complaint(Map.of(Setting.CHROOT, List.of(directory.toString()), Setting.DOCBASE, List.of("/nix")), Map.of())
                .startsWith("'/nix' is no file or directory inside the new root"));
    }

    @Test
    void inTheEnvironmentSeveralValuesAreSeparated() throws Fault {
        Settings settings = read(NOTHING, Map.of("COMANCHE_ADDRESS", "::1, 127.0.0.1:81", "COMANCHE_HEADER", "A: b, c\n\nD: e\n"));
        assertEquals(List.of(new Endpoint.Inet("::1", Optional.empty()), new Endpoint.Inet("127.0.0.1", Optional.of(81))), settings.addresses());
        assertEquals(Fields.of("A", "b, c", "D", "e"), settings.site().manners().fields());
    }

    @ParameterizedTest
    @CsvSource({"true, true", "TRUE, true", "yes, true", "on, true", "1, true", "false, false", "no, false", "off, false", "0, false", "'', false"})
    void aFlagIsOnOrOff(String value, boolean on) throws Fault {
        for (Setting flag : List.of(Setting.QUIET, Setting.FOLLOW_SYMLINKS)) {
            Settings settings = read(NOTHING, Map.of(flag.variable(), value));
            assertEquals(on, settings.quiet() || settings.site().followsLinks());
        }
        assertEquals(!on, read(NOTHING, Map.of("COMANCHE_NO_LISTING", value)).site().manners().listing());
        assertTrue(complaint(NOTHING, Map.of("COMANCHE_QUIET", "maybe")).startsWith("COMANCHE_QUIET 'maybe' is "));
    }

    @ParameterizedTest
    @CsvSource({"3, 3000", "3s, 3000", "500ms, 500", "2m, 120000", "1h, 3600000", "1S, 1000", "24h, 86400000", "3d, 259200000"})
    void aTimeHasAUnit(String text, long milliseconds) throws Fault {
        assertEquals(Duration.ofMillis(milliseconds), of(Setting.TIMEOUT, text).limits().idle());
        assertEquals(Duration.ofMillis(milliseconds), of(Setting.HEAD_TIMEOUT, text).limits().head());
        assertEquals(Duration.ofMillis(milliseconds), of(Setting.PROGRESS_TIMEOUT, text).limits().progress());
        assertEquals(Duration.ofMillis(milliseconds), of(Setting.DRAIN_TIMEOUT, text).limits().drain());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "0s", "s", "-1", "+1", "1.5s", "3 s", "3w", "3sec", "forever", "99999999999999999999", "\u0663s"})
    void whatIsNoTimeIsComplainedOf(String text) {
        assertTrue(complaint(Setting.TIMEOUT, text).startsWith("--timeout '" + text + "' is no time"));
    }

    @Test
    void certificatesAndKeysComeInPairs() throws Fault {
        Settings settings = read(Map.of(Setting.TLS_CERT, List.of("/a.pem", "/b.pem"), Setting.TLS_KEY, List.of("/a.key", "/b.key")),
                Map.of());
        assertEquals(List.of(new Settings.Pair(Path.of("/a.pem"), Optional.of(Path.of("/a.key")), List.of()),
                new Settings.Pair(Path.of("/b.pem"), Optional.of(Path.of("/b.key")), List.of())), settings.tls().orElseThrow().pairs());
        assertFalse(settings.tls().orElseThrow().local());
        assertEquals(Optional.empty(), of(Setting.TLS_CERT, "/a.p12").tls().orElseThrow().pairs().getFirst().key());
    }

    @Test
    void aHostBringsItsOwnCertificateBesideTheLocalAuthoritys() throws Fault {
        Map<Setting, List<Word>> own = Map.of(Setting.TLS_CERT, List.of(new Word("/h.p12", "file:3:1: tls-cert")));
        ConfigFile.Contents file = new ConfigFile.Contents(Map.of(), List.of(new ConfigFile.Host(List.of("h.example"), own, List.of(), List.of())), Map.of(), List.of(), List.of());
        Settings settings = read(Setting.Profile.SERVE, file, Map.of(Setting.TLS, List.of("true")), Map.of());
        assertEquals(List.of(new Settings.Pair(Path.of("/h.p12"), Optional.empty(), List.of("h.example"))),
                settings.tls().orElseThrow().pairs());
        assertTrue(settings.tls().orElseThrow().local());
        assertFalse(read(Setting.Profile.SERVE, file, NOTHING, Map.of()).tls().orElseThrow().local());
    }

    @Test
    void theLocalAuthorityIsKeptWhereTheSystemKeepsState() throws Fault {
        Map<Setting, List<String>> tls = Map.of(Setting.TLS, List.of("true"));
        assertEquals(Path.of("/h/.local/state/comanche"), read(tls, Map.of("HOME", "/h")).tls().orElseThrow().state());
        assertEquals(Path.of("/s/comanche"), read(tls, Map.of("HOME", "/h", "XDG_STATE_HOME", "/s")).tls().orElseThrow().state());
        assertEquals(Path.of("/t"), read(tls, Map.of("XDG_STATE_HOME", "/s", "COMANCHE_TLS_STATE", "/t")).tls().orElseThrow().state());
    }

    @Test
    void whatBelongsToTlsIsComplainedOfWhereItDoesNotFit() {
        assertEquals("--tls-key 'k' is one of 1 keys for 2 certificates; say --tls-cert and --tls-key in pairs.",
                complaint(Map.of(Setting.TLS_CERT, List.of("a", "b"), Setting.TLS_KEY, List.of("k")), Map.of()));
        assertEquals("--tls-redirect '80' leads nowhere without TLS; say --tls or --tls-cert, too.", complaint(Setting.TLS_REDIRECT, "80"));
        assertEquals("--hsts '1d' means nothing without TLS; say --tls or --tls-cert, too.", complaint(Setting.HSTS, "1d"));
        assertEquals("--tls-redirect '81' is the port itself, which redirects anyway; choose another, or leave it out.",
                complaint(Map.of(Setting.TLS, List.of("true"), Setting.PORT, List.of("81"), Setting.TLS_REDIRECT, List.of("81")), Map.of()));
    }

    /// Deadlines are counted in nanoseconds, of which a long holds 292 years.
    @ParameterizedTest
    @ValueSource(strings = {"999999999h", "999999999m", "2562048h"})
    void aTimeThatNoDeadlineCanHoldIsComplainedOf(String text) {
        for (Setting setting : List.of(Setting.TIMEOUT, Setting.HEAD_TIMEOUT, Setting.PROGRESS_TIMEOUT, Setting.DRAIN_TIMEOUT)) {
            assertTrue(complaint(setting, text).startsWith(setting.longOption() + " '" + text + "' is no time"));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "8000, 8000", "8k, 8192", "8K, 8192", "1m, 1048576"})
    void aSizeHasAUnitOf1024(String text, int octets) throws Fault {
        assertEquals(octets, of(Setting.MAX_TARGET, text).limits().targetOctets());
        assertEquals(octets, of(Setting.MAX_FIELDS, text).limits().fieldsOctets());
        assertEquals(octets, of(Setting.MAX_CONTENT, text).limits().contentOctets());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "k", "-1", "1.5k", "8kb", "8 k", "1t", "99999999999", "999999999g", "many"})
    void whatIsNoSizeOrTooLargeIsComplainedOf(String text) {
        for (Setting setting : List.of(Setting.MAX_TARGET, Setting.MAX_FIELDS, Setting.MAX_FIELD_LINES, Setting.MAX_RANGES, Setting.MAX_CONNECTIONS,
                Setting.MAX_CONNECTIONS_PER_CLIENT)) {
            assertTrue(complaint(setting, text).startsWith(setting.longOption() + " '" + text + "' is not a number from 1 to "));
        }
    }

    @Test
    void theCacheLeavesHalfOfTheHeapToOthers() throws Fault {
        assertEquals(0, of(Setting.CACHE, "0").cacheOctets());
        assertEquals(16 << 20, of(Setting.CACHE, "16m").cacheOctets());
        assertEquals(0, of(Setting.CACHE_FILES, "0").cacheFiles());
        long most = Runtime.getRuntime().maxMemory() / 2;
        assertEquals("--cache '1000g' is not a number from 0 to " + most + "; k, m and g stand for units of 1024.", complaint(Setting.CACHE, "1000g"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "-1", "65536", "80.0", "80 "})
    void whatIsNoPortIsComplainedOf(String text) {
        assertEquals("--port '" + text + "' is no port; say a number from 0 to 65535.", complaint(Setting.PORT, text));
    }

    @Test
    void whatIsNoAddressIsComplainedOf() {
        assertTrue(complaint(Setting.ADDRESS, "127.0.0.1", "a b").startsWith("--address 'a b' is no address; "));
        assertTrue(complaint(NOTHING, Map.of("COMANCHE_ADDRESS", "h:x")).startsWith("COMANCHE_ADDRESS 'h:x' is no address; "));
    }

    @Test
    void theDocbaseIsAFileOrADirectoryThatIsThere() throws Exception {
        assertEquals(directory, of(Setting.DOCBASE, directory.toString()).site().docbase());
        Path file = Files.writeString(directory.resolve("f"), "x");
        assertEquals(file, of(Setting.DOCBASE, file.toString()).site().docbase());

        String missing = directory.resolve("missing").toString();
        assertTrue(complaint(Setting.DOCBASE, missing).startsWith("'" + missing + "' is no file or directory; "));
        assertTrue(complaint(Setting.DOCBASE, "9000").endsWith("; for a port say -p 9000."));
        assertEquals(0, new ProcessBuilder("mkfifo", directory.resolve("fifo").toString()).start().waitFor());
        assertTrue(complaint(Setting.DOCBASE, directory.resolve("fifo").toString()).contains("is neither a directory nor a regular file; "));
        assertTrue(complaint(Setting.DOCBASE, "a\0b").startsWith("'a?b' can't be a path here; "));
    }

    @Test
    void aZipMustBeOneAndCanNeitherBeWrittenNorHoldHosts() throws IOException, Fault {
        Path fake = Files.writeString(directory.resolve("fake.ZIP"), "no zip");
        assertTrue(complaint(Setting.DOCBASE, fake.toString()).startsWith("'" + fake + "' can't be read as a zip; "));
        Path zip = directory.resolve("real.jar");
        try (var out = new java.util.zip.ZipOutputStream(Files.newOutputStream(zip))) {
            out.putNextEntry(new java.util.zip.ZipEntry("a"));
        }
        assertEquals(zip, of(Setting.DOCBASE, zip.toString()).site().docbase());
        for (Setting setting : List.of(Setting.UPLOAD, Setting.WRITE, Setting.VIRTHOST)) {
            assertEquals("'" + zip + "' is a zip, which " + setting.longOption() + " can't use; unpack it.", complaint(
                    Map.of(Setting.DOCBASE, List.of(zip.toString()), setting, List.of("true")), Map.of()));
        }
    }

    @Test
    void aDocbaseThatCannotBeReadIsComplainedOf() throws IOException {
        Path locked = Files.createDirectory(directory.resolve("locked"), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("---------")));
        assumeFalse(Files.isReadable(locked), "root reads everything");
        assertTrue(complaint(Setting.DOCBASE, locked.toString()).contains("can't be read by this user"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            a.html          | a.html
            a.html,b.htm    | a.html:b.htm
            ' a , ,b '      | a:b
            ''              | ''
            gr\u00fc\u00dfe | gr\u00c3\u00bc\u00c3\u009fe
            """)
    void indexNamesAreAListOfFileNamesInOctets(String text, String names) throws Fault {
        assertEquals(names.isEmpty() ? List.of() : List.of(names.split(":")), of(Setting.INDEX, text).site().manners().indexNames());
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/b", "/a", "../a", ".hidden", "a,.b", ".", ".."})
    void anIndexNameIsNoPath(String text) {
        assertTrue(complaint(Setting.INDEX, text).startsWith("--index '" + text + "' must be plain file names"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            K: v           | K | v
            K:v            | K | v
            'K:  v  w '    | K | v  w
            K:             | K | ''
            K: a:b         | K | a:b
            K: \u00fc      | K | \u00c3\u00bc
            Cache-Control: max-age=60 | Cache-Control | max-age=60
            """)
    void aHeaderIsAField(String text, String name, String value) throws Fault {
        assertEquals(Fields.of(name, value), of(Setting.HEADER, text).site().manners().fields());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "K", ":", ": v", "K K: v", "K\u00fc: v", "(K): v", "K: a\r\nX: b", "K: a\nb", "K: \0", "K: \u007f", "K: \u001b[1m"})
    void whatIsNoFieldIsComplainedOfAndDoesNotReachTheTerminalAsItIs(String text) {
        String complaint = complaint(Setting.HEADER, text);
        assertTrue(complaint.startsWith("--header '"), complaint);
        assertTrue(complaint.endsWith("' is no field; write it as 'Name: value'."), complaint);
        assertTrue(complaint.chars().noneMatch(c -> c < ' ' || c == 0x7F), complaint);
    }

    @Test
    void aComplaintNamesTheVariableWhereTheValueCameFromThere() {
        assertTrue(complaint(NOTHING, Map.of("COMANCHE_HEADER", "K")).startsWith("COMANCHE_HEADER 'K' is no field"));
        assertTrue(complaint(NOTHING, Map.of("COMANCHE_HEADER", "Date: x")).startsWith("COMANCHE_HEADER 'Date: x' is set by"));
        assertTrue(complaint(NOTHING, Map.of("COMANCHE_TIMEOUT", "x")).startsWith("COMANCHE_TIMEOUT 'x' is no time"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 1", "transfer-encoding: chunked", "Connection: close", "Date: x", "Server: x", "Trailer: x",
        "Upgrade: x", "Keep-Alive: x", "TE: x", "Content-Range: x", "Content-Encoding: gzip"})
    void fieldsThatFrameAMessageAreNotSetByHand(String text) {
        assertTrue(complaint(Setting.HEADER, text).contains("' is set by the server itself; leave "), text);
    }

    @Test
    void theServerFieldCanBeChangedAndLeftOut() throws Fault {
        assertEquals("x/1 (y)", of(Setting.SERVER_NAME, " x/1 (y) ").server());
        assertEquals("", of(Setting.SERVER_NAME, "").server());
        assertTrue(complaint(Setting.SERVER_NAME, "a\r\nX: b").contains("holds control characters"));
    }

    @Test
    void everythingThatIsWrongIsSaidAtOnceALineEach() {
        Map<Setting, List<String>> line = new HashMap<>();
        line.put(Setting.PORT, List.of("x"));
        line.put(Setting.TIMEOUT, List.of("y"));
        line.put(Setting.ADDRESS, List.of("a b", "ok", "c d"));
        line.put(Setting.HEADER, List.of("K", "Date: x"));
        line.put(Setting.DOCBASE, List.of(directory.resolve("missing").toString()));
        List<String> complaints = complaint(line, Map.of("COMANCHE_SPA", "maybe")).lines().toList();
        assertEquals(8, complaints.size(), complaints.toString());
        for (String start : List.of("--port 'x'", "--timeout 'y'", "--address 'a b'", "--address 'c d'", "--header 'K'", "--header 'Date: x'",
                "COMANCHE_SPA 'maybe'")) {
            assertEquals(1, complaints.stream().filter(complaint -> complaint.startsWith(start)).count(), start);
        }
        complaints.forEach(complaint -> assertTrue(complaint.endsWith("."), complaint));
    }

    // Who may

    @Test
    void usersComeFromTheLineTheEnvironmentAndAFile() throws Exception {
        assertEquals(Users.NONE, read(NOTHING, Map.of()).site().admission().users());
        assertFalse(read(NOTHING, Map.of()).site().admission().access().hasUsers());
        assertEquals(Set.of("ann", "bob"), of(Setting.AUTH, "ann:a:b", "bob: c ").site().admission().users().passwords().keySet());
        Settings settings = read(NOTHING, Map.of("COMANCHE_AUTH", "ann:a,b: c \nbob:d\n"));
        assertEquals(Users.clear(Map.of("ann", "a,b: c ", "bob", "d")), settings.site().admission().users());
        Path file = Files.writeString(directory.resolve("users"), "eve:" + HASH + "\n");
        Settings.Admission admission = of(Setting.AUTH_FILE, file.toString()).site().admission();
        assertEquals(Set.of("eve"), admission.ofFile().passwords().keySet());
        assertEquals(Optional.of(file), admission.file());
        assertTrue(admission.access().hasUsers());
        assertEquals(Duration.ofSeconds(30), admission.longestWait());
    }

    @Test
    void aNameBeyondAsciiIsComparedAsUtf8() throws Fault {
        assertEquals(Users.clear(Map.of("j\u00c3\u00b8n", "\u00c3\u009f")), of(Setting.AUTH, "j\u00f8n:\u00df").site().admission().users());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            secret           | '***'
            ann:             | 'ann:***'
            :secret          | ':***'
            ann:sec\tret     | 'ann:***'
            a\u0001n:secret  | 'a?n:***'
            """)
    void whatIsNoUserIsComplainedOfWithoutThePassword(String text, String shown) {
        String complaint = complaint(Setting.AUTH, text.replace("\\t", "\t").replace("\\u0001", "\u0001"));
        assertTrue(complaint.startsWith("--auth '" + shown + "' is no user; write it as NAME:PASSWORD, "), complaint);
        assertFalse(complaint.contains("secret"));
    }

    @Test
    void twoPasswordsOfOneUserAreAMistake() throws IOException {
        assertEquals("--auth 'ann:***' is named twice; leave one of the two out.", complaint(Setting.AUTH, "ann:a", "bob:b", "ann:c"));
        Path file = Files.writeString(directory.resolve("users"), "ann:" + HASH + "\n");
        assertTrue(complaint(Map.of(Setting.AUTH, List.of("ann:a"), Setting.AUTH_FILE, List.of(file.toString())), Map.of())
                .contains("names a user that --auth names, too"));
    }

    @Test
    void aFileOfUsersIsThereAndGoodAndNotServed() throws IOException {
        Path file = directory.resolve("users");
        assertTrue(complaint(Setting.AUTH_FILE, file.toString()).contains("users' can't be read; name a file that is there"));
        Files.writeString(file, "ann:" + HASH + "\nbob:plain\n\njunk\n");
        List<String> complaints = complaint(Setting.AUTH_FILE, file.toString()).lines().toList();
        assertTrue(complaints.getFirst().startsWith(file + ":2: the password of 'bob' is neither "), complaints.toString());
        assertTrue(complaints.getLast().startsWith(file + ":4: this is no user; "), complaints.toString());

        Files.writeString(file, "ann:" + HASH + "\n");
        Map<Setting, List<String>> served = Map.of(Setting.DOCBASE, List.of(directory + "/."), Setting.AUTH_FILE, List.of(file.toString()));
        assertTrue(complaint(served, Map.of()).contains("lies where it is served; "));
    }

    @Test
    void aSecretNameIsNotServed() throws Exception {
        Path file = Files.writeString(directory.resolve(".htpasswd"), "ann:" + HASH + "\n");
        Map<Setting, List<String>> line = Map.of(Setting.DOCBASE, List.of(directory.toString()), Setting.AUTH_FILE, List.of(file.toString()));
        assertTrue(read(line, Map.of()).site().admission().access().hasUsers());
    }

    @Test
    void insideANewRootAFileOfUsersBeginsThere() throws Exception {
        Files.createDirectories(directory.resolve("htdocs"));
        Files.writeString(directory.resolve("users"), "ann:" + HASH + "\n");
        Settings settings = read(Map.of(Setting.CHROOT, List.of(directory.toString()), Setting.DOCBASE, List.of("htdocs"),
                Setting.AUTH_FILE, List.of("/users")), Map.of());
        assertEquals(Optional.of(Path.of("/users")), settings.site().admission().file());
        assertEquals(Set.of("ann"), settings.site().admission().ofFile().passwords().keySet());
    }

    @Test
    void theOneDateIsThatOfTheEnvironmentOrTheFirstOfZips() throws Fault {
        Map<Setting, List<String>> line = Map.of(Setting.REPRODUCIBLE, List.of("true"));
        assertEquals(Optional.empty(), read(NOTHING, Map.of("SOURCE_DATE_EPOCH", "x")).site().manners().date());
        assertEquals("Optional[1980-01-01T00:00:00Z]", read(line, Map.of()).site().manners().date().toString());
        assertEquals("Optional[1980-01-01T00:00:00Z]", read(line, Map.of("SOURCE_DATE_EPOCH", "")).site().manners().date().toString());
        assertEquals("Optional[2026-01-01T00:00:00Z]", read(line, Map.of("SOURCE_DATE_EPOCH", "1767225600")).site().manners().date().toString());
        assertEquals("Optional[2106-02-07T06:28:15Z]", read(line, Map.of("SOURCE_DATE_EPOCH", "4294967295")).site().manners().date().toString());
        assertEquals("Optional[1970-01-01T00:00:00Z]", read(line, Map.of("SOURCE_DATE_EPOCH", "0")).site().manners().date().toString());
        for (String wrong : List.of("yesterday", "-1", "1.5", " 1", "4294967296", "12345678901", "1\n2")) {
            assertEquals("SOURCE_DATE_EPOCH '" + wrong.replace('\n', '?') + "' is no date; write it in seconds since 1970, such as 1767225600.",
                    complaint(line, Map.of("SOURCE_DATE_EPOCH", wrong)));
        }
    }

    @Test
    void whatIsReproducibleNamesNoVersionUnlessItIsTold() throws Fault {
        Map<Setting, List<String>> line = Map.of(Setting.REPRODUCIBLE, List.of("true"));
        assertEquals("Comanche", read(line, Map.of()).server());
        assertEquals("--reproducible", origin(read(line, Map.of()), Setting.SERVER_NAME));
        assertEquals("mine/1", read(line, Map.of("COMANCHE_SERVER_NAME", "mine/1")).server());
        assertEquals("Comanche/" + Setting.VERSION, of(Setting.REPRODUCIBLE, "no").server());
    }

    @ParameterizedTest
    @EnumSource(names = {"UPLOAD", "WRITE", "RECEIVE"})
    void whatIsReproducibleIsNotWritten(Setting setting) {
        String why = " can't go with --reproducible, for what clients bring depends on when they do; leave one out.";
        assertEquals(setting.longOption() + why,
                complaint(Map.of(Setting.REPRODUCIBLE, List.of("true"), setting, List.of("true")), Map.of()));
        assertEquals(setting.variable() + " 'yes'" + why,
                complaint(Map.of(Setting.REPRODUCIBLE, List.of("true")), Map.of(setting.variable(), "yes")));
    }

    @Test
    void aRuleForUsersNeedsSome() {
        Access.Rule rule = new Access.Rule(List.of(), new Access.Methods.All(), new Access.Who.AnyUser());
        ConfigFile.Contents file = new ConfigFile.Contents(Map.of(), List.of(), Map.of(), List.of(rule), List.of());
        Fault fault = assertThrows(Fault.class, () -> read(Setting.Profile.SERVE, file, NOTHING, Map.of()));
        assertTrue(fault.getMessage().contains("ask for users, and there are none"));
    }

    @Test
    void aHostHasUsersAndRulesOfItsOwnOrThoseOfTheTop() throws Fault {
        Access.Rule top = new Access.Rule(List.of("a"), new Access.Methods.All(), new Access.Who.AnyUser());
        Access.Rule own = new Access.Rule(List.of("b"), new Access.Methods.All(), new Access.Who.AnyUser());
        Map<Setting, List<Word>> eve = Map.of(Setting.AUTH, List.of(new Word("eve:e", "x")));
        ConfigFile.Contents file = new ConfigFile.Contents(Map.of(Setting.AUTH, List.of(new Word("ann:a", "x"))),
                List.of(new ConfigFile.Host(List.of("h"), eve, List.of(own), List.of()), new ConfigFile.Host(List.of("i"), Map.of(), List.of(), List.of())),
                Map.of(), List.of(top), List.of());
        Settings settings = read(Setting.Profile.SERVE, file, NOTHING, Map.of());
        assertEquals(List.of(own), settings.hosts().getFirst().site().admission().access().rules());
        assertEquals(Set.of("eve"), settings.hosts().getFirst().site().admission().users().passwords().keySet());
        assertEquals(List.of(top), settings.hosts().getLast().site().admission().access().rules());
        assertEquals(Set.of("ann"), settings.hosts().getLast().site().admission().users().passwords().keySet());
    }
}
