package lib.gateway;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import lib.http.Status;
import lib.site.Intake;

/// How long is content that comes in chunks? A program is told before it reads any (RFC 3875 §4.1.2), so it is kept until all is here:
/// in memory if it is short, else in a file without a name, which goes with the descriptor.
final class Spool implements AutoCloseable {
    private static final int IN_MEMORY_OCTETS = 64 * 1024;

    /// What it begins with: ten thousand who send slowly must fit in the heap.
    private static final int FIRST_OCTETS = 4 * 1024;

    /// The disk is asked for its free space so often.
    private static final long ASKING_OCTETS = 4 << 20;

    private static final Path DIRECTORY = Path.of(System.getProperty("java.io.tmpdir"));

    private static final FileAttribute<?> OURS_ALONE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    /// What has come of it.
    sealed interface Outcome {}

    /// All is here; whoever has it closes it.
    record Whole(Spool spool) implements Outcome {}

    /// It is too much, or there is no place for it.
    record Refused(Status status) implements Outcome {}

    private final Intake intake;
    private final Consumer<String> errors;
    private byte[] memory = new byte[FIRST_OCTETS];
    private FileChannel file;
    private long length;

    private Spool(Intake intake, Consumer<String> errors) {
        this.intake = intake;
        this.errors = errors;
    }

    /// Reads content to its end.
    ///
    /// @param errors hears why there is no place for it, in sentences that begin with a verb
    /// @throws IOException if the content can't be read
    static Outcome of(InputStream content, Intake intake, Consumer<String> errors) throws IOException {
        Spool spool = new Spool(intake, errors);
        boolean whole = false;
        try {
            Status refusal = spool.fill(content);
            whole = refusal == Status.OK;
            return whole ? new Whole(spool) : new Refused(refusal);
        } finally {
            if (!whole) {
                spool.close();
            }
        }
    }

    private Status fill(InputStream content) throws IOException {
        int first = content.readNBytes(memory, 0, memory.length);
        while (first == memory.length && first < IN_MEMORY_OCTETS) {
            memory = Arrays.copyOf(memory, 4 * first);
            first += content.readNBytes(memory, first, memory.length - first);
        }
        length = first;
        return first < memory.length ? weighed() : fillFile(content);
    }

    private Status weighed() {
        return length > intake.mostOctets() ? Status.CONTENT_TOO_LARGE : Status.OK;
    }

    private Status fillFile(InputStream content) throws IOException {
        byte[] block = new byte[16 * 1024];
        for (int count = content.read(block); count >= 0; count = content.read(block)) {
            Status kept = length + count > intake.mostOctets() ? Status.CONTENT_TOO_LARGE : keep(block, count);
            if (kept != Status.OK) {
                return kept;
            }
        }
        return weighed();
    }

    /// Where there is no directory for such files, as in many a jail, only a length can help the client (RFC 9110 §15.5.12).
    private Status keep(byte[] octets, int count) {
        try {
            if (file == null) {
                file = FileChannel.open(DIRECTORY.resolve("comanche-" + Long.toHexString(ThreadLocalRandom.current().nextLong())),
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE,
                                StandardOpenOption.DELETE_ON_CLOSE), OURS_ALONE);
                write(memory, memory.length);
            }
            if (length / ASKING_OCTETS != (length - count) / ASKING_OCTETS && !isRoom()) {
                return Status.INSUFFICIENT_STORAGE;
            }
            write(octets, count);
            length += count;
            return Status.OK;
        } catch (NoSuchFileException | AccessDeniedException _) {
            errors.accept("can't be given content without a length: '" + DIRECTORY + "', where it would be kept, is not there, or closed to us.");
            return Status.LENGTH_REQUIRED;
        } catch (IOException e) {
            errors.accept("can't be given content without a length: '" + DIRECTORY + "' takes no more (" + e.getMessage() + ").");
            return Status.INSUFFICIENT_STORAGE;
        }
    }

    /// Where nothing is free, or nobody can tell, it is tried.
    private boolean isRoom() {
        long usable = DIRECTORY.toFile().getUsableSpace();
        return usable == 0 || usable >= intake.leastFree();
    }

    private void write(byte[] octets, int count) throws IOException {
        ByteBuffer left = ByteBuffer.wrap(octets, 0, count);
        while (left.hasRemaining()) {
            file.write(left);
        }
    }

    long length() {
        return length;
    }

    /// All of it, from the beginning; to be asked for once.
    InputStream octets() throws IOException {
        return file == null ? new ByteArrayInputStream(memory, 0, (int) length) : Channels.newInputStream(file.position(0));
    }

    /// With its descriptor the file is gone.
    @Override
    public void close() {
        try {
            if (file != null) {
                file.close();
            }
        } catch (IOException _) {
            // it was ours alone: nothing is lost
        }
    }
}
