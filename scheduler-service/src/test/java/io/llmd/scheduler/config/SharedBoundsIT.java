package io.llmd.scheduler.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.scheduler.api.Admissions;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.datalayer.InFlightTrackers;
import io.llmd.scheduler.flowcontrol.Admission;
import io.llmd.scheduler.flowcontrol.BandSettings;
import io.llmd.scheduler.flowcontrol.EvictionFilter;
import io.llmd.scheduler.flowcontrol.EvictionOrder;
import io.llmd.scheduler.flowcontrol.EvictionSettings;
import io.llmd.scheduler.flowcontrol.Flow;
import io.llmd.scheduler.flowcontrol.FlowControlSettings;
import io.llmd.scheduler.flowcontrol.FlowController;
import io.llmd.scheduler.flowcontrol.FlowObserver;
import io.llmd.scheduler.flowcontrol.FlowRequest;
import io.llmd.scheduler.flowcontrol.FlowSelector;
import io.llmd.scheduler.flowcontrol.PoolViews;
import io.llmd.scheduler.flowcontrol.Saturation;
import io.llmd.scheduler.flowcontrol.SaturationDetector;
import io.llmd.scheduler.flowcontrol.Ticket;
import io.llmd.scheduler.observe.ReplicaMeters;
import io.llmd.scheduler.replica.LoadExchange;
import io.llmd.scheduler.replica.ReplicaSettings;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.testsupport.KafkaBroker;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Schedulers that share the bound over all bands, as they find each other over a real broker. */
@Timeout(60)
class SharedBoundsIT {

    private static final Duration HOUR = Duration.ofHours(1);

    @Test
    @Tag("flow-control-F55")
    void twoSchedulersHoldHalfOfTheBoundEachAndOneThatIsLeftHoldsAllOfIt() {
        try (KafkaBroker broker = KafkaBroker.start()) {
            try (Replica a = new Replica("a", broker.bootstrapServers())) {
                try (Replica b = new Replica("b", broker.bootstrapServers())) {
                    a.awaitBound(50);
                    b.awaitBound(50);
                }
                a.awaitBound(100);
            }
        }
    }

    private static final class Replica implements AutoCloseable {

        private final FlowController flow = new FlowController(
                settings(),
                new PoolViews(() -> new Endpoint[] {EndpointFixture.endpoint("e", 0, 0, 0)}),
                FlowObserver.NONE,
                lease -> {},
                System::nanoTime);
        private final LoadExchange exchange;

        private Replica(String name, String brokers) {
            FlowControlSettings settings = settings();
            Admissions admissions = new Admissions(() -> settings, unused -> flow, System::nanoTime);
            ReplicaSettings replicas = new ReplicaSettings(
                    "default", name, brokers, "bounds", Duration.ofMillis(50), Duration.ofMillis(800), Map.of());
            exchange = new LoadExchange(
                    replicas,
                    new InFlightTrackers(new EndpointStore(Duration.ofSeconds(1), System::nanoTime)),
                    new SharedBounds(admissions, new ReplicaMeters(new SimpleMeterRegistry())),
                    System::nanoTime);
            exchange.start();
            admissions.follow();
        }

        private void awaitBound(int requests) {
            await(requests + " wait")
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(waiting()).isEqualTo(requests));
        }

        /** Of 120 requests that come to a full pool; all of them leave again. */
        private int waiting() {
            AtomicInteger refused = new AtomicInteger();
            List<Ticket> tickets = IntStream.range(0, 120)
                    .mapToObj(i -> flow.submit(
                            new FlowRequest("r" + i, "f", 0, 1, 1, System.nanoTime(), null, null, "m", "m"),
                            outcome -> refused.addAndGet(outcome instanceof Admission.Rejected ? 1 : 0)))
                    .toList();
            flow.turn();
            int held = 120 - refused.get();
            tickets.forEach(Ticket::cancel);
            flow.turn();
            return held;
        }

        @Override
        public void close() {
            exchange.stop();
            flow.close();
        }
    }

    private static FlowControlSettings settings() {
        BandSettings band =
                new BandSettings(5000, 1_000_000, SharedBoundsIT::nobody, (request, enqueued, ttl) -> enqueued);
        return new FlowControlSettings(
                true,
                100,
                0,
                HOUR,
                HOUR,
                HOUR,
                Duration.ZERO,
                10,
                band,
                band,
                Map.of(0, band),
                (saturation, priorities, ceilings) -> {},
                new Full(),
                false,
                new EvictionSettings(EvictionFilter.SHEDDABLE, EvictionOrder.PRIORITY_THEN_NEWEST, HOUR));
    }

    private static FlowSelector nobody() {
        return new FlowSelector() {
            @Override
            public void added(Flow flow) {}

            @Override
            public void headChanged(Flow flow) {}

            @Override
            public void removed(Flow flow) {}

            @Override
            public @Nullable Flow select(long nowNanos) {
                return null;
            }

            @Override
            public void served(Flow flow, FlowRequest request, long nowNanos) {}
        };
    }

    private static final class Full implements SaturationDetector {
        @Override
        public Saturation measure(Endpoint[] endpoints) {
            return new Saturation(1, 0, Long.MAX_VALUE);
        }

        @Override
        public double share(Endpoint[] endpoints, long promptTokens) {
            return 1;
        }

        @Override
        public Signal signal() {
            return Signal.COUNTED;
        }

        @Override
        public long version() {
            return 0;
        }

        @Override
        public String name() {
            return "full";
        }
    }
}
