package io.llmd.scheduler.latency;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * The predictors in process, one for each name of a plugin that asks: what was learned outlives a change of the
 * configuration. Safe from any thread.
 */
public final class OnlineLatencyPredictors {

    private final Executor executor;
    private final LatencyEvents events;
    private final LongSupplier nanoClock;
    private final Map<String, OnlineLatencyPredictor> predictors = new ConcurrentHashMap<>();

    /**
     * No predictor yet.
     *
     * @param executor where measured latencies are learned from; one that runs tasks at once learns at once
     * @param nanoClock what predictions are timed by
     */
    public OnlineLatencyPredictors(Executor executor, LatencyEvents events, LongSupplier nanoClock) {
        this.executor = Objects.requireNonNull(executor, "executor");
        this.events = Objects.requireNonNull(events, "events");
        this.nanoClock = Objects.requireNonNull(nanoClock, "nanoClock");
    }

    /** The predictor of a name; always the same one. */
    public OnlineLatencyPredictor named(String name) {
        return predictors.computeIfAbsent(name, key -> new OnlineLatencyPredictor(key, executor, events, nanoClock));
    }
}
