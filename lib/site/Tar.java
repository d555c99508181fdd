package lib.site;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/// How does a tar say what comes next? (POSIX.1-2017, pax, "pax Interchange Format" and "ustar Interchange Format")
///
/// Everything is in blocks of 512 octets: a header, then the file's octets, zeros up to the next block; two blocks of zeros
/// are the end. A header has room for a name of 100 octets and eleven octal digits of length; what does not fit stands
/// in records before it, `30 path=…\n`, in a file of their own.
///
/// Owners and permissions are not told: who downloads is neither.
final class Tar {
    static final int BLOCK_OCTETS = 512;

    /// The end of an archive.
    static final byte[] END = new byte[2 * BLOCK_OCTETS];

    private static final int NAME_OCTETS = 100;
    private static final long MOST_IN_OCTAL = 0_77777777777L; // eleven digits: 8 GiB, or a date in 2242

    private static final char FILE = '0';
    private static final char DIRECTORY = '5';
    private static final char RECORDS = 'x';

    private Tar() {}

    /// The blocks before a file's octets.
    ///
    /// @param name octets, slashes between names
    static byte[] file(String name, long length, Instant modified) {
        return entry(name, FILE, length, modified);
    }

    /// The blocks that stand for a directory.
    static byte[] directory(String name, Instant modified) {
        return entry(name + '/', DIRECTORY, 0, modified);
    }

    /// How many zeros follow the octets of a file.
    static int padding(long length) {
        return (int) (-length & (BLOCK_OCTETS - 1));
    }

    private static byte[] entry(String name, char type, long length, Instant modified) {
        ByteArrayOutputStream blocks = new ByteArrayOutputStream(3 * BLOCK_OCTETS);
        String records = records(name, length, modified.getEpochSecond());
        if (!records.isEmpty()) {
            blocks.writeBytes(header("pax", RECORDS, records.length(), 0));
            blocks.writeBytes(octets(records));
            blocks.writeBytes(new byte[padding(records.length())]);
        }
        blocks.writeBytes(header(name, type, length, modified.getEpochSecond()));
        return blocks.toByteArray();
    }

    /// What the header has no room for, octets of it one char each. Names are UTF-8 there, unless it is said that they are
    /// just octets.
    private static String records(String name, long length, long seconds) {
        StringBuilder records = new StringBuilder();
        if (name.length() > NAME_OCTETS || !FileNames.isAscii(name)) {
            records.append(FileNames.isUtf8(name) ? "" : record("hdrcharset", "BINARY")).append(record("path", name));
        }
        if (length > MOST_IN_OCTAL) {
            records.append(record("size", Long.toString(length)));
        }
        if (seconds > MOST_IN_OCTAL) {
            records.append(record("mtime", Long.toString(seconds)));
        }
        return records.toString();
    }

    /// `LENGTH KEY=VALUE\n`, where LENGTH counts itself, too.
    private static String record(String key, String value) {
        int rest = key.length() + value.length() + 3;
        int length = rest + Integer.toString(rest).length();
        length = rest + Integer.toString(length).length();
        return length + " " + key + '=' + value + '\n';
    }

    /// One block. The sum of its octets is taken with spaces in the place of the sum.
    private static byte[] header(String name, char type, long length, long seconds) {
        ByteBuffer block = ByteBuffer.allocate(BLOCK_OCTETS);
        put(block, 0, name.substring(0, Math.min(name.length(), NAME_OCTETS)));
        put(block, 100, type == DIRECTORY ? "0000755\0" : "0000644\0");
        put(block, 108, "0000000\0");                                 // user
        put(block, 116, "0000000\0");                                 // group
        put(block, 124, octal(length > MOST_IN_OCTAL ? 0 : length, 11));
        put(block, 136, octal(Math.min(seconds, MOST_IN_OCTAL), 11));
        put(block, 148, "        ");                                  // sum
        put(block, 156, String.valueOf(type));
        put(block, 257, "ustar\0" + "00");

        int sum = 0;
        for (byte octet : block.array()) {
            sum += octet & 0xFF;
        }
        put(block, 148, octal(sum, 6) + "\0 ");
        return block.array();
    }

    private static void put(ByteBuffer block, int offset, String octets) {
        block.put(offset, octets(octets));
    }

    private static String octal(long number, int digits) {
        String octal = Long.toOctalString(number);
        return "0".repeat(digits - octal.length()) + octal;
    }

    private static byte[] octets(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
