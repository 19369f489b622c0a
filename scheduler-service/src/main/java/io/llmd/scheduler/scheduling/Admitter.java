package io.llmd.scheduler.scheduling;

import org.jspecify.annotations.Nullable;

/** May deny a request after its data is known. Admitters run in configuration order, the first denial wins. */
public interface Admitter extends Plugin {

    /** Null to admit, or one sentence saying why not. Must not block. */
    @Nullable
    String denial(InferenceRequest request, Candidates candidates);
}
