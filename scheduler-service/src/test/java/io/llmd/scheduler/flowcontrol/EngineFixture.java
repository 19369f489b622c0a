package io.llmd.scheduler.flowcontrol;

import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointFixture;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Policies for tests of the engine alone: one slow and obvious one for each kind. */
final class EngineFixture {

    static final Endpoint[] POOL = {EndpointFixture.endpoint("e", 0, 0, 0)};

    private EngineFixture() {}

    /** Lets a given number of requests through and then says that the pool is full. */
    static class Gate implements SaturationDetector {
        int open;
        private long version;

        void open(int requests) {
            open = requests;
            version++;
        }

        @Override
        public Saturation measure(Endpoint[] endpoints) {
            return new Saturation(open > 0 ? 0 : 1, 0, Long.MAX_VALUE);
        }

        /** Tiny shares keep reservations apart from each other and never fill the pool before the gate closes. */
        @Override
        public double share(Endpoint[] endpoints, long promptTokens) {
            return 1.0 / open;
        }

        @Override
        public Signal signal() {
            return Signal.COUNTED;
        }

        @Override
        public long version() {
            return version;
        }

        @Override
        public String name() {
            return "gate";
        }
    }

    /** The flow whose head came first, found by looking at all. */
    static final class FirstHead implements FairnessPolicy {
        @Override
        public FlowSelector newSelector() {
            return new FlowSelector() {
                private final Map<String, Flow> flows = new TreeMap<>();

                @Override
                public void added(Flow flow) {
                    flows.put(flow.fairnessId(), flow);
                }

                @Override
                public void headChanged(Flow flow) {}

                @Override
                public void removed(Flow flow) {
                    flows.remove(flow.fairnessId());
                }

                @Override
                public @Nullable Flow select(long nowNanos) {
                    Flow first = null;
                    for (Flow flow : flows.values()) {
                        if (first == null || flow.headSequence() < first.headSequence()) {
                            first = flow;
                        }
                    }
                    return first;
                }

                @Override
                public void served(Flow flow, FlowRequest request, long nowNanos) {}
            };
        }
    }

    static FlowControlSettings settings(
            SaturationDetector detector, long maxRequests, long bandRequests, long bandBytes, Duration ttl) {
        BandSettings band =
                new BandSettings(bandRequests, bandBytes, new FirstHead(), (request, enqueued, ttlNanos) -> enqueued);
        return new FlowControlSettings(
                true,
                maxRequests,
                0,
                ttl,
                ttl,
                ttl.plus(ttl),
                Duration.ZERO,
                4,
                band,
                band,
                Map.of(10, band, 0, band, -10, band),
                (saturation, priorities, ceilings) -> Arrays.fill(ceilings, 1.0),
                detector,
                false,
                new EvictionSettings(EvictionFilter.SHEDDABLE, EvictionOrder.PRIORITY_THEN_NEWEST, Duration.ZERO));
    }

    static FlowRequest request(int number, String flow, int priority, long bytes) {
        return new FlowRequest("r" + number, flow, priority, bytes, 1, 0, null, null, "m", "m");
    }
}
