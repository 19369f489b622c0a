package io.llmd.kvindex.ingest;

import io.llmd.kv.ingest.kafka.KafkaConnection;
import io.llmd.kv.ingest.kafka.KvTopics;
import io.llmd.kv.ingest.owner.OwnerSettings;

/**
 * How a process takes part in carrying a pool over Kafka.
 *
 * @param isOwner whether it reads engines and publishes
 * @param isReplica whether it keeps an index and answers queries
 */
public record KafkaSettings(
        KafkaConnection connection,
        String pool,
        OwnerSettings owner,
        KvTopics.Layout layout,
        boolean isOwner,
        boolean isReplica) {

    public KafkaSettings {
        if (!isOwner && !isReplica) {
            throw new IllegalArgumentException("roles: none (expected: owner, replica or both)");
        }
    }
}
