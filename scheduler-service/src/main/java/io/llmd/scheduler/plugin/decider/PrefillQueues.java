package io.llmd.scheduler.plugin.decider;

import io.llmd.scheduler.datalayer.PerEndpoint;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.function.Predicate;

/**
 * The prompts that this scheduler has sent to endpoints and that are not computed yet, each endpoint's in the order in which
 * it got them, and how fast each endpoint computes. Times are seconds of one clock. Safe from any thread; O(prompts that an
 * endpoint has).
 *
 * <p>Grows with the attempts in flight, which the leases bound, and with the endpoints of the pool that got a prompt, up to a bound
 * beyond which new ones are not followed. An endpoint that is forgotten begins with an empty queue when it gets a prompt again;
 * what it had ends on the old queue, which no decision reads.
 */
final class PrefillQueues {

    /*
     * An endpoint computes one prompt after the other. The first of its queue begins when it comes or when the one before it
     * is done or given up, whichever is later, and is done when the answer begins. What should be done and is not is expected
     * to be as late again: very long prompts take longer than their tokens say. So the queue cannot drift away from the truth:
     * each answer that begins sets it right. Where the beginning of an answer is not seen, because the answer is not streamed,
     * prompts are done when they should be.
     *
     * The pace of an endpoint is how long it took, in what was expected. It is learnt from longer prompts alone, for what
     * short ones take is mostly not computing, and from several together, since an engine computes the end of one prompt and
     * the beginning of the next in one step. What was learnt is forgotten by and by: an endpoint that was slow once, and gets
     * nothing since, would stay slow for ever.
     */

    private static final double NEWS = 0.2;
    private static final double LEAST_PACE = 0.1;
    private static final double MOST_PACE = 10;
    private static final double LEAST_SECONDS = 0.05;
    private static final double WINDOW_SECONDS = 0.5;
    private static final double HALF_LIFE_SECONDS = 60;

    /**
     * A prompt that an endpoint has to compute.
     *
     * @param seconds that are expected of it at pace 1
     * @param placed when it was sent
     * @param isWatched whether somebody will say when it is done
     */
    record Prompt(long leaseId, double seconds, double placed, boolean isWatched) {}

    /** What one endpoint has to compute, and how fast it does. */
    static final class Queue {
        private final Deque<Prompt> prompts = new ArrayDeque<>();
        private double doneAt = Double.NEGATIVE_INFINITY;
        private double pace = 1;
        private double learntAt;
        private double expected;
        private double took;
        private long charged;

        private synchronized double waiting(double now) {
            double present = pace(now);
            removeUnwatched(now, present);
            double sum = 0;
            boolean isFirst = true;
            for (Prompt prompt : prompts) {
                double rest = prompt.seconds() * present;
                sum += isFirst ? Math.abs(rest - (now - begun(prompt))) : rest;
                isFirst = false;
            }
            return sum;
        }

        private double begun(Prompt first) {
            return Math.max(doneAt, first.placed());
        }

        private void removeUnwatched(double now, double present) {
            for (Prompt first = prompts.peekFirst();
                    first != null && !first.isWatched() && begun(first) + first.seconds() * present <= now;
                    first = prompts.peekFirst()) {
                doneAt = begun(first) + first.seconds() * present;
                prompts.removeFirst();
            }
        }

        private synchronized double pace(double now) {
            return Math.pow(pace, Math.pow(0.5, Math.max(0, now - learntAt) / HALF_LIFE_SECONDS));
        }

        /** A prompt goes to the endpoint. */
        synchronized void add(Prompt prompt) {
            prompts.addLast(prompt);
        }

        /** A prompt is computed. */
        synchronized void done(long leaseId, double at) {
            removeUnwatched(at, pace(at));
            boolean isFirst = true;
            for (Iterator<Prompt> all = prompts.iterator(); all.hasNext(); isFirst = false) {
                Prompt prompt = all.next();
                if (prompt.leaseId() == leaseId) {
                    all.remove();
                    done(prompt, isFirst, at);
                    return;
                }
            }
        }

        private void done(Prompt prompt, boolean isFirst, double at) {
            double since = isFirst ? Math.max(0, at - begun(prompt)) : 0;
            doneAt = isFirst ? Math.max(doneAt, at) : doneAt;
            if (prompt.isWatched() && prompt.seconds() >= LEAST_SECONDS) {
                expected += prompt.seconds();
                took += since;
            }
            if (expected >= WINDOW_SECONDS) {
                double sample = Math.clamp(took / expected, LEAST_PACE, MOST_PACE);
                double known = pace(at);
                pace = known * Math.pow(sample / known, NEWS);
                learntAt = at;
                expected = 0;
                took = 0;
            }
        }

        /** A prompt will not be computed, or not any further: the one behind it begins. */
        synchronized void drop(long leaseId, double at) {
            removeUnwatched(at, pace(at));
            Prompt first = prompts.peekFirst();
            if (first != null && first.leaseId() == leaseId) {
                doneAt = Math.max(doneAt, at);
            }
            prompts.removeIf(prompt -> prompt.leaseId() == leaseId);
        }

        /** More tokens in flight on the endpoint are this scheduler's own, or fewer. */
        synchronized void charge(long tokens) {
            charged += tokens;
        }

        private synchronized long charged() {
            return charged;
        }
    }

    private final PerEndpoint<Queue> queues;

    /** @param isInPool whether an endpoint of an id is there */
    PrefillQueues(Predicate<String> isInPool) {
        queues = new PerEndpoint<>(isInPool, Queue::new);
    }

    /** Seconds until the endpoint has computed what it has of this scheduler. */
    double waiting(String endpointId, double now) {
        Queue queue = queues.find(endpointId);
        return queue == null ? 0 : queue.waiting(now);
    }

    /** What the endpoint takes for a prompt, in what is expected of it; 1 while nothing is known. */
    double pace(String endpointId, double now) {
        Queue queue = queues.find(endpointId);
        return queue == null ? 1 : queue.pace(now);
    }

    /** Tokens that count as this scheduler's own among those in flight on the endpoint. */
    long charged(String endpointId) {
        Queue queue = queues.find(endpointId);
        return queue == null ? 0 : queue.charged();
    }

    /** The queue of an endpoint, for a prompt that goes there. */
    Queue of(String endpointId) {
        return queues.of(endpointId);
    }

    /** Nothing is known of the endpoint any more. Unknown ids are ignored. */
    void forget(String endpointId) {
        queues.forget(endpointId);
    }

    /** Endpoints that are followed. */
    int endpoints() {
        return queues.size();
    }
}
