package tests.torture;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/// Inputs that are nearly right: seeds in which a few things were changed. The n-th of a seed is always the same.
final class Mutations {
    /// No input grows beyond this by itself.
    private static final int MOST_OCTETS = 64 * 1024;

    /// What parsers look for.
    private static final List<byte[]> WORDS = List.of("\r\n", "\n", "\r", "\r\n\r\n", " ", "\t", ":", ": ", ",", ";", "=", "\"", "\\", "/", "//", "..",
            "%", "%00", "%2e", "%2F", "%ff", "?", "&", "+", "*", "-", "--", ".", "@", "#", "$", "[", "]", "{", "}", "'", "''", "\0", "\u007f", "\u00ff",
            "\u00e9", "0", "1", "00", "-1", "9223372036854775807", "18446744073709551616", "ffffffffffffffff", "4294967296", "2147483648",
            "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "GET ", "HEAD ", "PUT ", "OPTIONS ", "CONNECT ", "Host: h\r\n", "Content-Length: ",
            "Transfer-Encoding: chunked\r\n", "0\r\n\r\n", "5\r\nhello\r\n", "Connection: close\r\n", "Expect: 100-continue\r\n", "bytes=", "0-0",
            "W/\"", "q=0", "q=1.000", "gzip", "identity", "sha-256=", ":AAAA:", "?1", "(", ")", "UTF-8''", "true", "[[", "]]", "\"\"\"",
            "boundary=", "\r\n--b", "\r\n--b--", "form-data; name=\"a\"", "PK\u0001\u0002", "PK\u0003\u0004", "PK\u0005\u0006")
            .stream().map(word -> word.getBytes(StandardCharsets.ISO_8859_1)).toList();

    private final long seed;
    private final List<byte[]> seeds;

    Mutations(long seed, List<byte[]> seeds) {
        this.seed = seed;
        this.seeds = seeds;
    }

    byte[] input(long number) {
        SplittableRandom chance = new SplittableRandom(seed ^ number * 0x9E3779B97F4A7C15L);
        byte[] octets = any(seeds, chance);
        int changes = 1 + Math.min(chance.nextInt(8), chance.nextInt(8));
        for (int i = 0; i < changes; i++) {
            octets = changed(octets, seeds, chance);
        }
        return octets;
    }

    private static byte[] any(List<byte[]> some, SplittableRandom chance) {
        return some.get(chance.nextInt(some.size()));
    }

    /// One change.
    ///
    /// @param seeds whence pieces come
    static byte[] changed(byte[] octets, List<byte[]> seeds, SplittableRandom chance) {
        int first = chance.nextInt(octets.length + 1);
        int end = first + Math.min(octets.length - first, chance.nextInt(1 << chance.nextInt(8)));
        byte[] piece = Arrays.copyOfRange(octets, first, end);
        return switch (chance.nextInt(9)) {
            case 0 -> flipped(octets, first, chance);
            case 1 -> spliced(octets, first, first, any(WORDS, chance));
            case 2 -> spliced(octets, first, end, any(WORDS, chance));
            case 3 -> spliced(octets, first, end, new byte[0]);
            case 4 -> spliced(octets, first, first, repeated(piece, 1 + chance.nextInt(1 << chance.nextInt(12))));
            case 5 -> spliced(octets, chance.nextInt(octets.length + 1), octets.length, any(seeds, chance));
            case 6 -> spliced(octets, first, first, any(seeds, chance));
            case 7 -> spliced(octets, first, end, part(any(seeds, chance), chance));
            default -> spliced(octets, first, end, new byte[] {(byte) chance.nextInt(256)});
        };
    }

    private static byte[] flipped(byte[] octets, int at, SplittableRandom chance) {
        byte[] copy = octets.clone();
        if (at < copy.length) {
            copy[at] ^= (byte) (1 << chance.nextInt(8));
        }
        return copy;
    }

    private static byte[] part(byte[] octets, SplittableRandom chance) {
        int first = chance.nextInt(octets.length + 1);
        return Arrays.copyOfRange(octets, first, chance.nextInt(first, octets.length + 1));
    }

    private static byte[] repeated(byte[] piece, int times) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < times && all.size() < MOST_OCTETS / 2; i++) {
            all.writeBytes(piece);
        }
        return all.toByteArray();
    }

    /// With `piece` in the place of what stood from `first` to `end`.
    private static byte[] spliced(byte[] octets, int first, int end, byte[] piece) {
        int last = Math.max(first, end);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(octets, 0, first);
        all.writeBytes(piece);
        all.write(octets, last, octets.length - last);
        return all.size() > MOST_OCTETS ? octets : all.toByteArray();
    }
}
