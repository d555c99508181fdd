package tests.site;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.http.Authority;
import lib.http.Client;
import lib.http.Content;
import lib.http.Exchange;
import lib.http.Fields;
import lib.http.MediaTypes;
import lib.http.Request;
import lib.http.Response;
import lib.http.Target;
import lib.site.Docroot;
import lib.site.Guard;
import lib.site.Intake;
import lib.site.Site.Manners;
import lib.site.Site;
import lib.site.Visibility;
import lib.site.Writing;

/// A tree with all that a tree can hold, a secret beside it, and sites that serve it.
///
/// Names are octets, one char each. Every document holds its own name.
final class Fixture {
    static final String SECRET = "TOP-SECRET";
    static final Instant NOW = Instant.parse("2024-05-06T07:08:09.123Z");
    static final Instant MODIFIED = Instant.parse("2020-02-02T02:02:02.123456789Z");
    static final Visibility STRICT = new Visibility(false, false);
    static final Intake INTAKE = new Intake(Intake.Clash.RENAME, 1 << 20, 0, 10, Duration.ofHours(24));
    static final Client CLIENT = new Client("127.0.0.1", 80, true, false);
    static final Manners PLAIN = new Manners(List.of("index.html", "index.htm"), true, false, false, false,
            Writing.NONE, INTAKE, false, Fields.NONE);

    /// Names that are served like any other.
    static final List<String> ODD_NAMES = List.of("a <b>.txt", "new\nline", "#[]{}()@!$&'+,;= %20", "caf\u00e9",
            "gr\u00c3\u00bc\u00c3\u0178e.txt".replace('\u0178', '\u009f'), "back\\slash", "a:b", "javascript:alert(1)", "100%%.txt", "\"q\"",
            "tab\tname", "~tilde", " lead", "trail ", "-", "\u00ff\u00fe", "x\u00e2\u0080\u00aegpj.exe", "?query", "&lt;", "%2e%2e", "\u0001\u007f");

    /// Names that begin with a dot, and so are served only where hidden ones are.
    static final List<String> DOT_NAMES = List.of("..x", "...", ". ", ".hidden", ".\u00e9");

    final Path beside;
    final Path root;

    /// @param directory an empty one
    Fixture(Path directory) throws IOException {
        beside = directory;
        root = Files.createDirectory(directory.resolve("tree"));
        Files.writeString(beside.resolve("secret.txt"), SECRET);
        Files.createDirectory(beside.resolve("outside"));
        Files.writeString(beside.resolve("outside/far.txt"), SECRET);
        file("plain.txt");
        file("dir/inner.txt");
        Files.createDirectory(root.resolve("empty"));
    }

    /// With odd names, hidden ones, and links of every kind.
    Fixture hostile() throws IOException {
        for (String name : ODD_NAMES) {
            file(name);
        }
        for (String name : DOT_NAMES) {
            file(name);
        }
        for (String name : List.of(".well-known/acme", ".git/config", ".env", "id_rsa", "dir/.inner", "evil.example/x",
                "site/index.html", "site/other.txt", "old/index.htm")) {
            file(name);
        }
        Files.writeString(root.resolve("cert.pem"), "-----BEGIN CERTIFICATE-----\n");
        Files.writeString(root.resolve("mine.pem"), "-----BEGIN CERTIFICATE-----\n-----BEGIN RSA PRIVATE KEY-----\n");
        Files.writeString(beside.resolve("outside/cert.pem"), "-----BEGIN CERTIFICATE-----\n");
        Files.createSymbolicLink(beside.resolve("outside/alias"), Path.of("far.txt"));
        Files.createSymbolicLink(beside.resolve("outside/back"), Path.of("../tree/plain.txt"));
        Files.createSymbolicLink(beside.resolve("outside/backhidden"), Path.of("../tree/.hidden"));
        link("in", "plain.txt");
        link("indir", "dir");
        link("chain1", "chain2");
        link("chain2", "indir/inner.txt");
        link("absolute", root.resolve("plain.txt").toString());
        link("dir/up", "../plain.txt");
        link("around", "../tree/plain.txt");
        link("self", ".");
        link("out", "../secret.txt");
        link("outdir", "../outside");
        link("outabsolute", beside.resolve("secret.txt").toString());
        link("outchain", "out");
        link("parent", "..");
        link("dangling", "nowhere");
        link("loop1", "loop2");
        link("loop2", "loop1");
        link("tohidden", ".hidden");
        link("togit", ".git");
        link("toenv", ".env");
        return this;
    }

