package io.llmd.simulator.server;

import io.llmd.simulator.engine.Engine;
import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.EngineRequest;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.EngineSnapshot;
import io.llmd.simulator.metrics.EngineMeters;
import io.llmd.simulator.output.Generation;
import io.llmd.simulator.output.SequenceEnd;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One engine on the wall clock. Methods that end in "later" are safe from any thread; the others belong to the driver's
 * thread.
 */
final class RunningEngine {
    private static final Logger log = LoggerFactory.getLogger(RunningEngine.class);

    private final String name;
    private final Engine engine;
    private final EngineDriver driver;
    private final EngineMeters meters;
    private final Map<Long, Generation> generations = new HashMap<>();
    private boolean failed;
    private boolean changed;
    private volatile EngineSnapshot snapshot;
    private volatile long lagNanos;

    RunningEngine(String name, EngineSettings settings, EngineDriver driver, EngineMeters meters) {
        this.name = name;
        this.driver = driver;
        this.meters = meters;
        engine = new Engine(settings);
        snapshot = engine.snapshot();
        driver.add(this);
    }

    String name() {
        return name;
    }

    /** State after the last advance; any thread. */
    EngineSnapshot snapshot() {
        return snapshot;
    }

    /** How far the last event was handled behind its time; any thread. */
    double lagSeconds() {
        return lagNanos / 1e9;
    }

    void submitLater(EngineRequest request, Generation generation) {
        driver.execute(() -> submit(request, generation));
    }

    void abortLater(long requestId) {
        driver.execute(() -> {
            if (!failed) {
                engine.abort(requestId, advanceToNow());
            }
        });
    }

    void slowFactorLater(double factor) {
        driver.execute(() -> engine.slowFactor(factor));
    }

    void closeLater() {
        driver.execute(this::stop);
    }

    private void stop() {
        driver.remove(this);
        if (!failed) {
            long now = advanceToNow();
            for (long requestId : List.copyOf(generations.keySet())) {
                engine.abort(requestId, now);
            }
            engine.advance(now, this::accept);
            snapshot = engine.snapshot();
            failed = true;
        }
    }

    private void submit(EngineRequest request, Generation generation) {
        if (failed) {
            generation.ended(SequenceEnd.lost());
            return;
        }
        long now = advanceToNow();
        try {
            engine.submit(request, now);
            generations.put(request.id(), generation);
        } catch (IllegalArgumentException e) {
            log.atError().setCause(e).addKeyValue("endpoint", name).log("engine refused a request");
            generation.ended(SequenceEnd.lost());
        }
    }

    private long advanceToNow() {
        long now = System.nanoTime();
        engine.advance(now, this::accept);
        changed = true;
        return now;
    }

    /** Handles what is due; returns when the next thing is. */
    long advance(long now) {
        long next = engine.nextEventTime();
        if (next <= now) {
            lagNanos = now - next;
            engine.advance(now, this::accept);
            next = engine.nextEventTime();
            changed = true;
        }
        if (changed) {
            snapshot = engine.snapshot();
            changed = false;
        }
        return next;
    }

    /** Ends all requests without an answer. */
    void fail() {
        failed = true;
        Map<Long, Generation> left = Map.copyOf(generations);
        generations.clear();
        left.values().forEach(generation -> generation.ended(SequenceEnd.lost()));
    }

    private void accept(EngineEvent event) {
        meters.record(event);
        switch (event) {
            case EngineEvent.TokenProduced token -> {
                Generation generation = generations.get(token.requestId());
                if (generation != null) {
                    generation.produced(token.index() + 1);
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
}
