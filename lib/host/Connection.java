package lib.host;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import lib.host.Deadlines.Phase;
import lib.http.Answer;
import lib.http.Authority;
import lib.http.Client;
import lib.http.Content;
import lib.http.Exchange;
import lib.http.Fields;
import lib.http.Request;
import lib.http.Response;
import lib.http.Status;
import lib.site.ToHttps;
import lib.site.Turns;
import lib.wire.BlockStream;
import lib.wire.Fingerprint;
import lib.wire.RequestContent;
import lib.wire.RequestReader;
import lib.wire.ResponseWriter;
import lib.wire.ResponseWriter.Afterwards;
import lib.wire.TlsChannel;
import lib.wire.Transfer;

/// How does one client's connection go? Read, answer, send, log, until a side closes. (RFC 9112 §9)
///
/// Where TLS is spoken, its handshake comes before all this. It begins on a virtual thread of its own. Where nothing is left but to wait
/// for the client, it needs none: see [Loop]. Another thread, the reaper, asks now and then whether it is overdue.
final class Connection {
    /// At which door does the client stand?
    enum Door {
        PLAIN,
        /// TLS is spoken here; who does not is told so.
        SECURE,
        /// Nothing is to be had here but the way to the secure one.
        REDIRECT
    }

    /// What becomes of a connection for the time being?
    enum State {
        /// The client has nothing to say: it needs no thread.
        RESTS,
        /// A response is on its way, at the pace of the client: it needs no thread either.
        SENDS,
        /// There is something to do that may take its time: it needs a thread.
        WORKS,
        /// It is over.
        GONE
    }

    /// How long we wait for the client to read our last answer and to close its side. To close at once, with octets of
    /// the client unread, would make the system reset the connection and the answer be lost (RFC 9112 §9.6).
    private static final Duration LINGER = Duration.ofSeconds(2);

    /// Less than this is sent by the thread that has it.
    private static final int LONG_OCTETS = 64 * 1024;

    private final SocketChannel socket;
    private final long guest;
    private final Door door;
    private final int securePort;

    private final Optional<TlsChannel> tls;

    /// Octets as HTTP sees them: those of the socket, or what TLS makes of them.
    private final ByteChannel channel;
    private final Supplier<Service> current;
    private final BooleanSupplier stopping;
    private final ErrorLog errors;
    private final RequestReader reader;

    private Client client;
    private final Deadlines deadlines = new Deadlines();
    private volatile boolean inputEnded;

    /// Who wants to know if the client leaves while it waits for its answer; null for nobody.
    private Runnable whenLeft;

    /// What holds for this request; the next one asks anew. Only the limits of a head stay those of the beginning.
    private volatile Service service;
    private volatile ResponseWriter writer;

    /// What a rule does to this exchange; null for nothing.
    private volatile Mischief mischief;

    /// Has a request been answered, so that another may come?
    private boolean answered;

    /// Does the connection go on behind the last answer?
    private boolean goesOn;

    /// Is it one of many that one thread waits for?
    private volatile boolean waits;

    /// Is there a place for a connection that waits?
    private boolean mayWait;

    /// What is on its way at the pace of the client; null for nothing.
    private volatile Sending sending;

    /// When the first octets of the request were there, as [System#nanoTime].
    private long begun;

    /// @param guest whose it is, see [Doorkeeper]
    /// @param current what holds at the moment
    /// @param stopping is this request to be the last?
    /// @param securePort where TLS is spoken, for those who come by [Door#REDIRECT]
    Connection(SocketChannel socket, long guest, Door door, int securePort, Supplier<Service> current, BooleanSupplier stopping,
               ErrorLog errors) {
        this.socket = socket;
        this.guest = guest;
        this.door = door;
        this.securePort = securePort;
        this.current = current;
        this.stopping = stopping;
        this.errors = errors;
        this.client = client(socket);
        this.service = current.get();
        this.tls = door == Door.SECURE ? service.tls().map(keys -> new TlsChannel(socket, keys::engine)) : Optional.empty();
        this.channel = tls.isPresent() ? tls.get() : socket;
        this.reader = new RequestReader(channel, service.limits(), this::received, this::begin);
        this.writer = new ResponseWriter(channel, service.server(), this::sent);
        enter(Phase.IDLE, service.limits().idle());
    }

