package lib.wire;

import java.time.Duration;

/// How much of everything does a client get? Each limit has a setting of its own.
///
/// @param targetOctets the longest request-target; a longer one is 414
/// @param fieldsOctets the longest field section; a longer one is 431, or 400 where it is a trailer section
/// @param fieldLines the most field lines of a section; more are the same
/// @param contentOctets the most content of a refused or needless kind that is read before the answer; more is 413
/// @param ranges the most ranges that one Range field may ask for; more are ignored
/// @param idle how long a connection may lie idle between two requests
/// @param head how long a request may take from its first octet to the end of its field section
/// @param progress how long a client may take to send or to accept the next octets of content
/// @param drain how long requests in flight may take once the server stops
/// @param connections how many are served at once; if no idle one can give way, more wait for their turn
/// @param ofOneClient how many of them one client of another machine may have
/// @param archives how many are made at the same time; more are 503
public record Limits(int targetOctets, int fieldsOctets, int fieldLines, long contentOctets, int ranges, Duration idle,
                     Duration head, Duration progress, Duration drain, int connections, int ofOneClient, int archives) {

    /// The longest line of a chunk: its size and its extensions (RFC 9112 §7.1.1 wants them bounded).
    public static final int CHUNK_LINE_OCTETS = 1024;

    /// The longest method: a longer one cannot be one that anybody knows.
    static final int METHOD_OCTETS = 64;

    /// Empty lines that are forgiven before a request (RFC 9112 §2.2).
    static final int EMPTY_LINES = 4;
}
