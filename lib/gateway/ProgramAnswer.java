package lib.gateway;

import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;
import lib.http.Content;
import lib.http.Response;
import lib.http.Status;
import lib.site.Gateway;

/// What becomes of that which a program says? Its head is waited for; the rest is passed on as it comes. (RFC 3875 §6)
final class ProgramAnswer {
    /// The longest head that a program may say.
    private static final int MOST_HEAD_OCTETS = 64 * 1024;

    /// What a shell says of a program that it can't run, or can't find.
    private static final int NOT_EXECUTABLE = 126;
    private static final int NOT_FOUND = 127;

    private final RunningProgram program;
    private final boolean headOnly;
    private final Duration silence;
    private final Consumer<String> errors;

    /// What has been heard, and how much of it.
    private byte[] heard = new byte[1024];
    private int count;

    /// @param headOnly was the request a HEAD?
    /// @param silence how long what nobody wants to hear may take
    /// @param errors hears what is wrong with the answer
    ProgramAnswer(RunningProgram program, boolean headOnly, Duration silence, Consumer<String> errors) {
        this.program = program;
        this.headOnly = headOnly;
        this.silence = silence;
        this.errors = errors;
    }

    /// Waits for the head.
    ///
    /// @throws IOException if the request's content can't be read
    Gateway.Outcome outcome() throws IOException {
        while (ProgramHead.end(heard, count) < 0) {
            Optional<Status> failure = count > MOST_HEAD_OCTETS ? Optional.of(tooLong()) : listen();
            if (failure.isPresent()) {
                return new Gateway.Failed(failure.get());
            }
        }
        int end = ProgramHead.end(heard, count);
        return switch (ProgramHead.parse(new String(heard, 0, end, StandardCharsets.ISO_8859_1))) {
            case ProgramHead.Nonsense _ -> {
                errors.accept("says no head that could be understood.");
                program.end();
                yield new Gateway.Failed(Status.BAD_GATEWAY);
            }
            case ProgramHead.Elsewhere(String target) -> {
                program.release();
                yield new Gateway.Redirected(target);
            }
            case ProgramHead.Document document -> new Gateway.Answered(response(document, end));
        };
    }

    private Status tooLong() {
        program.end();
        errors.accept("says a head of more than " + MOST_HEAD_OCTETS + " octets.");
        return Status.BAD_GATEWAY;
    }

    /// Returns what is to be answered if there will be no head.
    private Optional<Status> listen() throws IOException {
        return switch (program.next()) {
            case RunningProgram.Octets(byte[] octets) -> {
                if (heard.length - count < octets.length) {
                    heard = Arrays.copyOf(heard, 2 * (count + octets.length));
                }
                System.arraycopy(octets, 0, heard, count, octets.length);
                count += octets.length;
                yield Optional.empty();
            }
            case RunningProgram.Overdue _ -> Optional.of(Status.GATEWAY_TIMEOUT);
            case RunningProgram.End _ -> Optional.of(ended());
        };
    }

    private Status ended() {
        if (program.isAbandoned()) {
            return Status.BAD_GATEWAY; // for nobody: the client has left
        }
        int code = count > 0 ? 0 : program.exitCode().orElse(0);
        boolean started = code != NOT_EXECUTABLE && code != NOT_FOUND;
        program.release();
        errors.accept(!started ? "could not be started." : count == 0 ? "has ended without an answer." : "has ended in the middle of its head.");
        return started ? Status.BAD_GATEWAY : Status.INTERNAL_SERVER_ERROR;
    }

    /// A program has its time even where nobody listens: to be ended in the middle might leave its work half done.
    private Response response(ProgramHead.Document document, int end) throws IOException {
        Rest rest = new Rest(Arrays.copyOfRange(heard, end, count), document.length());
        if (headOnly || document.status().forbidsContent()) {
            rest.swallow();
        }
        return new Response(document.status(), document.fields(), new Content.Stream(rest, document.length()));
    }

    /// What comes behind the head.
    private final class Rest implements Content.Producer {
        private final byte[] first;
        private final long length;
        private boolean over;

        /// @param length as announced, or -1
        Rest(byte[] first, long length) {
            this.first = first;
            this.length = length;
        }

        /// Waits for the end, but not for ever.
        void swallow() throws IOException {
            long end = System.nanoTime() + silence.toNanos();
            RunningProgram.Heard last = program.next();
            while (last instanceof RunningProgram.Octets && System.nanoTime() < end) {
                last = program.next();
            }
            if (last instanceof RunningProgram.End) {
                release();
            }
        }

        /// Of more than was announced nobody hears. What comes is sent at once, if nothing more has come meanwhile.
        @Override
        public void writeTo(OutputStream out) throws IOException {
            long left = length < 0 ? Long.MAX_VALUE : length;
            for (byte[] octets = first; octets != null; octets = left == 0 ? null : next(out)) {
                int size = (int) Math.min(left, octets.length);
                out.write(octets, 0, size);
                left -= size;
            }
            if (left > 0 && program.isAbandoned()) {
                throw new EOFException("the program was ended"); // a client that has only closed its side sees that something is missing
            }
            release();
            if (length > 0 && left > 0) {
                out.flush();
                errors.accept("has ended " + left + " octets before the end that it announced.");
                throw new EOFException("less content than was announced");
            }
        }

        /// Returns null at the end.
        private byte[] next(OutputStream out) throws IOException {
            if (!program.hasMore()) {
                out.flush();
            }
            return switch (program.next()) {
                case RunningProgram.Octets(byte[] octets) -> octets;
                case RunningProgram.End _ -> null;
                case RunningProgram.Overdue _ -> throw new EOFException("the program took too long");
            };
        }

        private void release() {
            over = true;
            program.release();
        }

        @Override
        public boolean readsContent() {
            return program.isFeeding();
        }

        @Override
        public void close() {
            if (!over) {
                program.end();
            }
        }
    }
}
