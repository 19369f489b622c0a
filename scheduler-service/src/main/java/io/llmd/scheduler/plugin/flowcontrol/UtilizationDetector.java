package io.llmd.scheduler.plugin.flowcontrol;

import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.flowcontrol.Saturation;
import io.llmd.scheduler.flowcontrol.SaturationDetector;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.Filter;
import io.llmd.scheduler.scheduling.InferenceRequest;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Measures how full endpoints are by what their engines say: the mean over endpoints of {@code max(waiting /
 * queueDepthThreshold, KV usage / kvCacheUtilThreshold)}. An endpoint without a recent reading counts as full. As a filter
 * it keeps endpoints that are below both thresholds, or all when there are none. O(n).
 */
final class UtilizationDetector implements SaturationDetector, Filter {

    private static final int PAUSES = 4;

    /**
     * @param queueDepthThreshold waiting requests that fill an endpoint
     * @param kvCacheUtilThreshold used share of the KV cache that fills an endpoint
     * @param metricsStalenessThreshold readings older than this, and than four pauses between readings, count as none; null
     *     for the limit of the pool
     * @param headroom share by which an endpoint may exceed the thresholds before the filter removes it
     */
    record Params(
            @Default("5") double queueDepthThreshold,
            @Default("0.8") double kvCacheUtilThreshold,
            @Nullable Duration metricsStalenessThreshold,
            @Default("0") double headroom) {
        Params {
            if (queueDepthThreshold <= 0) {
                throw new IllegalArgumentException("queueDepthThreshold: " + queueDepthThreshold + " (expected: > 0)");
            }
            if (kvCacheUtilThreshold <= 0 || kvCacheUtilThreshold > 1) {
                throw new IllegalArgumentException(
                        "kvCacheUtilThreshold: " + kvCacheUtilThreshold + " (expected: in (0, 1])");
            }
            if (metricsStalenessThreshold != null && !metricsStalenessThreshold.isPositive()) {
                throw new IllegalArgumentException(
                        "metricsStalenessThreshold: " + metricsStalenessThreshold + " (expected: > 0)");
            }
            if (headroom < 0) {
                throw new IllegalArgumentException("headroom: " + headroom + " (expected: >= 0)");
            }
        }
    }

    private final String name;
    private final Params params;
    private final LongSupplier nanoClock;
    private final LongSupplier readingPause;
    private final long stalenessNanos;

    /** @param readingPause time between two readings of an endpoint at present */
    UtilizationDetector(String name, Params params, LongSupplier nanoClock, LongSupplier readingPause) {
        this.name = name;
        this.params = params;
        this.nanoClock = nanoClock;
        this.readingPause = readingPause;
        Duration staleness = params.metricsStalenessThreshold();
        this.stalenessNanos = staleness == null ? Long.MAX_VALUE : staleness.toNanos();
    }

    @Override
    public Saturation measure(Endpoint[] endpoints) {
        if (endpoints.length == 0) {
            return Saturation.OF_NOBODY;
        }
        long now = nanoClock.getAsLong();
        long limit = stalenessNanos();
        long validFor = Long.MAX_VALUE;
        int stale = 0;
        double sum = 0;
        for (Endpoint endpoint : endpoints) {
            if (isStale(endpoint, now, limit)) {
                stale++;
                sum += 1.0;
            } else {
                sum += fill(endpoint);
                validFor = Math.min(validFor, nanosToStale(endpoint, now, limit));
            }
        }
        return new Saturation(sum / endpoints.length, stale, validFor);
    }

    /** An idle pool is read seldom, which does not make it full. */
    private long stalenessNanos() {
        return stalenessNanos == Long.MAX_VALUE
                ? Long.MAX_VALUE
                : Math.max(stalenessNanos, PAUSES * readingPause.getAsLong());
    }

    private static boolean isStale(Endpoint endpoint, long now, long limit) {
        return !endpoint.fresh() || !endpoint.metrics().isKnown() || nanosToStale(endpoint, now, limit) <= 0;
    }

    private static long nanosToStale(Endpoint endpoint, long now, long limit) {
        return limit == Long.MAX_VALUE ? Long.MAX_VALUE : endpoint.metrics().updatedNanos() + limit - now + 1;
    }

    private double fill(Endpoint endpoint) {
        return Math.max(
                endpoint.waitingRequests() / params.queueDepthThreshold(),
                endpoint.kvCacheUsage() / params.kvCacheUtilThreshold());
    }

    /** One more request makes the queue of one endpoint longer by one, at most. */
    @Override
    public double share(Endpoint[] endpoints, long promptTokens) {
        return 1.0 / (params.queueDepthThreshold() * endpoints.length);
    }

    @Override
    public Signal signal() {
        return Signal.READ;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Candidates filter(InferenceRequest request, Candidates candidates) {
        long now = nanoClock.getAsLong();
        long limit = stalenessNanos();
        double queueLimit = params.queueDepthThreshold() * (1 + params.headroom());
        double kvLimit = params.kvCacheUtilThreshold() * (1 + params.headroom());
        Candidates kept = candidates.where(i -> {
            Endpoint endpoint = candidates.get(i);
            return !isStale(endpoint, now, limit)
                    && endpoint.waitingRequests() < queueLimit
                    && endpoint.kvCacheUsage() < kvLimit;
        });
        return kept.isEmpty() ? candidates : kept;
    }

    @Component
    static final class Factory implements PluginFactory<Params> {

        private final EndpointStore store;

        Factory(EndpointStore store) {
            this.store = store;
        }

        @Override
        public String type() {
            return "utilization-detector";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public UtilizationDetector create(String name, Params params) {
            return new UtilizationDetector(name, params, store::nanoTime, store::readingPauseNanos);
        }
    }
}
