package tests.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import lib.site.Docroot;
import lib.site.Resource;
import lib.site.Visibility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Segments to files, and to none outside the tree.
class DocrootTest {
    static final List<String> ODD_NAMES = Fixture.ODD_NAMES;
    static final List<String> DOT_NAMES = Fixture.DOT_NAMES;

    /// Read by all, changed by none.
    @TempDir
    private static Path shared;

    private static Fixture fixture;

    /// For who changes something.
    @TempDir
    private Path directory;

    @BeforeAll
    static void build() throws IOException {
        fixture = new Fixture(shared).hostile();
    }

    /// `missing`, `forbidden`, `directory`, or what is in the document.
    private static String found(Docroot docroot, String... segments) throws IOException {
        return switch (docroot.resolve(List.of(segments))) {
            case Resource.Missing _ -> "missing";
            case Resource.Forbidden _ -> "forbidden";
            case Resource.Directory _ -> "directory";
            case Resource.Script _ -> "script";
            case Resource.Unavailable _ -> "unavailable";
            case Resource.Document document -> {
                ByteBuffer octets = ByteBuffer.allocate((int) document.length());
                document.file().read(octets, 0);
                document.file().close();
                yield new String(octets.array(), StandardCharsets.ISO_8859_1).strip();
            }
        };
    }

    private static List<Resource.Entry> entries(Docroot docroot, Resource.Directory directory) throws IOException {
        List<Resource.Entry> entries = new ArrayList<>();
        docroot.entries(directory, entries::add);
        return entries;
    }

    private static String[] split(String path) {
        return path.isEmpty() ? new String[0] : path.split(":");
    }

    @ParameterizedTest
    @FieldSource({"ODD_NAMES", "DOT_NAMES"})
    void aFileOfAnyNameIsFoundByItsOctets(String name) throws IOException {
        boolean hidden = DOT_NAMES.contains(name);
        assertEquals(hidden ? "missing" : name.strip(), found(fixture.docroot(Fixture.STRICT, false), name));

        Resource.Document document = assertInstanceOf(Resource.Document.class,
                fixture.docroot(new Visibility(hidden, false), false).resolve(List.of(name)));
        assertEquals(name, document.name());
        assertEquals(name.length(), document.length());
        assertEquals(Fixture.MODIFIED, document.modified());
        document.file().close();
    }

    @Test
    void everyOctetButSlashAndNulIsGoodForAName() throws IOException {
        Fixture own = new Fixture(directory).hostile();
        Docroot docroot = own.docroot(Fixture.STRICT, false);
        for (char c = 1; c < 256; c++) {
            if (c != '/') {
                own.file("octet" + c, "here");
                assertEquals("here", found(docroot, "octet" + c), "octet " + (int) c);
            }
        }
        Resource.Directory root = (Resource.Directory) docroot.resolve(List.of());
        long listed = entries(docroot, root).stream().filter(entry -> entry.name().startsWith("octet")).count();
        assertEquals(254, listed);
    }

