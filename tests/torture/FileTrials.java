package tests.torture;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static tests.torture.Trial.hold;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lib.host.Configuration;
import lib.host.Fault;
import lib.host.Setting;
import lib.http.Client;
import lib.http.Exchange;
import lib.http.Fields;
import lib.http.MediaTypes;
import lib.http.Response;
import lib.site.Docroot;
import lib.site.Guard;
import lib.site.Intake;
import lib.site.Resource;
import lib.site.Site;
import lib.site.Tree;
import lib.site.Users;
import lib.site.Visibility;
import lib.site.Writing;
import lib.site.ZipTree;
import lib.wire.RequestReader;
import lib.wire.ResponseWriter;

/// Files of the operator's, files that clients may have brought, and whole answers made of files.
final class FileTrials {
    private static final Instant NOW = Instant.parse("2024-05-06T07:08:09Z");
    private static final Client CLIENT = new Client("127.0.0.1", 80, true, false);
    private static final Visibility STRICT = new Visibility(false, false);
    private static final Intake INTAKE = new Intake(Intake.Clash.RENAME, 1 << 20, 0, 10, Duration.ofHours(24));

    /// The most that is read of one document.
    private static final int ENOUGH_OCTETS = 1 << 20;

    private static final Pattern TAG = Pattern.compile("</?([a-z][a-z0-9]*)((?:\\s+[a-z-]+=\"[^\"<>]*\")*+)\\s*/?>");

    private FileTrials() {}

    /// Where trials put their files.
    private static final class Place {
        static final Path DIRECTORY = made();
        static final Path TREE = DIRECTORY.resolve("tree");

