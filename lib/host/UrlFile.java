package lib.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// Where does a script read which URL to use? In a file that is there, whole, as long as the server can be reached, and is one
/// line without a slash at its end: `curl "$(cat url)/a.txt"`.
public final class UrlFile implements AutoCloseable {
    private final Path path;

    private UrlFile(Path path) {
        this.path = path;
    }

    /// Takes away what a server that was killed has left: who waits for the file must not find an old one.
    ///
    /// @throws Fault if something else has that name, or it can't be removed
    public static void clear(Path path) throws Fault {
        try {
            if (Files.isDirectory(path)) {
                throw new Fault(Fault.CANNOT_START, "'" + path + "' is a directory; name a file for the URL.");
            }
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new Fault(Fault.CANNOT_START, cannot(path, e));
        }
    }

    /// @throws Fault if it can't be written
    public static UrlFile write(Path path, String url) throws Fault {
        Path beside = path.resolveSibling(path.getFileName() + ".new");
        try {
            Files.writeString(beside, url + '\n');
            Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE);
            return new UrlFile(path);
        } catch (IOException e) {
            throw new Fault(Fault.CANNOT_START, cannot(path, e));
        }
    }

    private static String cannot(Path path, IOException e) {
        return "The URL can't be written to '" + path + "' (" + LogFile.reason(e) + "); name a file that this user can write.";
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException _) {
            // in a jail it is out of reach
        }
    }
}
