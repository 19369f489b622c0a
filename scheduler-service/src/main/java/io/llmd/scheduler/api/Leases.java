package io.llmd.scheduler.api;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.datalayer.InFlightTracker;
import io.llmd.scheduler.scheduling.Scheduler;
import io.llmd.scheduler.scheduling.SchedulingPlan;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * The attempts in flight. Each is started at most once and ended exactly once, whatever is reported, how often and in which
 * order: reports about leases that are unknown or over are ignored. A lease whose end is never reported is ended by
 * {@link #reap} when no request can take that long any more. Safe from any thread, never blocks.
 *
 * <p>Grows with the attempts in flight up to a bound, beyond which {@link #isFull} says so.
 */
public final class Leases {

    /*
     * Ids go on from a place that is drawn at the start. A report may reach another process than the one that gave the lease: a former
     * one with the same address, or another replica behind the same Service. Places in time would be the same for replicas that start
     * together; drawn ones are as far apart as two processes give leases with a chance of that number / 2^52. Ids stay below 2^53,
     * which every JSON reader can hold.
     */
    private static final long PLACES = 1L << 52;

    private final Scheduler scheduler;
    private final InFlightTracker inFlight;
    private final long maxAgeNanos;
    private final int maxLeases;
    private final LongSupplier nanoClock;
    private final AtomicLong nextId;
    private final LongConsumer ended;
    private final Map<Long, Lease> open = new ConcurrentHashMap<>();

    /**
     * No leases yet.
     *
     * @param inFlight counts all attempts
     * @param maxAge age at which a lease is ended without a report
     * @param maxLeases most attempts in flight
     * @param before id before the first one, as {@link #place} draws it
     * @param nanoClock monotonic clock
     */
    public Leases(
            Scheduler scheduler,
            InFlightTracker inFlight,
            Duration maxAge,
            int maxLeases,
            long before,
            LongSupplier nanoClock) {
        this(scheduler, inFlight, maxAge, maxLeases, before, nanoClock, lease -> {});
    }

    /**
     * The same.
     *
     * @param ended told each lease that is over, on any thread
     */
    public Leases(
            Scheduler scheduler,
            InFlightTracker inFlight,
            Duration maxAge,
            int maxLeases,
            long before,
            LongSupplier nanoClock,
            LongConsumer ended) {
        this.ended = Objects.requireNonNull(ended, "ended");
        this.scheduler = Objects.requireNonNull(scheduler, "scheduler");
        this.inFlight = Objects.requireNonNull(inFlight, "inFlight");
        this.maxAgeNanos = maxAge.toNanos();
        this.maxLeases = maxLeases;
        this.nanoClock = Objects.requireNonNull(nanoClock, "nanoClock");
        nextId = new AtomicLong(before);
    }

    /** Draws the place that a process's ids go on from. @param random seeded unlike that of any other process */
    public static long place(RandomGenerator random) {
        return random.nextLong(PLACES);
    }

    /** Attempts in flight. */
    public int size() {
        return open.size();
    }

    boolean isFull() {
        return open.size() >= maxLeases;
    }

    long open(String requestId, String endpointId, SchedulingPlan plan) {
        long id = nextId.incrementAndGet();
        open.put(id, new Lease(requestId, endpointId, plan, nanoClock.getAsLong()));
        return id;
    }

    /** Somebody wants to know what becomes of an attempt. */
    void follow(long leaseId, AttemptListener follower) {
        Lease lease = open.get(leaseId);
        if (lease != null) {
            lease.followedBy(follower);
        }
    }

    /** Takes a report. Returns whether it was about a lease that is open and new about it. */
    boolean report(OutcomeReport report) {
        return switch (report.phase()) {
            case STARTED -> started(report);
            case ENDED -> ended(report);
            case UNKNOWN -> false;
        };
    }

    private boolean started(OutcomeReport report) {
        Lease lease = open.get(report.leaseId());
        if (lease == null || !lease.start()) {
            return false;
        }
        inFlight.started(report.leaseId());
        lease.tell(report);
        scheduler.started(lease.plan(), report.leaseId(), report);
        return true;
    }

    private boolean ended(OutcomeReport report) {
        Lease lease = open.remove(report.leaseId());
        if (lease == null) {
            return false;
        }
        inFlight.ended(report.leaseId());
        ended.accept(report.leaseId());
        lease.tell(report);
        scheduler.ended(lease.plan(), report.leaseId(), report);
        return true;
    }

    /** Ends leases that are older than any request can be. Returns how many. */
    public int reap() {
        long now = nanoClock.getAsLong();
        int reaped = 0;
        for (Map.Entry<Long, Lease> entry : open.entrySet()) {
            Lease lease = entry.getValue();
            if (now - lease.openedNanos() > maxAgeNanos && ended(lost(entry.getKey(), lease))) {
                reaped++;
            }
        }
        return reaped;
    }

    /** Ends a lease that nobody was told of. */
    void abandon(long leaseId) {
        Lease lease = open.get(leaseId);
        if (lease != null) {
            ended(lost(leaseId, lease));
        }
    }

    private static OutcomeReport lost(long leaseId, Lease lease) {
        return new OutcomeReport(
                lease.requestId(), leaseId, lease.endpointId(), Phase.ENDED, Cause.ERROR, 0, TokenUsage.UNKNOWN, 0, 0);
    }
}
