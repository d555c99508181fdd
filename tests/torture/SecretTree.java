package tests.torture;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/// A tree to be served, with secrets in it and beside it. Each secret holds octets that stand nowhere else, and there are
/// directories that hold a file named so; where these octets come to light, it has got out.
final class SecretTree {
    /// What all canaries begin with. No request has it in it.
    static final String CANARY = "cAnArY";

    /// Beside the tree, as seen from the root.
    static final List<String> OUTSIDE = List.of("secret.txt", "outside/far.txt", "tree-2/near.txt", "tree.txt", ".env", "id_rsa");

    /// In the tree, and for nobody.
    static final List<String> HIDDEN = List.of(".git/config", ".git/HEAD", ".Git2/config", ".env", ".env.local", ".Env.Prod", ".htpasswd",
            ".ssh/id_rsa", "id_rsa", "ID_ED25519", "server.key", "Private.Key", "own.KEY", "bundle.pem", "store.jks", "Pass.KDBX",
            ".hidden", "dir/.inner", "dir/.git/config", "dir/sub/.env", ".well-known/.env", ".comanche-0123.part", "..x", "...",
            "out", "absolute", "outdir/far.txt", "up/secret.txt", "togit/config", "toenv", "tohidden", "tokey.txt");

    /// What anybody may have.
    static final List<String> OPEN = List.of("a.txt", "dir/inner.txt", "dir/sub/deep.txt", ".well-known/acme", "in");

    final Path beside;
    final Path root;
    private int canaries;

    /// @param directory an empty one
    SecretTree(Path directory) throws IOException {
        beside = directory.toRealPath();
        root = Files.createDirectory(beside.resolve("tree"));
        for (String name : List.of("a.txt", "dir/inner.txt", "dir/sub/deep.txt", ".well-known/acme")) {
            write(root.resolve(name), "open: " + name);
        }
        for (String name : OUTSIDE) {
            write(beside.resolve(name), canary());
        }
        for (String name : HIDDEN.subList(0, HIDDEN.indexOf("out"))) {
            write(root.resolve(name), (name.toLowerCase(java.util.Locale.ROOT).matches(".*\\.(key|pem)")
                    ? "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n" : "") + canary());
        }
        for (String directoryName : List.of("outside", "tree/.git", "tree/dir/.git", "tree/.ssh")) {
            write(beside.resolve(directoryName).resolve(canary()), canary());
        }
        link("in", "dir/inner.txt");
        link("out", "../secret.txt");
        link("absolute", beside.resolve("secret.txt").toString());
        link("outdir", "../outside");
        link("up", "..");
        link("togit", ".git");
        link("toenv", ".env");
        link("tohidden", ".hidden");
        link("tokey.txt", "id_rsa");
        link("dir/out", "../../outside");
        link("proc", "/proc/self");
        link("rootdir", "/");
    }

    private String canary() {
        return CANARY + String.format("-%03d", ++canaries);
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void link(String name, String to) throws IOException {
        Files.createSymbolicLink(root.resolve(name), Path.of(to));
    }

    int canaries() {
        return canaries;
    }

    /// A zip beside the tree, made by somebody who means harm to who unpacks it, and who has left secrets in it.
    Path zip() throws IOException {
        Path zip = beside.resolve("site.zip");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
            for (String name : List.of("a.txt", "dir/inner.txt")) {
                out.putNextEntry(new ZipEntry(name));
                out.write("open".getBytes(StandardCharsets.US_ASCII));
            }
            for (String name : List.of("../secret.txt", "/secret.txt", "dir/../../secret.txt", ".git/config", ".env", "id_rsa",
                    "dir/.inner", "..\\secret.txt", "dir//..//x", "store.jks", "./.htpasswd", "a/./../.env")) {
                out.putNextEntry(new ZipEntry(name));
                out.write(canary().getBytes(StandardCharsets.US_ASCII));
            }
            out.putNextEntry(new ZipEntry("server.key"));
            out.write(("-----BEGIN PRIVATE KEY-----\n" + canary()).getBytes(StandardCharsets.US_ASCII));
        }
        return zip;
    }

    /// Does something of what is secret stand in these octets, or in what they are the zip of?
    static boolean leaks(Caller.Reply reply) throws IOException {
        boolean zip = reply.content().length > 4 && reply.content()[0] == 'P' && reply.content()[1] == 'K';
        return isSecret(reply.head()) || isSecret(reply.text()) || zip && leaksFromZip(reply.content());
    }

    private static boolean leaksFromZip(byte[] octets) throws IOException {
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(octets))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (isSecret(entry.getName()) || isSecret(new String(zip.readAllBytes(), StandardCharsets.ISO_8859_1))) {
                    return true;
                }
            }
            return false;
        }
    }

    private static boolean isSecret(String text) {
        return text.contains(CANARY) || text.contains("root:x:0:0");
    }

    /// Everything that no client may change, with its octets and dates: what lies outside, and what is hidden inside.
    Map<String, String> untouchable() throws IOException {
        Map<String, String> all = new TreeMap<>();
        for (Path path : paths()) {
            String name = beside.relativize(path).toString();
            boolean outside = !path.startsWith(root) && !path.equals(beside);
            if (outside || isHidden(root.relativize(path).toString())) {
                all.put(name, Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS) + " "
                        + (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS) ? Files.readString(path) : "no file"));
            }
        }
        return all;
    }

    private static boolean isHidden(String name) {
        return HIDDEN.contains(name) || name.matches("(.*/)?(\\.(?!well-known).*|id_rsa.*|.*\\.key|store\\.jks)");
    }

    private List<Path> paths() throws IOException {
        List<Path> paths = new ArrayList<>();
        try (Stream<Path> all = Files.walk(beside)) {
            all.forEach(paths::add);
        }
        return paths;
    }
}
