package lib.host;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import lib.host.Certificates.Identity;

/// How do we speak TLS, and as whom? (RFC 8446, RFC 5246, RFC 9325)
///
/// TLS 1.3 and 1.2, each with what is sound in it and nothing else. The client's server name chooses among the
/// certificates (RFC 6066 §3). When their files change they are read again; what is not good then is not taken.
public final class Tls implements AutoCloseable {
    /// What a person needs to trust our own authority.
    ///
    /// @param file its certificate
    /// @param authority the SHA-256 of it
    /// @param server the SHA-256 of the server's certificate, which a browser shows that does not trust it
    public record Trust(Path file, String authority, String server) {}

    private static final String[] VERSIONS = {"TLSv1.3", "TLSv1.2"};

    /// Keys that nobody can find out later, and ciphers that guard what they hide (RFC 9325 §4.2). The best comes first.
    private static final String[] SUITES = {
        "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"};

    private static final String[] GROUPS = {"x25519", "secp256r1", "secp384r1", "x448", "secp521r1"};

    private static final String[] SIGNATURES = {
        "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512", "ed25519", "ed448",
        "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512",
        "rsa_pkcs1_sha256", "rsa_pkcs1_sha384", "rsa_pkcs1_sha512"};

    /// What we speak inside (RFC 7301). A client that wants none of it is told so.
    private static final String[] PROTOCOLS = {"http/1.1", "http/1.0"};

    /// How often we look whether a file has changed.
    private static final Duration PAUSE = Duration.ofSeconds(2);

    /// How often we look whether our own authority has to make a new certificate.
    private static final Duration LONG_PAUSE = Duration.ofMinutes(5);

    private final List<Settings.Pair> pairs;
    private final String password;
    private final Optional<LocalAuthority> local;
    private final ErrorLog errors;
    private volatile List<Identity> identities;
    private volatile SSLContext context;
    private volatile boolean closed;

    private Tls(Settings.TlsSettings settings, List<String> hosts, ErrorLog errors) throws Fault {
        this.pairs = settings.pairs();
        this.password = settings.password();
        this.local = settings.local() ? Optional.of(new LocalAuthority(settings.state(), hosts)) : Optional.empty();
        this.errors = errors;
        this.identities = identities();
        this.context = context(identities);
    }

    /// What these settings want; empty where they want none.
    ///
    /// @param errors hears of what is doubtful, and of what goes wrong later
    /// @throws Fault if a certificate is not good
    public static Optional<Tls> of(Settings settings, ErrorLog errors) throws Fault {
        return settings.tls().isEmpty() ? Optional.empty() : Optional.of(open(settings.tls().get(),
                settings.hosts().stream().flatMap(host -> host.names().stream()).toList(), errors));
    }

    /// @param hosts names that the server has besides those of the machine
    /// @param errors hears of what is doubtful, and of what goes wrong later
    /// @throws Fault if a certificate is not good
    public static Tls open(Settings.TlsSettings settings, List<String> hosts, ErrorLog errors) throws Fault {
        Tls tls = new Tls(settings, hosts, errors);
        for (Settings.Pair pair : settings.pairs()) {
            Path key = pair.key().orElse(pair.certificate());
            if (Certificates.isOpenToAll(key)) {
                errors.warning("The private key in " + key + " can be read by every user of this machine; chmod 600 it.");
            }
        }
        return tls;
    }

    /// Reads the operator's certificates; makes none.
    ///
    /// @throws Fault if one is not good
    public static void check(Settings.TlsSettings settings) throws Fault {
        for (Settings.Pair pair : settings.pairs()) {
            Certificates.read(pair.certificate(), pair.key(), settings.password(), Instant.now());
        }
    }

    private List<Identity> identities() throws Fault {
        List<Identity> identities = new ArrayList<>();
        if (local.isPresent()) {
            identities.add(local.get().identity(Instant.now()));
        }
        for (Settings.Pair pair : pairs) {
            Identity identity = Certificates.read(pair.certificate(), pair.key(), password, Instant.now());
            identities.add(identity.alsoFor(pair.names()));
        }
        return identities;
    }

