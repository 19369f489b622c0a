package io.llmd.simulator.kvevents;

import org.jspecify.annotations.Nullable;

/**
 * How old batches are given to those who missed them.
 *
 * @param endpoint where rank 0 answers, such as {@code tcp://*:5558}; null without replay
 * @param batches most batches that are kept, vLLM's {@code buffer_steps}
 * @param sizeBytes most bytes of payload that are kept; older batches leave first, and a replay then begins later
 */
public record ReplaySettings(@Nullable String endpoint, int batches, long sizeBytes, ReplayForm form) {

    private static final int VLLM_BUFFER_STEPS = 10_000;
    private static final long DEFAULT_SIZE_BYTES = 32L << 20;

    /** No replay. */
    public static final ReplaySettings OFF =
            new ReplaySettings(null, VLLM_BUFFER_STEPS, DEFAULT_SIZE_BYTES, ReplayForm.WITH_TOPIC);

    public ReplaySettings {
        if (endpoint != null) {
            ZmqEndpoint.check(endpoint);
        }
        if (batches <= 0 || sizeBytes <= 0) {
            throw new IllegalArgumentException(
                    "replay: " + batches + " batches, " + sizeBytes + " bytes (expected: both > 0)");
        }
    }

    /** Replay with vLLM's number of batches. */
    public static ReplaySettings at(String endpoint) {
        return OFF.withEndpoint(endpoint);
    }

    public ReplaySettings withEndpoint(@Nullable String value) {
        return new ReplaySettings(value, batches, sizeBytes, form);
    }

    public ReplaySettings withBatches(int value) {
        return new ReplaySettings(endpoint, value, sizeBytes, form);
    }

    public ReplaySettings withForm(ReplayForm value) {
        return new ReplaySettings(endpoint, batches, sizeBytes, value);
    }

    /** The settings of another replica, whose socket is bound further on. */
    ReplaySettings ofReplica(int engineOffset) {
        return endpoint == null
                ? this
                : withEndpoint(new ZmqEndpoint(endpoint).forRank(engineOffset).address());
    }
}
