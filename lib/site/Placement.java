package lib.site;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import lib.http.Status;

/// Where in the tree does a target point, for somebody who wants to change it?
sealed interface Placement {

    /// A name in a directory that is held open until this is closed.
    record Spot(OpenDirectory directory, Path name) implements Placement, AutoCloseable {

        /// What stands there; empty if nothing does.
        Optional<BasicFileAttributes> occupant() throws IOException {
            return directory.occupant(name);
        }

        /// Another name in the same directory.
        Spot beside(Path other) {
            return new Spot(directory, other);
        }

        @Override
        public void close() throws IOException {
            directory.close();
        }
    }

    /// There is no such place, or it is none of the client's business.
    record Refused(Status status) implements Placement {}
}
