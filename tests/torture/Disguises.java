package tests.torture;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/// How has anybody ever written a path so that one reader takes it for something else than the next?
///
/// Names are octets, one char each, and so are the targets made of them.
final class Disguises {

    /// What some reader, somewhere, takes for `..`.
    private static final List<String> UP = List.of("..", "%2e%2e", ".%2e", "%2E.", "%252e%252e", "%25252e%25252e", "%%32%65%%32%65", "%2%65%2%65",
            "%c0%ae%c0%ae", "%c0%2e%c0%2e", "%e0%80%ae%e0%80%ae", "%f0%80%80%ae%f0%80%80%ae", "%c0.%c0.", "%u002e%u002e", "%uff0e%uff0e",
            "%ef%bc%8e%ef%bc%8e", "\u00ef\u00bc\u008e\u00ef\u00bc\u008e", "%e2%80%a4%e2%80%a4", "%e2%80%a5", "%e2%80%a6", "...", "....", "..;", "..;a=b", ".;.", "..%3b",
            "..%00", "%00..", ".%00.", "..%20", "%20..", "..%09", "..+", ". .", "..%0d%0a", "..%0a", "..%7f", "..%ad", "..%e2%80%8b", "..%ef%bb%bf",
            "..%cc%80", "..~", "..:", "..::$DATA", "..::$INDEX_ALLOCATION", "..\\", "..%5c", "\\..", "%5c..", "..*", "..?", "..#", "..%23",
            "..%3f", "..%26", "..|", "..%7c", "~root", "$HOME", "%24HOME", "&#46;&#46;", "%26%2346;%26%2346;", "..%u2216", "..%c1%9c", "\t..", "..%80", "..%ff");

    /// What some reader takes for `/`.
    private static final List<String> SLASH = List.of("/", "//", "///", "/./", "/%2e/", "/;/", ";/", "/;a=b/", "%2f", "%2F", "%252f", "%25252f",
            "%%32%66", "%5c", "\\", "%255c", "\\/", "/\\", "%c0%af", "%c0%2f", "%e0%80%af", "%f0%80%80%af", "%c1%9c", "%ef%bc%8f", "%ef%bc%bc", "%e2%88%95",
            "%e2%81%84", "%u2215", "%u2216", "%uff0f", "%2f%2f", "%2f/", "/%2f", "%00/", "%20/", "/%20/", "%09/", "/x/../", "/x%2f..%2f", ":", "%3a",
            "&#47;", "%0d%0a/", ".%2f", "%2f.%2f");

    private static final List<String> BEFORE = List.of("/", "//", "/./", "/%2e/", "/dir/", "/dir/sub/", "/a.txt/", "/outdir/", "/up/", "/.well-known/", "/dir%2f",
            "/dir%5c", "http://localhost/", "HTTP://localhost//", "http://localhost/dir/", "/static../", "/..", "/dir..", "/%", "/;/", "/nothing/", "/in/");

    private static final List<String> BEHIND = List.of("", "/", "/.", "%00", "%00.txt", ".", "..", "%20", "%2e", "::$DATA", ":$DATA", ";x", "?x", "%3f", "#x", "%23", "~", "%2f",
            "\\", "%5c", "/..;/", "?sha256", "?zip", "%0a", "%0d", "*", "%ff", "+", "&", "|", ".gz", "/SHA256SUMS", "%c0%80", "%e2%80%8b");

    /// In the system at large.
    private static final List<String> FAR = List.of("etc/passwd", "proc/self/environ", "proc/self/cwd/secret.txt", "proc/self/root/etc/passwd");

    private Disguises() {}

