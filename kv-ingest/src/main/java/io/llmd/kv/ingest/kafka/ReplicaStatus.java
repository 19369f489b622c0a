package io.llmd.kv.ingest.kafka;

import java.util.Map;

/**
 * How far a replica is.
 *
 * @param isReady whether it has been within half a second of the log, with something known of every lane that is owned,
 *     since it last started anew; or thirty seconds passed since it read the snapshots
 * @param isTroubled whether no broker answers or they refuse
 * @param lanes by lane number
 */
public record ReplicaStatus(boolean isReady, boolean isTroubled, Map<Integer, LaneStatus> lanes) {

    static final ReplicaStatus STARTING = new ReplicaStatus(false, false, Map.of());

    public ReplicaStatus {
        lanes = Map.copyOf(lanes);
    }
}
