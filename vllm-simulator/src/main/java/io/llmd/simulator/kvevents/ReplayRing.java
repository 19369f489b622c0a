package io.llmd.simulator.kvevents;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The newest batches as they were sent, bounded in number and bytes; the oldest leave first. For the sockets' thread.
 */
final class ReplayRing {

    /** One batch; the payload is shared, nobody changes it. */
    record Entry(long sequence, byte[] payload) {}

    private final int maxBatches;
    private final long maxBytes;
    private final Deque<Entry> entries = new ArrayDeque<>();
    private long sizeBytes;

    ReplayRing(int maxBatches, long maxBytes) {
        this.maxBatches = maxBatches;
        this.maxBytes = maxBytes;
    }

    void add(Entry entry) {
        entries.addLast(entry);
        sizeBytes += entry.payload().length;
        while (entries.size() > maxBatches || sizeBytes > maxBytes) {
            sizeBytes -= entries.removeFirst().payload().length;
        }
    }

    /** All entries at or above a sequence number, taken as unsigned. */
    List<Entry> from(long start) {
        List<Entry> found = new ArrayList<>();
        for (Entry entry : entries) {
            if (Long.compareUnsigned(entry.sequence(), start) >= 0) {
                found.add(entry);
            }
        }
        return found;
    }
}
