package io.llmd.scheduler.plugin.picker;

import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.Picker;
import org.springframework.stereotype.Component;

/**
 * Picks at random, whatever the totals.
 */
final class RandomPicker implements Picker {

    private final int count;

    RandomPicker(PickerParams params) {
        count = params.maxNumOfEndpoints();
    }

    @Override
    public int[] pick(InferenceRequest request, Candidates candidates, double[] totals) {
        return Choice.any(totals.length, count, request.random());
    }

    @Component
    static final class Factory implements PluginFactory<PickerParams> {
        @Override
        public String type() {
            return "random-picker";
        }

        @Override
        public Class<PickerParams> paramsType() {
            return PickerParams.class;
        }

        @Override
        public Picker create(String name, PickerParams params) {
            return new RandomPicker(params);
        }
    }
}
