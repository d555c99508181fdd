package lib.site;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import lib.http.EntityTag;
import lib.http.Fields;
import lib.http.HttpDate;
import lib.http.Request;

/// May this request proceed, given what the client knows already? (RFC 9110 §13)
public final class Preconditions {

    public enum Outcome { PROCEED, NOT_MODIFIED, FAILED }

    private Preconditions() {}

    /// The five steps of §13.2.2 in their order; the last of them, If-Range, is [#rangeApplies].
    public static Outcome evaluate(Request request, EntityTag tag, Optional<Instant> modified, Instant now) {
        return evaluate(request.fields(), request.isGet() || request.isHead(), tag, modified, now);
    }

    /// The same for fields that were kept from a request.
    ///
    /// @param reads was it a GET or a HEAD?
    /// @param modified empty where no date tells what there is from what there was: then none is compared (§13.1.3, §13.1.4)
    public static Outcome evaluate(Fields fields, boolean reads, EntityTag tag, Optional<Instant> modified, Instant now) {
        Instant second = HttpDate.toSecond(modified.orElse(now));
        Optional<String> ifMatch = fields.combined("If-Match");
        Optional<Instant> ifUnmodifiedSince = modified.isEmpty() ? Optional.empty() : onlyDate(fields, "If-Unmodified-Since", now);
        if (ifMatch.isPresent()) {
            if (!matches(ifMatch.get(), tag, true)) {
                return Outcome.FAILED;
            }
        } else if (ifUnmodifiedSince.isPresent() && second.isAfter(ifUnmodifiedSince.get())) {
            return Outcome.FAILED;
        }

        Optional<String> ifNoneMatch = fields.combined("If-None-Match");
        if (ifNoneMatch.isPresent()) {
            boolean matches = matches(ifNoneMatch.get(), tag, false);
            return !matches ? Outcome.PROCEED : reads ? Outcome.NOT_MODIFIED : Outcome.FAILED;
        }
        Optional<Instant> ifModifiedSince = reads && modified.isPresent() ? onlyDate(fields, "If-Modified-Since", now) : Optional.empty();
        boolean modifiedSince = ifModifiedSince.isEmpty() || second.isAfter(ifModifiedSince.get());
        return modifiedSince ? Outcome.PROCEED : Outcome.NOT_MODIFIED;
    }

    /// The same where no representation is: nothing matches, and nothing is in the way (§13.1.1, §13.1.2).
    public static Outcome evaluateAbsent(Fields fields) {
        return fields.has("If-Match") ? Outcome.FAILED : Outcome.PROCEED;
    }

    /// If-Range (§13.1.5): does the Range field still count? The comparison is strong; a date is a strong validator
    /// only if the file was not modified in the second in which we answer (§8.8.2.2).
    public static boolean rangeApplies(Request request, EntityTag tag, Optional<Instant> modified, Instant now) {
        if (request.fields().count("If-Range") > 1) {
            return false;
        }
        Optional<String> ifRange = request.fields().first("If-Range");
        if (ifRange.isEmpty()) {
            return true;
        }

        Optional<EntityTag> known = EntityTag.parse(ifRange.get());
        if (known.isPresent()) {
            return known.get().matchesStrongly(tag);
        }
        if (modified.isEmpty()) {
            return false;
        }
        Instant second = HttpDate.toSecond(modified.get());
        boolean strong = Duration.between(second, now).toSeconds() >= 1;
        return strong && HttpDate.parse(ifRange.get(), now).filter(second::equals).isPresent();
    }

    private static boolean matches(String value, EntityTag tag, boolean strongly) {
        return value.equals("*") || EntityTag.parseList(value).stream()
                .anyMatch(known -> strongly ? known.matchesStrongly(tag) : known.matchesWeakly(tag));
    }

    /// A date that is no date, or is one of several, is as if it were not there (§13.1.3, §13.1.4).
    private static Optional<Instant> onlyDate(Fields fields, String name, Instant now) {
        return fields.count(name) == 1 ? fields.first(name).flatMap(date -> HttpDate.parse(date, now)) : Optional.empty();
    }
}
