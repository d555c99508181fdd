package tests.torture;

import java.util.ArrayList;
import java.util.List;

/// Requests that two readers may take for different ones.
///
/// In the templates `|` is CRLF, `<LF>` and its like are bare octets; `{m}` is a method, `{S}` a whole request that is not meant to be
/// one, `{n}` its length and `{x}` the same in hexadecimal, `{n+5}` what precedes it included.
final class Ambiguities {
    private static final List<String> CODINGS = List.of("Transfer-Encoding: chunked", "Transfer-Encoding:chunked", "Transfer-Encoding:  chunked  ", "Transfer-Encoding:<TAB>chunked",
            "Transfer-Encoding: <VT>chunked", "Transfer-Encoding: chunked<VT>", "Transfer-Encoding : chunked", "Transfer-Encoding<TAB>: chunked", " Transfer-Encoding: chunked", "<TAB>Transfer-Encoding: chunked",
            "X: y<LF>Transfer-Encoding: chunked", "X: y<CR>Transfer-Encoding: chunked", "X: y<LF><CR>Transfer-Encoding: chunked", "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, identity",
            "Transfer-Encoding: identity, chunked", "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: identity", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked|Transfer-Encoding: x",
            "Transfer-Encoding: x|Transfer-Encoding: chunked", "Transfer-Encoding: chunked|Transfer-Encoding: chunked", "Transfer_Encoding: chunked", "Transfer-Encoding<NUL>: chunked", "Transfer-Encoding: chunked<NUL>",
            "Transfer-Encoding: <NUL>chunked", "TRANSFER-ENCODING: CHUNKED", "transfer-encoding: cHuNkEd", "Transfer-Encoding:| chunked", "Transfer-Encoding: chunked|  , identity", "Transfer-Encoding: \"chunked\"",
            "Transfer-Encoding: 'chunked'", "Transfer-Encoding: chunked;foo", "Transfer-Encoding: chunked;q=0", "Transfer-Encoding: , chunked", "Transfer-Encoding: chunked,", "Transfer-Encoding: [chunked", "Transfer-Encoding: chunked<A0>",
            "Transfer-Encoding: <85>chunked", "Transfer-Encoding: chunk", "Transfer-Encoding:", "Transfer-Encoding", "Transfer-Encoding chunked", "Content-Encoding: chunked", "TE: chunked", "Transfer-Encoding<AD>: chunked",
            "Transfer-\u00c9ncoding: chunked", "Connection: Transfer-Encoding|Transfer-Encoding: chunked", ":Transfer-Encoding: chunked", "Transfer-Encoding: chunked<DEL>", "Transfer-Encoding: chunked<FF>", "Transfer-Encoding: chunked\\r");

    private static final List<String> LENGTHS = List.of("Content-Length: {n}", "Content-Length: +{n}", "Content-Length: -{n}", "Content-Length: 0x{x}", "Content-Length: {n},{n}", "Content-Length: {n}, {n}", "Content-Length: {n}, 0",
            "Content-Length: 0, {n}", "Content-Length: {n}|Content-Length: {n}", "Content-Length: {n}|Content-Length: 0", "Content-Length: 0|Content-Length: {n}", "Content-Length: {n}|content-length: 1", "Content-Length:<TAB>{n}",
            "Content-Length: {n}<TAB>", "Content-Length: <VT>{n}", "Content-Length: {n}<A0>", "Content-Length: 0{n}", "Content-Length: 00000000000000000000000{n}", "Content-Length: {n}.0", "Content-Length: {n}e0", "Content-Length: {n};x",
            "Content-Length: \"{n}\"", "Content-Length:{n}", "Content-Length : {n}", " Content-Length: {n}", "Content_Length: {n}", "Content-Length<NUL>: {n}", "Content-Length: {n}<NUL>", "Content-Length: 9223372036854775808",
            "Content-Length: 18446744073709551621", "Content-Length: 4294967301", "Content-Length:", "Content-Length: {n} {n}", "Content-Length: {n} 0", "Content-Length: {n}<CR>X: y", "Content-Length: {n}<LF>X: y", "Content-Length:| {n}",
            "Content-Length: 0| {n}", "X: y<LF>Content-Length: {n}", "X: y<CR>Content-Length: {n}", "Connection: Content-Length|Content-Length: {n}", "Connection: close, Content-Length|Content-Length: {n}", "Content-Length: {n}|X-Content-Length: 0",
            "Content-Length: 1{n}<CR><CR>", "Content-Length: \uff15", "Content-Length: 0b101", "Content-Length: 0o5", "Content-Length: 1_0", "Content-Length: NaN", "Content-Length: -0", "Content-Length: <NUL>");

