package lib.host;

import java.util.Optional;
import lib.http.Request;
import lib.http.Target;
import lib.http.TargetPattern;

/// Which requests does somebody mean who writes a pattern?
///
///     GET /app.js         this one, with any query or none
///     /img/*.png          with whatever method; the path is a pattern as in rules
///     /search?q=1         only with this query
///
/// @param method empty for all
/// @param query empty for any
public record Wanted(Optional<String> method, TargetPattern path, Optional<String> query) {

    /// The pattern that a person has written; empty if it is none.
    public static Optional<Wanted> parse(String text) {
        int blank = text.indexOf(' ');
        boolean bare = text.startsWith("/");
        Optional<String> method = bare || blank < 0 ? Optional.empty() : Optional.of(text.substring(0, blank));
        String target = bare || blank < 0 ? text : text.substring(blank + 1);
        int mark = target.indexOf('?');
        Optional<String> query = mark < 0 ? Optional.empty() : Optional.of(target.substring(mark + 1));
        Optional<TargetPattern> path = TargetPattern.parse(mark < 0 ? target : target.substring(0, mark));
        return method.isPresent() && !Request.KNOWN_METHODS.contains(method.get()) ? Optional.empty()
                : path.map(pattern -> new Wanted(method, pattern, query));
    }

    /// @param rawTarget as it came
    public boolean matches(String asked, String rawTarget) {
        return (method.isEmpty() || method.get().equals(asked)) && Target.parse(rawTarget, asked)
                .filter(target -> path.matches(target) && (query.isEmpty() || target instanceof Target.Place place
                        && place.query().equals(query))).isPresent();
    }

    /// As a person writes it.
    @Override
    public String toString() {
        return method.map(name -> name + ' ').orElse("") + path + query.map(text -> '?' + text).orElse("");
    }
}
