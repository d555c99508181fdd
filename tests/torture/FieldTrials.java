package tests.torture;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static tests.torture.Trial.hold;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import lib.http.Authority;
import lib.http.Authorization;
import lib.http.ByteRanges;
import lib.http.Dictionary;
import lib.http.DigestFields;
import lib.http.Disposition;
import lib.http.EntityTag;
import lib.http.Fields;
import lib.http.HttpDate;
import lib.http.Negotiation;
import lib.http.Query;
import lib.http.Target;
import lib.http.TargetPattern;
import lib.http.Tokens;
import lib.site.PathPattern;

/// Values of fields and parts of a target, each put to its parser: what comes out keeps its promises, and says the same when it
/// is written and read once more.
final class FieldTrials {
    private static final Instant NOW = Instant.parse("2024-05-06T07:08:09Z");

    private FieldTrials() {}

    private static String text(byte[] octets) {
        return new String(octets, ISO_8859_1);
    }

    /// A method and a target; patterns are held against it as well.
    static void target(byte[] octets) {
        String text = text(octets);
        Optional<TargetPattern> pattern = TargetPattern.parse(text);
        Optional<PathPattern> path = PathPattern.parse(text);
        for (String method : List.of("GET", "OPTIONS", "CONNECT")) {
            Optional<? extends Target> target = Target.parse(text, method);
            if (target.isPresent()) {
                pattern.ifPresent(known -> known.matches(target.get()));
            }
            if (target.isPresent() && target.get() instanceof Target.Place place) {
                place(place);
                path.filter(_ -> !place.segments().isEmpty()).ifPresent(known -> known.names(place.segments(), place.segments().size() - 1));
                path.ifPresent(known -> known.meets(place.segments()));
            }
        }
    }

    private static void place(Target.Place place) {
        place.segments().forEach(segment -> hold(!segment.isEmpty() && segment.chars().allMatch(c -> c > 0 && c < 256), "segment " + segment));
        Optional<? extends Target> again = Target.parse(place.path() + place.querySuffix(), "GET");
        hold(again.isPresent(), "what it writes itself is no target: " + place.path() + place.querySuffix());
        Target.Place same = (Target.Place) again.get();
        hold(same.segments().equals(place.segments()) && same.querySuffix().equals(place.querySuffix()) && !place.path().startsWith("//"),
                "another target: " + same);
        hold(same.directory() == (place.directory() || place.segments().isEmpty()), "directory: " + same);
    }

    static void authority(byte[] octets) {
        String text = text(octets);
        String expected = SecondReader.authority(text);
        String found = Authority.parse(text).map(known -> known.host() + ':' + (known.port() < 0 ? "" : known.port())).orElse(null);
        hold(found == null ? expected == null : found.equals(expected), "the server reads " + found + " and the second reader " + expected);
    }

    /// A list field, its tokens, and their names.
    static void list(byte[] octets) {
        String text = text(octets);
        List<String> elements = Tokens.list(text);
        elements.forEach(element -> hold(!element.isEmpty() && element.equals(Tokens.trimmed(element)), "element <" + element + '>'));
        boolean quoted = text.indexOf('"') >= 0;
        hold(quoted || elements.equals(Tokens.list(String.join(" , ,", elements))), "another list");
        if (Tokens.isFieldValue(text)) {
            Fields fields = Fields.of("A", text, "a", text, "b", "");
            hold(fields.count("A") == 2 && fields.values("a").equals(List.of(text, text)), "lines got lost");
            hold(elements.stream().limit(5).allMatch(element -> fields.lists("A", element)), "an element is not listed");
        }
    }

    /// A Range field over representations of several lengths: exactly the octets that it asks for, as a plain reading finds.
    static void ranges(byte[] octets) {
        String text = text(octets);
        for (int length : new int[] {0, 1, 10, 60}) {
            ByteRanges selected = ByteRanges.select(text, length, 8);
            Optional<Long> expected = mask(text, length);
            switch (selected) {
                case ByteRanges.Ignored _ -> hold(expected.isEmpty() || length == 0, "ignored");
                case ByteRanges.Unsatisfiable _ -> hold(expected.equals(Optional.of(0L)), "unsatisfiable of " + length);
                case ByteRanges.Selected some -> {
                    long mask = 0;
                    for (ByteRanges.Range range : some.ranges()) {
                        hold(range.last() < length && (mask & bits(range.first(), range.last())) == 0, "overlaps or too far: " + some);
                        mask |= bits(range.first(), range.last());
                    }
                    hold(expected.equals(Optional.of(mask)), "selects " + some + " of " + length);
                }
            }
        }
        ByteRanges.select(text, Long.MAX_VALUE, 1000);
    }

    private static long bits(long first, long last) {
        return first > last ? 0 : -1L >>> 63 - last & -1L << first;
    }

    /// The octets that are asked for, a bit for each; empty where the field is to be ignored.
    private static Optional<Long> mask(String field, int length) {
        String[] halves = field.split("=", 2);
        if (halves.length < 2 || !Tokens.trimmed(halves[0]).equalsIgnoreCase("bytes")) {
            return Optional.empty();
        }
        List<String> specs = new ArrayList<>(List.of(halves[1].split(",")).stream().map(Tokens::trimmed).toList());
        specs.removeIf(String::isEmpty);
        long mask = 0;
        for (String spec : specs) {
            if (!spec.matches("[0-9]+-[0-9]*|-[0-9]+")) {
                return Optional.empty();
            }
            OptionalLong first = number(spec.substring(0, spec.indexOf('-')));
            OptionalLong last = number(spec.substring(spec.indexOf('-') + 1));
            if (first.isPresent() && last.isPresent() && first.getAsLong() > last.getAsLong()) {
                return Optional.empty();
            }
            mask |= first.isEmpty() ? bits(Math.max(0, length - last.getAsLong()), length - 1)
                    : bits(Math.min(first.getAsLong(), 63), Math.min(last.orElse(63), length - 1));
        }
        return specs.isEmpty() || specs.size() > 8 ? Optional.empty() : Optional.of(mask);
    }

