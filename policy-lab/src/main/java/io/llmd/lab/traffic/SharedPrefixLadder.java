package io.llmd.lab.traffic;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.workload.LadderWorkload;
import io.llmd.simulator.workload.LadderWorkload.Stage;
import io.llmd.simulator.workload.SharedPrefixes;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/**
 * llm-d's "KV-cache wins" experiment: 150 groups of five prompts of 6,000 shared and 1,200 own tokens, 1,000 output tokens,
 * Poisson arrivals; a warm-up at 15 requests a second and sixteen stages from 3 to 60, each after the one before has ended.
 * Requests of the stages from 20 requests a second on count.
 */
public final class SharedPrefixLadder implements Traffic {

    private static final SharedPrefixes.Shape SHAPE = new SharedPrefixes.Shape(150, 5, 6000, 1200, 1000);
    private static final double[] RATES = {15, 3, 10, 15, 20, 22, 25, 30, 35, 40, 43, 46, 49, 52, 55, 57, 60};
    private static final int[] SECONDS = {50, 20, 20, 20, 38, 34, 30, 25, 21, 38, 36, 33, 30, 29, 27, 26, 25};
    private static final double COUNTED_FROM = 20;

    /**
     * What the client of the measurement sent: random tokens turned into text, in which the model's tokenizer finds 5.1 and
     * 5.8 % more.
     */
    private static final SharedPrefixes.Shape SENT = new SharedPrefixes.Shape(150, 5, 6305, 1270, 1000);

    /** A hundred requests under way for each of the client's processes, of which eight are assumed. */
    private static final long MOST_IN_FLIGHT = 800;

    private final double share;
    private final double speed;
    private final boolean asMeasured;

    /** @param share part of each stage's requests, in (0, 1]; the rates stay */
    public SharedPrefixLadder(double share) {
        this(share, 1, false);
    }

    private SharedPrefixLadder(double share, double speed, boolean asMeasured) {
        if (!(share > 0 && share <= 1) || !(speed > 0)) {
            throw new IllegalArgumentException(
                    "share: " + share + ", speed: " + speed + " (expected: above 0, share at most 1)");
        }
        this.share = share;
        this.speed = speed;
        this.asMeasured = asMeasured;
    }

    /**
     * The experiment with what its client did besides: longer prompts, stages that begin with the first prompt again, and a
     * bound on the requests under way (docs/simulator-accuracy.md).
     */
    public static SharedPrefixLadder asMeasured(double share) {
        return new SharedPrefixLadder(share, 1, true);
    }

    @Override
    public String name() {
        return asMeasured ? "ladder-as-measured" : "ladder";
    }

    @Override
    public Traffic atSpeed(double value) {
        return new SharedPrefixLadder(share, value, asMeasured);
    }

    @Override
    public Load load(long seed) {
        List<Stage> stages = IntStream.range(0, RATES.length)
                .mapToObj(i -> Stage.lasting(RATES[i] * speed, Duration.ofSeconds(SECONDS[i])))
                .map(stage -> new Stage(stage.requestsPerSecond(), Math.max(1, Math.round(stage.requests() * share))))
                .toList();
        LadderWorkload workload = asMeasured
                ? new LadderWorkload(stages, SharedPrefixes.repeatedByStage(SENT, seed), seed, MOST_IN_FLIGHT)
                : new LadderWorkload(stages, SharedPrefixes.repeated(SHAPE, seed), seed);
        return new Load(
                workload,
                request -> stage(request) > 0 && RATES[stage(request)] >= COUNTED_FROM,
                () -> workload.spans().stream().filter(span -> span.stage() > 0).toList());
    }

    private static int stage(ClientRequest request) {
        if (request.attachment() instanceof Integer stage) {
            return stage;
        }
        throw new IllegalStateException("request " + request.id() + " has no stage");
    }
}
