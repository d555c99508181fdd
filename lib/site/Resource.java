package lib.site;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import lib.http.Content;

/// What stands where a target points?
public sealed interface Resource {

    /// A regular file, opened; whoever has it closes it.
    ///
    /// @param name its name's octets
    /// @param modified to the nanosecond
    record Document(Content.OpenFile file, String name, long length, Instant modified) implements Resource {

        /// Does it look as this one did?
        boolean isSame(Document other) {
            return length == other.length && modified.equals(other.modified);
        }
    }

    /// A directory that may be listed.
    ///
    /// @param path on disk
    /// @param inside the names that lead on from there, where that is a zip
    record Directory(Path path, List<String> inside) implements Resource {
        public Directory {
            inside = List.copyOf(inside);
        }

        /// On disk, like most.
        public Directory(Path path) {
            this(path, List.of());
        }
    }

    /// A regular file that is not to be read but to be run.
    ///
    /// @param file its real path, without links
    record Script(Path file, long length, Instant modified) implements Resource {}

    /// Nothing that we would tell of.
    record Missing() implements Resource {}

    /// Something that the operating system does not let us read.
    record Forbidden() implements Resource {}

    /// Perhaps something is there: the system can't say just now.
    record Unavailable() implements Resource {}

    Resource MISSING = new Missing();
    Resource FORBIDDEN = new Forbidden();
    Resource UNAVAILABLE = new Unavailable();

    /// One line of a directory.
    ///
    /// @param name its octets
    /// @param length 0 for a directory
    record Entry(String name, boolean directory, long length, Instant modified) {}
}
