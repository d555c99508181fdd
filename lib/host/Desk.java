package lib.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import lib.http.Response;
import lib.wire.Gathering;
import lib.wire.ResponseWriter;
import lib.wire.ResponseWriter.Afterwards;

/// What does a thread need that answers many clients in turn? Room for one request and for one short response, for all of them.
final class Desk {
    /// A head that is longer gets room of its own, and a thread.
    private static final int REQUEST_OCTETS = 8 * 1024;

    private final ByteBuffer request = ByteBuffer.allocate(REQUEST_OCTETS);
    /// For a head and a short file that leave in one piece.
    private static final int PIECE_OCTETS = 132 * 1024;

    private ByteBuffer piece;
    private final Gathering response = new Gathering();
    private final Echoes echoes = new Echoes();
    private final boolean waitsForDisk;
    private String server = "";
    private ResponseWriter writer = new ResponseWriter(response, server, () -> { });

    /// @param waitsForDisk may answers be given here that want something of the disk, which may be slow?
    Desk(boolean waitsForDisk) {
        this.waitsForDisk = waitsForDisk;
    }

    boolean waitsForDisk() {
        return waitsForDisk;
    }

    /// Empty.
    ByteBuffer request() {
        return request.clear();
    }

    /// Room for a moment, outside of the heap.
    ByteBuffer piece() {
        if (piece == null) {
            piece = ByteBuffer.allocateDirect(PIECE_OCTETS);
        }
        return piece;
    }

    /// What this desk has answered lately.
    Echoes echoes() {
        return echoes;
    }

    /// Makes heads.
    ///
    /// @param name the value of Server
    ResponseWriter writer(String name) {
        if (!name.equals(server)) {
            server = name;
            writer = new ResponseWriter(response, server, () -> { });
        }
        return writer;
    }

    /// The octets of a short response.
    byte[] gathered(String name, Response answer, boolean headOnly, Afterwards afterwards, Instant now) throws IOException {
        writer(name).write(answer, headOnly, afterwards, now);
        return response.take();
    }
}
