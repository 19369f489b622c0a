package io.llmd.scheduler.flowcontrol;

import io.llmd.scheduler.scheduling.WatchedCall;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request inside flow control. The owner of the engine changes it; what other threads read is written before the
 * volatile state.
 */
final class Item {

    enum State {
        SUBMITTED,
        WAITING,
        DISPATCHED,
        /** Dispatched, and counted on an endpoint. */
        PLACED,
        LEFT
    }

    final FlowRequest request;
    final long submittedNanos;
    final Consumer<Admission> outcome;

    /** Set by the thread that cancels, so that a request which was cancelled before it waited is rejected. */
    volatile boolean isCancelled;

    private volatile State state = State.SUBMITTED;

    /** Order of arrival among all requests. */
    long sequence;

    /** Longest wait while endpoints exist. */
    long ttlNanos;

    /** Sort key of the ordering policy. */
    long key;

    long deadlineNanos;
    int queueIndex = IndexedHeap.ABSENT;
    int deadlineIndex = IndexedHeap.ABSENT;

    @Nullable
    FlowQueue queue;

    /** Requests of the band when this one came, itself included, and how many had left it. */
    private int entryPosition;

    private long entryDepartures;

    @Nullable
    Reservation reservation;

    Item(FlowRequest request, long submittedNanos, Consumer<Admission> outcome) {
        this.request = request;
        this.submittedNanos = submittedNanos;
        this.outcome = outcome;
    }

    /** Time since it was submitted; 0 when that was after the time at which a turn began that already sees it. */
    long waitedNanos(long nowNanos) {
        return Math.max(0, nowNanos - submittedNanos);
    }

    /** Computes the sort key; where the policy throws or is to be left alone, the request is ordered by its arrival. */
    void orderBy(OrderingPolicy ordering, PolicyGuard guard) {
        key = submittedNanos;
        WatchedCall call = guard.begin(ordering);
        if (call != null) {
            try {
                key = ordering.key(request, submittedNanos, ttlNanos);
                call.succeeded();
            } catch (RuntimeException | Error e) {
                guard.failed(call, ordering, e);
            }
        }
    }

    State state() {
        return state;
    }

    void state(State next) {
        state = next;
    }

    void entered(Band band) {
        entryPosition = band.queued();
        entryDepartures = band.departures();
        state = State.WAITING;
    }

    /** Place among the requests of its band, by those that have left since it came; 0 when it does not wait. */
    int positionInBand() {
        if (state != State.WAITING) {
            return 0;
        }
        FlowQueue waitingIn = queue;
        if (waitingIn == null) {
            return 0;
        }
        long left = waitingIn.band.departures() - entryDepartures;
        return (int) Math.max(1, entryPosition - left);
    }
}
