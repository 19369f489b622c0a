package io.llmd.scheduler.datalayer;

import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointAttributes;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of the pool with their last metrics. Safe from any thread.
 *
 * <p>{@link #snapshot} is the read side of decisions: an array ordered by id that nobody changes. It is rebuilt by the
 * first reader after a change, or after a reading has become older than the staleness limit; all other readers get the
 * same array. A rebuild copies one reference per endpoint and allocates only for endpoints that changed.
 */
public final class EndpointStore {

    /*
     * Writers and the rebuild hold the monitor, for microseconds. `published` and `nextStaleNanos` are written inside
     * it; `published` is volatile and null when a change has not been published, so that a reader which sees an array
     * sees all that the array was built from. `nextStaleNanos` is part of the published object for the same reason.
     */
    private record Published(Endpoint[] endpoints, boolean expires, long nextStaleNanos) {}

    private static final class Entry {
        private final EndpointMetadata metadata;
        private EndpointMetrics metrics;
        private EndpointAttributes attributes;
        private Endpoint endpoint;

        private Entry(EndpointMetadata metadata, EndpointMetrics metrics, EndpointAttributes attributes) {
            this.metadata = metadata;
            this.metrics = metrics;
            this.attributes = attributes;
            this.endpoint = seen(false);
        }

        private Endpoint seen(boolean isFresh) {
            return new Endpoint(metadata, metrics, attributes, isFresh);
        }
    }

    private final long stalenessNanos;
    private final LongSupplier nanoClock;
    private final TreeMap<String, Entry> entries = new TreeMap<>();
    private final List<EndpointListener> listeners = new CopyOnWriteArrayList<>();
    private volatile @Nullable Published published;
    private volatile LongSupplier readingPause = () -> 0;

    /**
     * An empty store.
     *
     * @param staleness readings older than this are not trusted
     * @param nanoClock monotonic clock
     */
    public EndpointStore(Duration staleness, LongSupplier nanoClock) {
        this.stalenessNanos = staleness.toNanos();
        this.nanoClock = Objects.requireNonNull(nanoClock, "nanoClock");
    }

    /** Says how the time between two readings of an endpoint is found out. */
    void readEvery(LongSupplier pauseNanos) {
        readingPause = pauseNanos;
    }

    /** Time between two readings of an endpoint at present, 0 while nobody reads. */
    public long readingPauseNanos() {
        return readingPause.getAsLong();
    }

    /** Tells {@code listener} of nothing more. */
    public synchronized void removeListener(EndpointListener listener) {
        listeners.remove(listener);
    }

    /** Tells {@code listener} of all endpoints now and of every later change, under the store's lock. */
    public synchronized void addListener(EndpointListener listener) {
        entries.values().forEach(entry -> listener.added(entry.metadata));
        listeners.add(listener);
    }

    /** Adds or changes an endpoint. Its metrics are kept as long as its address is. */
    public synchronized void upsert(EndpointMetadata metadata) {
        Entry old = entries.get(metadata.id());
        if (old != null && old.metadata.equals(metadata)) {
            return;
        }
        published = null;
        if (old != null && sameAddress(old.metadata, metadata)) {
            entries.put(metadata.id(), new Entry(metadata, old.metrics, old.attributes));
            listeners.forEach(listener -> listener.changed(old.metadata, metadata));
            return;
        }
        entries.put(metadata.id(), new Entry(metadata, EndpointMetrics.UNKNOWN, EndpointAttributes.NONE));
        for (EndpointListener listener : listeners) {
            if (old != null) {
                listener.removed(old.metadata);
            }
            listener.added(metadata);
        }
    }

    private static boolean sameAddress(EndpointMetadata a, EndpointMetadata b) {
        return a.host().equals(b.host())
                && a.port() == b.port()
                && a.metricsPort() == b.metricsPort()
                && a.rankIndex() == b.rankIndex();
    }

    /** Removes an endpoint; unknown ids are ignored. */
    public synchronized void delete(String id) {
        Entry old = entries.remove(id);
        if (old != null) {
            published = null;
            listeners.forEach(listener -> listener.removed(old.metadata));
        }
    }

    /** Takes a reading of the endpoint at {@code metadata}'s address; ignored when that endpoint is gone. */
    public void update(EndpointMetadata metadata, EndpointMetrics metrics) {
        update(metadata, metrics, Map.of());
    }

    /**
     * Takes what was read of the endpoint at {@code metadata}'s address; ignored when that endpoint is gone.
     *
     * @param metrics null when they stay as they are, and go on ageing
     * @param attributes values by {@code type/producer}; others stay as they are
     */
    public synchronized void update(
            EndpointMetadata metadata, @Nullable EndpointMetrics metrics, Map<String, ?> attributes) {
        Entry entry = entries.get(metadata.id());
        if (entry == null || !sameAddress(entry.metadata, metadata)) {
            return;
        }
        EndpointAttributes stored = entry.attributes.with(attributes);
        if (metrics == null && stored == entry.attributes) {
            return;
        }
        entry.attributes = stored;
        if (metrics != null) {
            entry.metrics = metrics;
        }
        entry.endpoint = entry.seen(metrics != null || entry.endpoint.fresh());
        published = null;
    }

    /** Tells listeners that the engine of this endpoint was started anew. */
    public synchronized void restarted(EndpointMetadata metadata) {
        Entry entry = entries.get(metadata.id());
        if (entry != null && sameAddress(entry.metadata, metadata)) {
            listeners.forEach(listener -> listener.restarted(entry.metadata));
        }
    }

    /** Reading of the clock with which readings of endpoints are stamped. */
    public long nanoTime() {
        return nanoClock.getAsLong();
    }

    /** All endpoints ordered by id, as of now. Must not be changed. */
    public Endpoint[] snapshot() {
        long now = nanoClock.getAsLong();
        Published current = published;
        if (current != null && !(current.expires && now - current.nextStaleNanos > 0)) {
            return current.endpoints;
        }
        return publish(now);
    }

    private synchronized Endpoint[] publish(long now) {
        Endpoint[] endpoints = new Endpoint[entries.size()];
        boolean expires = false;
        long next = 0;
        int i = 0;
        for (Map.Entry<String, Entry> mapped : entries.entrySet()) {
            Entry entry = mapped.getValue();
            boolean fresh = isFresh(entry.metrics, now);
            if (entry.endpoint.fresh() != fresh) {
                entry.endpoint = entry.seen(fresh);
            }
            endpoints[i++] = entry.endpoint;
            if (fresh) {
                long stale = entry.metrics.updatedNanos() + stalenessNanos;
                next = !expires || stale - next < 0 ? stale : next;
                expires = true;
            }
        }
        published = new Published(endpoints, expires, next);
        return endpoints;
    }

    private boolean isFresh(EndpointMetrics metrics, long now) {
        return metrics.isKnown() && now - metrics.updatedNanos() <= stalenessNanos;
    }

    /** Readings older than this are not trusted. */
    public Duration staleness() {
        return Duration.ofNanos(stalenessNanos);
    }

    /** Number of endpoints. */
    public int size() {
        return snapshot().length;
    }

    /** The endpoint with this id, null when there is none. */
    public synchronized @Nullable Endpoint find(String id) {
        Entry entry = entries.get(id);
        return entry == null ? null : entry.seen(isFresh(entry.metrics, nanoClock.getAsLong()));
    }
}
