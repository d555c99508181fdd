package lib.site;

import java.io.InputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lib.http.DigestFields;
import lib.http.DigestFields.Algorithm;
import lib.http.Fields;

/// Is what arrives what the request says of it? (RFC 9530 §2, §3)
///
/// Content that is whole and not coded is the representation: Content-Digest and Repr-Digest claim the same of it.
record Attestation(List<Claim> claims) {
    static final Attestation NONE = new Attestation(List.of());

    /// @param digest of what has been read
    /// @param claimed what it is to be in the end
    record Claim(MessageDigest digest, byte[] claimed) {}

    /// Those of a request whose content is the whole. One by an algorithm that we don't know claims nothing.
    static Attestation of(Fields fields) {
        return of(fields, List.of("Content-Digest", "Repr-Digest"));
    }

    /// What the fields of these names claim, each of the octets that it is about.
    static Attestation of(Fields fields, List<String> names) {
        List<Claim> claims = new ArrayList<>();
        for (String name : names) {
            for (Map.Entry<Algorithm, byte[]> claim : DigestFields.claims(fields, name).entrySet()) {
                claims.add(new Claim(claim.getKey().begin(), claim.getValue()));
            }
        }
        return new Attestation(claims);
    }

    /// The same content; reading it makes the digests.
    InputStream of(InputStream content) {
        InputStream read = content;
        for (Claim claim : claims) {
            read = new DigestInputStream(read, claim.digest);
        }
        return read;
    }

    /// Are all claims true, now that the content has been read? To be asked once.
    boolean holds() {
        boolean holds = true;
        for (Claim claim : claims) {
            holds &= MessageDigest.isEqual(claim.digest.digest(), claim.claimed);
        }
        return holds;
    }
}
