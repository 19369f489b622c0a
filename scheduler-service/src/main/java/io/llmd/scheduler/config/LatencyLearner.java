package io.llmd.scheduler.config;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Where measured latencies are learned from: one daemon thread, which is made with the first task. Each predictor hands it one
 * task at a time.
 */
final class LatencyLearner implements Executor, AutoCloseable {

    private final ExecutorService executor = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("latency-learner").factory());

    @Override
    public void execute(Runnable task) {
        executor.execute(task);
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
