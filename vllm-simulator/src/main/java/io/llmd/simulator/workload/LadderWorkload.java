package io.llmd.simulator.workload;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.RequestResult;
import io.llmd.simulator.cluster.Workload;
import io.llmd.simulator.engine.CounterRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Stages of Poisson arrivals at given rates. A stage begins when the requests of the one before have all ended. Not
 * thread-safe.
 */
public final class LadderWorkload implements Workload {
    private static final long ARRIVALS = 1;

    private final List<Stage> stages;
    private final RequestSource source;
    private final long seed;
    private final long mostInFlight;
    private final List<Span> spans = new ArrayList<>();
    private int stage = -1;
    private long begin;
    private long sentInStage;
    private long endedInStage;
    private long sent;
    private double nextAt;
    private long lastEnd;

    /** A rate and how many requests come at it. */
    public record Stage(double requestsPerSecond, long requests) {
        public Stage {
            if (!(requestsPerSecond > 0) || requests < 1) {
                throw new IllegalArgumentException(
                        "stage: " + requests + " requests at " + requestsPerSecond + " a second (expected: >= 1, > 0)");
            }
        }

        /** As many requests as come in a time on average. */
        public static Stage lasting(double requestsPerSecond, Duration time) {
            return new Stage(requestsPerSecond, Math.round(requestsPerSecond * time.toNanos() / 1e9));
        }
    }

    /** When a stage began, and when the last of its requests had ended; virtual nanoseconds. */
    public record Span(int stage, long begin, long end) {}

    /** @param seed of the arrivals */
    public LadderWorkload(List<Stage> stages, RequestSource source, long seed) {
        this(stages, source, seed, Long.MAX_VALUE);
    }

    /**
     * @param seed of the arrivals
     * @param mostInFlight requests that the client has under way at most; the others wait there, where no latency counts
     */
    public LadderWorkload(List<Stage> stages, RequestSource source, long seed, long mostInFlight) {
        if (mostInFlight < 1) {
            throw new IllegalArgumentException("mostInFlight: " + mostInFlight + " (expected: >= 1)");
        }
        if (stages.isEmpty()) {
            throw new IllegalArgumentException("stages: 0 (expected: >= 1)");
        }
        this.stages = List.copyOf(stages);
        this.source = source;
        this.seed = seed;
        this.mostInFlight = mostInFlight;
        beginStage(0);
    }

    private void beginStage(long time) {
        stage++;
        begin = time;
        sentInStage = 0;
        endedInStage = 0;
        nextAt = time;
        if (stage < stages.size()) {
            drawNext();
        }
    }

    private void drawNext() {
        double seconds = -Math.log(CounterRandom.unit(seed, sent, ARRIVALS))
                / stages.get(stage).requestsPerSecond();
        nextAt += seconds * 1e9;
    }

    @Override
    public long nextTime() {
        boolean none =
                stage == stages.size() || sentInStage == stages.get(stage).requests();
        return none || sentInStage - endedInStage >= mostInFlight ? NEVER : Math.max((long) nextAt, lastEnd);
    }

    @Override
    public ClientRequest next() {
        ClientRequest request = source.next(sent, stage);
        sent++;
        sentInStage++;
        drawNext();
        return request;
    }

    @Override
    public void ended(RequestResult result) {
        endedInStage++;
        lastEnd = result.ended();
        if (endedInStage == stages.get(stage).requests()) {
            spans.add(new Span(stage, begin, result.ended()));
            beginStage(result.ended());
        }
    }

    /** The stages that are over. */
    public List<Span> spans() {
        return List.copyOf(spans);
    }
}
