package tests.torture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// What a process takes of the machine, as Linux counts it.
///
/// @param residentKiB memory that is really there
record Vitals(long residentKiB, long descriptors, long threads) {

    static Vitals of(long pid) {
        Path process = Path.of("/proc", Long.toString(pid));
        try {
            return new Vitals(status(process, "VmRSS:"), entries(process.resolve("fd")), status(process, "Threads:"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long status(Path process, String name) throws IOException {
        try (Stream<String> lines = Files.lines(process.resolve("status"))) {
            return lines.filter(line -> line.startsWith(name)).mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst().orElseThrow();
        }
    }

    private static long entries(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.count();
        }
    }
}
