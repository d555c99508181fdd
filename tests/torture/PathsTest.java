package tests.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.host.Fixture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Can any request, however it is written, get an octet of what lies beside the tree or is hidden in it, or change it?
class PathsTest {
    private static final String HOST = " HTTP/1.1\r\nHost: localhost\r\n";

    /// What can be asked of a directory, or of what somebody takes for one.
    private static final List<String> QUERIES = List.of("", "?zip", "?tar", "?json", "?sha256", "?sort=name&order=desc", "?zip&only=secret.txt", "?zip&only=out", "?zip&only=outdir",
            "?zip&only=up", "?zip&only=.git", "?zip&only=.env", "?zip&only=..", "?zip&only=../secret.txt", "?zip&only=%2e%2e%2fsecret.txt", "?zip&only=..%5csecret.txt", "?zip&only=.%00env",
            "?tar&only=..", "?tar&only=../outside", "?tar&only=togit", "?tar&only=id_rsa", "?tar&only=ID_RSA", "?tar&only=.ENV", "?tar&only=toenv", "?tar&only=dir/../../secret.txt",
            "?tar&only=/etc/passwd", "?zip&only=/etc/passwd", "?zip&only=rootdir", "?zip&only=bundle.pem", "?zip&only=server.key", "?tar&only=tokey.txt", "?tar&only=dir&only=.git",
            "?upload=..", "?upload=../../secret.txt", "?upload=0123", "?upload=0123456789abcdef0123456789abcdef");

    private static final List<String> DIRECTORIES = List.of("/", "//", "/./", "/dir/", "/dir/sub/", "/dir/../", "/dir/../../", "/..", "/../", "/%2e%2e/", "/..%2f", "/out/", "/outdir/", "/up/", "/up/outside/",
            "/up/tree/", "/.git/", "/dir/.git/", "/.ssh/", "/.well-known/", "/togit/", "/rootdir/", "/rootdir/etc/", "/proc/", "/proc/cwd/", "/dir/out/", "/in/", "/a.txt/", "/..%5c", "/.%00/",
            "/../outside/", "/%2e%2e/outside/", "/..;/outside/", "/outdir", "/up", "/togit", "/SHA256SUMS", "/dir/SHA256SUMS", "/outdir/SHA256SUMS", "/up/SHA256SUMS", "/.git/SHA256SUMS", "/../SHA256SUMS");

    @TempDir
    Path directory;

    /// Whoever clears the directory away looks behind its links, and warns.
    @AfterEach
    void removeLinks() throws IOException {
        try (Stream<Path> names = Files.list(directory.resolve("tree"))) {
            for (Path name : names.filter(Files::isSymbolicLink).toList()) {
                Files.delete(name);
            }
        }
    }

    /// Who asks, and looks at what comes back.
    private static final class Asker implements AutoCloseable {
        private final Caller caller;
        private final List<String> leaks = new ArrayList<>();
        private int asked;

        Asker(Fixture site) {
            caller = new Caller(site.port());
        }

        Caller.Reply ask(String octets) {
            try {
                asked++;
                Caller.Reply reply = caller.ask(octets);
                if (SecretTree.leaks(reply)) {
                    leaks.add(octets.lines().findFirst().orElse("") + " -> " + reply.head() + reply.text());
                }
                return reply;
            } catch (IOException e) {
                throw new AssertionError("no answer to " + octets, e);
            }
        }

        void get(String target) {
            ask("GET " + target + HOST + "\r\n");
        }

        @Override
        public void close() throws IOException {
            caller.close();
            assertEquals(List.of(), leaks);
        }
    }

    private static void tell(String what, int asked) {
        System.out.println("PathsTest: " + what + ": " + asked + " requests");
    }

    /// A test that cannot fail is none: with links followed the same questions do bring secrets to light.
    @Test
    void whoIsLetOutIsSeen() throws Exception {
        SecretTree tree = new SecretTree(directory);
        try (Fixture site = Fixture.serve(tree.root, "--follow-symlinks"); Caller caller = new Caller(site.port())) {
            assertTrue(SecretTree.leaks(caller.ask("GET /outdir/far.txt" + HOST + "\r\n")));
            assertTrue(SecretTree.leaks(caller.ask("GET /outdir/" + HOST + "\r\n")));
            assertTrue(SecretTree.leaks(caller.ask("GET /outdir/?zip" + HOST + "\r\n")));
            assertTrue(SecretTree.leaks(caller.ask("GET /rootdir/etc/passwd" + HOST + "\r\n")));
        }
    }

