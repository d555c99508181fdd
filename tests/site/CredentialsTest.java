package tests.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lib.http.Client;
import lib.http.Fields;
import lib.http.Response;
import lib.site.Access;
import lib.site.Credentials;
import lib.site.Guard;
import lib.site.Guard.Visitor;
import lib.site.Users;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Who is asking: passwords and proofs, guesses, nonces, files that change. Time is an argument.
class CredentialsTest {
    private static final Instant NOW = Fixture.NOW;
    private static final Duration LONGEST = Duration.ofSeconds(30);
    private static final Client HERE = new Client("192.0.2.1", 80, false, false);
    private static final Client THERE = new Client("192.0.2.2", 80, false, false);

    /// Everything needs a user.
    private static final Access CLOSED = new Access(List.of(), true);

    @TempDir
    private Path directory;

    private final List<String> heard = new ArrayList<>();

    private static Guard clear() {
        return new Guard(Optional.of(new Credentials(Users.clear(Map.of("ann", "secret", "j\u00c3\u00b8n", "gr\u00c3\u00bc\u00c3\u009f")), LONGEST)), CLOSED);
    }

    private Guard file(Path path) throws IOException {
        Users users = Users.parse(Files.readString(path, StandardCharsets.ISO_8859_1)).users();
        return new Guard(Optional.of(new Credentials(path, users, Users.clear(Map.of("cat", "meow")), LONGEST, heard::add)), CLOSED);
    }

    private Path written(String text) throws IOException {
        return Files.writeString(directory.resolve("users"), text, StandardCharsets.ISO_8859_1);
    }

    private static Visitor visitor(Guard guard, Client client, Instant now, String authorization) {
        String[] fields = authorization.isEmpty() ? new String[0] : new String[] {"Authorization", authorization};
        return guard.visitor(Fixture.request("GET", "/a", fields), client, now);
    }

