package io.llmd.scheduler.prefix;

import io.llmd.kv.ingest.kafka.LaneDescription;
import io.llmd.kv.ingest.kafka.ReplicaListener;

/** Hears of a replica and counts nothing. */
final class QuietReplica implements ReplicaListener {

    @Override
    public void happened(Event event) {}

    @Override
    public void latency(long millis) {}

    @Override
    public void snapshotNeeded(LaneDescription lane) {}
}
