package io.llmd.scheduler.plugin.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.datalayer.InFlightTracker;
import io.llmd.scheduler.datalayer.InFlightTracker.Placement;
import io.llmd.scheduler.datalayer.InFlightTracker.Release;
import io.llmd.scheduler.flowcontrol.Admission;
import io.llmd.scheduler.flowcontrol.FlowRequest;
import io.llmd.scheduler.flowcontrol.Saturation;
import io.llmd.scheduler.flowcontrol.SaturationDetector;
import io.llmd.scheduler.flowcontrol.Ticket;
import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Flow control before engines that have queues, with readings that come late, in steps of a millisecond. */
class FlowControlClosedLoopTest {

    private static final int ENGINES = 4;
    private static final int BATCH = 16;
    private static final int QUEUE_THRESHOLD = 5;
    private static final int ONE_BATCH = ENGINES * QUEUE_THRESHOLD;
    private static final int REQUESTS = 2000;
    private static final long SERVICE_MILLIS = 400;
    private static final long READING_MILLIS = 50;

    private record Running(long endMillis, long lease) {}

    private record Reading(long visibleMillis, Endpoint endpoint) {}

    private static final class Engine {
        private final EndpointMetadata metadata;
        private final PriorityQueue<Running> running =
                new PriorityQueue<>((a, b) -> Long.compare(a.endMillis(), b.endMillis()));
        private final Deque<Long> waiting = new ArrayDeque<>();

        private Engine(int number) {
            metadata = new EndpointMetadata("ns/e" + number, "e" + number, "h", 1, 1, Map.of(), 0);
        }

        private int load() {
            return running.size() + waiting.size();
        }
    }

    private final FlowFixture flow = new FlowFixture();
    private final List<Engine> engines = new ArrayList<>();
    private final Deque<Reading> late = new ArrayDeque<>();
    private final List<Ticket> tickets = new ArrayList<>();
    private final Deque<Integer> dispatched = new ArrayDeque<>();
    private long millis;
    private long startNanos;
    private int completed;
    private int mostWaiting;
    private int leastRunning = Integer.MAX_VALUE;

    @ParameterizedTest
    @ValueSource(longs = {0, 50, 300})
    void lateReadingsCauseNoMoreThanOneBatchInTheQueuesOfTheEngines(long lagMillis) {
        flow.otherDetector = utilization();
        run(lagMillis);
        assertThat(completed).isEqualTo(REQUESTS);
        assertThat(mostWaiting).isLessThanOrEqualTo(ONE_BATCH);
    }

    @Test
    void readingsWithoutLagKeepTheEnginesBusy() {
        flow.otherDetector = utilization();
        run(0);
        assertThat(leastRunning).isEqualTo(ENGINES * BATCH);
        long ideal = REQUESTS * SERVICE_MILLIS / (ENGINES * BATCH);
        assertThat(millis).isLessThan(ideal * 108 / 100);
    }

    @Test
    void withoutReservationsTheSameReadingsLetAlmostEverythingThrough() {
        flow.otherDetector = withoutShares(utilization());
        run(50);
        assertThat(mostWaiting).isGreaterThan(20 * ONE_BATCH);
    }

    @Test
    @Tag("flow-control-F53")
    void aBacklogIsDrainedAtOnceAndNeverBeyondTheCapacity() {
        InFlightTracker tracker = new InFlightTracker();
        EndpointMetadata endpoint = flow.endpoints[0].metadata();
        tracker.added(endpoint);
        for (long lease = 1; lease <= 500; lease++) {
            tracker.place(-lease, List.of(new Placement(endpoint.id(), 0, Release.NOTHING)));
        }
        flow.otherDetector = new ConcurrencyDetector(
                "c",
                ParameterBinder.bind(ConcurrencyDetector.Params.class, "{maxConcurrency: 1000}"),
                tracker,
                () -> flow.nowNanos);
        for (int i = 0; i < 1000; i++) {
            submit(i);
        }
        for (int turn = 0; turn < 4; turn++) {
            flow.turn();
            placeDispatched(tracker, endpoint);
            assertThat(tracker.requests(endpoint.id())).isLessThanOrEqualTo(1000);
        }
        assertThat(tracker.requests(endpoint.id())).isEqualTo(1000);
        for (long lease = 1; lease <= 500; lease++) {
            tracker.ended(-lease);
        }
        flow.nowNanos += Duration.ofMillis(1).toNanos();
        for (int turn = 0; turn < 4; turn++) {
            flow.turn();
            placeDispatched(tracker, endpoint);
        }
        assertThat(tracker.requests(endpoint.id())).isEqualTo(1000);
        assertThat(flow.observer.outcomes).containsExactly(Map.entry("Dispatched", 1000));
    }

