package lib.site;

import java.util.Optional;
import lib.http.Authority;
import lib.http.Content;
import lib.http.Fields;
import lib.http.Request;
import lib.http.Response;
import lib.http.Status;
import lib.http.Target;

/// What does a client hear that speaks plain HTTP where it should speak TLS? Where to go instead; nothing else.
///
/// But for one document: the certificate of our local authority, which a client must have before it can trust the rest.
public record ToHttps(Optional<byte[]> authority) {

    /// Where the certificate is; it is no secret.
    public static final String AUTHORITY_TARGET = "/.well-known/comanche-ca.crt";

    private static final int HTTP_PORT = 80, HTTPS_PORT = 443;

    /// The answer to a request that came without TLS.
    ///
    /// @param port where TLS is spoken; 0 for the port that the client has asked
    public Response answer(Request request, int port) {
        Optional<Response> certificate = certificate(request);
        if (certificate.isPresent()) {
            return certificate.get();
        }
        if (request.authority().isEmpty() || !(request.target() instanceof Target.Place place)) {
            return Response.failure(Status.BAD_REQUEST);
        }
        Authority asked = request.authority().get();
        int https = port > 0 ? port : asked.port() < 0 ? HTTP_PORT : asked.port();
        String host = asked.host() + (https == HTTPS_PORT ? "" : ":" + https);
        boolean reads = request.isGet() || request.isHead();
        return Response.failure(reads ? Status.MOVED_PERMANENTLY : Status.PERMANENT_REDIRECT,
                "Location", "https://" + host + place.path() + place.querySuffix());
    }

    /// The certificate, if that is what the client asks for and if there is one.
    public Optional<Response> certificate(Request request) {
        boolean wanted = request.rawTarget().equals(AUTHORITY_TARGET) && (request.isGet() || request.isHead());
        return !wanted ? Optional.empty() : authority.map(octets -> new Response(Status.OK,
                Fields.of("Content-Type", "application/x-x509-ca-cert"), new Content.Octets(octets)));
    }
}
