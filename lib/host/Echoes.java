package lib.host;

import java.util.Arrays;
import java.util.zip.CRC32C;
import lib.http.Request;
import lib.http.Response;
import lib.site.Glance;

/// Has exactly this been asked, and answered, in this very second? Then the answer is the same, if its basis still holds.
///
/// Octets that are the same are the same request; and nothing that an answer at one glance is made of changes within a second but what
/// the file system has, and that is looked at each time. So what many clients ask for alike, again and again, is neither
/// parsed nor decided nor put together anew. A thread has a few of these, each in the place that its octets give it; who comes to
/// a place that is taken takes it over.
final class Echoes {
    private static final int PLACES = 64;

    /// A longer answer takes longer to send than to make.
    static final int MOST_OCTETS = 16 * 1024;

    /// @param asked the octets of the request
    /// @param second of the answer, since the epoch
    /// @param service that gave it
    /// @param secure did it go under TLS?
    /// @param glance the response, and what it stands on
    /// @param octets of the response, head and content
    /// @param contentOctets how many of them, from the back, are content
    record Echo(byte[] asked, long second, Service service, boolean secure, Request request, Glance<Response> glance, byte[] octets,
                  int contentOctets) {

        private boolean answers(byte[] question, int count, long now, Service current, boolean underTls) {
            return second == now && service == current && secure == underTls && Arrays.equals(asked, 0, asked.length, question, 0, count)
                    && glance.basis().holds();
        }
    }

    private final Echo[] places = new Echo[PLACES];
    private final CRC32C sum = new CRC32C();

    /// What was answered to these octets, if it holds; else null.
    Echo find(byte[] octets, int count, long second, Service service, boolean secure) {
        Echo echo = places[place(octets, count)];
        return echo != null && echo.answers(octets, count, second, service, secure) ? echo : null;
    }

    void keep(Echo echo) {
        places[place(echo.asked, echo.asked.length)] = echo;
    }

    private int place(byte[] octets, int count) {
        sum.reset();
        sum.update(octets, 0, count);
        return (int) sum.getValue() & PLACES - 1;
    }
}
