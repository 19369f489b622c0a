package io.llmd.scheduler.flowcontrol;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Hears what flow control does, for meters and traces. Called by the one thread of flow control, {@link #entered} and {@link #left} also
 * by threads that submit; must not block or throw.
 * Priorities are those that requests ask for, unless said otherwise.
 */
public interface FlowObserver {

    /** Ignores everything. */
    FlowObserver NONE = new FlowObserver() {};

    /** A request came in; it counts as waiting until {@link #left}. */
    default void entered(FlowRequest request) {}

    /**
     * The request got a place in a queue, or its outcome before that.
     *
     * @param outcome null when it waits now
     * @param nanos time since it was submitted
     */
    default void enqueued(FlowRequest request, @Nullable Admission outcome, long nanos) {}

    /**
     * The request has its outcome.
     *
     * @param bandPriority priority of the band in which it waited
     * @param nanos time since it was submitted
     */
    default void left(FlowRequest request, Admission outcome, int bandPriority, long nanos) {}

    /** A dispatch cycle took so long. */
    default void cycled(long nanos) {}

    /**
     * How full the pool is.
     *
     * @param prefill of the endpoints for prefill, NaN when there are none
     * @param decode of the endpoints for decode, NaN when there are none
     * @param effective what ceilings are compared with, without reservations
     */
    default void saturation(double prefill, double decode, double effective) {}

    /** Endpoints without a recent reading, as {@code detector} sees them. */
    default void staleEndpoints(String detector, int count) {}

    /** How long a request may wait while endpoints exist, zero for as long as it takes. */
    default void requestTtl(Duration ttl) {}

    /** Used shares of a band's bounds. */
    default void bandUsage(int priority, double requests, double bytes) {}

    /** Used shares of the bounds over all bands, NaN for one that is not set. */
    default void totalUsage(double requests, double bytes) {}

    /** A request of a priority without a band waits in another one. */
    default void fellBack(int priority, int bandPriority) {}

    /** A band sent a request before the bands above it, because it had not sent one for long. */
    default void aged(int bandPriority) {}

    /** A request of a new flow shares one, because the band has as many as it may. */
    default void overflowed(int bandPriority) {}

    /** A flow was forgotten. */
    default void flowRemoved(int bandPriority, String fairnessId) {}

    /** A band was removed. */
    default void bandRemoved(int priority) {}

    /** A running request was told to end for one of {@code demandPriority}. */
    default void revocationIssued(int demandPriority) {}

    /**
     * A running request that was told to end has ended, or did not in time.
     *
     * @param nanos time since it was told
     */
    default void revocationEnded(boolean isConfirmed, long nanos) {}

    /** Saturation that evictions shall free, and that those under way will. */
    default void reclaiming(double target, double pending) {}

    /** How evenly programs have been served: 1 is evenly, 1/n is one of n alone. */
    default void programsServed(double jainsIndex) {}

    /** What one program has got: mean wait of its requests, and tokens that count less the older they are. */
    default void programServed(String programId, double meanWaitMillis, double attainedTokens) {}

    /** A policy or detector threw, or said what cannot be; the cycle went on without it. */
    default void policyFailed(String what, Throwable failure) {}
}
