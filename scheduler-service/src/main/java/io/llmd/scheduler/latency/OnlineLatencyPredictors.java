package io.llmd.scheduler.latency;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * The predictors in process, one for each plugin that asks and each meaning of its times: what was learned outlives a change of
 * the configuration that keeps both. Safe from any thread. Grows with such changes.
 */
public final class OnlineLatencyPredictors {

    /** Times of whole answers are none to the first token, and roles of one label none of another. */
    private record Meaning(String name, boolean streamingMode, String roleLabel) {}

    private final Executor executor;
    private final LatencyEvents events;
    private final LongSupplier nanoClock;
    private final Map<Meaning, OnlineLatencyPredictor> predictors = new ConcurrentHashMap<>();
    private final Map<String, OnlineLatencyPredictor> newest = new ConcurrentHashMap<>();

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

    /**
     * The predictor of a plugin; always the same one for the same arguments.
     *
     * @param streamingMode whether first tokens are told from the rest of the answer
     * @param roleLabel label that names the role of an endpoint, empty without one
     */
    public OnlineLatencyPredictor named(String name, boolean streamingMode, String roleLabel) {
        OnlineLatencyPredictor predictor =
                predictors.computeIfAbsent(new Meaning(name, streamingMode, roleLabel), this::create);
        newest.put(name, predictor);
        return predictor;
    }

    /** The predictor that a plugin of that name asked for last; before any has, that of first tokens without roles. */
    public OnlineLatencyPredictor named(String name) {
        OnlineLatencyPredictor known = newest.get(name);
        return known == null ? predictors.computeIfAbsent(new Meaning(name, true, ""), this::create) : known;
    }

    private OnlineLatencyPredictor create(Meaning meaning) {
        return new OnlineLatencyPredictor(meaning.name(), executor, events, nanoClock);
    }
}
