package io.llmd.gateway.dispatch;

import io.llmd.contracts.schedule.EndpointList;
import io.llmd.contracts.schedule.Eviction;
import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRequest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * The gateway's way to the scheduler: over HTTP, or in process where both run in one JVM.
 *
 * <p>No method blocks, throws or waits. Implementations are thread-safe.
 */
public interface SchedulerClient {

    /**
     * Asks for an endpoint.
     *
     * @param outcome called exactly once unless the request was cancelled before, on any thread, possibly before this
     *     method returns. A decision that arrives in spite of a cancellation is still delivered, and its lease is
     *     ended by the receiver
     * @return cancels the request, which frees its place in the scheduler's queue, perhaps a moment later
     */
    Cancellation schedule(ScheduleRequest request, Consumer<ScheduleOutcome> outcome);

    /** Says what became of an attempt. Reports are kept in order, and dropped and counted when too many wait. */
    void report(OutcomeReport report);

    /** Completes when no report waits any more, so that a gateway that stops leaves no lease behind. */
    default CompletionStage<?> reported() {
        return CompletableFuture.completedStage(null);
    }

    /**
     * Hears of running requests that have to end, for as long as it takes to cancel this. While the scheduler cannot be
     * reached nothing is heard.
     *
     * @param evicted called on any thread, also about requests of others; must not block or throw
     */
    default Cancellation evictions(Consumer<Eviction> evicted) {
        return Cancellation.NONE;
    }

    /**
     * Asks for the endpoints of the pool.
     *
     * @param endpoints called at most once, on any thread; never when the scheduler cannot be reached
     */
    void endpoints(Consumer<EndpointList> endpoints);
}
