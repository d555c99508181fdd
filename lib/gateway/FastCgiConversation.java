package lib.gateway;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Consumer;
import lib.gateway.FastCgiRecords.Complaint;
import lib.gateway.FastCgiRecords.End;
import lib.gateway.FastCgiRecords.Nonsense;
import lib.gateway.FastCgiRecords.Output;
import lib.gateway.FastCgiRecords.Said;
import lib.gateway.FastCgiRecords.Silence;
import lib.http.Content;
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

    /// A client that has closed its side may still read: it is believed to be gone when the application, too, says nothing.
    private static final Duration GRACE = Duration.ofSeconds(5);

    private final FastCgiPool.Connected place;
    private final FastCgiConnection connection;
    private final FastCgiQuestion question;
    private final FastCgiFeeding feeding;
    private final Consumer<String> errors;
    private final ErrorLines complaints;

    /// What of the content has been heard, and not been passed on.
    private final ByteArrayOutputStream heard = new ByteArrayOutputStream(0);
    private long announced = -1;
    private long passedOn;
    private boolean hasHeard;
    private boolean ended;

    private boolean left; // guarded by this, as is what follows
    private boolean finished;

    FastCgiConversation(FastCgiPool.Connected place, FastCgiQuestion question, Consumer<String> errors) {
        this.place = place;
        this.connection = place.connection();
        this.question = question;
        this.feeding = new FastCgiFeeding(question, connection);
        this.errors = errors;
        this.complaints = new ErrorLines(this::complain);
        question.left().thenRun(this::leave);
    }

    /// Asks, and hears the head of the answer, and what has come together with it.
    ///
    /// @throws IOException if the client's content breaks off
    Gateway.Outcome outcome(boolean keep) throws IOException {
        Gateway.Outcome outcome = null;
        try {
            outcome = asked(keep);
        } finally {
            if (!(outcome instanceof Gateway.Answered)) {
                finish(); // even after a defect of ours: it may cost this request, but not a place
                feeding.awaitEnd();
            }
        }
        if (!(outcome instanceof Gateway.Answered) && feeding.broken().isPresent()) {
            throw feeding.broken().get();
        }
        return outcome;
    }

    private Gateway.Outcome asked(boolean keep) {
        try {
            feeding.begin(keep);
            return head();
        } catch (IOException e) {
            return failed(e);
        }
    }

    private synchronized void leave() {
        if (!finished) {
            left = true;
            connection.beLessPatient(GRACE);
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
            if (hasLeft()) {
                throw new IOException("complaints alone keep nobody waiting");
            }
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
        byte[] both = Arrays.copyOf(octets, octets.length + more.remaining());
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
        return feeding.broken().isPresent() || isStale() ? new Gateway.Failed(Status.BAD_GATEWAY)
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
        if (ended && feeding.hasEnded()) {
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

    /// An answer to HEAD has no content that could tell its length.
    ///
    /// @param length as it was announced, or -1
    private Content content(long length) {
        boolean known = ended && feeding.hasEnded() && (length < 0 ? !question.isHead() : length == heard.size());
        if (!known) {
            announced = length;
            return new Content.Stream(this, length);
        }
        close();
        return new Content.Octets(heard.toByteArray());
    }

    @Override
    public boolean readsContent() {
        return !feeding.hasEnded();
    }

    /// Whenever nothing more is there at once, what there is goes out.
    @Override
    public void writeTo(OutputStream out) throws IOException {
        try {
            while (!ended) {
                passOn(out);
                out.flush();
                take(hear(true));
                hearWhatIsThere();
            }
            passOn(out);
            if (passedOn < announced) {
                out.flush();
                complain("has ended " + (announced - passedOn) + " octets before the end that it announced.");
            }
        } catch (IOException e) {
            tellOfBreak();
            throw feeding.broken().orElse(e);
        } finally {
            finish();
        }
    }

    private void passOn(OutputStream out) throws IOException {
        passedOn += heard.size();
        heard.writeTo(out);
        heard.reset();
    }

    private void tellOfBreak() {
        if (connection.isOverdue() && !hasLeft()) {
            failure(Status.GATEWAY_TIMEOUT, "has been silent for too long, in the middle of its answer");
        }
    }

    @Override
    public void close() {
        finish();
        question.supply().whenDone().run();
    }

    /// Gives the connection back: to be used again if both sides have said all.
    private synchronized void finish() {
        if (!finished) {
            finished = true;
            feeding.leaveClient();
            complaints.end();
            place.backend().giveBack(connection, ended && feeding.isWhole() && connection.isQuiet());
        }
    }
}
