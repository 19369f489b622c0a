package io.llmd.scheduler.scheduling;

import java.util.Map;

/** How a decision ended. */
public sealed interface SchedulingOutcome {

    /**
     * Endpoints were chosen.
     *
     * @param primaryProfile name of the profile whose endpoint serves the request
     * @param profiles the profiles that chose; contains {@code primaryProfile}
     */
    record Scheduled(String primaryProfile, Map<String, ProfileOutcome.Picked> profiles) implements SchedulingOutcome {
        public Scheduled {
            profiles = Map.copyOf(profiles);
            if (!profiles.containsKey(primaryProfile)) {
                throw new IllegalArgumentException(
                        "primaryProfile: " + primaryProfile + " (expected: one of " + profiles.keySet() + ")");
            }
        }

        /** What the primary profile chose. */
        public ProfileOutcome.Picked primary() {
            ProfileOutcome.Picked picked = profiles.get(primaryProfile);
            if (picked == null) {
                throw new IllegalStateException("no result of profile " + primaryProfile);
            }
            return picked;
        }
    }

    /**
     * Nobody was chosen.
     *
     * @param reason what stood in the way
     * @param message one sentence for people
     */
    record Rejected(Reason reason, String message) implements SchedulingOutcome {}

    /** Why nobody was chosen. */
    enum Reason {
        /** No endpoint, or screeners left none. */
        NO_ENDPOINTS,
        /** Filters left nobody. */
        SATURATED,
        /** The request asks for something that does not exist, such as an unknown profile. */
        BAD_REQUEST,
        /** An admitter denied the request. */
        DENIED,
        /** Nothing is cached and the request wanted nothing else. */
        NOT_CACHED,
        /** The profile handler failed: a defect or a wrong configuration, not a lack of capacity. */
        FAILED
    }
}
