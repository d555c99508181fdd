package lib.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import lib.http.Client;
import lib.http.Content;
import lib.http.Request;
import lib.http.Response;
import lib.site.Glance;
import lib.wire.Gathering;
import lib.wire.RequestReader;
import lib.wire.ResponseWriter;
import lib.wire.ResponseWriter.Afterwards;
import lib.wire.Transfer;

/// What can be answered on the spot, by a thread that has many clients?
///
/// A document that the cache has ready, or that nothing is there. It has room for one request and for one short response, for all of them.
final class Desk {
    /// A head that is longer gets room of its own, and a thread.
    private static final int REQUEST_OCTETS = 8 * 1024;

    private final ByteBuffer request = ByteBuffer.allocate(REQUEST_OCTETS);
    private final boolean waitsForDisk;
    private final Gathering response = new Gathering();

    /// What this desk has answered lately.
    private final Echoes echoes = new Echoes();

    private String server = "";
    private ResponseWriter writer = new ResponseWriter(response, server, () -> { });

    /// @param waitsForDisk may answers be given here that want something of the disk, which may be slow?
    Desk(boolean waitsForDisk) {
        this.waitsForDisk = waitsForDisk;
    }

    /// Empty.
    ByteBuffer request() {
        return request.clear();
    }

    /// A response that can be sent now.
    record Reply(Transfer transfer, Request request, Response response) {}

    /// The reply to the octets of [#request] if they are all of a request, and it takes no time to answer. Else null: there is work to do.
    ///
    /// @param count of these octets
    /// @param reader has not got them yet
    Reply reply(int count, RequestReader reader, Service service, Client client, Instant now) throws IOException {
        byte[] octets = request.array();
        Echoes.Echo echo = echoes.find(octets, count, now.getEpochSecond(), service, client.secure());
        if (echo != null) {
            return new Reply(Transfer.of(echo.contentOctets(), ByteBuffer.wrap(echo.octets())), echo.request(), echo.glance().seen());
        }
        Request received = reader.glance(octets, count);
        boolean persists = received != null && received.persists();
        Glance<Response> glance = persists ? service.sites().atOnce(received, client, now) : null;
        return glance == null ? null : reply(Arrays.copyOf(octets, count), received, glance, service, client.secure(), now);
    }

    /// What is short is put together in one piece, and kept for who asks the same. What is long goes out from where it is.
    private Reply reply(byte[] asked, Request received, Glance<Response> glance, Service service, boolean secure, Instant now) throws IOException {
        Response answer = secure ? glance.seen().with(service.fields()) : glance.seen();
        boolean silent = received.isHead() || answer.status().forbidsContent();
        long length = silent ? 0 : answer.content().length();
        if (length > Echoes.MOST_OCTETS) {
            return atLength(received, answer, service, secure, now);
        }
        writer(service.server()).write(answer, received.isHead(), persisting(received), now);
        byte[] octets = response.take();
        echoes.keep(new Echoes.Echo(asked, now.getEpochSecond(), service, secure, received, glance, octets, (int) length));
        return new Reply(Transfer.of(length, ByteBuffer.wrap(octets)), received, answer);
    }

    private Reply atLength(Request received, Response answer, Service service, boolean secure, Instant now) throws IOException {
        Transfer transfer = answer.content() instanceof Content.FileSlice slice ? transfer(received, answer, slice, service, secure, now) : null;
        if (transfer == null) {
            answer.content().close();
            return null;
        }
        return new Reply(transfer, received, answer);
    }

    /// Null for what has to be fetched from the disk, if those who are answered from memory are not to wait for that, or if it has to be enciphered.
    private Transfer transfer(Request received, Response answer, Content.FileSlice slice, Service service, boolean secure, Instant now) throws IOException {
        Optional<ByteBuffer> octets = slice.file().octets();
        if (octets.isEmpty() && (secure || !waitsForDisk)) {
            return null;
        }
        ByteBuffer head = ByteBuffer.wrap(writer(service.server()).head(answer, persisting(received), now));
        return octets.isEmpty() ? Transfer.of(slice, head)
                : Transfer.of(slice.length(), head, octets.get().slice((int) slice.offset(), (int) slice.length()));
    }

    private static Afterwards persisting(Request request) {
        return request.minorVersion() == 0 ? Afterwards.PERSIST_1_0 : Afterwards.PERSIST;
    }

    /// Makes heads.
    ///
    /// @param name the value of Server
    private ResponseWriter writer(String name) {
        if (!name.equals(server)) {
            server = name;
            writer = new ResponseWriter(response, server, () -> { });
        }
        return writer;
    }
}
