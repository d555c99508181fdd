package lib.http;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/// How does a message say of which octets a representation is, and how does somebody ask for that? (RFC 9530)
///
///     Want-Repr-Digest: sha-512=3, sha-256=10, md5=0
///     Repr-Digest: sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:
///
/// Repr-Digest is about the whole selected representation, whatever part of it is sent; Content-Digest about the content that
/// is. Where all of it is sent, plain, they are the same.
public final class DigestFields {

    /// The algorithms that are of use against an adversary (§7.2); the first one is ours where a client likes them equally.
    public enum Algorithm {
        SHA_256("sha-256"), SHA_512("sha-512");

        private final String key;

        Algorithm(String key) {
            this.key = key;
        }

        public MessageDigest begin() {
            try {
                return MessageDigest.getInstance(key);
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e); // every Java has both
            }
        }
    }

    /// Weights go from 1, the least liked, to 10; 0 is "not this one" (§4).
    private static final int MOST_LIKED = 10;

    private DigestFields() {}

    /// The algorithm that the field `name`, Want-Repr-Digest or Want-Content-Digest, likes best; empty if it asks for none that
    /// we know.
    public static Optional<Algorithm> wanted(Fields fields, String name) {
        Map<String, Dictionary.Value> weights = members(fields, name);
        Optional<Algorithm> best = Optional.empty();
        long most = 0;
        for (Algorithm algorithm : Algorithm.values()) {
            if (weights.get(algorithm.key) instanceof Dictionary.Whole(long weight) && weight > most && weight <= MOST_LIKED) {
                best = Optional.of(algorithm);
                most = weight;
            }
        }
        return best;
    }

    /// The value of Repr-Digest or Content-Digest.
    public static String format(Algorithm algorithm, byte[] digest) {
        return algorithm.key + "=:" + Base64.getEncoder().encodeToString(digest) + ':';
    }

    /// What the field `name`, Repr-Digest or Content-Digest, claims, by the algorithms that we know.
    public static Map<Algorithm, byte[]> claims(Fields fields, String name) {
        Map<String, Dictionary.Value> members = members(fields, name);
        Map<Algorithm, byte[]> claims = new EnumMap<>(Algorithm.class);
        for (Algorithm algorithm : Algorithm.values()) {
            if (members.get(algorithm.key) instanceof Dictionary.Sequence(byte[] octets)) {
                claims.put(algorithm, octets);
            }
        }
        return claims;
    }

    private static Map<String, Dictionary.Value> members(Fields fields, String name) {
        return fields.combined(name).flatMap(Dictionary::parse).map(Dictionary::members).orElse(Map.of());
    }
}