    private void renew() {
        Service latest = current.get();
        if (latest != service) {
            service = latest;
            writer = writer(channel);
        }
    }

    private ResponseWriter writer(WritableByteChannel way) {
        return new ResponseWriter(way, service.server(), this::sent);
    }

    private static Client client(SocketChannel socket) {
        try {
            SocketAddress address = socket.getRemoteAddress();
            return address instanceof InetSocketAddress inet
                    ? new Client(inet.getAddress().getHostAddress(), port(socket), inet.getAddress().isLoopbackAddress(), false)
                    : new Client("", 0, true, false);
        } catch (IOException _) {
            return new Client("", 0, false, false);
        }
    }

    private static int port(SocketChannel socket) throws IOException {
        return socket.getLocalAddress() instanceof InetSocketAddress inet ? inet.getPort() : 0;
    }

    /// Serves until a side closes, or until there is nothing to do but to wait for the client, which needs no thread where there is another
    /// place for it. In the end the channel is closed, or the connection [State#RESTS] or [State#SENDS].
    ///
    /// @param mayRest is there such a place?
    State serve(boolean mayRest) {
        State state = State.GONE;
        try {
            socket.configureBlocking(true);
            state = goOn(mayRest);
        } catch (IOException _) {
            // The client is gone, or was cut off for being overdue: there is nobody to tell.
        } catch (RuntimeException | Error defect) {
            errors.defect("A connection broke off", defect);
        } finally {
            if (state == State.GONE) {
                abandon();
            }
        }
        return state;
    }

    private State goOn(boolean mayRest) throws IOException {
        mayWait = mayRest;
        boolean persists = answered ? goesOn : open();
        while (persists) {
            rest();
            if (stopping.getAsBoolean() && !reader.hasMore()) {
                return State.GONE;
            }
            if (mayRest && answered && !hasMore() && isPlain()) {
                goesOn = true;
                return State.RESTS;
            }
            persists = switch (next()) {
                case RequestReader.Received received -> service.witness().isPresent()
                        ? witnessed(received, service.witness().get()) : exchange(received);
                case RequestReader.Malformed malformed ->
                        refuse(malformed.status(), Asked.inVain(malformed.requestLine()));
                case RequestReader.Closed closed ->
                        closed.midway() && refuse(unfinished(), Asked.inVain(closed.requestLine()));
            };
            answered = true;
            if (sending != null) {
                return State.SENDS;
            }
        }
        linger();
        return State.GONE;
    }

    private boolean hasMore() {
        return reader.hasMore() || tls.isPresent() && tls.get().hasMore();
    }

    /// Only what is plain is left to others; enciphered it may be.
    private boolean isPlain() {
        return (door == Door.PLAIN || client.secure()) && !reader.isReadingAhead() && service.turns().isEmpty() && service.witness().isEmpty();
    }

    /// From now on this selector tells when there is something to [#wake] for.
    ///
    /// @throws IOException if the client has left
    void waitIn(Selector selector) throws IOException {
        waits = true;
        reader.rest();
        socket.configureBlocking(false);
        socket.register(selector, sending == null ? SelectionKey.OP_READ : SelectionKey.OP_WRITE, this);
    }

    /// A client that is waited for has sent something, has room for more, or has left. Does what can be done at once, or keeps for a thread
    /// what came.
    State wake(Desk desk) {
        State state = State.GONE;
        try {
            state = sending == null ? receive(desk) : advance();
        } catch (IOException _) {
            // the client is gone
        } catch (RuntimeException | Error defect) {
            errors.defect("A connection broke off", defect);
        } finally {
            waits = state != State.WORKS;
            if (state == State.GONE) {
                abandon();
            }
        }
        return state;
    }

    /// Closes, and gives up what is on its way.
    void abandon() {
        if (sending != null) {
            settle(false);
        }
        close();
    }