    @Test
    void noWayUpLeadsOut() throws Exception {
        SecretTree tree = new SecretTree(directory);
        try (Fixture site = Fixture.serve(tree.root); Asker asker = new Asker(site)) {
            Disguises.waysOut(SecretTree.OUTSIDE, Torture.rounds(2, 4), Torture.rounds(1999, 19), asker::get);
            Disguises.ODD.forEach(asker::get);
            Disguises.ODD.forEach(target -> asker.ask("HEAD " + target + HOST + "\r\n"));
            tell("ways out", asker.asked);
        }
    }

    @Test
    void noDressShowsWhatIsHidden() throws Exception {
        SecretTree tree = new SecretTree(directory);
        for (List<String> options : List.of(List.<String>of(), List.of("--spa", "--cors", "--no-listing"))) {
            try (Fixture site = Fixture.serve(tree.root, options.toArray(String[]::new)); Asker asker = new Asker(site)) {
                Consumer<String> some = every(Torture.rounds(149, 1), asker::get);
                SecretTree.HIDDEN.forEach(path -> Disguises.dressed(path, some));
                SecretTree.HIDDEN.forEach(path -> {
                    for (String fields : List.of("Range: bytes=0-10\r\n", "Range: bytes=-5,0-0\r\n", "Accept-Encoding: br, gzip\r\n", "Want-Repr-Digest: sha-256=10\r\n", "Accept: text/html\r\n",
                            "If-None-Match: *\r\n", "If-Modified-Since: Tue, 24 Nov 2026 08:15:02 GMT\r\n", "X-Original-URL: /" + path + "\r\n", "X-Rewrite-URL: /" + path + "\r\n",
                            "X-Forwarded-Prefix: /..\r\n", "Destination: /../" + path + "\r\n", "Content-Location: /" + path + "\r\n", "X-Accel-Redirect: /" + path + "\r\n", "X-Sendfile: " + tree.root.resolve(path) + "\r\n")) {
                        asker.ask("GET /" + path + HOST + fields + "\r\n");
                        asker.ask("HEAD /" + path + HOST + fields + "\r\n");
                    }
                });
                tell("dresses " + options, asker.asked);
            }
        }
    }

    @Test
    void noArchiveListingOrListOfChecksumsTellsOfIt() throws Exception {
        SecretTree tree = new SecretTree(directory);
        for (List<String> options : List.of(List.<String>of(), List.of("--write"), List.of("--reproducible"))) {
            try (Fixture site = Fixture.serve(tree.root, options.toArray(String[]::new)); Asker asker = new Asker(site)) {
                Consumer<String> some = every(Torture.rounds(7, 1), target -> {
                    asker.get(target);
                    asker.ask("GET " + target + HOST + "Accept: text/html\r\n\r\n");
                    asker.ask("HEAD " + target + HOST + "Accept: application/json\r\n\r\n");
                });
                DIRECTORIES.forEach(target -> QUERIES.forEach(query -> some.accept(target + query)));
                tell("directories " + options, asker.asked);
            }
        }
    }

    @Test
    void dotfilesThatAreShownAreNotSecrets() throws Exception {
        SecretTree tree = new SecretTree(directory);
        List<String> secrets = SecretTree.HIDDEN.stream().filter(name -> !List.of(".Git2/config", ".hidden", "dir/.inner", "..x", "...", "tohidden").contains(name)).toList();
        try (Fixture site = Fixture.serve(tree.root, "--hidden"); Asker asker = new Asker(site)) {
            Consumer<String> some = every(Torture.rounds(199, 1), asker::get);
            secrets.forEach(path -> Disguises.dressed(path, some));
            tell("--hidden", asker.asked);
        }
    }