    private static final List<String> CHUNKS = List.of("5|hello|0||{S}", "5;a=b|hello|0||{S}", "5;a|hello|0||{S}", "5;|hello|0||{S}", "5 |hello|0||{S}", "5<TAB>|hello|0||{S}", " 5|hello|0||{S}", "0x5|hello|0||{S}", "+5|hello|0||{S}", "-5|hello|0||{S}",
            "05|hello|0||{S}", "0000000000000000000005|hello|0||{S}", "5<LF>hello<LF>0<LF><LF>{S}", "5|hello<LF>0||{S}", "5|helloXX0||{S}", "5|hello0||{S}", "5;a=\"<CR><LF>\"|hello|0||{S}", "5;a=<LF>|hello|0||{S}", "5;a=b<LF>hello|0||{S}", "5;a<CR>b|hello|0||{S}",
            "ffffffffffffffff|hello|0||{S}", "10000000000000005|hello|0||{S}", "100000005|hello|0||{S}", "5|hello|0|Trailer: x||{S}", "5|hello|0|Host: evil|Content-Length: 5||{S}", "5|hello|0|Transfer-Encoding: chunked||{S}", "5|hello|0|{S}",
            "5|hello|0<LF><LF>{S}", "5|hello|00||{S}", "5|hello|0;x||{S}", "5|hello|0 ||{S}", "5|hello| 0||{S}", "5<A0>|hello|0||{S}", "5|hello|0<CR><CR>{S}", "5|hello|0|X y||{S}", "5|hello|0| fold||{S}", "5|hello|0|: x||{S}", "5|hello|0|X: y<LF>||{S}",
            "{x}|{S}|0||", "{x};{S}|{S}|0||", "0||{S}", "0|<LF>{S}", "5,5|hello|0||{S}", "5_|hello|0||{S}", "g|hello|0||{S}", "|5|hello|0||{S}", "5||hello|0||{S}", "5|hello||0||{S}", "5|hel<NUL>o|0||{S}", "5<NUL>|hello|0||{S}", "5|hello|0|X<NUL>: y||{S}", "5;a=\"|hello|0||{S}", "5\\r\\nhello|0||{S}");

