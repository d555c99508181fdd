package lib.gateway;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import lib.http.Status;
import lib.site.Errand;
import lib.site.Gateway;
import lib.site.Intake;

/// How does an application answer that is always there, and speaks FastCGI? (FastCGI 1.0)
public final class FastCgiGateway implements Gateway {

    /// What may be asked twice, should nobody know whether it was heard (RFC 9110 §9.2.2).
    private static final Set<String> IDEMPOTENT = Set.of("GET", "HEAD", "OPTIONS", "PUT", "DELETE");

    /// Content up to here goes out together with the request, and does not need a thread.
    private static final int AHEAD_OCTETS = 8 * 1024;

    private final FastCgiApplication application;
    private final String software;
    private final Intake intake;
    private final Consumer<String> errors;
    private final FastCgiPool pool;

    /// @param software the server's name, as in its Server field
    /// @param intake how much content it may be given
    /// @param errors hears what an operator should know
    public FastCgiGateway(FastCgiApplication application, String software, Intake intake, Consumer<String> errors) {
        this.application = application;
        this.software = software;
        this.intake = intake;
        this.errors = errors;
        this.pool = new FastCgiPool(application, errors);
    }

    @Override
    public Outcome ask(Errand errand) throws IOException {
        return switch (Supply.of(errand, intake, what -> complain(errand, what))) {
            case Supply.Ready supply -> ask(errand, supply);
            case Supply.Refused(Status status) -> new Failed(status);
        };
    }

    /// @param what begins with a verb
    private void complain(Errand errand, String what) {
        byte[] name = errand.name().getBytes(StandardCharsets.ISO_8859_1);
        errors.accept("The application for " + new String(name, StandardCharsets.UTF_8) + ' ' + what);
    }

    /// Who answers with what is still to come has the content, too.
    private Outcome ask(Errand errand, Supply.Ready supply) throws IOException {
        Outcome outcome = null;
        try {
            outcome = answer(errand.request().method(), new FastCgiQuestion(errand.request().isHead(),
                    variables(errand, supply.length()), supply, ahead(supply), errand.exchange().watch(), new CompletableFuture<>()));
            return outcome;
        } finally {
            if (!(outcome instanceof Answered)) {
                supply.whenDone().run();
            }
        }
    }

    /// All of it, if it is short; else what comes first.
    private static byte[] ahead(Supply.Ready supply) throws IOException {
        byte[] ahead = new byte[Math.clamp(supply.length(), 0, AHEAD_OCTETS)];
        int count = supply.length() <= AHEAD_OCTETS ? supply.octets().readNBytes(ahead, 0, ahead.length) : supply.octets().read(ahead);
        if (count < 0 || supply.length() <= AHEAD_OCTETS && count < supply.length()) {
            throw new EOFException("the content broke off");
        }
        return count == ahead.length ? ahead : Arrays.copyOf(ahead, count);
    }

    /// A connection that was kept may be closed by the application in this moment, and then nobody knows what it has done: so
    /// what must not be asked twice goes on a new one.
    private Outcome answer(String method, FastCgiQuestion question) throws IOException {
        boolean repeatable = question.isWhole() && IDEMPOTENT.contains(method);
        if (question.isWhole() || question.supply().isRead()) {
            question.watchClient();
        }
        for (FastCgiPool.Found found = pool.take(!repeatable); ; found = pool.take(true)) {
            switch (found) {
                case FastCgiPool.Refused(Status status) -> {
                    return new Failed(status);
                }
                case FastCgiPool.Connected place when question.left().isDone() -> {
                    place.backend().giveBack(place.connection(), place.kept());
                    return new Failed(Status.SERVICE_UNAVAILABLE); // which nobody hears
                }
                case FastCgiPool.Connected place -> {
                    FastCgiConversation conversation = new FastCgiConversation(place, question, errors);
                    Outcome outcome = conversation.outcome(!application.keeping().isZero());
                    if (outcome instanceof Answered || !conversation.isStale()) {
                        return outcome;
                    }
                }
            }
        }
    }

    private Map<String, String> variables(Errand errand, long length) {
        Map<String, String> variables = MetaVariables.of(errand, length, software);
        application.root().ifPresent(root -> move(errand, root, variables));
        variables.putAll(application.parameters());
        return variables;
    }

    /// Paths as they are where the application runs.
    private static void move(Errand errand, String root, Map<String, String> variables) {
        variables.put("DOCUMENT_ROOT", root);
        variables.computeIfPresent("PATH_TRANSLATED", (_, _) -> root + errand.rest());
        errand.file().filter(file -> file.startsWith(errand.base())).ifPresent(file -> {
            Path relative = errand.base().relativize(file);
            variables.put("SCRIPT_FILENAME", root + errand.octets(relative));
        });
    }

    @Override
    public void rest() {
        pool.rest();
    }

    @Override
    public void close() {
        pool.close();
    }
}
