package io.llmd.scheduler.plugin.flowcontrol;

import io.llmd.scheduler.flowcontrol.Admission;
import io.llmd.scheduler.flowcontrol.AdmissionResponse;
import io.llmd.scheduler.flowcontrol.BandSettings;
import io.llmd.scheduler.flowcontrol.EvictionFilter;
import io.llmd.scheduler.flowcontrol.EvictionOrder;
import io.llmd.scheduler.flowcontrol.EvictionSettings;
import io.llmd.scheduler.flowcontrol.FairnessPolicy;
import io.llmd.scheduler.flowcontrol.FlowControlSettings;
import io.llmd.scheduler.flowcontrol.FlowController;
import io.llmd.scheduler.flowcontrol.FlowObserver;
import io.llmd.scheduler.flowcontrol.FlowRequest;
import io.llmd.scheduler.flowcontrol.OrderingPolicy;
import io.llmd.scheduler.flowcontrol.PoolViews;
import io.llmd.scheduler.flowcontrol.Saturation;
import io.llmd.scheduler.flowcontrol.SaturationDetector;
import io.llmd.scheduler.flowcontrol.Ticket;
import io.llmd.scheduler.flowcontrol.UsageLimitPolicy;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.GuardSettings;
import io.llmd.scheduler.scheduling.PluginFaults;
import io.llmd.scheduler.scheduling.PluginGuard;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Flow control over one endpoint whose clock, saturation and owner are moved by hand. */
final class FlowFixture {

    /** Says what it is told, for each endpoint of its own name or else for all. */
    static class StubDetector implements SaturationDetector {
        double value;
        double share;
        int stale;
        final Map<String, Double> byEndpoint = new LinkedHashMap<>();
        private long version;

        void set(double saturation) {
            value = saturation;
            version++;
        }

        @Override
        public Saturation measure(Endpoint[] endpoints) {
            if (endpoints.length == 0) {
                return Saturation.OF_NOBODY;
            }
            double sum = 0;
            for (Endpoint endpoint : endpoints) {
                sum += byEndpoint.getOrDefault(endpoint.metadata().name(), value);
            }
            return new Saturation(sum / endpoints.length, stale, Long.MAX_VALUE);
        }

        @Override
        public double share(Endpoint[] endpoints, long promptTokens) {
            return share;
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
            return "stub";
        }
    }

    /** A submitted request and what became of it. */
    static final class Submitted {
        final String id;
        final List<Admission> outcomes = new ArrayList<>();

        @Nullable
        Ticket ticket;

        Submitted(String id) {
            this.id = id;
        }

        boolean isWaiting() {
            return outcomes.isEmpty();
        }

        boolean isDispatched() {
            return outcome() instanceof Admission.Dispatched;
        }

        Admission outcome() {
            if (outcomes.size() != 1) {
                throw new AssertionError(id + " has outcomes " + outcomes);
            }
            return outcomes.getFirst();
        }

        String outcomeName() {
            return AdmissionResponse.outcomeName(outcome());
        }

        /** Status and reason as a client sees them. */
        String answer() {
            AdmissionResponse response = switch (outcome()) {
                case Admission.Dispatched dispatched -> new AdmissionResponse(200, null);
                case Admission.Rejected rejected -> AdmissionResponse.of(rejected.reason());
                case Admission.Evicted evicted -> AdmissionResponse.of(evicted.reason());
            };
            return response.status() + " " + response.droppedReason();
        }
    }

    /** Keeps what the tests look at. */
    static final class Recorder implements FlowObserver {
        final List<String> events = new ArrayList<>();
        final Map<String, Integer> outcomes = new LinkedHashMap<>();
        int entered;
        int left;
        double prefill;
        double decode;
        double effective;
        int stale;
        double reclaimTarget;
        double reclaimPending;
        final List<String> programs = new ArrayList<>();

        @Override
        public void entered(FlowRequest request) {
            entered++;
        }

        @Override
        public void left(FlowRequest request, Admission outcome, int bandPriority, long nanos) {
            left++;
            outcomes.merge(AdmissionResponse.outcomeName(outcome), 1, Integer::sum);
        }

        @Override
        public void saturation(double prefillStage, double decodeStage, double effectivePool) {
            prefill = prefillStage;
            decode = decodeStage;
            effective = effectivePool;
        }

        @Override
        public void staleEndpoints(String detector, int count) {
            stale = count;
        }

        @Override
        public void fellBack(int priority, int bandPriority) {
            events.add("fell back " + priority + " to " + bandPriority);
        }

        @Override
        public void overflowed(int bandPriority) {
            events.add("overflowed " + bandPriority);
        }

        @Override
        public void flowRemoved(int bandPriority, String fairnessId) {
            events.add("flow removed " + bandPriority + " " + fairnessId);
        }

        @Override
        public void bandRemoved(int priority) {
            events.add("band removed " + priority);
        }

