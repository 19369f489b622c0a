package io.llmd.kv.ingest.kafka;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts what a publisher does. */
final class RecordedPublisher implements PublisherListener {

    final AtomicInteger sent = new AtomicInteger();
    final AtomicInteger acknowledged = new AtomicInteger();
    final AtomicInteger snapshots = new AtomicInteger();
    final AtomicInteger failedSnapshots = new AtomicInteger();
    final List<String> broken = new CopyOnWriteArrayList<>();

    @Override
    public void sent(int bytes) {
        sent.incrementAndGet();
    }

    @Override
    public void acknowledged() {
        acknowledged.incrementAndGet();
    }

    @Override
    public void broken(LaneDescription lane, int term, String reason) {
        broken.add(lane.id());
    }

    @Override
    public void snapshotWritten(LaneDescription lane, long blocks, long bytes) {
        snapshots.incrementAndGet();
    }

    @Override
    public void snapshotFailed(LaneDescription lane, String reason) {
        failedSnapshots.incrementAndGet();
    }
}
