package tests.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Keys and certificates as an operator makes them.
public final class Openssl {
    private Openssl() {}

    /// Runs `openssl` in this directory with these arguments, which are parted by spaces, and returns what it says.
    public static String run(Path directory, String arguments) {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments.split(" ")));
        try {
            Process process = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new AssertionError("openssl " + arguments + ": " + said);
            }
            return said;
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /// `NAME.pem` and `NAME.key`: an EC certificate that signs itself, for these hosts, as in `DNS:a.example,DNS:*.a.example`.
    public static void certificate(Path directory, String name, String hosts) {
        run(directory, "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " + name + ".key -out " + name
                + ".pem -days 30 -subj /CN=" + name + " -addext subjectAltName=" + hosts);
    }
}
