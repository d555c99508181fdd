package tests.wire;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import lib.http.Fields;
import lib.http.Request;
import lib.http.Target;
import lib.wire.Limits;
import lib.wire.RequestContent;
import lib.wire.RequestReader;

/// A client without a socket: octets that come in pieces, and then the end of the stream.
///
/// In the tables, `⏎` is CRLF, and a control picture (`␍`, `␊`, `␉`, `␀`) is the character that it shows.
final class Feed implements ReadableByteChannel {
    private static final Duration TIME = Duration.ofSeconds(1);
    static final Limits LIMITS = limits(8192, 32 * 1024, 128);

    private final byte[] octets;
    private final int[] pieces;
    private int piece;
    private int first;

    /// @param pieces the sizes of the first pieces; the last size holds for all that follow
    private Feed(byte[] octets, int... pieces) {
        this.octets = octets;
        this.pieces = pieces;
    }

    static Limits limits(int targetOctets, int fieldsOctets, int fieldLines) {
        return new Limits(targetOctets, fieldsOctets, fieldLines, 1 << 20, 64, TIME, TIME, TIME, TIME, 100, 100, 1);
    }

    static byte[] octets(String picture) {
        return picture.replace("⏎", "\r\n").replace('␍', '\r').replace('␊', '\n').replace('␉', '\t').replace('␀', '\0')
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    static Feed whole(String picture) {
        return new Feed(octets(picture), Integer.MAX_VALUE);
    }

    static RequestReader reader(String picture) {
        return new RequestReader(whole(picture), LIMITS, () -> { }, () -> { });
    }

    /// What a connection brings, one line for each request, however its octets are cut.
    ///
    /// @throws AssertionError if it depends on how they are cut
    static String outcome(String picture, Limits limits) throws IOException {
        byte[] octets = octets(picture);
        String whole = outcome(new Feed(octets, Integer.MAX_VALUE), limits);
        same(whole, outcome(new Feed(octets, 1), limits), "octet by octet");
        for (int half = 1; half < octets.length; half += Math.max(1, octets.length / 100)) {
            same(whole, outcome(new Feed(octets, half, Integer.MAX_VALUE), limits), "in two at " + half);
        }
        return whole;
    }

    private static void same(String whole, String cut, String how) {
        if (!whole.equals(cut)) {
            throw new AssertionError("whole: " + whole + ", but " + how + ": " + cut);
        }
    }

    private static String outcome(Feed feed, Limits limits) throws IOException {
        RequestReader reader = new RequestReader(feed, limits, () -> { }, () -> { });
        List<String> outcomes = new ArrayList<>();
        while (true) {
            switch (reader.next()) {
                case RequestReader.Received received -> {
                    String content = content(received.content());
                    outcomes.add(format(received.request()) + content);
                    if (content.startsWith(" !")) {
                        return String.join("; ", outcomes);
                    }
                }
                case RequestReader.Malformed malformed -> {
                    outcomes.add(Integer.toString(malformed.status().code()));
                    return String.join("; ", outcomes);
                }
                case RequestReader.Closed closed -> {
                    if (closed.midway()) {
                        outcomes.add("midway");
                    }
                    return String.join("; ", outcomes);
                }
            }
        }
    }

    private static String format(Request request) {
        String target = switch (request.target()) {
            case Target.Place place -> place.path() + place.query().map(query -> '?' + query).orElse("");
            case Target.Asterisk _ -> "*";
            case Target.Tunnel _ -> "tunnel";
        };
        String authority = request.authority().map(known -> known.host() + (known.port() < 0 ? "" : ":" + known.port()))
                .orElse("nobody");
        StringBuilder text = new StringBuilder(request.method()).append(' ').append(target).append(" 1.")
                .append(request.minorVersion()).append(' ').append(authority);
        for (Fields.Line line : request.fields().lines()) {
            boolean framing = line.name().matches("(?i)host|content-length|transfer-encoding");
            text.append(framing ? "" : " " + line.name() + '=' + line.value().replace('\t', '␉'));
        }
        return text.toString();
    }

    private static String content(RequestContent content) throws IOException {
        if (content.isAtEnd()) {
            return "";
        }
        try {
            return " <" + new String(content.readAllBytes(), StandardCharsets.ISO_8859_1) + '>';
        } catch (RequestContent.MalformedContent _) {
            return " !malformed";
        } catch (EOFException _) {
            return " !cut";
        }
    }

    @Override
    public int read(ByteBuffer into) {
        if (first == octets.length) {
            return -1;
        }
        int size = pieces[Math.min(piece++, pieces.length - 1)];
        int count = Math.min(Math.min(size, into.remaining()), octets.length - first);
        into.put(octets, first, count);
        first += count;
        return count;
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {
        // nothing to give back
    }
}
