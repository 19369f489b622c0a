package io.llmd.kv.ingest.kafka;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/** Takes a replica's lanes as models, and counts what happens. */
final class RecordedReplica implements LaneTargets, ReplicaListener {

    final Map<Integer, ModelLane> lanes = new ConcurrentHashMap<>();
    final List<Long> latencies = new ArrayList<>();
    private final Map<Event, Integer> events = new EnumMap<>(Event.class);
    private int snapshotsNeeded;
    private int removals;
    private volatile CountDownLatch wake = new CountDownLatch(0);

    /** Makes the replica's thread sleep from its next record on, until the latch opens. */
    CountDownLatch sleep() {
        wake = new CountDownLatch(1);
        return wake;
    }

    synchronized int removals() {
        return removals;
    }

    @Override
    public ModelLane lane(LaneDescription lane) {
        ModelLane model = new ModelLane();
        lanes.put(lane.number(), model);
        return model;
    }

    @Override
    public synchronized void removed(int laneNumber) {
        removals++;
        lanes.remove(laneNumber);
    }

    ModelLane lane(int number) {
        return lanes.getOrDefault(number, new ModelLane());
    }

    @Override
    public void happened(Event event) {
        count(event, 1);
        try {
            wake.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void count(Event event, int more) {
        events.merge(event, more, Integer::sum);
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
