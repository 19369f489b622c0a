package io.llmd.simulator.fault;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What goes wrong where one endpoint computes the prompt and another one decodes.
 *
 * @param absent share of the prefill answers without {@code kv_transfer_params}
 * @param loopbackHost share of the prefill answers that name a loopback address as the host of the blocks
 * @param lease how long blocks are held for the other endpoint; absent for as long as usual
 * @param readFailure share of the reads of blocks that fail
 * @param handshakeMismatch whether the endpoint tells others that its blocks are of another kind than theirs
 * @param slowFactor factor on the time that reading blocks takes
 */
public record HandoffFaults(
        double absent,
        double loopbackHost,
        @Nullable Duration lease,
        double readFailure,
        boolean handshakeMismatch,
        double slowFactor) {
    /** Nothing goes wrong. */
    public static final HandoffFaults NONE = new HandoffFaults(0, 0, null, 0, false, 1);

    public HandoffFaults {
        share("absent", absent);
        share("loopback_host", loopbackHost);
        share("read_failure", readFailure);
        if (lease != null && lease.isNegative()) {
            throw new IllegalArgumentException("handoff lease: " + lease + " (expected: >= 0)");
        }
        if (!(slowFactor > 0) || slowFactor > 1e6) {
            throw new IllegalArgumentException("handoff slow_factor: " + slowFactor + " (expected: > 0 to 1000000)");
        }
    }

    private static void share(String name, double value) {
        if (!(value >= 0) || value > 1) {
            throw new IllegalArgumentException("handoff " + name + ": " + value + " (expected: 0 to 1)");
        }
    }
}
