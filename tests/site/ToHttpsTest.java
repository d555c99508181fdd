package tests.site;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import lib.http.Authority;
import lib.http.Content;
import lib.http.Fields;
import lib.http.Request;
import lib.http.Response;
import lib.http.Target;
import lib.site.ToHttps;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Where plain HTTP is sent.
class ToHttpsTest {
    private static final byte[] CERTIFICATE = {1, 2, 3};

    private static Request request(String method, String target, String host) {
        return new Request(method, target, Target.parse(target, method).orElseThrow(), 1,
                Optional.ofNullable(host).flatMap(Authority::parse), Fields.NONE);
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", delimiter = '|', textBlock = """
            GET     | /                | a.example:8443 | 0    | 301 | https://a.example:8443/
            HEAD    | /a/b?c=d         | a.example:8443 | 0    | 301 | https://a.example:8443/a/b?c=d
            POST    | /a               | a.example:8443 | 0    | 308 | https://a.example:8443/a
            PUT     | /%C3%BC%20%2F/   | a.example:8443 | 0    | 308 | https://a.example:8443/%C3%BC%20%2F/
            OPTIONS | /a               | a.example:8443 | 0    | 308 | https://a.example:8443/a
            GET     | //b.example/x    | a.example:8443 | 0    | 301 | https://a.example:8443/b.example/x
            GET     | /?q=[1]          | a.example:443  | 0    | 301 | https://a.example/?q=%5B1%5D
            GET     | /                | [::1]:8443     | 0    | 301 | https://[::1]:8443/
            GET     | /                | a.example      | 0    | 301 | https://a.example:80/
            GET     | /a               | a.example:8080 | 8443 | 301 | https://a.example:8443/a
            GET     | /a               | a.example      | 443  | 301 | https://a.example/a
            GET     | /                | -              | 0    | 400 | -
            GET     | /                | -              | 443  | 400 | -
            OPTIONS | *                | a.example      | 443  | 400 | -
            CONNECT | b.example:1      | a.example      | 443  | 400 | -
            POST    | /.well-known/comanche-ca.crt  | a:8443 | 0 | 308 | https://a:8443/.well-known/comanche-ca.crt
            """)
    void theWayToHttpsKeepsHostAndTarget(String method, String target, String host, int port, int status, String location) {
        Response response = new ToHttps(Optional.of(CERTIFICATE)).answer(request(method, target, host), port);
        assertEquals(status, response.status().code());
        assertEquals(Optional.ofNullable(location), response.fields().first("Location"));
    }

    @ParameterizedTest
    @CsvSource({"GET, a:8443", "HEAD, a", "GET, "})
    void theCertificateOfTheAuthorityNeedsNoTrust(String method, String host) {
        Request request = request(method, ToHttps.AUTHORITY_TARGET, host);
        Response response = new ToHttps(Optional.of(CERTIFICATE)).answer(request, 0);
        assertEquals(200, response.status().code());
        assertEquals(Optional.of("application/x-x509-ca-cert"), response.fields().first("Content-Type"));
        assertArrayEquals(CERTIFICATE, ((Content.Octets) response.content()).octets());
        assertEquals(host == null ? 400 : 301, new ToHttps(Optional.empty()).answer(request, 0).status().code());
    }
}
