package io.llmd.scheduler.explain;

import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.SchedulingPlan;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The last decisions of a share of the requests, as {@link DecisionSample} says.
 *
 * <p>Grows up to a number of records, a number of bytes and an age, whichever comes first; then the oldest go. Safe from
 * any thread, never blocks.
 */
public final class DecisionLog {

    /*
     * A ring: a writer takes the next number and puts its record there. `oldest` is the lowest number that may still be in
     * the ring; whoever moves it forward takes that record out and gives back its bytes. A writer that is slower than a
     * whole round of the ring may put an old record over a newer one, which costs that newer one and nothing else: bytes
     * are given back by whoever takes a record out, and each is taken out once.
     *
     * The endpoints of a snapshot are shared by all decisions until one of them changes, so that a record counts only those
     * that the record before it has not counted. When that one goes, its endpoints may stay alive uncounted: one snapshot
     * of the pool at most, because whatever the oldest record does not share with it was counted by a later one.
     */

    private static final Endpoint[] NOBODY = {};

    /**
     * Bounds.
     *
     * @param sampleRate recorded share of the requests in [0, 1]
     * @param maxPerSecond where more requests a second would be recorded, fewer are, at least 1
     * @param maxRecords most records, at least 1
     * @param maxBytes most heap that records hold on to
     * @param maxAge older records go
     * @param headers lower-case names of request headers that are kept besides those of the suite
     */
    public record Settings(
            double sampleRate, int maxPerSecond, int maxRecords, long maxBytes, Duration maxAge, Set<String> headers) {
        public Settings {
            if (!(sampleRate >= 0 && sampleRate <= 1)) {
                throw new IllegalArgumentException("sampleRate: " + sampleRate + " (expected: in [0, 1])");
            }
            if (maxPerSecond < 1 || maxRecords < 1 || maxBytes < 1) {
                throw new IllegalArgumentException("maxRecords: " + maxRecords + ", maxBytes: " + maxBytes
                        + ", maxPerSecond: " + maxPerSecond + " (expected: >= 1)");
            }
            Objects.requireNonNull(maxAge, "maxAge");
            headers = Set.copyOf(headers);
        }
    }

    private final Settings settings;
    private final DecisionSample sample;
    private final Supplier<Map<String, PluginDescription>> plugins;
    private final List<RecordListener> listeners;
    private final InstantSource clock;
    private final LongSupplier nanoClock;
    private final AtomicReferenceArray<@Nullable DecisionRecord> ring;
    private final AtomicLong nextNumber = new AtomicLong(1);
    private final AtomicLong oldest = new AtomicLong(1);
    private final AtomicLong bytes = new AtomicLong();
    private volatile Endpoint[] counted = NOBODY;

    /**
     * An empty log.
     *
     * @param plugins what the plugins of the configuration in force are, by name
     * @param listeners hear of each record on the deciding thread
     * @param nanoClock the clock of the decisions
     */
    public DecisionLog(
            Settings settings,
            Supplier<Map<String, PluginDescription>> plugins,
            List<RecordListener> listeners,
            InstantSource clock,
            LongSupplier nanoClock) {
        this.settings = settings;
        this.plugins = Objects.requireNonNull(plugins, "plugins");
        this.listeners = List.copyOf(listeners);
        this.clock = Objects.requireNonNull(clock, "clock");
        this.nanoClock = Objects.requireNonNull(nanoClock, "nanoClock");
        this.sample = new DecisionSample(settings.sampleRate(), settings.maxPerSecond(), nanoClock.getAsLong());
        this.ring = new AtomicReferenceArray<>(settings.maxRecords());
    }

    /** A log that records nothing. */
    public static DecisionLog off() {
        return new DecisionLog(
                new Settings(0, 1, 1, 1, Duration.ofNanos(1), Set.of()),
                Map::of,
                List.of(),
                InstantSource.system(),
                System::nanoTime);
    }

    /** Begins to record the decision about a request that arrived at {@code startNanos}; null when it is not one of the sample. */
    public @Nullable DecisionRecording begin(String requestId, long startNanos) {
        return sample.takes(requestId, startNanos) ? new DecisionRecording(nanoClock, startNanos) : null;
    }

