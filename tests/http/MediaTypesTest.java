package tests.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import lib.http.MediaTypes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The media type of a file by its name (RFC 9110 §8.3; the types are those of the IANA registry).
class MediaTypesTest {
    private static final MediaTypes TYPES = new MediaTypes(Map.of());

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            index.html       | text/html; charset=utf-8
            index.htm        | text/html; charset=utf-8
            style.css        | text/css; charset=utf-8
            app.js           | text/javascript; charset=utf-8
            app.mjs          | text/javascript; charset=utf-8
            notes.txt        | text/plain; charset=utf-8
            Main.java        | text/plain; charset=utf-8
            main.c           | text/plain; charset=utf-8
            main.ts          | text/plain; charset=utf-8
            a.md             | text/markdown; charset=utf-8
            a.csv            | text/csv; charset=utf-8
            a.vtt            | text/vtt; charset=utf-8
            a.xml            | text/xml
            a.json           | application/json
            a.js.map         | application/json
            a.webmanifest    | application/manifest+json
            a.xhtml          | application/xhtml+xml
            a.wasm           | application/wasm
            a.pdf            | application/pdf
            a.zip            | application/zip
            a.svg            | image/svg+xml
            a.png            | image/png
            a.jpg            | image/jpeg
            a.jpeg           | image/jpeg
            a.gif            | image/gif
            a.webp           | image/webp
            a.avif           | image/avif
            a.ico            | image/vnd.microsoft.icon
            a.woff2          | font/woff2
            a.mp3            | audio/mpeg
            a.mp4            | video/mp4
            a.webm           | video/webm
            a.3mf            | model/3mf
            """)
    void anExtensionMeansItsRegisteredType(String name, String type) {
        assertEquals(type, TYPES.of(name));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            INDEX.HTML           | text/html; charset=utf-8
            Image.PnG            | image/png
            a.tar.gz             | application/gzip
            a.html.png           | image/png
            a.png.html           | text/html; charset=utf-8
            a.min.js             | text/javascript; charset=utf-8
            jquery-3.7.1.js      | text/javascript; charset=utf-8
            a..html              | text/html; charset=utf-8
            a <b>.txt            | text/plain; charset=utf-8
            '#[]{}()@!$&+,;= .png' | image/png
            b\u00fc\u20ac.html   | text/html; charset=utf-8
            'a\nb.html'          | text/html; charset=utf-8
            """)
    void theLastExtensionDecidesInAnyCase(String name, String type) {
        assertEquals(type, TYPES.of(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "...", "a", "a.", "a.html.", "a.html~", "a.html.bak", "a.html ",
        "a.unknown", ".bashrc", ".gitignore", "..x", "html", "png", "a.htm\u0142", "a.html\0", "a.html/", "a.html?",
        "a.html?x", "a/b", "program.exe2", "readme.", "a. html"})
    void whatNobodyKnowsIsOctets(String name) {
        assertEquals("application/octet-stream", TYPES.of(name));
    }

    /// The JDK's table takes a number sign for the beginning of a fragment; in a file name it is an editor's backup.
    @ParameterizedTest
    @ValueSource(strings = {"#index.html#", "a.html#", "a.htmlx#", "a.htmlx#y", "a.c#", "a.#", "a.#html", "#",
        "a.png#x"})
    void aNumberSignBelongsToTheExtension(String name) {
        assertEquals("application/octet-stream", TYPES.of(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"README", "LICENSE", "license", "Makefile", "Dockerfile", "AUTHORS", "SHA256SUMS"})
    void someNamesWithoutAnExtensionAreTextAllTheSame(String name) {
        assertEquals("text/plain; charset=utf-8", TYPES.of(name));
    }

    @Test
    void theTableOfTheJdkIsTheLastThatIsAsked() {
        assertEquals("application/x-shar", TYPES.of("a.shar"));
        assertEquals("image/x-portable-anymap", TYPES.of("a.PNM"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            html    | a.html  | application/x-mine                | application/x-mine
            HTML    | a.html  | application/x-mine                | application/x-mine
            foo     | a.FOO   | text/x-foo                        | text/x-foo; charset=utf-8
            foo     | a.foo   | Text/X-Foo                        | Text/X-Foo; charset=utf-8
            foo     | a.foo   | TEXT/XML                          | TEXT/XML
            foo     | a.foo   | text/x-foo; charset=iso-8859-1    | text/x-foo; charset=iso-8859-1
            foo     | a.foo   | text/html;charset=utf-8           | text/html;charset=utf-8
            foo     | a.foo   | application/textual               | application/textual
            foo     | a.html  | application/x-mine                | text/html; charset=utf-8
            """)
    void theTypesOfTheOperatorComeFirst(String extension, String name, String own, String type) {
        assertEquals(type, new MediaTypes(Map.of(extension, own)).of(name));
    }

    @Test
    void theTypesOfTheOperatorAreACopyThatNobodyChanges() {
        Map<String, String> own = new HashMap<>(Map.of("foo", "application/x-foo"));
        MediaTypes types = new MediaTypes(own);
        own.clear();
        assertEquals("application/x-foo", types.of("a.foo"));
    }

    @Test
    @ResourceLock(Resources.LOCALE)
    void theLanguageOfTheMachineDoesNotMatter() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("tr"));
            assertEquals("image/gif", TYPES.of("A.GIF"));
            assertEquals("text/plain; charset=utf-8", TYPES.of("LICENSE"));
        } finally {
            Locale.setDefault(before);
        }
    }
}
