package io.llmd.simulator.engine;

/** What a pause does to requests that are in the engine. Later ones wait in any case. */
public enum PauseMode {
    /** They are aborted. */
    ABORT,
    /** Those in the batch run to their end. */
    WAIT,
    /** They stand still. */
    KEEP
}
