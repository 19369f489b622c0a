package io.llmd.scheduler.plugin.scorer;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.scheduler.scheduling.Candidates;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Output tokens per second of each endpoint, learnt from answers that ended. Time in which an endpoint answers nothing counts
 * as at most one answer's duration, so that a rate is that of a busy endpoint. Safe from any thread; O(1) per answer.
 *
 * <p>Grows with the endpoints that ever answered, up to a bound beyond which new ones are not learnt.
 */
final class OutputRates {

    private static final int MAX_ENDPOINTS = 10_000;
    private static final double NEWS = 0.1;
    private static final long WINDOW_NANOS = 1_000_000_000;

    private static final class Rate {
        private double tokensPerSecond = Double.NaN;
        private long windowTokens;
        private long busyNanos;
        private long lastNanos = Long.MIN_VALUE;

        private synchronized void ended(long tokens, long durationNanos, long now) {
            long sinceLast = lastNanos == Long.MIN_VALUE ? Long.MAX_VALUE : now - lastNanos;
            lastNanos = now;
            busyNanos += Math.min(sinceLast, durationNanos);
            windowTokens += tokens;
            if (busyNanos >= WINDOW_NANOS) {
                double sample = windowTokens / (busyNanos / 1e9);
                tokensPerSecond =
                        Double.isNaN(tokensPerSecond) ? sample : tokensPerSecond + NEWS * (sample - tokensPerSecond);
                windowTokens = 0;
                busyNanos = 0;
            }
        }

        private synchronized double tokensPerSecond() {
            return tokensPerSecond;
        }
    }

    private final LongSupplier nanoClock;
    private final Map<String, Rate> rates = new ConcurrentHashMap<>();

    /** Nothing learnt yet. @param nanoClock monotonic clock */
    OutputRates(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /** Learns from an answer; from one without tokens or duration nothing is learnt. */
    void ended(OutcomeReport report) {
        int tokens = report.usage().completionTokens();
        if (tokens <= 0 || report.durationMicros() <= 0) {
            return;
        }
        Rate rate = rates.get(report.endpointId());
        if (rate == null) {
            if (rates.size() >= MAX_ENDPOINTS) {
                return;
            }
            rate = rates.computeIfAbsent(report.endpointId(), ignored -> new Rate());
        }
        rate.ended(tokens, report.durationMicros() * 1000, nanoClock.getAsLong());
    }

    /** Output tokens per second of the endpoint, NaN while unknown. */
    double of(String endpointId) {
        Rate rate = rates.get(endpointId);
        return rate == null ? Double.NaN : rate.tokensPerSecond();
    }

    /** Mean of the candidates whose rates are known, NaN when none is. */
    double mean(Candidates candidates) {
        double sum = 0;
        int known = 0;
        for (int i = 0; i < candidates.size(); i++) {
            double rate = of(candidates.get(i).id());
            if (!Double.isNaN(rate)) {
                sum += rate;
                known++;
            }
        }
        return known == 0 ? Double.NaN : sum / known;
    }
}
