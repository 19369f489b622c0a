package io.llmd.scheduler.flowcontrol;

import io.llmd.scheduler.flowcontrol.Admission.Reason;
import io.llmd.scheduler.scheduling.PluginFaults;
import io.llmd.scheduler.scheduling.PluginGuard;
import io.llmd.scheduler.scheduling.WatchedCall;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The queues and the rules by which they empty, without a thread or a clock of its own: one owner calls, and says what
 * time it is. Every item that is submitted gets exactly one outcome.
 */
final class FlowEngine {

    /** Most requests that one cycle dispatches, so that the owner looks at what has come meanwhile. */
    static final int MOST_AT_ONCE = 256;

    /** Time after which a flow without requests is forgotten. */
    static final Duration IDLE_FLOW = Duration.ofMinutes(5);

    /** Time after which a band that nobody wants and nothing uses is removed. */
    static final Duration IDLE_BAND = Duration.ofMinutes(10);

    private static final long REPORT_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long GAUGE_NANOS = Duration.ofMillis(50).toNanos();
    private static final long STATE_NANOS = Duration.ofMillis(250).toNanos();

    private final Supplier<PoolView> pool;
    private final FlowObserver observer;
    private final PolicyGuard guard;
    private final SaturationMeter meter;
    private final Reservations reservations = new Reservations();
    private final Evictions evictions;
    private final Deadlines deadlines;
    private final DrainRate drainRate;
    private final Bands bands;
    private FlowControlSettings settings;
    private PoolView view;
    private double[] ceilings = {};
    private long sequence;
    private int waiting;
    private long waitingBytes;
    private int replicas = 1;
    private boolean isStopped;
    private long gaugeNanos;
    private long reportNanos;
    private long stateNanos;
    private final Map<String, Long> outcomes = new HashMap<>();
    private volatile FlowState state = FlowState.OFF;

    FlowEngine(
            FlowControlSettings settings,
            Supplier<PoolView> pool,
            FlowObserver observer,
            LongConsumer revoker,
            long nowNanos) {
        this(settings, pool, observer, new PluginGuard(PluginFaults.NONE), revoker, nowNanos);
    }

    FlowEngine(
            FlowControlSettings settings,
            Supplier<PoolView> pool,
            FlowObserver observer,
            PluginGuard plugins,
            LongConsumer revoker,
            long nowNanos) {
        this.settings = settings;
        this.pool = pool;
        this.observer = observer;
        this.guard = new PolicyGuard(plugins, observer);
        this.meter = new SaturationMeter(guard);
        this.evictions = new Evictions(settings.eviction(), observer, revoker, nowNanos);
        this.view = pool.get();
        this.deadlines = new Deadlines(settings, view.isEmpty(), nowNanos);
        this.drainRate = new DrainRate(nowNanos);
        this.bands = new Bands(settings, guard, nowNanos);
        this.gaugeNanos = nowNanos - GAUGE_NANOS;
        this.reportNanos = nowNanos;
        this.stateNanos = nowNanos - STATE_NANOS;
    }

    /** Gives a request a place, or its outcome; one that a policy or an observer throws at has failed. */
    void submit(Item item, long nowNanos) {
        try {
            place(item, nowNanos);
        } catch (RuntimeException | Error e) {
            fail(item, nowNanos);
            observer.policyFailed("submit", e);
        }
    }

    private void fail(Item item, long nowNanos) {
        FlowQueue queue = item.queue;
        if (queue != null) {
            takeOut(item, queue, nowNanos);
        }
        if (item.state() != Item.State.LEFT) {
            Band band = bands.find(item.request.priority());
            leave(item, new Admission.Rejected(Reason.FAILED, Duration.ZERO), band.priority, nowNanos);
        }
    }

