package lib.site;

import java.nio.charset.StandardCharsets;
import lib.http.Content;
import lib.http.Response;
import lib.http.Status;

/// How does a person see a place that takes files and shows none? As an open hand.
final class ReceivingPage {
    private ReceivingPage() {}

    static Response response() {
        String page = Page.head("Send files") + """
                <body>
                <main>
                <h1>Send files</h1>
                <p>They go to whoever gave you this address. What others have sent is not shown.</p>
                """ + ListingPage.uploadForm() + "</main>\n" + Page.script(true) + "</body>\n</html>\n";
        return new Response(Status.OK, Page.fields(), new Content.Octets(page.getBytes(StandardCharsets.UTF_8)));
    }
}
