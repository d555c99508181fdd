package lib.site;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import lib.http.EntityTag;
import lib.http.Tokens;
import lib.site.Placement.Spot;
import lib.wire.Block;

/// How does a file come into being without ever being seen half?
///
/// It is written under a name that nobody is shown, in the directory where it belongs, brought safely to disk, and then
/// renamed: until that moment the old file is there whole, from then on the new one is. The system's lock on the draft
/// ends with its writer, however that ends; what is found without one is a leftover.
final class Draft implements AutoCloseable {

    /// What has come of the octets that were sent.
    enum Outcome { WHOLE, TOO_LARGE, NO_SPACE }

    static final String ENDING = ".part";

    private static final int TOKEN_OCTETS = 16;

    private static final Set<OpenOption> CREATE =
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.READ, NOFOLLOW_LINKS);
    private static final Set<OpenOption> APPEND =
            Set.of(StandardOpenOption.WRITE, StandardOpenOption.READ, NOFOLLOW_LINKS);

    /// The disk is asked for its free space this often.
    private static final long ASKING_OCTETS = 16L << 20;

    /// So many octets come in before the system is asked to begin to bring them to disk.
    private static final long SETTLING_OCTETS = 32L << 20;

    private static final SecureRandom RANDOM = new SecureRandom();

    /// Drafts that this process has in hand, by their tokens. Its lock on one belongs to the whole process, and ends as soon
    /// as any descriptor of that file is closed (fcntl(2)): who wants to know of one asks here first.
    private static final Set<String> IN_HAND = ConcurrentHashMap.newKeySet();

    private final OpenDirectory directory;
    private final String token;
    private final FileChannel channel;
    private long length;
    private long asked = -1;
    private long settled;
    private CompletableFuture<Void> settling = CompletableFuture.completedFuture(null);
    private boolean kept;

    private Draft(OpenDirectory directory, String token, FileChannel channel) throws IOException {
        this.directory = directory;
        this.token = token;
        this.channel = channel;
        this.length = channel.size();
    }

    /// A name that nobody can guess, to begin a draft with.
    static String token() {
        byte[] octets = new byte[TOKEN_OCTETS];
        RANDOM.nextBytes(octets);
        return HexFormat.of().formatHex(octets);
    }

    static boolean isToken(String text) {
        return text.length() == 2 * TOKEN_OCTETS && text.chars().allMatch(c -> Tokens.isDigit(c) || c >= 'a' && c <= 'f');
    }

    static Path name(String token) {
        return Path.of(Visibility.OWN + token + ENDING);
    }

    /// A new one.
    ///
    /// @throws AccessDeniedException if the directory can't be written by us
    /// @throws IOException if there is no room for it
    static Draft begin(OpenDirectory directory, String token) throws IOException {
        try {
            return open(directory, token, CREATE, true).orElseThrow(() -> new FileAlreadyExistsException(token));
        } catch (FileSystemException e) {
            throw Files.isWritable(directory.path()) ? e : new AccessDeniedException(token);
        }
    }

    /// One that was begun before; empty if somebody else has it in hand.
    ///
    /// @throws java.nio.file.NoSuchFileException if it is gone
    static Optional<Draft> resume(OpenDirectory directory, String token) throws IOException {
        return open(directory, token, APPEND, true);
    }

    /// Takes away one that nobody has in hand, and nobody has touched since; returns whether it is gone.
    static boolean clear(OpenDirectory directory, String token, Instant since) throws IOException {
        boolean touched = !directory.attributes(name(token)).lastModifiedTime().toInstant().isBefore(since);
        Optional<Draft> draft = touched ? Optional.empty() : open(directory, token, APPEND, false);
        draft.ifPresent(Draft::close);
        return draft.isPresent();
    }

    /// @param trusting is a draft free if the file system knows no locks?
    private static Optional<Draft> open(OpenDirectory directory, String token, Set<OpenOption> options, boolean trusting)
            throws IOException {
        if (!IN_HAND.add(token)) {
            return Optional.empty();
        }
        Draft draft;
        try {
            draft = new Draft(directory, token, directory.open(name(token), options));
        } catch (IOException e) {
            IN_HAND.remove(token);
            throw e;
        }
        if (draft.isFree(trusting)) {
            return Optional.of(draft);
        }
        draft.keep();
        draft.close();
        return Optional.empty();
    }

    private boolean isFree(boolean trusting) {
        try {
            return channel.tryLock() != null;
        } catch (IOException _) {
            return trusting;
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

    /// Takes what `content` brings, behind what is there.
    ///
    /// @throws IOException if the content can't be read
    Outcome take(InputStream content, Intake intake) throws IOException {
        try (Block block = new Block()) {
            byte[] octets = block.octets();
            for (int count = content.read(octets); count >= 0; count = content.read(octets)) {
                if (length + count > intake.mostOctets()) {
                    return Outcome.TOO_LARGE;
                }
                if (!isRoom(count, intake.leastFree()) || !write(octets, count)) {
                    return Outcome.NO_SPACE;
                }
                octets = block.after(count);
            }
            return Outcome.WHOLE;
        }
    }

    /// Are the octets, from the first one on, what is claimed of them? Reads them only if something is.
    boolean holds(Attestation attestation) throws IOException {
        if (!attestation.claims().isEmpty()) {
            attestation.of(Channels.newInputStream(channel.position(0))).transferTo(OutputStream.nullOutputStream());
        }
        return attestation.holds();
    }

    /// Whatever the system says against writing to our own file, it comes to this: it can't be stored.
    private boolean write(byte[] octets, int count) {
        try {
            ByteBuffer left = ByteBuffer.wrap(octets, 0, count);
            while (left.hasRemaining()) {
                length += channel.write(left, length);
            }
            if (length - settled >= SETTLING_OCTETS && settling.isDone()) {
                settled = length;
                settling = settling.thenRunAsync(this::settle, settler -> Thread.ofVirtual().start(settler));
            }
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    /// The disk works while the client still sends, and not only when it waits for the answer: a third less time for a long
    /// file.
    private void settle() {
        try {
            channel.force(false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean isRoom(long octets, long leastFree) {
        if (asked >= 0 && length + octets - asked < ASKING_OCTETS) {
            return true;
        }
        asked = length;
        return isRoom(directory, octets, leastFree);
    }

    /// Would so many octets leave as many free as must stay? Where that can't be told, or nothing is free, it is tried: the
    /// disk will say. Not by [java.nio.file.FileStore], which reads the list of all mounts each time.
    static boolean isRoom(OpenDirectory directory, long octets, long leastFree) {
        long usable = directory.path().toFile().getUsableSpace();
        return usable == 0 || usable - octets >= leastFree;
    }

    /// Brings the octets to disk. The system tells a failure once (fsync(2)): what it has told before counts as well.
    ///
    /// @throws FileSystemException if that fails: then nothing is sure
    void secure() throws FileSystemException {
        try {
            settling.join();
            channel.force(true);
        } catch (IOException | CompletionException e) {
            throw new FileSystemException(token, null, e.getMessage());
        }
    }

    /// Puts it in the place of whatever stands at the spot, in one step; it has been secured before.
    ///
    /// @return its validator
    /// @throws AccessDeniedException if what stands there can't be replaced
    EntityTag publish(Spot spot) throws IOException {
        BasicFileAttributes attributes = directory.attributes(name(token));
        try {
            directory.move(name(token), spot.directory(), spot.name());
        } catch (NoSuchFileException e) {
            throw e;
        } catch (FileSystemException _) {
            throw new AccessDeniedException(token);
        }
        kept = true;
        return EntityTag.of(attributes.size(), attributes.lastModifiedTime().toInstant(), "");
    }

    /// Ends it, and if it was neither published nor kept, takes it away.
    @Override
    public void close() {
        try (channel) {
            if (!kept) {
                directory.delete(name(token));
            }
        } catch (IOException _) {
            // the next start clears it away
        } finally {
            IN_HAND.remove(token);
        }
    }
}
