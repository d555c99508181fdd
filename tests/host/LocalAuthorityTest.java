package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import lib.host.Certificates.Identity;
import lib.host.Fault;
import lib.host.LocalAuthority;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// An authority that is made once, and what it signs. One state for all tests: to make it takes a second.
class LocalAuthorityTest {
    @TempDir
    static Path room;

    private static final Instant NOW = Instant.now();
    private static Path state;
    private static Identity identity;

    @BeforeAll
    static void make() throws Fault {
        state = room.resolve("state/comanche");
        identity = new LocalAuthority(state, List.of("app.test", "*.app.test", "no_name", "10.0.0.1")).identity(NOW);
    }

    @Test
    void itsFilesAreForTheUserAlone() throws IOException {
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(state)));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(state.resolve("authority.p12"))));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(state.resolve("server.p12"))));
        try (Stream<Path> files = Files.list(state)) {
            assertEquals(List.of("authority.crt", "authority.p12", "lock", "server.p12"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
    }

    @Test
    void theServersCertificateIsByTheAuthorityForAllNamesAndNotForLong() throws Exception {
        String said = Openssl.run(state, "pkcs12 -in server.p12 -passin pass:comanche -nokeys -clcerts");
        Files.writeString(room.resolve("server.pem"), said);
        assertTrue(Openssl.run(room, "verify -x509_strict -purpose sslserver -verify_hostname localhost -CAfile " + state.resolve("authority.crt")
                + " server.pem").endsWith("OK\n"));
        for (String name : List.of("-verify_ip 127.0.0.1", "-verify_ip ::1", "-verify_hostname app.test", "-verify_hostname x.app.test")) {
            assertTrue(Openssl.run(room, "verify " + name + " -CAfile " + state.resolve("authority.crt") + " server.pem").endsWith("OK\n"));
        }
        Instant last = identity.own().getNotAfter().toInstant();
        assertTrue(last.isAfter(NOW.plus(Duration.ofDays(80))) && last.isBefore(NOW.plus(Duration.ofDays(90))), last.toString());
        assertEquals(2, identity.chain().size());
    }

    /// Whoever steals the server's key can sign nothing.
    @Test
    void theServersStoreHasNotTheAuthoritysKey() {
        String said = Openssl.run(state, "pkcs12 -in server.p12 -passin pass:comanche -nodes");
        assertEquals(1, said.lines().filter("-----BEGIN PRIVATE KEY-----"::equals).count(), said);
    }

    @Test
    void whatIsGoodStaysAndWhatIsNotIsMadeAnewByTheSameAuthority() throws Exception {
        Path own = Files.createDirectory(room.resolve("own"));
        for (String name : List.of("authority.p12", "server.p12")) {
            Files.copy(state.resolve(name), own.resolve(name));
        }
        assertEquals(identity, new LocalAuthority(own, List.of()).identity(NOW.plus(Duration.ofDays(58))), "with names to spare");

        Identity named = new LocalAuthority(own, List.of("new.test")).identity(NOW);
        assertNotEquals(identity.own(), named.own());
        assertEquals(identity.chain().getLast(), named.chain().getLast());

        Identity later = new LocalAuthority(own, List.of("new.test")).identity(NOW.plus(Duration.ofDays(60)));
        assertNotEquals(named.own(), later.own());
        assertEquals(identity.chain().getLast(), later.chain().getLast());
    }

    @Test
    void whereNothingCanBeKeptASentenceSaysSo() throws IOException {
        Path file = Files.writeString(room.resolve("file"), "");
        assertEquals("The local authority can't be kept in '" + file + "/x' (Not a directory); name a directory "
                + "that this user can write (--tls-state), or a certificate (--tls-cert).",
                assertThrows(Fault.class, () -> new LocalAuthority(file.resolve("x"), List.of()).identity(NOW)).getMessage());
    }
}
