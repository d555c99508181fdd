package tests.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import lib.http.Query;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a form writes into a query.
class QueryTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            a=1        | 1
            a          | ''
            a=         | ''
            x&a=1      | 1
            a=1&a=2    | 1
            a=b=c      | b=c
            a=b+c%20d  | b c d
            %61=1      | 1
            a=%2B%26   | +&
            a=%        | %
            a=%4       | %4
            a=%zz      | %zz
            &&a=1&     | 1
            a=%C3%A9   | \u00c3\u00a9
            """)
    void theFirstParameterOfANameCounts(String raw, String value) {
        assertEquals(value, Query.parse(raw).first("a").orElseThrow());
    }

    @Test
    void repeatsAreKeptInOrder() {
        Query query = Query.parse("only=a&zip&only=b%2Fc");
        assertEquals(List.of("a", "b/c"), query.all("only"));
        assertTrue(query.has("zip"));
        assertFalse(query.has("ZIP") || query.has(""));
    }

    @Test
    void anEmptyQuerySaysNothing() {
        assertEquals(List.of(), Query.parse("").parameters());
    }
}
