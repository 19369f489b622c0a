package io.llmd.scheduler.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.flowcontrol.EngineFixture.Gate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.lifecycle.BeforeTry;
import org.jspecify.annotations.Nullable;

/** The engine against a plain list of requests that are looked through one by one. */
class FlowEnginePropertyTest {

    private static final Duration TTL = Duration.ofSeconds(5);
    private static final int[] PRIORITIES = {10, 0, -10};

    /** One request in the model and what the engine has said of it. */
    private static final class Model {
        private final Item item;
        private final int number;
        private final long submittedNanos;
        private @Nullable String expected;
        private final List<Admission> outcomes = new ArrayList<>();

        private Model(FlowRequest request, int number, long nowNanos) {
            this.number = number;
            this.submittedNanos = nowNanos;
            this.item = new Item(request, nowNanos, outcomes::add);
        }

        private boolean isWaiting() {
            return expected == null;
        }
    }

    private final Gate gate = new Gate();
    private final List<Model> requests = new ArrayList<>();
    private long now = 1_000_000_000L;
    private boolean isStopped;

    @BeforeTry
    void forget() {
        requests.clear();
        gate.open(0);
        isStopped = false;
    }

    @Property(tries = 300)
    void countsAreExactAndEachRequestHasOneOutcome(@ForAll @LongRange(min = 0) long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int maxRequests = random.nextInt(5, 40);
        int bandRequests = random.nextInt(3, 20);
        int bandBytes = random.nextInt(100, 2000);
        FlowControlSettings settings = EngineFixture.settings(gate, maxRequests, bandRequests, bandBytes, TTL);
        PoolView pool = new PoolView(1, EngineFixture.POOL);
        FlowEngine engine = new FlowEngine(settings, () -> pool, FlowObserver.NONE, lease -> {}, now);
        for (int step = 0; step < 300; step++) {
            switch (random.nextInt(20)) {
                case 0, 1 -> dispatch(engine, random.nextInt(1, 6));
                case 2, 3, 4 -> cancel(engine, random);
                case 5, 6, 7 -> expire(engine, random.nextLong(2_000_000_000L));
                case 8 -> engine.collect(now);
                default -> submit(engine, random, maxRequests, bandRequests, bandBytes);
            }
            check(engine);
        }
        stop(engine);
        submit(engine, random, maxRequests, bandRequests, bandBytes);
        check(engine);
        assertThat(requests).noneMatch(Model::isWaiting).allMatch(request -> request.outcomes.size() == 1);
    }

    private void submit(FlowEngine engine, SplittableRandom random, int maxRequests, int bandRequests, int bandBytes) {
        int priority = PRIORITIES[random.nextInt(3)];
        long bytes = random.nextInt(200);
        Model model = new Model(
                EngineFixture.request(requests.size(), "f" + random.nextInt(7), priority, bytes), requests.size(), now);
        List<Model> band = waiting(priority);
        long used =
                band.stream().mapToLong(other -> other.item.request.sizeBytes()).sum();
        boolean isFull = waiting().size() >= maxRequests || band.size() >= bandRequests || used + bytes > bandBytes;
        model.expected = isStopped ? "RejectedOther" : isFull ? "RejectedCapacity" : null;
        requests.add(model);
        engine.submit(model.item, now);
        now++;
    }

    private void dispatch(FlowEngine engine, int count) {
        engine.desirePriorities(Set.of(10, 0, -10), now);
        List<Model> order = waiting();
        order.sort(Comparator.<Model>comparingInt(model -> -model.item.request.priority())
                .thenComparingInt(model -> model.number));
        order.stream().limit(count).forEach(model -> model.expected = "Dispatched");
        gate.open(count);
        int dispatched = engine.dispatch(now);
        gate.open(0);
        assertThat(dispatched).isEqualTo(Math.min(count, order.size()));
        for (Model model : requests) {
            engine.dropped(model.item);
        }
        assertThat(engine.reservations().size()).isZero();
        assertThat(engine.reservations().decode()).isZero();
    }

    private void cancel(FlowEngine engine, SplittableRandom random) {
        if (requests.isEmpty()) {
            return;
        }
        Model model = requests.get(random.nextInt(requests.size()));
        if (model.isWaiting()) {
            model.expected = "EvictedContextCancelled";
        }
        engine.cancel(model.item, now);
    }

    private void expire(FlowEngine engine, long nanos) {
        now += nanos;
        for (Model model : waiting()) {
            if (now - model.submittedNanos >= TTL.toNanos()) {
                model.expected = "EvictedTTL";
            }
        }
        engine.expire(now);
    }

    private void stop(FlowEngine engine) {
        waiting().forEach(model -> model.expected = "EvictedOther");
        isStopped = true;
        engine.stop(now);
    }

    private List<Model> waiting() {
        return new ArrayList<>(requests.stream().filter(Model::isWaiting).toList());
    }

    private List<Model> waiting(int priority) {
        return waiting().stream()
                .filter(model -> model.item.request.priority() == priority)
                .toList();
    }

    private void check(FlowEngine engine) {
        for (Model model : requests) {
            List<String> said =
                    model.outcomes.stream().map(AdmissionResponse::outcomeName).toList();
            assertThat(said).isEqualTo(model.expected == null ? List.of() : List.of(model.expected));
        }
        assertThat(engine.waiting()).isEqualTo(waiting().size());
        assertThat(engine.waitingBytes())
                .isEqualTo(waiting().stream()
                        .mapToLong(model -> model.item.request.sizeBytes())
                        .sum());
        for (Band band : engine.bands().ordered()) {
            assertThat(band.queued()).isEqualTo(waiting(band.priority).size());
            assertThat(band.flows().stream().mapToInt(FlowQueue::size).sum()).isEqualTo(band.queued());
        }
    }
}
