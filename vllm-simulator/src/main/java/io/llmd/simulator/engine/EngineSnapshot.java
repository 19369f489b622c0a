package io.llmd.simulator.engine;

/**
 * State of an engine at one moment.
 *
 * @param arriving submitted, not yet in the waiting queue
 * @param waiting in the waiting queue, preempted ones included
 * @param running in the batch
 * @param finished ended by themselves
 * @param aborted ended by {@link Engine#abort}
 * @param preemptions sequences that lost their blocks, each time counted
 * @param steps steps started
 * @param usedBlocks blocks that sequences hold
 * @param totalBlocks blocks that sequences may hold
 * @param cachedBlocks blocks with a registered hash, in use or not
 */
public record EngineSnapshot(
        int arriving,
        int waiting,
        int running,
        long finished,
        long aborted,
        long preemptions,
        long steps,
        int usedBlocks,
        int totalBlocks,
        int cachedBlocks) {

    /** Share of the blocks in use, in [0, 1]; cached blocks nobody uses count as free. */
    public double kvUsage() {
        return (double) usedBlocks / totalBlocks;
    }

    /** Requests that have not ended. */
    public int active() {
        return arriving + waiting + running;
    }
}
