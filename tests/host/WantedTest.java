package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import lib.host.Unwanted;
import lib.host.Wanted;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Patterns of requests that somebody waits for, and of answers that nobody wants.
class WantedTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /a.js            | GET /a.js          | true
            /a.js            | HEAD /a.js         | true
            GET /a.js        | HEAD /a.js         | false
            /a.js            | GET /a.js?v=1      | true
            /a.js?v=2        | GET /a.js?v=1      | false
            /a.js            | GET /b/a.js        | false
            /a.js            | GET /a.jsx         | false
            /*.js            | GET /a.js          | true
            /*.js            | GET /b/a.js        | false
            /**/*.js         | GET /b/c/a.js      | true
            /**              | GET /              | true
            /a.js?v=1        | GET /a.js          | false
            /a.js?v=1        | GET /a.js?v=1      | true
            /a b.txt         | GET /a%20b.txt     | true
            /a%20b.txt       | GET /a%20b.txt     | true
            GET /a b.txt     | GET /a%20b.txt     | true
            /ä.txt           | GET /%C3%A4.txt    | true
            /a.js            | GET /A.js          | false
            """)
    void aPatternMeansTheseRequests(String pattern, String request, boolean expected) {
        String[] words = request.split(" ");
        Wanted wanted = Wanted.parse(pattern).orElseThrow();
        assertEquals(expected, wanted.matches(words[0], words[1]));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "GET", "a.js", "get /a.js", "GET a.js", "*a.js", "/**a", "http://a/b", "GOT /a.js"})
    void whateverElseIsNoRequest(String text) {
        assertEquals(Optional.empty(), Wanted.parse(text));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            404             | 404 GET /a                          | true
            404             | 403 GET /a                          | false
            4xx             | 403 GET /a                          | true
            4XX,500         | 500 GET /a                          | true
            4xx,500         | 501 GET /a                          | false
            304             | 304 GET /a                          | true
            404             | 404 GET /favicon.ico                | false
            404             | 404 GET /.well-known/appspecific/a  | false
            404             | 404 GET /.well-known/a              | true
            404 /favicon.ico | 404 GET /favicon.ico               | true
            404 GET /api/*  | 404 GET /api/x                      | true
            404 GET /api/*  | 404 PUT /api/x                      | false
            404 GET /api/*  | 404 GET /x                          | false
            """)
    void anAnswerIsUnwantedByItsStatusAndWhatWasAsked(String text, String answer, boolean expected) {
        String[] words = answer.split(" ");
        assertEquals(expected, Unwanted.parse(text).orElseThrow().matches(Integer.parseInt(words[0]), words[1], words[2]));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "40", "4x", "x", "404,", ",404", "404, 500", "600", "404 api", "1xx", "404 GET"})
    void whateverElseIsNoStatus(String text) {
        assertEquals(text.equals("404,") ? 1 : 0, Unwanted.parse(text).stream().count());
    }
}
