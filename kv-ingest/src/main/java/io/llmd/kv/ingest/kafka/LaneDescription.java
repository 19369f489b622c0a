package io.llmd.kv.ingest.kafka;

import java.util.Objects;

/**
 * A lane and its place in the log.
 *
 * @param number names the lane in records; positive, unlike that of any other lane, and not used again
 * @param partition partition of its deltas and snapshots; at most 64 lanes share one
 */
public record LaneDescription(LaneSpec spec, int number, int partition) {

    /** Partitions of a pool at most; with 48 lanes each that is half a million lanes. */
    public static final int MAX_PARTITIONS = 10_000;

    public LaneDescription {
        Objects.requireNonNull(spec, "spec");
        if (number < 1 || partition < 0 || partition >= MAX_PARTITIONS) {
            throw new IllegalArgumentException(
                    "number, partition: " + number + ", " + partition + " (expected: >= 1, 0 to 9999)");
        }
    }

    /** Id of the lane. */
    public String id() {
        return spec.id();
    }
}