        private static Path made() {
            try {
                return Scratch.tree(Scratch.passing(Files.createTempDirectory("fuzz")));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        static Path file(String name, byte[] octets) throws IOException {
            return Files.write(DIRECTORY.resolve(name), octets);
        }
    }

    private static Site site(Tree tree) {
        return new Site(tree, new Site.Manners(List.of("index.html"), true, true, true, true, Writing.NONE, INTAKE, false, Fields.NONE),
                Guard.NONE, new MediaTypes(Map.of()), 64);
    }

    /// Requests, each with an answer that is one.
    static void site(byte[] octets) throws IOException {
        Site site = site(new Docroot(Place.TREE, STRICT, false));
        RequestReader reader = WireTrials.reader(Pieces.whole(octets));
        while (reader.next() instanceof RequestReader.Received received) {
            answer(site, received);
            if (!received.content().isAtEnd()) {
                return;
            }
        }
    }

    private static Answers.Answer answer(Site site, RequestReader.Received received) throws IOException {
        String method = received.request().method();
        Response response = site.answer(received.request(), Exchange.of(CLIENT), NOW).response();
        try {
            ByteArrayOutputStream octets = new ByteArrayOutputStream();
            new ResponseWriter(Channels.newChannel(octets), "", () -> { }).write(response, method.equals("HEAD"),
                    ResponseWriter.Afterwards.PERSIST, NOW);
            List<Answers.Answer> answers = Answers.read(octets.toByteArray(), List.of(method));
            hold(answers.size() == 1, answers.size() + " answers");
            hold(!answers.getFirst().content().contains(Scratch.SECRET), "the secret");
            return answers.getFirst();
        } finally {
            response.content().close();
        }
    }

    /// A README that somebody has brought: nothing in the page of its directory runs, or is fetched from elsewhere.
    static void readme(byte[] octets) throws IOException {
        Path directory = Files.createDirectories(Place.DIRECTORY.resolve("readme"));
        Files.write(directory.resolve("README.md"), octets);
        RequestReader reader = WireTrials.reader(Pieces.whole("GET / HTTP/1.1\r\nHost: h\r\nAccept: text/html\r\n\r\n".getBytes(ISO_8859_1)));
        String html = answer(site(new Docroot(directory, STRICT, false)), (RequestReader.Received) reader.next()).content();
        int begin = html.indexOf("<section class=\"readme\"");
        harmless(html.substring(Math.max(begin, 0), Math.max(html.lastIndexOf("</section>"), 0)));
    }

    /// Every `<` opens a tag that is well-formed, and none of its attributes can run.
    private static void harmless(String html) {
        Matcher tag = TAG.matcher(html);
        for (int at = html.indexOf('<'); at >= 0; at = html.indexOf('<', tag.end())) {
            hold(tag.region(at, html.length()).lookingAt(), "no tag: " + html.substring(at, Math.min(at + 200, html.length())));
            hold(!tag.group(1).matches("(?i)script|style|iframe|object|embed|form|base|meta|link|svg"), "the tag " + tag.group());
            hold(!tag.group(2).matches("(?is).*(?:\\son[a-z]+=|(?:href|src)=\"[\\s\\x00-\\x20]*(?:javascript|vbscript|data|file):).*"), tag.group());
        }
    }

    static void htpasswd(byte[] octets) {
        Users.Parsed parsed = Users.parse(new String(octets, ISO_8859_1));
        parsed.complaints().forEach(complaint -> hold(complaint.matches("[0-9]+: .*"), complaint));
        parsed.users().passwords().forEach((name, password) -> {
            hold(Users.isName(name), "user " + name);
            hold(!parsed.users().toString().contains(password.text()), "a password is printed");
        });
        hold(!parsed.users().passwords().isEmpty() || !parsed.complaints().isEmpty(), "neither users nor complaints");
    }

    /// The configuration file: settings, or a sentence for each mistake.
    static void settings(byte[] octets) throws IOException {
        Path file = Place.file("comanche.toml", octets);
        read(Map.of(Setting.CONFIG, List.of(file.toString()), Setting.DOCBASE, List.of(Place.TREE.toString())));
    }

    /// The file of rules, likewise.
    static void rules(byte[] octets) throws IOException {
        Path file = Place.file("rules.toml", octets);
        read(Map.of(Setting.RULES, List.of(file.toString()), Setting.DOCBASE, List.of(Place.TREE.toString())));
    }

    private static void read(Map<Setting, List<String>> line) {
        try {
            new Configuration(Setting.Profile.SERVE, line, Map.of()).read();
        } catch (Fault fault) {
            hold(!fault.getMessage().isBlank() && fault.exitCode() != 0, "a fault without a sentence");
            fault.getMessage().lines().forEach(sentence -> hold(sentence.matches(".*[.?]"), "no sentence: " + sentence));
        }
    }

    /// A zip that is served: whatever is in it, its documents are no longer than it says, and none is a surprise.
    static void zip(byte[] octets) throws IOException {
        ZipTree tree;
        try {
            tree = new ZipTree(Place.file("site.zip", octets), STRICT);
        } catch (IOException _) {
            return; // it is no zip
        }
        walk(tree, new Resource.Directory(Place.DIRECTORY.resolve("site.zip")), 0);
    }

    private static void walk(Tree tree, Resource.Directory directory, int depth) throws IOException {
        List<String> names = new ArrayList<>();
        tree.entries(directory, entry -> names.add(entry.name()));
        for (String name : names) {
            List<String> place = new ArrayList<>(directory.inside());
            place.add(name);
            hold(!name.isEmpty() && !name.equals("..") && name.indexOf('/') < 0 && name.indexOf('\0') < 0, "name " + name);
            switch (tree.resolve(place)) {
                case Resource.Document document -> document(document);
                case Resource.Directory below when depth < 20 -> walk(tree, below, depth + 1);
                case Resource.Directory _ -> { }
                case Resource.Missing _, Resource.Forbidden _, Resource.Unavailable _, Resource.Script _ -> hold(false, "what is listed is not there: " + place);
            }
        }
    }

    private static void document(Resource.Document document) {
        hold(document.length() >= 0, "length " + document.length());
        try (var file = document.file(); WritableByteChannel nowhere = Channels.newChannel(java.io.OutputStream.nullOutputStream())) {
            long most = Math.min(document.length(), ENOUGH_OCTETS);
            for (long at = 0, count = 1; at < most && count > 0; at += count) {
                count = file.transferTo(at, most - at, nowhere);
                hold(count >= 0 && count <= most - at, "more than was asked for");
            }
        } catch (IOException _) {
            // shorter than the zip says, or squeezed in another way: the client sees it end too early
        }
    }
}
