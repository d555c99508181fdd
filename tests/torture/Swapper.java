package tests.torture;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Somebody on the same machine who exchanges names in the tree as fast as the system lets him (renameat2(2) with
/// `RENAME_EXCHANGE`), so that each of a pair is always there, and nobody can say which one.
final class Swapper implements AutoCloseable {
    private static final String LOOP = """
            import ctypes, os, sys
            rename = ctypes.CDLL(None, use_errno=True).renameat2
            pairs = [(os.fsencode(a), os.fsencode(b)) for a, b in zip(sys.argv[1::2], sys.argv[2::2])]
            parent = os.getppid()
            for a, b in pairs:
                if rename(-100, a, -100, b, 2) != 0:
                    sys.exit(os.strerror(ctypes.get_errno()))
            print("swapping", flush=True)
            while os.getppid() == parent:
                for _ in range(1000):
                    for a, b in pairs:
                        rename(-100, a, -100, b, 2)
            """;

    private final Process process;

    private Swapper(Process process) {
        this.process = process;
    }

    /// @param pairs of paths, one behind the other
    static Swapper of(List<Path> pairs) throws IOException {
        List<String> command = new ArrayList<>(List.of("python3", "-c", LOOP));
        pairs.forEach(path -> command.add(path.toString()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = process.inputReader().readLine();
        if (!"swapping".equals(said)) {
            process.destroyForcibly();
            throw new AssertionError("nothing can be exchanged: " + said);
        }
        return new Swapper(process);
    }

    /// Stops, between two exchanges or in one that is whole.
    @Override
    public void close() {
        try {
            process.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
