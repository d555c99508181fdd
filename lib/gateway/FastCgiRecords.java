package lib.gateway;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/// How do FastCGI's records look? (FastCGI 1.0 §3)
///
/// A record in octets, its numbers with the highest octet first:
///
///     version 1 | type | request id (2) | content length (2) | padding length | 0 | content | padding
///
/// One connection carries one request at a time, so that its id is always 1. Nothing here reads or writes a socket.
public final class FastCgiRecords {

    /// What an application has said, as much of it as has arrived.
    public sealed interface Said {}

    /// Of its answer; the octets stand in the buffer that they came in.
    public record Output(ByteBuffer octets) implements Said {}

    /// What it complains of; the octets stand in the buffer that they came in.
    public record Complaint(ByteBuffer octets) implements Said {}

    /// The answer is whole, or there is none (§5.5).
    ///
    /// @param protocol one of the constants below
    /// @param code what the program's `exit` would have said
    public record End(int protocol, int code) implements Said {}

    /// Nothing until more arrives.
    public record Silence() implements Said {}

    /// No FastCGI.
    public record Nonsense() implements Said {}

    public static final int REQUEST_COMPLETE = 0;
    public static final int CANT_MULTIPLEX = 1;
    public static final int OVERLOADED = 2;

    /// The longest content of one record (§3.3).
    public static final int MOST_OCTETS = 65_535;
    public static final int HEAD_OCTETS = 8;

    private static final Said SILENCE = new Silence();
    private static final Said NONSENSE = new Nonsense();

    private static final int VERSION = 1;
    private static final int ID = 1;
    private static final int ROLE_RESPONDER = 1;
    private static final int KEEP_CONNECTION = 1;
    private static final int END_OCTETS = 8;

    private static final int BEGIN_REQUEST = 1;
    private static final int END_REQUEST = 3;
    private static final int PARAMS = 4;
    private static final int STDIN = 5;
    private static final int STDOUT = 6;
    private static final int STDERR = 7;

    /// Types from here on are about the application, not about a request (§4).
    private static final int GET_VALUES = 9;

    /// The record that is being read, or was read last.
    private int type;
    private int contentLeft;
    private int paddingLeft;

    /// A request up to its content, ready to be sent, with `room` behind it.
    ///
    /// @param keep is the connection to stay open behind the answer?
    /// @param variables octets, one char each
    public static ByteBuffer begin(boolean keep, Map<String, String> variables, int room) {
        int pairs = 0;
        for (Map.Entry<String, String> variable : variables.entrySet()) {
            pairs += 8 + variable.getKey().length() + variable.getValue().length();
        }
        ByteBuffer params = ByteBuffer.allocate(pairs);
        variables.forEach((name, value) -> pair(params, name, value));
        params.flip();

        int records = 3 + params.remaining() / MOST_OCTETS;
        ByteBuffer octets = ByteBuffer.allocate((records + 1) * HEAD_OCTETS + params.remaining() + room);
        head(octets, BEGIN_REQUEST, 8);
        octets.putShort((short) ROLE_RESPONDER).put((byte) (keep ? KEEP_CONNECTION : 0)).put(new byte[5]);
        stream(octets, PARAMS, params);
        head(octets, PARAMS, 0);
        return octets;
    }

    /// A length below 128 is one octet, any other is four (§3.4).
    private static void pair(ByteBuffer params, String name, String value) {
        length(params, name.length());
        length(params, value.length());
        params.put(name.getBytes(StandardCharsets.ISO_8859_1)).put(value.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void length(ByteBuffer params, int length) {
        if (length < 128) {
            params.put((byte) length);
        } else {
            params.putInt(length | 0x8000_0000);
        }
    }

    private static void stream(ByteBuffer into, int type, ByteBuffer octets) {
        while (octets.hasRemaining()) {
            int count = Math.min(octets.remaining(), MOST_OCTETS);
            head(into, type, count);
            into.put(octets.slice(octets.position(), count));
            octets.position(octets.position() + count);
        }
    }

    private static void head(ByteBuffer into, int type, int length) {
        into.put((byte) VERSION).put((byte) type).putShort((short) ID).putShort((short) length).put((byte) 0).put((byte) 0);
    }

    /// Some of the request's content; what is longer than a record needs several.
    public static void content(ByteBuffer into, byte[] octets, int count) {
        stream(into, STDIN, ByteBuffer.wrap(octets, 0, count));
    }

    /// There is no more content.
    public static void endOfContent(ByteBuffer into) {
        head(into, STDIN, 0);
    }

    /// What comes next in the octets that have arrived.
    ///
    /// @param arrived what was taken is gone from it, and stays in place until the caller moves it
    public Said next(ByteBuffer arrived) {
        while (true) {
            if (contentLeft == 0) {
                int padding = Math.min(paddingLeft, arrived.remaining());
                arrived.position(arrived.position() + padding);
                paddingLeft -= padding;
                if (arrived.remaining() < HEAD_OCTETS || paddingLeft > 0) {
                    return SILENCE;
                }
                if (!head(arrived)) {
                    return NONSENSE;
                }
            }
            Said said = content(arrived);
            if (said != null) {
                return said;
            }
        }
    }

    /// Returns whether this is the head of a record that an application may send.
    private boolean head(ByteBuffer arrived) {
        int version = arrived.get();
        type = arrived.get() & 0xFF;
        int id = arrived.getShort() & 0xFFFF;
        contentLeft = arrived.getShort() & 0xFFFF;
        paddingLeft = arrived.get() & 0xFF;
        arrived.get();
        boolean aboutRequest = type == STDOUT || type == STDERR || type == END_REQUEST && contentLeft >= END_OCTETS;
        return version == VERSION && (type >= GET_VALUES || aboutRequest && id == ID);
    }

    /// What the content of the record that has begun says; null for nothing that anybody needs to hear.
    private Said content(ByteBuffer arrived) {
        if (contentLeft == 0) {
            return null; // the end of a stream; that of the request says it as well
        }
        if (type == END_REQUEST) {
            return arrived.remaining() < END_OCTETS ? SILENCE : end(arrived);
        }
        ByteBuffer octets = taken(arrived);
        if (!octets.hasRemaining()) {
            return SILENCE;
        }
        return switch (type) {
            case STDOUT -> new Output(octets);
            case STDERR -> new Complaint(octets);
            default -> null;
        };
    }

    private End end(ByteBuffer arrived) {
        ByteBuffer octets = arrived.slice(arrived.position(), END_OCTETS);
        arrived.position(arrived.position() + END_OCTETS);
        contentLeft -= END_OCTETS;
        paddingLeft += contentLeft;
        contentLeft = 0;
        return new End(octets.get(4) & 0xFF, octets.getInt(0));
    }

    private ByteBuffer taken(ByteBuffer arrived) {
        int count = Math.min(contentLeft, arrived.remaining());
        ByteBuffer octets = arrived.slice(arrived.position(), count);
        arrived.position(arrived.position() + count);
        contentLeft -= count;
        return octets;
    }
}
