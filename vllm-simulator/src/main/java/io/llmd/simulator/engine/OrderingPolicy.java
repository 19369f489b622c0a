package io.llmd.simulator.engine;

/** Order of the waiting queue, and who gives way when blocks run out. */
public enum OrderingPolicy {
    /** First come, first served; the sequence admitted last gives way. */
    FCFS,
    /** Lower priority values first, then arrival; the worst priority that arrived last gives way. */
    PRIORITY
}