    private static final List<String> WHOLE = List.of("GET /dir HTTP/1.1<LF>Host: x<LF><LF>", "GET /dir HTTP/1.1<CR>Host: x<CR><CR>", "GET /dir HTTP/1.1|Host: x<LF>|", "GET /dir HTTP/1.1|Host: x|<LF>", "GET  /dir HTTP/1.1|Host: x||", "GET /dir  HTTP/1.1|Host: x||",
            "GET<TAB>/dir<TAB>HTTP/1.1|Host: x||", "GET /dir HTTP/1.1 |Host: x||", "GET /dir HTTP/1.1<TAB>|Host: x||", "GET /dir HTTP/1.0|Host: x||{S}", "GET /dir HTTP/1.0|Connection: keep-alive||{S}", "GET /dir HTTP/1.0|Host: x|Connection: keep-alive|Content-Length: {n}||{S}",
            "GET /dir HTTP/0.9|Host: x||", "GET /dir HTTP/2.0|Host: x||{S}", "GET /dir HTTP/1.2|Host: x||{S}", "GET /dir HTTP/1.1.1|Host: x||", "GET /dir http/1.1|Host: x||", "GET /dir HTTP/01.1|Host: x||", "GET /dir HTTP/1.10|Host: x||", "GET /dir HTTP/+1.1|Host: x||", "GET /dir|",
            "GET /dir||", "GET /dir|Host: x||{S}", "GET /dir HTTP/1.1 HTTP/1.1|Host: x||", "GET /dir HTTP/1.1|Host: x||{S}{S}{S}", "PRI * HTTP/2.0||SM||", "|||GET /dir HTTP/1.1|Host: x||", "<LF><LF>GET /dir HTTP/1.1|Host: x||", " GET /dir HTTP/1.1|Host: x||", "get /dir HTTP/1.1|Host: x||",
            "G<NUL>ET /dir HTTP/1.1|Host: x||", "GET /d<NUL>ir HTTP/1.1|Host: x||", "GET /dir#a HTTP/1.1|Host: x||", "GET /dir?a b HTTP/1.1|Host: x||", "GET /dir?<CR>X HTTP/1.1|Host: x||", "GET /dir?%0d%0aX:%20y%0d%0a%0d%0a HTTP/1.1|Host: x||", "GET /<80> HTTP/1.1|Host: x||", "GET dir HTTP/1.1|Host: x||",
            "GET //dir HTTP/1.1|Host: x||", "GET ?dir HTTP/1.1|Host: x||", "GET http://evil/dir HTTP/1.1|Host: x||{S}", "GET http://evil:80x/dir HTTP/1.1|Host: x||", "GET http://a@evil/dir HTTP/1.1|Host: x||", "GET http:// HTTP/1.1|Host: x||", "GET evil:80 HTTP/1.1|Host: x||",
            "GET https://x/dir HTTP/1.1|Host: x||", "GET HTTP://X/dir HTTP/1.1|Host: y||", "CONNECT x:80 HTTP/1.1|Host: x:80||{S}", "CONNECT /dir HTTP/1.1|Host: x||{S}", "OPTIONS * HTTP/1.1|Host: x||{S}", "TRACE /dir HTTP/1.1|Host: x||", "FOO /dir HTTP/1.1|Host: x||", "POST /dir HTTP/1.1|Host: x||{S}",
            "HEAD /dir HTTP/1.1|Host: x||{S}", "HEAD /dir HTTP/1.1|Host: x|Content-Length: {n}||{S}", "HEAD /dir/?zip HTTP/1.1|Host: x||", "GET /dir HTTP/1.1||{S}", "GET /dir HTTP/1.1|Host: x|Host: y||{S}", "GET /dir HTTP/1.1|Host: x|host: x||", "GET /dir HTTP/1.1|Host: x, y||",
            "GET /dir HTTP/1.1|Host : x||", "GET /dir HTTP/1.1| Host: x||", "GET /dir HTTP/1.1|Host: x:80x||", "GET /dir HTTP/1.1|Host:||", "GET /dir HTTP/1.1|Host:| x||", "GET /dir HTTP/1.1|Host: x| y: z||", "GET /dir HTTP/1.1|Host: x/{S}||", "GET /dir HTTP/1.1|Host: x<NUL>||",
            "GET /dir HTTP/1.1|Host: x|Upgrade: h2c|Connection: Upgrade, HTTP2-Settings|HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA||PRI * HTTP/2.0||SM||", "GET /dir HTTP/1.1|Host: x|Upgrade: websocket|Connection: Upgrade|Sec-WebSocket-Version: 13|Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==||{S}",
            "GET /dir HTTP/1.1|Host: x|Upgrade: TLS/1.0|Connection: Upgrade||{S}", "POST /dir HTTP/1.1|Host: x|Upgrade: h2c|Connection: Upgrade|Content-Length: {n}||{S}", "POST /dir HTTP/1.1|Host: x|Expect: 100-continue|Content-Length: {n}||{S}", "GET /dir HTTP/1.1|Host: x|Expect: 100-continue|Content-Length: {n}||{S}",
            "GET /dir HTTP/1.1|Host: x|Expect: 100-continue||{S}", "POST /dir HTTP/1.1|Host: x|Expect: 100-continue|Transfer-Encoding: chunked||{x}|{S}|0||", "POST /dir HTTP/1.1|Host: x|Expect: 100-continue, x|Content-Length: {n}||{S}", "POST /dir HTTP/1.1|Host: x|Expect: y 100-continue|Content-Length: {n}||{S}",
            "PUT /dir/f HTTP/1.1|Host: x|Expect: x|Content-Length: {n}||{S}", "POST /dir HTTP/1.0|Host: x|Expect: 100-continue|Content-Length: {n}||{S}", "POST /dir HTTP/1.0|Host: x|Transfer-Encoding: chunked||{x}|{S}|0||", "POST /dir HTTP/1.0|Host: x|Transfer-Encoding: chunked|Content-Length: 3||0||{S}",
            "GET /dir HTTP/1.1|Host: x|: y||", "GET /dir HTTP/1.1|Host: x|X||{S}", "GET /dir HTTP/1.1|Host: x|X<CR>: y||", "GET /dir HTTP/1.1|Host: x|X: y<LF><LF>{S}", "GET /dir HTTP/1.1|Host: x|X: y<CR><CR>{S}", "GET /dir HTTP/1.1|Host: x|X: y<CR><LF><CR>{S}", "GET /dir HTTP/1.1|Host: x|X: y<LF><CR><LF>{S}",
            "GET /dir HTTP/1.1|Host: x|X: <NUL>||", "GET /dir HTTP/1.1|Host: x|X<NUL>: y||", "GET /dir HTTP/1.1|Host: x|X_From_Proxy: y||", "GET /dir HTTP/1.1|Host: x|X-From-Proxy: y||", "GET /dir HTTP/1.1|Host: x|X-From-Proxy : y||", "GET /dir HTTP/1.1|Host: x|X[]: y||", "GET /dir HTTP/1.1|Host: x|X Y: z||",
            "GET /dir HTTP/1.1|Host: x|X: <80><FF>||", "GET /dir HTTP/1.1|Host: x|X: y| z||", "GET /dir HTTP/1.1|Host: x|X:| {S}||", "GET /dir HTTP/1.1|Host: x|Connection: close||{S}", "GET /dir HTTP/1.1|Host: x|Connection: X-From-Proxy, X-Id||", "GET /dir HTTP/1.1|Host: x|Connection: Host||", "GET /dir HTTP/1.1|Host: x|Connection: keep-alive, close||{S}",
            "GET /dir HTTP/1.1|Host: x|Keep-Alive: timeout=1|Proxy-Connection: close||{S}", "GET /dir HTTP/1.1|Host: x|TE: trailers|Trailer: Content-Length||{S}", "GET /dir HTTP/1.1|Host: x|Range: bytes=0-0|If-None-Match: *||{S}", "GET /dir HTTP/1.1|Host: x|Max-Forwards: 0||{S}");

