package io.llmd.scheduler.observe;

import io.llmd.scheduler.flowcontrol.Admission;
import io.llmd.scheduler.flowcontrol.AdmissionResponse;
import io.llmd.scheduler.flowcontrol.FlowObserver;
import io.llmd.scheduler.flowcontrol.FlowRequest;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Meters of flow control. Called by its one thread, and by those of requests that come when it is closed; safe from any.
 *
 * <p>Grows with the combinations of model, flow and priority, up to a bound: then flows are counted together as {@code
 * other}. The series of a flow go when it is forgotten.
 */
public final class FlowMeters implements FlowObserver {

    private static final int MAX_COMBINATIONS = 1_000;
    private static final int MAX_VALUES = 1_000;
    private static final double MILLIS_PER_SECOND = 1e3;
    private static final Duration[] FAST = Buckets.durations(Buckets.FAST);
    private static final Duration[] QUEUE = Buckets.durations(Buckets.QUEUE);

    private record OutcomeLabels(RequestLabels of, String outcome) {}

    private record Enqueued(String fairnessId, int priority, String outcome) {}

    private record Answered(String outcome, int priority) {}

    /** What waits under one combination of labels. */
    private static final class Waiting {
        private final RequestLabels labels;
        private final AtomicLong requests = new AtomicLong();
        private final AtomicLong bytes = new AtomicLong();
        private final List<Meter> meters = new ArrayList<>(2);

        private Waiting(RequestLabels labels) {
            this.labels = labels;
        }
    }

    private final MeterRegistry registry;
    private final Tags pool;
    private final SchedulerObserver observer;
    private final LabelLimit models = new LabelLimit(MAX_VALUES);
    private final LabelLimit flows = new LabelLimit(MAX_VALUES);
    private final Timer cycles;
    private final Timer confirmations;
    private final Counter confirmed;
    private final Counter timedOut;
    private final Map<RequestLabels, Waiting> waiting = new ConcurrentHashMap<>();
    private final Map<FlowRequest, Waiting> placed = Collections.synchronizedMap(new IdentityHashMap<>());
    private final Map<OutcomeLabels, Timer> waits = new ConcurrentHashMap<>();
    private final Map<Enqueued, Timer> enqueues = new ConcurrentHashMap<>();
    private final Map<Answered, Counter> answers = new ConcurrentHashMap<>();
    private final Map<Integer, Counter> revocations = new ConcurrentHashMap<>();
    private final ProgramMeters programs;
    private final Map<List<String>, SettableGauge> gauges = new ConcurrentHashMap<>();

    /** Registers the meters that need no request. */
    public FlowMeters(MeterRegistry registry, String pool, SchedulerObserver observer) {
        this.registry = registry;
        this.pool = Tags.of("inference_pool", pool);
        this.observer = observer;
        programs = new ProgramMeters(registry, MAX_VALUES);
        cycles = timer(SchedulerMeters.DISPATCH_CYCLE, Tags.empty(), FAST);
        confirmations =
                timer(SchedulerMeters.REVOCATION_CONFIRMATION, this.pool, Buckets.durations(Buckets.REVOCATION));
        // There from the start, because a counter that appears with its first event shows no increase.
        confirmed = registry.counter(SchedulerMeters.REVOCATIONS.getName(), this.pool.and("outcome", "confirmed"));
        timedOut = registry.counter(SchedulerMeters.REVOCATIONS.getName(), this.pool.and("outcome", "timed_out"));
    }

    private Timer timer(SchedulerMeters meter, Tags tags, Duration[] bounds) {
        return Timer.builder(meter.getName())
                .tags(tags)
                .serviceLevelObjectives(bounds)
                .register(registry);
    }

    /** How a request left, as llm-d names it. */
    private static String outcome(@Nullable Admission admission) {
        return admission == null ? "NotYetFinalized" : AdmissionResponse.outcomeName(admission);
    }

