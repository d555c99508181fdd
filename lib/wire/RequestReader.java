package lib.wire;

import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import lib.http.Request;
import lib.http.Status;

/// What does the client want next? Octets in; a request, a refusal or the end comes out.
public final class RequestReader {

    /// What a connection has brought.
    public sealed interface Incoming {}

    /// A request, its content still to be read.
    public record Received(Request request, RequestContent content) implements Incoming {}

    /// Octets that are no request, or none that we take: to be answered with `status` and a closed connection.
    ///
    /// @param requestLine as it came, for the log; empty where it did not arrive
    public record Malformed(Status status, String requestLine) implements Incoming {}

    /// The client has left, or is asked to: between two requests, or in the middle of one.
    ///
    /// @param midway had a request begun?
    public record Closed(boolean midway, String requestLine) implements Incoming {}

    private final Inbox inbox;
    private final Limits limits;
    private final Runnable whenBegun;

    /// @param whenMoved called each time that octets have come in
    /// @param whenBegun called when the first octets of a request are there
    public RequestReader(ReadableByteChannel channel, Limits limits, Runnable whenMoved, Runnable whenBegun) {
        this.inbox = new Inbox(channel, whenMoved);
        this.limits = limits;
        this.whenBegun = whenBegun;
    }

    /// Blocks until a whole head is there. The content of the request before must have been read.
    ///
    /// @throws IOException if the connection breaks
    public Incoming next() throws IOException {
        HeadParser parser = new HeadParser(limits);
        inbox.compact();
        boolean begun = false;
        while (true) {
            if (!begun && inbox.available() > 0) {
                begun = true;
                whenBegun.run();
            }
            switch (parser.parse(inbox.octets(), inbox.available())) {
                case HeadParser.Complete complete -> {
                    inbox.skip(complete.end());
                    return new Received(complete.request(), new RequestContent(inbox, complete.framing(), limits));
                }
                case HeadParser.Malformed malformed -> {
                    return new Malformed(malformed.status(), malformed.requestLine());
                }
                case HeadParser.Incomplete _ -> {
                    if (!inbox.fill(HeadParser.mostOctets(limits))) {
                        return new Closed(parser.hasBegun(inbox.available()), parser.requestLine());
                    }
                }
            }
        }
    }

    /// The request that these octets are: one whole head, without content and with nothing behind it; null for all else. Nothing
    /// is taken from anywhere.
    public Request glance(byte[] octets, int count) {
        return new HeadParser(limits).parse(octets, count) instanceof HeadParser.Complete(Request request, Framing.None _, int end)
                && end == count ? request : null;
    }

    /// Holds no room while nothing is to be read here.
    public void rest() {
        inbox.rest();
    }

    /// Takes octets that somebody else has read, to be read here next.
    public void take(byte[] octets, int count) {
        inbox.take(octets, count);
    }

    /// What looks after a client that waits for a long answer, and fetches what it sends next. To be run on another thread, at
    /// once; the content of the request before must have been read.
    ///
    /// @param whenEnded is run if the client has closed its side, or the connection is broken
    public Runnable readAhead(Runnable whenEnded) {
        return inbox.readAhead(whenEnded);
    }

    /// Does somebody read ahead, or has, and nobody has taken what came?
    public boolean isReadingAhead() {
        return inbox.isReadingAhead();
    }

    /// Is there something left that was sent together with what has been read: a pipelined request?
    public boolean hasMore() {
        return inbox.available() > 0;
    }
}
