package lib.site;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import lib.http.Authorization.Basic;

/// Which passwords were right before? They need no slow comparison again.
///
/// Kept as keyed digests: whoever reads this memory, and not the key, has nothing to guess from. With other users than before all
/// of it is forgotten.
final class Remembered {
    private static final int MOST = 1000;

    private final Secret secret = new Secret();
    private Users of = Users.NONE; // guarded by this, as are the pairs

    /// The digests of name and password, the one that was not seen for the longest time first.
    private final Set<String> pairs = Collections.newSetFromMap(new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > MOST;
        }
    });

    /// Was this right, as long as these users were the same?
    boolean holds(Basic basic, Users users) {
        String pair = digest(basic);
        synchronized (this) {
            return of == users && pairs.contains(pair);
        }
    }

    void add(Basic basic, Users users) {
        String pair = digest(basic);
        synchronized (this) {
            if (of != users) {
                pairs.clear();
                of = users;
            }
            pairs.add(pair);
        }
    }

    /// Neither half can hold a control character.
    private String digest(Basic basic) {
        return secret.sign(basic.user() + '\0' + basic.password());
    }
}
