package lib.host;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/// Who are we, and can we prove it? The operator's files in; a chain of certificates and its private key come out.
///
/// PEM (RFC 7468): certificates, the server's own first; a key as PKCS#8, plain or with a password, or in the older forms
/// PKCS#1 and SEC1. Or all of it in one PKCS#12 file.
public final class Certificates {
    private Certificates() {}

    /// A certificate with its key.
    ///
    /// @param chain the server's own certificate first
    /// @param names the hosts that it is for, in lower case, perhaps with `*.` in front
    public record Identity(List<X509Certificate> chain, PrivateKey key, List<String> names) {
        public Identity {
            chain = List.copyOf(chain);
            names = List.copyOf(names);
        }

        public X509Certificate own() {
            return chain.getFirst();
        }

        /// The same for these hosts, too.
        Identity alsoFor(List<String> others) {
            List<String> all = new ArrayList<>(others);
            all.addAll(names);
            return new Identity(chain, key, all);
        }
    }

    /// A block of a PEM file.
    private record Block(String label, byte[] octets) {}

    private static final String CERTIFICATE = "CERTIFICATE";
    private static final int DNS_NAME = 2; // GeneralName of RFC 5280 §4.2.1.6
    private static final int TAG_SEQUENCE = 0x30, TAG_INTEGER = 0x02, TAG_OCTETS = 0x04; // of X.690

    /// @param key empty where the certificate's file holds the key, too
    /// @param password of the key; empty for none
    /// @throws Fault if a file is missing or no such file, or the two do not belong together, or it is not the time
    public static Identity read(Path certificate, Optional<Path> key, String password, Instant now) throws Fault {
        byte[] octets = octets(certificate);
        Identity identity = isPem(octets) ? fromPem(octets, certificate, key, password)
                : fromPkcs12(octets, certificate, password);
        if (!fits(identity)) {
            throw fault("The key in '" + key.orElse(certificate) + "' does not belong to the first certificate in '"
                    + certificate + "'; name the one that it was made with.");
        }
        checkTime(identity.own(), certificate, now);
        return identity;
    }

    private static Fault fault(String sentence) {
        return new Fault(Fault.CANNOT_START, sentence);
    }

    private static byte[] octets(Path file) throws Fault {
        try {
            return Files.readAllBytes(file);
        } catch (IOException _) {
            throw fault("'" + file + "' can't be read" + (Files.exists(file) ? " by this user; check its permissions."
                    : "; name a file that is there."));
        }
    }

    private static boolean isPem(byte[] octets) {
        return text(octets).contains("-----BEGIN ");
    }

    private static String text(byte[] octets) {
        return new String(octets, StandardCharsets.ISO_8859_1);
    }

    private static Identity fromPem(byte[] octets, Path certificate, Optional<Path> key, String password) throws Fault {
        List<X509Certificate> chain = new ArrayList<>();
        for (Block block : blocks(octets, certificate)) {
            if (block.label.equals(CERTIFICATE)) {
                chain.add(certificate(block.octets, certificate));
            }
        }
        if (chain.isEmpty()) {
            throw fault("'" + certificate + "' holds no certificate; name the file that begins with -----BEGIN CERTIFICATE-----.");
        }
        Path keyFile = key.orElse(certificate);
        PrivateKey secret = key(blocks(octets(keyFile), keyFile), chain.getFirst(), keyFile, password);
        return new Identity(chain, secret, names(chain.getFirst()));
    }

    /// What stands between `-----BEGIN X-----` and the next `-----END`, in order; text around it is a comment.
    private static List<Block> blocks(byte[] octets, Path file) throws Fault {
        List<Block> blocks = new ArrayList<>();
        String text = text(octets);
        for (int begin = text.indexOf("-----BEGIN "); begin >= 0; begin = text.indexOf("-----BEGIN ", begin + 1)) {
            int label = begin + "-----BEGIN ".length();
            int content = text.indexOf("-----", label);
            int end = text.indexOf("-----END ", label);
            if (content < 0 || end < content) {
                throw fault("'" + file + "' is cut off in the middle; copy it anew.");
            }
            String inside = text.substring(content + 5, end);
            if (inside.contains("Proc-Type:")) {
                throw fault("The key in '" + file + "' is encrypted in a way that is no longer safe; convert it with "
                        + "'openssl pkcs8 -topk8 -in OLD -out NEW'.");
            }
            blocks.add(new Block(text.substring(label, content), base64(inside, file)));
        }
        return blocks;
    }

