package lib.host;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import lib.host.Certificates.Identity;

/// Who vouches for us, where we know nobody who would? An authority of this user's own.
///
/// It is made once, and kept where only the user can read it. With its key it signs a certificate for this machine, by all
/// the names and addresses that it has, which does not last long and is made anew in time. The JDK's keytool makes both:
///
///     authority.p12  the authority's key       authority.crt  its certificate, for whoever is to trust it
///     server.p12     the server's key, with a certificate by the authority
///     lock           held by the server that makes any of these
public final class LocalAuthority {
    private static final int AUTHORITY_DAYS = 3650, SERVER_DAYS = 90;

    /// A certificate that lasts no longer than this is made anew.
    private static final Duration NEAR_ITS_END = Duration.ofDays(30);

    /// A key store must have a password. What guards the keys is that nobody else can read the files.
    private static final String PASSWORD = "comanche";
    private static final String AUTHORITY = "authority", SERVER = "server";

    private static final long PATIENCE_SECONDS = 60;

    private final Path state;
    private final List<String> hosts;

    /// @param state a directory; made when it is needed
    /// @param hosts names that the server has besides those of the machine
    public LocalAuthority(Path state, List<String> hosts) {
        this.state = state;
        this.hosts = List.copyOf(hosts);
    }

    /// The server's certificate: the one that is there if it is good for long enough and for all names, else a new one.
    ///
    /// @throws Fault if it can't be made
    public Identity identity(Instant now) throws Fault {
        Set<String> names = names();
        Optional<Identity> known = known(names, now);
        return known.isPresent() ? known.get() : made(names, now);
    }

