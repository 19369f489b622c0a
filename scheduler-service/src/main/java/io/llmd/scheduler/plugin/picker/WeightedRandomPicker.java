package io.llmd.scheduler.plugin.picker;

import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.Picker;
import org.springframework.stereotype.Component;

/**
 * Draws without replacement, the first with probability {@code total / sum of totals}. Candidates whose total is not
 * positive come after all others, in random order. The draw takes the largest of {@code u^(1/total)} (Efraimidis and
 * Spirakis, "Weighted random sampling with a reservoir", 2006), here as logarithms.
 */
final class WeightedRandomPicker implements Picker {

    private final int count;

    WeightedRandomPicker(PickerParams params) {
        count = params.maxNumOfEndpoints();
    }

    @Override
    public int[] pick(InferenceRequest request, Candidates candidates, double[] totals) {
        double[] keys = new double[totals.length];
        for (int i = 0; i < keys.length; i++) {
            double uniform = 1.0 - request.random().nextDouble();
            keys[i] = totals[i] > 0 ? Math.log(uniform) / totals[i] : Double.NEGATIVE_INFINITY;
        }
        return Choice.highest(keys, count, request.random());
    }

    @Component
    static final class Factory implements PluginFactory<PickerParams> {
        @Override
        public String type() {
            return "weighted-random-picker";
        }

        @Override
        public Class<PickerParams> paramsType() {
            return PickerParams.class;
        }

        @Override
        public Picker create(String name, PickerParams params) {
            return new WeightedRandomPicker(params);
        }
    }
}