    private static byte[] base64(String text, Path file) throws Fault {
        try {
            return Base64.getMimeDecoder().decode(text);
        } catch (IllegalArgumentException _) {
            throw fault("'" + file + "' is damaged; copy it anew.");
        }
    }

    private static X509Certificate certificate(byte[] der, Path file) throws Fault {
        try {
            Certificate certificate = CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
            return (X509Certificate) certificate;
        } catch (CertificateException _) {
            throw fault("A certificate in '" + file + "' is damaged; copy it anew.");
        }
    }

    private static PrivateKey key(List<Block> blocks, X509Certificate own, Path file, String password) throws Fault {
        for (Block block : blocks) {
            switch (block.label) {
                case "PRIVATE KEY" -> {
                    return key(new PKCS8EncodedKeySpec(block.octets), own, file);
                }
                case "RSA PRIVATE KEY", "EC PRIVATE KEY" -> {
                    return key(new PKCS8EncodedKeySpec(pkcs8(block.octets, own)), own, file);
                }
                case "ENCRYPTED PRIVATE KEY" -> {
                    return key(decrypted(block.octets, file, password), own, file);
                }
                default -> { } // parameters of a curve, which the key names, too
            }
        }
        throw fault("'" + file + "' holds no private key; name the file that begins with -----BEGIN PRIVATE KEY----- (--tls-key).");
    }

    private static PrivateKey key(PKCS8EncodedKeySpec spec, X509Certificate own, Path file) throws Fault {
        try {
            return KeyFactory.getInstance(own.getPublicKey().getAlgorithm()).generatePrivate(spec);
        } catch (InvalidKeySpecException _) {
            throw fault("The key in '" + file + "' is no " + own.getPublicKey().getAlgorithm()
                    + " key, as the certificate wants it; name the one that it was made with.");
        } catch (GeneralSecurityException _) {
            throw fault("Keys of the kind in '" + file + "' are not known here; use an EC (P-256) or RSA key.");
        }
    }

    /// The older forms lack what says which kind of key they are, and it stands in the certificate (RFC 5208 §5):
    ///
    ///     SEQUENCE { INTEGER 0, AlgorithmIdentifier, OCTET STRING { what the older form is } }
    private static byte[] pkcs8(byte[] older, X509Certificate own) {
        byte[] algorithm = firstOf(own.getPublicKey().getEncoded());
        return der(TAG_SEQUENCE, der(TAG_INTEGER, new byte[1]), algorithm, der(TAG_OCTETS, older));
    }

    /// The first element of a sequence, which in a public key is its AlgorithmIdentifier (RFC 5280 §4.1).
    private static byte[] firstOf(byte[] sequence) {
        ByteBuffer der = ByteBuffer.wrap(sequence);
        enter(der);
        int first = der.position();
        int length = enter(der);
        return Arrays.copyOfRange(sequence, first, der.position() + length);
    }

    /// Passes a tag and a length, and returns the length.
    private static int enter(ByteBuffer der) {
        der.get();
        int length = der.get() & 0xFF;
        int octets = length < 0x80 ? 0 : length & 0x7F;
        length = octets == 0 ? length : 0;
        for (int i = 0; i < octets; i++) {
            length = length << 8 | der.get() & 0xFF;
        }
        return length;
    }

    /// An element of less than 64 KiB.
    private static byte[] der(int tag, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        int length = content.size();
        byte[] head = length < 0x80 ? new byte[] {(byte) tag, (byte) length}
                : length < 0x100 ? new byte[] {(byte) tag, (byte) 0x81, (byte) length}
                : new byte[] {(byte) tag, (byte) 0x82, (byte) (length >> 8), (byte) length};
        byte[] element = Arrays.copyOf(head, head.length + length);
        System.arraycopy(content.toByteArray(), 0, element, head.length, length);
        return element;
    }

