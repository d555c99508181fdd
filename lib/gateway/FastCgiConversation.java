package lib.gateway;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import lib.gateway.FastCgiRecords.Complaint;
import lib.gateway.FastCgiRecords.End;
import lib.gateway.FastCgiRecords.Nonsense;
import lib.gateway.FastCgiRecords.Output;
import lib.gateway.FastCgiRecords.Said;
import lib.gateway.FastCgiRecords.Silence;
import lib.http.Content;
import lib.http.Exchange;
import lib.http.Response;
import lib.http.Status;
import lib.site.Gateway;

/// How does one request go, on one connection to an application?
///
///     request ──▶ content, as it arrives ──▶ its end         on a thread of its own, if there is more than a little
///     head ◀── content, as it comes ◀── end of the request
///
/// An application may answer before it has read the content, or read all of it first: so neither direction waits for the other.
/// What has been heard in one go, to its end, becomes a response of known length; anything else is streamed.
final class FastCgiConversation implements Content.Producer {
    private static final int HEAD_OCTETS = 64 * 1024;
    private static final int BLOCK_OCTETS = 32 * 1024;

    /// A client that has closed its side may still read: it is believed to be gone when the application, too, says nothing.
    private static final Duration GRACE = Duration.ofSeconds(5);

    /// What an application is asked.
    ///
    /// @param ahead the content from its beginning on, as much as is in memory and goes out together with the request
    /// @param left is completed when the client does not wait any more, as far as it is watched
    record Question(Map<String, String> variables, Supply.Ready supply, byte[] ahead, Exchange.Watch watch, CompletableFuture<Void> left) {

        /// Is all of the content in memory, so that the question can be put again?
        boolean isWhole() {
            return ahead.length >= supply.length();
        }

        /// To be called when all of the client's content has been read.
        void watchClient() {
            watch.keep(() -> left.complete(null));
        }
    }

    private final FastCgiPool.Connected place;
    private final FastCgiConnection connection;
    private final Question question;
    private final Consumer<String> errors;
    private final ErrorLines complaints;

    /// What of the content has been heard, and not been passed on.
    private final ByteArrayOutputStream heard = new ByteArrayOutputStream(0);
    private boolean hasHeard;
    private boolean ended;

    /// Hands on the content; null if there was none left to hand on.
    private Thread supplier;
    private volatile boolean supplied;

    /// Has all of it been handed on?
    private volatile boolean whole;

    /// Why the client's content has ended too early.
    private volatile IOException broken;
    private boolean left; // guarded by this, as is what follows
    private boolean finished;

    FastCgiConversation(FastCgiPool.Connected place, Question question, Consumer<String> errors) {
        this.place = place;
        this.connection = place.connection();
        this.question = question;
        this.errors = errors;
        this.complaints = new ErrorLines(this::complain);
        question.left.thenRun(this::leave);
    }

    /// Asks, and hears the head of the answer, and what has come together with it.
    ///
    /// @throws IOException if the client's content breaks off
    Gateway.Outcome outcome(boolean keep) throws IOException {
        Gateway.Outcome outcome;
        try {
            begin(keep);
            outcome = head();
        } catch (IOException e) {
            outcome = failed(e);
        }
        if (outcome instanceof Gateway.Answered) {
            return outcome;
        }
        finish();
        awaitSupplier();
        if (broken != null) {
            throw broken;
        }
        return outcome;
    }

    private void begin(boolean keep) throws IOException {
        byte[] ahead = question.ahead;
        ByteBuffer request = FastCgiRecords.begin(keep, question.variables, ahead.length + 2 * FastCgiRecords.HEAD_OCTETS);
        FastCgiRecords.content(request, ahead, ahead.length);
        whole = question.isWhole();
        if (whole) {
            FastCgiRecords.endOfContent(request);
        }
        connection.send(request.flip());
        supplied = whole;
        if (!whole) {
            supplier = Thread.ofVirtual().name("fastcgi-content").start(this::supply);
        }
    }

    /// Not once the next request may be read.
    private synchronized void watchClient() {
        if (!finished && !question.supply.isRead()) {
            question.watchClient();
        }
    }

    private synchronized void leave() {
        if (!finished) {
            left = true;
            connection.beLessPatient(GRACE);
        }
    }

    /// An application that does not want any more of it closes the connection.
    private void supply() {
        byte[] octets = new byte[BLOCK_OCTETS];
        ByteBuffer records = ByteBuffer.allocate(BLOCK_OCTETS + FastCgiRecords.HEAD_OCTETS);
        try {
            for (int count = next(octets); count >= 0; count = next(octets)) {
                FastCgiRecords.content(records.clear(), octets, count);
                connection.send(records.flip());
            }
            if (broken == null) {
                FastCgiRecords.endOfContent(records.clear());
                connection.send(records.flip());
                whole = true;
                watchClient();
            }
        } catch (IOException _) {
            // who listens hears why
        } finally {
            supplied = true;
        }
    }

    /// How many octets of content have come, or -1 for the end, be it a good one or not.
    private int next(byte[] octets) {
        connection.holdUp(true);
        try {
            return question.supply.octets().read(octets);
        } catch (IOException e) {
            broken = e;
            connection.cut();
            return -1;
        } finally {
            connection.holdUp(false);
        }
    }

