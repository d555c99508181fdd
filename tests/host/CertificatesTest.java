package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import lib.host.Certificates;
import lib.host.Certificates.Identity;
import lib.host.Fault;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Keys in every form that openssl makes, and each thing that can be wrong.
class CertificatesTest {
    private static final String EC = "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:";

    @TempDir
    static Path room;

    @BeforeAll
    static void makeOne() throws IOException {
        Openssl.certificate(room, "one", "DNS:One.example,DNS:*.one.example,IP:127.0.0.1");
        Openssl.certificate(room, "two", "DNS:two.example");
        Openssl.run(room, EC + "P-256 -aes-256-cbc -pass pass:geheim -out locked.key");
        Openssl.run(room, "req -x509 -key locked.key -passin pass:geheim -days 30 -subj /CN=l -out locked.pem");
        Openssl.run(room, "genrsa -out rsa.key 2048");
        Openssl.run(room, "pkcs12 -export -in one.pem -inkey one.key -passout pass:geheim -out one.p12");
        Openssl.run(room, "pkcs12 -export -in one.pem -nokeys -passout pass:geheim -out keyless.p12");
        Files.writeString(room.resolve("cut.pem"), Files.readString(room.resolve("one.pem")).substring(0, 200));
        Files.writeString(room.resolve("damaged.pem"), Files.readString(room.resolve("one.pem")).replace("MIIB", "AAAA"));
        Files.writeString(room.resolve("noise.pem"), "no certificate\n");
        Files.writeString(room.resolve("both.pem"), Files.readString(room.resolve("one.key")) + "a comment\n"
                + Files.readString(room.resolve("one.pem")));
        Files.writeString(room.resolve("chain.pem"), Files.readString(room.resolve("one.pem"))
                + Files.readString(room.resolve("two.pem")).replace("\n", "\r\n"));
        Openssl.run(room, "rsa -in rsa.key -traditional -aes128 -passout pass:geheim -out old.key");
    }

    private static Identity read(String certificate, String key, String password, Instant now) throws Fault {
        return Certificates.read(room.resolve(certificate), Optional.ofNullable(key).map(room::resolve),
                password == null ? "" : password, now);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256                                           | EC
            ecparam -name prime256v1 -genkey                                                                 | EC
            ecparam -name secp384r1 -genkey -noout                                                           | EC
            pkey -in rsa.key                                                                                 | RSA
            rsa -in rsa.key -traditional                                                                     | RSA
            genpkey -algorithm ed25519                                                                       | EdDSA
            genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes-256-cbc -pass pass:geheim            | EC
            genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes-128-cbc -pass pass:geheim            | EC
            """)
    void aKeyMayHaveAnyOfItsForms(String making, String algorithm) throws Fault {
        Openssl.run(room, making + " -out form.key");
        Openssl.run(room, "req -x509 -key form.key -passin pass:geheim -days 30 -subj /CN=f -out form.pem");
        Identity identity = read("form.pem", "form.key", "geheim", Instant.now());
        assertEquals(algorithm, identity.own().getPublicKey().getAlgorithm());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            one.pem   | one.key | 1
            both.pem  |         | 1
            one.p12   |         | 1
            one.p12   | one.p12 | 1
            chain.pem | one.key | 2
            """)
    void certificateChainAndKeyMayStandInOneFileOrInTwo(String certificate, String key, int length) throws Fault {
        Identity identity = read(certificate, key, "geheim", Instant.now());
        assertEquals(length, identity.chain().size());
        assertEquals(List.of("one.example", "*.one.example"), identity.names());
        assertEquals("CN=one", identity.own().getSubjectX500Principal().getName());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            none.pem     | one.key    |        | '{none.pem}' can't be read; name a file that is there.
            one.pem      | none.key   |        | '{none.key}' can't be read; name a file that is there.
            noise.pem    | one.key    |        | '{noise.pem}' is neither PEM nor PKCS#12; name a file that begins with -----BEGIN CERTIFICATE-----, or a .p12.
            one.key      | one.key    |        | '{one.key}' holds no certificate; name the file that begins with -----BEGIN CERTIFICATE-----.
            one.pem      |            |        | '{one.pem}' holds no private key; name the file that begins with -----BEGIN PRIVATE KEY----- (--tls-key).
            one.pem      | two.pem    |        | '{two.pem}' holds no private key; name the file that begins with -----BEGIN PRIVATE KEY----- (--tls-key).
            one.pem      | two.key    |        | The key in '{two.key}' does not belong to the first certificate in '{one.pem}'; name the one that it was made with.
            one.pem      | rsa.key    |        | The key in '{rsa.key}' is no EC key, as the certificate wants it; name the one that it was made with.
            cut.pem      | one.key    |        | '{cut.pem}' is cut off in the middle; copy it anew.
            damaged.pem  | one.key    |        | A certificate in '{damaged.pem}' is damaged; copy it anew.
            locked.pem   | locked.key |        | '{locked.key}' is encrypted; set its password (COMANCHE_TLS_PASSWORD).
            locked.pem   | locked.key | falsch | The password does not open '{locked.key}'; set the right one (COMANCHE_TLS_PASSWORD).
            one.p12      |            |        | '{one.p12}' is encrypted; set its password (COMANCHE_TLS_PASSWORD).
            one.p12      |            | falsch | The password does not open '{one.p12}'; set the right one (COMANCHE_TLS_PASSWORD).
            keyless.p12  |            | geheim | '{keyless.p12}' holds no private key; export it with its key ('openssl pkcs12 -export').
            one.pem      | old.key    | geheim | The key in '{old.key}' is encrypted in a way that is no longer safe; convert it with 'openssl pkcs8 -topk8 -in OLD -out NEW'.
            """)
    void whatIsWrongIsOneSentence(String certificate, String key, String password, String sentence) {
        Fault fault = assertThrows(Fault.class, () -> read(certificate, key, password, Instant.now()));
        assertEquals(sentence.replace("{", room + "/").replace("}", ""), fault.getMessage());
    }

    @Test
    void aCertificateHasItsTime() throws Fault {
        Instant last = read("one.pem", "one.key", "", Instant.now()).own().getNotAfter().toInstant();
        Instant first = last.minus(Duration.ofDays(30));
        read("one.pem", "one.key", "", last);
        read("one.pem", "one.key", "", first);
        assertEquals("The certificate in '" + room + "/one.pem' has expired (" + last + "); renew it.",
                assertThrows(Fault.class, () -> read("one.pem", "one.key", "", last.plusSeconds(1))).getMessage());
        assertEquals("The certificate in '" + room + "/one.pem' is not valid before " + first + "; wait, or set the clock.",
                assertThrows(Fault.class, () -> read("one.pem", "one.key", "", first.minusSeconds(1))).getMessage());
    }
}