    private static PKCS8EncodedKeySpec decrypted(byte[] octets, Path file, String password) throws Fault {
        try {
            EncryptedPrivateKeyInfo encrypted = new EncryptedPrivateKeyInfo(octets);
            String algorithm = encrypted.getAlgParameters().toString(); // of PBES2 (RFC 8018): which of its many pairs
            Key key = SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(password.toCharArray()));
            Cipher cipher = Cipher.getInstance(algorithm);
            cipher.init(Cipher.DECRYPT_MODE, key, encrypted.getAlgParameters());
            return encrypted.getKeySpec(cipher);
        } catch (InvalidKeyException | InvalidKeySpecException _) {
            throw wrongPassword(file, password);
        } catch (IOException | GeneralSecurityException _) {
            throw fault("The key in '" + file + "' is encrypted in a way that is not known here; convert it with "
                    + "'openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD -out NEW'.");
        }
    }

    private static Fault wrongPassword(Path file, String password) {
        return fault(password.isEmpty() ? "'" + file + "' is encrypted; set its password (COMANCHE_TLS_PASSWORD)."
                : "The password does not open '" + file + "'; set the right one (COMANCHE_TLS_PASSWORD).");
    }

    /// The first key of the file, and its chain.
    private static Identity fromPkcs12(byte[] octets, Path file, String password) throws Fault {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(new ByteArrayInputStream(octets), password.toCharArray());
            for (String alias : Collections.list(store.aliases())) {
                if (store.getKey(alias, password.toCharArray()) instanceof PrivateKey key) {
                    List<X509Certificate> chain = new ArrayList<>();
                    for (Certificate certificate : store.getCertificateChain(alias)) {
                        chain.add((X509Certificate) certificate);
                    }
                    return new Identity(chain, key, names(chain.getFirst()));
                }
            }
        } catch (IOException e) {
            throw e.getCause() instanceof UnrecoverableKeyException ? wrongPassword(file, password)
                    : fault("'" + file + "' is neither PEM nor PKCS#12; name a file that begins with "
                            + "-----BEGIN CERTIFICATE-----, or a .p12.");
        } catch (GeneralSecurityException _) {
            throw wrongPassword(file, password);
        }
        throw fault("'" + file + "' holds no private key; export it with its key ('openssl pkcs12 -export').");
    }

    /// The hosts that a certificate names (RFC 6125: its subject's common name no longer counts).
    private static List<String> names(X509Certificate certificate) {
        List<String> names = new ArrayList<>();
        try {
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            for (List<?> name : alternatives == null ? List.<List<?>>of() : alternatives) {
                if (name.getFirst().equals(DNS_NAME)) {
                    names.add(name.get(1).toString().toLowerCase(Locale.ROOT));
                }
            }
        } catch (CertificateException _) {
            // one that names nobody serves those who ask for nobody
        }
        return names;
    }

    /// What the key signs, the certificate must verify.
    private static boolean fits(Identity identity) throws Fault {
        String algorithm = switch (identity.own().getPublicKey().getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> identity.own().getPublicKey().getAlgorithm();
        };
        try {
            byte[] probe = identity.own().getSerialNumber().toByteArray();
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(identity.key);
            signature.update(probe);
            byte[] signed = signature.sign();
            signature.initVerify(identity.own().getPublicKey());
            signature.update(probe);
            return signature.verify(signed);
        } catch (InvalidKeyException | SignatureException _) {
            return false;
        } catch (GeneralSecurityException _) {
            throw fault(algorithm + " keys are not known here; use an EC (P-256) or RSA key.");
        }
    }

    private static void checkTime(X509Certificate certificate, Path file, Instant now) throws Fault {
        if (now.isAfter(certificate.getNotAfter().toInstant())) {
            throw fault("The certificate in '" + file + "' has expired (" + certificate.getNotAfter().toInstant()
                    + "); renew it.");
        }
        if (now.isBefore(certificate.getNotBefore().toInstant())) {
            throw fault("The certificate in '" + file + "' is not valid before " + certificate.getNotBefore().toInstant()
                    + "; wait, or set the clock.");
        }
    }

    /// As text (RFC 7468 §5).
    static byte[] pem(X509Certificate certificate) {
        try {
            String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded());
            return ("-----BEGIN CERTIFICATE-----\n" + text + "\n-----END CERTIFICATE-----\n").getBytes(StandardCharsets.US_ASCII);
        } catch (CertificateException e) {
            throw new IllegalStateException(e); // it was read from octets
        }
    }

    /// The SHA-256 of a certificate, as browsers show it.
    static String fingerprint(X509Certificate certificate) {
        try {
            return HexFormat.ofDelimiter(":").withUpperCase()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every Java has SHA-256
        }
    }

    /// Can any user of this machine read the file? A key must not be of that kind.
    static boolean isOpenToAll(Path file) {
        try {
            return Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ);
        } catch (IOException | UnsupportedOperationException _) {
            return false;
        }
    }
}
