package lib.host;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import lib.http.Authority;
import lib.http.Fields;
import lib.http.Request;
import lib.http.Response;
import lib.http.Status;
import lib.wire.RequestContent;
import lib.wire.RequestReader;
import lib.wire.ResponseWriter;
import lib.wire.ResponseWriter.Afterwards;

/// How does one client's connection go? Read, answer, send, log, until a side closes. (RFC 9112 §9)
///
///     IDLE ── first octet ──▶ HEAD ── empty line ──▶ CONTENT ── all of it ──▶ RESPONSE ─┐
///      ▲                                                                                │
///      └───────────────────────────── persists ◀────────────────────────────────────────┤
///                                      LINGER ◀── closes ────────────────────────────────┘
///
/// It runs on a virtual thread of its own. Another thread, the reaper, asks now and then whether it is overdue: every
/// phase has a deadline, and only content and response move theirs on as octets move.
final class Connection {
    private enum Phase { IDLE, HEAD, CONTENT, RESPONSE, LINGER }

    /// How long we wait for the client to read our last answer and to close its side. To close at once, with octets of
    /// the client unread, would make the system reset the connection and the answer be lost (RFC 9112 §9.6).
    private static final Duration LINGER = Duration.ofSeconds(2);

    private final SocketChannel channel;
    private final Supplier<Service> current;
    private final BooleanSupplier stopping;
    private final ErrorLog errors;
    private final RequestReader reader;
    private final String client;

    private volatile Phase phase = Phase.IDLE;
    private volatile long deadline;
    private volatile boolean inputEnded;

    /// What holds for this request; the next one asks anew. Only the limits of a head stay those of the beginning.
    private volatile Service service;
    private ResponseWriter writer;

    /// When the first octets of the request were there, as [System#nanoTime].
    private long begun;

    /// @param current what holds at the moment
    /// @param stopping is this request to be the last?
    Connection(SocketChannel channel, Supplier<Service> current, BooleanSupplier stopping, ErrorLog errors) {
        this.channel = channel;
        this.current = current;
        this.stopping = stopping;
        this.errors = errors;
        this.client = client(channel);
        this.service = current.get();
        this.reader = new RequestReader(channel, service.limits(), this::moved, this::begin);
        this.writer = new ResponseWriter(channel, service.server(), this::moved);
        enter(Phase.IDLE, service.limits().idle());
    }

    private void renew() {
        Service latest = current.get();
        if (latest != service) {
            service = latest;
            writer = new ResponseWriter(channel, latest.server(), this::moved);
        }
    }

    private static String client(SocketChannel channel) {
        try {
            SocketAddress address = channel.getRemoteAddress();
            return address instanceof InetSocketAddress inet ? inet.getAddress().getHostAddress() : "";
        } catch (IOException _) {
            return "";
        }
    }

    /// Serves until a side closes. The channel is closed afterwards.
    void serve() {
        try (channel) {
            boolean persists = true;
            while (persists) {
                enter(Phase.IDLE, service.limits().idle());
                if (stopping.getAsBoolean() && !reader.hasMore()) {
                    return;
                }
                persists = switch (next()) {
                    case RequestReader.Received received -> exchange(received);
                    case RequestReader.Malformed malformed ->
                            refuse(malformed.status(), Asked.inVain(malformed.requestLine()));
                    case RequestReader.Closed closed ->
                            closed.midway() && refuse(unfinished(), Asked.inVain(closed.requestLine()));
                };
            }
            linger();
        } catch (IOException _) {
            // The client is gone, or was cut off for being overdue: there is nobody to tell.
        } catch (RuntimeException | Error defect) {
            errors.defect("A connection broke off", defect);
        }
    }

    private void begin() {
        enter(Phase.HEAD, service.limits().head());
        begun = System.nanoTime();
    }

    /// A request that breaks off with its connection has no answer, but a line in the log.
    private RequestReader.Incoming next() throws IOException {
        try {
            return reader.next();
        } catch (IOException e) {
            if (phase == Phase.HEAD) {
                log(Asked.inVain(""), unfinished(), 0);
            }
            throw e;
        }
    }

    /// What the log says of a request, whatever has come of it.
    ///
    /// @param requestLine empty where it did not arrive
    /// @param request empty where it never became one
    private record Asked(Instant time, String requestLine, Optional<Request> request) {
        static Asked inVain(String requestLine) {
            return new Asked(Instant.now(), requestLine, Optional.empty());
        }

        static Asked of(Request request, Instant now) {
            String line = request.method() + ' ' + request.rawTarget() + " HTTP/1." + request.minorVersion();
            return new Asked(now, line, Optional.of(request));
        }
    }

