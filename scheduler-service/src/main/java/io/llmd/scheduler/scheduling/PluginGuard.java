package io.llmd.scheduler.scheduling;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps plugins that fail again and again, or hang, from harming more than a few requests. Each call lies between {@link
 * #begin} and the end of what that answers. Safe from any thread; allocates nothing unless more than {@value #MOST_CALLS}
 * calls run at once.
 *
 * <p>A call runs on the caller's thread and cannot be broken off. What can be done about one that does not return is done by
 * {@link #watch}: it is named, and nobody else calls the plugin until it has returned.
 */
public final class PluginGuard {

    /** Calls that are watched at the same time; further ones are only timed. */
    static final int MOST_CALLS = 256;

    /** A call hangs when so many looks in a row found it, however late a look comes: pauses of the whole process count once. */
    private static final int LOOKS = 4;

    private static final int TRIES = 8;

    private final GuardSettings settings;
    private final PluginFaults faults;
    private final LongSupplier nanoClock;
    private final long budgetNanos;
    private final WatchedCall[] calls = new WatchedCall[MOST_CALLS];
    private final long[] seenNanos = new long[MOST_CALLS];
    private final int[] looks = new int[MOST_CALLS];
    private Set<PluginBreaker> hanging = Set.of();
    private volatile int hangingCalls;

    /** A guard that reports to {@code faults}. */
    public PluginGuard(GuardSettings settings, PluginFaults faults, LongSupplier nanoClock) {
        this.settings = Objects.requireNonNull(settings, "settings");
        this.faults = Objects.requireNonNull(faults, "faults");
        this.nanoClock = Objects.requireNonNull(nanoClock, "nanoClock");
        budgetNanos = settings.budget().toNanos();
        for (int i = 0; i < MOST_CALLS; i++) {
            calls[i] = new WatchedCall(this);
        }
    }

    /** A guard with the usual settings. */
    public PluginGuard(PluginFaults faults) {
        this(GuardSettings.DEFAULT, faults, System::nanoTime);
    }

    /** A breaker for calls of a plugin at one place. */
    public PluginBreaker breaker(String plugin) {
        return new PluginBreaker(
                plugin, settings.failures(), settings.coolDown().toNanos(), faults);
    }

    /** A breaker that opens only while a call hangs, and for the cool-down after it. */
    public PluginBreaker breakerForHangs(String plugin) {
        return new PluginBreaker(plugin, Integer.MAX_VALUE, settings.coolDown().toNanos(), faults);
    }

    PluginFaults faults() {
        return faults;
    }

    long now() {
        return nanoClock.getAsLong();
    }

    long budgetNanos() {
        return budgetNanos;
    }

    /** Begins a call; null when the plugin is to be left alone. */
    public @Nullable WatchedCall begin(PluginBreaker breaker) {
        long now = nanoClock.getAsLong();
        PluginBreaker.Admission admission = breaker.admits(now);
        if (admission == PluginBreaker.Admission.SKIP) {
            faults.passedOver(breaker.plugin());
            return null;
        }
        return start(breaker, admission == PluginBreaker.Admission.PROBE, now);
    }

    /** Goes on with a call that has {@linkplain WatchedCall#paused paused}, on whatever thread. */
    WatchedCall resume(PluginBreaker breaker, boolean isProbe) {
        return start(breaker, isProbe, nanoClock.getAsLong());
    }

    private WatchedCall start(PluginBreaker breaker, boolean isProbe, long now) {
        WatchedCall call = free(breaker);
        call.starts(isProbe, now);
        return call;
    }

    /** Threads that run beside each other usually have neighbouring ids, so that each finds its own call at once. */
    private WatchedCall free(PluginBreaker breaker) {
        int first = (int) Thread.currentThread().threadId() * TRIES;
        for (int i = 0; i < TRIES; i++) {
            WatchedCall call = calls[first + i & MOST_CALLS - 1];
            if (call.claim(breaker)) {
                return call;
            }
        }
        WatchedCall unwatched = new WatchedCall(this);
        unwatched.claim(breaker);
        return unwatched;
    }

    /**
     * Looks for calls that do not return. To be called by one thread, about {@link #watchNanos} apart.
     *
     * @implNote O({@value #MOST_CALLS})
     */
    public void watch() {
        long now = nanoClock.getAsLong();
        Set<PluginBreaker> found = Collections.newSetFromMap(new IdentityHashMap<>());
        int count = 0;
        for (int i = 0; i < MOST_CALLS; i++) {
            long since = calls[i].since();
            if (since == 0 || since != seenNanos[i]) {
                seenNanos[i] = since;
                looks[i] = 0;
                continue;
            }
            PluginBreaker breaker = calls[i].inside();
            Thread thread = calls[i].thread();
            if (breaker != null && thread != null && calls[i].since() == since && hangs(i, now - since)) {
                count++;
                if (found.add(breaker) && !hanging.contains(breaker)) {
                    faults.hung(breaker.plugin(), now - since, thread);
                }
                breaker.hangs(now);
            }
        }
        for (PluginBreaker before : hanging) {
            if (!found.contains(before)) {
                before.hangsNoMore();
            }
        }
        hanging = found;
        hangingCalls = count;
    }

    private boolean hangs(int call, long nanos) {
        looks[call] = Math.min(looks[call] + 1, LOOKS);
        return looks[call] == LOOKS && nanos >= settings.hangAfter().toNanos();
    }

    /** Time between two calls of {@link #watch}. */
    public long watchNanos() {
        return Math.max(1, settings.hangAfter().toNanos() / LOOKS);
    }

    /** Calls that hung at the last look. */
    public int hangingCalls() {
        return hangingCalls;
    }
}
