package lib.http;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/// What is a validator that is compared octet by octet? (RFC 9110 §8.8.3)
///
/// `opaque` is what stands between the quotes, for example `"1f4-617a3c9e0b1d2"` on the wire.
public record EntityTag(boolean weak, String opaque) {

    /// The strong entity-tag of a file: its length and its modification date to the nanosecond. Two replicas that keep
    /// modification dates (rsync, tar, cp -p) have the same one; an inode number would differ. The nanoseconds of a
    /// date before 1678 or after 2262 overflow, and may: a tag tells dates apart, nobody reads a date from it.
    ///
    /// @param coding the content coding of the representation, or empty: the same document in two codings needs two
    ///     tags (§8.8.3.3)
    public static EntityTag of(long length, Instant modified, String coding) {
        long nanoseconds = modified.getEpochSecond() * 1_000_000_000L + modified.getNano();
        return new EntityTag(false, Long.toHexString(length) + '-' + Long.toHexString(nanoseconds)
                + (coding.isEmpty() ? "" : '-' + coding));
    }

    /// The strong entity-tag of octets, the same on every machine: their digest.
    ///
    /// @param coding as above
    public static EntityTag of(byte[] digest, String coding) {
        return new EntityTag(false, HexFormat.of().formatHex(digest) + (coding.isEmpty() ? "" : '-' + coding));
    }

    /// As it stands in a field.
    public String format() {
        return (weak ? "W/\"" : "\"") + opaque + '"';
    }

    /// Equal, and neither is weak: for If-Match and If-Range (§8.8.3.2).
    public boolean matchesStrongly(EntityTag other) {
        return !weak && !other.weak && opaque.equals(other.opaque);
    }

    /// Equal, weak or not: for If-None-Match (§8.8.3.2).
    public boolean matchesWeakly(EntityTag other) {
        return opaque.equals(other.opaque);
    }

    /// Exactly one entity-tag.
    public static Optional<EntityTag> parse(String text) {
        boolean weak = text.startsWith("W/");
        String quoted = weak ? text.substring(2) : text;
        if (quoted.length() < 2 || !quoted.startsWith("\"") || !quoted.endsWith("\"")) {
            return Optional.empty();
        }

        String opaque = quoted.substring(1, quoted.length() - 1);
        return opaque.chars().allMatch(EntityTag::isEntityTagChar)
                ? Optional.of(new EntityTag(weak, opaque))
                : Optional.empty();
    }

    /// A list of entity-tags; what is not one is left out, so that the well-formed ones still count. Commas may stand
    /// inside a tag, and a backslash is an ordinary octet there: it is no quoted-string.
    public static List<EntityTag> parseList(String text) {
        List<EntityTag> tags = new ArrayList<>();
        int i = 0;
        while (i < text.length()) {
            int open = text.indexOf('"', i);
            int close = open < 0 ? -1 : text.indexOf('"', open + 1);
            int comma = text.indexOf(',', i);
            if (close < 0) {
                break;
            }
            if (comma >= 0 && comma < open) {
                i = comma + 1;
                continue;
            }

            int next = text.indexOf(',', close);
            int end = next < 0 ? text.length() : next;
            parse(Tokens.trimmed(text.substring(i, end))).ifPresent(tags::add);
            i = end + 1;
        }
        return tags;
    }

    private static boolean isEntityTagChar(int c) {
        return c == 0x21 || (c >= 0x23 && c <= 0x7E) || (c >= 0x80 && c <= 0xFF);
    }
}
