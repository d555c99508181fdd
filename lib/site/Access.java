package lib.site;

import java.text.Normalizer;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// May they? Rules by place, method and user.
///
/// The first rule that names the place and the method decides, alone. A place that no rule names is for users, whoever of
/// them, if there are any. Rules see the decoded segments of a target, as files are named, so that no way to write one gets
/// round them; a symbolic link belongs to the place where it stands, not to the one that it leads to.
///
/// @param rules in the order of the file
/// @param hasUsers is there anybody who could prove who it is?
public record Access(List<Rule> rules, boolean hasUsers) {
    /// Everybody may do everything that the site does at all.
    public static final Access OPEN = new Access(List.of(), false);

    /// Methods that change nothing (RFC 9110 §9.2.1).
    private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS", "TRACE");

    /// @param place the segments that it is about, with all below them; none for the whole tree
    public record Rule(List<String> place, Methods methods, Who who) {
        public Rule {
            place = List.copyOf(place);
        }

        private boolean decides(String method, List<String> segments) {
            return methods.have(method) && isWithin(segments, place);
        }

        /// Does this rule decide all that the other one could? Then the other is never heard.
        public boolean covers(Rule other) {
            return isWithin(other.place, place) && methods.haveAll(other.methods);
        }
    }

    /// Which methods is a rule about?
    public sealed interface Methods {
        record All() implements Methods {}

        /// The safe ones.
        record Read() implements Methods {}

        /// All others.
        record Write() implements Methods {}

        /// @param names GET stands for HEAD, too: it would tell half of it
        record Named(Set<String> names) implements Methods {
            public Named {
                names = Set.copyOf(names);
            }
        }

        private boolean have(String method) {
            return switch (this) {
                case All _ -> true;
                case Read _ -> SAFE.contains(method);
                case Write _ -> !SAFE.contains(method);
                case Named named -> named.names.contains(method) || method.equals("HEAD") && named.names.contains("GET");
            };
        }

        private boolean haveAll(Methods others) {
            return switch (others) {
                case All _ -> this instanceof All;
                case Read _ -> SAFE.stream().allMatch(this::have);
                case Write _ -> this instanceof All || this instanceof Write;
                case Named named -> named.names.stream().allMatch(this::have);
            };
        }
    }

    /// Whom does a rule let in?
    public sealed interface Who {
        record Everybody() implements Who {}

        /// Not even a user.
        record Nobody() implements Who {}

        /// Whoever has proven to be one.
        record AnyUser() implements Who {}

        record These(Set<String> names) implements Who {
            public These {
                names = Set.copyOf(names);
            }
        }

        /// Can it let in anybody only who is a user?
        default boolean asksForUsers() {
            return this instanceof AnyUser || this instanceof These;
        }

        private boolean has(Optional<String> user) {
            return switch (this) {
                case Everybody _ -> true;
                case Nobody _ -> false;
                case AnyUser _ -> user.isPresent();
                case These these -> user.filter(these.names::contains).isPresent();
            };
        }
    }

    public Access {
        rules = List.copyOf(rules);
    }

    /// Who may do this here?
    Who who(String method, List<String> segments) {
        for (Rule rule : rules) {
            if (rule.decides(method, segments)) {
                return rule.who;
            }
        }
        return hasUsers ? new Who.AnyUser() : new Who.Everybody();
    }

    /// May this user, or who is none, do this here?
    public boolean allows(Optional<String> user, String method, List<String> segments) {
        boolean open = rules.isEmpty() && !hasUsers; // most sites are
        return open || who(method, segments).has(user);
    }

    /// Is it the same place, or one below?
    private static boolean isWithin(List<String> segments, List<String> place) {
        if (segments.size() < place.size()) {
            return false;
        }
        for (int i = 0; i < place.size(); i++) {
            if (!isSame(segments.get(i), place.get(i))) {
                return false;
            }
        }
        return true;
    }

    /// Only Linux tells names apart by their octets; elsewhere `PRIVATE` opens what is called `private`.
    private static final boolean FOLDS = !System.getProperty("os.name", "").equals("Linux");

    private static boolean isSame(String a, String b) {
        return a.equals(b) || FOLDS && folded(a).equalsIgnoreCase(folded(b));
    }

    private static String folded(String octets) {
        return Normalizer.normalize(FileNames.text(octets), Normalizer.Form.NFC);
    }
}
