package tests.http;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lib.http.Content;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a response carries: how long it is, and who closes it (RFC 9110 §6.4, §14.6).
class ContentTest {

    /// A real file, opened in the plainest way.
    private record Opened(FileChannel channel) implements Content.OpenFile {
        static Opened of(Path directory) throws IOException {
            return new Opened(FileChannel.open(Files.createTempFile(directory, "content", ".txt")));
        }

        @Override
        public int read(ByteBuffer into, long offset) throws IOException {
            return channel.read(into, offset);
        }

        @Override
        public long transferTo(long offset, long count, WritableByteChannel target) throws IOException {
            return channel.transferTo(offset, count, target);
        }

        @Override
        public boolean isUnchanged() {
            return true;
        }

        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Test
    void nothingHasNoLengthAndNothingToClose() {
        assertEquals(0, Content.NONE.length());
        assertEquals(0, new Content.Octets(new byte[0]).length());
        assertDoesNotThrow(Content.NONE::close);
        assertDoesNotThrow(new Content.Octets(new byte[1])::close);
    }

    @Test
    void octetsAreAsLongAsTheyAre() {
        assertEquals(5, new Content.Octets(new byte[5]).length());
    }

    @Test
    void aSliceIsAsLongAsItSaysWhereverItBegins(@TempDir Path directory) throws IOException {
        try (Opened file = Opened.of(directory)) {
            assertEquals(7, new Content.FileSlice(file, 1_000, 7).length());
            assertEquals(Long.MAX_VALUE, new Content.FileSlice(file, 0, Long.MAX_VALUE).length());
        }
    }

    /// Two parts, their heads and the end: 10 + 3,000,000,000 + 20 + 5 + 8. The length does not fit into an int.
    @Test
    void theLengthOfPartsCountsDelimitersAndSlices(@TempDir Path directory) throws IOException {
        try (Opened file = Opened.of(directory)) {
            Content parts = new Content.Parts(List.of(
                    new Content.Part(new byte[10], new Content.FileSlice(file, 0, 3_000_000_000L)),
                    new Content.Part(new byte[20], new Content.FileSlice(file, 4_000_000_000L, 5))), new byte[8]);
            assertEquals(3_000_000_043L, parts.length());
            assertEquals(8, new Content.Parts(List.of(), new byte[8]).length());
        }
    }

    @Test
    void closingClosesTheFileHoweverOften(@TempDir Path directory) throws IOException {
        Opened one = Opened.of(directory);
        Content slice = new Content.FileSlice(one, 0, 0);
        assertTrue(one.channel().isOpen());
        slice.close();
        slice.close();
        assertFalse(one.channel().isOpen());
    }

    @Test
    void closingPartsClosesEveryFileOfThem(@TempDir Path directory) throws IOException {
        Opened one = Opened.of(directory);
        Opened other = Opened.of(directory);
        Content.Part first = new Content.Part(new byte[0], new Content.FileSlice(one, 0, 0));
        Content.Part second = new Content.Part(new byte[0], new Content.FileSlice(one, 1, 0));
        Content.Part third = new Content.Part(new byte[0], new Content.FileSlice(other, 0, 0));
        List<Content.Part> list = new ArrayList<>(List.of(first, second, third));
        Content parts = new Content.Parts(list, new byte[0]);
        list.clear();

        parts.close();
        parts.close();
        assertFalse(one.channel().isOpen() || other.channel().isOpen());
    }
}