    /// What is still to come is dropped as it comes: the connection is closed already.
    private void awaitSupplier() throws IOException {
        try {
            if (supplier != null) {
                supplier.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private Said hear(boolean waits) throws IOException {
        while (true) {
            Said said = connection.next(waits);
            hasHeard |= !(said instanceof Silence);
            if (!(said instanceof Complaint(ByteBuffer octets))) {
                return said;
            }
            complaints.take(octets.array(), octets.arrayOffset() + octets.position(), octets.remaining());
        }
    }

    private Gateway.Outcome head() throws IOException {
        byte[] octets = new byte[0];
        int end = -1;
        while (end < 0 && octets.length < HEAD_OCTETS) {
            switch (hear(true)) {
                case Output(ByteBuffer more) -> {
                    octets = joined(octets, more);
                    end = ProgramHead.end(octets, octets.length);
                }
                case End said -> {
                    ended = true;
                    return unanswered(said);
                }
                case Nonsense _, Silence _, Complaint _ -> {
                    return failure(Status.BAD_GATEWAY, "says what is no FastCGI");
                }
            }
        }
        if (end < 0 || end > HEAD_OCTETS) {
            return failure(Status.BAD_GATEWAY, "says more than " + HEAD_OCTETS + " octets before its content");
        }
        heard.write(octets, end, octets.length - end);
        return outcome(ProgramHead.parse(new String(octets, 0, end, StandardCharsets.ISO_8859_1)));
    }

    private static byte[] joined(byte[] octets, ByteBuffer more) {
        byte[] both = java.util.Arrays.copyOf(octets, octets.length + more.remaining());
        more.get(both, octets.length, more.remaining());
        return both;
    }

    private Gateway.Outcome unanswered(End said) {
        return switch (said.protocol()) {
            case FastCgiRecords.OVERLOADED, FastCgiRecords.CANT_MULTIPLEX -> failure(Status.SERVICE_UNAVAILABLE, "is overloaded");
            case FastCgiRecords.REQUEST_COMPLETE -> failure(Status.BAD_GATEWAY, "ended with code " + said.code() + " and said nothing");
            default -> failure(Status.BAD_GATEWAY, "does not answer requests");
        };
    }

    /// @param what begins with a verb
    private void complain(String what) {
        errors.accept("The application at " + place.backend().name() + ' ' + what);
    }

    private Gateway.Failed failure(Status status, String what) {
        complain(what + '.');
        return new Gateway.Failed(status);
    }

    private Gateway.Outcome failed(IOException e) {
        if (connection.isOverdue()) {
            return hasLeft() ? new Gateway.Failed(Status.GATEWAY_TIMEOUT) : failure(Status.GATEWAY_TIMEOUT, "has been silent for too long");
        }
        return broken != null || isStale() ? new Gateway.Failed(Status.BAD_GATEWAY)
                : failure(Status.BAD_GATEWAY, "broke off before it had answered (" + e.getMessage() + ")");
    }

    private synchronized boolean hasLeft() {
        return left;
    }

    /// Was this one of the connections that the application closes without a word, as it has had them for long enough?
    boolean isStale() {
        return place.kept() && !hasHeard && !connection.isOverdue();
    }

    private Gateway.Outcome outcome(ProgramHead head) throws IOException {
        hearWhatIsThere();
        return switch (head) {
            case ProgramHead.Document document -> new Gateway.Answered(new Response(document.status(), document.fields(),
                    content(document.length())));
            case ProgramHead.Elsewhere(String target) -> new Gateway.Redirected(target);
            case ProgramHead.Nonsense _ -> failure(Status.BAD_GATEWAY, "says no fields of a response before its content");
        };
    }

    /// In place of waiting for more.
    private void hearWhatIsThere() throws IOException {
        while (!ended && hear(false) instanceof Said said && !(said instanceof Silence)) {
            take(said);
        }
        if (ended && supplied) {
            finish();
        }
    }

    private void take(Said said) throws IOException {
        switch (said) {
            case Output(ByteBuffer octets) -> heard.write(octets.array(), octets.arrayOffset() + octets.position(), octets.remaining());
            case End _ -> ended = true;
            case Nonsense _, Silence _, Complaint _ -> throw new IOException("no FastCGI");
        }
    }

    /// @param length as it was announced, or -1
    private Content content(long length) {
        boolean known = ended && supplied && (length < 0 || length == heard.size());
        if (!known) {
            return new Content.Stream(this, length);
        }
        close();
        return new Content.Octets(heard.toByteArray());
    }

    @Override
    public boolean readsContent() {
        return !supplied;
    }

    /// Whenever nothing more is there at once, what there is goes out.
    @Override
    public void writeTo(OutputStream out) throws IOException {
        try {
            while (!ended) {
                heard.writeTo(out);
                heard.reset();
                out.flush();
                take(hear(true));
                hearWhatIsThere();
            }
            heard.writeTo(out);
        } catch (IOException e) {
            tellOfBreak();
            throw broken == null ? e : broken;
        } finally {
            finish();
        }
    }

    private void tellOfBreak() {
        if (connection.isOverdue() && !hasLeft()) {
            failure(Status.GATEWAY_TIMEOUT, "has been silent for too long, in the middle of its answer");
        }
    }

    @Override
    public void close() {
        finish();
        question.supply.whenDone().run();
    }

    /// Gives the connection back: to be used again if both sides have said all.
    private synchronized void finish() {
        if (!finished) {
            finished = true;
            complaints.end();
            place.backend().giveBack(connection, ended && whole && connection.isQuiet());
        }
    }
}
