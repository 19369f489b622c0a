package io.llmd.simulator.engine;

import java.util.List;

/**
 * State of an engine at one moment.
 *
 * @param arriving submitted, not yet in the waiting queue
 * @param waiting in the waiting queue, preempted and loading ones included
 * @param deferred those of them that wait for blocks from another engine or for an adapter's place
 * @param running in the batch
 * @param finished ended by themselves
 * @param aborted ended by {@link Engine#abort} or a pause
 * @param failed ended because blocks could not be read from another engine, or too little was cached
 * @param preemptions sequences that lost their blocks, each time counted
 * @param steps steps started
 * @param promptTokens prompt tokens of the sequences whose prompts are computed, cached and loaded ones included
 * @param cachedTokens those of them that were found in the cache
 * @param outputTokens tokens produced
 * @param usedBlocks blocks that are not free: sequences and leases hold them, or they are withheld
 * @param totalBlocks blocks that sequences may hold
 * @param cachedBlocks blocks with a registered hash, in use or not
 * @param leases requests whose blocks are held for another engine
 * @param expiredLeases leases that nobody came for in time
 * @param mediaQueries media looked up in the encoder's cache
 * @param mediaHits media found there
 * @param runningAdapters adapters of sequences in the batch, each once
 * @param waitingAdapters adapters of waiting sequences, each once
 * @param sleepState what is in device memory
 * @param paused whether waiting requests stay where they are
 */
public record EngineSnapshot(
        int arriving,
        int waiting,
        int deferred,
        int running,
        long finished,
        long aborted,
        long failed,
        long preemptions,
        long steps,
        long promptTokens,
        long cachedTokens,
        long outputTokens,
        int usedBlocks,
        int totalBlocks,
        int cachedBlocks,
        int leases,
        long expiredLeases,
        long mediaQueries,
        long mediaHits,
        List<String> runningAdapters,
        List<String> waitingAdapters,
        SleepState sleepState,
        boolean paused) {

    /** Share of the blocks in use, in [0, 1]; cached blocks nobody uses count as free. */
    public double kvUsage() {
        return (double) usedBlocks / totalBlocks;
    }

    /** Requests that have not ended. */
    public int active() {
        return arriving + waiting + running;
    }
}
