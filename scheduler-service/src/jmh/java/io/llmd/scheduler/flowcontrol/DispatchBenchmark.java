package io.llmd.scheduler.flowcontrol;

import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.datalayer.InFlightTrackers;
import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import io.llmd.scheduler.scheduling.Plugin;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
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
 * Dispatch cycles of flow control against flows and endpoints.
 *
 * <pre>
 * mvn -q -B -Pjmh -pl scheduler-service -am process-test-classes -Djmh.args="DispatchBenchmark -prof gc"
 * </pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class DispatchBenchmark {

    private static final String STRICT = "global-strict-fairness-policy";

    private static final Set<String> PLUGINS = Set.of(
            STRICT,
            "round-robin-fairness-policy",
            "weighted-token-fairness-policy",
            "program-aware-fairness",
            "fcfs-ordering-policy",
            "static-usage-limit-policy",
            "utilization-detector");

    /** One request waits in each flow; one comes and one goes. */
    @State(Scope.Thread)
    public static class Flows {

        /** Flows that have a request waiting. */
        @Param({"1", "100", "10000"})
        public int flows;

        /** Fairness policy of the band. */
        @Param({
            STRICT,
            "round-robin-fairness-policy",
            "weighted-token-fairness-policy",
            "program-aware-fairness"
        })
        public String fairness;

        private final Deque<Item> dispatched = new ArrayDeque<>();
        private FlowEngine engine;
        private FlowRequest[] requests;
        private int next;
        private long now = 1_000_000_000L;

        /** Fills the flows of a pool that takes one request at a time. */
        @Setup
        public void setUp() {
            PoolView pool = new PoolView(1, pool(10, 0));
            engine = new FlowEngine(
                    settings(new OneAtATime(), fairness), () -> pool, FlowObserver.NONE, id -> {}, now);
            requests = new FlowRequest[flows];
            for (int i = 0; i < flows; i++) {
                requests[i] = new FlowRequest("r", "flow-" + i, 0, 1000, 500, 0, null, null, "m", "m");
                submit();
            }
        }

        private Item submit() {
            FlowRequest request = requests[next++ % flows];
            Item[] holder = new Item[1];
            Item item = new Item(request, now, outcome -> {
                if (outcome instanceof Admission.Dispatched) {
                    dispatched.add(holder[0]);
                }
            });
            holder[0] = item;
            engine.submit(item, now);
            return item;
        }
    }

    /** Endpoints whose readings change. */
    @State(Scope.Thread)
    public static class Pool {

        /** Endpoints of the pool. */
        @Param({"10", "100", "1000"})
        public int endpoints;

        private Endpoint[][] readings;
        private PoolView view;
        private FlowEngine engine;
        private long generation;
        private long now = 1_000_000_000L;

        /** A full pool with one request that waits. */
        @Setup
        public void setUp() {
            readings = new Endpoint[][] {pool(endpoints, 9), pool(endpoints, 10)};
            view = new PoolView(0, readings[0]);
            engine = new FlowEngine(settings(null, STRICT), () -> view, FlowObserver.NONE, id -> {}, now);
            FlowRequest request = new FlowRequest("r", "f", 0, 1000, 500, 0, null, Duration.ofDays(1), "m", "m");
            engine.submit(new Item(request, now, outcome -> {}), now);
        }
    }

    /** A request comes, a cycle finds the one that goes next, and it goes. */
    @Benchmark
    public int oneInOneOut(Flows state) {
        state.now += 1000;
        state.submit();
        int dispatched = state.engine.dispatch(state.now);
        state.engine.dropped(state.dispatched.poll());
        return dispatched;
    }

    /** A request comes and its client leaves at once, while others wait. */
    @Benchmark
    public int oneInOneCancelled(Flows state) {
        Item item = state.submit();
        state.engine.cancel(item, state.now);
        return state.engine.waiting();
    }

    /** A cycle over readings that it has not seen, in a full pool. */
    @Benchmark
    public int newReadings(Pool state) {
        state.generation++;
        state.view = new PoolView(state.generation, state.readings[(int) (state.generation & 1)]);
        return state.engine.dispatch(state.now);
    }

    /** A cycle over readings that it knows, in a full pool. */
    @Benchmark
    public int sameReadings(Pool state) {
        return state.engine.dispatch(state.now);
    }

    private static final class OneAtATime implements SaturationDetector {
        @Override
        public Saturation measure(Endpoint[] endpoints) {
            return new Saturation(0, 0, Long.MAX_VALUE);
        }

        @Override
        public double share(Endpoint[] endpoints, long promptTokens) {
            return 1;
        }

        @Override
        public Signal signal() {
            return Signal.READ;
        }

        @Override
        public String name() {
            return "one-at-a-time";
        }
    }

    private static Endpoint[] pool(int size, int waiting) {
        Endpoint[] pool = new Endpoint[size];
        for (int i = 0; i < size; i++) {
            EndpointMetadata metadata = new EndpointMetadata("ns/e" + i, "e" + i, "h", 1, 1, Map.of(), 0);
            EndpointMetrics metrics =
                    new EndpointMetrics(8, waiting, 0.5, 16, 1000, Map.of(), Map.of(), 0, 1_000_000_000L);
            pool[i] = new Endpoint(metadata, metrics, true);
        }
        return pool;
    }

    private static FlowControlSettings settings(SaturationDetector detector, String fairness) {
        try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
            context.registerBean(EndpointStore.class, () -> new EndpointStore(Duration.ofSeconds(2), () -> 1));
            context.registerBean(InFlightTrackers.class);
            context.scan(PluginFactory.class.getPackageName() + ".flowcontrol");
            context.refresh();
            Map<String, Plugin> plugins = new HashMap<>();
            for (PluginFactory<?> factory : context.getBeansOfType(PluginFactory.class).values()) {
                if (PLUGINS.contains(factory.type())) {
                    plugins.put(factory.type(), create(factory));
                }
            }
            BandSettings band = new BandSettings(
                    30_000,
                    1_000_000_000,
                    (FairnessPolicy) plugins.get(fairness),
                    (OrderingPolicy) plugins.get("fcfs-ordering-policy"));
            return new FlowControlSettings(
                    true,
                    0,
                    0,
                    Duration.ofHours(1),
                    Duration.ofHours(1),
                    Duration.ofHours(2),
                    Duration.ZERO,
                    20_000,
                    band,
                    band,
                    Map.of(),
                    (UsageLimitPolicy) plugins.get("static-usage-limit-policy"),
                    detector == null ? (SaturationDetector) plugins.get("utilization-detector") : detector,
                    false,
                    new EvictionSettings(
                            EvictionFilter.SHEDDABLE, EvictionOrder.PRIORITY_THEN_NEWEST, Duration.ofMillis(10)));
        }
    }

    private static <P extends Record> Plugin create(PluginFactory<P> factory) {
        return factory.create(factory.type(), ParameterBinder.bind(factory.paramsType(), "{}"));
    }
}