    static Path named(Path directory, String octets) {
        StringBuilder text = new StringBuilder();
        for (char c : octets.toCharArray()) {
            text.append(c == '/' ? "/" : String.format("%%%02X", (int) c));
        }
        return Path.of(URI.create("file://" + directory.toUri().getRawPath() + text));
    }

    /// A file below the root that holds its own name.
    Path file(String name) throws IOException {
        return file(name, name);
    }

    Path file(String name, String octets) throws IOException {
        Path path = named(root, name);
        Files.createDirectories(path.getParent());
        Files.write(path, octets.getBytes(StandardCharsets.ISO_8859_1));
        return dated(path, MODIFIED);
    }

    static Path dated(Path path, Instant modified) throws IOException {
        return Files.setLastModifiedTime(path, FileTime.from(modified));
    }

    void link(String name, String to) throws IOException {
        Files.createSymbolicLink(root.resolve(name), Path.of(to));
    }

    Docroot docroot(Visibility visibility, boolean followsLinks) {
        try {
            return new Docroot(root, visibility, followsLinks);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Asked site() {
        return site(STRICT, false, PLAIN);
    }

    Asked site(Manners manners) {
        return site(STRICT, false, manners);
    }

    Asked site(Visibility visibility, boolean followsLinks, Manners manners) {
        return new Asked(new Site(docroot(visibility, followsLinks), manners, Guard.NONE, new MediaTypes(Map.of()), 64));
    }

    /// What a site says to a request.
    record Asked(Site site) {
        Answer get(String target, String... fields) {
            return ask("GET", target, fields);
        }

        Answer ask(String method, String target, String... fields) {
            return exchange(Exchange.of(CLIENT), method, target, fields);
        }

        /// A request that brings content.
        Answer send(String content, String method, String target, String... fields) {
            return exchange(new Exchange(CLIENT,
                    new ByteArrayInputStream(content.getBytes(StandardCharsets.ISO_8859_1)), (_, _) -> { }), method, target, fields);
        }

        Answer exchange(Exchange exchange, String method, String target, String... fields) {
            try {
                return Answer.of(site.answer(request(method, target, fields), exchange, NOW).response());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    static Request request(String method, String target, String... fields) {
        return new Request(method, target, Target.parse(target, method).orElseThrow(), 1,
                Optional.of(new Authority("h", -1)), Fields.of(fields));
    }

    /// A response, its content read and closed.
    record Answer(int status, Fields fields, String content) {
        static Answer of(Response response) {
            try {
                return new Answer(response.status().code(), response.fields(), text(response.content()));
            } finally {
                response.content().close();
            }
        }

        String field(String name) {
            return fields.first(name).orElse("nothing");
        }

        private static String text(Content content) {
            return switch (content) {
                case Content.None _ -> "";
                case Content.Octets octets -> text(octets.octets());
                case Content.FileSlice slice -> text(slice);
                case Content.Parts parts -> {
                    StringBuilder all = new StringBuilder();
                    parts.parts().forEach(part -> all.append(text(part.head())).append(text(part.slice())));
                    yield all.append(text(parts.end())).toString();
                }
                case Content.Stream stream -> made(stream.producer()::writeTo);
                case Content.Excerpt excerpt ->
                        made(out -> excerpt.whole().writeTo(out, excerpt.offset(), excerpt.length()));
            };
        }

        private static String made(Content.Producer producer) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            try {
                producer.writeTo(all);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return text(all.toByteArray());
        }

        private static String text(byte[] octets) {
            return new String(octets, StandardCharsets.ISO_8859_1);
        }

        private static String text(Content.FileSlice slice) {
            ByteBuffer octets = ByteBuffer.allocate((int) slice.length());
            try {
                while (octets.hasRemaining() && slice.file().read(octets, slice.offset() + octets.position()) >= 0) {
                    // read on
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return new String(octets.array(), 0, octets.position(), StandardCharsets.ISO_8859_1);
        }
    }
}
