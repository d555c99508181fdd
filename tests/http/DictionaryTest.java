package tests.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import lib.http.Dictionary;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DictionaryTest {

    /// `a=1 b=:hi: c` for an integer, octets and a value of another kind.
    private static String shown(Dictionary dictionary) {
        StringBuilder shown = new StringBuilder();
        for (Map.Entry<String, Dictionary.Value> member : new TreeMap<>(dictionary.members()).entrySet()) {
            shown.append(shown.isEmpty() ? "" : " ").append(member.getKey()).append(switch (member.getValue()) {
                case Dictionary.Whole(long number) -> "=" + number;
                case Dictionary.Sequence(byte[] octets) -> "=:" + new String(octets, StandardCharsets.ISO_8859_1) + ":";
                case Dictionary.Other _ -> "";
            });
        }
        return shown.toString();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            a=1                         | a=1
            ` a=1 `                     | a=1
            a=1,b=2                     | a=1 b=2
            a=1 ,\t b=2                 | a=1 b=2
            a=1, a=:aGk=:               | a=:hi:
            a=-12                       | a=-12
            a=999999999999999           | a=999999999999999
            a=007                       | a=7
            a=-0                        | a=0
            a=:aGk=:                    | a=:hi:
            a=:aGk:                     | a=:hi:
            a=::                        | a=::
            a=1;q=2;r; s="x;,y"         | a=1
            a;q=2, b                    | a b
            a=1.5, b=123456789012.125   | a b
            a="", b="\\\\ \\"", c=x/y:z | a b c
            a=*t, b=?0, c=?1            | a b c
            a=@1659578233, b=@-1        | a b
            a=%"x %c3%bc", b=%""        | a b
            a=()                        | a
            a=( 1  "x";p=1 :aGk=: );q   | a
            *a-b_c.d*=1                 | *a-b_c.d*=1
            """)
    void aDictionaryIsReadAsItIsWritten(String field, String expected) {
        assertEquals(Optional.of(expected), Dictionary.parse(field).map(DictionaryTest::shown));
    }

    @Test
    void nothingIsADictionaryWithoutMembers() {
        assertEquals(Optional.of(Map.of()), Dictionary.parse("").map(Dictionary::members));
        assertEquals(Optional.of(Map.of()), Dictionary.parse("  ").map(Dictionary::members));
    }

    /// Each is good but for one thing.
    @ParameterizedTest
    @ValueSource(strings = {"a=1,", "a=1,,b=2", ",a=1", "a=1 b=2", "a= 1", "a =1", "A=1", "1=1", "-a=1", "a=", "a=-", "a=--1",
        "a=1000000000000000", "a=1.", "a=.5", "a=1.2345", "a=1234567890123.1", "a=+1", "a=:aGk=", "a=:a Gk=:", "a=:a_-k:", "a=:aGk==:",
        "a=\"x", "a=\"\\x\"", "a=\"\u00e9\"", "a=\"\t\"", "a=?2", "a=?", "a=@", "a=@1.5", "a=@x", "a=%x", "a=%\"%C3%BC\"", "a=%\"%c3\"",
        "a=%\"%ff\"", "a=%\"x", "a=(1", "a=(1,2)", "a=(1)2", "a=((1))", "a=(1\t2)", "a=1;", "a=1;=2", "a=1;b=", "a=1 ;b", "a=1;b=(1)",
        "a=&", "a=x y"})
    void oneSlipMakesTheWholeFieldCountForNothing(String field) {
        assertEquals(Optional.empty(), Dictionary.parse(field).map(DictionaryTest::shown));
        assertEquals(Optional.empty(), Dictionary.parse("good=1, " + field).map(DictionaryTest::shown));
    }

    @Test
    void aFieldOfAnyLengthIsReadWithoutDepth() {
        String string = "a=\"" + "\\\\".repeat(100_000) + "\"";
        assertTrue(Dictionary.parse(string).isPresent());
        assertTrue(Dictionary.parse("a=(" + "1 ".repeat(100_000) + ")").isPresent());
        assertTrue(Dictionary.parse("a" + ";b".repeat(100_000)).isPresent());
    }

    @Test
    void octetsAreThoseThatWereEncoded() {
        byte[] all = new byte[256];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) i;
        }
        Dictionary.Value value = Dictionary.parse("a=:" + java.util.Base64.getEncoder().encodeToString(all) + ":").orElseThrow()
                .members().get("a");
        assertArrayEquals(all, ((Dictionary.Sequence) value).octets());
    }

    /// A request may bring thousands of strings: each takes what it is long, not what the whole field is.
    @Test
    void manyStringsTakeNoMoreMemoryThanTheFieldIsLong() {
        String field = "a=(" + "%\"a\" ".repeat(6000) + ")";
        var threads = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        assertTrue(Dictionary.parse(field).isPresent());
        assertTrue(threads.getCurrentThreadAllocatedBytes() - before < 16 << 20);
        assertTrue(Dictionary.parse("a=%\"a").isEmpty());
    }
}