    private State receive(Desk desk) throws IOException {
        ByteBuffer octets = desk.request();
        int count = channel.read(octets);
        if (count < 0) {
            return tls.isPresent() ? State.WORKS : State.GONE;
        }
        if (count == 0) {
            return isFlushed() ? State.RESTS : State.SENDS;
        }
        renew();
        begin();
        Instant now = Instant.now();
        Desk.Reply reply = isPlain() && !stopping.getAsBoolean() && !hasMore() ? desk.reply(count, reader, service, client, now) : null;
        if (reply == null) {
            reader.take(octets.array(), count);
            return State.WORKS;
        }
        goesOn = true;
        sending = new Sending(reply.transfer(), reply.request(), reply.response(), Asked.of(reply.request(), now, Optional.empty()));
        enter(Phase.RESPONSE, service.limits().progress());
        return advance();
    }

    /// A response that goes out as the client takes it.
    private record Sending(Transfer transfer, Request request, Response response, Asked asked) {}

    /// Sends what the client takes now, and goes on with it when that was all.
    private State advance() throws IOException {
        if (!sending.transfer.advance(channel) || !isFlushed()) {
            sent();
            return State.SENDS;
        }
        settle(true);
        rest();
        return goesOn && !stopping.getAsBoolean() && !hasMore() ? State.RESTS : State.WORKS;
    }

    private boolean isFlushed() throws IOException {
        return tls.isEmpty() || tls.get().flush();
    }

    /// Says what has become of a response.
    private void settle(boolean complete) {
        Sending over = sending;
        sending = null;
        over.response.content().close();
        log(over.asked, over.response.status(), over.response.fields(),
                new Journal.Passed(over.transfer.contentOctets(), Optional.empty()), complete);
        if (complete && Handover.isComplete(over.request, over.response)) {
            service.whenHandedOver().run();
        }
    }

    private void close() {
        try {
            socket.close();
        } catch (IOException _) {
            // closed is closed
        }
    }

    /// TLS begins with a handshake, for which a client has as long as for the head of a request. Returns whether there is
    /// somebody to serve.
    private boolean open() throws IOException {
        if (tls.isEmpty()) {
            return true;
        }
        enter(Phase.HANDSHAKE, service.limits().head());
        TlsChannel.Opening opening = tls.get().open();
        client = new Client(client.address(), client.port(), client.loopback(), opening == TlsChannel.Opening.SECURE);
        return opening != TlsChannel.Opening.FAILED;
    }

    private void rest() {
        enter(Phase.IDLE, service.limits().idle());
        if (tls.isPresent() && !reader.isReadingAhead()) {
            tls.get().rest();
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
            if (deadlines.phase() == Phase.HEAD) {
                log(Asked.inVain(""), unfinished());
            }
            throw e;
        }
    }

    /// The same as [#exchange] before somebody who wants to know when it is over.
    private boolean witnessed(RequestReader.Received received, Witness witness) throws IOException {
        witness.begin();
        try {
            return exchange(received);
        } finally {
            witness.end();
        }
    }

    /// One request and its answer; returns whether the connection goes on.
    private boolean exchange(RequestReader.Received received) throws IOException {
        renew();
        enter(Phase.WORK, Deadlines.FOR_EVER);
        Request request = received.request();
        Instant now = Instant.now();
        Asked asked = Asked.of(request, now, fingerprint());
        Arriving content = new Arriving(request, received.content(), asked.content());
        Answer answer = null;
        try {
            mischief = service.turns().isEmpty() ? null : mischief(request, service.turns().get());
            answer = answer(request, content, now);
            if (!(answer.response().content() instanceof Content.Stream)) {
                watch(null); // a file that goes straight to the socket can't do with a second thread there
            }
            if (!(answer.response().content() instanceof Content.Stream stream && stream.producer().readsContent())) {
                drain(content, answer.response());
            }
            return mischief == null ? send(request, content, answer, asked) : misbehave(request, content, answer, asked);
        } catch (Unreadable unreadable) {
            mischief = null;
            if (unreadable.isHopeless()) {
                log(asked, unreadable.status());
                throw unreadable.hopeless();
            }
            return refuse(unreadable.status(), asked);
        } finally {
            mischief = null;
            if (answer != null && sending == null) {
                answer.response().content().close();
            }
            watch(null); // nobody who made the content asks for it any more
        }
    }

