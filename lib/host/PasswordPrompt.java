package lib.host;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;

/// How does somebody give us a password that nobody else sees? By typing it twice at a terminal that does not show it, or by a pipe.
///
/// `stty` knows whether standard input is a terminal, and turns its echo off. The JDK's console does not serve: there is none as
/// soon as standard output alone goes elsewhere, as in `comanche hash ann >> users`.
public final class PasswordPrompt {
    private PasswordPrompt() {}

    /// @return at a terminal what was typed, else the first line of standard input; perhaps empty
    /// @throws Fault if something else was typed the second time
    public static String read() throws Fault {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        if (!stty("-echo")) {
            return line(input);
        }

        Runtime.getRuntime().addShutdownHook(new Thread(() -> stty("echo"))); // after Ctrl+C, too
        String once = typed("Password: ", input);
        if (!once.equals(typed("The same again: ", input))) {
            throw new Fault(Fault.USAGE, "These were two passwords; type the same one twice.");
        }
        return once;
    }

    private static String typed(String question, BufferedReader input) {
        System.err.print(question);
        System.err.flush();
        String line = line(input);
        System.err.println();
        return line;
    }

    private static String line(BufferedReader input) {
        return input.lines().findFirst().orElse("");
    }

    /// Sets the terminal that standard input is; false if it is none, or there is no such program.
    private static boolean stty(String mode) {
        try {
            return new ProcessBuilder("stty", mode).redirectInput(Redirect.INHERIT).redirectError(Redirect.DISCARD).start()
                    .waitFor() == 0;
        } catch (IOException | InterruptedException _) {
            return false;
        }
    }
}
