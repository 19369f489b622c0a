package io.llmd.scheduler.scheduling;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Decides which scheduling profiles run for a request, and what their results mean. Exactly one per scheduler. */
public interface ProfileHandler extends Plugin {

    /**
     * Profiles to run next. Called again after they ran, until it answers with an empty list.
     *
     * @param candidates the candidates before filtering, with all produced data; a handler may add data of its own
     * @param profiles names of all configured profiles in configuration order
     * @param results results so far; a profile that left nobody or failed is present as {@link ProfileOutcome.Failed}
     */
    List<String> nextProfiles(
            InferenceRequest request,
            Candidates candidates,
            List<String> profiles,
            Map<String, ProfileOutcome> results);

    /** Names of profiles without which no request can be served; checked when a configuration is loaded. */
    default List<String> requiredProfiles() {
        return List.of();
    }

    /** Names of profiles whose endpoints have done their part once the answer begins. */
    default List<String> preparingProfiles() {
        return List.of();
    }

    /** Turns the results into the outcome of the decision. */
    SchedulingOutcome process(InferenceRequest request, Map<String, ProfileOutcome> results);

    /** Which legs a request has, for handlers that choose them, such as {@code prefill-decode}; null for the others. */
    default @Nullable String decisionType(SchedulingOutcome.Scheduled outcome) {
        return null;
    }
}