    /// A defect of ours costs this request, not the server.
    private Answer answer(Request request, Arriving content, Instant now) throws IOException {
        try {
            if (door != Door.PLAIN) {
                Optional<Response> response = atTheDoor(request);
                if (response.isPresent()) {
                    return Answer.of(response.get());
                }
            }
            if (mischief != null) {
                Optional<Answer> instead = mischief.answer(service.sites(), request);
                if (instead.isPresent()) {
                    return instead.get();
                }
            }
            return service.sites().answer(request, new Exchange(client, content, teller(request), this::watch), now);
        } catch (RuntimeException | StackOverflowError defect) {
            errors.defect("A request could not be answered", defect);
            return Answer.of(service.sites().refuse(Status.INTERNAL_SERVER_ERROR));
        }
    }

    /// What a rule has in mind for this request; null for nothing. It hears only of those who have come by the right way.
    private Mischief mischief(Request request, Turns turns) {
        Optional<Turns.Turn> turn = door == Door.PLAIN || client.secure() ? turns.next(request) : Optional.empty();
        return turn.isPresent() ? new Mischief(turn.get()) : null;
    }

    /// The answer as a rule wants it, perhaps late or not whole; returns whether the connection goes on.
    private boolean misbehave(Request request, Arriving content, Answer answer, Asked asked) throws IOException {
        if (mischief.isSilent()) {
            log(asked, Mischief.UNANSWERED);
            keepSilence();
            return false;
        }

        boolean alone = watchToo(mischief::end);
        if (stopping.getAsBoolean()) {
            mischief.end();
        }
        pause(mischief.latency());
        if (alone && !mischief.troubles()) {
            watch(null); // as above
        }
        try {
            return send(request, content, mischief.withFields(answer), asked) && !mischief.misleads();
        } catch (IOException e) {
            if (!mischief.meant(e)) {
                throw e;
            }
            if (mischief.resets()) {
                reset();
            }
            return false;
        } finally {
            writer = writer(channel);
        }
    }

    /// Says nothing until the client has enough of it, or the server stops.
    private void keepSilence() throws IOException {
        enter(Phase.SILENCE, Deadlines.FOR_EVER);
        ByteBuffer scrap = ByteBuffer.allocate(512);
        while (!stopping.getAsBoolean() && socket.read(scrap) >= 0) {
            scrap.clear();
        }
    }

    /// What we wait for on purpose is not the client's fault either.
    private void pause(Duration time) throws IOException {
        Phase before = deadlines.phase();
        enter(Phase.WORK, Deadlines.FOR_EVER);
        mischief.pause(time);
        enter(before, service.limits().progress());
    }

    /// Closes so that the system sends RST in place of FIN: it throws away what has not left yet (SO_LINGER of 0).
    private void reset() throws IOException {
        try {
            socket.setOption(StandardSocketOptions.SO_LINGER, 0);
        } catch (UnsupportedOperationException _) {
            // a socket of the file system knows no such thing
        }
        socket.close();
    }

    /// The answer to who has come by the wrong way, or to fetch what makes the right one trusted.
    private Optional<Response> atTheDoor(Request request) {
        ToHttps toHttps = new ToHttps(service.tls().flatMap(Tls::authority));
        return client.secure() ? toHttps.certificate(request) : Optional.of(toHttps.answer(request, securePort));
    }

    /// An HTTP/1.0 client would take an interim response for the answer (RFC 9110 §15.2).
    private Exchange.Teller teller(Request request) {
        return request.minorVersion() == 0 ? (_, _) -> { } : writer;
    }

    /// The content as it arrives: the client that waits for a 100 gets it when somebody begins to read, and a pause of the
    /// client is counted, not one of the reader.
    private final class Arriving extends BlockStream {
        private final RequestContent content;
        private final Optional<Fingerprint> seen;
        private boolean awaited;

