package io.llmd.scheduler.scheduling;

import java.util.List;

/** What came of running one profile for one request. */
public sealed interface ProfileOutcome {

    /**
     * The profile chose.
     *
     * @param endpoints the chosen endpoint first, then those to fall back on; never empty
     * @param slots slots of the endpoints in the decision's candidates, same order
     */
    record Picked(List<Endpoint> endpoints, List<Integer> slots) implements ProfileOutcome {
        public Picked {
            endpoints = List.copyOf(endpoints);
            slots = List.copyOf(slots);
            if (endpoints.isEmpty() || endpoints.size() != slots.size()) {
                throw new IllegalArgumentException(
                        "endpoints: " + endpoints.size() + ", slots: " + slots.size() + " (expected: equal, >= 1)");
            }
        }

        /** The chosen endpoint. */
        public Endpoint primary() {
            return endpoints.getFirst();
        }

        /** Slot of the chosen endpoint. */
        public int primarySlot() {
            return slots.getFirst();
        }
    }

    /**
     * Nobody was left, or the handler skipped the profile.
     *
     * @param message what happened, for people
     */
    record Failed(String message) implements ProfileOutcome {}
}