    /// Each way up and out of the tree, every `stride`-th of all there are, to each `goal` and to files of the system.
    static void waysOut(List<String> goals, int deepest, int stride, Consumer<String> taker) {
        List<String> all = new ArrayList<>(goals);
        all.addAll(FAR);
        long n = 0;
        for (String up : UP) {
            for (String slash : SLASH) {
                for (int depth = 1; depth <= deepest; depth++) {
                    String way = (up + slash).repeat(depth);
                    for (String before : BEFORE) {
                        for (int i = 0; i < all.size(); i++) {
                            if (n++ % stride == 0) {
                                String goal = all.get(i).replace("/", n % 2 == 0 ? slash : "/");
                                taker.accept(before + way + goal + BEHIND.get((int) (n / stride % BEHIND.size())));
                            }
                        }
                    }
                }
            }
        }
    }

    /// The path of a file in every dress, in front of which something may stand, or behind which.
    static void dressed(String path, Consumer<String> taker) {
        for (String dress : dresses(path)) {
            for (String before : BEFORE) {
                taker.accept(before + dress);
                taker.accept(before + "x/../" + dress);
            }
            for (String behind : BEHIND) {
                taker.accept('/' + dress + behind);
                taker.accept("/dir/../" + dress + behind);
                taker.accept("/up/tree/" + dress + behind);
            }
        }
    }

    private static List<String> dresses(String path) {
        List<String> all = new ArrayList<>(List.of(path, path.toUpperCase(Locale.ROOT), path.toLowerCase(Locale.ROOT), alternating(path), each(path, "%%%02x"),
                each(path, "%%%02X"), each(path, "%%25%02x"), each(path, "%%u%04x"), each(path, "%%c%2x").replace(' ', '0'), each(path, "&#%d;"),
                overlong(path), wide(path), path.replace("/", "%2f"), path.replace("/", "%5c"), path.replace("/", "\\"), path.replace("/", "//"),
                path.replace("/", "/./"), path.replace("/", "/;x/"), path.replace("/", ";x/"), path.replace("/", "/%2e/"), path.replace("/", "%00/"),
                path.replace("/", "./"), path.replace("/", "%20/"), path.replace("/", "::$INDEX_ALLOCATION/"), path.replace(".", "%2e"), path.replace(".", "%252e"),
                path.replace(".", "%c0%ae"), path.replace(".", "%ef%bc%8e"), path.replace(".", "%e2%80%a4"), path.replace(".", "%e3%80%82"),
                path.replace(".", "./"), path.replace(".", "%00."), path.replace(".", "%e2%80%8b."), path.replace(".", ".%e2%80%8b"), path.replace(".", ".%c2%ad"),
                path.replace(".", "%e2%80%8c."), path.replace(".", "%ef%bb%bf."), path.replace(".", ".%cd%8f"), path.replace("i", "%c4%b1"),
                path.replace("i", "%c4%b0"), path.replace("s", "%c5%bf"), path.replace("k", "%e2%84%aa"), path.replace("e", "e%cc%81"), path.replace("fi", "%ef%ac%81"),
                path.replace("g", "%ef%bd%87"), path.replace("_", "%5f"), path.replace("/", "/%e2%80%ae"), path + "~", path + ".bak", path.replaceAll("^(.{1,6})[^/]*", "$1~1")));
        all.add("%" + Integer.toHexString(path.charAt(0)) + path.substring(1));
        all.add(path.substring(0, path.length() - 1) + "%" + Integer.toHexString(path.charAt(path.length() - 1)));
        return all;
    }

    private static String each(String path, String format) {
        StringBuilder text = new StringBuilder();
        path.chars().forEach(c -> text.append(c == '/' ? "/" : String.format(format, c)));
        return text.toString();
    }

    private static String alternating(String path) {
        StringBuilder text = new StringBuilder(path.toLowerCase(Locale.ROOT));
        for (int i = 0; i < text.length(); i += 2) {
            text.setCharAt(i, Character.toUpperCase(text.charAt(i)));
        }
        return text.toString();
    }

    /// UTF-8 in one octet more than it needs, which is none.
    private static String overlong(String path) {
        StringBuilder text = new StringBuilder();
        path.chars().forEach(c -> text.append(c == '/' ? "/" : String.format("%%%02x%%%02x", 0xC0 | c >> 6, 0x80 | c & 0x3F)));
        return text.toString();
    }

