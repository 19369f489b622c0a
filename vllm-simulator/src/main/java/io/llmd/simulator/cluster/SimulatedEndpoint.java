package io.llmd.simulator.cluster;

import io.llmd.simulator.engine.Deployment;
import io.llmd.simulator.engine.Engine;
import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.EngineSink;
import io.llmd.simulator.engine.EngineSnapshot;
import io.llmd.simulator.engine.PhysicsLatency;
import java.util.ArrayDeque;
import java.util.Deque;

/** One endpoint: its engine, what the engine just did, and what the router knows of it. */
final class SimulatedEndpoint implements EndpointView, EngineSink {
    /** What the engine did and nobody has looked at yet. */
    final Deque<EngineEvent> happened = new ArrayDeque<>();

    /** What happened to its blocks and the router has not heard of yet. */
    final Deque<EngineEvent.BlockEvent> news = new ArrayDeque<>();

    final Engine engine;
    final ReaderLink link = new ReaderLink();
    private final int index;
    private final EngineSettings settings;
    private final Workload workload;
    private final boolean tokens;
    private final boolean firstTokens;
    private final boolean blocks;
    private final boolean blockTokens;
    private EngineSnapshot metrics;
    private long scrapedAt = Long.MIN_VALUE;
    private int inFlight;

    SimulatedEndpoint(int index, EngineSettings settings, Router router, Workload workload) {
        this.index = index;
        this.settings = settings;
        this.workload = workload;
        tokens = workload.wantsTokens();
        engine = new Engine(settings);
        metrics = engine.reported();
        firstTokens = router.wantsFirstTokens();
        blocks = router.wantsBlocks();
        blockTokens = router.wantsBlockTokens();
    }

    @Override
    public void accept(EngineEvent event) {
        switch (event) {
            case EngineEvent.Finished finished -> happened.addLast(finished);
            case EngineEvent.TokenProduced token -> produced(token);
            case EngineEvent.LoadWanted wanted -> happened.addLast(wanted);
            case EngineEvent.LeaseEnded ended -> happened.addLast(ended);
            case EngineEvent.BlockEvent change -> {
                if (blocks) {
                    happened.addLast(change);
                }
            }
            case EngineEvent.Scheduled _, EngineEvent.Preempted _, EngineEvent.StepCompleted _ -> {}
        }
    }

    private void produced(EngineEvent.TokenProduced token) {
        if (token.index() > 0) {
            workload.token(token.requestId(), token.sincePrevious());
        } else if (firstTokens) {
            happened.addLast(token);
        }
    }

    @Override
    public boolean tokens() {
        return tokens;
    }

    @Override
    public boolean firstTokens() {
        return firstTokens;
    }

    @Override
    public boolean steps() {
        return false;
    }

    @Override
    public boolean blocks() {
        return blocks;
    }

    @Override
    public boolean blockTokens() {
        return blockTokens;
    }

    @Override
    public int index() {
        return index;
    }

    @Override
    public EngineSettings settings() {
        return settings;
    }

    @Override
    public EngineSnapshot metrics() {
        return metrics;
    }

    @Override
    public long scrapedAt() {
        return scrapedAt;
    }

    @Override
    public int inFlight() {
        return inFlight;
    }

    void scrape(long now) {
        metrics = engine.reported();
        scrapedAt = now;
    }

    void sent() {
        inFlight++;
    }

    void left() {
        inFlight--;
    }

    /** What reads blocks of other endpoints. */
    Deployment deployment() {
        if (settings.latency() instanceof PhysicsLatency physics) {
            return physics.deployment();
        }
        throw new IllegalStateException("endpoint " + index + " reads blocks, with latency " + settings.latency()
                + " (expected: one that knows the model, PhysicsLatency)");
    }
}
