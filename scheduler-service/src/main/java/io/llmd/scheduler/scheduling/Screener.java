package io.llmd.scheduler.scheduling;

/** Narrows the pool before any data is produced. Each screener sees all candidates; the results are intersected. */
public interface Screener extends Plugin {

    /** The candidates that stay. Must not block. */
    Candidates screen(InferenceRequest request, Candidates candidates);
}
