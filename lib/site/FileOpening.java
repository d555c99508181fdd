package lib.site;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/// How is a file opened without ever waiting for it?
///
/// Who opens a FIFO waits for its other end, and his thread with him. Somebody who may write in the tree can exchange a file for a FIFO
/// between our look at it and our opening it: each time that he succeeds, one of the threads that carry us all is gone, and there are no
/// more of them than processors. Java opens in this way only. The system knows another one, but to reach it takes memory and time, so
/// it is taken where others have a hand in the tree.
@FunctionalInterface
public interface FileOpening {
    /// Opens what stands at a path.
    ///
    /// @param path its octets, one char each
    /// @param expected what stood there a moment ago, a regular file
    /// @return empty if it is not that any more
    Optional<FileChannel> open(String path, BasicFileAttributes expected) throws IOException;

    /// The way that is taken from now on, in the whole process.
    static void use(FileOpening way) {
        Way.taken = way;
    }

    /// Empty for Java's own.
    static Optional<FileOpening> current() {
        return Optional.ofNullable(Way.taken);
    }

    /// Where an interface can't keep anything.
    final class Way {
        private static volatile FileOpening taken;

        private Way() {}
    }
}
