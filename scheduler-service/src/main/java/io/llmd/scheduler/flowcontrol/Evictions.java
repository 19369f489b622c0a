package io.llmd.scheduler.flowcontrol;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Ends running requests for more important ones that are blocked: as few as seem needed, and then no more until those have
 * ended and the detector has had time to see it. Not thread-safe.
 */
final class Evictions {

    /** Most requests that one decision ends. */
    static final int MOST_AT_ONCE = 2;

    /** Time after which a request that was told to end counts as ended. */
    static final Duration CONFIRMATION = Duration.ofSeconds(10);

    private record Issued(long nanos, double credit) {}

    private final FlowObserver observer;
    private final LongConsumer revoker;
    private final Map<Long, RunningRequest> running = new HashMap<>();
    private final Map<Long, Issued> issued = new LinkedHashMap<>();
    private EvictionSettings settings;
    private TreeSet<RunningRequest> evictable;
    private long coolUntilNanos;
    private double target;

    /** @param revoker is told the lease of each request that has to end; must not block or throw */
    Evictions(EvictionSettings settings, FlowObserver observer, LongConsumer revoker, long nowNanos) {
        this.settings = settings;
        this.observer = observer;
        this.revoker = revoker;
        this.evictable = ordered(settings);
        this.coolUntilNanos = nowNanos;
    }

    private static TreeSet<RunningRequest> ordered(EvictionSettings settings) {
        return new TreeSet<>((a, b) -> {
            int order = settings.order().compare(a, b);
            return order != 0 ? order : Long.compare(b.leaseId(), a.leaseId());
        });
    }

    /** Applies another filter and order to what runs. */
    void reconfigure(EvictionSettings next) {
        if (next.equals(settings)) {
            return;
        }
        settings = next;
        evictable = ordered(next);
        for (RunningRequest request : running.values()) {
            if (!issued.containsKey(request.leaseId())) {
                offer(request);
            }
        }
    }

    private void offer(RunningRequest request) {
        if (settings.filter().isEvictable(request.priority())) {
            evictable.add(request);
        }
    }

    /** A dispatched request is on its way. */
    void started(RunningRequest request) {
        if (running.putIfAbsent(request.leaseId(), request) == null) {
            offer(request);
        }
    }

    /** A request has ended. */
    void ended(long leaseId, long nowNanos) {
        RunningRequest request = running.remove(leaseId);
        if (request == null) {
            return;
        }
        evictable.remove(request);
        Issued revocation = issued.remove(leaseId);
        if (revocation != null) {
            observer.revocationEnded(true, nowNanos - revocation.nanos());
            cool(nowNanos);
        }
    }

    private void cool(long nowNanos) {
        long until = nowNanos + settings.grace().toNanos();
        coolUntilNanos = until - coolUntilNanos > 0 ? until : coolUntilNanos;
    }

    /** Requests that run. */
    int running() {
        return running.size();
    }

    /** Whether a decision may be made: nothing that was told to end is under way or has only just ended. */
    boolean isOpen(long nowNanos) {
        expire(nowNanos);
        return issued.isEmpty() && nowNanos - coolUntilNanos >= 0;
    }

    private void expire(long nowNanos) {
        List<Long> late = new ArrayList<>(0);
        issued.forEach((lease, revocation) -> {
            if (nowNanos - revocation.nanos() >= CONFIRMATION.toNanos()) {
                late.add(lease);
            }
        });
        for (Long lease : late) {
            Issued revocation = issued.remove(lease);
            if (revocation != null) {
                observer.revocationEnded(false, nowNanos - revocation.nanos());
                cool(nowNanos);
            }
        }
    }

    /** Priority of the request that would be ended first; null when there is none. */
    @Nullable
    Integer nextPriority() {
        return evictable.isEmpty() ? null : evictable.first().priority();
    }

    /** Ends requests for one of {@code demandPriority} that saturation keeps above its ceiling. */
    void evict(int demandPriority, double saturation, double ceiling, long nowNanos) {
        target = saturation - ceiling;
        double credit = saturation / Math.max(1, running.size());
        int wanted = (int) Math.max(1, Math.min(MOST_AT_ONCE, Math.ceil(target / credit)));
        double pending = 0;
        for (int i = 0; i < wanted && !evictable.isEmpty(); i++) {
            RunningRequest victim = evictable.first();
            if (victim.priority() >= demandPriority) {
                break;
            }
            evictable.remove(victim);
            issued.put(victim.leaseId(), new Issued(nowNanos, credit));
            pending += credit;
            observer.revocationIssued(demandPriority);
            revoker.accept(victim.leaseId());
        }
        observer.reclaiming(target, pending);
    }

    /** Saturation that requests which were told to end shall free; 0 when all of them have ended. */
    double target() {
        return issued.isEmpty() ? 0 : target;
    }

    /** Saturation that requests which were told to end will free. */
    double pending() {
        double sum = 0;
        for (Issued revocation : issued.values()) {
            sum += revocation.credit();
        }
        return sum;
    }
}
