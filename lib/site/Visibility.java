package lib.site;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import lib.http.Content;

/// Which names of a tree does a stranger get to know of?
///
/// Decided by name alone, for listings and requests alike. Dotfiles are a user's own business, but for `.well-known`
/// (RFC 8615). Some names hold what opens other doors; they stay out even where dotfiles are shown.
///
/// @param hidden are dotfiles served?
/// @param secrets are even secrets?
public record Visibility(boolean hidden, boolean secrets) {
    /// How the names begin that we give to files of our own while they are written: never shown to anybody.
    static final String OWN = ".comanche-";

    private static final Set<String> SECRET_NAMES = Set.of(".git", ".hg", ".svn", ".bzr", ".ssh", ".gnupg", ".aws",
            ".azure", ".kube", ".docker", ".netrc", ".pgpass", ".my.cnf", ".npmrc", ".pypirc", ".git-credentials",
            ".htpasswd", ".htdigest", ".bash_history", ".zsh_history", "id_rsa", "id_dsa", "id_ecdsa", "id_ecdsa_sk",
            "id_ed25519", "id_ed25519_sk", "privkey.pem", "key.pem", "private.pem", "private.key", "server.key");
    private static final List<String> SECRET_ENDINGS = List.of(".ppk", ".p12", ".pfx", ".jks", ".keystore", ".kdbx");

    /// Names that may hold a private key, or a harmless certificate or presentation: their content decides.
    private static final List<String> SUSPECT_ENDINGS = List.of(".key", ".pem");

    /// May a file or directory of this name be served or listed?
    public boolean shows(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        boolean dotfile = lower.startsWith(".") && !lower.equals(".well-known");
        return (hidden || !dotfile) && (secrets || !isSecret(lower)) && !lower.startsWith(OWN);
    }

    private static boolean isSecret(String lower) {
        return SECRET_NAMES.contains(lower) || lower.startsWith(".env")
                || endsWithOne(lower, SECRET_ENDINGS);
    }

    /// A bundle keeps its key behind its certificates: this far is looked for it.
    private static final int KEY_OCTETS = 64 * 1024;

    /// Is there a private key in a file that is suspect?
    static boolean holdsPrivateKey(Content.OpenFile file) throws IOException {
        ByteBuffer front = ByteBuffer.allocate(KEY_OCTETS);
        while (front.hasRemaining() && file.read(front, front.position()) > 0) {
            // read on
        }
        return new String(front.array(), 0, front.position(), StandardCharsets.ISO_8859_1).contains("PRIVATE KEY-----");
    }

    private static boolean endsWithOne(String lower, List<String> endings) {
        for (String ending : endings) {
            if (lower.endsWith(ending)) {
                return true;
            }
        }
        return false;
    }

    /// Must a file of this name be looked into for a private key?
    boolean suspects(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return !secrets && endsWithOne(lower, SUSPECT_ENDINGS);
    }
}