    /**
     * Records that endpoints were chosen.
     *
     * @param candidates those that the decision started with
     */
    public DecisionRecord scheduled(
            DecisionRecording recording,
            InferenceRequest request,
            SchedulingPlan plan,
            Candidates candidates,
            Explanation.Verdict.Scheduled verdict,
            long leaseId) {
        return add(record(recording, request.requestId(), request, plan, candidates, verdict, leaseId));
    }

    /**
     * Records that nobody was chosen.
     *
     * @param request null when the body could not be read
     * @param plan null when the request did not get that far
     * @param candidates null when the request did not get that far
     */
    public DecisionRecord rejected(
            DecisionRecording recording,
            String requestId,
            @Nullable InferenceRequest request,
            @Nullable SchedulingPlan plan,
            @Nullable Candidates candidates,
            Explanation.Verdict.Rejected verdict) {
        return add(record(recording, requestId, request, plan, candidates, verdict, 0));
    }

    private DecisionRecord record(
            DecisionRecording recording,
            String requestId,
            @Nullable InferenceRequest request,
            @Nullable SchedulingPlan plan,
            @Nullable Candidates candidates,
            Explanation.Verdict verdict,
            long leaseId) {
        return new DecisionRecord(
                nextNumber.getAndIncrement(),
                clock.instant(),
                requestId,
                leaseId,
                verdict,
                request == null ? null : RecordedRequest.of(request, settings.headers()),
                candidates == null ? NOBODY : candidates.endpoints(),
                plan == null || candidates == null ? RecordedData.NONE : RecordedData.of(plan, candidates),
                recording,
                plugins.get(),
                listeners);
    }

    private DecisionRecord add(DecisionRecord record) {
        long size = record.measure(counted);
        if (record.endpoints().length > 0) {
            counted = record.endpoints();
        }
        bytes.addAndGet(size);
        makeRoom(record.number());
        free(ring.getAndSet(place(record.number()), record));
        for (int i = 0; i < listeners.size(); i++) {
            listeners.get(i).recorded(record);
        }
        return record;
    }

    private void makeRoom(long number) {
        long first = oldest.get();
        while (first < number && (number - first >= ring.length() || bytes.get() > settings.maxBytes())) {
            if (oldest.compareAndSet(first, first + 1)) {
                free(ring.getAndSet(place(first), null));
            }
            first = oldest.get();
        }
    }

    private int place(long number) {
        return (int) (number % ring.length());
    }

    private void free(@Nullable DecisionRecord gone) {
        if (gone != null) {
            bytes.addAndGet(-gone.bytes());
        }
    }

    /** Lets records go that are too old. */
    public void expire() {
        Instant limit = clock.instant().minus(settings.maxAge());
        long first = oldest.get();
        while (first < nextNumber.get()) {
            DecisionRecord record = ring.get(place(first));
            if (record != null && record.number() == first && record.decidedAt().isAfter(limit)) {
                return;
            }
            if (oldest.compareAndSet(first, first + 1) && record != null && record.number() == first) {
                free(ring.getAndSet(place(first), null));
            }
            first = oldest.get();
        }
    }

    /**
     * The newest records that satisfy {@code wanted}, newest first.
     *
     * @param before only records with lower numbers; {@link Long#MAX_VALUE} for all
     * @param limit at most so many
     */
    public List<DecisionRecord> newest(Predicate<DecisionRecord> wanted, long before, int limit) {
        Instant tooOld = clock.instant().minus(settings.maxAge());
        List<DecisionRecord> found = new ArrayList<>();
        long first = oldest.get();
        for (long number = Math.min(before, nextNumber.get()) - 1; number >= first && found.size() < limit; number--) {
            DecisionRecord record = ring.get(place(number));
            if (record != null
                    && record.number() == number
                    && record.decidedAt().isAfter(tooOld)
                    && wanted.test(record)) {
                found.add(record);
            }
        }
        return found;
    }

    /** What the plugins of the configuration in force are, by name. */
    public Map<String, PluginDescription> plugins() {
        return plugins.get();
    }

    /** Number of records. */
    public int size() {
        int size = 0;
        for (int i = 0; i < ring.length(); i++) {
            size += ring.get(i) == null ? 0 : 1;
        }
        return size;
    }

    /** Heap that the records hold on to, as far as it is counted. */
    public long sizeBytes() {
        return bytes.get();
    }
}
