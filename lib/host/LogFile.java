package lib.host;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/// Where do the lines of a log go: to a file that they are appended to, or to a stream that we were born with?
///
/// A file can be opened anew under its name, after logrotate has moved the old one away; also when the server has locked
/// itself into a chroot meanwhile, because the directory was opened before and is kept. Lines come in whole and go out
/// whole: if the disk is full in the middle of one, its rest is the first thing written when there is room again.
///
/// For one thread at a time.
public final class LogFile implements AutoCloseable {
    private static final String STANDARD_OUTPUT = "-";
    private static final byte[] NOTHING = {};

    private final String name;
    private final Optional<Place> place;
    private WritableByteChannel channel;
    private byte[] owed = NOTHING;
    private int taken;

    private LogFile(String name, Optional<Place> place, WritableByteChannel channel) {
        this.name = name;
        this.place = place;
        this.channel = channel;
    }

    /// Opens a file for append, and makes it and its directory where they are missing; `-` is standard output.
    ///
    /// @throws Fault with a sentence for the operator
    public static LogFile open(Path path) throws Fault {
        if (path.toString().equals(STANDARD_OUTPUT)) {
            return standardOutput();
        }
        Place place = null;
        try {
            place = Place.of(path.toAbsolutePath());
            return new LogFile(path.toString(), Optional.of(place), place.open());
        } catch (IOException e) {
            if (place != null) {
                place.close();
            }
            throw new Fault(Fault.CANNOT_START, "The log '" + path + "' can't be opened (" + reason(e)
                    + "); name a file that this user can write, or '-' for standard output.");
        }
    }

    public static LogFile standardOutput() {
        return to("standard output", new FileOutputStream(FileDescriptor.out).getChannel());
    }

    public static LogFile standardError() {
        return to("standard error", new FileOutputStream(FileDescriptor.err).getChannel());
    }

    /// A channel of the caller's: it is not closed here, and cannot be reopened.
    public static LogFile to(String name, WritableByteChannel channel) {
        return new LogFile(name, Optional.empty(), channel);
    }

    /// The system's words for what went wrong, without the path that the JDK puts in front of them.
    static String reason(IOException e) {
        return switch (e) {
            case AccessDeniedException _ -> "permission denied";
            case NoSuchFileException _ -> "no such directory";
            case NotDirectoryException _, FileAlreadyExistsException _ -> "a file stands where its directory should be";
            case FileSystemException system when system.getReason() != null -> system.getReason();
            default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        };
    }

    /// Writes all of `lines`, each of which ends in a newline.
    ///
    /// @throws IOException if not all could be written; [#taken] says how much of it is not lost
    public void write(byte[] lines) throws IOException {
        taken = 0;
        payOff();
        ByteBuffer octets = ByteBuffer.wrap(lines);
        try {
            writeAll(octets);
        } finally {
            int end = endOfLine(lines, octets.position());
            owed = Arrays.copyOfRange(lines, octets.position(), end);
            taken = end;
        }
    }

    /// How many octets of what was given to the last [#write] are written, or will be: the rest of a line that has begun
    /// is written first as soon as that is possible.
    public int taken() {
        return taken;
    }

    /// Writes the rest of a line that was torn when the last write failed.
    private void payOff() throws IOException {
        if (owed.length > 0) {
            ByteBuffer octets = ByteBuffer.wrap(owed);
            try {
                writeAll(octets);
            } finally {
                owed = Arrays.copyOfRange(owed, octets.position(), owed.length);
            }
        }
    }

    /// A pipe that somebody has made non-blocking takes nothing when it is full; that is a failure like others.
    private void writeAll(ByteBuffer octets) throws IOException {
        while (octets.hasRemaining()) {
            if (channel.write(octets) == 0) {
                throw new IOException("it takes nothing more for now");
            }
        }
    }

    /// The offset behind the line in the middle of which `position` lies; `position` itself where a line ends there.
    private static int endOfLine(byte[] lines, int position) {
        int end = position;
        while (end > 0 && end < lines.length && lines[end - 1] != '\n') {
            end++;
        }
        return end;
    }

    /// Goes on in the file that now bears our name; a stream stays what it is.
    ///
    /// @throws IOException if there can be none; the old file goes on
    public void reopen() throws IOException {
        if (place.isPresent()) {
            WritableByteChannel next = place.get().open();
            closeChannel();
            channel = next;
        }
    }

