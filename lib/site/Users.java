package lib.site;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Who is known, and by which password?
///
/// Users come from the settings, `ann:secret`, or from a file as `htpasswd` writes it:
///
///     # a comment
///     ann:$2y$10$Tmnc2ea1C/X6mJZZ.pOwjOqLwb1XyhPXyYCOGT6a3o6gxyhLbmVC6
///
/// Names are octets, one char each.
public record Users(Map<String, Password> passwords) {
    public static final Users NONE = new Users(Map.of());

    private static final String HOW = "'comanche hash NAME' prints it";

    /// What a file says, and what is wrong with it.
    ///
    /// @param complaints each begins with the number of its line and a colon; they never quote what may be a password
    public record Parsed(Users users, List<String> complaints) {
        public Parsed {
            complaints = List.copyOf(complaints);
        }
    }

    public Users {
        passwords = Map.copyOf(passwords);
    }

    /// Users whose passwords are known in the clear.
    public static Users clear(Map<String, String> passwords) {
        Map<String, Password> users = new LinkedHashMap<>();
        for (Map.Entry<String, String> user : passwords.entrySet()) {
            users.put(user.getKey(), Password.clear(user.getValue()));
        }
        return new Users(users);
    }

    /// Can this be a user's name? A colon would end it, and a control character can't be sent (RFC 7617 §2).
    public static boolean isName(String text) {
        return !text.isEmpty() && text.chars().noneMatch(c -> c < ' ' || c == 0x7F || c == ':');
    }

    /// The users of a file, and every complaint about it.
    ///
    /// @param octets of the whole file, one char each
    public static Parsed parse(String octets) {
        Map<String, Password> users = new LinkedHashMap<>();
        List<String> complaints = new ArrayList<>();
        List<String> lines = octets.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (!line.isEmpty() && !line.startsWith("#")) {
                int number = i + 1;
                add(line, users).ifPresent(complaint -> complaints.add(number + ": " + complaint));
            }
        }
        if (users.isEmpty() && complaints.isEmpty()) {
            complaints.add("1: the file names no user; write a line NAME:HASH for each, " + HOW + '.');
        }
        return new Parsed(new Users(users), complaints);
    }

    /// Adds the user of this line; returns what is wrong with it, if anything is.
    private static Optional<String> add(String line, Map<String, Password> users) {
        int colon = line.indexOf(':');
        String name = line.substring(0, Math.max(colon, 0));
        String hash = line.substring(colon + 1);
        if (!isName(name)) {
            return Optional.of("this is no user; write NAME:HASH, " + HOW + '.');
        }
        if (users.containsKey(name)) {
            return Optional.of("'" + FileNames.text(name) + "' stands in the file already; leave one of the two out.");
        }
        Optional<Password> password = Password.parse(hash);
        password.ifPresent(known -> users.put(name, known));
        return password.isPresent() ? Optional.empty() : Optional.of("the password of '" + FileNames.text(name) + "' "
                + (hash.startsWith("{SHA}") ? "is a SHA-1 without salt, which is guessed in no time"
                        : "is neither bcrypt (of cost 4 to 17), SHA-256 crypt, SHA-512 crypt nor apr1")
                + "; make a new hash, " + HOW + '.');
    }

    /// The password to compare with, also for a name that nobody has: then one that belongs to somebody else, always the same
    /// for the same name, so that the time of a refusal does not tell which names there are.
    ///
    /// @param lot a number that strangers can't foretell, made of the name
    Password passwordOf(String name, int lot) {
        List<Password> all = List.copyOf(passwords.values());
        return passwords.getOrDefault(name, all.get(Math.floorMod(lot, all.size())));
    }

    boolean knows(String name) {
        return passwords.containsKey(name);
    }

    /// These users and those.
    Users with(Users others) {
        Map<String, Password> all = new LinkedHashMap<>(passwords);
        all.putAll(others.passwords);
        return new Users(all);
    }

    /// Compares with one password of each kind, and draws at random, so that all that takes is loaded.
    public void warmUp() {
        new Secret().sign("");
        for (Password.Kind kind : Password.Kind.values()) {
            passwords.values().stream().filter(kept -> kept.kind() == kind).findFirst().ifPresent(kept -> kept.matches(""));
        }
    }
}
