package tests.torture;

import java.lang.management.ManagementFactory;

/// What is there to be fuzzed? Everything that reads octets of strangers, or a file of the operator's.
public enum FuzzTarget {
    REQUESTS(WireTrials::requests, 8),
    CHUNKS(WireTrials::chunks, 4),
    MULTIPART(WireTrials::multipart, 2),
    FASTCGI(WireTrials::fastCgi, 8),
    PROGRAM_HEAD(WireTrials::programHead, 2),
    TARGET(FieldTrials::target, 1),
    AUTHORITY(FieldTrials::authority, 1),
    LIST(FieldTrials::list, 1),
    RANGES(FieldTrials::ranges, 1),
    DICTIONARY(FieldTrials::dictionary, 1),
    QUERY(FieldTrials::query, 1),
    NEGOTIATION(FieldTrials::negotiation, 1),
    DATE(FieldTrials::date, 1),
    ENTITY_TAG(FieldTrials::entityTag, 1),
    AUTHORIZATION(FieldTrials::authorization, 1),
    DISPOSITION(FieldTrials::disposition, 1),
    SITE(FileTrials::site, 20),
    README(FileTrials::readme, 50),
    HTPASSWD(FileTrials::htpasswd, 2),
    SETTINGS(FileTrials::settings, 100),
    RULES(FileTrials::rules, 100),
    ZIP(FileTrials::zip, 50);

    /// One input may have so much memory, and a thousand times its own length, counting what is given back meanwhile.
    private static final long MOST_OCTETS = 64L << 20;

    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final Trial trial;

    /// How much dearer is it than the cheapest?
    final int cost;

    FuzzTarget(Trial trial, int cost) {
        this.trial = trial;
        this.cost = cost;
    }

    /// Throws whatever should not have been thrown, and where a promise is broken; that of bounded memory, too.
    public void feed(byte[] octets) throws Exception {
        if (isGreedy(octets)) {
            Trial.hold(!isGreedy(octets), octets.length + " octets take more memory than they may, also when all classes are loaded");
        }
    }

    private boolean isGreedy(byte[] octets) throws Exception {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        trial.feed(octets);
        return THREADS.getCurrentThreadAllocatedBytes() - before > MOST_OCTETS + 1000L * octets.length;
    }
}
