package io.llmd.simulator.config;

/** Which of the constant times make the step of a prompt. */
public enum LatencyCalculator {
    /** The time to first token if it is given, else what depends on the tokens. */
    WHAT_IS_GIVEN,
    /** The time to first token. */
    CONSTANT,
    /** Overhead and time per token. */
    PER_TOKEN
}
