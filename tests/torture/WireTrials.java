package tests.torture;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static tests.torture.Trial.hold;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lib.gateway.FastCgiRecords;
import lib.gateway.ProgramHead;
import lib.http.Authority;
import lib.http.Target;
import lib.wire.Limits;
import lib.wire.Multipart;
import lib.wire.RequestContent;
import lib.wire.RequestReader;
import tests.torture.SecondReader.Asked;

/// Octets as they come from a client, or from an application behind us. Where they are cut must make no difference.
final class WireTrials {
    private static final Duration TIME = Duration.ofSeconds(1);
    private static final Limits LIMITS = new Limits(SecondReader.TARGET_OCTETS, SecondReader.FIELDS_OCTETS, SecondReader.FIELD_LINES,
            1 << 20, 64, TIME, TIME, TIME, TIME, 100, 100, 1);

    private WireTrials() {}

    /// A connection: the same requests that a second reader finds, and the same end.
    static void requests(byte[] octets) throws IOException {
        String expected = SecondReader.read(octets).toString();
        same(expected, connection(Pieces.whole(octets)), "whole");
        same(expected, connection(Pieces.cut(octets, octets.length)), "cut");
    }

    /// Content in chunks, behind a head that is good.
    static void chunks(byte[] octets) throws IOException {
        byte[] head = "PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".getBytes(ISO_8859_1);
        ByteBuffer both = ByteBuffer.allocate(head.length + octets.length).put(head).put(octets);
        requests(both.array());
    }

    private static void same(String expected, String found, String how) {
        hold(expected.equals(found), how + ", the server reads\n" + found + "\nand the second reader\n" + expected);
    }

    static RequestReader reader(Pieces pieces) {
        return new RequestReader(pieces, LIMITS, () -> { }, () -> { });
    }

    private static String connection(Pieces pieces) throws IOException {
        RequestReader reader = reader(pieces);
        List<Asked> requests = new ArrayList<>();
        while (true) {
            switch (reader.next()) {
                case RequestReader.Received received -> {
                    Optional<String> content = content(received.content());
                    if (content.isEmpty()) {
                        return new SecondReader.Reading(requests, true, "").toString();
                    }
                    requests.add(asked(received, content.get()));
                }
                case RequestReader.Malformed malformed -> {
                    hold(malformed.status().isError(), "refused with " + malformed.status());
                    return new SecondReader.Reading(requests, true, "").toString();
                }
                case RequestReader.Closed closed -> {
                    return new SecondReader.Reading(requests, closed.midway(), "").toString();
                }
            }
        }
    }

    private static Optional<String> content(RequestContent content) throws IOException {
        try {
            return Optional.of(new String(content.readAllBytes(), ISO_8859_1));
        } catch (RequestContent.MalformedContent | EOFException _) {
            return Optional.empty();
        }
    }

    private static Asked asked(RequestReader.Received received, String content) {
        var request = received.request();
        Target.Place place = request.target() instanceof Target.Place known ? known : new Target.Place(Optional.empty(),
                List.of(request.rawTarget()), false, Optional.empty(), "");
        return new Asked(request.method(), request.authority().map(WireTrials::text).orElse(""), place.segments(), place.directory(),
                place.query().map(query -> '?' + query).orElse(""), request.minorVersion(),
                request.fields().lines().stream().map(line -> line.name() + ':' + line.value()).toList(), content);
    }

    private static String text(Authority authority) {
        return authority.host() + ':' + (authority.port() < 0 ? "" : authority.port());
    }

    /// A form: its first line is the Content-Type, the rest the content. The delimiter is in no part.
    static void multipart(byte[] octets) throws IOException {
        String text = new String(octets, ISO_8859_1);
        String type = text.lines().findFirst().orElse("");
        byte[] content = text.substring(Math.min(type.length() + 1, text.length())).getBytes(ISO_8859_1);
        String whole = parts(type, Pieces.whole(content), content.length);
        String cut = parts(type, Pieces.cut(content, octets.length), content.length);
        hold(whole.equals(cut), "whole: " + whole + "\nbut cut: " + cut);
    }

