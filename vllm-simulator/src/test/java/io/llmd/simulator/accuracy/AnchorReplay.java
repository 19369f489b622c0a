package io.llmd.simulator.accuracy;

import io.llmd.simulator.cluster.Outcome;
import io.llmd.simulator.cluster.RequestResult;
import io.llmd.simulator.cluster.Simulation;
import io.llmd.simulator.cluster.SimulationSettings;
import io.llmd.simulator.cluster.Target;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.PhysicsLatency;
import io.llmd.simulator.workload.LadderWorkload;
import io.llmd.simulator.workload.LadderWorkload.Stage;
import io.llmd.simulator.workload.SessionWorkload;
import io.llmd.simulator.workload.SharedPrefixes;
import java.time.Duration;
import java.util.List;

/** Sends the load of an anchor to one simulated server, and compares. */
final class AnchorReplay {
    private static final Duration STAGE = Duration.ofSeconds(600);
    private static final double UTILIZATION = 0.9;

    private final Anchor anchor;
    private final Sums[] stages = {new Sums(), new Sums()};

    private AnchorReplay(Anchor anchor) {
        this.anchor = anchor;
    }

    /** One measured rate beside what the simulation says. */
    record Point(Anchor anchor, Anchor.Measured measured, double interTokenMillis, double firstTokenMillis) {

        double interTokenError() {
            return interTokenMillis / measured.interTokenMillis() - 1;
        }

        double firstTokenError() {
            return firstTokenMillis / measured.firstTokenMillis() - 1;
        }
    }

    /** Runs both stages, the lower rate first. */
    static List<Point> run(Anchor anchor) {
        AnchorReplay replay = new AnchorReplay(anchor);
        replay.simulate();
        return List.of(replay.stages[0].point(anchor, anchor.low()), replay.stages[1].point(anchor, anchor.high()));
    }

    static EngineSettings engine(Anchor anchor) {
        return EngineSettings.builder()
                .latency(new PhysicsLatency(anchor.deployment()))
                .blocks(anchor.deployment().blocks(16, UTILIZATION))
                .maxNumBatchedTokens(anchor.deployment().defaultBatchedTokens())
                .maxNumSeqs(anchor.deployment().defaultSequences())
                .maxModelLen(4096)
                .build();
    }

    private void simulate() {
        LadderWorkload ladder = new LadderWorkload(
                List.of(
                        Stage.lasting(anchor.low().requestsPerSecond(), STAGE),
                        Stage.lasting(anchor.high().requestsPerSecond(), STAGE)),
                SharedPrefixes.fresh(anchor.load().shape, 1),
                1);
        new Simulation(
                        SimulationSettings.DEFAULTS,
                        List.of(engine(anchor)),
                        (request, now, endpoints) -> Target.endpoint(0),
                        new SessionWorkload(ladder, anchor.load().sessions()),
                        this::take)
                .run();
    }

    private void take(RequestResult result) {
        if (result.outcome() != Outcome.FINISHED) {
            throw new IllegalStateException("request ended as " + result.outcome());
        }
        stages[(int) result.request().attachment()].add(result);
    }

    private static final class Sums {
        private long requests;
        private double firstToken;
        private double interToken;

        void add(RequestResult result) {
            requests++;
            firstToken += result.timeToFirstToken();
            interToken += result.interTokenLatency();
        }

        Point point(Anchor anchor, Anchor.Measured measured) {
            return new Point(anchor, measured, interToken / requests / 1e6, firstToken / requests / 1e6);
        }
    }
}
