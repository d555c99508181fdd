package tests.torture;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/// What does fuzzing begin with? `corpus/TARGET.txt`: one input in each line, whatever cannot stand in a line as `\r`, `\n`, `\xNN`.
public final class Seeds {
    private Seeds() {}

    /// The inputs of a target, from the checkout that we run in.
    public static List<byte[]> of(FuzzTarget target) throws IOException {
        return Files.readAllLines(file(target), ISO_8859_1).stream().map(Seeds::octets).toList();
    }

    static Path file(FuzzTarget target) {
        Path directory = Path.of("").toAbsolutePath();
        while (!Files.exists(directory.resolve("Comanche.java"))) {
            directory = directory.getParent();
        }
        return directory.resolve("tests/torture/corpus/" + target.name().toLowerCase(Locale.ROOT) + ".txt");
    }

    /// The octets as they stand in a line.
    public static String line(byte[] octets) {
        StringBuilder line = new StringBuilder();
        for (byte octet : octets) {
            int c = octet & 0xFF;
            line.append(switch (c) {
                case '\\' -> "\\\\";
                case '\r' -> "\\r";
                case '\n' -> "\\n";
                case '\t' -> "\\t";
                default -> c < ' ' || c > '~' ? String.format("\\x%02x", c) : String.valueOf((char) c);
            });
        }
        return line.toString();
    }

    /// The octets of a line.
    static byte[] octets(String line) {
        StringBuilder octets = new StringBuilder();
        for (int i = 0; i < line.length(); i++) {
            if (line.charAt(i) != '\\') {
                octets.append(line.charAt(i));
                continue;
            }
            char code = line.charAt(++i);
            octets.append(switch (code) {
                case 'r' -> '\r';
                case 'n' -> '\n';
                case 't' -> '\t';
                case 'x' -> (char) Integer.parseInt(line, i + 1, i + 3, 16);
                default -> code;
            });
            i += code == 'x' ? 2 : 0;
        }
        return octets.toString().getBytes(ISO_8859_1);
    }
}
