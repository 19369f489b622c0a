package io.llmd.autoscaler.collector;

import io.llmd.contracts.scaling.RequestOutcomes.Ended;
import java.util.List;

/** What became of requests, one by one: what metrics pages tell in buckets, and what they do not tell. Safe from any thread. */
public interface Outcomes extends AutoCloseable {

    /** Of which nobody tells. */
    Outcomes NONE = new Outcomes() {
        @Override
        public List<Outcome> take() {
            return List.of();
        }

        @Override
        public void close() {}
    };

    /** A request for a model that has ended. */
    record Outcome(String model, Ended ended) {}

    /** Those that were heard of since it was asked last. */
    List<Outcome> take();

    @Override
    void close();
}