    @Test
    void aZipLeadsNowhereButIntoItself() throws Exception {
        SecretTree tree = new SecretTree(directory);
        try (Fixture site = Fixture.serve(tree.zip()); Asker asker = new Asker(site)) {
            Disguises.waysOut(List.of("secret.txt", "outside/far.txt"), 2, Torture.rounds(4999, 67), asker::get);
            Consumer<String> some = every(Torture.rounds(83, 1), asker::get);
            List.of(".git/config", ".env", "id_rsa", "server.key", "dir/.inner", "../secret.txt", "..\\secret.txt", "store.jks", "./.htpasswd", "a/./../.env")
                    .forEach(path -> Disguises.dressed(path, some));
            Consumer<String> few = every(Torture.rounds(7, 1), asker::get);
            DIRECTORIES.forEach(target -> QUERIES.forEach(query -> few.accept(target + query)));
            Disguises.ODD.forEach(asker::get);
            tell("a zip", asker.asked);
        }
    }

    @Test
    void theOnlyFileHasNoNeighbours() throws Exception {
        SecretTree tree = new SecretTree(directory);
        try (Fixture site = Fixture.serve(tree.root.resolve("a.txt")); Asker asker = new Asker(site)) {
            Disguises.waysOut(List.of("secret.txt", "tree/.env"), 2, Torture.rounds(9973, 199), asker::get);
            SecretTree.HIDDEN.forEach(path -> asker.get('/' + path));
            SecretTree.HIDDEN.forEach(path -> asker.get("/a.txt/../" + path));
            Consumer<String> few = every(Torture.rounds(7, 1), asker::get);
            DIRECTORIES.forEach(target -> QUERIES.forEach(query -> few.accept(target + query)));
            tell("one file", asker.asked);
        }
    }

