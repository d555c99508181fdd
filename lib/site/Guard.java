package lib.site;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import lib.http.Client;
import lib.http.Request;
import lib.http.Response;
import lib.http.Status;

/// Who comes here, and may they? The one that is asking, held against the rules.
///
/// @param credentials empty where there are no users
public record Guard(Optional<Credentials> credentials, Access access) {
    /// Stops nobody.
    public static final Guard NONE = new Guard(Optional.empty(), Access.OPEN);

    /// Whoever has sent this request.
    public Visitor visitor(Request request, Client client, Instant now) {
        return new Visitor(this, client, credentials.isEmpty() ? Visitor.NOBODY
                : credentials.get().identify(request, client, now), now);
    }

    /// Whoever has sent a request. Who says nothing, or the wrong thing, may do what everybody may.
    ///
    /// @param now when the request came
    public record Visitor(Guard guard, Client client, Credentials.Identity identity, Instant now) {
        private static final Credentials.Identity NOBODY = new Credentials.Identity.Nobody();

        /// The name, if it is proven.
        public Optional<String> user() {
            return identity instanceof Credentials.Identity.Known known ? Optional.of(known.user()) : Optional.empty();
        }

        /// May they do this here?
        ///
        /// @param segments decoded, from the root of the site
        public boolean may(String method, List<String> segments) {
            return guard.access.allows(user(), method, segments);
        }

        /// May they have what stands here, whatever way they came to it: as an index, by an archive of a directory above?
        public boolean mayRead(List<String> segments) {
            return may("GET", segments);
        }

        /// May they, or could they once they have logged in? Then it is worth while to offer it.
        boolean isInvited(String method, List<String> segments) {
            boolean couldLogIn = user().isEmpty() && guard.credentials.isPresent()
                    && !(guard.access.who(method, segments) instanceof Access.Who.Nobody);
            return may(method, segments) || couldLogIn;
        }

        /// The answer to those who may not. To log in helps who would then be let in: 401. Where it does not help, 403.
        public Optional<Response> refusal(String method, List<String> segments) {
            if (may(method, segments)) {
                return Optional.empty();
            }
            boolean hopeless = guard.credentials.isEmpty()
                    || guard.access.who(method, segments) instanceof Access.Who.Nobody;
            return Optional.of(hopeless ? Response.failure(Status.FORBIDDEN) : byIdentity(guard.credentials.get()));
        }

        private Response byIdentity(Credentials credentials) {
            return switch (identity) {
                case Credentials.Identity.Known _ -> Response.failure(Status.FORBIDDEN);
                case Credentials.Identity.Malformed _ -> Response.failure(Status.BAD_REQUEST);
                case Credentials.Identity.TooEarly early -> Response.failure(Status.TOO_MANY_REQUESTS, "Retry-After",
                        Long.toString(early.left().plusMillis(999).toSeconds()));
                case Credentials.Identity.Nobody _ -> login(credentials, false);
                case Credentials.Identity.Unproven unproven -> login(credentials, unproven.stale());
            };
        }

        private Response login(Credentials credentials, boolean stale) {
            return Response.failure(Status.UNAUTHORIZED).with(credentials.challenge(client, stale, now));
        }
    }
}