    /// Hands what was made by us, file and directory, to the user that the server becomes: otherwise that user could not
    /// reopen it. What was there before keeps its owner.
    public void giveTo(UserPrincipal user, GroupPrincipal group) throws IOException {
        if (place.isPresent()) {
            place.get().giveTo(user, group);
        }
    }

    /// What it is called in a sentence.
    @Override
    public String toString() {
        return name;
    }

    @Override
    public void close() {
        if (place.isPresent()) {
            closeChannel();
            place.get().close();
        }
    }

    private void closeChannel() {
        try (WritableByteChannel _ = channel) {
            payOff();
        } catch (IOException _) {
            // a torn line is left at the end of the old file
        }
        owed = NOTHING;
    }

    /// A name in a directory. The directory is held open where the system can open files relative to it; elsewhere the
    /// path must do.
    ///
    /// @param followsLinks may the name be a symbolic link?
    private record Place(Path path, Optional<SecureDirectoryStream<Path>> directory, boolean followsLinks,
                         boolean madeDirectory, boolean madeFile) {
        private static final Set<PosixFilePermission> FILE_MODE = PosixFilePermissions.fromString("rw-r-----");
        private static final Set<PosixFilePermission> DIRECTORY_MODE = PosixFilePermissions.fromString("rwxr-x---");

        static Place of(Path path) throws IOException {
            Path name = path.getFileName();
            if (name == null || name.toString().equals("..") || name.toString().equals(".")) {
                throw new IOException("it is a directory");
            }

            Path parent = path.getParent();
            boolean madeDirectory = !Files.exists(parent);
            if (madeDirectory) {
                Files.createDirectories(parent, mode(parent, DIRECTORY_MODE));
            }
            boolean madeFile = !Files.exists(path, LinkOption.NOFOLLOW_LINKS);
            return new Place(path, directory(parent), followsLinks(parent), madeDirectory, madeFile);
        }

        private static FileAttribute<?>[] mode(Path path, Set<PosixFilePermission> permissions) {
            boolean posix = path.getFileSystem().supportedFileAttributeViews().contains("posix");
            return posix ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)}
                    : new FileAttribute<?>[0];
        }

        /// A directory that we may use but not list (mode 0711) cannot be held: then the path must do, too.
        private static Optional<SecureDirectoryStream<Path>> directory(Path parent) throws IOException {
            DirectoryStream<Path> stream;
            try {
                stream = Files.newDirectoryStream(parent);
            } catch (AccessDeniedException _) {
                return Optional.empty();
            }
            if (stream instanceof SecureDirectoryStream<Path> secure) {
                return Optional.of(secure);
            }
            stream.close();
            return Optional.empty();
        }

        /// Who can write to the directory can put a link there, and have root append to any file of the system. So links
        /// (such as `/dev/stdout`) are for directories that nobody else can write to.
        private static boolean followsLinks(Path parent) throws IOException {
            PosixFileAttributeView view = Files.getFileAttributeView(parent, PosixFileAttributeView.class);
            if (view == null) {
                return true;
            }
            PosixFileAttributes attributes = view.readAttributes();
            String owner = attributes.owner().getName();
            boolean ours = owner.equals("root") || owner.equals(System.getProperty("user.name"));
            return ours && !attributes.permissions().contains(PosixFilePermission.GROUP_WRITE)
                    && !attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE);
        }

        WritableByteChannel open() throws IOException {
            Set<OpenOption> options = new HashSet<>(
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND));
            if (!followsLinks) {
                options.add(LinkOption.NOFOLLOW_LINKS);
            }
            FileAttribute<?>[] mode = mode(path, FILE_MODE);
            return directory.isPresent() ? directory.get().newByteChannel(path.getFileName(), options, mode)
                    : FileChannel.open(path, options, mode);
        }

        void giveTo(UserPrincipal user, GroupPrincipal group) throws IOException {
            if (directory.isEmpty()) {
                return;
            }
            if (madeFile) {
                give(directory.get().getFileAttributeView(path.getFileName(), PosixFileAttributeView.class,
                        LinkOption.NOFOLLOW_LINKS), user, group);
            }
            if (madeDirectory) {
                give(directory.get().getFileAttributeView(PosixFileAttributeView.class), user, group);
            }
        }

        private static void give(PosixFileAttributeView view, UserPrincipal user, GroupPrincipal group)
                throws IOException {
            view.setGroup(group);
            view.setOwner(user);
        }

        void close() {
            try {
                if (directory.isPresent()) {
                    directory.get().close();
                }
            } catch (IOException _) {
                // closed is closed
            }
        }
    }
}
