package lib.site;

import java.nio.charset.StandardCharsets;
import lib.http.Content;
import lib.http.Response;
import lib.http.Status;

/// What does a person read in a browser when something went wrong? The status, in the dress of our other pages.
final class FailurePage {
    private FailurePage() {}

    /// The same failure as a page.
    ///
    /// @param start the target of the root, encoded
    static Response of(Response failure, String start) {
        Status status = failure.status();
        String page = Page.head(status.code() + " " + status.reason()) + "<body>\n<main class=\"failure\">\n<p>" + status.code()
                + "</p>\n<h1>" + status.reason() + "</h1>\n<p>" + explanation(status) + "</p>\n" + way(status, start) + "</main>\n</body>\n</html>\n";
        return new Response(status, failure.fields().replacedBy(Page.fields()),
                new Content.Octets(page.getBytes(StandardCharsets.UTF_8)));
    }

    private static String explanation(Status status) {
        return switch (status.code()) {
            case 404 -> "There is nothing here. It may have been moved, or there is a slip in the address.";
            case 401 -> "This needs a name and a password.";
            case 429 -> "Too many wrong passwords have come from here. Try again in a moment.";
            case 403 -> "This is not for everybody.";
            case 409 -> "There is something of this name already.";
            case 413 -> "This is larger than the server takes.";
            case 507 -> "The disk of the server is full.";
            case 502, 504 -> "The program that should answer here does not. Try again in a moment.";
            case 500, 503 -> "That is the server's fault, not yours. Try again in a moment.";
            default -> "The server can't answer this.";
        };
    }

    private static String way(Status status, String start) {
        return status == Status.NOT_FOUND || status == Status.FORBIDDEN ? "<p><a href=\"" + start + "\">Go to the start</a></p>\n" : "";
    }
}
