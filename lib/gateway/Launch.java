package lib.gateway;

import java.io.File;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// How is a program started, so that it gets the very octets that are meant for it, and can be ended with all of its children?
///
/// Java passes words and variables on through the charset of the locale, and loses what does not fit: names in Latin-1, or all
/// beyond ASCII where LANG is not set. Such words are spelled out in ASCII for a shell, which makes octets of them and then becomes the
/// program.
///
/// @param command the program and its arguments; octets, as all that follows
/// @param directory that it starts in
record Launch(List<String> command, String directory, Map<String, String> environment) {
    private static final Charset CHARSET = Charset.forName(System.getProperty("sun.jnu.encoding"), StandardCharsets.UTF_8);

    /// Makes the program the first of a session, and so of a group that can be told to end as one.
    private static final Optional<String> SETSID = List.of("/usr/bin/setsid", "/bin/setsid").stream()
            .filter(file -> Files.isExecutable(Path.of(file))).findFirst();

    /// Do programs get a group of their own?
    static boolean makesGroups() {
        return SETSID.isPresent();
    }

    /// @throws IOException if it can't be started
    Process start() throws IOException {
        boolean passes = passes(directory) && command.stream().allMatch(Launch::passes);
        Map<String, String> passing = new LinkedHashMap<>();
        environment.forEach((name, value) -> {
            if (passes(value)) {
                passing.put(name, text(value));
            }
        });

        List<String> words = new ArrayList<>(SETSID.stream().toList());
        if (passes && passing.size() == environment.size()) {
            command.forEach(word -> words.add(text(word)));
        } else {
            words.addAll(List.of("/bin/sh", "-c", script()));
        }
        ProcessBuilder builder = new ProcessBuilder(words).directory(new File(passes ? text(directory) : "/"));
        builder.environment().clear();
        builder.environment().putAll(passing);
        return builder.start();
    }

    /// Do these octets come out as they went in?
    private static boolean passes(String octets) {
        return isAscii(octets) || new String(text(octets).getBytes(CHARSET), StandardCharsets.ISO_8859_1).equals(octets);
    }

    private static boolean isAscii(String octets) {
        return octets.chars().allMatch(c -> c < 0x80);
    }

    private static String text(String octets) {
        return isAscii(octets) ? octets : new String(octets.getBytes(StandardCharsets.ISO_8859_1), CHARSET);
    }

    /// `NAME=$(printf '\303\274x'); NAME=${NAME%x}; export NAME`: the shell cuts line breaks off the end, but for the x.
    private String script() {
        StringBuilder script = new StringBuilder();
        environment.forEach((name, value) -> {
            if (!passes(value)) {
                assign(name, value, script).append("export ").append(name).append('\n');
            }
        });
        for (String word : command) {
            assign("COMANCHE_WORD", word, script).append("set -- \"$@\" \"$COMANCHE_WORD\"\n");
        }
        assign("COMANCHE_WORD", directory, script).append("cd \"$COMANCHE_WORD\" || exit 126\n");
        return script.append("unset COMANCHE_WORD\nexec \"$@\"\n").toString();
    }

    private static StringBuilder assign(String name, String octets, StringBuilder script) {
        script.append(name).append("=$(printf '");
        for (int i = 0; i < octets.length(); i++) {
            int octet = octets.charAt(i);
            script.append('\\').append(octet >> 6).append(octet >> 3 & 7).append(octet & 7);
        }
        return script.append("x'); ").append(name).append("=${").append(name).append("%x}\n");
    }
}
