package io.llmd.autoscaler.planner;

/**
 * One step on the way to a number.
 *
 * @param stage such as {@code demand} or {@code G06}
 * @param replicas the number after it
 * @param reason why it is that
 */
public record Step(String stage, int replicas, String reason) {}