        Arriving(Request request, RequestContent content, Optional<Fingerprint> seen) {
            this.content = content;
            this.seen = seen;
            this.awaited = request.expectsContinue();
        }

        @Override
        public int read(byte[] into, int offset, int count) throws IOException {
            if (content.isAtEnd()) {
                return -1;
            }
            deadlines.awaitContent(service.limits().progress());
            try {
                if (awaited) {
                    awaited = false;
                    writer.writeContinue();
                }
                int some = content.read(into, offset, count);
                if (some > 0 && seen.isPresent()) {
                    seen.get().add(into, offset, some);
                }
                return some;
            } catch (RequestContent.MalformedContent _) {
                throw new Unreadable(Status.BAD_REQUEST, null);
            } catch (EOFException _) {
                throw new Unreadable(unfinished(), null);
            } catch (IOException e) {
                throw new Unreadable(unfinished(), e);
            } finally {
                deadlines.awaitNoContent();
            }
        }

        /// Whoever knows that this client has begun anew elsewhere ends what is left of it here.
        @Override
        public void close() {
            cut();
        }
    }

    /// The content has broken off. It passes through whoever reads it, and is answered here.
    private static final class Unreadable extends IOException {
        private static final long serialVersionUID = 1;

        private final transient Status status;

        Unreadable(Status status, IOException hopeless) {
            super("the content broke off", hopeless);
            this.status = status;
        }

        Status status() {
            return status;
        }

        /// Is the connection broken, so that no answer can be sent?
        boolean isHopeless() {
            return getCause() != null;
        }

        IOException hopeless() {
            return (IOException) getCause();
        }
    }

    /// Reads the content that nobody asked for, so that the next request is found behind it and the client, busy with
    /// sending, comes to read the answer. What refuses the request anyway does not wait for more than the limit, and not at
    /// all for a client that has not begun to send: it closes.
    private void drain(Arriving content, Response response) throws IOException {
        boolean refused = response.status().isError();
        if (content.content.isAtEnd() || refused && content.awaited) {
            return;
        }
        byte[] scrap = new byte[8192];
        long left = service.limits().contentOctets();
        for (int count = 0; count >= 0 && left >= 0; left -= Math.max(count, 0)) {
            count = content.read(scrap);
        }
        if (left < 0 && !refused) {
            throw new Unreadable(Status.CONTENT_TOO_LARGE, null);
        }
    }

    private boolean send(Request request, Arriving content, Answer answer, Asked asked) throws IOException {
        boolean old = request.minorVersion() == 0;
        boolean endless = answer.response().content().length() < 0 && old;
        boolean persists = request.persists() && content.content.isAtEnd() && !stopping.getAsBoolean() && !endless;
        Afterwards afterwards = persists ? old ? Afterwards.PERSIST_1_0 : Afterwards.PERSIST
                : old ? Afterwards.CLOSE_1_0 : Afterwards.CLOSE;
        if (isLong(request, answer.response())) {
            goesOn = persists;
            ByteBuffer head = ByteBuffer.wrap(writer.head(answer.response(), afterwards, Instant.now()));
            sending = new Sending(Transfer.of((Content.FileSlice) answer.response().content(), head), request, answer.response(),
                    asked.by(answer.user()));
            enter(Phase.RESPONSE, service.limits().progress());
            return persists;
        }
        boolean sent = send(answer.response(), request.isHead(), afterwards, asked.by(answer.user()));
        if (sent && Handover.isComplete(request, answer.response())) {
            service.whenHandedOver().run();
        }
        return persists;
    }

    /// Does it take longer to send than to ask, so that it can be left to the pace of the client?
    private boolean isLong(Request request, Response response) {
        return mayWait && tls.isEmpty() && isPlain() && !request.isHead() && response.content() instanceof Content.FileSlice slice
                && slice.length() > LONG_OCTETS;
    }