    /// One request and its answer; returns whether the connection goes on.
    private boolean exchange(RequestReader.Received received) throws IOException {
        renew();
        Request request = received.request();
        Instant now = Instant.now();
        Asked asked = Asked.of(request, now);
        Response response = answer(request, now);
        try {
            enter(Phase.CONTENT, service.limits().progress());
            boolean unread = request.expectsContinue() && !received.content().isAtEnd() && response.status().isError();
            Optional<Status> fault = unread ? Optional.empty() : drain(asked, request, received.content(), response);
            if (fault.isPresent()) {
                return refuse(fault.get(), asked);
            }

            boolean persists = request.persists() && received.content().isAtEnd() && !stopping.getAsBoolean();
            Afterwards afterwards = !persists ? Afterwards.CLOSE
                    : request.minorVersion() >= 1 ? Afterwards.PERSIST : Afterwards.PERSIST_1_0;
            send(response, request.isHead(), afterwards, asked);
            return persists;
        } finally {
            response.content().close();
        }
    }

    /// A defect of ours costs this request, not the server.
    private Response answer(Request request, Instant now) {
        try {
            return service.sites().answer(request, now);
        } catch (RuntimeException | StackOverflowError defect) {
            errors.defect("A request could not be answered", defect);
            return service.sites().refuse(Status.INTERNAL_SERVER_ERROR);
        }
    }

    /// Reads the content that nobody asked for, so that the next request is found behind it and the client, busy with
    /// sending, comes to read the answer. Returns what is wrong with it, if anything is.
    ///
    /// An answer that refuses the request anyway does not wait for more than the limit; it closes.
    private Optional<Status> drain(Asked asked, Request request, RequestContent content, Response response)
            throws IOException {
        if (content.isAtEnd()) {
            return Optional.empty();
        }
        try {
            if (request.expectsContinue()) {
                writer.writeContinue();
            }
            byte[] scrap = new byte[8192];
            long left = service.limits().contentOctets();
            for (int count = 0; count >= 0 && left >= 0; left -= Math.max(count, 0)) {
                count = content.read(scrap);
            }
            boolean all = left >= 0;
            return all || response.status().isError() ? Optional.empty() : Optional.of(Status.CONTENT_TOO_LARGE);
        } catch (RequestContent.MalformedContent _) {
            return Optional.of(Status.BAD_REQUEST);
        } catch (java.io.EOFException _) {
            return Optional.of(unfinished());
        } catch (IOException e) {
            log(asked, unfinished(), 0);
            throw e;
        }
    }

    /// Why did a request end too early: was it too slow, or did the client leave?
    private Status unfinished() {
        return inputEnded ? Status.REQUEST_TIMEOUT : Status.BAD_REQUEST;
    }

    /// Answers what is no request, and closes; returns that the connection does not go on.
    private boolean refuse(Status status, Asked asked) throws IOException {
        send(service.sites().refuse(status), false, Afterwards.CLOSE, asked);
        return false;
    }

    /// Sends and logs, and logs also what could not be sent whole.
    private void send(Response response, boolean headOnly, Afterwards afterwards, Asked asked) throws IOException {
        enter(Phase.RESPONSE, service.limits().progress());
        try {
            writer.write(response, headOnly, afterwards, Instant.now());
        } finally {
            log(asked, response.status(), writer.contentOctets());
        }
    }

    private void log(Asked asked, Status status, long octets) {
        Optional<Fields> fields = asked.request().map(Request::fields);
        AccessLog log = asked.request().map(service::logOf).orElse(service.log());
        log.record(new AccessLog.Entry(client, asked.time(), Duration.ofNanos(System.nanoTime() - begun),
                Optional.empty(), asked.request().flatMap(Request::authority).map(Authority::host),
                asked.requestLine(), status.code(), octets, fields.flatMap(all -> all.combined("Referer")),
                fields.flatMap(all -> all.combined("User-Agent")), false));
    }

    /// Closes our side, and reads on until the client closes its own or the time is up.
    private void linger() throws IOException {
        enter(Phase.LINGER, LINGER);
        channel.shutdownOutput();
        ByteBuffer scrap = ByteBuffer.allocate(8192);
        while (channel.read(scrap) >= 0) {
            scrap.clear();
        }
    }

    private void enter(Phase next, Duration patience) {
        deadline = System.nanoTime() + patience.toNanos();
        phase = next;
    }

    /// Octets have moved: in the middle of content, that buys time.
    private void moved() {
        if (phase == Phase.CONTENT || phase == Phase.RESPONSE) {
            deadline = System.nanoTime() + service.limits().progress().toNanos();
        }
    }

    /// For the reaper: ends what is overdue. A client that is slow to ask is told so (408); one that is slow to read
    /// is cut off.
    void endIfOverdue(long nanoTime) {
        if (deadline - nanoTime > 0) {
            return;
        }
        if (inputEnded || phase == Phase.RESPONSE || phase == Phase.LINGER) {
            cut();
        } else {
            deadline = nanoTime + service.limits().progress().toNanos();
            endInput();
        }
    }

    /// For the server that stops: what is idle ends now, what is under way ends with its answer.
    void stop() {
        if (phase == Phase.IDLE) {
            endInput();
        }
    }

    /// The reading thread sees the end of the stream, and still can answer.
    private void endInput() {
        try {
            inputEnded = true;
            channel.shutdownInput();
        } catch (IOException _) {
            cut();
        }
    }

    /// At once, whatever is under way.
    void cut() {
        try {
            channel.close();
        } catch (IOException _) {
            // closed is closed
        }
    }
}