    private static SSLContext context(List<Identity> identities) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {new Choice(identities)}, new TrustManager[0], null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every Java has TLS
        }
    }

    /// The server's side of a connection that begins now.
    public SSLEngine engine() {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(false);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(VERSIONS);
        parameters.setCipherSuites(SUITES);
        parameters.setUseCipherSuitesOrder(true);
        parameters.setNamedGroups(GROUPS);
        parameters.setSignatureSchemes(SIGNATURES);
        parameters.setApplicationProtocols(PROTOCOLS);
        engine.setSSLParameters(parameters);
        return engine;
    }

    /// What makes our own authority trusted; empty where that is for others to do.
    public Optional<Trust> trust() {
        return local.map(authority -> new Trust(authority.file(), Certificates.fingerprint(identities.getFirst().chain().getLast()),
                Certificates.fingerprint(identities.getFirst().own())));
    }

    /// The certificate that clients must have to trust ours, as PEM; empty where that is for others to give.
    Optional<byte[]> authority() {
        return local.map(_ -> Certificates.pem(identities.getFirst().chain().getLast()));
    }

    /// Begins to look after the files. Returns at once.
    public void watch() {
        Thread.ofVirtual().name("certificates").start(this::lookAfter);
    }

    private void lookAfter() {
        List<String> taken = stamps();
        List<String> seen = taken;
        long looked = System.nanoTime();
        while (!closed) {
            LockSupport.parkNanos(PAUSE.toNanos());
            List<String> latest = stamps();
            boolean settled = latest.equals(seen); // nobody is writing them any more
            boolean due = local.isPresent() && System.nanoTime() - looked > LONG_PAUSE.toNanos();
            if (!latest.equals(taken) && settled || due) {
                taken = latest;
                looked = System.nanoTime();
                renew();
            }
            seen = latest;
        }
    }

    /// What is as it was changes nothing: the clients' sessions go on.
    private void renew() {
        try {
            List<Identity> latest = identities();
            if (!latest.equals(identities)) {
                context = context(latest);
                identities = latest;
                errors.notice("The certificates have changed; the new ones are in force.");
            }
        } catch (Fault fault) {
            errors.error(fault.getMessage());
            errors.error("The new certificates were not good; the old ones go on.");
        }
    }

    /// What the files were when we looked: a change of any shows.
    private List<String> stamps() {
        List<String> stamps = new ArrayList<>();
        for (Settings.Pair pair : pairs) {
            stamps.add(stamp(pair.certificate()));
            pair.key().map(Tls::stamp).ifPresent(stamps::add);
        }
        return stamps;
    }

    private static String stamp(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return attributes.lastModifiedTime() + " " + attributes.size() + " " + attributes.fileKey();
        } catch (IOException _) {
            return "gone";
        }
    }

    /// Looks after the files no more; connections that are open stay so.
    @Override
    public void close() {
        closed = true;
    }

    /// Which certificate does a client see?
    ///
    /// One that names its server name; if none does, those that stand first. Among these, one whose kind of key the
    /// client can verify, for which the machinery asks kind by kind.
    private static final class Choice extends X509ExtendedKeyManager {
        private final List<Identity> identities;

        Choice(List<Identity> identities) {
            this.identities = List.copyOf(identities);
        }

        @Override
        public String chooseEngineServerAlias(String kind, Principal[] issuers, SSLEngine engine) {
            for (Identity identity : of(serverName(engine))) {
                if (identity.own().getPublicKey().getAlgorithm().equals(kind)) {
                    return Integer.toString(identities.indexOf(identity));
                }
            }
            return null;
        }

        private static String serverName(SSLEngine engine) {
            return engine.getHandshakeSession() instanceof ExtendedSSLSession session
                    ? session.getRequestedServerNames().stream().filter(SNIHostName.class::isInstance)
                            .map(name -> ((SNIHostName) name).getAsciiName().toLowerCase(Locale.ROOT)).findFirst().orElse("")
                    : "";
        }

        /// Exact names win over wildcards, the longest of these over the others.
        private List<Identity> of(String host) {
            List<Identity> fitting = naming(host);
            for (int dot = host.indexOf('.'); fitting.isEmpty() && dot >= 0; dot = host.indexOf('.', dot + 1)) {
                fitting = naming("*" + host.substring(dot));
            }
            return !fitting.isEmpty() ? fitting : identities.stream()
                    .filter(identity -> identity.names().containsAll(identities.getFirst().names())).toList();
        }

        private List<Identity> naming(String name) {
            return identities.stream().filter(identity -> identity.names().contains(name)).toList();
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return identities.get(Integer.parseInt(alias)).chain().toArray(X509Certificate[]::new);
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return identities.get(Integer.parseInt(alias)).key();
        }

        @Override
        public String[] getServerAliases(String kind, Principal[] issuers) {
            return null;
        }

        @Override
        public String chooseServerAlias(String kind, Principal[] issuers, Socket socket) {
            return null;
        }

        @Override
        public String[] getClientAliases(String kind, Principal[] issuers) {
            return null;
        }

        @Override
        public String chooseClientAlias(String[] kinds, Principal[] issuers, Socket socket) {
            return null;
        }
    }
}
