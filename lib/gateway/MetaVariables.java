package lib.gateway;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lib.http.Authority;
import lib.http.Client;
import lib.http.Fields;
import lib.http.Request;
import lib.http.Target;
import lib.http.Tokens;
import lib.site.Errand;

/// What is a program told about the request? (RFC 3875 §4.1)
///
/// Names and values, as octets with one char each. Beside the variables of the RFC there are those without which PHP and others don't
/// find their way: SCRIPT_FILENAME, DOCUMENT_ROOT, REQUEST_URI, REQUEST_SCHEME, HTTPS, REDIRECT_STATUS.
public final class MetaVariables {
    private static final String GATEWAY_INTERFACE = "CGI/1.1";

    /// Fields that are told in another way, or to nobody: a `Proxy` field would become the HTTP_PROXY that clients of other
    /// servers go by ("httpoxy"), and what belongs to the connection is none of the program's business.
    private static final Set<String> UNTOLD = Set.of("content-length", "content-type", "proxy-authorization", "proxy",
            "connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "expect");

    private MetaVariables() {}

    /// @param contentLength of the content as the program will get it; -1 for a request without any
    /// @param software the server's name, as in its Server field
    public static Map<String, String> of(Errand errand, long contentLength, String software) {
        Request request = errand.request();
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put("GATEWAY_INTERFACE", GATEWAY_INTERFACE);
        variables.put("SERVER_SOFTWARE", software);
        variables.put("SERVER_PROTOCOL", "HTTP/1." + request.minorVersion());
        variables.put("REQUEST_METHOD", request.method());
        variables.put("REQUEST_URI", uri(request));
        server(errand, variables);
        client(errand, variables);
        script(errand, variables);
        content(request, contentLength, variables);
        fields(request.fields(), errand.user().isPresent(), variables);
        return variables;
    }

    /// The target as the client wrote it, from its path on (not of RFC 3875, but nobody can do without).
    private static String uri(Request request) {
        String target = request.rawTarget();
        int scheme = target.startsWith("/") ? 0 : target.indexOf("://") + 3;
        int path = scheme == 0 ? 0 : target.indexOf('/', scheme);
        return path < 0 ? "/" : target.substring(path);
    }

    private static void server(Errand errand, Map<String, String> variables) {
        Client client = errand.exchange().client();
        Optional<Authority> authority = errand.request().authority();
        variables.put("SERVER_NAME", authority.map(Authority::host).filter(host -> !host.isEmpty()).orElse("localhost"));
        variables.put("SERVER_PORT", Integer.toString(client.port() > 0 ? client.port() : client.secure() ? 443 : 80));
        variables.put("REQUEST_SCHEME", client.secure() ? "https" : "http");
        if (client.secure()) {
            variables.put("HTTPS", "on");
        }
    }

    private static void client(Errand errand, Map<String, String> variables) {
        String address = errand.exchange().client().address();
        variables.put("REMOTE_ADDR", address.isEmpty() ? "127.0.0.1" : address);
        variables.put("REMOTE_HOST", variables.get("REMOTE_ADDR"));
        errand.user().ifPresent(user -> {
            String scheme = errand.request().fields().first("Authorization").orElse("").split(" ", 2)[0];
            variables.put("AUTH_TYPE", scheme);
            variables.put("REMOTE_USER", user);
        });
    }

    /// A program that the rule names has no file in the tree: then the target names one for it (PATH_TRANSLATED).
    private static void script(Errand errand, Map<String, String> variables) {
        String base = errand.octets(errand.base());
        variables.put("DOCUMENT_ROOT", base);
        variables.put("SCRIPT_NAME", errand.name());
        errand.file().ifPresent(file -> variables.put("SCRIPT_FILENAME", errand.octets(file)));
        if (!errand.rest().isEmpty()) {
            variables.put("PATH_INFO", errand.rest());
            variables.put("PATH_TRANSLATED", base.equals("/") ? errand.rest() : base + errand.rest());
        }
        variables.put("QUERY_STRING", errand.request().target() instanceof Target.Place place ? place.query().orElse("") : "");
        variables.put("REDIRECT_STATUS", "200"); // php-cgi runs nothing without it: it shows that no client called it directly
    }

    private static void content(Request request, long length, Map<String, String> variables) {
        if (length >= 0) {
            variables.put("CONTENT_LENGTH", Long.toString(length));
        }
        request.fields().first("Content-Type").ifPresent(type -> variables.put("CONTENT_TYPE", type));
    }

    /// Several lines of one name are one list (RFC 9110 §5.3); cookies are joined in their own way (RFC 6265 §5.4).
    ///
    /// @param known has the client proven who it is, to us? Then its password is not for others (RFC 3875 §4.1.18)
    private static void fields(Fields fields, boolean known, Map<String, String> variables) {
        for (Fields.Line line : fields.lines()) {
            String name = line.name().toLowerCase(Locale.ROOT);
            if (!UNTOLD.contains(name) && isUnambiguous(name) && !(known && name.equals("authorization"))) {
                variables.merge("HTTP_" + name.toUpperCase(Locale.ROOT).replace('-', '_'), line.value(),
                        (before, more) -> before + (name.equals("cookie") ? "; " : ", ") + more);
            }
        }
    }

    /// A name with an underscore would be taken for the one with a hyphen, which somebody on the way may have checked; others could
    /// not be variables.
    private static boolean isUnambiguous(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (!Tokens.isAlpha(c) && !Tokens.isDigit(c) && c != '-') {
                return false;
            }
        }
        return true;
    }
}