    private static Visitor basic(Guard guard, Client client, Instant now, String pair) {
        return visitor(guard, client, now, "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.ISO_8859_1)));
    }

    /// 200 stands for nothing to refuse.
    private static int status(Visitor visitor) {
        return visitor.refusal("GET", List.of("a")).map(refusal -> refusal.status().code()).orElse(200);
    }

    private static List<String> challenges(Visitor visitor) {
        return visitor.refusal("GET", List.of("a")).map(Response::fields).orElse(Fields.NONE).values("WWW-Authenticate");
    }

    private static String nonce(Visitor visitor) {
        Matcher nonce = Pattern.compile("nonce=\"([^\"]+)\"").matcher(challenges(visitor).getFirst());
        assertTrue(nonce.find());
        return nonce.group(1);
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.ISO_8859_1)));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /// A client's arithmetic, written down anew (RFC 7616 §3.4.1).
    private static String digest(String user, String password, String nonce, int count, String target) {
        String nc = String.format("%08x", count);
        String response = sha256(sha256(user + ":Comanche:" + password) + ":" + nonce + ":" + nc + ":c:auth:" + sha256("GET:" + target));
        return "Digest username=\"" + user + "\", realm=\"Comanche\", nonce=\"" + nonce + "\", uri=\"" + target + "\", algorithm=SHA-256, nc=" + nc
                + ", cnonce=\"c\", qop=auth, response=\"" + response + "\"";
    }

    // Basic

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ann:secret     | ann
            j\u00c3\u00b8n:gr\u00c3\u00bc\u00c3\u009f | j\u00c3\u00b8n
            ann:Secret     |
            ann:           |
            ann:secret1    |
            Ann:secret     |
            bob:secret     |
            :secret        |
            j\u00f8n:gr\u00fc\u00df    |
            """)
    void aUserIsKnownByThePasswordOnly(String pair, String user) {
        Visitor visitor = basic(clear(), HERE, NOW, pair);
        assertEquals(Optional.ofNullable(user), visitor.user());
        assertEquals(user == null ? 401 : 200, status(visitor));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            bc:x     | bc
            apr:x    | apr
            sha256:x | sha256
            sha512:x | sha512
            cat:meow | cat
            bc:y     |
            apr:y    |
            sha256:y |
            sha512:y |
            sha512:  |
            cat:x    |
            dog:x    |
            dog:meow |
            """)
    void everyKindOfHashIsCompared(String pair, String user) throws IOException {
        Guard guard = file(written(UsersTest.FILE));
        for (int i = 0; i < 2; i++) { // the second time it is remembered
            assertEquals(Optional.ofNullable(user), basic(guard, HERE, NOW, pair).user());
        }
        assertEquals(List.of(), heard);
    }

    @Test
    void aPasswordThatNobodyTypesIsNotEvenCompared() throws IOException {
        assertEquals(401, status(basic(file(written(UsersTest.FILE)), HERE, NOW, "bc:" + "x".repeat(20_000))));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''             | 401
            Bearer abc     | 401
            Basic !        | 400
            Digest x       | 400
            """)
    void whoDoesNotSayIsAskedAndWhoMakesNoSenseIsToldSo(String authorization, int status) {
        Visitor visitor = visitor(clear(), HERE, NOW, authorization);
        assertEquals(status, status(visitor));
        assertEquals(status == 401, !challenges(visitor).isEmpty());
    }

    @Test
    void underTlsAndWithHashesTheWayIsBasicAndElseDigestFirst() throws IOException {
        String basic = "Basic realm=\"Comanche\", charset=\"UTF-8\"";
        List<String> both = challenges(visitor(clear(), HERE, NOW, ""));
        assertEquals(2, both.size());
        assertTrue(both.getFirst().matches("Digest realm=\"Comanche\", qop=\"auth\", algorithm=SHA-256, nonce=\"[A-Za-z0-9_-]{64}\", charset=UTF-8"), both.toString());
        assertEquals(basic, both.getLast());
        assertEquals(List.of(basic), challenges(visitor(clear(), new Client("192.0.2.1", 80, false, true), NOW, "")));
        assertEquals(List.of(basic), challenges(visitor(file(written(UsersTest.FILE)), HERE, NOW, "")));
    }

    // Digest

    @Test
    void aProofIsGoodOnceForEachCountOfANonce() {
        Guard guard = clear();
        String nonce = nonce(visitor(guard, HERE, NOW, ""));
        for (int count : new int[] {1, 2, 5, 3, 200, 150, 4_000}) {
            assertEquals(Optional.of("ann"), visitor(guard, HERE, NOW, digest("ann", "secret", nonce, count, "/a")).user(), "count " + count);
        }
        for (int count : new int[] {1, 5, 3, 200, 150, 4_000, 0, 100}) { // used, or too far behind to tell
            Visitor again = visitor(guard, HERE, NOW, digest("ann", "secret", nonce, count, "/a"));
            assertEquals(Optional.empty(), again.user(), "count " + count);
            assertTrue(challenges(again).getFirst().endsWith(", stale=true"));
        }
    }

    @Test
    void aProofIsForThisUserTargetAndMethod() {
        Guard guard = clear();
        String nonce = nonce(visitor(guard, HERE, NOW, ""));
        assertEquals(401, status(visitor(guard, HERE, NOW, digest("ann", "wrong", nonce, 1, "/a"))));
        assertEquals(401, status(visitor(guard, HERE, NOW, digest("bob", "secret", nonce, 1, "/a"))));
        assertEquals(400, status(visitor(guard, HERE, NOW, digest("ann", "secret", nonce, 1, "/b"))));
        assertEquals(400, status(visitor(guard, HERE, NOW, digest("ann", "secret", nonce, 1, "/%61"))));
        Visitor delete = guard.visitor(Fixture.request("DELETE", "/a", "Authorization", digest("ann", "secret", nonce, 1, "/a")), HERE, NOW);
        assertEquals(401, status(delete));
        String elsewhere = digest("ann", "secret", nonce, 1, "/a").replace("Comanche", "Elsewhere");
        assertEquals(401, status(visitor(guard, HERE, NOW, elsewhere)));
        assertEquals(200, status(visitor(guard, HERE, NOW, digest("ann", "secret", nonce, 1, "/a"))));
        assertEquals(401, status(visitor(guard, HERE, NOW, digest("j\u00c3\u00b8n", "gr\u00c3\u00bc\u00c3\u009f", nonce, 2, "/a"))));
    }

    @Test
    void aNonceThatIsOldOrNotOursIsStaleOnlyForWhoKnowsThePassword() {
        Guard guard = clear();
        String nonce = nonce(visitor(guard, HERE, NOW, ""));
        String foreign = nonce(visitor(clear(), HERE, NOW, ""));
        Instant later = NOW.plusSeconds(300);
        assertEquals(200, status(visitor(guard, HERE, later.minusMillis(1), digest("ann", "secret", nonce, 1, "/a"))));
        for (String other : List.of(foreign, "", "x", "!", nonce.substring(1), nonce.substring(0, 40), nonce + "AAAA",
                (nonce.startsWith("A") ? "B" : "A") + nonce.substring(1))) {
            assertTrue(challenges(visitor(guard, HERE, NOW, digest("ann", "secret", other, 1, "/a"))).getFirst().contains("stale=true"), other);
        }
        assertTrue(challenges(visitor(guard, HERE, later, digest("ann", "secret", nonce, 2, "/a"))).getFirst().contains("stale=true"));
        assertFalse(challenges(visitor(guard, HERE, later, digest("ann", "wrong", nonce, 2, "/a"))).getFirst().contains("stale=true"));
    }

    @Test
    void digestIsNoWayRoundAHash() throws IOException {
        String nonce = nonce(visitor(clear(), HERE, NOW, ""));
        Guard guard = file(written(UsersTest.FILE));
        for (String user : List.of("bc", "cat", "dog")) {
            assertEquals(401, status(visitor(guard, HERE, NOW, digest(user, "x", nonce, 1, "/a"))));
        }
    }

    // Guesses

    @Test
    void afterFiveFailuresTheWaitDoublesUpToTheLongest() {
        Guard guard = clear();
        Instant now = NOW;
        for (int i = 0; i < 5; i++) {
            assertEquals(401, status(basic(guard, HERE, now, "ann:" + i)));
        }
        for (int wait : new int[] {1, 2, 4, 8, 16, 30, 30}) {
            Visitor early = basic(guard, HERE, now, "ann:x");
            assertEquals(429, status(early));
            assertEquals(Optional.of(Integer.toString(wait)), early.refusal("GET", List.of()).orElseThrow().fields().first("Retry-After"));
            assertEquals(429, status(basic(guard, HERE, now.plusSeconds(wait).minusMillis(1), "ann:secret")));
            now = now.plusSeconds(wait);
            assertEquals(401, status(basic(guard, HERE, now, "ann:x")));
        }
        assertEquals(200, status(basic(guard, HERE, now.plusSeconds(30), "ann:secret")));
        assertEquals(401, status(basic(guard, HERE, now.plus(Duration.ofMinutes(15)), "ann:x")));
        assertEquals(401, status(basic(guard, HERE, now.plus(Duration.ofMinutes(15)), "ann:x")));
    }

    @Test
    void nobodyWaitsForAnothersGuessesAndWhoIsKnownDoesNotWaitAtAll() {
        Guard guard = clear();
        assertEquals(200, status(basic(guard, HERE, NOW, "ann:secret")));
        String nonce = nonce(visitor(guard, HERE, NOW, ""));
        assertEquals(200, status(visitor(guard, HERE, NOW, digest("ann", "secret", nonce, 1, "/a"))));
        for (int i = 0; i < 20; i++) {
            basic(guard, HERE, NOW, "ann:" + i);
        }
        assertEquals(429, status(basic(guard, HERE, NOW, "j\u00c3\u00b8n:gr\u00c3\u00bc\u00c3\u009f")));
        assertEquals(200, status(basic(guard, THERE, NOW, "j\u00c3\u00b8n:gr\u00c3\u00bc\u00c3\u009f")));
        assertEquals(200, status(basic(guard, HERE, NOW, "ann:secret")));
        assertEquals(200, status(visitor(guard, HERE, NOW, digest("ann", "secret", nonce, 2, "/a"))));
        assertEquals(401, status(visitor(guard, HERE, NOW, "")));
    }

    /// A nonce of one's own is no licence to guess another's password.
    @Test
    void digestGuessesWaitAsOthersDo() {
        Guard guard = clear();
        String nonce = nonce(visitor(guard, HERE, NOW, ""));
        assertEquals(200, status(visitor(guard, HERE, NOW, digest("ann", "secret", nonce, 1, "/a"))));
        for (int i = 0; i < 5; i++) {
            assertEquals(401, status(visitor(guard, HERE, NOW, digest("j\u00c3\u00b8n", "guess", nonce, i + 2, "/a"))));
        }
        assertEquals(429, status(visitor(guard, HERE, NOW, digest("j\u00c3\u00b8n", "gr\u00c3\u00bc\u00c3\u009f", nonce, 9, "/a"))));
    }

    @ParameterizedTest
    @CsvSource({"2001:db8:1:2:3:4:5:6, 2001:db8:1:2:6:5:4:3, 429", "2001:db8:1:2:3:4:5:6, 2001:db8:1:3:3:4:5:6, 200",
        "0:0:0:0:0:0:0:1, 0:0:0:1:0:0:0:1, 200", "192.0.2.1, 192.0.2.10, 200"})
    void aNetworkOfIpv6IsOneClient(String guesser, String other, int status) {
        Guard guard = clear();
        for (int i = 0; i < 6; i++) {
            basic(guard, new Client(guesser, 80, false, false), NOW, "ann:" + i);
        }
        assertEquals(status, status(basic(guard, new Client(other, 80, false, false), NOW, "ann:secret")));
    }

    /// Fifty at once are not all the first one.
    @Test
    void guessesAtOnceAreCountedOneAfterTheOther() throws Exception {
        Guard guard = file(written(UsersTest.FILE));
        assertEquals(5, together(guard, "bc:wrong").stream().filter(status -> status == 401).count());
    }

    /// As a browser opens its connections, before the password is known.
    @Test
    void theSameRightPasswordAtOnceIsComparedOnceAndAllAreLetIn() throws Exception {
        Guard guard = file(written(UsersTest.FILE));
        assertEquals(50, together(guard, "bc:x").stream().filter(status -> status == 200).count());
    }

    private static List<Integer> together(Guard guard, String pair) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Integer>> guesses = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                Instant came = NOW.minusMillis(i); // not in the order in which they are heard
                guesses.add(() -> status(basic(guard, HERE, came, pair)));
            }
            List<Integer> statuses = new ArrayList<>();
            for (Future<Integer> one : threads.invokeAll(guesses)) {
                statuses.add(one.get());
            }
            return statuses;
        }
    }

    // A file that changes

    @Test
    void whatTheFileSaysNowHoldsNowAlsoForWhoWasKnown() throws IOException {
        Path path = written(UsersTest.FILE);
        Guard guard = file(path);
        assertEquals(200, status(basic(guard, HERE, NOW, "bc:x")));
        written(UsersTest.FILE.replaceFirst("bc:", "eve:"));
        assertEquals(401, status(basic(guard, HERE, NOW, "bc:x")));
        assertEquals(200, status(basic(guard, HERE, NOW, "eve:x")));
        assertEquals(200, status(basic(guard, HERE, NOW, "cat:meow")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bc:plain\n", "", "junk"})
    void aFileThatIsNotGoodAnyMoreChangesNothingAndIsComplainedOfOnce(String text) throws IOException {
        Path path = written(UsersTest.FILE);
        Guard guard = file(path);
        written(text);
        for (int i = 0; i < 3; i++) {
            assertEquals(200, status(basic(guard, HERE, NOW, "bc:x")));
        }
        assertEquals(1, heard.size(), heard.toString());
        assertTrue(heard.getFirst().startsWith(path + ":1: "), heard.getFirst());
        written(UsersTest.FILE);
        assertEquals(200, status(basic(guard, HERE, NOW, "apr:x")));
        assertEquals(1, heard.size());
    }

    @Test
    void aFileThatIsGoneChangesNothingAndIsComplainedOfOnce() throws IOException {
        Path path = written(UsersTest.FILE);
        Guard guard = file(path);
        Files.delete(path);
        assertEquals(200, status(basic(guard, HERE, NOW, "bc:x")));
        assertEquals(200, status(basic(guard, HERE, NOW, "apr:x")));
        assertEquals(1, heard.size());
    }
}
