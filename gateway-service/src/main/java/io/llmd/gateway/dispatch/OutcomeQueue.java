package io.llmd.gateway.dispatch;

import io.llmd.contracts.schedule.OutcomeReport;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;

/** Reports that wait for the scheduler, oldest first. Bounded: a report that finds no place is refused. Thread-safe. */
final class OutcomeQueue {

    private final ArrayBlockingQueue<OutcomeReport> waiting;
    private final int batchSize;

    OutcomeQueue(int capacity, int batchSize) {
        this.waiting = new ArrayBlockingQueue<>(capacity);
        this.batchSize = batchSize;
    }

    boolean offer(OutcomeReport report) {
        return waiting.offer(report);
    }

    List<OutcomeReport> nextBatch() {
        List<OutcomeReport> batch = new ArrayList<>(Math.min(batchSize, waiting.size()));
        waiting.drainTo(batch, batchSize);
        return batch;
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }
}
