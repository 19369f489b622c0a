package io.llmd.scheduler.scheduling;

import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.datalayer.InFlightTrackers;
import io.llmd.scheduler.explain.DecisionLog;
import io.llmd.scheduler.explain.DecisionRecord;
import io.llmd.scheduler.explain.DecisionRecording;
import io.llmd.scheduler.explain.Explanation;
import io.llmd.scheduler.observe.PluginMeters;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.EndpointPickerConfigLoader;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.plugin.PluginRegistry;
import io.llmd.scheduler.scheduling.RequestBody.Api;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
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
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/**
 * One decision under the built-in plan (queue 2, KV cache 2, prefix 3, best total), with a prefix column that is ready.
 *
 * <pre>
 * mvn -q -B -Pjmh -pl scheduler-service -am process-test-classes -Djmh.args="DecisionBenchmark -prof gc"
 * </pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class DecisionBenchmark {

    /** Endpoints in the pool. */
    @Param({"10", "100", "1000"})
    public int endpoints;

    private final Scheduler scheduler = new Scheduler(PluginFaults.NONE);
    private final DecisionLog log = new DecisionLog(
            new DecisionLog.Settings(1, Integer.MAX_VALUE, 10_000, 64 << 20, Duration.ofMinutes(10), Set.of()),
            Map::of,
            List.of(new PluginMeters(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT))),
            InstantSource.system(),
            System::nanoTime);
    private SchedulingPlan plan;
    private InferenceRequest request;
    private Endpoint[] pool;

    /** Builds the plan as the service does, and a pool in which every reading differs. */
    @Setup
    public void setUp() {
        plan = plan();
        SplittableRandom random = new SplittableRandom(42);
        RequestBody body = new RequestBody(Api.CHAT_COMPLETIONS, "m", true, -1, List.of(), "", 2048);
        request = new InferenceRequest("r", "m", body, Map.of(), 0, "default-flow", 0, random);
        pool = new Endpoint[endpoints];
        for (int i = 0; i < endpoints; i++) {
            EndpointMetadata metadata =
                    new EndpointMetadata("ns/e" + i, "e" + i, "127.0.0.1", 8000 + i, 8000 + i, Map.of(), 0);
            EndpointMetrics metrics = new EndpointMetrics(
                    random.nextInt(64), random.nextInt(32), random.nextDouble(), 16, 4096, Map.of(), Map.of(), 0, 1);
            pool[i] = new Endpoint(metadata, metrics, true);
        }
    }

    /** The decision. */
    @Benchmark
    public SchedulingOutcome decide() {
        return scheduler.schedule(plan, request, Candidates.of(pool), DecisionRecorder.NONE);
    }

    /** The decision as the service makes it by default: recorded, and its plugins metered. */
    @Benchmark
    public DecisionRecord decideAndRecord() {
        DecisionRecording recording = Objects.requireNonNull(log.begin(request.requestId(), System.nanoTime()));
        Candidates candidates = Candidates.of(pool);
        SchedulingOutcome.Scheduled outcome =
                (SchedulingOutcome.Scheduled) scheduler.schedule(plan, request, candidates, recording);
        Explanation.Verdict.Scheduled verdict = new Explanation.Verdict.Scheduled(
                outcome.primaryProfile(), List.of(outcome.primary().primary().id()));
        return log.scheduled(recording, request, plan, candidates, verdict, 1);
    }

    private static SchedulingPlan plan() {
        try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
            String plugins = PluginFactory.class.getPackageName();
            context.registerBean(EndpointStore.class, () -> new EndpointStore(Duration.ofSeconds(1), () -> 0));
            context.registerBean(InFlightTrackers.class);
            context.scan(
                    plugins + ".scorer",
                    plugins + ".picker",
                    plugins + ".profile",
                    plugins + ".flowcontrol",
                    plugins + ".parser",
                    plugins + ".source",
                    plugins + ".extractor");
            context.refresh();
            List<PluginFactory<?>> factories = new ArrayList<>();
            context.getBeansOfType(PluginFactory.class).values().forEach(factories::add);
            factories.add(new SyntheticPrefixes());
            return new EndpointPickerConfigLoader(new PluginRegistry(factories), false)
                    .load("", "built-in")
                    .orThrow()
                    .plan();
        }
    }

    /** Parameters of the synthetic producer. @param blocks blocks of the prompt */
    public record SyntheticParams(@Default("100") int blocks) {}

    /** Stands in for a prefix index: one column for all decisions, made once per pool size. */
    private static final class SyntheticPrefixes implements PluginFactory<SyntheticParams> {
        @Override
        public String type() {
            return DataKeys.APPROX_PREFIX_PRODUCER;
        }

        @Override
        public Class<SyntheticParams> paramsType() {
            return SyntheticParams.class;
        }

        @Override
        public DataProducer create(String name, SyntheticParams params) {
            return new SyntheticProducer(params.blocks());
        }
    }

    private static final class SyntheticProducer implements DataProducer {
        private final List<DataKey<?>> keys = List.of(DataKeys.prefixMatches(""));
        private final DataKey<PrefixMatches> key = DataKeys.prefixMatches("");
        private final int blocks;
        private PrefixMatches column = new PrefixMatches(0);
        private int size;

        SyntheticProducer(int blocks) {
            this.blocks = blocks;
        }

        @Override
        public List<DataKey<?>> produces() {
            return keys;
        }

        @Override
        public void produce(InferenceRequest request, Candidates candidates) {
            if (size != candidates.slotCount()) {
                size = candidates.slotCount();
                column = new PrefixMatches(size);
                for (int slot = 0; slot < size; slot++) {
                    column.set(slot, slot * 31 % blocks, blocks, 64);
                }
            }
            candidates.put(key, column);
        }
    }
}
