package lib.site;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Set;
import lib.http.EntityTag;
import lib.site.Placement.Spot;

/// How does a file come into being without ever being seen half?
///
/// It is written under a name that nobody is shown, in the directory where it belongs, brought safely to disk, and then
/// renamed: until that moment the old file is there whole, from then on the new one is. The system's lock on the draft
/// ends with its writer, however that ends; what is found without one is a leftover.
final class Draft implements AutoCloseable {

    /// What has come of the octets that were sent.
    enum Outcome { WHOLE, TOO_LARGE, NO_SPACE }

    static final String ENDING = ".part";

    private static final Set<OpenOption> CREATE =
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.READ, NOFOLLOW_LINKS);
    private static final Set<OpenOption> APPEND =
            Set.of(StandardOpenOption.WRITE, StandardOpenOption.READ, NOFOLLOW_LINKS);
    private static final int FIRST_OCTETS = 8 * 1024;
    private static final int BLOCK_OCTETS = 128 * 1024;

    /// The disk is asked for its free space this often.
    private static final long ASKING_OCTETS = 16L << 20;

    private static final SecureRandom RANDOM = new SecureRandom();

    private final OpenDirectory directory;
    private final Path name;
    private final FileChannel channel;
    private long length;
    private long asked = -1;
    private boolean kept;

    private Draft(OpenDirectory directory, Path name, FileChannel channel) throws IOException {
        this.directory = directory;
        this.name = name;
        this.channel = channel;
        this.length = channel.size();
    }

    /// A name that nobody can guess, to begin a draft with.
    static String token() {
        byte[] octets = new byte[16];
        RANDOM.nextBytes(octets);
        return HexFormat.of().formatHex(octets);
    }

    private static Path name(String token) {
        return Path.of(Visibility.OWN + token + ENDING);
    }

    /// A new one.
    ///
    /// @throws IOException if the directory can't be written
    static Draft begin(OpenDirectory directory, String token) throws IOException {
        return locked(directory, name(token), directory.open(name(token), CREATE));
    }

    /// One that was begun before.
    ///
    /// @throws IOException if it is gone, or is being written
    static Draft resume(OpenDirectory directory, String token) throws IOException {
        return locked(directory, name(token), directory.open(name(token), APPEND));
    }

    private static Draft locked(OpenDirectory directory, Path name, FileChannel channel) throws IOException {
        try {
            if (channel.tryLock() != null) {
                return new Draft(directory, name, channel);
            }
            throw new IOException("the draft is being written");
        } catch (OverlappingFileLockException | IOException e) {
            channel.close();
            throw new IOException(e);
        }
    }

    /// Octets so far.
    long length() {
        return length;
    }

    /// From now on it outlives this object, unless it is discarded.
    void keep() {
        kept = true;
    }

    /// It is taken away with this object, whatever was said before.
    void discard() {
        kept = false;
    }

    /// Takes what `content` brings, behind what is there. The block grows with a fast client: many slow ones must not fill
    /// the memory.
    ///
    /// @throws IOException if the content can't be read
    Outcome take(InputStream content, Intake intake) throws IOException {
        byte[] block = new byte[FIRST_OCTETS];
        for (int count = content.read(block); count >= 0; count = content.read(block)) {
            if (length + count > intake.mostOctets()) {
                return Outcome.TOO_LARGE;
            }
            if (!isRoom(count, intake.leastFree()) || !write(block, count)) {
                return Outcome.NO_SPACE;
            }
            if (count == block.length && count < BLOCK_OCTETS) {
                block = new byte[BLOCK_OCTETS];
            }
        }
        return Outcome.WHOLE;
    }

    /// Whatever the system says against writing to our own file, it comes to this: it can't be stored.
    private boolean write(byte[] block, int count) {
        try {
            ByteBuffer octets = ByteBuffer.wrap(block, 0, count);
            while (octets.hasRemaining()) {
                length += channel.write(octets, length);
            }
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    private boolean isRoom(long octets, long leastFree) {
        if (asked >= 0 && length + octets - asked < ASKING_OCTETS) {
            return true;
        }
        asked = length;
        return isRoom(directory, octets, leastFree);
    }

    /// Would so many octets leave as many free as must stay?
    static boolean isRoom(OpenDirectory directory, long octets, long leastFree) {
        try {
            FileStore disk = Files.getFileStore(directory.path());
            return disk.getUsableSpace() - octets >= leastFree;
        } catch (IOException _) {
            return true; // what can't be told is tried
        }
    }

    /// Brings the octets to disk.
    ///
    /// @throws FileSystemException if that fails: then nothing is sure
    void secure() throws FileSystemException {
        try {
            channel.force(true);
        } catch (IOException e) {
            throw new FileSystemException(name.toString(), null, e.getMessage());
        }
    }

    /// Puts it in the place of whatever stands at the spot, in one step; it has been secured before.
    ///
    /// @return its validator
    /// @throws IOException if it can't be put there
    EntityTag publish(Spot spot) throws IOException {
        BasicFileAttributes attributes = directory.attributes(name);
        directory.move(name, spot.directory(), spot.name());
        kept = true;
        spot.directory().secure();
        return EntityTag.of(attributes.size(), attributes.lastModifiedTime().toInstant(), "");
    }

    /// Ends it, and if it was neither published nor kept, takes it away.
    @Override
    public void close() {
        try (channel) {
            if (!kept) {
                directory.delete(name);
            }
        } catch (IOException _) {
            // the next start clears it away
        }
    }

    /// Is this a draft that nobody writes, and nobody has touched since?
    ///
    /// @param name of a draft
    static boolean isLeftover(OpenDirectory directory, Path name, Instant since) throws IOException {
        if (!directory.attributes(name).lastModifiedTime().toInstant().isBefore(since)) {
            return false;
        }
        try (FileChannel channel = directory.open(name, APPEND)) {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException _) {
            return false;
        }
    }
}
