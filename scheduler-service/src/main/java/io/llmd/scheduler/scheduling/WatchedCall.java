package io.llmd.scheduler.scheduling;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One call of a plugin, from {@link PluginGuard#begin} to exactly one of {@link #succeeded}, {@link #misbehaved}, {@link
 * #failed} and {@link #paused}, on the same thread. The object serves other calls afterwards.
 */
public final class WatchedCall {

    /*
     * A thread claims the object by writing its breaker, and says since when only afterwards; at the end it takes back the
     * time first. So whoever watches reads a time, then the breaker and the thread, then the time again: when both times
     * are the same and not 0, all of it is of one call.
     */

    private static final VarHandle INSIDE = handle("inside", PluginBreaker.class);
    private static final VarHandle SINCE = handle("sinceNanos", long.class);

    private final PluginGuard guard;
    private @Nullable PluginBreaker inside;
    private @Nullable Thread thread;
    private boolean isProbe;
    private long sinceNanos;

    WatchedCall(PluginGuard guard) {
        this.guard = guard;
    }

    private static VarHandle handle(String field, Class<?> type) {
        try {
            return MethodHandles.lookup().findVarHandle(WatchedCall.class, field, type);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Whether the call is this thread's now. */
    boolean claim(PluginBreaker breaker) {
        return INSIDE.getAcquire(this) == null && INSIDE.compareAndSet(this, null, breaker);
    }

    void starts(boolean probes, long nowNanos) {
        thread = Thread.currentThread();
        isProbe = probes;
        SINCE.setRelease(this, nowNanos | 1);
    }

    /** When the call began, 0 while there is none. */
    long since() {
        return (long) SINCE.getAcquire(this);
    }

    @Nullable
    PluginBreaker inside() {
        return (PluginBreaker) INSIDE.getAcquire(this);
    }

    @Nullable
    Thread thread() {
        return thread;
    }

    /** Whether the call tries out a plugin that has failed again and again. */
    boolean isProbe() {
        return isProbe;
    }

    /** The plugin has answered; too late an answer is a failure, and is used all the same. */
    public void succeeded() {
        end(true);
    }

    /** The plugin has answered nonsense, which the caller has reported. */
    public void misbehaved() {
        end(false);
    }

    /** The plugin has thrown. */
    public void failed(Throwable failure) {
        PluginBreaker breaker = mine();
        breaker.faults().failed(breaker.plugin(), failure);
        end(false);
    }

    private void end(boolean isGood) {
        PluginBreaker breaker = mine();
        boolean probes = isProbe;
        long now = guard.now();
        long took = now - sinceNanos;
        release();
        boolean isOverrun = took > guard.budgetNanos();
        if (isOverrun) {
            breaker.faults().overran(breaker.plugin(), took);
        }
        if (isGood && !isOverrun) {
            breaker.succeeded(probes);
        } else {
            breaker.failed(probes, now);
        }
    }

    /** The call is over for this thread, but what the plugin began is not: {@link PluginGuard#resume} goes on. */
    void paused() {
        release();
    }

    private PluginBreaker mine() {
        PluginBreaker breaker = inside;
        if (breaker == null) {
            throw new IllegalStateException("the call is over");
        }
        return breaker;
    }

    private void release() {
        SINCE.setRelease(this, 0L);
        thread = null;
        INSIDE.setRelease(this, null);
    }
}
