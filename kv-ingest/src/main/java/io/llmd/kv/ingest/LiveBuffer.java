package io.llmd.kv.ingest;

import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Live batches that wait for a replay, oldest first. Bounded; what finds no room is dropped. */
final class LiveBuffer {

    /**
     * One batch, copied.
     *
     * @param isBehind whether it came after a batch with the same or a higher number on the same connection
     */
    record Batch(long sequence, boolean isBehind, byte[] payload) {}

    private final int maxBatches;
    private final int maxBytes;
    private final ArrayDeque<Batch> batches = new ArrayDeque<>();
    private int bytes;

    LiveBuffer(int maxBatches, int maxBytes) {
        this.maxBatches = maxBatches;
        this.maxBytes = maxBytes;
    }

    boolean offer(long sequence, boolean isBehind, byte[] payload, int from, int to) {
        if (batches.size() == maxBatches || to - from > maxBytes - bytes) {
            return false;
        }
        bytes += to - from;
        batches.add(new Batch(sequence, isBehind, Arrays.copyOfRange(payload, from, to)));
        return true;
    }

    @Nullable
    Batch peek() {
        return batches.peek();
    }

    void remove() {
        bytes -= batches.remove().payload().length;
    }

    void clear() {
        batches.clear();
        bytes = 0;
    }

    boolean isEmpty() {
        return batches.isEmpty();
    }

    int size() {
        return batches.size();
    }
}
