package lib.site;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import lib.site.Resource.Document;
import org.commonmark.Extension;
import org.commonmark.ext.gfm.strikethrough.StrikethroughExtension;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Heading;
import org.commonmark.node.Node;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.DefaultUrlSanitizer;
import org.commonmark.renderer.html.HtmlRenderer;

/// What does a directory say of itself? The README in it, as HTML below its listing.
///
/// It is text of whoever may write in the tree: its own HTML is shown as text, and its links lead to web pages, mail and files,
/// never to a script.
///
/// @param name of the file
/// @param html harmless
record Readme(String name, String html) {
    /// The first that is there counts.
    private static final List<String> NAMES = List.of("README.md", "readme.md", "README.txt", "README");

    /// A longer text is no introduction; it can be opened like any other file.
    private static final int MOST_OCTETS = 256 * 1024;

    /// What is nested deeper was made to hurt.
    private static final int DEEPEST = 100;

    /// The README that would be served at this place, if there is one.
    static Optional<Readme> find(Tree tree, List<String> segments, Predicate<List<String>> mayRead) {
        for (String name : NAMES) {
            List<String> place = new ArrayList<>(segments);
            place.add(name);
            if (mayRead.test(place) && tree.mayHold(place) && tree.resolve(place) instanceof Document document) {
                return read(document).map(text -> new Readme(name, name.endsWith(".md") ? Markdown.html(text) : plain(text)));
            }
        }
        return Optional.empty();
    }

    /// Reads the library in, all three of its jars.
    static void readAhead() {
        Markdown.html("# a\n\n[b](c) ~~d~~\n\n| e |\n|---|\n| f |\n");
    }

    /// Closes the document.
    private static Optional<String> read(Document document) {
        try (var file = document.file()) {
            if (document.length() > MOST_OCTETS) {
                return Optional.empty();
            }
            ByteBuffer octets = ByteBuffer.allocate((int) document.length());
            while (octets.hasRemaining() && file.read(octets, octets.position()) >= 0) {
                // read on
            }
            return Optional.of(new String(octets.array(), 0, octets.position(), StandardCharsets.UTF_8));
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    private static String plain(String text) {
        return "<pre tabindex=\"0\">" + Page.escaped(text) + "</pre>\n";
    }

    /// CommonMark with tables and strikethrough. In a class of its own, so that the library is loaded when there is something
    /// to read.
    private static final class Markdown {
        private static final List<Extension> EXTENSIONS = List.of(TablesExtension.create(), StrikethroughExtension.create());
        private static final Parser PARSER = Parser.builder().extensions(EXTENSIONS).maxOpenBlockParsers(DEEPEST)
                .maxInlineNesting(DEEPEST).build();

        /// The library's own list has `data:` on it as well, which can be a page with a script.
        private static final List<String> SCHEMES = List.of("http", "https", "mailto");

        /// What is wider than the page can be scrolled, by keyboard, too.
        private static final HtmlRenderer RENDERER = HtmlRenderer.builder().extensions(EXTENSIONS).escapeHtml(true)
                .sanitizeUrls(true).urlSanitizer(new DefaultUrlSanitizer(SCHEMES))
                .attributeProviderFactory(_ -> Markdown::reachable).build();

        static String html(String text) {
            Node document = PARSER.parse(text);
            document.accept(new Demotion());
            return RENDERER.render(document);
        }

        private static void reachable(Node node, String tag, Map<String, String> attributes) {
            if (tag.equals("pre")) {
                attributes.put("tabindex", "0");
            }
        }
    }

    /// The page has a title of its own: a heading of the text stands one level below.
    private static final class Demotion extends AbstractVisitor {
        @Override
        public void visit(Heading heading) {
            heading.setLevel(Math.min(heading.getLevel() + 1, 6));
            visitChildren(heading);
        }
    }
}
