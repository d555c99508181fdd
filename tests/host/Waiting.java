package tests.host;

import java.util.concurrent.Callable;

/// Until something is true that another thread brings about; the test's own time limit ends what never comes.
final class Waiting {
    private Waiting() {}

    static void until(Callable<Boolean> condition) {
        try {
            while (!condition.call()) {
                Thread.onSpinWait();
                Thread.yield();
            }
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