    private void place(Item item, long nowNanos) {
        Reason refusal = refusal(item, nowNanos);
        if (refusal != null) {
            Band band = bands.find(item.request.priority());
            Duration retryAfter = retryAfter(refusal, band, nowNanos);
            Admission outcome = new Admission.Rejected(refusal, retryAfter);
            observer.enqueued(item.request, outcome, item.waitedNanos(nowNanos));
            leave(item, outcome, band.priority, nowNanos);
            return;
        }
        Band band = bands.forRequest(item.request);
        item.sequence = sequence++;
        item.ttlNanos = deadlines.ttl(item.request);
        item.orderBy(band.settings().ordering(), guard);
        waiting++;
        waitingBytes += item.request.sizeBytes();
        band.add(item, band.queue(item.request.fairnessId(), settings.maxFlows(), nowNanos));
        deadlines.add(item);
        observer.enqueued(item.request, null, item.waitedNanos(nowNanos));
    }

    private @Nullable Reason refusal(Item item, long nowNanos) {
        if (item.isCancelled) {
            return Reason.CANCELLED;
        }
        if (isStopped) {
            return Reason.SHUTTING_DOWN;
        }
        look(nowNanos);
        long bytes = item.request.sizeBytes();
        boolean isFull = isFull(settings.maxRequests(), waiting, 1)
                || isFull(settings.maxBytes(), waitingBytes, bytes)
                || bands.find(item.request.priority()).isFull(bytes);
        if (!isFull) {
            return null;
        }
        return view.isEmpty() ? Reason.NO_ENDPOINTS : Reason.QUEUE_FULL;
    }

    private boolean isFull(long limit, long used, long more) {
        return limit > 0 && used + more > Math.max(1, limit / replicas);
    }

    private Duration retryAfter(Reason reason, Band band, long nowNanos) {
        return switch (reason) {
            case SATURATED, QUEUE_FULL, TTL_EXPIRED -> drainRate.retryAfter(bands.queuedDownTo(band), nowNanos);
            case TTL_EXPIRED_WITHOUT_ENDPOINTS, NO_ENDPOINTS, SHUTTING_DOWN -> DrainRate.UNKNOWN;
            case CANCELLED, FAILED -> Duration.ZERO;
        };
    }

    /** The client has left: a waiting request loses its place now. */
    void cancel(Item item, long nowNanos) {
        if (item.state() == Item.State.WAITING) {
            evict(item, Reason.CANCELLED, nowNanos);
        }
    }

    /** A dispatched request is on its way. */
    void placed(Item item, long leaseId, String endpointId, long nowNanos) {
        if (item.state() != Item.State.DISPATCHED) {
            return;
        }
        item.state(Item.State.PLACED);
        Reservation reservation = item.reservation;
        if (reservation != null) {
            reservations.placed(
                    reservation, leaseId, endpointId, settings.detector().signal(), nowNanos);
        }
        outdateCounts();
        evictions.started(new RunningRequest(leaseId, item.request.priority(), nowNanos));
    }

    private void outdateCounts() {
        if (settings.detector().signal() == SaturationDetector.Signal.COUNTED) {
            meter.outdate();
        }
    }

    /** A dispatched request is not on its way to anybody. */
    void dropped(Item item) {
        if (item.state() == Item.State.DISPATCHED) {
            item.state(Item.State.LEFT);
            Reservation reservation = item.reservation;
            if (reservation != null) {
                reservations.release(reservation);
            }
        }
    }

    /** An attempt is over. */
    void ended(long leaseId, long nowNanos) {
        reservations.ended(leaseId);
        outdateCounts();
        evictions.ended(leaseId, nowNanos);
    }

    /** Looks at the pool; a change between empty and not begins budgets anew. */
    private void look(long nowNanos) {
        PoolView seen = pool.get();
        if (seen != view) {
            view = seen;
            deadlines.poolEmptied(seen.isEmpty(), nowNanos);
            reservations.absorb(seen.endpoints());
        }
    }