    private Ambiguities() {}

    static List<String> all() {
        List<String> all = new ArrayList<>(WHOLE);
        for (String coding : CODINGS) {
            all.add("{m} /dir HTTP/1.1|Host: x|Content-Length: {n+5}|" + coding + "||0||{S}");
            all.add("{m} /dir HTTP/1.1|Host: x|" + coding + "|Content-Length: 4||{x}|{S}|0||");
            all.add("{m} /dir HTTP/1.1|Host: x|" + coding + "||{x}|{S}|0||");
            all.add("{m} /dir HTTP/1.1|Host: x|" + coding + "||0||{S}");
        }
        for (String length : LENGTHS) {
            all.add("{m} /dir HTTP/1.1|Host: x|" + length + "||{S}");
            all.add("{m} /dir HTTP/1.1|Host: x|Transfer-Encoding: chunked|" + length + "||0||{S}");
        }
        for (String chunks : CHUNKS) {
            all.add("{m} /dir HTTP/1.1|Host: x|Transfer-Encoding: chunked||" + chunks);
        }
        for (int octets : List.of(1_000, 4_090, 8_100, 8_190, 16_300, 33_000)) {
            all.add("GET /dir HTTP/1.1|Host: x|X: " + "y".repeat(octets) + "||{S}");
            all.add("GET /dir HTTP/1.1|Host: x|" + "y".repeat(octets) + ": x||{S}");
            all.add("GET /dir?" + "y".repeat(octets) + " HTTP/1.1|Host: x||{S}");
            all.add("Y".repeat(octets) + " /dir HTTP/1.1|Host: x||{S}");
            all.add("{m} /dir HTTP/1.1|Host: x|Transfer-Encoding: chunked||5;" + "y".repeat(octets) + "|hello|0||{S}");
            all.add("{m} /dir HTTP/1.1|Host: x|Transfer-Encoding: chunked||5|hello|0|X: " + "y".repeat(octets) + "||{S}");
        }
        for (int lines : List.of(60, 99, 101, 127, 129, 200, 1_000)) {
            all.add("GET /dir HTTP/1.1|Host: x|" + "X: y|".repeat(lines) + "|{S}");
        }
        return all;
    }

    /// The octets of a template.
    ///
    /// @param smuggled what it hides
    static String octets(String template, String method, String smuggled) {
        return template.replace("|", "\r\n").replace("<LF>", "\n").replace("<CR>", "\r").replace("<NUL>", "\0").replace("<TAB>", "\t").replace("<VT>", "\013")
                .replace("<A0>", "\u00a0").replace("<85>", "\u0085").replace("<AD>", "\u00ad").replace("<80>", "\u0080").replace("<FF>", "\u00ff").replace("<DEL>", "\177")
                .replace("{m}", method).replace("{n+5}", String.valueOf(smuggled.length() + 5)).replace("{n}", String.valueOf(smuggled.length()))
                .replace("{x}", Integer.toHexString(smuggled.length())).replace("{S}", smuggled);
    }
}