        @Override
        public void revocationIssued(int demandPriority) {
            events.add("issued for " + demandPriority);
        }

        @Override
        public void reclaiming(double target, double pending) {
            reclaimTarget = target;
            reclaimPending = pending;
        }

        @Override
        public void revocationEnded(boolean isConfirmed, long nanos) {
            events.add(isConfirmed ? "confirmed" : "timed out");
        }

        @Override
        public void policyFailed(String what, Throwable failure) {
            events.add(what + " failed: " + failure.getMessage());
        }

        @Override
        public void programServed(String programId, double meanWaitMillis, double attainedTokens) {
            programs.add(programId + " " + Math.round(attainedTokens));
        }
    }

    final StubDetector detector = new StubDetector();
    final Recorder observer = new Recorder();
    final List<Long> revoked = new ArrayList<>();
    final List<String> dispatched = new ArrayList<>();
    long nowNanos = Duration.ofHours(1).toNanos();
    Endpoint[] endpoints = {EndpointFixture.endpoint("e", 0, 0, 0)};
    FairnessPolicy fairness = new GlobalStrictFairnessPolicy();
    OrderingPolicy ordering = new FcfsOrderingPolicy();
    UsageLimitPolicy usageLimits = new StaticUsageLimitPolicy(new StaticUsageLimitPolicy.Params(1.0));
    Map<Integer, BandSettings> bands = new LinkedHashMap<>();
    Duration ttl = Duration.ofSeconds(60);
    Duration noEndpointTtl = Duration.ofSeconds(60);

    @Nullable
    Duration maxWait;

    Duration agingInterval = Duration.ZERO;
    FlowObserver heardBy = observer;
    long maxRequests;
    long maxBytes;
    int maxFlows = 10_000;
    boolean isOn = true;
    boolean isEvicting;

    @Nullable
    SaturationDetector otherDetector;

    private @Nullable FlowController controller;

    FlowControlSettings settings() {
        Duration longest = maxWait != null
                ? maxWait
                : ttl.isZero() || noEndpointTtl.isZero() ? Duration.ZERO : ttl.plus(noEndpointTtl);
        return new FlowControlSettings(
                isOn,
                maxRequests,
                maxBytes,
                ttl,
                noEndpointTtl,
                longest,
                agingInterval,
                maxFlows,
                band(5000, 1_000_000_000),
                band(5000, 1_000_000_000),
                bands,
                usageLimits,
                otherDetector == null ? detector : otherDetector,
                isEvicting,
                new EvictionSettings(
                        EvictionFilter.SHEDDABLE, EvictionOrder.PRIORITY_THEN_NEWEST, Duration.ofMillis(10)));
    }

    BandSettings band(long requests, long bytes) {
        return new BandSettings(requests, bytes, fairness, ordering);
    }

    FlowFixture withBands(int... priorities) {
        for (int priority : priorities) {
            bands.put(priority, band(5000, 1_000_000_000));
        }
        return this;
    }

    FlowController controller() {
        FlowController current = controller;
        if (current == null) {
            current = new FlowController(
                    settings(),
                    new PoolViews(() -> endpoints),
                    heardBy,
                    new PluginGuard(GuardSettings.DEFAULT, PluginFaults.NONE, () -> nowNanos),
                    revoked::add,
                    () -> nowNanos);
            controller = current;
        }
        return current;
    }

    Submitted submit(String id) {
        return submit(id, "default-flow", 0);
    }

    Submitted submit(String id, String flow, int priority) {
        return submit(request(id, flow, priority, 0, null, null));
    }

    Submitted submit(FlowRequest request) {
        Submitted submitted = new Submitted(request.requestId());
        submitted.ticket = controller().submit(request, outcome -> {
            submitted.outcomes.add(outcome);
            if (outcome instanceof Admission.Dispatched) {
                dispatched.add(submitted.id);
            }
        });
        return submitted;
    }

    FlowRequest request(
            String id, String flow, int priority, long bytes, @Nullable String slo, @Nullable Duration timeout) {
        return new FlowRequest(id, flow, priority, bytes, 1, nowNanos, slo, timeout, "m", "m");
    }

    /** Requests of a flow, handed in and queued. */
    List<Submitted> submitAll(String flow, int priority, String... ids) {
        List<Submitted> all = new ArrayList<>();
        for (String id : ids) {
            all.add(submit(id, flow, priority));
        }
        turn();
        return all;
    }

    void turn() {
        controller().turn();
    }

    void turns(int count) {
        for (int i = 0; i < count; i++) {
            turn();
        }
    }

    void pass(Duration time) {
        nowNanos += time.toNanos();
        turn();
    }

    void saturate(double saturation) {
        detector.set(saturation);
    }

    void emptyPool() {
        endpoints = new Endpoint[0];
    }

    void fillPool() {
        endpoints = new Endpoint[] {EndpointFixture.endpoint("e", 0, 0, 0)};
    }
}
