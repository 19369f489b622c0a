package io.llmd.simulator.server;

import io.llmd.simulator.control.Engines;
import io.llmd.simulator.engine.Engine;
import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.EngineRequest;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.EngineSink;
import io.llmd.simulator.engine.EngineSnapshot;
import io.llmd.simulator.engine.EvictedBlock;
import io.llmd.simulator.output.Generation;
import io.llmd.simulator.output.SequenceEnd;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One engine on the wall clock. Methods that end in "later" are safe from any thread; the others belong to the driver's
 * thread.
 */
final class RunningEngine implements Driven {
    private static final Logger log = LoggerFactory.getLogger(RunningEngine.class);

    private final String name;
    private final Engine engine;
    private final EngineDriver driver;
    private final List<EngineSink> listeners;
    private final Consumer<EngineSnapshot> watcher;
    private final EngineSink sink;
    private final Map<Long, Generation> generations = new HashMap<>();
    private final Deque<Runnable> told = new ArrayDeque<>();
    private final List<CompletableFuture<Void>> waiters = new ArrayList<>();
    private volatile boolean failed;
    private boolean changed;
    private volatile EngineSnapshot snapshot;
    private volatile EngineSnapshot reported;
    private volatile long lagNanos;

    /** An engine whose state nobody watches. */
    RunningEngine(String name, EngineSettings settings, EngineDriver driver, List<EngineSink> listeners) {
        this(name, settings, driver, listeners, snapshot -> {});
    }

    /**
     * @param listeners hear of every event on the driver's thread, before the request's owner does
     * @param watcher is told the state there whenever it has changed
     */
    RunningEngine(
            String name,
            EngineSettings settings,
            EngineDriver driver,
            List<EngineSink> listeners,
            Consumer<EngineSnapshot> watcher) {
        this.name = name;
        this.driver = driver;
        this.listeners = List.copyOf(listeners);
        this.watcher = watcher;
        sink = new Fanout(this.listeners.stream().anyMatch(EngineSink::blocks));
        engine = new Engine(settings);
        snapshot = engine.snapshot();
        reported = snapshot;
        driver.add(this);
    }

    @Override
    public String name() {
        return name;
    }

    /** State after the last advance; any thread. */
    EngineSnapshot snapshot() {
        return snapshot;
    }

    /** The state as its gauges tell it, see {@link Engine#reported}; any thread. */
    EngineSnapshot reported() {
        return reported;
    }

    /** How far the last event was handled behind its time; any thread. */
    double lagSeconds() {
        return lagNanos / 1e9;
    }

    /** Whether it has ended, because it was closed or something in it broke; any thread. */
    boolean hasEnded() {
        return failed;
    }

    void submitLater(EngineRequest request, Generation generation) {
        submitLater(request, generation, (taken, now) -> {});
    }

    /** @param admitted called with the engine and its time when it has taken the request, before it does anything */
    void submitLater(EngineRequest request, Generation generation, ObjLongConsumer<Engine> admitted) {
        driver.execute(() -> submit(request, generation, admitted));
    }

    void abortLater(long requestId) {
        later((current, now) -> current.abort(requestId, now));
    }

    /** Runs something on the engine, which has been advanced to the time given; left out if the engine has ended. */
    void later(ObjLongConsumer<Engine> action) {
        driver.execute(() -> {
            if (!failed) {
                action.accept(engine, advanceToNow());
            }
        });
    }

