package tests.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import lib.http.Target;
import lib.http.TargetPattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Which targets a pattern names.
class TargetPatternTest {
    private static boolean matches(String pattern, String target) {
        return TargetPattern.parse(pattern).orElseThrow().matches(Target.parse(target, "GET").orElseThrow());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            /               | /
            /a.js           | /a.js
            /a.js           | /a.js?v=1
            /a.js           | /a.js/
            /a.js/          | /a.js
            /a.js           | //a.js
            /a.js           | http://example.com/a.js
            /a b/grüß       | /a%20b/gr%C3%BC%C3%9F
            /a%20b          | /a%20b
            /100%           | /100%25
            /100%25         | /100%25
            /*              | /a.js
            /*.js           | /a.js
            /*.js           | /.js
            /a*             | /a
            /a*c            | /abc
            /a*b*c          | /abbbc
            /a*b*b          | /abab
            /*/*            | /a/b
            /api/*/items    | /api/7/items
            /**             | /
            /**             | /a/b/c
            /api/**         | /api
            /api/**         | /api/
            /api/**         | /api/a/b
            /**/a.js        | /a.js
            /**/a.js        | /x/y/a.js
            /**/a.js        | /a.js/a.js
            /a/**/b/**/c    | /a/b/c
            /a/**/b/**/c    | /a/x/b/b/y/z/c
            """)
    void itNames(String pattern, String target) {
        assertTrue(matches(pattern, target));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            /               | /a
            /a.js           | /
            /a.js           | /A.js
            /a.js           | /a.js/b
            /a.js           | /b/a.js
            /*              | /
            /*              | /a/b
            /*.js           | /a.jsx
            /a*a            | /a
            /a*b*b          | /ab
            /ab*bc          | /abc
            /a*b*c          | /acb
            /*/*            | /a
            /api/*/items    | /api/items
            /api/*/items    | /api/7/8/items
            /api/**         | /apis
            /**/a.js        | /a.js/b
            /a/**/b/**/c    | /a/c
            /a/b            | /a%2Fb
            """)
    void itDoesNotName(String pattern, String target) {
        assertFalse(matches(pattern, target));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a.js", "*.js", "**", "/a**", "/**.js", "/a/b**/c"})
    void isNoPattern(String text) {
        assertTrue(TargetPattern.parse(text).isEmpty());
    }

    @Test
    void whatIsNoPlaceHasNoPattern() {
        assertFalse(TargetPattern.EVERYTHING.matches(Target.parse("*", "OPTIONS").orElseThrow()));
        assertFalse(TargetPattern.EVERYTHING.matches(Target.parse("a:1", "CONNECT").orElseThrow()));
        assertEquals(TargetPattern.EVERYTHING, TargetPattern.parse("/**").orElseThrow());
    }

    @Test
    void aPatternMayBeLong() {
        String names = "/a%20b" + "c".repeat(100_000);
        assertTrue(matches(names, names));
    }
}
