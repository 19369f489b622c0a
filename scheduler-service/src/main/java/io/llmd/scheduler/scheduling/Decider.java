package io.llmd.scheduler.scheduling;

/** Decides whether a phase of a request gets an endpoint of its own. A profile handler that splits requests asks it. */
public interface Decider extends Plugin {

    /** Slot of nobody. */
    int NOBODY = -1;

    /**
     * Whether the phase gets an endpoint of its own. Must not block.
     *
     * @param candidates the candidates before filtering, with all produced data
     * @param slot slot of the endpoint that serves the phase otherwise; {@link #NOBODY} when it is not chosen yet
     */
    boolean decide(InferenceRequest request, Candidates candidates, int slot);
}
