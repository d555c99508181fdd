package lib.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Which answers does nobody want?
///
///     404                      any with this status
///     4xx,500                  with one of these
///     404 GET /api/*           only the answers to these requests
///
/// A browser asks by itself for some files that few sites have. Their absence is no failure, unless the pattern of a request
/// says that it is.
///
/// @param statuses as in `404` or `4xx`
/// @param among the requests that it is about; empty for all but those that a browser makes by itself
public record Unwanted(List<String> statuses, Optional<Wanted> among) {

    /// What browsers ask for without being told of it by a page.
    private static final List<Wanted> UNASKED = List.of(of("/favicon.ico"), of("/apple-touch-icon*.png"),
            of("/.well-known/appspecific/*"));

    public Unwanted {
        statuses = List.copyOf(statuses);
    }

    private static Wanted of(String target) {
        return Wanted.parse("GET " + target).orElseThrow();
    }

    /// What a person has written; empty if it makes no sense.
    public static Optional<Unwanted> parse(String text) {
        int blank = text.indexOf(' ');
        List<String> statuses = new ArrayList<>();
        for (String status : (blank < 0 ? text : text.substring(0, blank)).toLowerCase(Locale.ROOT).split(",")) {
            if (!status.matches("[45](\\d\\d|xx)|[1-3]\\d\\d")) {
                return Optional.empty();
            }
            statuses.add(status);
        }
        Optional<Wanted> among = blank < 0 ? Optional.empty() : Wanted.parse(text.substring(blank + 1).strip());
        return blank >= 0 && among.isEmpty() ? Optional.empty() : Optional.of(new Unwanted(statuses, among));
    }

    /// @param method empty where no request could be read
    public boolean matches(int status, String method, String rawTarget) {
        String code = Integer.toString(status);
        if (!statuses.contains(code) && !statuses.contains(code.charAt(0) + "xx")) {
            return false;
        }
        return among.isPresent() ? among.get().matches(method, rawTarget)
                : UNASKED.stream().noneMatch(unasked -> unasked.matches(method, rawTarget));
    }
}
