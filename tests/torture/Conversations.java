package tests.torture;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.List;
import java.util.SplittableRandom;

/// What do clients send on one connection? Requests one behind the other, of which most are right, some are wrong in the ways
/// that smugglers use, and a few are damaged anywhere. The n-th of a seed is always the same.
final class Conversations {
    /// Looks like a request and stands only in content: an answer to it is one that nobody asked for.
    private static final String SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

    private static final List<String> METHODS = List.of("GET", "GET", "GET", "GET", "HEAD", "HEAD", "OPTIONS", "TRACE", "PUT", "POST", "DELETE",
            "PATCH", "CONNECT", "BREW");
    private static final List<String> TARGETS = List.of("/t0.txt", "/t1.txt?x=1", "/t2.txt", "/t3.txt", "/", "/dir", "/dir?a=%62", "/dir/",
            "/dir/page.html", "/dir/large.bin", "/missing", "/out", "/../secret.txt", "http://h/t4.txt", "http://other:80?q", "//t5.txt", "/t6.txt/", "/?json",
            "/new.txt", "/dir/new.bin");
    private static final List<String> ODD_TARGETS = List.of("*", "h:443", "/a%00b", "/%zz", "/a#b", "h/t0.txt", "/\u00e9", "");
    private static final List<String> ODD_VERSIONS = List.of("HTTP/1.0", "HTTP/1.0", "HTTP/1.7", "HTTP/2.0", "HTTP/1.1 ", "http/1.1");
    private static final List<String> FIELDS = List.of("Connection: keep-alive", "Range: bytes=0-1", "Range: bytes=0-1,3-",
            "Range: bytes=9-", "If-None-Match: *", "If-Match: \"x\"", "If-Modified-Since: Sun, 06 Nov 2044 08:49:37 GMT", "Accept: text/html",
            "Accept-Encoding: gzip", "X:", "X: \u00e9\t\u00ff", "Origin: http://o", "Authorization: Basic YTpi", "Cookie: a=b", "Upgrade: h2c",
            "TE: trailers", "Content-Type: multipart/form-data; boundary=b");
    private static final List<String> ODD_FIELDS = List.of("Connection: close", "Connection: close", "Expect: 100-continue", "Expect: 100-continue",
            "Expect: nothing", "Host: h", "Host : h", " folded", "X\0: y", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked", "Transfer-Encoding : chunked", "Transfer-Encoding: chunked, identity",
            "Content-Length: 5", "Content-Length: +5", "Content-Length: 5, 5", "Content-Length: 99999999999999999999");

    private final long seed;

    Conversations(long seed) {
        this.seed = seed;
    }

    byte[] octets(long number) {
        SplittableRandom chance = new SplittableRandom(seed ^ number * 0x9E3779B97F4A7C15L);
        StringBuilder octets = new StringBuilder();
        for (int i = chance.nextInt(6); i >= 0; i--) {
            octets.append("\r\n".repeat(chance.nextInt(16) == 0 ? chance.nextInt(6) : 0)).append(request(chance));
        }
        byte[] all = octets.toString().getBytes(ISO_8859_1);
        for (int i = chance.nextInt(8); i > 5; i--) {
            all = Mutations.changed(all, List.of(all), chance);
        }
        return all;
    }

    private static String request(SplittableRandom chance) {
        StringBuilder head = new StringBuilder().append(any(METHODS, chance)).append(' ').append(any(chance.nextInt(30) == 0 ? ODD_TARGETS : TARGETS, chance))
                .append(' ').append(chance.nextInt(20) == 0 ? any(ODD_VERSIONS, chance) : "HTTP/1.1").append("\r\n");
        head.append(chance.nextInt(60) == 0 ? "" : "Host: h\r\n");
        for (int i = chance.nextInt(4); i > 0; i--) {
            head.append(any(chance.nextInt(20) == 0 ? ODD_FIELDS : FIELDS, chance)).append("\r\n");
        }
        return head + (chance.nextInt(3) > 0 ? "\r\n" : content(chance));
    }

    /// The fields that frame it, the empty line and the octets.
    private static String content(SplittableRandom chance) {
        String content = switch (chance.nextInt(4)) {
            case 0 -> "";
            case 1 -> SMUGGLED;
            case 2 -> "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f.txt\"\r\n\r\nf\r\n--b--\r\n";
            default -> "x".repeat(chance.nextInt(1 << chance.nextInt(14)));
        };
        if (chance.nextBoolean()) {
            int lie = chance.nextInt(20) == 0 ? chance.nextInt(-3, 4) : 0;
            return "Content-Length: " + (content.length() + lie) + "\r\n\r\n" + content;
        }
        StringBuilder chunks = new StringBuilder("Transfer-Encoding: chunked\r\n\r\n");
        for (int at = 0, size; at < content.length(); at += size) {
            size = chance.nextInt(1, content.length() - at + 1);
            chunks.append(Integer.toHexString(size)).append(chance.nextInt(4) == 0 ? ";a=\"b\\\"\"" : "").append("\r\n")
                    .append(content, at, at + size).append("\r\n");
        }
        return chunks.append("0\r\n").append(chance.nextInt(4) == 0 ? "Trailer: x\r\n" : "").append("\r\n").toString();
    }

    private static String any(List<String> some, SplittableRandom chance) {
        return some.get(chance.nextInt(some.size()));
    }
}
