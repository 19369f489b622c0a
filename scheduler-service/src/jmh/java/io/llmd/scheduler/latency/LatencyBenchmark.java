package io.llmd.scheduler.latency;

import io.llmd.scheduler.latency.LatencySample.Kind;
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
 * Predicting both times of all candidates of a decision, and learning from one measured time.
 *
 * <pre>
 * mvn -q -B -Pjmh -pl scheduler-service -am process-test-classes -Djmh.args="LatencyBenchmark -prof gc"
 * </pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class LatencyBenchmark {

    private static final int TAUGHT = 2000;
    private static final long CACHE_TOKENS = 307_200;

    /** Endpoints in the pool. */
    @Param({"10", "100", "1000"})
    public int endpoints;

    private final SplittableRandom random = new SplittableRandom(1);
    private final LatencyInputs inputs = new LatencyInputs();
    private final Forecast forecast = new Forecast();
    private OnlineLatencyPredictor predictor;
    private String[] ids;
    private double[] usages;
    private int[] waiting;
    private long[] running;
    private double[] prefixes;
    private long[] inFlight;
    private double[] bounds;
    private MeasuredLatency[] samples;
    private int next;

    /** Teaches the predictor, and makes endpoints that all differ. */
    @Setup
    public void setUp() {
        predictor = new OnlineLatencyPredictors(Runnable::run, LatencyEvents.NONE, System::nanoTime).named("forecast");
        ids = new String[endpoints];
        usages = new double[endpoints];
        waiting = new int[endpoints];
        running = new long[endpoints];
        prefixes = new double[endpoints];
        inFlight = new long[endpoints];
        bounds = new double[2 * endpoints];
        for (int i = 0; i < endpoints; i++) {
            ids[i] = "ns/e" + i;
            usages[i] = random.nextDouble();
            waiting[i] = random.nextInt(4);
            running[i] = random.nextInt(60);
            prefixes[i] = random.nextDouble();
            inFlight[i] = random.nextInt(40_000);
        }
        samples = new MeasuredLatency[TAUGHT];
        for (int i = 0; i < TAUGHT; i++) {
            samples[i] = sample(i);
            predictor.learn(samples[i]);
        }
    }

    private MeasuredLatency sample(int number) {
        int endpoint = number % endpoints;
        LatencyFeatures features = new LatencyFeatures(
                usages[endpoint],
                4000,
                waiting[endpoint],
                running[endpoint],
                1,
                prefixes[endpoint],
                inFlight[endpoint],
                0,
                0,
                "");
        Kind kind = number % 2 == 0 ? Kind.TIME_TO_FIRST_TOKEN : Kind.TIME_PER_OUTPUT_TOKEN;
        double millis = (20 + inFlight[endpoint] / 16.0) * (1 + 0.1 * random.nextDouble());
        return new MeasuredLatency(
                ids[endpoint], CACHE_TOKENS, "m", "m", 0, 0, 0, new LatencySample(kind, features, millis));
    }

    /** All candidates of one decision. */
    @Benchmark
    public double[] predict() {
        LearnedLatencies learned = predictor.learned();
        for (int i = 0; i < endpoints; i++) {
            inputs.set(usages[i], CACHE_TOKENS, 4000, waiting[i], running[i], prefixes[i], inFlight[i]);
            learned.predict("", ids[i], inputs, true, 1, forecast);
            bounds[2 * i] = forecast.timeToFirstTokenBoundMillis();
            bounds[2 * i + 1] = forecast.timePerOutputTokenBoundMillis();
        }
        return bounds;
    }

    /** One measured time, and what was learned made ready for decisions. */
    @Benchmark
    public LearnedLatencies learn() {
        predictor.learn(samples[next++ % TAUGHT]);
        return predictor.learned();
    }
}
