package io.llmd.simulator.config;

import io.llmd.simulator.engine.LatencyModel;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The step times as they are being chosen: a model, or constants. Not thread-safe. */
final class LatencyDraft {
    private final Map<ConstantTime, Long> constants = new EnumMap<>(ConstantTime.class);
    private @Nullable LatencyModel model;
    private boolean constant;
    private LatencyCalculator calculator = LatencyCalculator.WHAT_IS_GIVEN;
    private double factorUnderLoad = 1;

    /** Takes the place of all that was chosen before. */
    void replace(LatencyModel value) {
        constants.clear();
        constant = false;
        model = value;
    }

    /** Chooses a model; constants that are given beside it are a contradiction. */
    void model(LatencyModel value) {
        model = value;
    }

    void constant() {
        if (model instanceof LatencyModel.Constant given) {
            ConstantTimes.times(given).forEach(constants::putIfAbsent);
            model = null;
        }
        constant = true;
    }

    void constant(ConstantTime time, long nanos) {
        constant();
        constants.put(time, nanos);
    }

    void calculator(LatencyCalculator value) {
        calculator = value;
    }

    void factorUnderLoad(double value) {
        factorUnderLoad = value;
    }

    boolean isChosen() {
        return constant || model != null;
    }

    LatencyModel build(int maxNumSeqs) {
        if (constant && model != null) {
            throw new IllegalArgumentException(
                    "a latency model is given, and constant times, too (expected: one of both)");
        }
        if (!constant) {
            requireNoVariation();
            return model == null ? LatencyModel.Compact.LLAMA_8B_H100 : model;
        }
        return new ConstantTimes(constants, factorUnderLoad, maxNumSeqs).model(calculator);
    }

    void requireNoVariation() {
        if (factorUnderLoad != 1 || calculator != LatencyCalculator.WHAT_IS_GIVEN) {
            throw new IllegalArgumentException("time-factor-under-load and latency-calculator are for constant times"
                    + " (expected: latency-model constant, or none of both)");
        }
    }
}
