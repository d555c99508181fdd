package lib.site;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// A key that was drawn at random and never leaves this object, to know again what we have seen or said ourselves.
final class Secret {
    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;

    Secret() {
        byte[] octets = new byte[32];
        new SecureRandom().nextBytes(octets);
        key = new SecretKeySpec(octets, ALGORITHM);
    }

    /// 32 octets that nobody else can make of these, and from which nobody gets these back.
    byte[] sign(byte[] octets) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac.doFinal(octets);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible); // every Java has it
        }
    }

    /// The same of text in octets, one char each, as such text.
    String sign(String text) {
        return new String(sign(text.getBytes(StandardCharsets.ISO_8859_1)), StandardCharsets.ISO_8859_1);
    }
}
