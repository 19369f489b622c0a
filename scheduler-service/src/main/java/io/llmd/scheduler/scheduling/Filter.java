package io.llmd.scheduler.scheduling;

/** Removes candidates. Filters of a profile run in configuration order; the first that leaves nobody ends the profile. */
public interface Filter extends Plugin {

    /** The candidates that stay: {@code candidates} itself or a view of it made by {@link Candidates#where}. Must not block. */
    Candidates filter(InferenceRequest request, Candidates candidates);
}
