package lib.site;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// Is the file at a path still the one that was seen there, and the same in every octet? (stat(2))
///
/// The time of the last change, of whatever kind, is set by the system alone. A modification date can be set back, and is the same in all
/// files of a reproducible build.
///
/// @param path where it was seen, no link on the way
/// @param attributes what tells it from what it will be and from others
record FileIdentity(Path path, Map<String, Object> attributes) implements Glance.Basis {
    private static final boolean UNIX = FileSystems.getDefault().supportedFileAttributeViews().contains("unix");

    private static final String ATTRIBUTES = UNIX ? "unix:ctime,fileKey" : "size,lastModifiedTime,fileKey";

    private static final String CHANGED = UNIX ? "ctime" : "lastModifiedTime";

    /// A file that was written so short a time ago could be written again without a change of its time: clocks of file systems
    /// tick in milliseconds, some in seconds.
    private static final Duration SETTLED = Duration.ofSeconds(3);

    /// Of an open file; empty if by now another stands at its path.
    ///
    /// @param open its attributes
    /// @throws IOException if it can't be told
    static Optional<FileIdentity> of(Path path, BasicFileAttributes open) throws IOException {
        Map<String, Object> identity = look(path);
        return Objects.equals(identity.get("fileKey"), open.fileKey()) ? Optional.of(new FileIdentity(path, identity)) : Optional.empty();
    }

    private static Map<String, Object> look(Path path) throws IOException {
        return Files.readAttributes(path, ATTRIBUTES, NOFOLLOW_LINKS);
    }

    /// Would a change from now on show?
    boolean isSettled() {
        return ((FileTime) attributes.get(CHANGED)).toInstant().plus(SETTLED).isBefore(Instant.now());
    }

    /// Would who opens it anew get the same?
    @Override
    public boolean holds() {
        try {
            return attributes.equals(look(path));
        } catch (IOException _) {
            return false;
        }
    }
}
