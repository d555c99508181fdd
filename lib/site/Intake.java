package lib.site;

import java.time.Duration;

/// How much may clients bring, and what becomes of a file whose name is taken?
///
/// @param clash for files that are sent to a directory; a PUT to a name means that name
/// @param mostOctets the longest file; a longer one is 413
/// @param leastFree octets of the disk that stay free; an upload that would use them is 507
/// @param mostFiles of one form; more are 413
/// @param expiry how long a broken upload can be gone on with
public record Intake(Clash clash, long mostOctets, long leastFree, int mostFiles, Duration expiry) {

    /// A file of this name is there already.
    public enum Clash {
        /// The new one is refused (409).
        REFUSE,
        /// The new one is called `name (1).txt`.
        RENAME,
        /// The new one takes its place.
        REPLACE
    }
}