    /// Why did a request end too early: was it too slow, or did the client leave?
    private Status unfinished() {
        return inputEnded ? Status.REQUEST_TIMEOUT : Status.BAD_REQUEST;
    }

    /// Answers what is no request, and closes; returns that the connection does not go on.
    private boolean refuse(Status status, Asked asked) throws IOException {
        send(service.sites().refuse(status), asked.isHead(), Afterwards.CLOSE, asked);
        return false;
    }

    /// Sends it. If it can't be had after all, and nothing of it has left, says so instead, and returns false: a directory may be gone
    /// before its listing begins.
    private boolean send(Response response, boolean headOnly, Afterwards afterwards, Asked asked) throws IOException {
        try {
            write(response, headOnly, afterwards, asked);
            return true;
        } catch (ResponseWriter.Unsent unsent) {
            if (mischief != null) {
                throw unsent;
            }
            write(service.sites().refuse(Status.SERVICE_UNAVAILABLE), headOnly, afterwards, asked);
            return false;
        }
    }

    /// Sends and logs, and logs also what could not be sent whole.
    private void write(Response response, boolean headOnly, Afterwards afterwards, Asked asked) throws IOException {
        if (mischief != null && mischief.troubles()) {
            writer = writer(mischief.before(channel, this::pause));
        } else if (reader.isReadingAhead() && channel == socket) {
            writer = writer(new Passing(socket));
        }
        enter(Phase.RESPONSE, service.limits().progress());
        Response shown = client.secure() ? response.with(service.fields()) : response;
        Optional<Fingerprint> sent = fingerprint();
        boolean silent = headOnly || response.status().forbidsContent();
        boolean complete = false;
        try {
            writer.write(sent.isEmpty() || silent ? shown : new Response(shown.status(), shown.fields(),
                    sent.get().of(shown.content())), headOnly, afterwards, Instant.now());
            complete = true;
        } finally {
            boolean whole = complete && writer.contentOctets() > 0;
            Optional<String> hash = whole ? sent.map(Fingerprint::sha256) : Optional.empty();
            Journal.Passed passed = new Journal.Passed(writer.contentOctets(), hash);
            if (mischief == null && writer.hasBegun()) {
                log(asked, response.status(), shown.fields(), passed, complete);
            } else if (mischief != null) {
                log(asked, mischief.statusTold(response.status()), shown.fields(),
                        new Journal.Passed(mischief.octetsTold(passed.octets()), hash), complete && !mischief.misleads());
            }
        }
    }

    /// A socket that nobody sends a file through: while another thread waits for it, its mode can't be changed.
    private record Passing(SocketChannel socket) implements WritableByteChannel {
        @Override
        public int write(ByteBuffer octets) throws IOException {
            return socket.write(octets);
        }

