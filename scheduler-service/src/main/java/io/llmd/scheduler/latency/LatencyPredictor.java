package io.llmd.scheduler.latency;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Predicts latencies and learns from measured ones. Safe from any thread; no method blocks or throws. */
public interface LatencyPredictor {

    /** Predicts nothing and learns nothing. */
    LatencyPredictor NONE = new LatencyPredictor() {
        @Override
        public boolean isAvailable() {
            return false;
        }

        @Override
        public Duration timeout() {
            return Duration.ofMillis(1);
        }

        @Override
        public CompletionStage<List<PredictedLatency>> predict(List<LatencyFeatures> rows) {
            return CompletableFuture.failedFuture(new IllegalStateException("there is no latency predictor"));
        }

        @Override
        public void learn(LatencySample sample) {}
    };

    /** Whether there is one at all. */
    boolean isAvailable();

    /** After this long a prediction has failed; more than zero. */
    Duration timeout();

    /**
     * Predicts.
     *
     * @return one prediction per row in the same order, never fewer; fails when one of them cannot be had, or after {@link
     *     #timeout}. Complete on return where prediction takes no time
     */
    CompletionStage<List<PredictedLatency>> predict(List<LatencyFeatures> rows);

    /** Takes a measured latency; may drop some when there are too many. */
    void learn(LatencySample sample);
}
