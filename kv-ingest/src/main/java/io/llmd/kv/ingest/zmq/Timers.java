package io.llmd.kv.ingest.zmq;

import java.util.PriorityQueue;
import java.util.function.Consumer;

/** What a loop does later. For the loop's thread. */
final class Timers {

    /** One call to come. */
    static final class Timer implements Comparable<Timer> {
        private final long at;
        private final Runnable action;
        private boolean isCancelled;

        private Timer(long at, Runnable action) {
            this.at = at;
            this.action = action;
        }

        void cancel() {
            isCancelled = true;
        }

        @Override
        public int compareTo(Timer other) {
            return Long.signum(at - other.at);
        }
    }

    private final PriorityQueue<Timer> queue = new PriorityQueue<>();

    Timer schedule(long atNanos, Runnable action) {
        Timer timer = new Timer(atNanos, action);
        queue.add(timer);
        return timer;
    }

    /** Hands over what is due. */
    void run(long nowNanos, Consumer<Runnable> runner) {
        Timer timer = queue.peek();
        while (timer != null && (timer.isCancelled || timer.at - nowNanos <= 0)) {
            queue.remove();
            if (!timer.isCancelled) {
                runner.accept(timer.action);
            }
            timer = queue.peek();
        }
    }

    /** Nanoseconds until something is due, at least 1; {@code most} when nothing is before. */
    long untilNext(long nowNanos, long most) {
        Timer timer = queue.peek();
        return timer == null ? most : Math.clamp(timer.at - nowNanos, 1, most);
    }
}
