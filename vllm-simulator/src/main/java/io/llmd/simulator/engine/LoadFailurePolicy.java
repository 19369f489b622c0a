package io.llmd.simulator.engine;

/** What becomes of a sequence whose blocks could not be read from the engine that held them. */
public enum LoadFailurePolicy {
    /** It ends with {@link FinishReason#ERROR}. */
    FAIL,
    /** Its prompt is computed here. */
    RECOMPUTE
}
