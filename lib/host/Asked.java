package lib.host;

import java.time.Instant;
import java.util.Optional;
import lib.http.Request;
import lib.wire.Fingerprint;

/// What does the log say of a request, whatever has come of it?
///
/// @param requestLine empty where it did not arrive
/// @param request empty where it never became one
/// @param user who asked, as far as that was proven
/// @param content sees what comes along, if somebody wants to know
record Asked(Instant time, String requestLine, Optional<Request> request, Optional<String> user, Optional<Fingerprint> content) {
    static Asked inVain(String requestLine) {
        return new Asked(Instant.now(), requestLine, Optional.empty(), Optional.empty(), Optional.empty());
    }

    static Asked of(Request request, Instant now, Optional<Fingerprint> content) {
        String line = request.method() + ' ' + request.rawTarget() + " HTTP/1." + request.minorVersion();
        return new Asked(now, line, Optional.of(request), Optional.empty(), content);
    }

    Asked by(Optional<String> known) {
        return new Asked(time, requestLine, request, known, content);
    }

    boolean isHead() {
        return request.isPresent() && request.get().isHead();
    }
}