    /**
     * Does something to the engine at its present time.
     *
     * @return what it gave, once {@link #snapshot} tells of it; fails if the engine has ended
     */
    <T> CompletableFuture<T> ask(Engines.Action<T> action) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        driver.execute(() -> {
            try {
                requireAlive();
                T given = action.on(engine, advanceToNow());
                told.add(() -> answer.complete(given));
            } catch (RuntimeException | Error e) {
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }

    /** Completes when no request is running; fails if the engine has ended. */
    CompletableFuture<Void> whenIdle() {
        CompletableFuture<Void> idle = new CompletableFuture<>();
        driver.execute(() -> {
            if (failed) {
                idle.completeExceptionally(new IllegalStateException("engine has ended"));
            } else {
                waiters.add(idle);
                changed = true;
            }
        });
        return idle;
    }

    private void requireAlive() {
        if (failed) {
            throw new IllegalStateException("engine has ended");
        }
    }

    /** Tells those who wait for a state that it is there. */
    private void tell() {
        for (Runnable answer = told.poll(); answer != null; answer = told.poll()) {
            answer.run();
        }
        if (snapshot.running() == 0) {
            waiters.forEach(waiter -> waiter.complete(null));
            waiters.clear();
        }
    }

    void slowFactorLater(double factor) {
        later((current, now) -> current.slowFactor(factor));
    }

    void closeLater() {
        driver.execute(() -> {
            try {
                stop();
            } catch (RuntimeException | Error e) {
                driver.drop(this, e);
            }
        });
    }

    private void stop() {
        driver.remove(this);
        if (!failed) {
            long now = advanceToNow();
            List<Long> requests = List.copyOf(generations.keySet());
            fail();
            requests.forEach(request -> engine.abort(request, now));
            engine.advance(now, sink);
            snapshot = engine.snapshot();
            reported = engine.reported();
        }
    }

    private void submit(EngineRequest request, Generation generation, ObjLongConsumer<Engine> admitted) {
        if (failed) {
            generation.ended(SequenceEnd.ofLost());
            return;
        }
        try {
            long now = advanceToNow();
            if (isTaken(request, now)) {
                generations.put(request.id(), generation);
                tellAdmitted(request, admitted, now);
            } else {
                generation.ended(SequenceEnd.ofLost());
            }
        } catch (RuntimeException | Error e) {
            generations.put(request.id(), generation);
            driver.drop(this, e);
        }
    }

    private boolean isTaken(EngineRequest request, long now) {
        try {
            engine.submit(request, now);
            return true;
        } catch (IllegalArgumentException e) {
            log.atError().setCause(e).addKeyValue("endpoint", name).log("engine refused a request");
            return false;
        }
    }

    private void tellAdmitted(EngineRequest request, ObjLongConsumer<Engine> admitted, long now) {
        try {
            admitted.accept(engine, now);
        } catch (RuntimeException e) {
            log.atError().setCause(e).addKeyValue("endpoint", name).log("request failed and is aborted");
            engine.abort(request.id(), now);
            Generation lost = generations.remove(request.id());
            if (lost != null) {
                lost.ended(SequenceEnd.ofLost());
            }
        }
    }

    private long advanceToNow() {
        long now = System.nanoTime();
        engine.advance(now, sink);
        changed = true;
        return now;
    }

    @Override
    public long advance(long now) {
        long next = engine.nextEventTime();
        if (next <= now) {
            lagNanos = now - next;
            engine.advance(now, sink);
            next = engine.nextEventTime();
            changed = true;
        }
        if (changed) {
            snapshot = engine.snapshot();
            reported = engine.reported();
            watcher.accept(snapshot);
            changed = false;
            tell();
        }
        return next;
    }

    private void forsake() {
        tell();
        waiters.forEach(waiter -> waiter.completeExceptionally(new IllegalStateException("engine has ended")));
        waiters.clear();
    }

    /** Ends all requests without an answer. */
    @Override
    public void fail() {
        failed = true;
        Map<Long, Generation> left = Map.copyOf(generations);
        generations.clear();
        left.values().forEach(generation -> generation.ended(SequenceEnd.ofLost()));
        forsake();
    }

    private void accept(EngineEvent event) {
        for (EngineSink listener : listeners) {
            listener.accept(event);
        }
        switch (event) {
            case EngineEvent.TokenProduced token -> {
                Generation generation = generations.get(token.requestId());
                if (generation != null) {
                    generation.produced(token.index() + 1, token.time());
                }
            }
            case EngineEvent.Finished end -> {
                Generation generation = generations.remove(end.request().id());
                if (generation != null) {
                    generation.ended(
                            new SequenceEnd(end.reason(), end.cachedTokens() + end.loadedTokens(), end.held()));
                }
            }
            case EngineEvent.Scheduled _,
                    EngineEvent.Preempted _,
                    EngineEvent.StepCompleted _,
                    EngineEvent.LoadWanted _,
                    EngineEvent.LeaseEnded _,
                    EngineEvent.BlocksStored _,
                    EngineEvent.BlocksRemoved _,
                    EngineEvent.BlocksCleared _ -> {
                // of interest to the meters at most
            }
        }
    }

    /** What the engine tells, for the listeners and the owners of requests. */
    private final class Fanout implements EngineSink {
        private final boolean blocks;

        Fanout(boolean blocks) {
            this.blocks = blocks;
        }

        @Override
        public void accept(EngineEvent event) {
            RunningEngine.this.accept(event);
        }

        @Override
        public boolean blocks() {
            return blocks;
        }

        @Override
        public void evicted(EvictedBlock block) {
            listeners.forEach(listener -> listener.evicted(block));
        }
    }
}
