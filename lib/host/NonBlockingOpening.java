package lib.host;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import lib.site.FileOpening;

/// How does Linux open a file without waiting for anybody, and how does Java get hold of it?
///
/// By open(2) with `O_NONBLOCK`. What it has opened is looked at through `/proc/self/fd`, and only if it is the very file that was seen
/// before, a regular one, it is opened from there once more, as Java wants it. That directory is held open: after a chroot nobody
/// finds it any more.
public final class NonBlockingOpening implements FileOpening {
    private static final int ENOTDIR = 20;

    /// Who else may write: bits of a file's mode.
    private static final int FOR_GROUP = 0_020, FOR_OTHERS = 0_002;

    private final SecureDirectoryStream<Path> descriptors;

    private NonBlockingOpening(SecureDirectoryStream<Path> descriptors) {
        this.descriptors = descriptors;
    }

    /// From now on this is the way, if the system knows it and others have a hand in the directory. Where nobody has, [Posix] is not even
    /// loaded.
    public static void useIfShared(Path directory) {
        try {
            if (isShared(directory)) {
                use();
            }
        } catch (IOException _) {
            // it is gone: whoever starts the server is told
        }
    }

    /// The same whoever has. It is tried once, to link what else the first client would wait for.
    public static void use() {
        try {
            if (Posix.isLinux() && Files.newDirectoryStream(Path.of("/proc/self/fd")) instanceof SecureDirectoryStream<Path> descriptors) {
                Posix.close(Posix.openForReading("/"));
                FileOpening.use(new NonBlockingOpening(descriptors));
            }
        } catch (IOException | Posix.Failure _) {
            // a system without /proc: as Java does it
        }
    }

    /// Can somebody else exchange names in it? A group that bears the owner's name has nobody else in it.
    private static boolean isShared(Path directory) throws IOException {
        Map<String, Object> attributes = Files.readAttributes(directory, "unix:mode,uid");
        int mode = (int) attributes.get("mode");
        boolean ofOthers = !attributes.get("uid").equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        return ofOthers || (mode & FOR_OTHERS) != 0 || (mode & FOR_GROUP) != 0 && !isOwnersGroup(directory);
    }

    private static boolean isOwnersGroup(Path directory) throws IOException {
        PosixFileAttributes attributes = Files.readAttributes(directory, PosixFileAttributes.class);
        return attributes.group().getName().equals(attributes.owner().getName());
    }

    @Override
    public Optional<FileChannel> open(String path, BasicFileAttributes expected) throws IOException {
        int descriptor = descriptor(path);
        try {
            Path name = Path.of(Integer.toString(descriptor));
            BasicFileAttributes opened = descriptors.getFileAttributeView(name, BasicFileAttributeView.class).readAttributes();
            return opened.isRegularFile() && Objects.equals(opened.fileKey(), expected.fileKey())
                    ? Optional.of((FileChannel) descriptors.newByteChannel(name, Set.of(StandardOpenOption.READ))) : Optional.empty();
        } finally {
            close(descriptor);
        }
    }

    private static int descriptor(String path) throws IOException {
        try {
            return Posix.openForReading(path);
        } catch (Posix.Failure failure) {
            throw switch (failure.errno()) {
                case Posix.ENOENT, ENOTDIR -> new NoSuchFileException(path);
                case Posix.EACCES, Posix.EPERM -> new AccessDeniedException(path);
                default -> new FileSystemException(path, null, failure.getMessage());
            };
        }
    }

    private static void close(int descriptor) throws IOException {
        try {
            Posix.close(descriptor);
        } catch (Posix.Failure failure) {
            throw new FileSystemException(Integer.toString(descriptor), null, failure.getMessage());
        }
    }
}
