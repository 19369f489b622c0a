package io.llmd.scheduler.flowcontrol;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What waits, and why, at one moment; at most about a second old. Times are in milliseconds.
 *
 * @param isOn whether requests wait at all
 * @param waiting requests that wait
 * @param waitingBytes bytes of their bodies
 * @param saturation how full the pool is; null while requests do not wait
 * @param bands priority bands, highest first
 * @param outcomes requests that left, by outcome as the meters name it
 */
public record FlowState(
        boolean isOn,
        long waiting,
        long waitingBytes,
        @Nullable Stages saturation,
        List<OfBand> bands,
        Map<String, Long> outcomes) {

    /** Requests do not wait. */
    public static final FlowState OFF = new FlowState(false, 0, 0, null, List.of(), Map.of());

    public FlowState {
        bands = List.copyOf(bands);
        outcomes = Map.copyOf(outcomes);
    }

    /**
     * Saturation, 1 is full; null where there is no such stage.
     *
     * @param detector what measures it
     * @param prefill of prefill endpoints
     * @param decode of decode endpoints
     * @param effective what counts
     * @param staleEndpoints endpoints without a recent reading
     */
    public record Stages(
            String detector,
            @Nullable Double prefill,
            @Nullable Double decode,
            @Nullable Double effective,
            int staleEndpoints) {}

    /**
     * A priority band.
     *
     * @param priority its priority
     * @param isConfigured whether the configuration names it
     * @param waiting requests that wait
     * @param bytes bytes of their bodies
     * @param maxRequests most requests
     * @param maxBytes most bytes
     * @param ceiling saturation from which on it sends nothing
     * @param sent requests that left it for endpoints since the start
     * @param estimatedWait how long a request that comes now may wait; null while that is unknown
     * @param flows number of its flows, idle ones included
     * @param longest flows with the most waiting requests, at most {@value #SHOWN_FLOWS}
     */
    public record OfBand(
            int priority,
            boolean isConfigured,
            long waiting,
            long bytes,
            long maxRequests,
            long maxBytes,
            double ceiling,
            long sent,
            @Nullable Long estimatedWait,
            int flows,
            List<OfFlow> longest) {
        public OfBand {
            longest = List.copyOf(longest);
        }
    }

    static final int SHOWN_FLOWS = 50;

    /**
     * A flow.
     *
     * @param fairnessId what its requests share
     * @param waiting requests that wait
     * @param nextAge how long the request waits that leaves first; null when none waits
     * @param sent requests that left it for endpoints since it is known
     */
    public record OfFlow(
            String fairnessId, int waiting, @Nullable Long nextAge, long sent) {}
}
