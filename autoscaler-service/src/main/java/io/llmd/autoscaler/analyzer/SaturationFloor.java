package io.llmd.autoscaler.analyzer;

/** What holds without any model: replicas whose memory is full are too few (specs/autoscaling.md 4.3, step 5). */
public final class SaturationFloor {

    private static final double FULL = 0.80;

    private SaturationFloor() {}

    /**
     * The fewest replicas.
     *
     * @param ready replicas that serve
     * @param areAllReady whether nothing starts
     * @param memoryFill mean use of their memory for keys and values, in [0, 1]; NaN when it is not known
     * @return 0 when nothing is full; growth is at most half of what there is, but at least one
     */
    public static int floor(int ready, boolean areAllReady, double memoryFill) {
        if (!areAllReady || ready == 0 || !(memoryFill > FULL)) {
            return 0;
        }
        int wanted = (int) Math.ceil(ready * memoryFill / FULL - 1e-9);
        return Math.min(wanted, ready + Math.max(1, ready / 2));
    }
}
