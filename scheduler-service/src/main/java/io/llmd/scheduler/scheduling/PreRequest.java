package io.llmd.scheduler.scheduling;

/** Hears of each decision before the request is sent, on the deciding thread. */
public interface PreRequest extends Plugin {

    /**
     * Called in configuration order after endpoints were chosen. Must not block.
     *
     * @param candidates the candidates before filtering, with all produced data
     * @param dispatch collects the headers to add, and identifies the attempt
     */
    void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch);
}
