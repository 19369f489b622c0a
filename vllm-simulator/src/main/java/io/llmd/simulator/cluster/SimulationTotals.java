package io.llmd.simulator.cluster;

/**
 * What a simulation did.
 *
 * @param requests that ended
 * @param unfinished requests that had not ended when it stopped
 * @param outputTokens that clients got
 * @param steps of all engines
 * @param preemptions of all engines
 * @param events that were handled: engine steps, arrivals, decisions, scrapes, news of an endpoint's blocks and
 *     what else had a time
 * @param endNanos virtual time at the end
 */
public record SimulationTotals(
        long requests, long unfinished, long outputTokens, long steps, long preemptions, long events, long endNanos) {}
