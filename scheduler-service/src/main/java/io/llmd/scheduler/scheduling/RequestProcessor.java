package io.llmd.scheduler.scheduling;

/** Looks at a request before anything is decided about it, and may say more about it than its headers do by themselves. */
public interface RequestProcessor extends Plugin {

    /** The request as the rest of the pipeline sees it. Must not block. */
    InferenceRequest process(InferenceRequest request);
}