    /**
     * One dispatch cycle: lets requests go as long as the pool has room below the ceilings of their bands.
     *
     * @return dispatched requests; the cycle may find more when there were some
     */
    int dispatch(long nowNanos) {
        look(nowNanos);
        reservations.expire(nowNanos);
        meter.measure(view, settings.detector(), nowNanos);
        gauge(nowNanos);
        if (waiting == 0) {
            return 0;
        }
        int dispatched = settings.isOn() ? cycle(nowNanos) : everything(nowNanos);
        if (dispatched > 0) {
            drainRate.dispatched(dispatched, nowNanos);
        }
        return dispatched;
    }

    private int cycle(long nowNanos) {
        Band[] ordered = bands.ordered();
        fillCeilings(meter.effective(reservations));
        boolean countsCycles = settings.usageLimits().countsCycles();
        int dispatched = settings.agingInterval().isZero() ? 0 : feed(ordered, nowNanos);
        for (int b = 0; b < ordered.length; b++) {
            Band band = ordered[b];
            while (band.queued() > 0) {
                if (dispatched == MOST_AT_ONCE || (countsCycles && dispatched > 0)) {
                    return dispatched;
                }
                if (meter.effective(reservations) >= ceilings[b]) {
                    demand(ordered, b, nowNanos);
                    return dispatched;
                }
                Item item = select(band, nowNanos);
                if (item == null) {
                    break;
                }
                if (!isGone(item, nowNanos)) {
                    reserve(item, nowNanos);
                    dispatch(item, nowNanos);
                    dispatched++;
                }
            }
        }
        return dispatched;
    }

    /** Lets one request go of each band below the first that has not sent one for long, under the ceiling of that band. */
    private int feed(Band[] ordered, long nowNanos) {
        long since = nowNanos - settings.agingInterval().toNanos();
        int dispatched = 0;
        for (int b = 1; b < ordered.length; b++) {
            Band band = ordered[b];
            boolean isDue = band.isHungrySince(since) && meter.effective(reservations) < ceilings[b];
            Item item = isDue ? select(band, nowNanos) : null;
            if (item != null && !isGone(item, nowNanos)) {
                reserve(item, nowNanos);
                dispatch(item, nowNanos);
                observer.aged(band.priority);
                dispatched++;
            }
        }
        return dispatched;
    }

    /** Without flow control nothing is held. */
    private int everything(long nowNanos) {
        int dispatched = 0;
        for (Band band : bands.ordered()) {
            Item item = select(band, nowNanos);
            while (item != null) {
                if (!isGone(item, nowNanos)) {
                    dispatch(item, nowNanos);
                    dispatched++;
                }
                item = select(band, nowNanos);
            }
        }
        return dispatched;
    }

    /** Takes out a request whose client has left without the owner having been told. */
    private boolean isGone(Item item, long nowNanos) {
        if (item.isCancelled) {
            evict(item, Reason.CANCELLED, nowNanos);
        }
        return item.isCancelled;
    }

    private void fillCeilings(double saturation) {
        int[] priorities = bands.priorities();
        if (ceilings.length != priorities.length) {
            ceilings = new double[priorities.length];
        }
        Arrays.fill(ceilings, 1.0);
        UsageLimitPolicy policy = settings.usageLimits();
        WatchedCall call = guard.begin(policy);
        if (call == null) {
            return;
        }
        try {
            policy.fill(saturation, priorities, ceilings);
            call.succeeded();
        } catch (RuntimeException | Error e) {
            Arrays.fill(ceilings, 1.0);
            guard.failed(call, policy, e);
        }
        closeWhereUnknown(policy);
    }

    private void closeWhereUnknown(UsageLimitPolicy policy) {
        for (int b = 0; b < ceilings.length; b++) {
            if (Double.isNaN(ceilings[b])) {
                ceilings[b] = 0;
                observer.policyFailed(policy.getClass().getSimpleName(), new ArithmeticException("a ceiling is NaN"));
            }
        }
    }

    private static @Nullable Item select(Band band, long nowNanos) {
        if (band.queued() == 0) {
            return null;
        }
        Flow flow = band.selector().select(nowNanos);
        return flow instanceof FlowQueue queue ? queue.first() : null;
    }