    /// Segments are written with a colon between them.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                     | directory
            plain.txt              | plain.txt
            dir                    | directory
            dir:inner.txt          | dir/inner.txt
            empty                  | directory
            nothing                | missing
            nothing:at:all         | missing
            plain.txt:x            | missing
            dir:nothing            | missing
            PLAIN.TXT              | missing
            .                      | missing
            ..                     | missing
            ..:secret.txt          | missing
            dir:..:plain.txt       | missing
            dir:.:inner.txt        | missing
            ..:tree:plain.txt      | missing
            dir/inner.txt          | missing
            ../secret.txt          | missing
            /                      | missing
            /etc/passwd            | missing
            ..\\secret.txt         | missing
            .hidden                | missing
            dir:.inner             | missing
            .well-known            | directory
            .well-known:acme       | .well-known/acme
            .git                   | missing
            .git:config            | missing
            .env                   | missing
            id_rsa                 | missing
            mine.pem               | missing
            cert.pem               | -----BEGIN CERTIFICATE-----
            """)
    void segmentsNameWhatStandsBelowTheRootAndNothingElse(String segments, String expected) throws IOException {
        assertEquals(expected, found(fixture.docroot(Fixture.STRICT, false), split(segments)));
    }

    @Test
    void aNulOrAnOverlongNameIsMissing() throws IOException {
        Fixture own = new Fixture(directory).hostile();
        Docroot docroot = own.docroot(Fixture.STRICT, false);
        assertEquals("missing", found(docroot, "plain.txt\0"));
        assertEquals("missing", found(docroot, "plain.txt\0.png"));
        assertEquals("missing", found(docroot, "x".repeat(256)));
        assertEquals("missing", found(docroot, "x".repeat(100_000)));
        own.file("x".repeat(255));
        assertEquals("x".repeat(255), found(docroot, "x".repeat(255)));
    }

    @Test
    void aPathLongerThanTheSystemTakesIsMissing() throws IOException {
        String[] deep = new String[3000];
        java.util.Arrays.fill(deep, "dir");
        assertEquals("missing", found(fixture.docroot(Fixture.STRICT, false), deep));
        java.util.Arrays.fill(deep, "self");
        found(fixture.docroot(Fixture.STRICT, false), deep);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            in               | plain.txt        | plain.txt
            indir            | directory        | directory
            indir:inner.txt  | dir/inner.txt    | dir/inner.txt
            chain1           | dir/inner.txt    | dir/inner.txt
            chain2           | dir/inner.txt    | dir/inner.txt
            absolute         | plain.txt        | plain.txt
            around           | plain.txt        | plain.txt
            dir:up           | plain.txt        | plain.txt
            indir:up         | plain.txt        | plain.txt
            self             | directory        | directory
            self:self:in     | plain.txt        | plain.txt
            out              | missing          | TOP-SECRET
            outdir           | missing          | directory
            outdir:far.txt   | missing          | TOP-SECRET
            outdir:nothing   | missing          | missing
            outdir:..        | missing          | missing
            outabsolute      | missing          | TOP-SECRET
            outchain         | missing          | TOP-SECRET
            parent           | missing          | directory
            parent:secret.txt | missing         | TOP-SECRET
            self:parent:secret.txt | missing    | TOP-SECRET
            dangling         | missing          | missing
            dangling:x       | missing          | missing
            loop1            | missing          | missing
            loop1:x          | missing          | missing
            in:x             | missing          | missing
            tohidden         | missing          | missing
            togit            | missing          | missing
            togit:config     | missing          | missing
            toenv            | missing          | missing
            self:.hidden     | missing          | missing
            """)
    void aLinkIsFollowedInsideTheTreeAndLeadsOutOnlyWhereThatIsAllowed(String segments, String kept, String followed)
            throws IOException {
        assertEquals(kept, found(fixture.docroot(Fixture.STRICT, false), split(segments)));
        assertEquals(followed, found(fixture.docroot(Fixture.STRICT, true), split(segments)));
    }

    /// To let links lead out of the tree is not to give up the secrets that lie out there.
    @Test
    void aLinkThatLeadsOutStillReachesNoSecret() throws IOException {
        Fixture own = new Fixture(directory).hostile();
        Files.createDirectories(directory.resolve("outside/.ssh"));
        Files.writeString(directory.resolve("outside/.ssh/known"), "known");
        Files.writeString(directory.resolve("outside/.env"), "env");
        Files.writeString(directory.resolve("outside/id_rsa"), "key");
        Files.writeString(directory.resolve("outside/k.pem"), "-----BEGIN PRIVATE KEY-----");
        own.link("ssh", "../outside/.ssh");
        own.link("env", "../outside/.env");
        own.link("key", "../outside/id_rsa");
        own.link("pem", "../outside/k.pem");
        Docroot docroot = own.docroot(new Visibility(true, false), true);
        for (String segments : List.of("ssh", "ssh:known", "outdir:.ssh", "outdir:.ssh:known", "env", "key", "pem", "outdir:id_rsa",
                "outdir:k.pem", "togit", "togit:config", "toenv")) {
            assertEquals("missing", found(docroot, split(segments)), segments);
        }
        assertEquals("known", found(own.docroot(new Visibility(true, true), true), "ssh", "known"));
    }

    @Test
    void aRootThatIsItselfALinkIsServed() throws IOException {
        Fixture own = new Fixture(directory).hostile();
        Path link = Files.createSymbolicLink(directory.resolve("link"), own.root);
        Docroot docroot = new Docroot(link, Fixture.STRICT, false);
        assertEquals("plain.txt", found(docroot, "plain.txt"));
        assertEquals("plain.txt", found(docroot, "absolute"));
        assertEquals("missing", found(docroot, "out"));
    }

    @Test
    void aNeighbourWhoseNameBeginsLikeTheRootIsOutside() throws IOException {
        Fixture own = new Fixture(directory).hostile();
        Files.createDirectory(directory.resolve("tree2"));
        Files.writeString(directory.resolve("tree2/x"), Fixture.SECRET);
        own.link("near", "../tree2/x");
        own.link("neardir", "../tree2");
        assertEquals("missing", found(own.docroot(Fixture.STRICT, false), "near"));
        assertEquals("missing", found(own.docroot(Fixture.STRICT, false), "neardir", "x"));
    }

    @Test
    @Timeout(value = 10, threadMode = ThreadMode.SEPARATE_THREAD)
    void aFifoADeviceAndASocketAreNeverOpened() throws Exception {
        Fixture own = new Fixture(directory).hostile();
        assertEquals(0, new ProcessBuilder("mkfifo", own.root.resolve("fifo").toString()).start().waitFor());
        own.link("tofifo", "fifo");
        own.link("device", "/dev/zero");
        try (var socket = java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
            socket.bind(java.net.UnixDomainSocketAddress.of(own.root.resolve("socket")));
            for (boolean followsLinks : List.of(false, true)) {
                Docroot docroot = own.docroot(Fixture.STRICT, followsLinks);
                for (String name : List.of("fifo", "tofifo", "device", "socket")) {
                    assertEquals("missing", found(docroot, name), name);
                }
                Resource.Directory root = (Resource.Directory) docroot.resolve(List.of());
                assertTrue(entries(docroot, root).stream().noneMatch(
                        entry -> List.of("fifo", "tofifo", "device", "socket").contains(entry.name())));
            }
        }
        Files.delete(own.root.resolve("device"));
    }

    @Test
    void whatTheSystemDoesNotLetUsReadIsForbidden() throws IOException {
        Fixture own = new Fixture(directory).hostile();
        Path file = own.file("locked");
        Path locked = own.file("lockeddir/x").getParent();
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
        Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("---------"));
        assumeFalse(Files.isReadable(file), "root reads everything");
        try {
            Docroot docroot = own.docroot(Fixture.STRICT, false);
            assertEquals("forbidden", found(docroot, "locked"));
            assertEquals("forbidden", found(docroot, "lockeddir", "x"));
            assertThrows(IOException.class, () -> entries(docroot, (Resource.Directory) docroot.resolve(List.of("lockeddir"))));
            assertEquals(403, own.site().get("/lockeddir/").status());
            Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("r--------"));
            assertEquals(403, own.site().get("/lockeddir/").status());
        } finally {
            Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("rwx------"));
        }
    }

    @Test
    void aSingleFileIsServedAtTheRootAndNothingElseIs() throws IOException {
        for (String name : List.of("plain.txt", "caf\u00e9", "id_rsa", ".hidden", "in", "mine.pem")) {
            Docroot docroot = new Docroot(Fixture.named(fixture.root, name), Fixture.STRICT, false);
            assertTrue(docroot.onlyName().isPresent());
            assertFalse(found(docroot).equals("missing"), name);
            for (String other : List.of(name, "plain.txt", "dir", "..", ".")) {
                assertEquals("missing", found(docroot, other), other);
            }
        }
        assertEquals("plain.txt", new Docroot(fixture.root.resolve("in"), Fixture.STRICT, false).onlyName().orElseThrow());
        assertEquals(Optional.empty(), fixture.docroot(Fixture.STRICT, false).onlyName());
    }

    @Test
    void theOnlyFileIsNotExchangedForALinkToItsNeighbour() throws IOException {
        Fixture own = new Fixture(directory);
        Docroot docroot = new Docroot(own.file("only.txt"), Fixture.STRICT, false);
        assertEquals("only.txt", found(docroot));

        Files.delete(own.root.resolve("only.txt"));
        own.link("only.txt", "plain.txt");
        assertEquals("missing", found(docroot));
    }

    @Test
    void aRootThatIsNotThereIsRefused() {
        assertThrows(NoSuchFileException.class, () -> new Docroot(directory.resolve("nowhere"), Fixture.STRICT, false));
    }

    @Test
    void whatIsListedIsWhatWouldBeServed() throws IOException {
        for (boolean followsLinks : List.of(false, true)) {
            for (Visibility visibility : List.of(Fixture.STRICT, new Visibility(true, false), new Visibility(true, true))) {
                Docroot docroot = fixture.docroot(visibility, followsLinks);
                for (String place : List.of("", "dir", "indir", "outdir", "empty", ".well-known", "self")) {
                    if (docroot.resolve(List.of(split(place))) instanceof Resource.Directory found) {
                        assertListedIsServed(docroot, place, found);
                    }
                }
            }
        }
    }

    private void assertListedIsServed(Docroot docroot, String place, Resource.Directory found) throws IOException {
        List<Resource.Entry> entries = entries(docroot, found);
        List<String> names = new ArrayList<>(entries.stream().map(Resource.Entry::name).toList());
        for (Resource.Entry entry : entries) {
            List<String> segments = new ArrayList<>(List.of(split(place)));
            segments.add(entry.name());
            Resource resource = docroot.resolve(segments);
            switch (resource) {
                case Resource.Document document -> {
                    document.file().close();
                    assertFalse(entry.directory(), entry.name());
                    assertEquals(document.length(), entry.length(), entry.name());
                    assertEquals(document.modified(), entry.modified(), entry.name());
                }
                case Resource.Directory _ -> assertTrue(entry.directory(), entry.name());
                case Resource.Missing _, Resource.Forbidden _, Resource.Script _, Resource.Unavailable _ -> throw new AssertionError(place + "/" + entry.name());
            }
        }
        try (var all = Files.newDirectoryStream(found.path())) {
            for (Path path : all) {
                String name = path.getFileName().toString();
                if (name.chars().allMatch(c -> c < 0x80) && !names.contains(name)) {
                    List<String> segments = new ArrayList<>(List.of(split(place)));
                    segments.add(name);
                    assertEquals("missing", found(docroot, segments.toArray(String[]::new)), place + "/" + name + " is served, but not listed");
                }
            }
        }
    }

    @Test
    void anOpenDocumentKnowsWhetherItIsStillTheSame() throws IOException {
        Fixture own = new Fixture(directory).hostile();
        Path path = own.root.resolve("plain.txt");
        Docroot docroot = own.docroot(Fixture.STRICT, false);
        try (var file = ((Resource.Document) docroot.resolve(List.of("plain.txt"))).file()) {
            assertTrue(file.isUnchanged());
            Files.move(Files.writeString(directory.resolve("new"), "another"), path, StandardCopyOption.ATOMIC_MOVE);
            assertTrue(file.isUnchanged(), "replaced whole, the old one is as it was");
        }
        try (var file = ((Resource.Document) docroot.resolve(List.of("plain.txt"))).file()) {
            Fixture.dated(path, Fixture.NOW);
            assertFalse(file.isUnchanged(), "another date");
        }
        try (var file = ((Resource.Document) docroot.resolve(List.of("plain.txt"))).file()) {
            Files.writeString(path, "longer than before");
            assertFalse(file.isUnchanged(), "another length");
            Files.delete(path);
            assertFalse(file.isUnchanged(), "changed, then deleted");
        }
    }

    /// A file replaced by rename, again and again, is always found: an old one or a new one, never none.
    @Test
    void aFileThatIsReplacedAllTheTimeIsAlwaysFound() throws Exception {
        Fixture own = new Fixture(directory).hostile();
        AtomicBoolean done = new AtomicBoolean();
        Path path = own.root.resolve("plain.txt");
        Thread writer = Thread.ofPlatform().start(() -> {
            for (int i = 0; !done.get(); i++) {
                try {
                    Files.move(Files.writeString(directory.resolve("new"), "v" + i % 10), path, StandardCopyOption.ATOMIC_MOVE);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            }
        });
        try {
            Docroot docroot = own.docroot(Fixture.STRICT, false);
            for (int i = 0; i < 500; i++) {
                String found = found(docroot, "plain.txt");
                assertTrue(found.equals("plain.txt") || found.matches("v[0-9]"), found);
            }
        } finally {
            done.set(true);
            writer.join();
        }
    }

    /// The race of the architecture's chapter on paths: a link swapped in and out while it is asked for.
    @Test
    void aLinkThatIsSwappedAllTheTimeNeverLeaksWhatLiesOutside() throws Exception {
        Fixture own = new Fixture(directory).hostile();
        AtomicBoolean done = new AtomicBoolean();
        Path swapped = own.root.resolve("swapped");
        Thread attacker = Thread.ofPlatform().start(() -> {
            for (int i = 0; !done.get(); i++) {
                try {
                    Path next = directory.resolve("next" + i % 2);
                    Files.deleteIfExists(next);
                    Files.createSymbolicLink(next, Path.of(i % 2 == 0 ? "../outside" : "dir"));
                    Files.move(next, swapped, StandardCopyOption.ATOMIC_MOVE);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            }
        });
        try {
            Docroot docroot = own.docroot(Fixture.STRICT, false);
            for (int i = 0; i < 500; i++) {
                for (String[] segments : new String[][] {{"swapped", "far.txt"}, {"swapped", "inner.txt"}, {"swapped", "up"}}) {
                    assertFalse(found(docroot, segments).contains(Fixture.SECRET));
                }
            }
        } finally {
            done.set(true);
            attacker.join();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00.5Z", "2038-01-19T03:14:08Z", "2300-01-01T00:00:00Z"})
    void aFileOfAnyDateIsServed(String date) throws IOException {
        Fixture own = new Fixture(directory).hostile();
        try {
            Fixture.dated(own.root.resolve("plain.txt"), java.time.Instant.parse(date));
        } catch (IOException _) {
            assumeFalse(true, "this file system can't hold such a date");
        }
        assertEquals("plain.txt", found(own.docroot(Fixture.STRICT, false), "plain.txt"));
        assertEquals(200, own.site().get("/plain.txt").status());
        assertEquals(200, own.site().get("/").status());
    }
}