    /// Two servers that start at once need not both make it, and must not disturb one another.
    private synchronized Identity made(Set<String> names, Instant now) throws Fault {
        try {
            if (!Files.isDirectory(state)) {
                Files.createDirectories(state, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            try (FileChannel file = FileChannel.open(state.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock _ = file.lock()) {
                Optional<Identity> known = known(names, now);
                return known.isPresent() ? known.get() : make(names, now);
            }
        } catch (IOException e) {
            throw new Fault(Fault.CANNOT_START, "The local authority can't be kept in '" + state + "' (" + LogFile.reason(e)
                    + "); name a directory that this user can write (--tls-state), or a certificate (--tls-cert).");
        }
    }

    private Identity make(Set<String> names, Instant now) throws Fault, IOException {
        Path workshop = Files.createTempDirectory(state, "new"); // for this user alone
        try {
            Path made = workshop.resolve("made.p12");
            if (!hasAuthority(now)) {
                keytool(made, AUTHORITY, "Comanche local authority (" + plain(System.getProperty("user.name")) + "@"
                        + plain(hostName()) + ")", AUTHORITY_DAYS, List.of("-ext", "bc:critical=ca:true,pathlen:0", "-ext",
                        "ku:critical=keyCertSign,cRLSign"));
                keep(made, "authority.p12");
                Files.write(made, Certificates.pem(authority()));
                keep(made, "authority.crt");
            }
            Files.copy(state.resolve("authority.p12"), made);
            keytool(made, SERVER, plain(hostName()), SERVER_DAYS, List.of("-signer", AUTHORITY, "-ext", "bc:critical=ca:false",
                    "-ext", "ku:critical=digitalSignature", "-ext", "eku=serverAuth", "-ext", "san=" + String.join(",", names)));
            withoutAuthority(made);
            keep(made, "server.p12");
            return read();
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        } finally {
            Files.deleteIfExists(workshop.resolve("made.p12"));
            Files.delete(workshop);
        }
    }

    /// Is there one that outlives every certificate that it signs now?
    private boolean hasAuthority(Instant now) {
        try {
            authority().checkValidity(Date.from(now.plus(Duration.ofDays(SERVER_DAYS))));
            return true;
        } catch (GeneralSecurityException _) {
            return false;
        }
    }

    private void keep(Path made, String name) throws IOException {
        Files.setPosixFilePermissions(made, PosixFilePermissions.fromString(name.endsWith(".crt") ? "rw-r--r--" : "rw-------"));
        Files.move(made, state.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    /// A pair of keys and its certificate, into a key store.
    private static void keytool(Path store, String alias, String name, int days, List<String> more) throws Fault, IOException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC", "-genkeypair", "-alias", alias, "-keyalg", "EC",
                "-groupname", "secp256r1", "-sigalg", "SHA256withECDSA", "-dname", "CN=" + name, "-startdate", "-1d",
                "-validity", Integer.toString(days), "-keystore", store.toString(), "-storetype", "PKCS12",
                "-storepass", PASSWORD));
        command.addAll(more);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new Fault(Fault.CANNOT_START, "keytool made no certificate (" + said.lines().findFirst().orElse("")
                        + "); name one that you have (--tls-cert).");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /// The server needs the authority's certificate, which stands in its own chain, and not the key.
    private static void withoutAuthority(Path file) throws IOException {
        try {
            KeyStore store = store(file).orElseThrow(() -> new IOException("no key store"));
            store.deleteEntry(AUTHORITY);
            ByteArrayOutputStream octets = new ByteArrayOutputStream();
            store.store(octets, PASSWORD.toCharArray());
            Files.write(file, octets.toByteArray());
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    /// Empty where there is none, or none that can be read.
    private static Optional<KeyStore> store(Path file) {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(new ByteArrayInputStream(Files.readAllBytes(file)), PASSWORD.toCharArray());
            return Optional.of(store);
        } catch (IOException | GeneralSecurityException _) {
            return Optional.empty();
        }
    }

    private Identity read() throws Fault {
        return Certificates.read(state.resolve("server.p12"), Optional.empty(), PASSWORD, Instant.now());
    }

    /// What is there, if it is good for all these names, by the authority of now, and not near its end.
    private Optional<Identity> known(Set<String> names, Instant now) {
        try {
            Identity identity = read();
            X509Certificate own = identity.own();
            own.verify(authority().getPublicKey());
            boolean lasts = own.getNotAfter().toInstant().isAfter(now.plus(NEAR_ITS_END));
            return lasts && namesOf(own).containsAll(names) ? Optional.of(identity) : Optional.empty();
        } catch (Fault | GeneralSecurityException _) {
            return Optional.empty();
        }
    }

    private X509Certificate authority() throws GeneralSecurityException {
        KeyStore store = store(state.resolve("authority.p12")).orElseThrow(GeneralSecurityException::new);
        return Optional.ofNullable((X509Certificate) store.getCertificate(AUTHORITY)).orElseThrow(GeneralSecurityException::new);
    }

    /// In the shape that keytool takes, too: `dns:localhost`, `ip:127.0.0.1`.
    private static Set<String> namesOf(X509Certificate certificate) throws CertificateException {
        final int dnsName = 2, ipAddress = 7; // GeneralName of RFC 5280 §4.2.1.6
        Set<String> names = new TreeSet<>();
        for (List<?> name : Optional.ofNullable(certificate.getSubjectAlternativeNames()).orElse(Collections.emptyList())) {
            if (name.getFirst().equals(dnsName) || name.getFirst().equals(ipAddress)) {
                boolean dns = name.getFirst().equals(dnsName);
                names.add(dns ? "dns:" + name.get(1) : "ip:" + InetAddress.ofLiteral(name.get(1).toString()).getHostAddress());
            }
        }
        return names;
    }

    /// All that a client may call this machine.
    private Set<String> names() {
        Set<String> names = new TreeSet<>(Set.of("dns:localhost", "ip:127.0.0.1", "ip:0:0:0:0:0:0:0:1"));
        List<String> candidates = new ArrayList<>(hosts);
        candidates.add(hostName());
        candidates.add(hostName().split("\\.")[0] + ".local"); // as multicast DNS knows it (RFC 6762)
        candidates.stream().filter(LocalAuthority::isDnsName).forEach(name -> names.add("dns:" + name));
        try {
            NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses)
                    .filter(address -> !address.isLinkLocalAddress() && !address.isLoopbackAddress())
                    .forEach(address -> names.add("ip:" + bare(address)));
        } catch (SocketException _) {
            // the names must do
        }
        return names;
    }

    private static String bare(InetAddress address) {
        String text = address.getHostAddress();
        return text.indexOf('%') < 0 ? text : text.substring(0, text.indexOf('%'));
    }

    private static boolean isDnsName(String name) {
        return name.matches("(\\*\\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
                && !name.matches("[0-9.]+");
    }

    /// From the system itself: to ask the JDK may mean to ask the name service, and to wait for it.
    private static String hostName() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip().toLowerCase(Locale.ROOT);
        } catch (IOException _) {
            try {
                return InetAddress.getLocalHost().getHostName().toLowerCase(Locale.ROOT);
            } catch (java.net.UnknownHostException _) {
                return "localhost";
            }
        }
    }

    /// Without what has a meaning in a distinguished name.
    private static String plain(String text) {
        return text.replaceAll("[^A-Za-z0-9._-]", "");
    }

    /// Where the authority's certificate stands.
    Path file() {
        return state.resolve("authority.crt");
    }
}
