package io.llmd.scheduler.plugin.picker;

import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.Picker;
import org.springframework.stereotype.Component;

/**
 * Picks the highest totals, best first; ties in random order. O(n) for one endpoint.
 */
final class MaxScorePicker implements Picker {

    private final int count;

    MaxScorePicker(PickerParams params) {
        count = params.maxNumOfEndpoints();
    }

    @Override
    public int[] pick(InferenceRequest request, Candidates candidates, double[] totals) {
        return Choice.highest(totals, count, request.random());
    }

    @Component
    static final class Factory implements PluginFactory<PickerParams> {
        @Override
        public String type() {
            return "max-score-picker";
        }

        @Override
        public Class<PickerParams> paramsType() {
            return PickerParams.class;
        }

        @Override
        public Picker create(String name, PickerParams params) {
            return new MaxScorePicker(params);
        }
    }
}
