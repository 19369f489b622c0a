package io.llmd.scheduler.plugin.admitter;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Admitter;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InferenceRequest;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Denies requests of negative priority the more likely the fuller the pool is: with probability {@code min(1, k *
 * s^power)}, where {@code s} is the mean over endpoints of {@code max(waiting / queueDepthThreshold, KV usage /
 * kvCacheUtilThreshold)}. An endpoint without a recent reading counts as 1. O(n).
 */
final class ProbabilisticAdmitter implements Admitter {

    /**
     * @param queueDepthThreshold waiting requests that fill an endpoint
     * @param kvCacheUtilThreshold used share of the KV cache that fills an endpoint
     * @param power how sharply denial sets in
     * @param k factor of the probability
     */
    record Params(
            @Default("5") double queueDepthThreshold,
            @Default("0.8") double kvCacheUtilThreshold,
            @Default("5") double power,
            @Default("300") double k) {
        Params {
            requirePositive("queueDepthThreshold", queueDepthThreshold);
            requirePositive("kvCacheUtilThreshold", kvCacheUtilThreshold);
            requirePositive("power", power);
            requirePositive("k", k);
        }

        private static void requirePositive(String name, double value) {
            if (value <= 0) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
            }
        }
    }

    private final Params params;

    ProbabilisticAdmitter(Params params) {
        this.params = params;
    }

    @Override
    public @Nullable String denial(InferenceRequest request, Candidates candidates) {
        if (request.priority() >= 0 || request.random().nextDouble() >= denialProbability(candidates)) {
            return null;
        }
        return "requests of negative priority are shed while the pool is full";
    }

    /** Probability with which a request of negative priority is denied, in [0, 1]. */
    double denialProbability(Candidates candidates) {
        double sum = 0;
        for (int i = 0; i < candidates.size(); i++) {
            sum += saturation(candidates.get(i));
        }
        return Math.min(1.0, params.k() * Math.pow(sum / candidates.size(), params.power()));
    }

    private double saturation(Endpoint endpoint) {
        if (!endpoint.fresh() || !endpoint.metrics().isKnown()) {
            return 1.0;
        }
        return Math.max(
                endpoint.waitingRequests() / params.queueDepthThreshold(),
                endpoint.kvCacheUsage() / params.kvCacheUtilThreshold());
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "probabilistic-admitter";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Admitter create(String name, Params params) {
            return new ProbabilisticAdmitter(params);
        }
    }
}
