package io.llmd.simulator.engine;

/**
 * The times of a block that lost its content.
 *
 * @param lifetimeNanos since it was filled
 * @param idleNanos since it was used last
 * @param reuseGapNanos between its last uses, at most three gaps
 */
public record EvictedBlock(long lifetimeNanos, long idleNanos, long[] reuseGapNanos) {}
