package io.llmd.scheduler.flowcontrol;

import java.util.Objects;

/**
 * Queues of one priority.
 *
 * @param maxRequests requests in the band
 * @param maxBytes bytes in the band
 * @param fairness order among flows
 * @param ordering order within a flow
 */
public record BandSettings(long maxRequests, long maxBytes, FairnessPolicy fairness, OrderingPolicy ordering) {

    /** Requests in a band unless configured otherwise. */
    public static final long DEFAULT_MAX_REQUESTS = 5000;

    /** Bytes in a band unless configured otherwise. */
    public static final long DEFAULT_MAX_BYTES = 1_000_000_000;

    public BandSettings {
        if (maxRequests < 1 || maxBytes < 1) {
            throw new IllegalArgumentException(
                    "maxRequests: " + maxRequests + ", maxBytes: " + maxBytes + " (expected: >= 1)");
        }
        Objects.requireNonNull(fairness, "fairness");
        Objects.requireNonNull(ordering, "ordering");
    }
}
