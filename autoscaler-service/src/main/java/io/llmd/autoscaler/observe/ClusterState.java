package io.llmd.autoscaler.observe;

import java.util.Map;

/**
 * What there is to say of a cluster, beside the loop.
 *
 * @param isLeader whether this process decides
 * @param isConfigValid whether all that is configured can be used
 * @param lagSeconds for how long numbers have waited to be carried out, by variant
 * @param stalled why they are not carried out, by variant
 */
public record ClusterState(
        boolean isLeader, boolean isConfigValid, Map<String, Double> lagSeconds, Map<String, String> stalled) {

    /** Without a cluster. */
    public static final ClusterState NONE = new ClusterState(true, true, Map.of(), Map.of());

    public ClusterState {
        lagSeconds = Map.copyOf(lagSeconds);
        stalled = Map.copyOf(stalled);
    }
}
