package io.llmd.simulator.config;

/** What free answers say. */
public enum OutputMode {
    /** Words drawn from the seed and the prompt. */
    RANDOM,
    /** The prompt, or the last message of a chat. */
    ECHO
}
