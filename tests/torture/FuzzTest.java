package tests.torture;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Octets that are nearly right, by the thousand, to everything that reads some. The long form takes ten million.
///
/// What a fuzzer that watches which branches are taken (`tests/fuzz/Fuzz.java`) has found worth while stands in the corpus, with
/// every input that ever broke something; so this goes as deep as that did.
class FuzzTest {
    private static final long SEED = 20_240_506;

    /// Nothing takes so long, on whatever machine, that is not stuck.
    private static final int PATIENCE_MILLIS = 300_000;

    @ParameterizedTest
    @EnumSource
    void noOctetsBreakWhoReadsThem(FuzzTarget target) throws IOException, InterruptedException {
        List<byte[]> seeds = Seeds.of(target);
        int few = 4_000 / target.cost;
        AtomicReference<String> current = new AtomicReference<>("");
        AtomicReference<Throwable> broken = new AtomicReference<>();
        Thread thread = new Thread(() -> feed(target, seeds, Torture.rounds(few, 200 * few), current, broken));
        thread.setDaemon(true);
        thread.start();
        thread.join(Torture.rounds(PATIENCE_MILLIS, 10 * PATIENCE_MILLIS));
        if (thread.isAlive() || broken.get() != null) {
            fail((thread.isAlive() ? "stuck at " : "broken by ") + target + ", seed " + SEED + ", " + current.get(), broken.get());
        }
    }

    private static void feed(FuzzTarget target, List<byte[]> seeds, int rounds, AtomicReference<String> current,
                             AtomicReference<Throwable> broken) {
        Mutations mutations = new Mutations(SEED, seeds);
        for (int i = 0; i < seeds.size() + rounds; i++) {
            byte[] octets = i < seeds.size() ? seeds.get(i) : mutations.input(i);
            current.setPlain("input " + i + " is a line for its corpus:\n" + Seeds.line(octets));
            try {
                target.feed(octets);
            } catch (Exception | Error e) {
                broken.set(e);
                return;
            }
        }
    }
}
