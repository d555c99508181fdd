package lib.host;

import java.util.Optional;
import lib.http.Content;
import lib.http.Request;
import lib.http.Response;

/// Has a client now got the file that it came for, or brought one? Asked when a response has been sent whole.
final class Handover {
    private Handover() {}

    static boolean isComplete(Request request, Response response) {
        return switch (response.status().code()) {
            case 200 -> request.isGet() && isFile(response) && !isPartOfPage(request);
            case 206 -> request.isGet() && !isPartOfPage(request) && response.fields().first("Content-Range")
                    .filter(Handover::isEnd).isPresent();
            case 201, 204, 303 -> isUpload(request, response);
            default -> false;
        };
    }

    /// A page of ours is none; what is made for saving is one.
    private static boolean isFile(Response response) {
        return response.content() instanceof Content.FileSlice || response.content() instanceof Content.Excerpt
                || response.fields().has("Content-Disposition");
    }

    /// A browser says of an image or a style that it needs it for a page (W3C Fetch Metadata).
    private static boolean isPartOfPage(Request request) {
        Optional<String> wanted = request.fields().first("Sec-Fetch-Dest");
        return wanted.isPresent() && !wanted.get().equals("document") && !wanted.get().equals("empty");
    }

    /// `bytes 5-9/10`: a download that was broken is whole when its end has come.
    private static boolean isEnd(String contentRange) {
        int dash = contentRange.indexOf('-');
        int slash = contentRange.indexOf('/');
        return dash > 0 && slash > dash
                && Long.parseLong(contentRange, dash + 1, slash, 10) + 1 == Long.parseLong(contentRange, slash + 1,
                        contentRange.length(), 10);
    }

    private static boolean isUpload(Request request, Response response) {
        boolean sends = request.method().equals("PUT") || request.method().equals("POST") || request.method().equals("PATCH");
        return sends && !response.fields().lists("Upload-Complete", "?0");
    }
}
