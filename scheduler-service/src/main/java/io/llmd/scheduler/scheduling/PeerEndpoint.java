package io.llmd.scheduler.scheduling;

/**
 * The endpoint with which those of later profiles exchange KV blocks.
 *
 * @param slot its slot in the decision's candidates
 */
public record PeerEndpoint(int slot) {}
