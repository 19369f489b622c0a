package io.llmd.scheduler.flowcontrol;

import io.llmd.scheduler.scheduling.Plugin;

/** Says up to which saturation each priority may use the pool. Called by the one thread of flow control. */
public interface UsageLimitPolicy extends Plugin {

    /**
     * Fills in the ceilings of a dispatch cycle: a band may dispatch while the saturation is below its ceiling; 0 closes it.
     *
     * @param saturation how full the pool is
     * @param priorities of all bands, highest first; must not be changed
     * @param ceilings to fill in, one per priority; holds 1 everywhere
     */
    void fill(double saturation, int[] priorities, double[] ceilings);

    /** Whether a cycle opens a band for one request only, because the policy counts cycles. */
    default boolean countsCycles() {
        return false;
    }
}