    private static String parts(String type, Pieces content, int most) throws IOException {
        Optional<Multipart> form = Multipart.of(type, content);
        if (form.isEmpty()) {
            return "no form";
        }
        StringBuilder parts = new StringBuilder();
        try (Multipart multipart = form.get()) {
            for (Optional<Multipart.Part> part = multipart.next(); part.isPresent(); part = multipart.next()) {
                String octets = new String(part.get().content().readAllBytes(), ISO_8859_1);
                hold(octets.length() <= most, "more came out than went in");
                parts.append(part.get().fields().lines()).append('\n').append(octets).append('\n');
            }
            return parts.append("end").toString();
        } catch (Multipart.MalformedForm _) {
            return parts.append("malformed").toString();
        } catch (Multipart.EarlyEnd _) {
            return parts.append("early end").toString();
        }
    }

    /// What an application says in FastCGI.
    static void fastCgi(byte[] octets) throws IOException {
        String whole = said(Pieces.whole(octets), octets.length);
        String cut = said(Pieces.cut(octets, octets.length), octets.length);
        hold(whole.equals(cut), "whole: " + whole + "\nbut cut: " + cut);
    }

    private static String said(Pieces pieces, int most) throws IOException {
        FastCgiRecords records = new FastCgiRecords();
        ByteBuffer arrived = ByteBuffer.allocate(Math.max(most, 1));
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        ByteArrayOutputStream complaints = new ByteArrayOutputStream();
        String end = "";
        for (int count = 0; count >= 0 && end.isEmpty(); count = pieces.read(arrived)) {
            arrived.flip();
            end = all(records, arrived, output, complaints);
            arrived.compact();
        }
        hold(output.size() + complaints.size() <= most, "more was said than was sent");
        return output.toString(ISO_8859_1) + "\n---\n" + complaints.toString(ISO_8859_1) + "\n---\n" + end;
    }

    private static String all(FastCgiRecords records, ByteBuffer arrived, ByteArrayOutputStream output, ByteArrayOutputStream complaints) {
        while (true) {
            switch (records.next(arrived)) {
                case FastCgiRecords.Silence _ -> {
                    return "";
                }
                case FastCgiRecords.Output(ByteBuffer octets) -> add(octets, output);
                case FastCgiRecords.Complaint(ByteBuffer octets) -> add(octets, complaints);
                case FastCgiRecords.End last -> {
                    return last.toString();
                }
                case FastCgiRecords.Nonsense _ -> {
                    return "nonsense";
                }
            }
        }
    }

    private static void add(ByteBuffer octets, ByteArrayOutputStream to) {
        hold(octets.hasRemaining(), "nothing was said");
        byte[] copy = new byte[octets.remaining()];
        octets.get(copy);
        to.writeBytes(copy);
    }

    /// What a program says before its content. Nothing of the frame, which is ours, gets through.
    static void programHead(byte[] octets) {
        int end = ProgramHead.end(octets, octets.length);
        hold(end >= -1 && end <= octets.length, "the head ends at " + end);
        if (end >= 0) {
            hold(ProgramHead.end(octets, end) == end && ProgramHead.end(octets, end - 1) < 0, "the head ends elsewhere as well");
        }
        switch (ProgramHead.parse(new String(octets, 0, end < 0 ? octets.length : end, ISO_8859_1))) {
            case ProgramHead.Document document -> {
                hold(document.status().code() >= 200 && document.status().code() <= 599, "status " + document.status());
                hold(document.length() >= -1, "length " + document.length());
                hold(document.status().reason().chars().noneMatch(c -> c < ' ' && c != '\t' || c == 0x7F), "reason " + document.status());
                document.fields().lines().forEach(line -> hold(!ProgramHead.OURS.contains(line.name().toLowerCase()), line.name()));
            }
            case ProgramHead.Elsewhere elsewhere -> hold(elsewhere.target().matches("/(?!/)[^\\r\\n]*"), elsewhere.target());
            case ProgramHead.Nonsense _ -> { }
        }
    }
}