        @Override
        public boolean isOpen() {
            return socket.isOpen();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    /// For a witness who wants to know what content there was.
    private Optional<Fingerprint> fingerprint() {
        return service.witness().isPresent() && service.witness().get().looksInside() ? Optional.of(new Fingerprint())
                : Optional.empty();
    }

    /// A request that has had no answer.
    private void log(Asked asked, Status status) {
        log(asked, status, Fields.NONE, Journal.Passed.NOTHING, false);
    }

    private void log(Asked asked, Status status, Fields answered, Journal.Passed sent, boolean complete) {
        Optional<Fields> fields = asked.request().map(Request::fields);
        AccessLog log = asked.request().map(service::logOf).orElse(service.log());
        AccessLog.Entry line = new AccessLog.Entry(client.address(), asked.time(), Duration.ofNanos(System.nanoTime() - begun),
                asked.user(), asked.request().flatMap(Request::authority).map(Authority::host),
                asked.requestLine(), status.code(), sent.octets(), fields.flatMap(all -> all.combined("Referer")),
                fields.flatMap(all -> all.combined("User-Agent")), client.secure());
        log.record(line);
        if (service.witness().isPresent()) {
            service.witness().get().see(new Journal.Entry(line, complete, fields.orElse(Fields.NONE),
                    passed(asked.content()), answered, sent));
        }
    }

    private static Journal.Passed passed(Optional<Fingerprint> content) {
        return content.isEmpty() || content.get().octets() == 0 ? Journal.Passed.NOTHING
                : new Journal.Passed(content.get().octets(), Optional.of(content.get().sha256()));
    }

    /// Closes our side, and reads on until the client closes its own or the time is up. What comes under TLS need not be
    /// opened any more.
    private void linger() throws IOException {
        enter(Phase.LINGER, LINGER);
        if (tls.isPresent()) {
            tls.get().endOutput();
        }
        socket.shutdownOutput();
        ByteBuffer scrap = ByteBuffer.allocate(8192);
        while (socket.read(scrap) >= 0) {
            scrap.clear();
        }
    }

    private void enter(Phase next, Duration patience) {
        deadlines.enter(next, patience);
    }

    private void received() {
        deadlines.received(service.limits().progress());
    }

    private void sent() {
        deadlines.sent(service.limits().progress());
    }

    /// From now on somebody wants to know if the client leaves; null for nobody any more.
    private synchronized void watch(Runnable whenLeft) {
        this.whenLeft = whenLeft;
    }

    /// One more wants to know; returns whether it is the only one.
    private synchronized boolean watchToo(Runnable another) {
        Runnable others = whenLeft;
        whenLeft = others == null ? another : () -> {
            others.run();
            another.run();
        };
        return others == null;
    }

    /// Most answers are sent before it is worth while to look after the client.
    private synchronized void keepWatch() {
        if (whenLeft != null && !reader.isReadingAhead()) {
            Thread.ofVirtual().start(reader.readAhead(this::tellOfLeaving));
        }
    }

    private void tellOfLeaving() {
        Runnable told;
        synchronized (this) {
            told = whenLeft;
            whenLeft = null;
        }
        if (told != null) {
            told.run();
        }
    }

    /// For the reaper: ends what is overdue. A client that is slow to ask is told so (408); one that is slow to read
    /// is cut off.
    void endIfOverdue(long nanoTime) {
        keepWatch();
        if (!deadlines.areOver(nanoTime, writer.isMaking())) {
            return;
        }
        if (inputEnded || deadlines.endUntold()) {
            end();
        } else {
            deadlines.postpone(nanoTime + service.limits().progress().toNanos());
            endInput();
        }
    }

    /// Whose it is, see [Doorkeeper].
    long guest() {
        return guest;
    }

    /// Has it been idle for long enough to be spared?
    boolean isSpare(long nanoTime) {
        return deadlines.areSpare(nanoTime, service.limits().idle());
    }

    /// Of two that can be spared, has this one been idle for longer?
    boolean isIdlerThan(Connection other) {
        return deadlines.areBefore(other.deadlines);
    }

    /// Ends so that somebody else gets its place; returns whether it could be spared. A client that asks at this very moment
    /// finds it closed, as any that was idle may be (RFC 9112 §9.5).
    boolean giveWay() {
        if (deadlines.phase() != Phase.IDLE) {
            return false;
        }
        enter(Phase.LINGER, LINGER);
        end();
        return true;
    }

    /// For the server that stops: what is idle ends now, what is under way ends with its answer.
    void stop() {
        if (deadlines.phase() == Phase.IDLE || deadlines.phase() == Phase.HANDSHAKE || deadlines.phase() == Phase.SILENCE) {
            endInput();
        }
        Mischief ending = mischief;
        if (ending != null) {
            ending.end();
        }
    }

    /// Cuts off. Where one thread waits for many, it is told so by the end of this connection, and closes what it has of it.
    private void end() {
        if (!waits) {
            cut();
            return;
        }
        try {
            socket.shutdownInput();
            socket.shutdownOutput();
        } catch (IOException _) {
            cut();
        }
    }

    /// The reading thread sees the end of the stream, and still can answer.
    private void endInput() {
        try {
            inputEnded = true;
            socket.shutdownInput();
        } catch (IOException _) {
            cut();
        }
    }

    /// At once, whatever is under way.
    void cut() {
        close();
        tellOfLeaving();
    }
}
