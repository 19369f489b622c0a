package io.llmd.scheduler.plugin.scorer;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.ResponseHook;
import io.llmd.scheduler.scheduling.Scorer;
import java.util.Arrays;
import org.springframework.stereotype.Component;

/**
 * Prefers endpoints that would be done soonest with what they run: {@code (running + queueWeight * waiting) / rate *
 * (1 + alpha * usage^2)}, lowest 1, highest 0, linear between. The rate, output tokens per second, is learnt from the answers
 * of each endpoint and kept while it is idle, so that mixed accelerators need no labels; an endpoint without one has the mean
 * of the others. Endpoints whose KV cache is nearly full score 0; when all are, the emptiest one scores 1. Readings that are
 * stale count as the median of the fresh ones. O(n). The load balance of AIBrix.
 */
final class DrainTimeScorer implements Scorer, ResponseHook {

    /**
     * @param alpha how much a full KV cache adds, >= 0
     * @param queueWeight how much a waiting request counts against a running one, >= 0
     * @param minFreeKvCache an endpoint with less free is nearly full, in [0, 1]
     */
    record Params(
            @Default("2") double alpha,
            @Default("0") double queueWeight,
            @Default("0.1") double minFreeKvCache) {
        Params {
            weight("alpha", alpha);
            weight("queueWeight", queueWeight);
            if (!(minFreeKvCache >= 0 && minFreeKvCache <= 1)) {
                throw new IllegalArgumentException("minFreeKvCache: " + minFreeKvCache + " (expected: 0 to 1)");
            }
        }

        private static void weight(String name, double value) {
            if (!(value >= 0) || Double.isInfinite(value)) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: finite, >= 0)");
            }
        }
    }

    private final Params params;
    private final OutputRates rates;

    DrainTimeScorer(Params params, OutputRates rates) {
        this.params = params;
        this.rates = rates;
    }

    @Override
    public void score(InferenceRequest request, Candidates candidates, double[] scores) {
        double[] usage = new double[scores.length];
        boolean isUsageKnown = Readings.read(candidates, Endpoint::kvCacheUsage, usage);
        if (!Readings.read(candidates, this::work, scores)) {
            Arrays.fill(scores, 1.0);
            return;
        }
        double mean = rates.mean(candidates);
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        boolean isAnyRoomy = false;
        for (int i = 0; i < scores.length; i++) {
            double rate = rates.of(candidates.get(i).id());
            double used = isUsageKnown ? usage[i] : 0.0;
            scores[i] = seconds(scores[i], Double.isNaN(rate) ? mean : rate, used, params.alpha());
            if (isRoomy(used)) {
                isAnyRoomy = true;
                min = Math.min(min, scores[i]);
                max = Math.max(max, scores[i]);
            }
        }
        if (!isAnyRoomy) {
            System.arraycopy(usage, 0, scores, 0, scores.length);
            Readings.lowestIsBest(scores);
            return;
        }
        for (int i = 0; i < scores.length; i++) {
            double score = max == min ? 1.0 : (max - scores[i]) / (max - min);
            scores[i] = isRoomy(usage[i]) ? score : 0.0;
        }
    }

    private boolean isRoomy(double usage) {
        return 1.0 - usage >= params.minFreeKvCache();
    }

    private double work(Endpoint endpoint) {
        return endpoint.runningRequests() + params.queueWeight() * endpoint.waitingRequests();
    }

    /** Seconds that so much work takes; with no rate known anywhere, the work itself is compared. */
    static double seconds(double work, double tokensPerSecond, double usage, double alpha) {
        return work / (tokensPerSecond > 0 ? tokensPerSecond : 1.0) * (1.0 + alpha * usage * usage);
    }

    @Override
    public void started(long leaseId, OutcomeReport report) {}

    @Override
    public void ended(long leaseId, OutcomeReport report) {
        rates.ended(report);
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "drain-time-scorer";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Scorer create(String name, Params params) {
            return new DrainTimeScorer(params, new OutputRates(System::nanoTime));
        }
    }
}
