package io.llmd.scheduler.plugin.scorer;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.Scorer;
import io.llmd.scheduler.scheduling.TimeCosts;
import java.util.Arrays;
import java.util.List;
import org.springframework.stereotype.Component;

/**
 * Prefers endpoints on which a request costs little time: least cost 1, others the least cost divided by theirs. Costs that are
 * hardly different count as equal: of these the endpoints that have to compute least are best, and a picker draws among them, so
 * that several schedulers do not all choose the same endpoint, and each endpoint shows now and then how fast it is. O(n).
 */
final class TimeCostScorer implements Scorer {

    /** Keeps those that would have to compute more behind those that are as good. */
    private static final double BEHIND = 0.999;

    /** Added to all costs, so that parts of a millisecond do not matter. */
    private static final double ONE_MILLI = 1;

    /**
     * @param tolerance costs that are higher than the least by no more than this share count as the least, in [0, 1]
     * @param timeCostProducerName producer of costs, empty for the default
     */
    record Params(
            @Default("0.02") double tolerance, @Default("") String timeCostProducerName) {
        Params {
            if (!(tolerance >= 0 && tolerance <= 1)) {
                throw new IllegalArgumentException("tolerance: " + tolerance + " (expected: 0 to 1)");
            }
        }
    }

    private final double tolerance;
    private final DataKey<TimeCosts> costsKey;

    TimeCostScorer(Params params) {
        tolerance = params.tolerance();
        costsKey = DataKeys.timeCosts(params.timeCostProducerName());
    }

    @Override
    public List<DataKey<?>> requires() {
        return List.of(costsKey);
    }

    @Override
    public void score(InferenceRequest request, Candidates candidates, double[] scores) {
        TimeCosts costs = candidates.data(costsKey);
        if (costs == null) {
            Arrays.fill(scores, 1.0);
            return;
        }
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < scores.length; i++) {
            least = Math.min(least, costs.total(candidates.slot(i)));
        }
        double highest = least * (1 + tolerance);
        long fewest = Long.MAX_VALUE;
        for (int i = 0; i < scores.length; i++) {
            int slot = candidates.slot(i);
            if (costs.total(slot) <= highest) {
                fewest = Math.min(fewest, costs.uncached(slot));
            }
        }
        for (int i = 0; i < scores.length; i++) {
            int slot = candidates.slot(i);
            double cost = costs.total(slot);
            boolean isBest = cost <= highest && costs.uncached(slot) == fewest;
            scores[i] = isBest ? 1.0 : Math.min(BEHIND, (least + ONE_MILLI) / (cost + ONE_MILLI));
        }
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "time-cost-scorer";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Scorer create(String name, Params params) {
            return new TimeCostScorer(params);
        }
    }
}
