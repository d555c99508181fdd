package lib.site;

import java.util.concurrent.ConcurrentHashMap;

/// What has been asked for lately, as far as there is room for it?
///
/// Two generations: when the young one has filled its half of the room it becomes the old one, and the old one before it parts. Who is asked for in
/// the old one becomes young again. So what is often asked for stays, and nobody keeps a list.
final class Generations<K, V extends Generations.Member> {
    /// One who is kept.
    interface Member {
        /// How much of the room it takes.
        long size();

        /// Is kept no longer.
        void part();
    }

    private final long room;
    private volatile ConcurrentHashMap<K, V> young = new ConcurrentHashMap<>();
    private volatile ConcurrentHashMap<K, V> old = new ConcurrentHashMap<>();
    private long youngSize;
    private long oldSize;

    /// @param room for both, in what [Member#size] counts
    Generations(long room) {
        this.room = room;
    }

    /// The member of this key, or null.
    V find(K key) {
        V member = young.get(key);
        return member != null || old.isEmpty() ? member : rejuvenated(key);
    }

    private synchronized V rejuvenated(K key) {
        V member = old.get(key);
        if (member == null) {
            return young.get(key);
        }
        forget(key, member);
        keep(key, member);
        return member;
    }

    /// Takes a member up; one of the same key parts.
    synchronized void keep(K key, V member) {
        V before = young.getOrDefault(key, old.get(key));
        if (before != null) {
            remove(key, before);
        }
        if (youngSize + member.size() > (room + 1) / 2) {
            age();
        }
        young.put(key, member);
        youngSize += member.size();
        if (youngSize + oldSize > room) {
            forgetOld();
        }
    }

    /// Lets a member part, if it is still there.
    synchronized void remove(K key, V member) {
        if (forget(key, member)) {
            member.part();
        }
    }

    private boolean forget(K key, V member) {
        if (young.remove(key, member)) {
            youngSize -= member.size();
            return true;
        }
        boolean there = old.remove(key, member);
        oldSize -= there ? member.size() : 0;
        return there;
    }

    /// The young become old, the old part.
    synchronized void age() {
        forgetOld();
        old = young;
        oldSize = youngSize;
        young = new ConcurrentHashMap<>();
        youngSize = 0;
    }

    private void forgetOld() {
        old.values().forEach(Member::part);
        old = new ConcurrentHashMap<>();
        oldSize = 0;
    }

    boolean isEmpty() {
        return young.isEmpty() && old.isEmpty();
    }
}
