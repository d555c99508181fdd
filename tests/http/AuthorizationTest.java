package tests.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import lib.http.Authorization;
import lib.http.Authorization.Basic;
import lib.http.Authorization.Digest;
import lib.http.Authorization.Foreign;
import lib.http.Authorization.Malformed;
import lib.http.Fields;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the Authorization field says, and the arithmetic of Digest.
class AuthorizationTest {
    /// The second answer of RFC 7616 §3.9.1, to the challenge with SHA-256.
    private static final String RFC_7616 = """
            Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=SHA-256, \
            nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, \
            cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, \
            response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", \
            opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"""";

    /// Well-formed, and no more.
    private static final String DIGEST = "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"/\", algorithm=SHA-256, nc=0000000a, "
            + "cnonce=\"c\", qop=auth, response=\"0\"";

    private static String basic(String pair) {
        return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==   | Aladdin | open sesame
            Basic dGVzdDoxMjPCow==               | test    | 123\u00c2\u00a3
            basic dTpw                           | u       | p
            BASIC   dTpw                         | u       | p
            Basic dTphOmI6Yw==                   | u       | a:b:c
            Basic dTo=                           | u       | ''
            Basic dTo                            | u       | ''
            Basic Og==                           | ''      | ''
            """)
    void basicIsANameUpToTheFirstColonAndAPasswordInOctets(String value, String user, String password) {
        assertEquals(new Basic(user, password), Authorization.parse(value));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Basic", "Basic ", "Basic dQ==", "Basic dTpw!", "Basic dTpw dTpw", "Basic d", "Basic =", "Basic dTpw=", "Basic dT\u00fcpw"})
    void whatIsNoPairInBase64IsMalformed(String value) {
        assertInstanceOf(Malformed.class, Authorization.parse(value));
    }

    @ParameterizedTest
    @ValueSource(strings = {"u\0:p", "u:p\0", "u\n:p", "u:a\r\nX: b", "u:\u007f", "u\t:p", "u:\t"})
    void aControlCharacterStandsInNeitherHalf(String pair) {
        assertInstanceOf(Malformed.class, Authorization.parse(basic(pair)));
    }

    @Test
    void theExampleOfTheRfcIsProvenByItsPasswordOnly() {
        Digest digest = assertInstanceOf(Digest.class, Authorization.parse(RFC_7616));
        assertEquals("Mufasa", digest.user());
        assertTrue(digest.proves("GET", "Circle of Life"));
        assertFalse(digest.proves("GET", "Circle of life"));
        assertFalse(digest.proves("GET", ""));
        assertFalse(digest.proves("HEAD", "Circle of Life"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Mufasa", "http-auth@", "/dir/index.html", "7ypf", "00000001", "f2/wE", "753927"})
    void nothingOfAProofCanBeExchanged(String part) {
        String other = part.substring(0, part.length() - 1) + (part.endsWith("1") ? '2' : '1');
        Digest digest = assertInstanceOf(Digest.class, Authorization.parse(RFC_7616.replaceFirst(part, other)));
        assertFalse(digest.proves("GET", "Circle of Life"));
    }

    @Test
    void theResponseIsHexadecimalInEitherCase() {
        String upper = RFC_7616.replace("753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
                "753927FA0E85D155564E2E272A28D1802CA10DAF4496794697CF8DB5856CB6C1");
        assertTrue(assertInstanceOf(Digest.class, Authorization.parse(upper)).proves("GET", "Circle of Life"));
    }

    /// RFC 7616 §3.9.2 names its user so.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            username*=UTF-8''J%C3%A4s%C3%B8n%20Doe | J\u00c3\u00a4s\u00c3\u00b8n Doe
            username*=utf-8'en'a%7eb               | a~b
            username="a \\"b\\" \\\\c"             | a "b" \\c
            username="a, b=c"                      | a, b=c
            username=u                             | u
            username=""                            | ''
            USERNAME = "u"                         | u
            """)
    void aUserIsAQuotedStringOrAnExtendedValue(String parameter, String user) {
        Authorization parsed = Authorization.parse(DIGEST.replace("username=\"u\"", parameter));
        assertEquals(user, assertInstanceOf(Digest.class, parsed).user());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            username="u"      | userx="u"
            username="u"      | username="u", username="v"
            username="u"      | username="u", username*=UTF-8''v
            username="u"      | username*=UTF-8'v
            username="u"      | username*=ISO-8859-1''v
            username="u"      | username*=UTF-8''%4
            username="u"      | username*=UTF-8''%xy
            username="u"      | username="u
            username="u"      | username="u"x
            username="u"      | username=u v
            username="u"      | username
            username="u"      | username="u", userhash=true
            algorithm=SHA-256 | algorithm=MD5
            algorithm=SHA-256 | algorithm=SHA-256-sess
            algorithm=SHA-256 | x=y
            qop=auth          | qop=auth-int
            qop=auth          | x=y
            nc=0000000a       | nc=a
            nc=0000000a       | nc=0000000g
            nc=0000000a       | nc=-000000a
            nc=0000000a       | x=y
            cnonce="c"        | x=y
            nonce="n"         | x=y
            realm="r"         | x=y
            uri="/"           | x=y
            response="0"      | x=y
            realm="r"         | =r
            """)
    void aDigestThatIsNotWhatWasAskedForIsMalformed(String part, String other) {
        assertInstanceOf(Digest.class, Authorization.parse(DIGEST));
        assertInstanceOf(Malformed.class, Authorization.parse(DIGEST.replace(part, other)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer abc", "Negotiate", "Basically x", "", " ", "BasicdTpw"})
    void otherSchemesAreNotOurs(String value) {
        assertInstanceOf(Foreign.class, Authorization.parse(value));
    }

    @Test
    void thereIsOneFieldOrNone() {
        assertEquals(Optional.empty(), Authorization.of(Fields.of("Accept", "*/*")));
        assertEquals(Optional.of(new Basic("u", "p")), Authorization.of(Fields.of("authorization", "Basic dTpw")));
        assertInstanceOf(Malformed.class, Authorization.of(Fields.of("Authorization", "Basic dTpw", "Authorization", "Basic dTpw")).orElseThrow());
    }
}
