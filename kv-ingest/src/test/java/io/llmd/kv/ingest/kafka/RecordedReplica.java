package io.llmd.kv.ingest.kafka;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Takes a replica's lanes as models, and counts what happens. */
final class RecordedReplica implements LaneTargets, ReplicaListener {

    final Map<Integer, ModelLane> lanes = new ConcurrentHashMap<>();
    final List<Long> latencies = new ArrayList<>();
    private final Map<Event, Integer> events = new EnumMap<>(Event.class);
    private int snapshotsNeeded;

    @Override
    public ModelLane lane(LaneDescription lane) {
        ModelLane model = new ModelLane();
        lanes.put(lane.number(), model);
        return model;
    }

    @Override
    public void removed(int laneNumber) {
        lanes.remove(laneNumber);
    }

    ModelLane lane(int number) {
        return lanes.getOrDefault(number, new ModelLane());
    }

    @Override
    public synchronized void happened(Event event) {
        events.merge(event, 1, Integer::sum);
    }

    synchronized int count(Event event) {
        return events.getOrDefault(event, 0);
    }

    @Override
    public synchronized void latency(long millis) {
        latencies.add(millis);
    }

    @Override
    public synchronized void snapshotNeeded(LaneDescription lane) {
        snapshotsNeeded++;
    }

    synchronized int snapshotsNeeded() {
        return snapshotsNeeded;
    }
}
