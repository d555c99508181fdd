package lib.http;

import java.util.List;

/// Which of several content codings does the client like best? (RFC 9110 §12.5.3)
public final class Negotiation {
    private Negotiation() {}

    /// The best of `offered` (in the server's order of preference, which decides between equals) by an Accept-Encoding
    /// value; `identity` where none of them is welcome. `identity` needs not be offered.
    ///
    /// A coding that the client likes no less than plain octets is taken: it would not have named it otherwise.
    public static String coding(String accepted, List<String> offered) {
        String best = "identity";
        int bestWeight = weight(accepted, "identity", 1);
        for (String coding : offered) {
            int weight = weight(accepted, coding, 0);
            if (weight > 0 && (weight > bestWeight || (best.equals("identity") && weight == bestWeight))) {
                best = coding;
                bestWeight = weight;
            }
        }
        return best;
    }

    /// Does an Accept value name this media type itself (not by a wildcard), as browsers do for a page?
    public static boolean names(String accepted, String mediaType) {
        return weight(accepted, mediaType, 0) > 0 && Tokens.list(accepted).stream()
                .flatMap(element -> Tokens.split(element, ';').stream().limit(1)).anyMatch(mediaType::equalsIgnoreCase);
    }

    /// The quality that `name` has in thousandths: its own, else that of `*`, else `unnamed`. Identity that is not named
    /// is worth the least: acceptable, but any coding that is named comes first.
    private static int weight(String accepted, String name, int unnamed) {
        int wildcard = -1;
        for (String element : Tokens.list(accepted)) {
            List<String> parts = Tokens.split(element, ';');
            if (parts.isEmpty()) {
                continue;
            }
            String coding = parts.getFirst().equalsIgnoreCase("x-gzip") ? "gzip" : parts.getFirst();
            if (coding.equalsIgnoreCase(name)) {
                return quality(parts);
            }
            if (coding.equals("*")) {
                wildcard = quality(parts);
            }
        }
        return wildcard >= 0 ? wildcard : unnamed;
    }

    /// `q=0.8` as 800; 1000 where there is none. A malformed one counts as 0: what we do not understand we do not send.
    private static int quality(List<String> parts) {
        for (String parameter : parts.subList(1, parts.size())) {
            String squeezed = parameter.replace(" ", "").replace("\t", "");
            if (squeezed.regionMatches(true, 0, "q=", 0, 2)) {
                String value = squeezed.substring(2);
                if (!value.matches("0(\\.[0-9]{0,3})?|1(\\.0{0,3})?")) {
                    return 0;
                }
                return (int) Math.round(Double.parseDouble(value) * 1000);
            }
        }
        return 1000;
    }
}