    private void reserve(Item item, long nowNanos) {
        SaturationDetector detector = settings.detector();
        item.reservation = reservations.reserve(
                meter.prefillShare(view, detector, item.request),
                meter.decodeShare(view, detector, item.request),
                nowNanos);
    }

    private void dispatch(Item item, long nowNanos) {
        FlowQueue queue = item.queue;
        if (queue == null) {
            return;
        }
        queue.band.selector().served(queue, item.request, nowNanos);
        queue.band.served(nowNanos);
        queue.served();
        takeOut(item, queue, nowNanos);
        item.state(Item.State.DISPATCHED);
        tell(
                item,
                new Admission.Dispatched(Duration.ofNanos(item.waitedNanos(nowNanos))),
                queue.band.priority,
                nowNanos);
    }

    private void takeOut(Item item, FlowQueue queue, long nowNanos) {
        waiting--;
        waitingBytes -= item.request.sizeBytes();
        deadlines.remove(item);
        queue.band.remove(item, queue, nowNanos);
        item.queue = null;
    }

    private void evict(Item item, Reason reason, long nowNanos) {
        FlowQueue queue = item.queue;
        if (queue == null) {
            return;
        }
        Band band = queue.band;
        takeOut(item, queue, nowNanos);
        Duration waited = Duration.ofNanos(item.waitedNanos(nowNanos));
        leave(item, new Admission.Evicted(reason, waited, retryAfter(reason, band, nowNanos)), band.priority, nowNanos);
    }

    private void leave(Item item, Admission outcome, int bandPriority, long nowNanos) {
        item.state(Item.State.LEFT);
        tell(item, outcome, bandPriority, nowNanos);
    }

    private void tell(Item item, Admission outcome, int bandPriority, long nowNanos) {
        outcomes.merge(AdmissionResponse.outcomeName(outcome), 1L, Long::sum);
        try {
            observer.left(item.request, outcome, bandPriority, item.waitedNanos(nowNanos));
        } finally {
            deliver(item, outcome);
        }
    }

    private void deliver(Item item, Admission outcome) {
        try {
            item.outcome.accept(outcome);
        } catch (RuntimeException | Error e) {
            observer.policyFailed("outcome", e);
        }
    }

    /**
     * Ends running requests for the first band from the stop point down that saturation, not a closed ceiling, blocks. What
     * ends must be less important than what waits first in that band, which may be less important than the band; and the
     * end must help, which it does not where readings are missing.
     */
    private void demand(Band[] ordered, int from, long nowNanos) {
        if (!settings.isEvicting() || view.isEmpty() || !evictions.isOpen(nowNanos)) {
            return;
        }
        Integer victimPriority = evictions.nextPriority();
        double saturation = meter.effective();
        double seen = meter.seen();
        for (int b = from; b < ordered.length && victimPriority != null; b++) {
            Band band = ordered[b];
            if (band.priority <= victimPriority) {
                return;
            }
            boolean isBlocked = ceilings[b] > 0 && saturation >= ceilings[b] && seen >= ceilings[b];
            Item first = isBlocked ? select(band, nowNanos) : null;
            if (first != null) {
                int priority = Math.min(band.priority, first.request.priority());
                if (priority > victimPriority) {
                    evictions.evict(priority, saturation, ceilings[b], nowNanos);
                    return;
                }
            }
        }
    }

    /** Evicts what has waited too long. */
    int expire(long nowNanos) {
        look(nowNanos);
        int expired = 0;
        for (Item item = deadlines.overdue(nowNanos); item != null; item = deadlines.overdue(nowNanos)) {
            evict(item, deadlines.reason(item, nowNanos), nowNanos);
            expired++;
        }
        return expired;
    }

    /** Time until {@link #expire} has something to do, unless the pool changes. */
    long nanosToNextExpiry(long nowNanos) {
        return deadlines.nanosToNext(nowNanos);
    }

