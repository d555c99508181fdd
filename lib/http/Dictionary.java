package lib.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// What does a structured field say that is a dictionary: keys, each with a value? (RFC 9651 §3.2)
///
///     sha-256=10, sha-512=3
///     sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:, other=?1;a=b
///
/// The grammar is read whole, because a field with one slip in it counts as if it were not there (§4.2). Of values only
/// integers and byte sequences are kept, of parameters nothing.
public record Dictionary(Map<String, Value> members) {

    public sealed interface Value {}

    /// Of 15 digits at most.
    public record Whole(long number) implements Value {}

    public record Sequence(byte[] octets) implements Value {}

    /// Well-formed, and of a kind that nobody here asks for.
    public record Other() implements Value {}

    private static final Value OTHER = new Other();

    public Dictionary {
        members = Map.copyOf(members);
    }

    /// The whole field; empty if it is malformed anywhere (§4.2.2).
    public static Optional<Dictionary> parse(String field) {
        try {
            return Optional.of(new Dictionary(new Reader(field).members()));
        } catch (Slip _) {
            return Optional.empty();
        }
    }

    /// The text is not in the grammar.
    private static final class Slip extends Exception {
        private static final long serialVersionUID = 1;

        Slip() {
            super("", null, false, false);
        }
    }

    /// Goes through the text once, from left to right.
    private static final class Reader {
        /// More digits make no integer, and more before the point no decimal (§4.2.4).
        private static final int MOST_DIGITS = 15;
        private static final int MOST_BEFORE_POINT = 12;
        private static final int MOST_BEHIND_POINT = 3;

        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        /// Of two members of the same key the last one counts.
        Map<String, Value> members() throws Slip {
            Map<String, Value> members = new HashMap<>();
            skip(" ");
            while (!isAtEnd()) {
                String key = key();
                members.put(key, has('=') ? member() : OTHER);
                parameters();
                skip(" \t");
                if (!isAtEnd()) {
                    expect(',');
                    skip(" \t");
                    require(!isAtEnd());
                }
            }
            return members;
        }

        private Value member() throws Slip {
            if (!has('(')) {
                return bare();
            }
            skip(" ");
            while (!has(')')) {
                bare();
                parameters();
                require(next() == ' ' || next() == ')');
                skip(" ");
            }
            return OTHER;
        }

        private void parameters() throws Slip {
            while (has(';')) {
                skip(" ");
                key();
                if (has('=')) {
                    bare();
                }
            }
        }

        private String key() throws Slip {
            int first = at;
            require(isLower(next()) || next() == '*');
            while (isLower(next()) || Tokens.isDigit(next()) || isOneOf(next(), "_-.*")) {
                at++;
            }
            return text.substring(first, at);
        }

        /// One value, told by how it begins (§4.2.3.1).
        private Value bare() throws Slip {
            int c = next();
            if (c == '-' || Tokens.isDigit(c)) {
                return number();
            }
            if (c == '*' || Tokens.isAlpha(c)) {
                return token();
            }
            at++;
            return switch (c) {
                case ':' -> sequence();
                case '"' -> string();
                case '?' -> truth();
                case '@' -> date();
                case '%' -> displayString();
                default -> throw new Slip();
            };
        }

        private Value number() throws Slip {
            int first = at;
            has('-');
            int before = digits();
            require(before > 0 && before <= MOST_DIGITS);
            if (!has('.')) {
                return new Whole(Long.parseLong(text, first, at, 10));
            }
            int behind = digits();
            require(before <= MOST_BEFORE_POINT && behind > 0 && behind <= MOST_BEHIND_POINT);
            return OTHER;
        }

        private int digits() {
            int first = at;
            while (Tokens.isDigit(next())) {
                at++;
            }
            return at - first;
        }

        private Value token() {
            while (Tokens.isTokenChar(next()) || isOneOf(next(), ":/")) {
                at++;
            }
            return OTHER;
        }

        private Value sequence() throws Slip {
            int end = text.indexOf(':', at);
            require(end >= 0);
            try {
                byte[] octets = Base64.getDecoder().decode(text.substring(at, end));
                at = end + 1;
                return new Sequence(octets);
            } catch (IllegalArgumentException _) {
                throw new Slip();
            }
        }

        private Value string() throws Slip {
            while (!has('"')) {
                if (has('\\')) {
                    require(isOneOf(next(), "\"\\"));
                }
                require(isVisible(next()));
                at++;
            }
            return OTHER;
        }

        private Value truth() throws Slip {
            require(isOneOf(next(), "01"));
            at++;
            return OTHER;
        }

        private Value date() throws Slip {
            require(number() instanceof Whole);
            return OTHER;
        }

        /// UTF-8, in which every octet beyond ASCII is written with two hexadecimal digits (§4.2.10).
        private Value displayString() throws Slip {
            expect('"');
            int end = text.indexOf('"', at);
            require(end >= 0);
            ByteBuffer octets = ByteBuffer.allocate(end - at);
            while (!has('"')) {
                require(isVisible(next()));
                octets.put((byte) (has('%') ? hex() << 4 | hex() : text.charAt(at++)));
            }
            try {
                StandardCharsets.UTF_8.newDecoder().decode(octets.flip());
                return OTHER;
            } catch (CharacterCodingException _) {
                throw new Slip();
            }
        }

        private int hex() throws Slip {
            int c = next();
            require(Tokens.isDigit(c) || c >= 'a' && c <= 'f');
            at++;
            return Tokens.hexValue(c);
        }

        private void skip(String blanks) {
            while (isOneOf(next(), blanks)) {
                at++;
            }
        }

        /// Is this what comes next? Then it has been read.
        private boolean has(char c) {
            boolean here = next() == c;
            at += here ? 1 : 0;
            return here;
        }

        private void expect(char c) throws Slip {
            require(has(c));
        }

        private static void require(boolean good) throws Slip {
            if (!good) {
                throw new Slip();
            }
        }

        private boolean isAtEnd() {
            return at == text.length();
        }

        /// -1 at the end.
        private int next() {
            return isAtEnd() ? -1 : text.charAt(at);
        }

        private static boolean isOneOf(int c, String some) {
            return c >= 0 && some.indexOf(c) >= 0;
        }

        private static boolean isLower(int c) {
            return c >= 'a' && c <= 'z';
        }

        private static boolean isVisible(int c) {
            return c >= ' ' && c <= '~';
        }
    }
}
