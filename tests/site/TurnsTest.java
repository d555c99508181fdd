package tests.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tests.site.Fixture.request;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import lib.http.Fields;
import lib.http.Status;
import lib.http.TargetPattern;
import lib.site.Behaviour;
import lib.site.Behaviour.Latency;
import lib.site.Behaviour.Reply;
import lib.site.Rules;
import lib.site.Rules.Rule;
import lib.site.Rules.When;
import lib.site.Turns;
import lib.wire.Trouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Whose turn it is, and how long the client waits then.
class TurnsTest {
    private static Behaviour status(int code) {
        return new Behaviour(Latency.NONE, new Reply.Instead(Status.of(code, ""), Optional.empty()), Fields.NONE, Trouble.NONE);
    }

    private static Behaviour wait(Latency latency) {
        return new Behaviour(latency, new Reply.Real(), Fields.NONE, Trouble.NONE);
    }

    private static Rule rule(String path, When when, boolean again, Behaviour... answers) {
        return new Rule(TargetPattern.parse(path).orElseThrow(), Set.of(), when, List.of(answers), again);
    }

    private static Turns turns(Rule... rules) {
        return new Turns(new Rules(7, List.of(rules)));
    }

    /// The statuses of so many requests, `-` where nothing happens.
    private static String statuses(Turns turns, int requests, String target) {
        List<String> statuses = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
            statuses.add(turns.next(request("GET", target)).map(TurnsTest::status).orElse("-"));
        }
        return String.join(" ", statuses);
    }

    private static String status(Turns.Turn turn) {
        return switch (turn.behaviour().reply()) {
            case Reply.Real _ -> "real";
            case Reply.Instead instead -> Integer.toString(instead.status().code());
            case Reply.Never _ -> "never";
        };
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            99999 | 1 | 1 | 503 503 503 503 503 503 503
            2     | 1 | 1 | 503 503 - - - - -
            99999 | 3 | 1 | - - 503 - - 503 -
            1     | 3 | 1 | - - 503 - - - -
            99999 | 1 | 0 | - - - - - - -
            """)
    void howOftenItHappens(long times, long every, double chance, String statuses) {
        assertEquals(statuses, statuses(turns(rule("/**", new When(times, every, chance), false, status(503))), 7, "/a"));
    }

    @Test
    void answersFollowOneAnotherAndTheLastStaysOrTheFirstComesAgain() {
        assertEquals("503 429 404 404 404", statuses(turns(rule("/a", When.ALWAYS, false, status(503), status(429), status(404))), 5, "/a"));
        assertEquals("503 429 503 429 503", statuses(turns(rule("/a", When.ALWAYS, true, status(503), status(429))), 5, "/a"));
    }

    @Test
    void answersGoOnWithEachTurnAndNotWithEachRequest() {
        assertEquals("- 503 - 429 - -", statuses(turns(rule("/a", new When(2, 2, 1), false, status(503), status(429), status(404))), 6, "/a"));
    }

    @Test
    void theFirstRuleWhoseTurnItIsDecidesAndOnlyItCounts() {
        Turns turns = turns(rule("/a", new When(1, 1, 1), false, status(503)), rule("/**", new When(2, 1, 1), false, status(404)));
        assertEquals("-", statuses(turns(rule("/b", When.ALWAYS, false, status(503))), 1, "/a"));
        assertEquals("503 404 404 -", statuses(turns, 4, "/a"));
    }

    @Test
    void aRuleThatDoesNothingShieldsFromThoseBelow() {
        Turns turns = turns(rule("/health", When.ALWAYS, false, Behaviour.USUAL), rule("/**", When.ALWAYS, false, status(503)));
        assertEquals("real", statuses(turns, 1, "/health"));
        assertEquals("503", statuses(turns, 1, "/other"));
    }

    @Test
    void methodsAreTakenAsTheyAre() {
        Turns turns = turns(new Rule(TargetPattern.EVERYTHING, Set.of("GET", "PURGE"), When.ALWAYS, List.of(status(503)), false));
        assertTrue(turns.next(request("GET", "/")).isPresent() && turns.next(request("PURGE", "/")).isPresent());
        assertTrue(turns.next(request("HEAD", "/")).isEmpty() && turns.next(request("PUT", "/")).isEmpty());
    }

    @Test
    void chanceIsTheSameInEachRunWithOneSeedAndNotWithAnother() {
        Rule rule = rule("/**", new When(Long.MAX_VALUE, 1, 0.5), false, status(503));
        String run = statuses(new Turns(new Rules(7, List.of(rule))), 200, "/a");
        assertEquals(run, statuses(new Turns(new Rules(7, List.of(rule))), 200, "/a"));
        assertNotEquals(run, statuses(new Turns(new Rules(8, List.of(rule))), 200, "/a"));
        assertNotEquals(new Rules(6, List.of()).chance(0, 2).nextDouble(), new Rules(7, List.of()).chance(0, 3).nextDouble(), "nor one shifted");
        long turns = run.chars().filter(c -> c == '5').count();
        assertTrue(turns > 70 && turns < 130, run);
    }

    /// What other clients do meanwhile must not make a run another one.
    @Test
    void requestsToOtherRulesDoNotShiftTheChanceOfThisOne() {
        Rule first = rule("/a", new When(Long.MAX_VALUE, 1, 0.5), false, status(503));
        Rule second = rule("/b", new When(Long.MAX_VALUE, 1, 0.5), false, status(503));
        String alone = statuses(turns(first, second), 100, "/b");
        Turns both = turns(first, second);
        List<String> among = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            statuses(both, i % 3, "/a");
            among.add(statuses(both, 1, "/b"));
        }
        assertEquals(alone, String.join(" ", among));
        assertNotEquals(alone, statuses(turns(first, second), 100, "/a"), "two rules have two chances");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0     | 100 | 0
            0.25  | 125 | 25
            0.5   | 150 | 50
            0.75  | 175 | 300
            0.995 | 200 | 540
            """)
    void latencyIsDrawn(double chance, long ofRange, long ofPercentiles) {
        Latency range = new Latency.Range(Duration.ofMillis(100), Duration.ofMillis(200));
        Latency percentiles = new Latency.Percentiles(List.of(new Latency.Point(0.5, Duration.ofMillis(50)),
                new Latency.Point(0.99, Duration.ofMillis(540))));
        assertEquals(ofRange, Math.round(range.drawn(chance).toNanos() / 1e6));
        assertEquals(ofPercentiles, Math.round(percentiles.drawn(chance).toNanos() / 1e6));
        assertEquals(Duration.ofMillis(3), new Latency.Fixed(Duration.ofMillis(3)).drawn(chance));
    }

    @Test
    void latencyOfAThousandRequestsHasThePercentilesThatWereAskedFor() {
        Turns turns = turns(rule("/**", When.ALWAYS, false, wait(new Latency.Percentiles(List.of(
                new Latency.Point(0.5, Duration.ofMillis(20)), new Latency.Point(0.9, Duration.ofMillis(100)))))));
        List<Duration> waits = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            waits.add(turns.next(request("GET", "/")).orElseThrow().latency());
        }
        assertTrue(share(waits, 20) > 0.45 && share(waits, 20) < 0.55, waits.toString());
        assertTrue(share(waits, 99) > 0.85 && share(waits, 99) < 0.95, waits.toString());
        assertEquals(1, share(waits, 100));
    }

    private static double share(List<Duration> waits, long millis) {
        return waits.stream().filter(wait -> wait.compareTo(Duration.ofMillis(millis)) <= 0).count() / (double) waits.size();
    }

    @Test
    void anAnswerThatStandsInHasTheContentThatWasWrittenOrThePageOfAFailure() {
        assertEquals("503 Service Unavailable\n", Fixture.Answer.of(new Reply.Instead(Status.of(503, ""), Optional.empty()).response()).content());
        assertEquals("", Fixture.Answer.of(new Reply.Instead(Status.of(302, ""), Optional.empty()).response()).content());
        assertEquals("hm", Fixture.Answer.of(new Reply.Instead(Status.of(503, ""), Optional.of("hm")).response()).content());
    }
}
