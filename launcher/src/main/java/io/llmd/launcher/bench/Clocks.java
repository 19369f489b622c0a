package io.llmd.launcher.bench;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Clocks read at one moment, all in nanoseconds.
 *
 * @param nanos time
 * @param contenderNanos CPU time of the contender's processes
 * @param ownNanos CPU time of this process
 * @param machineNanos CPU time of everything
 */
record Clocks(long nanos, long contenderNanos, long ownNanos, long machineNanos) {

    /** @param contender null if none is measured */
    static Clocks read(CpuMeter meter, @Nullable ProcessHandle contender) throws IOException {
        return new Clocks(
                System.nanoTime(),
                contender == null ? 0 : meter.treeNanos(contender),
                meter.processNanos(ProcessHandle.current().pid()),
                meter.machineNanos());
    }

    /** Share of all cores that neither the contender nor this process used between two readings, at least 0. */
    static double foreignShare(Clocks start, Clocks end, int cores) {
        long machine = end.machineNanos - start.machineNanos;
        long known = end.contenderNanos - start.contenderNanos + end.ownNanos - start.ownNanos;
        return Math.max(0, machine - known) / ((double) (end.nanos - start.nanos) * cores);
    }
}