    /// Of more digits than a long has, any number does that is beyond all lengths.
    private static OptionalLong number(String digits) {
        String plain = digits.replaceFirst("^0+(?=.)", "");
        return digits.isEmpty() ? OptionalLong.empty() : OptionalLong.of(plain.length() > 18 ? Long.MAX_VALUE : Long.parseLong(plain));
    }

    static void dictionary(byte[] octets) {
        String text = text(octets);
        Optional<Dictionary> dictionary = Dictionary.parse(text);
        boolean alike = dictionary.isPresent() == Dictionary.parse("  " + text + "  ").isPresent();
        hold(alike, "blanks around it make a difference");
        hold(Dictionary.parse(text + ',').isEmpty(), "a comma may end it");
        dictionary.ifPresent(known -> known.members().forEach((key, value) -> {
            hold(key.matches("[a-z*][a-z0-9_.*-]*"), "key " + key);
            hold(!(value instanceof Dictionary.Whole(long number)) || Math.abs(number) <= 999_999_999_999_999L, "number " + value);
        }));
        if (Tokens.isFieldValue(text)) {
            Fields fields = Fields.of("Want-Repr-Digest", text);
            DigestFields.wanted(fields, "Want-Repr-Digest");
            DigestFields.claims(fields, "Want-Repr-Digest").forEach((algorithm, digest) -> hold(
                    DigestFields.claims(Fields.of("D", DigestFields.format(algorithm, digest)), "D").size() == 1, "another claim"));
        }
    }

    static void query(byte[] octets) {
        String text = text(octets);
        Query query = Query.parse(text);
        hold(query.parameters().size() <= text.length(), "more parameters than octets");
        for (Query.Parameter parameter : query.parameters().subList(0, Math.min(query.parameters().size(), 5))) {
            hold(query.has(parameter.name()) && query.all(parameter.name()).contains(parameter.value()), "a parameter got lost");
            hold((parameter.name() + parameter.value()).length() <= text.length(), "more came out than went in");
        }
    }

    static void negotiation(byte[] octets) {
        String text = text(octets);
        List<String> offered = List.of("br", "gzip", "zstd");
        String coding = Negotiation.coding(text, offered);
        hold(coding.equals("identity") || offered.contains(coding) && (text.toLowerCase().contains(coding) || text.contains("*")
                || text.toLowerCase().contains("x-gzip")), "coding " + coding);
        boolean named = Negotiation.names(text, "text/html");
        hold(!named || text.toLowerCase().contains("text/html"), "a type that is not there");
    }

    static void date(byte[] octets) {
        HttpDate.parse(text(octets), NOW).ifPresent(time -> {
            String written = HttpDate.format(time);
            hold(written.length() == 29 && HttpDate.parse(written, NOW).equals(Optional.of(time)), "another date: " + written);
            hold(time.equals(HttpDate.toSecond(time)), "not a second: " + time);
        });
    }

    static void entityTag(byte[] octets) {
        String text = text(octets);
        List<EntityTag> tags = new ArrayList<>(EntityTag.parseList(text));
        hold(tags.size() <= text.length() / 2, "more tags than there is room for");
        EntityTag.parse(text).ifPresent(tags::add);
        for (EntityTag tag : tags) {
            hold(text.contains(tag.format()) && EntityTag.parse(tag.format()).equals(Optional.of(tag)), "another tag: " + tag.format());
            hold(tag.matchesWeakly(tag) && tag.matchesStrongly(tag) != tag.weak(), "unlike itself: " + tag);
        }
    }

    static void authorization(byte[] octets) {
        String text = text(octets);
        if (!Tokens.isFieldValue(text)) {
            return;
        }
        switch (Authorization.of(Fields.of("Authorization", text)).orElseThrow()) {
            case Authorization.Basic basic -> hold((basic.user() + basic.password()).chars().noneMatch(c -> c < ' ' || c == 0x7F || c > 255)
                    && basic.user().indexOf(':') < 0, "user " + basic.user());
            case Authorization.Digest digest -> {
                hold(digest.count().matches("[0-9A-Fa-f]{8}"), "count " + digest.count());
                hold(!digest.proves("GET", "a password that nobody has"), "proven");
            }
            case Authorization.Foreign _, Authorization.Malformed _ -> { }
        }
    }

    static void disposition(byte[] octets) {
        String text = text(octets);
        Disposition.parse(text).ifPresent(known -> {
            hold(Tokens.isToken(known.type()) && known.parameters().keySet().stream().allMatch(Tokens::isToken), "parameters " + known);
            known.filename().ifPresent(name -> {
                hold(name.length() <= text.length(), "more came out than went in");
                String written = Disposition.format(known.type(), name);
                hold(Tokens.isFieldValue(written), "no field: " + written);
                hold(Disposition.parse(written).flatMap(Disposition::filename).equals(Optional.of(name)), "another name: " + written);
            });
        });
        Map<String, String> none = Map.of();
        hold(new Disposition("a", none).filename().isEmpty(), "a name from nowhere");
    }
}
