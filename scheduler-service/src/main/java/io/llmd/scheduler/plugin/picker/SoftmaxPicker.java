package io.llmd.scheduler.plugin.picker;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.Picker;
import org.springframework.stereotype.Component;

/**
 * Draws without replacement, each candidate with probability {@code exp(-gap / temperature)} over their sum, where the gap is
 * its distance from the best total as a share of the range of totals. So the temperature means the same whatever the weights
 * are, and schedulers that see the same totals do not all choose the same endpoint, as the router of NVIDIA Dynamo does.
 * Totals that are all equal are drawn uniformly; temperature 0 takes the best.
 */
final class SoftmaxPicker implements Picker {

    /**
     * @param temperature 0 for the best, higher for more chance; finite
     * @param maxNumOfEndpoints how many endpoints to pick, the others being fallbacks; 1 when not positive
     */
    record Params(
            @Default("0.5") double temperature,
            @Default("1") int maxNumOfEndpoints) {
        Params {
            if (!(temperature >= 0) || Double.isInfinite(temperature)) {
                throw new IllegalArgumentException("temperature: " + temperature + " (expected: finite, >= 0)");
            }
            maxNumOfEndpoints = Math.max(1, maxNumOfEndpoints);
        }
    }

    private final double temperature;
    private final int count;

    SoftmaxPicker(Params params) {
        temperature = params.temperature();
        count = params.maxNumOfEndpoints();
    }

    @Override
    public int[] pick(InferenceRequest request, Candidates candidates, double[] totals) {
        double best = Double.NEGATIVE_INFINITY;
        double worst = Double.POSITIVE_INFINITY;
        for (double total : totals) {
            best = Math.max(best, total);
            worst = Math.min(worst, total);
        }
        double scale = (best - worst) * temperature;
        double[] keys = new double[totals.length];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = temperature == 0
                    ? totals[i]
                    : (scale == 0 ? 0.0 : (totals[i] - best) / scale)
                            + gumbel(request.random().nextDouble());
        }
        return Choice.highest(keys, count, request.random());
    }

    /** The largest of logits with such noise added is a draw from their softmax. */
    private static double gumbel(double uniform) {
        return -Math.log(-Math.log1p(-uniform) + Double.MIN_NORMAL);
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "softmax-picker";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Picker create(String name, Params params) {
            return new SoftmaxPicker(params);
        }
    }
}
