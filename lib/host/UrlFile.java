package lib.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/// Where does a script read which URL to use? In a file that is there, whole, as long as the server can be reached, and is one
/// line without a slash at its end: `curl "$(cat url)/a.txt"`.
///
/// The last of several servers that name the same file has it, and each takes away only its own.
public final class UrlFile implements AutoCloseable {
    private final Path path;
    private final String line;

    private UrlFile(Path path, String line) {
        this.path = path;
        this.line = line;
    }

    /// Takes away what a server that was killed has left: who waits for the file must not find an old one.
    ///
    /// @throws Fault if something else has that name, such as `/dev/stdout`, or it can't be removed
    public static void clear(Path path) throws Fault {
        try {
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                throw new Fault(Fault.CANNOT_START, "'" + path + "' is a directory, a link or a device; name a file for the URL.");
            }
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new Fault(Fault.CANNOT_START, cannot(path, e));
        }
    }

    /// @throws Fault if it can't be written
    public static UrlFile write(Path path, String url) throws Fault {
        Path beside = path.resolveSibling(path.getFileName() + "." + ProcessHandle.current().pid() + ".new");
        String line = url + '\n';
        try {
            Files.deleteIfExists(beside);
            Files.writeString(beside, line, StandardOpenOption.CREATE_NEW); // never through a link that somebody has put there
            Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE);
            return new UrlFile(path, line);
        } catch (IOException e) {
            beside.toFile().delete();
            throw new Fault(Fault.CANNOT_START, cannot(path, e));
        }
    }

    private static String cannot(Path path, IOException e) {
        return "The URL can't be written to '" + path + "' (" + LogFile.reason(e) + "); name a file that this user can write.";
    }

    @Override
    public void close() {
        try {
            if (Files.readString(path).equals(line)) {
                Files.delete(path);
            }
        } catch (IOException _) {
            // gone already, or in a jail out of reach
        }
    }
}
