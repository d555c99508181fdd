package tests.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import lib.site.Password;
import lib.site.Users;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A file of users: which lines are good, and what is said of the others.
class UsersTest {
    /// One of each kind, all of `x`, as htpasswd and openssl write them.
    static final String FILE = """
            # a comment
            bc:$2y$04$Qk.Hhsxpo.Whp2Tm1sZMCuxBr6Q5U1/lIVIMkCtfy.sW/l5bSSrRK
            apr:$apr1$GzMwYZ.w$bDqDDbOWb82F.Kv5S8BJv0
            sha256:$5$oyYWYj8aA2LmyIcZ$KBWZOEnsRDRgESBsSBoGav.NuatBPzbzuPLndOwd916
            sha512:$6$nwrU/2yRkWH1.X9c$D.57acfj4Em2sieiRF42uWDODPqBpyW77Bb4gk5otXqNu/AuyuutU2SMZ2hMQVovT2SxYjKKi3cAHTfJWAy8A0
            """;

    private static List<String> complaints(String file) {
        return Users.parse(file).complaints();
    }

    @Test
    void commentsAndEmptyLinesAndAnyEndOfLineAreFine() {
        Users.Parsed parsed = Users.parse("\n" + FILE.replace("\n", "\r\n") + "  \n#\n");
        assertEquals(List.of(), parsed.complaints());
        assertEquals(Set.of("bc", "apr", "sha256", "sha512"), parsed.users().passwords().keySet());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ann:secret                                    | the password of 'ann' is neither bcrypt (of cost 4 to 17), SHA-256
            ann:                                          | the password of 'ann' is neither bcrypt
            ann:{SHA}Ysh3Dtbm0fXXlQX7J8lWbY2Qm0M=         | the password of 'ann' is a SHA-1 without salt
            ann:rqXexS6ZhobKA                             | the password of 'ann' is neither bcrypt
            ann:$1$abc$abc                                | the password of 'ann' is neither bcrypt
            ann:$apr1$GzMwYZ.w$bDqDDbOWb82F.Kv5S8BJv      | the password of 'ann' is neither bcrypt
            ann:$2y$31$Qk.Hhsxpo.Whp2Tm1sZMCuxBr6Q5U1/lIVIMkCtfy.sW/l5bSSrRK | the password of 'ann' is neither bcrypt
            ann:$2y$03$Qk.Hhsxpo.Whp2Tm1sZMCuxBr6Q5U1/lIVIMkCtfy.sW/l5bSSrRK | the password of 'ann' is neither bcrypt
            secret                                        | this is no user; write NAME:HASH
            :$apr1$GzMwYZ.w$bDqDDbOWb82F.Kv5S8BJv.        | this is no user; write NAME:HASH
            apr:$apr1$GzMwYZ.w$bDqDDbOWb82F.Kv5S8BJv.     | "apr" stands in the file already
            """)
    void whatIsWrongIsSaidWithItsLineAndWithoutThePassword(String line, String complaint) {
        List<String> complaints = complaints(FILE + line + "\n");
        assertEquals(1, complaints.size(), complaints.toString());
        assertTrue(complaints.getFirst().startsWith("6: " + complaint.replace('"', '\'')), complaints.getFirst());
        assertTrue(complaints.getFirst().endsWith("."));
        assertFalse(complaints.getFirst().contains("secret") || complaints.getFirst().contains("$"), complaints.getFirst());
    }

    @Test
    void allThatIsWrongIsSaidAtOnce() {
        assertEquals(List.of("1", "3"), complaints("a:b\n" + FILE.lines().toList().get(1) + "\nc\n").stream()
                .map(complaint -> complaint.substring(0, complaint.indexOf(':'))).toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "# nobody\n"})
    void aFileWithoutUsersIsNone(String file) {
        assertTrue(complaints(file).getFirst().startsWith("1: the file names no user; "));
    }

    @Test
    void aPasswordIsNeverPrinted() {
        assertFalse(Users.clear(java.util.Map.of("ann", "secret")).toString().contains("secret"));
    }

    @Test
    void aNewHashIsSaltedAndOfTheKindThatApacheWrites() {
        assertTrue(Password.hash("x").matches("\\$2y\\$10\\$[./A-Za-z0-9]{53}"));
        assertFalse(Password.hash("x").equals(Password.hash("x")));
    }
}