    private RequestLabels labels(FlowRequest request) {
        RequestLabels labels = new RequestLabels(
                models.bounded(request.model()),
                models.bounded(request.targetModel()),
                flows.bounded(request.fairnessId()),
                request.priority());
        return waiting.containsKey(labels) || waiting.size() < MAX_COMBINATIONS
                ? labels
                : new RequestLabels(LabelLimit.OTHER, LabelLimit.OTHER, LabelLimit.OTHER, request.priority());
    }

    @Override
    public void entered(FlowRequest request) {
        Waiting held = waiting.computeIfAbsent(labels(request), this::waiting);
        held.requests.incrementAndGet();
        held.bytes.addAndGet(request.sizeBytes());
        placed.put(request, held);
    }

    private Waiting waiting(RequestLabels labels) {
        Waiting held = new Waiting(labels);
        Tags tags = labels.tags().and(pool);
        held.meters.add(Gauge.builder(SchedulerMeters.QUEUE_SIZE.getName(), held.requests, AtomicLong::get)
                .tags(tags)
                .register(registry));
        held.meters.add(Gauge.builder(SchedulerMeters.QUEUE_BYTES.getName(), held.bytes, AtomicLong::get)
                .tags(tags)
                .register(registry));
        return held;
    }

    @Override
    public void enqueued(FlowRequest request, @Nullable Admission outcome, long nanos) {
        Enqueued key = new Enqueued(flows.bounded(request.fairnessId()), request.priority(), outcome(outcome));
        enqueues.computeIfAbsent(
                        key,
                        wanted -> timer(
                                SchedulerMeters.ENQUEUE,
                                Tags.of(
                                        "fairness_id", wanted.fairnessId(),
                                        "priority", String.valueOf(wanted.priority()),
                                        "outcome", wanted.outcome()),
                                FAST))
                .record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void left(FlowRequest request, Admission admission, int bandPriority, long nanos) {
        Waiting held = placed.remove(request);
        RequestLabels labels = held == null ? labels(request) : held.labels;
        if (held != null) {
            held.requests.decrementAndGet();
            held.bytes.addAndGet(-request.sizeBytes());
        }
        String outcome = outcome(admission);
        waits.computeIfAbsent(
                        new OutcomeLabels(labels, outcome),
                        wanted -> timer(
                                SchedulerMeters.QUEUE_DURATION,
                                labels.tags().and(pool).and("outcome", outcome),
                                QUEUE))
                .record(nanos, TimeUnit.NANOSECONDS);
        answers.computeIfAbsent(
                        new Answered(outcome, request.priority()),
                        wanted -> registry.counter(
                                SchedulerMeters.FLOW_REQUESTS.getName(),
                                pool.and("outcome", outcome, "priority", String.valueOf(wanted.priority()))))
                .increment();
    }

    @Override
    public void cycled(long nanos) {
        cycles.record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void saturation(double prefill, double decode, double effective) {
        stage("prefill", prefill);
        stage("decode", decode);
        stage("effective", effective);
    }

    private void stage(String name, double saturation) {
        if (Double.isNaN(saturation)) {
            remove(SchedulerMeters.POOL_SATURATION, "stage", name);
        } else {
            gauge(SchedulerMeters.POOL_SATURATION, pool, "stage", name).set(saturation);
        }
    }

    @Override
    public void staleEndpoints(String detector, int count) {
        gauge(SchedulerMeters.FLOW_STALE_ENDPOINTS, Tags.empty(), "detector", detector)
                .set(count);
    }

    @Override
    public void requestTtl(Duration ttl) {
        gauge(SchedulerMeters.FLOW_TTL, pool).set(ttl.toMillis() / MILLIS_PER_SECOND);
    }

    @Override
    public void bandUsage(int priority, double requests, double bytes) {
        String band = String.valueOf(priority);
        gauge(SchedulerMeters.BAND_REQUESTS, pool, "priority", band).set(requests);
        gauge(SchedulerMeters.BAND_BYTES, pool, "priority", band).set(bytes);
    }

    @Override
    public void totalUsage(double requests, double bytes) {
        if (!Double.isNaN(requests)) {
            gauge(SchedulerMeters.TOTAL_REQUESTS, pool).set(requests);
        }
        if (!Double.isNaN(bytes)) {
            gauge(SchedulerMeters.TOTAL_BYTES, pool).set(bytes);
        }
    }

    @Override
    public void bandRemoved(int priority) {
        String band = String.valueOf(priority);
        remove(SchedulerMeters.BAND_REQUESTS, "priority", band);
        remove(SchedulerMeters.BAND_BYTES, "priority", band);
    }

    @Override
    public void flowRemoved(int bandPriority, String fairnessId) {
        String label = LabelLimit.readable(fairnessId);
        if (label.equals(LabelLimit.OTHER) || isWaiting(label)) {
            return;
        }
        waiting.entrySet().removeIf(entry -> {
            boolean isGone = entry.getKey().fairnessId().equals(label)
                    && entry.getValue().requests.get() == 0;
            if (isGone) {
                entry.getValue().meters.forEach(registry::remove);
            }
            return isGone;
        });
        waits.entrySet()
                .removeIf(entry ->
                        entry.getKey().of().fairnessId().equals(label) && registry.remove(entry.getValue()) != null);
        enqueues.entrySet()
                .removeIf(entry ->
                        entry.getKey().fairnessId().equals(label) && registry.remove(entry.getValue()) != null);
        flows.forget(fairnessId);
        observer.forgetFlow(label);
    }

    /** Whether a request of the flow waits, as one may in another band than that in which the flow was idle. */
    private boolean isWaiting(String fairnessLabel) {
        return waiting.entrySet().stream()
                .anyMatch(entry -> entry.getKey().fairnessId().equals(fairnessLabel)
                        && entry.getValue().requests.get() > 0);
    }

    @Override
    public void fellBack(int priority, int bandPriority) {
        registry.counter(
                        SchedulerMeters.FLOW_FALLBACKS.getName(),
                        "priority",
                        String.valueOf(priority),
                        "band",
                        String.valueOf(bandPriority))
                .increment();
    }

    @Override
    public void aged(int bandPriority) {
        registry.counter(SchedulerMeters.FLOW_AGED.getName(), "band", String.valueOf(bandPriority))
                .increment();
    }

    @Override
    public void overflowed(int bandPriority) {
        registry.counter(SchedulerMeters.FLOW_OVERFLOWS.getName(), "band", String.valueOf(bandPriority))
                .increment();
    }

    @Override
    public void revocationIssued(int demandPriority) {
        revocations
                .computeIfAbsent(
                        demandPriority,
                        priority -> registry.counter(
                                SchedulerMeters.REVOCATIONS_ISSUED.getName(),
                                pool.and("priority", String.valueOf(priority))))
                .increment();
    }

    @Override
    public void revocationEnded(boolean isConfirmed, long nanos) {
        (isConfirmed ? confirmed : timedOut).increment();
        if (isConfirmed) {
            confirmations.record(nanos, TimeUnit.NANOSECONDS);
        }
    }

    @Override
    public void reclaiming(double target, double pending) {
        gauge(SchedulerMeters.RECLAIM_TARGET, pool).set(target);
        gauge(SchedulerMeters.PENDING_RECLAIM, pool).set(pending);
    }

    @Override
    public void programsServed(double jainsIndex) {
        programs.report(jainsIndex);
    }

    @Override
    public void programServed(String programId, double meanWaitMillis, double attainedTokens) {
        programs.program(programId, meanWaitMillis, attainedTokens);
    }

    @Override
    public void policyFailed(String what, Throwable failure) {
        observer.failed(what, failure);
    }

    private SettableGauge gauge(SchedulerMeters meter, Tags tags, String... more) {
        List<String> key = new ArrayList<>(List.of(more));
        key.add(meter.getName());
        return gauges.computeIfAbsent(key, wanted -> new SettableGauge(registry, meter.getName(), tags.and(more)));
    }

    private void remove(SchedulerMeters meter, String... labels) {
        List<String> key = new ArrayList<>(List.of(labels));
        key.add(meter.getName());
        SettableGauge gone = gauges.remove(key);
        if (gone != null) {
            gone.remove();
        }
    }
}
