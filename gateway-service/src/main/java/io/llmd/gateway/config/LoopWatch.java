package io.llmd.gateway.config;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.LivenessState;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.SmartLifecycle;

/**
 * Notices event loops that do not get round to their work, because something on them blocks or never ends. Each gets a task
 * that does nothing, and the next one when that is done. A loop that is late is told of with what its thread is at, once
 * each time; one that stays away makes the process count as not alive, until it is back. Looks from a thread of its own.
 */
final class LoopWatch implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(LoopWatch.class);
    private static final long LOOK_MILLIS = 250;
    private static final int FRAMES = 30;

    /** A task that was given to a loop. */
    private static final class Probe {
        private final long givenNanos;
        private volatile boolean done;
        private boolean told;

        Probe(long givenNanos) {
            this.givenNanos = givenNanos;
        }
    }

    private final long stallNanos;
    private final long brokenNanos;
    private final Supplier<List<? extends Iterable<EventExecutor>>> groups;
    private final Runnable stalled;
    private final ApplicationEventPublisher events;
    private final LongSupplier nanoTime;
    private final Map<EventExecutor, Probe> probes = new HashMap<>();
    private boolean broken;
    private @Nullable ScheduledExecutorService looking;

    /**
     * @param groups groups of event loops, asked for when this starts
     * @param stalled told of each loop that is late
     * @param events where the state of the process is told
     */
    LoopWatch(
            GatewayProperties.Watchdog settings,
            Supplier<List<? extends Iterable<EventExecutor>>> groups,
            Runnable stalled,
            ApplicationEventPublisher events) {
        this(settings, groups, stalled, events, System::nanoTime);
    }

    LoopWatch(
            GatewayProperties.Watchdog settings,
            Supplier<List<? extends Iterable<EventExecutor>>> groups,
            Runnable stalled,
            ApplicationEventPublisher events,
            LongSupplier nanoTime) {
        stallNanos = settings.stallAfter().toNanos();
        brokenNanos = settings.brokenAfter().toNanos();
        this.groups = groups;
        this.stalled = stalled;
        this.events = events;
        this.nanoTime = nanoTime;
    }

    /** Looks once at all loops. Called by one thread. */
    void look(List<? extends Iterable<EventExecutor>> all) {
        long now = nanoTime.getAsLong();
        boolean anyBroken = false;
        for (Iterable<EventExecutor> group : all) {
            for (EventExecutor loop : group) {
                anyBroken |= look(loop, now);
            }
        }
        if (anyBroken != broken) {
            broken = anyBroken;
            AvailabilityChangeEvent.publish(events, this, broken ? LivenessState.BROKEN : LivenessState.CORRECT);
        }
    }

    private boolean look(EventExecutor loop, long now) {
        if (loop.isShuttingDown()) {
            probes.remove(loop);
            return false;
        }
        Probe probe = probes.get(loop);
        if (probe == null || probe.done) {
            probe(loop, now);
            return false;
        }
        long late = now - probe.givenNanos;
        if (late >= stallNanos && !probe.told) {
            probe.told = true;
            stalled.run();
            tell(loop, late);
        }
        return late >= brokenNanos;
    }

    private void probe(EventExecutor loop, long now) {
        Probe next = new Probe(now);
        try {
            loop.execute(() -> next.done = true);
            probes.put(loop, next);
        } catch (RejectedExecutionException e) {
            // It has begun to shut down since it was asked.
            probes.remove(loop);
        }
    }

    private static void tell(EventExecutor loop, long late) {
        LoggingEventBuilder line = log.atWarn().addKeyValue("durationMs", late / 1_000_000);
        if (loop instanceof SingleThreadEventExecutor executor) {
            line = line.addKeyValue("thread", executor.threadProperties().name())
                    .addKeyValue("stack", stack(executor));
        } else {
            line = line.addKeyValue("thread", loop.toString());
        }
        line.log("an event loop does not get on");
    }

    private static String stack(SingleThreadEventExecutor executor) {
        return Arrays.stream(executor.threadProperties().stackTrace())
                .limit(FRAMES)
                .map(StackTraceElement::toString)
                .collect(Collectors.joining(" < "));
    }

    /** An exception would end the schedule, and with it the watch, without a word. */
    private void tryToLook(List<? extends Iterable<EventExecutor>> all) {
        try {
            look(all);
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("event loops could not be looked at, it is tried again");
        }
    }

    @Override
    public synchronized void start() {
        if (looking != null) {
            return;
        }
        List<? extends Iterable<EventExecutor>> all = groups.get();
        ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("gateway-watchdog").factory());
        thread.scheduleWithFixedDelay(() -> tryToLook(all), LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
        looking = thread;
    }

    @Override
    public synchronized void stop() {
        ScheduledExecutorService running = looking;
        looking = null;
        if (running != null) {
            running.shutdownNow();
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return looking != null;
    }
}
