package junit;

// A server for the tests of a class, or for each of them, with JUnit Jupiter. Not among the sources of Comanche.java, which
// knows nothing of JUnit.

//DEPS org.junit.jupiter:junit-jupiter-api:6.1.3
//SOURCES ../Comanche.java

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import lib.host.Fault;
import lib.host.Fixture;
import lib.host.Journal;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// A server that begins and ends with the tests.
///
///     @RegisterExtension
///     static final ComancheExtension SITE = ComancheExtension.serve(Path.of("site"), "--spa", "--fail-on", "5xx");
///
///     @Test
///     void thePageLoadsItsScript() {
///         browser.get(SITE.uri("/").toString());
///         assertTrue(SITE.requests().stream().anyMatch(request -> request.target().equals("/app.js")));
///     }
///
/// In a static field it is one server for all tests of the class, those of the classes nested in it too; in one that is not static, one for each test. What `--expect` and
/// `--fail-on` complain of at the end fails the class, or the test.
public final class ComancheExtension implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {
    private final Path docbase;
    private final String[] options;
    private Fixture fixture;
    private int classes;

    private ComancheExtension(Path docbase, String... options) {
        this.docbase = docbase;
        this.options = options.clone();
    }

    /// @param options as behind `comanche run DIR`
    public static ComancheExtension serve(Path docbase, String... options) {
        return new ComancheExtension(docbase, options);
    }

    @Override
    public void beforeAll(ExtensionContext context) throws Fault {
        if (classes++ == 0) {
            fixture = Fixture.serve(docbase, options);
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) throws Fault {
        if (classes == 0) {
            fixture = Fixture.serve(docbase, options);
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (classes == 0) {
            end();
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (--classes == 0) {
            end();
        }
    }

    private void end() {
        if (fixture == null) {
            return; // it could not start, which has failed the test already
        }
        fixture.close();
        List<String> complaints = fixture.complaints();
        fixture = null;
        if (!complaints.isEmpty()) {
            throw new AssertionError("Comanche has " + String.join("; ", complaints));
        }
    }

    /// The server that runs now.
    public Fixture fixture() {
        if (fixture == null) {
            throw new IllegalStateException("The server runs only while tests do; register the extension, and ask it in a test.");
        }
        return fixture;
    }

    /// Where it listens, without a slash at its end.
    public String url() {
        return fixture().url();
    }

    /// The address of one of its files.
    ///
    /// @param target with a slash in front, encoded: `/a%20b.txt`
    public URI uri(String target) {
        return fixture().uri(target);
    }

    /// What has been asked and answered until now. With one server for all tests, that is also what earlier ones have asked.
    public List<Journal.Entry> requests() {
        return fixture().requests();
    }
}