    @Test
    void noNameOfAHostIsAPath() throws Exception {
        SecretTree tree = new SecretTree(directory);
        Files.createDirectories(tree.root.resolve("a.example"));
        Files.writeString(tree.root.resolve("a.example/index.html"), "a");
        List<String> hosts = new ArrayList<>(List.of("..", ".", "...", "..:80", "../secret.txt", "../outside", "..%2foutside", "%2e%2e", "%2e%2e%2foutside", "%252e%252e", ".git", ".GIT", ".git.", "togit", "up", "up.", "out", "outdir",
                "outdir.", "OUTDIR", "outdir:80", "outdir:", "rootdir", "proc", ".ssh", ".well-known", "dir", "dir.", "dir..", "a.example/../outside", "a.example%2f..%2foutside", "a.example;..", "a.example\\..\\outside",
                "a.example,outside", "a.example outside", "a.example\toutside", "a.example@outside", "user@outdir", "a.example#outdir", "a.example?outdir", "[::1]", "[..]", "[/outside]", "[v1.outdir]", "", "*", "~", "~root", "$HOME",
                "c:", "con", "nul", "a.example::$DATA", "..\\outside", "%00", "outdir%00", "outdir%2e", "%6futdir", "%2egit", "tree/../outside", "\u00e9", "%ef%bc%8e%ef%bc%8e", "-", "_", "a..example", ".a.example", "a.example..", "a".repeat(300), "../".repeat(50)));
        List<String> targets = List.of("/", "/secret.txt", "/far.txt", "/config", "/id_rsa", "/HEAD", "/etc/passwd", "/?zip", "/?tar", "/?json", "/SHA256SUMS", "/..%2fsecret.txt", "/../outside/far.txt", "/sub/.env", "/.git/config", "/tree/.env");
        for (List<String> options : List.of(List.of("--virthost"), List.of("--virthost", "--default-host", "dir"))) {
            try (Fixture site = Fixture.serve(tree.root, options.toArray(String[]::new)); Asker asker = new Asker(site)) {
                Consumer<String> some = every(Torture.rounds(3, 1), asker::ask);
                for (String host : hosts) {
                    for (String target : targets) {
                        some.accept("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
                        some.accept("GET http://" + host + target + HOST + "\r\n");
                    }
                }
                assertEquals("a", asker.ask("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n").text());
                tell("hosts " + options, asker.asked);
            }
        }
    }

    @Test
    void nothingOutsideIsWrittenOrDeleted() throws Exception {
        SecretTree tree = new SecretTree(directory);
        var before = tree.untouchable();
        try (Fixture site = Fixture.serve(tree.root, "--write", "--min-free", "1"); Asker asker = new Asker(site)) {
            Consumer<String> written = target -> {
                asker.ask("PUT " + target + HOST + "Content-Length: 8\r\n\r\nINTRUDER");
                asker.ask("DELETE " + target + HOST + "\r\n");
            };
            Disguises.waysOut(SecretTree.OUTSIDE, 2, Torture.rounds(7919, 151), written);
            Consumer<String> some = every(Torture.rounds(499, 11), written);
            SecretTree.HIDDEN.forEach(path -> Disguises.dressed(path, some));
            SecretTree.HIDDEN.forEach(path -> written.accept('/' + path));
            Disguises.ODD.forEach(written);
            DIRECTORIES.forEach(written);
            Consumer<String> sent = name -> {
                asker.ask(form("/dir/", "filename=\"" + name + '"'));
                asker.ask(form("/", "filename*=UTF-8''" + name));
                asker.ask("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Disposition: attachment; filename=\"" + name + "\"\r\nContent-Length: 8\r\n\r\nINTRUDER");
                asker.ask("POST / HTTP/1.1\r\nHost: localhost\r\nUpload-Complete: ?1\r\nUpload-Draft-Interop-Version: 8\r\nContent-Disposition: attachment; filename*=utf-8'en'" + name + "\r\nContent-Length: 8\r\n\r\nINTRUDER");
            };
            Disguises.waysOut(List.of("secret.txt", "outside/new.txt", "new.txt"), 2, Torture.rounds(19997, 499), target -> sent.accept(target.substring(1)));
            SecretTree.HIDDEN.forEach(sent);
            List.of("../new.txt", "..\\new.txt", "dir/../../new.txt", "/etc/new", "//x", "", ".", "..", "a/..", ".htaccess", "out", "outdir/new.txt", "up/new.txt", "dir/out/new.txt", "togit/hooks", "a\u0000b", "x/../.env", "CON", "a:b",
                    "id_rsa", ".git/hooks/pre-commit", "new/.git/config", ".comanche-x.part", "a\\\"/../../b", "%2e%2e/b", "%22/../b").forEach(sent);
            for (String field : List.of("Destination: /../new.txt", "Destination: http://localhost/../new.txt", "Overwrite: T\r\nDestination: /outdir/new.txt")) {
                for (String method : List.of("MOVE", "COPY", "MKCOL", "LINK", "PATCH", "POST", "PROPFIND")) {
                    asker.ask(method + " /a.txt" + HOST + field + "\r\n\r\n");
                    asker.ask(method + " /outdir" + HOST + field + "\r\n\r\n");
                }
            }
            for (String token : List.of("..", "../secret.txt", "%2e%2e%2fsecret.txt", "0123", "../.comanche-0123.part", "0123456789abcdef0123456789abcdef", "/etc/passwd", "%00", "")) {
                for (String method : List.of("PATCH", "DELETE", "HEAD", "GET", "PUT", "POST")) {
                    for (String place : List.of("/", "/outdir/", "/up/", "/.git/", "/../")) {
                        asker.ask(method + ' ' + place + "?upload=" + token + HOST + "Upload-Offset: 0\r\nUpload-Complete: ?1\r\nContent-Type: application/partial-upload\r\nContent-Length: 1\r\n\r\nx");
                    }
                }
            }
            tell("writing", asker.asked);
            var after = tree.untouchable();
            assertEquals(Set.of(), Stream.concat(before.entrySet().stream().filter(was -> !after.entrySet().contains(was)),
                    after.entrySet().stream().filter(is -> !before.entrySet().contains(is))).collect(Collectors.toSet()));
            assertEquals(201, asker.ask("PUT /fresh.txt" + HOST + "Content-Length: 2\r\n\r\nhi").status());
        }
        assertFalse(Files.exists(tree.beside.resolve("new.txt")));
        assertTrue(Files.exists(tree.root.resolve("fresh.txt")));
    }

    private static String form(String target, String parameter) {
        String content = "--b\r\nContent-Disposition: form-data; name=\"f\"; " + parameter + "\r\n\r\nINTRUDER\r\n--b--\r\n";
        return "POST " + target + HOST + "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: " + content.length() + "\r\n\r\n" + content;
    }

    /// Passes on one of so many.
    private static <T> Consumer<T> every(int stride, Consumer<T> taker) {
        int[] n = {0};
        return thing -> {
            if (n[0]++ % stride == 0) {
                taker.accept(thing);
            }
        };
    }
}
