package io.llmd.scheduler.flowcontrol;

import java.time.Duration;
import java.util.Objects;

/** How a request left flow control; exactly one per request. */
public sealed interface Admission {

    /**
     * The request may be scheduled now.
     *
     * @param waited time since it was submitted
     */
    record Dispatched(Duration waited) implements Admission {
        public Dispatched {
            Objects.requireNonNull(waited, "waited");
        }
    }

    /**
     * The request was refused before it had a place in a queue.
     *
     * @param reason why
     * @param retryAfter when to try again; zero when there is no advice
     */
    record Rejected(Reason reason, Duration retryAfter) implements Admission {
        public Rejected {
            Objects.requireNonNull(reason, "reason");
            Objects.requireNonNull(retryAfter, "retryAfter");
        }
    }

    /**
     * The request lost its place in a queue.
     *
     * @param reason why
     * @param waited time since it was submitted
     * @param retryAfter when to try again; zero when there is no advice
     */
    record Evicted(Reason reason, Duration waited, Duration retryAfter) implements Admission {
        public Evicted {
            Objects.requireNonNull(reason, "reason");
            Objects.requireNonNull(waited, "waited");
            Objects.requireNonNull(retryAfter, "retryAfter");
        }
    }

    /** Why a request was not dispatched. */
    enum Reason {
        /** The pool is full and requests of this priority do not wait. */
        SATURATED,
        /** The queue of the priority band, or all queues together, are full. */
        QUEUE_FULL,
        /** It waited as long as it may while endpoints exist. */
        TTL_EXPIRED,
        /** It waited as long as it may in all, and there is no endpoint at the end. */
        TTL_EXPIRED_WITHOUT_ENDPOINTS,
        /** There is no endpoint: the queue is full, or the request waited as long as it may for one. */
        NO_ENDPOINTS,
        /** The client left. */
        CANCELLED,
        /** The scheduler is going down. */
        SHUTTING_DOWN,
        /** A defect of ours. */
        FAILED
    }
}