    /** Forgets idle flows and bands. O(flows). */
    void collect(long nowNanos) {
        bands.collect(nowNanos - IDLE_FLOW.toNanos(), nowNanos - IDLE_BAND.toNanos());
    }

    /** The priorities that objectives name. */
    void desirePriorities(Set<Integer> priorities, long nowNanos) {
        bands.desire(new TreeSet<>(priorities), nowNanos);
    }

    /** How many schedulers share the bounds over all bands. */
    void replicas(int count) {
        replicas = Math.max(1, count);
    }

    /** Applies other settings to what waits. */
    void reconfigure(FlowControlSettings next, long nowNanos) {
        settings = next;
        guard.forget();
        deadlines.reconfigure(next);
        bands.reconfigure(next, nowNanos);
        evictions.reconfigure(next.eviction());
    }

    /** Evicts everything, and rejects what comes later. */
    void stop(long nowNanos) {
        isStopped = true;
        for (Band band : bands.ordered()) {
            for (FlowQueue queue : band.flows()) {
                for (Item item = queue.first(); item != null; item = queue.first()) {
                    evict(item, Reason.SHUTTING_DOWN, nowNanos);
                }
            }
        }
    }

    private void gauge(long nowNanos) {
        if (nowNanos - gaugeNanos < GAUGE_NANOS) {
            return;
        }
        gaugeNanos = nowNanos;
        observer.saturation(meter.prefill(), meter.decode(), meter.effective());
        observer.staleEndpoints(settings.detector().name(), meter.staleEndpoints());
        observer.requestTtl(settings.requestTtl());
        for (Band band : bands.ordered()) {
            observer.bandUsage(
                    band.priority,
                    (double) band.queued() / band.settings().maxRequests(),
                    (double) band.bytes() / band.settings().maxBytes());
        }
        observer.totalUsage(used(waiting, settings.maxRequests()), used(waitingBytes, settings.maxBytes()));
        observer.reclaiming(evictions.target(), evictions.pending());
        if (nowNanos - reportNanos >= REPORT_NANOS) {
            reportNanos = nowNanos;
            bands.report(nowNanos);
        }
        if (nowNanos - stateNanos >= STATE_NANOS) {
            stateNanos = nowNanos;
            state = describe(nowNanos);
        }
    }

    /** O(flows). */
    private FlowState describe(long nowNanos) {
        List<FlowState.OfBand> described = new ArrayList<>();
        Band[] ordered = bands.ordered();
        for (int b = 0; b < ordered.length; b++) {
            double ceiling = b < ceilings.length ? ceilings[b] : 1;
            Duration wait = drainRate.timeFor(bands.queuedDownTo(ordered[b]) + 1L, nowNanos);
            boolean isFlowing = ordered[b].queued() == 0;
            Long millis = isFlowing ? Long.valueOf(0) : wait.isZero() ? null : Long.valueOf(wait.toMillis());
            described.add(ordered[b].describe(ceiling, millis, nowNanos));
        }
        return new FlowState(
                settings.isOn(),
                waiting,
                waitingBytes,
                new FlowState.Stages(
                        settings.detector().name(),
                        known(meter.prefill()),
                        known(meter.decode()),
                        known(meter.effective()),
                        meter.staleEndpoints()),
                described,
                outcomes);
    }

    private static @Nullable Double known(double saturation) {
        return Double.isFinite(saturation) ? saturation : null;
    }

    /** What waited a moment ago. Any thread. */
    FlowState state() {
        return state;
    }

    private double used(long amount, long limit) {
        return limit == 0 ? Double.NaN : (double) amount / Math.max(1, limit / replicas);
    }

    /** Requests that wait. */
    int waiting() {
        return waiting;
    }

    /** Bytes of the requests that wait. */
    long waitingBytes() {
        return waitingBytes;
    }

    Bands bands() {
        return bands;
    }

    DrainRate drainRate() {
        return drainRate;
    }

    Reservations reservations() {
        return reservations;
    }
}
