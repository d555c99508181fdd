package lib.site;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import lib.http.Content;
import lib.http.Fields;
import lib.http.Response;
import lib.http.Status;
import lib.wire.Trouble;

/// What does a client get on purpose? A wait, then an answer, with trouble on its way.
///
/// @param fields of the answer, in place of those of the same name
public record Behaviour(Latency latency, Reply reply, Fields fields, Trouble trouble) {

    /// How long does the client wait for the first octet?
    public sealed interface Latency {
        record Fixed(Duration time) implements Latency {}

        /// Any time between the two, each as likely as any other.
        record Range(Duration least, Duration most) implements Latency {}

        /// Of a hundred requests so many take no longer than so. Between two points the time rises in a straight line: below the
        /// first from nothing, above the last not at all.
        ///
        /// @param points in rising order
        record Percentiles(List<Point> points) implements Latency {
            public Percentiles {
                points = List.copyOf(points);
            }
        }

        /// @param share of all requests, from 0 to 1
        record Point(double share, Duration time) {}

        Latency NONE = new Fixed(Duration.ZERO);

        /// @param chance from 0 to 1, without the 1
        default Duration drawn(double chance) {
            return switch (this) {
                case Fixed fixed -> fixed.time;
                case Range range -> between(range.least, range.most, chance);
                case Percentiles percentiles -> ofPoints(percentiles.points, chance);
            };
        }

        private static Duration between(Duration least, Duration most, double part) {
            return least.plusNanos(Math.round(part * most.minus(least).toNanos()));
        }

        private static Duration ofPoints(List<Point> points, double chance) {
            Point below = new Point(0, Duration.ZERO);
            for (Point point : points) {
                if (chance < point.share) {
                    return between(below.time, point.time, (chance - below.share) / (point.share - below.share));
                }
                below = point;
            }
            return below.time;
        }
    }

    /// Where does the answer come from?
    public sealed interface Reply {
        /// From the site, as always.
        record Real() implements Reply {}

        /// From here; the site does not hear of the request.
        ///
        /// @param content octets, one char each; empty for the usual page of a failure, or nothing
        record Instead(Status status, Optional<String> content) implements Reply {
            /// The answer, before it gets the fields of its site.
            public Response response() {
                boolean page = content.isEmpty() && status.isError();
                return page ? Response.failure(status) : new Response(status, content.isEmpty() ? Fields.NONE
                        : Fields.of("Content-Type", "text/plain; charset=utf-8"), octets());
            }

            private Content octets() {
                return content.isEmpty() ? Content.NONE
                        : new Content.Octets(content.get().getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
            }
        }

        /// From nowhere: the client waits until it has enough of that.
        record Never() implements Reply {}
    }

    /// What every request gets.
    public static final Behaviour USUAL = new Behaviour(Latency.NONE, new Reply.Real(), Fields.NONE, Trouble.NONE);
}
