package lib.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// What does a response carry? (RFC 9110 §6.4)
///
/// A value that names octets; only [OpenFile] and what makes a [Stream] hold something that must be closed, and whoever has
/// the response does that.
public sealed interface Content {

    /// Nothing, and no Content-Length of it.
    record None() implements Content {}

    /// Octets in memory. They are shared, never changed.
    record Octets(byte[] octets) implements Content {}

    /// `length` octets, from `offset` on, of something that has more.
    sealed interface Slice extends Content {
        @Override
        long length();
    }

    /// Octets of a file.
    record FileSlice(OpenFile file, long offset, long length) implements Slice {}

    /// Octets of a whole that is made while it is sent and is the same each time.
    record Excerpt(Whole whole, long offset, long length) implements Slice {}

    /// Several slices of one representation, a delimiter before each and one behind the last (multipart/byteranges).
    record Parts(List<Part> parts, byte[] end) implements Content {
        public Parts {
            parts = List.copyOf(parts);
        }
    }

    /// The delimiter and fields of one part, then its octets.
    record Part(byte[] head, Slice slice) {}

    /// Octets that are made while they are sent.
    ///
    /// @param length how many that will be, or -1 where nobody knows before
    record Stream(Producer producer, long length) implements Content {
        public Stream(Producer producer) {
            this(producer, -1);
        }
    }

    /// Makes octets.
    @FunctionalInterface
    interface Producer {
        /// Writes all of them, once. To flush is to have them sent now.
        ///
        /// @throws IOException if the client leaves, or they can't be made: what was sent then counts as broken off
        void writeTo(OutputStream out) throws IOException;

        /// Does it go on reading the request's content while it writes? Then nobody else may read that.
        default boolean readsContent() {
            return false;
        }

        /// Gives back what it holds; harmless when called again.
        default void close() {}
    }

    /// Makes any part of its octets.
    @FunctionalInterface
    interface Whole {
        /// Writes `length` octets from `offset` on.
        ///
        /// @throws IOException if the client leaves, or the whole is no longer what it was
        void writeTo(OutputStream out, long offset, long length) throws IOException;
    }

    /// A file that was opened, and what it was then.
    interface OpenFile extends AutoCloseable {
        /// Reads octets from `offset` on, as many as there are at once, but one at least; returns how many, or -1 at the end.
        int read(ByteBuffer into, long offset) throws IOException;

        /// Sends octets from `offset` on, `count` at most; returns how many the target took. A file of the system's goes to a
        /// socket without passing through here.
        long transferTo(long offset, long count, WritableByteChannel target) throws IOException;

        /// Is the file still what it was when it was opened, as far as its length and modification date tell?
        ///
        /// @throws IOException if it cannot be told
        boolean isUnchanged() throws IOException;

        /// All of it, where that is in memory already; until it is closed.
        default Optional<ByteBuffer> octets() {
            return Optional.empty();
        }

        /// What it was when it was opened; empty if nothing tells it from others.
        default Optional<Stamp> stamp() {
            return Optional.empty();
        }

        @Override
        void close();
    }

    /// What tells a file from others and from what it will be: where stamps are equal, so are the octets, as far as the file
    /// system tells.
    ///
    /// @param key of the file itself, such as its inode
    /// @param modified to the nanosecond, as it stands on disk
    record Stamp(Object key, long length, Instant modified) {}

    Content NONE = new None();

    /// The complete length in octets, or -1 of a [Stream] that does not know it.
    default long length() {
        return switch (this) {
            case None _ -> 0;
            case Octets content -> content.octets.length;
            case Slice slice -> slice.length();
            case Stream stream -> stream.length;
            case Parts content -> content.end.length
                    + content.parts.stream().mapToLong(part -> part.head.length + part.slice.length()).sum();
        };
    }

    /// Gives back what the content holds open; harmless when called again.
    default void close() {
        switch (this) {
            case None _, Octets _, Excerpt _ -> { }
            case Stream stream -> stream.producer.close();
            case FileSlice slice -> slice.file.close();
            case Parts content -> content.parts.forEach(part -> part.slice.close());
        }
    }
}
