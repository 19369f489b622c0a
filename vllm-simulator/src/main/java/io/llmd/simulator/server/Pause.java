package io.llmd.simulator.server;

import io.llmd.simulator.fault.AnswerFaults;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A time in which nothing happens to a request, on purpose. */
final class Pause implements Exchange {
    private final Runnable dropped;
    private final @Nullable Future<?> timer;

    /**
     * Begins now.
     *
     * @param nanos {@link AnswerFaults#FOREVER} for without an end
     * @param then called at the end
     * @param dropped called instead if the client leaves before
     */
    Pause(EventExecutor executor, long nanos, Runnable then, Runnable dropped) {
        this.dropped = dropped;
        timer = nanos == AnswerFaults.FOREVER ? null : executor.schedule(then, nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void writable() {
        // has nothing to write
    }

    @Override
    public void abandon() {
        if (timer != null) {
            timer.cancel(false);
        }
        dropped.run();
    }
}