    /// The full-width forms, which compatibility decomposition (NFKC) makes plain.
    private static String wide(String path) {
        StringBuilder text = new StringBuilder();
        path.chars().forEach(c -> {
            for (byte octet : String.valueOf((char) (c == '/' ? c : c + 0xFEE0)).getBytes(StandardCharsets.UTF_8)) {
                text.append(c == '/' ? "/" : String.format("%%%02x", octet));
            }
        });
        return text.toString();
    }

    /// What no combination brings forth.
    static final List<String> ODD = List.of("/CON", "/NUL", "/aux.txt", "/COM1", "/LPT1.txt", "/PRN", "/CONIN$", "/dir/NUL", "/c:/secret.txt", "/C:%5csecret.txt",
            "/%5c%5clocalhost%5cC$%5csecret.txt", "/\\\\?\\C:\\secret.txt", "file:///etc/passwd", "file://localhost/etc/passwd", "FILE:/etc/passwd", "/file:/etc/passwd", "/file%3a%2f%2f%2fetc%2fpasswd",
            "etc/passwd", "../secret.txt", "..", ".", "*", "%2e%2e/secret.txt", "\\..\\secret.txt", "//etc/passwd", "///etc/passwd", "//..//secret.txt", "/\u0000", "/%00", "/\u0000../secret.txt",
            "http://localhost", "http://localhost/../secret.txt", "http://localhost/..%2fsecret.txt", "http:///../secret.txt", "http://../secret.txt", "http://localhost:80/../../secret.txt", "http://localhost@evil/../secret.txt",
            "http://localhost?/../secret.txt", "http://localhost#/../secret.txt", "http://localhost\\..\\secret.txt", "http:/..//secret.txt", "http:../secret.txt", "https://localhost/..;/secret.txt",
            "/a.txt?../secret.txt", "/a.txt?/../../secret.txt", "/a.txt#/../secret.txt", "/a.txt;/../../secret.txt", "/a.txt/../../secret.txt", "/a.txt%00/../../secret.txt", "/a.txt/..%2f..%2fsecret.txt",
            "/?../secret.txt", "/?file=../secret.txt", "/?path=../secret.txt", "/?only=../secret.txt&zip", "/index.php/../../secret.txt", "/cgi-bin/.%2e/.%2e/.%2e/.%2e/etc/passwd", "/icons/.%2e/%2e%2e/%2e%2e/etc/passwd",
            "/dir/inner.txt/..", "/dir/inner.txt/../", "/dir/inner.txt/.", "/in/..", "/in/../../secret.txt", "/out", "/out/", "/outdir", "/outdir/", "/outdir/far.txt", "/up", "/up/", "/up/secret.txt", "/up/tree/a.txt", "/up/outside/far.txt",
            "/proc", "/proc/", "/proc/environ", "/proc/root/etc/passwd", "/proc/cwd/", "/proc/fd/0", "/proc/fd/3", "/rootdir", "/rootdir/", "/rootdir/etc/passwd", "/dir/out/far.txt", "/absolute",
            "/togit", "/togit/", "/togit/config", "/togit/HEAD", "/toenv", "/tohidden", "/tokey.txt", "/dir/.git/", "/.git", "/.git/", "/.ssh/", "/.well-known/", "/.well-known/../.env", "/.well-known/.env", "/.well-known%2f..%2f.env",
            "/\u00ff", "/%ff%fe", "/a.txt%c3%28", "/%ed%a0%80", "/%f4%90%80%80", "/" + "A".repeat(255), "/" + "A".repeat(256), "/" + "A".repeat(5000), "/" + "../".repeat(1300) + "etc/passwd", "/" + "a/".repeat(2000) + "../".repeat(2001) + "secret.txt",
            "/" + "%2e%2e%2f".repeat(400) + "etc/passwd", "/" + "./".repeat(3000) + "../secret.txt", "/" + "dir/../".repeat(600) + "../secret.txt", "/" + ".".repeat(4000), "/" + "%2e".repeat(2000));
}
