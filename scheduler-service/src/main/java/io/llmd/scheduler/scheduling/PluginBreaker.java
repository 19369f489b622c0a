package io.llmd.scheduler.scheduling;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Whether a plugin may be called at one extension point. Closed while the plugin works; open for a cool-down after failures
 * in a row, or while a call of it hangs; then one call probes, and its end decides. Safe from any thread, allocates nothing.
 *
 * <p>One that opens for hanging calls alone belongs to a plugin that cannot be left out without harm that is worse than its
 * failures: without a profile handler nothing is decided, and a response hook that is not told keeps counts for ever.
 */
public final class PluginBreaker {

    /** What becomes of a call. */
    enum Admission {
        CALL,
        PROBE,
        SKIP
    }

    private enum State {
        CLOSED,
        OPEN,
        PROBING
    }

    private static final VarHandle STATE = handle();

    private static VarHandle handle() {
        try {
            return MethodHandles.lookup().findVarHandle(PluginBreaker.class, "state", State.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final String plugin;
    private final int mostFailures;
    private final long coolDownNanos;
    private final PluginFaults faults;
    private final AtomicInteger failures = new AtomicInteger();
    private volatile State state = State.CLOSED;
    private volatile long openUntilNanos;
    private volatile boolean isHanging;

    PluginBreaker(String plugin, int mostFailures, long coolDownNanos, PluginFaults faults) {
        this.plugin = plugin;
        this.mostFailures = mostFailures;
        this.coolDownNanos = coolDownNanos;
        this.faults = faults;
    }

    String plugin() {
        return plugin;
    }

    PluginFaults faults() {
        return faults;
    }

    /** Whether calls are skipped at present, but for one that probes. */
    public boolean isOpen() {
        return state != State.CLOSED;
    }

    Admission admits(long nowNanos) {
        State seen = state;
        if (seen == State.CLOSED) {
            return Admission.CALL;
        }
        boolean mayProbe = seen == State.OPEN && !isHanging && nowNanos - openUntilNanos >= 0;
        return mayProbe && STATE.compareAndSet(this, State.OPEN, State.PROBING) ? Admission.PROBE : Admission.SKIP;
    }

    void succeeded(boolean isProbe) {
        if (failures.getPlain() != 0) {
            failures.set(0);
        }
        if (isProbe && STATE.compareAndSet(this, State.PROBING, State.CLOSED)) {
            faults.closed(plugin);
        }
    }

    void failed(boolean isProbe, long nowNanos) {
        if (isProbe) {
            openUntilNanos = nowNanos + coolDownNanos;
            STATE.compareAndSet(this, State.PROBING, State.OPEN);
        } else if (failures.incrementAndGet() >= mostFailures) {
            open(nowNanos, PluginFaults.Cause.FAILURES);
        }
    }

    /** A call hangs. */
    void hangs(long nowNanos) {
        isHanging = true;
        open(nowNanos, PluginFaults.Cause.HANGS);
    }

    /** No call hangs any more. */
    void hangsNoMore() {
        isHanging = false;
    }

    private void open(long nowNanos, PluginFaults.Cause cause) {
        openUntilNanos = nowNanos + coolDownNanos;
        if (STATE.compareAndSet(this, State.CLOSED, State.OPEN)) {
            failures.set(0);
            faults.opened(plugin, cause);
        }
    }
}
