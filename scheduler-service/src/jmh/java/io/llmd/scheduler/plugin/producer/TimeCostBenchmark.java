package io.llmd.scheduler.plugin.producer;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.datalayer.InFlightTracker;
import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.scheduler.scheduling.RequestBody.Api;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The costs of all candidates of a decision that is not recorded, and the same with the book-keeping of a request from its placing to
 * its end. Twenty requests are under way on each endpoint.
 *
 * <pre>
 * ./llmd bench decision -Djmh.args="TimeCostBenchmark -prof gc"
 * </pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class TimeCostBenchmark {

    private static final int UNDER_WAY = 20;
    private static final int PROMPT_TOKENS = 6400;
    private static final int BLOCKS = 100;
    private static final int BLOCK_TOKENS = 64;
    private static final long MILLI = 1_000_000;

    /** Endpoints in the pool. */
    @Param({"10", "100", "1000"})
    public int endpoints;

    /** Whether answers are held to times. */
    @Param({"true", "false"})
    public boolean asked;

    private final InFlightTracker tracker = new InFlightTracker();
    private TimeCostProducer producer;
    private InferenceRequest request;
    private Endpoint[] pool;
    private PrefixMatches matches;
    private long nanos;
    private long lease;

    /** A pool in which every reading and every match differs, with requests that wait and requests that are answered. */
    @Setup
    public void setUp() {
        SplittableRandom random = new SplittableRandom(42);
        producer = new TimeCostProducer(
                "costs", ParameterBinder.bind(TimeCostProducer.Params.class, parameters()), tracker, id -> true, () -> nanos);
        RequestBody body = new RequestBody(Api.CHAT_COMPLETIONS, "m", true, -1, List.of(), "", PROMPT_TOKENS);
        request = new InferenceRequest("r", "m", body, Map.of(), 0, "default-flow", 0, random);
        pool = new Endpoint[endpoints];
        matches = new PrefixMatches(endpoints);
        for (int i = 0; i < endpoints; i++) {
            EndpointMetadata metadata =
                    new EndpointMetadata("ns/e" + i, "e" + i, "127.0.0.1", 8000 + i, 8000 + i, Map.of(), 0);
            EndpointMetrics metrics = new EndpointMetrics(
                    UNDER_WAY, 2, random.nextDouble(), BLOCK_TOKENS, 4096, Map.of(), Map.of(), 0, 1);
            pool[i] = new Endpoint(metadata, metrics, true);
            tracker.added(metadata);
            matches.set(i, i * 31 % BLOCKS, BLOCKS, BLOCK_TOKENS);
        }
        for (int i = 0; i < UNDER_WAY * endpoints; i++) {
            long placed = place(i % endpoints);
            nanos += MILLI;
            if (i < (UNDER_WAY - 2) * endpoints) {
                producer.started(placed, report(placed, Cause.NONE));
            }
        }
    }

    private String parameters() {
        return asked ? "" : "{timeToFirstTokenMs: 0, timePerOutputTokenMs: 0}";
    }

    /** The costs of all candidates. */
    @Benchmark
    public Candidates decide() {
        nanos += MILLI / 100;
        Candidates candidates = candidates();
        producer.produce(request, candidates);
        candidates.over();
        return candidates;
    }

    /** A request from its decision to its end. */
    @Benchmark
    public long serve() {
        long placed = place((int) (lease % endpoints));
        nanos += MILLI;
        producer.started(placed, report(placed, Cause.NONE));
        producer.ended(placed, report(placed, Cause.NATURAL));
        return placed;
    }

    private Candidates candidates() {
        Candidates candidates = Candidates.of(pool);
        candidates.put(DataKeys.prefixMatches(""), matches);
        return candidates;
    }

    private long place(int slot) {
        Candidates candidates = candidates();
        producer.produce(request, candidates);
        ProfileOutcome.Picked picked = new ProfileOutcome.Picked(List.of(pool[slot]), List.of(slot));
        producer.scheduled(
                request,
                candidates,
                new SchedulingOutcome.Scheduled("default", Map.of("default", picked)),
                new Dispatch(++lease));
        candidates.over();
        return lease;
    }

    private static OutcomeReport report(long lease, Cause cause) {
        return new OutcomeReport(
                "r",
                lease,
                "ns/e0",
                cause == Cause.NONE ? Phase.STARTED : Phase.ENDED,
                cause,
                200,
                new TokenUsage(-1, 200, -1),
                300_000,
                4_000_000);
    }
}