    private void placeDispatched(InFlightTracker tracker, EndpointMetadata endpoint) {
        for (Integer number = dispatched.poll(); number != null; number = dispatched.poll()) {
            tracker.place(number, List.of(new Placement(endpoint.id(), 0, Release.NOTHING)));
            tickets.get(number).placed(number, endpoint.id());
        }
    }

    private SaturationDetector utilization() {
        return new UtilizationDetector(
                "u", ParameterBinder.bind(UtilizationDetector.Params.class, "{}"), () -> flow.nowNanos, () -> 0);
    }

    private static SaturationDetector withoutShares(SaturationDetector detector) {
        return new SaturationDetector() {
            @Override
            public Saturation measure(Endpoint[] endpoints) {
                return detector.measure(endpoints);
            }

            @Override
            public double share(Endpoint[] endpoints, long promptTokens) {
                return 0;
            }

            @Override
            public Signal signal() {
                return detector.signal();
            }

            @Override
            public String name() {
                return detector.name();
            }
        };
    }

    private void run(long lagMillis) {
        flow.ttl = Duration.ZERO;
        startNanos = flow.nowNanos;
        for (int i = 0; i < ENGINES; i++) {
            engines.add(new Engine(i));
        }
        flow.endpoints = engines.stream().map(this::read).toArray(Endpoint[]::new);
        for (int i = 0; i < REQUESTS; i++) {
            submit(i);
        }
        while (completed < REQUESTS && millis < 60_000) {
            step(lagMillis);
        }
    }

    private void submit(int number) {
        FlowRequest request = new FlowRequest("r" + number, "f", 0, 0, 1, flow.nowNanos, null, null, "m", "m");
        tickets.add(flow.controller().submit(request, outcome -> {
            assertThat(outcome).isInstanceOf(Admission.Dispatched.class);
            dispatched.add(number);
        }));
    }

    private void step(long lagMillis) {
        millis++;
        flow.nowNanos = startNanos + Duration.ofMillis(millis).toNanos();
        engines.forEach(this::work);
        if (millis % READING_MILLIS == 0) {
            engines.forEach(engine -> late.add(new Reading(millis + lagMillis, read(engine))));
        }
        publish();
        flow.turn();
        for (Integer number = dispatched.poll(); number != null; number = dispatched.poll()) {
            Engine least = engines.stream()
                    .min((a, b) -> Integer.compare(a.load(), b.load()))
                    .orElseThrow();
            least.waiting.add((long) number);
            tickets.get(number).placed(number, least.metadata.id());
        }
        int waiting = engines.stream().mapToInt(engine -> engine.waiting.size()).sum();
        mostWaiting = Math.max(mostWaiting, waiting - free());
        boolean isFlowing = millis > 1000 && completed < REQUESTS - 10 * ENGINES * BATCH;
        if (isFlowing) {
            leastRunning = Math.min(
                    leastRunning,
                    engines.stream().mapToInt(engine -> engine.running.size()).sum());
        }
    }

    /** Places in the batches that the next step of the engines fills. */
    private int free() {
        return engines.stream()
                .mapToInt(engine -> BATCH - engine.running.size())
                .sum();
    }

    private void work(Engine engine) {
        while (!engine.running.isEmpty() && engine.running.peek().endMillis() <= millis) {
            flow.controller().ended(engine.running.poll().lease());
            completed++;
        }
        while (engine.running.size() < BATCH && !engine.waiting.isEmpty()) {
            engine.running.add(new Running(millis + SERVICE_MILLIS, engine.waiting.poll()));
        }
    }

    private Endpoint read(Engine engine) {
        EndpointMetrics metrics = new EndpointMetrics(
                engine.running.size(),
                engine.waiting.size(),
                0.1,
                16,
                1000,
                Map.of(),
                Map.of(),
                0,
                startNanos + Duration.ofMillis(millis).toNanos());
        return new Endpoint(engine.metadata, metrics, true);
    }

    private void publish() {
        Endpoint[] next = null;
        while (!late.isEmpty() && late.peek().visibleMillis() <= millis) {
            next = next == null ? flow.endpoints.clone() : next;
            Endpoint endpoint = late.poll().endpoint();
            next[endpoint.metadata().name().charAt(1) - '0'] = endpoint;
        }
        if (next != null) {
            flow.endpoints = next;
        }
    }
}
