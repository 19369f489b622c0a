package io.llmd.simulator.engine;

/**
 * Blocks that stay referenced after their sequence ended.
 *
 * @param blocks their numbers, in the order of the sequence
 * @param tokens tokens they cover
 * @param deadline when they are free unless the lease is extended
 */
public record HeldBlocks(int[] blocks, int tokens, long deadline) {}
