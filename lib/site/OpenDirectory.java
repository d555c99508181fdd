package lib.site;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;

/// What do names mean, from one step to the next? The same, in a directory that is held open.
///
/// No name is followed if it is a link. Where Java has no such thing (Windows), a step goes by the whole path, and only the
/// owner's care keeps others from exchanging it.
record OpenDirectory(DirectoryStream<Path> stream, Path path) implements AutoCloseable {
    private static final Set<OpenOption> READ = Set.of(StandardOpenOption.READ, NOFOLLOW_LINKS);

    /// A name on the way to another is a link.
    static final class LinkOnTheWay extends FileSystemException {
        private static final long serialVersionUID = 1;

        LinkOnTheWay(Path name) {
            super(name.toString());
        }
    }

    /// Has the system no descriptor or no memory left? It says so in words (errno(3): EMFILE, ENFILE, ENOMEM), and the JDK knows no others.
    static boolean isShortage(IOException e) {
        String reason = e instanceof FileSystemException system ? system.getReason() : null;
        return reason != null && (reason.startsWith("Too many open files") || reason.equals("Cannot allocate memory"));
    }

    static OpenDirectory of(Path path) throws IOException {
        return new OpenDirectory(Files.newDirectoryStream(path), path);
    }

    /// Of what stands at this name, a link being just that.
    BasicFileAttributes attributes(Path name) throws IOException {
        return stream instanceof SecureDirectoryStream<Path> secure
                ? secure.getFileAttributeView(name, BasicFileAttributeView.class, NOFOLLOW_LINKS).readAttributes()
                : Files.readAttributes(path.resolve(name), BasicFileAttributes.class, NOFOLLOW_LINKS);
    }

    /// The same; empty if nothing stands there.
    Optional<BasicFileAttributes> occupant(Path name) throws IOException {
        try {
            return Optional.of(attributes(name));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        }
    }

    /// @throws LinkOnTheWay if the name is a link, or was exchanged for one a moment ago
    /// @throws NotDirectoryException if it is something else: to open a FIFO would be to wait for its writer
    OpenDirectory child(Path name) throws IOException {
        BasicFileAttributes attributes = attributes(name);
        if (attributes.isSymbolicLink()) {
            throw new LinkOnTheWay(name);
        }
        if (!attributes.isDirectory()) {
            throw new NotDirectoryException(name.toString());
        }
        try {
            return FileOpening.current().isPresent() && stream instanceof SecureDirectoryStream<Path> secure
                    ? childWithoutWaiting(secure, name, attributes)
                    : new OpenDirectory(stream instanceof SecureDirectoryStream<Path> secure
                            ? secure.newDirectoryStream(name, NOFOLLOW_LINKS)
                            : Files.newDirectoryStream(path.resolve(name)), path.resolve(name));
        } catch (AccessDeniedException | NoSuchFileException | NotDirectoryException e) {
            throw e;
        } catch (FileSystemException e) {
            throw isShortage(e) ? e : new LinkOnTheWay(name);
        }
    }

    /// A name with `/.` behind it is a directory or an error, and never waited for. It may lead through a link: then another
    /// directory is open than the one that we have seen.
    private OpenDirectory childWithoutWaiting(SecureDirectoryStream<Path> secure, Path name, BasicFileAttributes seen)
            throws IOException {
        OpenDirectory child = new OpenDirectory(secure.newDirectoryStream(name.resolve(".")), path.resolve(name));
        boolean same = false;
        try {
            same = Objects.equals(child.attributes(Path.of(".")).fileKey(), seen.fileKey());
        } finally {
            if (!same) {
                child.close();
            }
        }
        if (!same) {
            throw new LinkOnTheWay(name);
        }
        return child;
    }

    FileChannel open(Path name) throws IOException {
        return open(name, READ);
    }

    /// Opens the regular file that was seen at this name; empty if it is found to be another one.
    Optional<FileChannel> open(Path name, BasicFileAttributes seen) throws IOException {
        Optional<FileOpening> way = FileOpening.current();
        if (way.isEmpty()) {
            return Optional.of(open(name));
        }
        StringBuilder octets = new StringBuilder();
        for (Path step : path.resolve(name)) {
            octets.append('/').append(FileNames.octets(step));
        }
        return way.get().open(octets.toString(), seen);
    }

    FileChannel open(Path name, Set<OpenOption> options) throws IOException {
        return stream instanceof SecureDirectoryStream<Path> secure
                ? (FileChannel) secure.newByteChannel(name, options)
                : FileChannel.open(path.resolve(name), options);
    }

    /// Renames, in place of what may be there.
    void move(Path from, OpenDirectory other, Path to) throws IOException {
        if (stream instanceof SecureDirectoryStream<Path> secure && other.stream instanceof SecureDirectoryStream<Path> target) {
            secure.move(from, target, to);
        } else {
            Files.move(path.resolve(from), other.path.resolve(to), StandardCopyOption.ATOMIC_MOVE);
        }
    }

    void delete(Path name) throws IOException {
        if (stream instanceof SecureDirectoryStream<Path> secure) {
            secure.deleteFile(name);
        } else {
            Files.delete(path.resolve(name));
        }
    }

    /// @throws java.nio.file.DirectoryNotEmptyException if there is something in it
    void deleteDirectory(Path name) throws IOException {
        if (stream instanceof SecureDirectoryStream<Path> secure) {
            secure.deleteDirectory(name);
        } else {
            Files.delete(path.resolve(name));
        }
    }

    /// One at a time: a directory that is moved takes the place of one that is empty, and who has just made that would write into nothing
    /// (rename(2)). And who finds one there goes on when it is on disk, not before.
    private static final ReentrantLock MAKING = new ReentrantLock();

    /// The directory of this name, made if it is not there. Java makes one by its path only, and whoever may write here could exchange that for a
    /// link at the same moment: so it is made in `base`, whose path nobody exchanges, and moved to its place by its name. Where the base is
    /// closed to us, or another file system, it is made by the path.
    OpenDirectory childMade(Path name, OpenDirectory base) throws IOException {
        MAKING.lock();
        try {
            if (occupant(name).isEmpty()) {
                make(name, base);
            }
        } finally {
            MAKING.unlock();
        }
        return child(name);
    }

    private void make(Path name, OpenDirectory base) throws IOException {
        Path fresh = Path.of(Visibility.OWN + UUID.randomUUID());
        if (!base.makes(fresh)) {
            make(name);
        } else {
            place(base, fresh, name);
        }
        secure();
    }

    private boolean makes(Path name) throws IOException {
        try {
            Files.createDirectory(path.resolve(name));
            return true;
        } catch (AccessDeniedException _) {
            return false;
        }
    }

    private void place(OpenDirectory base, Path fresh, Path name) throws IOException {
        try {
            base.move(fresh, this, name);
        } catch (AtomicMoveNotSupportedException _) {
            base.deleteDirectory(fresh);
            make(name);
        } catch (FileSystemException e) {
            base.deleteDirectory(fresh);
            if (occupant(name).isEmpty()) {
                throw e;
            }
        }
    }

    private void make(Path name) throws IOException {
        try {
            Files.createDirectory(path.resolve(name));
        } catch (FileAlreadyExistsException _) {
            // so much the better
        }
    }

    /// Brings its names to disk (fsync(2) of a directory).
    ///
    /// @throws FileSystemException if that fails, as all that fails here does: an [IOException] of another kind is the client's
    void secure() throws IOException {
        try (FileChannel channel = open(Path.of("."))) {
            channel.force(true);
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException e) {
            throw new FileSystemException(path.toString(), null, e.getMessage());
        }
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
