package io.llmd.autoscaler.collector;

/**
 * What an engine says of itself, whatever engine it is. What it does not say is NaN.
 *
 * @param atSeconds when it was read, on the clock of the loop
 * @param running requests in the batch
 * @param waiting requests in the queue
 * @param kvFill used share of the memory for keys and values, in [0, 1]
 * @param kvTokens tokens that fit into it
 * @param steps steps so far
 * @param promptTokens prompt tokens so far, cached ones included
 * @param cachedTokens of these, cached ones
 * @param generated generated tokens so far
 * @param preemptions preempted requests so far
 * @param interTokenSum sum of times between tokens so far, in seconds
 * @param interTokenCount number of these
 */
public record EngineReading(
        double atSeconds,
        double running,
        double waiting,
        double kvFill,
        double kvTokens,
        double steps,
        double promptTokens,
        double cachedTokens,
        double generated,
        double preemptions,
        double interTokenSum,
        double interTokenCount) {

    /** Whether the page was that of an engine. */
    public boolean isUsable() {
        return running >= 0 && waiting >= 0;
    }
}
