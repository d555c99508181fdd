package lib.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/// Which process is the server? Its number and a line break stand in a file, which it holds locked while it lives:
///
///     1234
///
/// The lock is the claim, the number only its text: a server that was killed leaves the number, but never the lock, and
/// so its file is taken over. The system drops the lock as soon as this process closes any other descriptor of the file.
/// So while it is held nothing here opens it again, nor may anybody else in this process.
public final class PidFile implements AutoCloseable {
    /// Longer is no process number.
    private static final int MOST_OCTETS = 20;

    /// Someone who only asks who runs holds the lock for a moment, and a server that has just got it has yet to write.
    private static final Duration MOMENT = Duration.ofSeconds(1);
    private static final Duration PAUSE = Duration.ofMillis(10);

    private static final Set<? extends OpenOption> OURS = Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ,
            StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

    private final Path path;
    private final FileChannel file;
    private final DirectoryStream<Path> directory;

    private PidFile(Path path, FileChannel file, DirectoryStream<Path> directory) {
        this.path = path;
        this.file = file;
        this.directory = directory;
    }

    /// Says that this process is the server. To be called before the root changes, by the process that will serve.
    ///
    /// @throws Fault if another one is, or the file can't be had
    public static PidFile hold(Path path) throws Fault {
        Path whole = path.toAbsolutePath().normalize();
        if (whole.getParent() == null || !Files.isDirectory(whole.getParent())) {
            throw fault(whole, "there is no such directory; make it first");
        }
        DirectoryStream<Path> directory = null;
        FileChannel file = null;
        try {
            directory = Files.newDirectoryStream(whole.getParent());
            file = locked(whole);
            write(file);
            return new PidFile(whole, file, directory);
        } catch (IOException e) {
            close(file);
            close(directory);
            throw fault(whole, "this user can't write it; name another place (--pidfile)");
        } catch (Fault fault) {
            close(file);
            close(directory);
            throw fault;
        }
    }

    /// Opens the file and locks it, which those who only ask may delay for a moment.
    private static FileChannel locked(Path path) throws IOException, Fault {
        long end = System.nanoTime() + MOMENT.toNanos();
        while (true) {
            Optional<Object> before = key(path);
            FileChannel file = FileChannel.open(path, OURS);
            try {
                Optional<Long> holder = number(path, file);
                letAllRead(path);
                if (tryLock(file, false).isPresent()) {
                    if (before.isPresent() && before.equals(key(path))) {
                        return file;
                    }
                    // We have made the file just now; or another server has ended and removed it before we had the lock,
                    // which is one on a file without a name. In either case we begin again.
                } else if (System.nanoTime() > end) {
                    throw new Fault(Fault.CANNOT_START, "Comanche is running already"
                            + holder.map(pid -> " (process " + pid + ")").orElse("")
                            + "; stop it first (comanche stop), or name another file (--pidfile).");
                } else {
                    LockSupport.parkNanos(PAUSE.toNanos());
                }
            } catch (IOException | Fault e) {
                file.close();
                throw e;
            }
            file.close();
        }
    }

    /// What tells one file from another that has the same name later.
    private static Optional<Object> key(Path path) throws IOException {
        try {
            return Optional.ofNullable(Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .fileKey());
        } catch (NoSuchFileException _) {
            return Optional.empty();
        }
    }

    private static Optional<FileLock> tryLock(FileChannel file, boolean isShared) throws IOException {
        try {
            return Optional.ofNullable(file.tryLock(0, Long.MAX_VALUE, isShared));
        } catch (OverlappingFileLockException _) {
            return Optional.empty(); // this very process holds it
        }
    }

    /// The number in the file; empty if there is nothing in it.
    ///
    /// @throws Fault if it is some other file, named by mistake: it is not overwritten
    private static Optional<Long> number(Path path, FileChannel file) throws IOException, Fault {
        ByteBuffer octets = ByteBuffer.allocate(MOST_OCTETS + 1);
        while (octets.hasRemaining() && file.read(octets, octets.position()) > 0) {
            // a read may return a part
        }
        String text = new String(octets.array(), 0, octets.position(), StandardCharsets.ISO_8859_1).strip();
        if (text.isEmpty()) {
            return Optional.empty();
        } else if (text.length() > 18 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw fault(path, "that file holds something else; name another one (--pidfile)");
        }
        return Optional.of(Long.parseLong(text));
    }

    /// Whoever may look into the directory may know the number, whatever our umask is. Before the lock: Java opens the file
    /// to do this.
    private static void letAllRead(Path path) throws IOException {
        PosixFileAttributeView view =
                Files.getFileAttributeView(path, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        if (view != null) {
            view.setPermissions(PosixFilePermissions.fromString("rw-r--r--"));
        }
    }

    private static void write(FileChannel file) throws IOException {
        ByteBuffer octets =
                ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.ISO_8859_1));
        file.truncate(0);
        while (octets.hasRemaining()) {
            file.write(octets, octets.position());
        }
    }

    /// The server's process number, while it runs. For other processes than the server itself.
    ///
    /// @throws Fault if the file can't be read
    public static Optional<Long> runningPid(Path path) throws Fault {
        long end = System.nanoTime() + MOMENT.toNanos();
        try {
            while (true) {
                Optional<Long> pid;
                try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
                    if (tryLock(file, true).isPresent()) {
                        return Optional.empty();
                    }
                    pid = number(path, file);
                }
                if (pid.isPresent() || System.nanoTime() > end) {
                    return pid;
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        } catch (NoSuchFileException _) {
            return Optional.empty();
        } catch (IOException _) {
            throw fault(path, "this user can't read it; try as root (sudo)");
        }
    }

    /// Does a file of a server tell of one that ended without taking its leave?
    static boolean isStale(Path path) throws Fault {
        try {
            return Files.isRegularFile(path) && Files.size(path) > 0 && runningPid(path).isEmpty();
        } catch (IOException _) {
            return false;
        }
    }

    private static Fault fault(Path path, String why) {
        return new Fault(Fault.CANNOT_START, "The pid file " + path + " can't be used: " + why + ".");
    }

    /// Removes the file, through its directory as it was opened: its path may mean something else by now. A user who may
    /// not remove it (`/run` is root's) leaves it empty.
    @Override
    public void close() {
        try {
            file.truncate(0);
            if (directory instanceof SecureDirectoryStream<Path> secure) {
                secure.deleteFile(path.getFileName());
            } else {
                Files.delete(path); // macOS has no such streams
            }
        } catch (IOException _) {
            // empty and unlocked, it tells of nobody
        }
        close(file);
        close(directory);
    }

    private static void close(AutoCloseable resource) {
        try {
            if (resource != null) {
                resource.close();
            }
        } catch (Exception _) {
            // closed is closed
        }
    }
}
