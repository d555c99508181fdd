package lib.site;

import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// How does a name on disk, any octets but `/` and NUL, become text and back?
///
/// A Java `Path` keeps a Unix name's octets, but its text goes through the charset of the locale and loses what does
/// not fit: names in Latin-1, or any name beyond ASCII where LANG is not set. A `file:` URI is the one public door
/// through which octets pass untouched; names in plain ASCII need no door.
final class FileNames {
    /// The longest name that file systems take (NAME_MAX); a longer one cannot exist.
    private static final int NAME_MAX = 255;

    private FileNames() {}

    /// The path of one name, or empty if it cannot be the name of a file: too long, `.` or `..`, or with a slash inside
    /// (`%2F` in a target). On a system where the backslash separates, that one, too.
    static Optional<Path> path(String octets) {
        if (!isName(octets)) {
            return Optional.empty();
        }

        Path path = isAscii(octets) ? Path.of(octets) : Path.of(URI.create("file:///" + encoded(octets))).getFileName();
        return path.getNameCount() == 1 && !path.isAbsolute() ? Optional.of(path) : Optional.empty();
    }

    /// Can this be one name of a tree, on whatever disk?
    static boolean isName(String octets) {
        boolean special = octets.isEmpty() || octets.equals(".") || octets.equals("..");
        return !special && octets.length() <= NAME_MAX && octets.indexOf('/') < 0 && octets.indexOf('\0') < 0;
    }

    /// The octets of the last name of `path`, one char each.
    static String octets(Path path) {
        String name = path.getFileName().toString();
        return isAscii(name) ? name : throughUri(path.getFileName());
    }

    /// The octets of a name as a person reads them: UTF-8, with a replacement character for what is not, or cannot be
    /// shown.
    static String text(String octets) {
        if (isPrintableAscii(octets)) {
            return octets;
        }
        String text = decoded(octets);
        StringBuilder shown = new StringBuilder(text.length());
        text.codePoints().forEach(c -> shown.appendCodePoint(Character.isISOControl(c) || isDirection(c) ? 0xFFFD : c));
        return shown.toString();
    }

    /// The same for programs: only what is no UTF-8 is replaced.
    static String decoded(String octets) {
        return new String(octets.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /// A directory's place as a person reads it: `/a/b/`.
    static String place(List<String> segments) {
        StringBuilder place = new StringBuilder("/");
        segments.forEach(segment -> place.append(text(segment)).append('/'));
        return place.toString();
    }

    private static boolean isPrintableAscii(String octets) {
        for (int i = 0; i < octets.length(); i++) {
            if (octets.charAt(i) < ' ' || octets.charAt(i) > '~') {
                return false;
            }
        }
        return true;
    }

    /// Characters that turn the direction of text: `gpj.exe` shown as `exe.jpg`.
    private static boolean isDirection(int c) {
        return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
    }

    static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    /// Are these octets UTF-8, as most names are?
    static boolean isUtf8(String octets) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(octets.getBytes(StandardCharsets.ISO_8859_1)));
            return true;
        } catch (CharacterCodingException _) {
            return false;
        }
    }

    private static String encoded(String octets) {
        StringBuilder text = new StringBuilder();
        for (byte octet : octets.getBytes(StandardCharsets.ISO_8859_1)) {
            text.append('%').append(Character.forDigit(octet >> 4 & 15, 16)).append(Character.forDigit(octet & 15, 16));
        }
        return text.toString();
    }

    private static String throughUri(Path name) {
        String raw = name.toUri().getRawPath();
        String last = raw.substring(raw.lastIndexOf('/', raw.length() - 2) + 1);
        StringBuilder octets = new StringBuilder();
        for (int i = 0; i < last.length() && last.charAt(i) != '/'; i++) {
            if (last.charAt(i) == '%') {
                octets.append((char) Integer.parseInt(last, i + 1, i + 3, 16));
                i += 2;
            } else {
                octets.append(last.charAt(i));
            }
        }
        return octets.toString();
    }
}
