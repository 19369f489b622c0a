package io.llmd.scheduler.api;

import io.llmd.scheduler.flowcontrol.Admission;
import io.llmd.scheduler.flowcontrol.BandSettings;
import io.llmd.scheduler.flowcontrol.EvictionFilter;
import io.llmd.scheduler.flowcontrol.EvictionOrder;
import io.llmd.scheduler.flowcontrol.EvictionSettings;
import io.llmd.scheduler.flowcontrol.FlowControl;
import io.llmd.scheduler.flowcontrol.FlowControlSettings;
import io.llmd.scheduler.flowcontrol.FlowRequest;
import io.llmd.scheduler.flowcontrol.Saturation;
import io.llmd.scheduler.flowcontrol.SaturationDetector;
import io.llmd.scheduler.flowcontrol.Ticket;
import io.llmd.scheduler.scheduling.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Holds every request until the test says what becomes of it, and keeps books. */
final class HeldFlowControl implements FlowControl {

    final List<Held> held = new ArrayList<>();
    final List<Long> ended = new ArrayList<>();
    Set<Integer> desired = Set.of();
    boolean isClosed;

    @Nullable
    FlowControlSettings settings;

    /** Settings with a detector that measures {@code saturation}. */
    static FlowControlSettings settings(boolean isOn, double saturation) {
        BandSettings band = new BandSettings(
                1,
                1,
                () -> {
                    throw new IllegalStateException("not asked");
                },
                (request, enqueued, ttl) -> enqueued);
        return new FlowControlSettings(
                isOn,
                0,
                0,
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO,
                1,
                band,
                band,
                Map.of(),
                (measured, priorities, ceilings) -> {},
                new FixedDetector(saturation),
                false,
                new EvictionSettings(EvictionFilter.SHEDDABLE, EvictionOrder.PRIORITY_THEN_NEWEST, Duration.ZERO));
    }

    @Override
    public Ticket submit(FlowRequest request, Consumer<Admission> outcome) {
        Held place = new Held(request, outcome);
        held.add(place);
        return place;
    }

    @Override
    public void ended(long leaseId) {
        ended.add(leaseId);
    }

    @Override
    public void desirePriorities(Set<Integer> priorities) {
        desired = priorities;
    }

    @Override
    public void replicas(int count) {}

    @Override
    public void reconfigure(FlowControlSettings changed) {
        settings = changed;
    }

    @Override
    public Duration silence() {
        return Duration.ZERO;
    }

    @Override
    public void close() {
        isClosed = true;
    }

    /** A request that waits. */
    static final class Held implements Ticket {
        final FlowRequest request;
        final Consumer<Admission> outcome;
        long placed;
        boolean dropped;
        boolean cancelled;

        Held(FlowRequest request, Consumer<Admission> outcome) {
            this.request = request;
            this.outcome = outcome;
        }

        @Override
        public void cancel() {
            if (!cancelled) {
                cancelled = true;
                outcome.accept(new Admission.Evicted(Admission.Reason.CANCELLED, Duration.ofSeconds(1), Duration.ZERO));
            }
        }

        @Override
        public void placed(long leaseId, String endpointId) {
            placed = leaseId;
        }

        @Override
        public void dropped() {
            dropped = true;
        }

        @Override
        public int position() {
            return 3;
        }

        @Override
        public @Nullable Duration estimatedWait() {
            return Duration.ofMillis(1500);
        }
    }

    private record FixedDetector(double saturation) implements SaturationDetector {
        @Override
        public Saturation measure(Endpoint[] endpoints) {
            return new Saturation(saturation, 0, Long.MAX_VALUE);
        }

        @Override
        public double share(Endpoint[] endpoints, long promptTokens) {
            return 0;
        }

        @Override
        public Signal signal() {
            return Signal.COUNTED;
        }

        @Override
        public String name() {
            return "fixed";
        }
    }
}
