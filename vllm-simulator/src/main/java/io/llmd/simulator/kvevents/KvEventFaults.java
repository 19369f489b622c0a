package io.llmd.simulator.kvevents;

/**
 * What goes wrong with batches on purpose. A batch meets at most one fault; equal seeds give equal faults.
 *
 * @param drop share of batches that are not sent; a gap that replay repairs
 * @param duplicate share that are sent twice
 * @param reorder share that are sent after the next batch
 * @param skip share in front of which a sequence number stays unused; a gap that replay does not repair
 * @param batches how many of the coming batches are exposed
 */
public record KvEventFaults(double drop, double duplicate, double reorder, double skip, int batches, long seed) {

    /** Nothing goes wrong. */
    public static final KvEventFaults NONE = new KvEventFaults(0, 0, 0, 0, 0, 0);

    public KvEventFaults {
        double sum = drop + duplicate + reorder + skip;
        if (!(drop >= 0 && duplicate >= 0 && reorder >= 0 && skip >= 0 && sum <= 1)) {
            throw new IllegalArgumentException("drop " + drop + ", duplicate " + duplicate + ", reorder " + reorder
                    + ", skip " + skip + " (expected: shares >= 0, together <= 1)");
        }
        if (batches < 0) {
            throw new IllegalArgumentException("batches: " + batches + " (expected: >= 0)");
        }
    }

    public static KvEventFaults dropNext(int batches) {
        return new KvEventFaults(1, 0, 0, 0, batches, 0);
    }

    public static KvEventFaults duplicateNext(int batches) {
        return new KvEventFaults(0, 1, 0, 0, batches, 0);
    }

    public static KvEventFaults reorderNext(int batches) {
        return new KvEventFaults(0, 0, 1, 0, batches, 0);
    }

    public static KvEventFaults skipNext(int batches) {
        return new KvEventFaults(0, 0, 0, 1, batches, 0);
    }

    /** Faults of all coming batches, until others are set. */
    public static KvEventFaults always(double drop, double duplicate, double reorder, double skip, long seed) {
        return new KvEventFaults(drop, duplicate, reorder, skip, Integer.MAX_VALUE, seed);
    }
}
