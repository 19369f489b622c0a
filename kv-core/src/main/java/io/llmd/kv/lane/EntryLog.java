package io.llmd.kv.lane;

/**
 * A queue of entries and when something happened to them, in a ring that grows to a bound. For one thread; a record may
 * outlive its entry, so that readers compare the hash.
 */
final class EntryLog {

    /** The length is always a power of two. */
    private static final int FIRST_LENGTH = 64;

    private int[] entries = new int[FIRST_LENGTH];
    private long[] hashes = new long[FIRST_LENGTH];
    private long[] times = new long[FIRST_LENGTH];
    private int head;
    private int size;

    int size() {
        return size;
    }

    void add(int entry, long hash, long time) {
        if (size == entries.length) {
            grow();
        }
        int at = head + size & entries.length - 1;
        entries[at] = entry;
        hashes[at] = hash;
        times[at] = time;
        size++;
    }

    /** Of the oldest record. */
    int entry() {
        return entries[head];
    }

    /** Of the oldest record. */
    long hash() {
        return hashes[head];
    }

    /** Of the oldest record. */
    long time() {
        return times[head];
    }

    void removeOldest() {
        head = head + 1 & entries.length - 1;
        size--;
    }

    void clear() {
        size = 0;
    }

    long bytes() {
        return entries.length * 20L;
    }

    private void grow() {
        int length = 2 * entries.length;
        int tail = entries.length - head;
        int[] newEntries = new int[length];
        long[] newHashes = new long[length];
        long[] newTimes = new long[length];
        System.arraycopy(entries, head, newEntries, 0, tail);
        System.arraycopy(entries, 0, newEntries, tail, head);
        System.arraycopy(hashes, head, newHashes, 0, tail);
        System.arraycopy(hashes, 0, newHashes, tail, head);
        System.arraycopy(times, head, newTimes, 0, tail);
        System.arraycopy(times, 0, newTimes, tail, head);
        entries = newEntries;
        hashes = newHashes;
        times = newTimes;
        head = 0;
    }
}
