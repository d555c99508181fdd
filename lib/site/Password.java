package lib.site;

import at.favre.lib.crypto.bcrypt.BCrypt;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.commons.codec.digest.Md5Crypt;
import org.apache.commons.codec.digest.Sha2Crypt;

/// How is a password kept, and is this the one? In the clear, or as a hash from which nobody gets it back.
///
///     $2y$10$Tmnc2ea1C/X6mJZZ.pOwjOqLwb1XyhPXyYCOGT6a3o6gxyhLbmVC6    bcrypt
///     $6$rounds=5000$YvH81pH691rqCcba$NE4n1Hhv...                     SHA-512 crypt; $5$ is SHA-256 crypt
///     $apr1$RJmvbXff$pg8w7oOb9m4qbwohF2i9y.                           Apache's MD5 crypt, for old files
///
/// A hash is slow on purpose: about 60 ms of a processor for bcrypt of cost 10. Passwords are octets, one char each.
///
/// @param text the password, or its hash with all that it was made with
public record Password(Kind kind, String text) {
    public enum Kind { CLEAR, BCRYPT, SHA256_CRYPT, SHA512_CRYPT, APR1 }

    /// The hashes and how dear they may be: nobody waits for bcrypt of cost 31, which takes a day and a half.
    private static final Pattern BCRYPT = Pattern.compile("\\$2[aby]\\$(0[4-9]|1[0-7])\\$[./A-Za-z0-9]{53}");
    private static final Pattern SHA256 =
            Pattern.compile("\\$5\\$(rounds=[1-9][0-9]{3,6}\\$)?[./A-Za-z0-9]{1,16}\\$[./A-Za-z0-9]{43}");
    private static final Pattern SHA512 =
            Pattern.compile("\\$6\\$(rounds=[1-9][0-9]{3,6}\\$)?[./A-Za-z0-9]{1,16}\\$[./A-Za-z0-9]{86}");
    private static final Pattern MD5 = Pattern.compile("\\$apr1\\$[./A-Za-z0-9]{1,8}\\$[./A-Za-z0-9]{22}");

    /// What bcrypt takes of a password; the rest it drops.
    public static final int BCRYPT_OCTETS = 72;

    /// Doubles with each step. At 10 a person does not notice it, and who has stolen the hash guesses a few thousand a day.
    private static final int BCRYPT_COST = 10;

    static Password clear(String password) {
        return new Password(Kind.CLEAR, password);
    }

    /// A hash of one of the kinds above; empty for anything else, be it a password in the clear.
    static Optional<Password> parse(String text) {
        Kind kind = BCRYPT.matcher(text).matches() ? Kind.BCRYPT : SHA256.matcher(text).matches() ? Kind.SHA256_CRYPT
                : SHA512.matcher(text).matches() ? Kind.SHA512_CRYPT : MD5.matcher(text).matches() ? Kind.APR1 : Kind.CLEAR;
        return kind == Kind.CLEAR ? Optional.empty() : Optional.of(new Password(kind, text));
    }

    /// The bcrypt hash of a password.
    ///
    /// @param password not longer than bcrypt takes
    public static String hash(String password) {
        byte[] octets = octets(password);
        return new String(BCrypt.with(version(octets)).hash(BCRYPT_COST, octets), StandardCharsets.US_ASCII);
    }

    /// Is to compare with it so dear that not everybody may do it at once?
    boolean isSlow() {
        return kind != Kind.CLEAR;
    }

    /// Is this the password? Takes as long for a wrong one.
    boolean matches(String password) {
        byte[] octets = octets(password);
        return switch (kind) {
            case CLEAR -> isSame(text, password);
            case BCRYPT -> bcrypt(octets);
            case SHA256_CRYPT -> isSame(text, Sha2Crypt.sha256Crypt(octets, text));
            case SHA512_CRYPT -> isSame(text, Sha2Crypt.sha512Crypt(octets, text));
            case APR1 -> isSame(text, Md5Crypt.apr1Crypt(octets, text));
        };
    }

    private boolean bcrypt(byte[] octets) {
        byte[] taken = Arrays.copyOf(octets, Math.min(octets.length, BCRYPT_OCTETS));
        return BCrypt.verifyer(version(taken)).verify(taken, octets(text)).verified;
    }

    /// In C a password ends with a NUL, which is hashed along where there is room for it.
    private static BCrypt.Version version(byte[] octets) {
        return octets.length < BCRYPT_OCTETS ? BCrypt.Version.VERSION_2Y : BCrypt.Version.VERSION_2Y_NO_NULL_TERMINATOR;
    }

    private static boolean isSame(String a, String b) {
        return MessageDigest.isEqual(octets(a), octets(b));
    }

    private static byte[] octets(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /// It may be in the clear, and a record prints what it holds.
    @Override
    public String toString() {
        return "Password[" + kind + "]";
    }
}
