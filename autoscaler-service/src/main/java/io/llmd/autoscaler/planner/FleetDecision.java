package io.llmd.autoscaler.planner;

import java.util.List;

/**
 * What a cycle decided.
 *
 * @param decisions by model
 * @param memory what the next cycle has to know
 */
public record FleetDecision(List<Decision> decisions, Memory memory) {

    public FleetDecision {
        decisions = List.copyOf(decisions);
    }
}
