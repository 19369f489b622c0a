package io.llmd.simulator.config;

import io.llmd.simulator.engine.LatencyModel;
import io.llmd.simulator.engine.VariedLatency;
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
            constants.putIfAbsent(ConstantTime.TIME_TO_FIRST_TOKEN, given.timeToFirstTokenNanos());
            constants.putIfAbsent(ConstantTime.INTER_TOKEN_LATENCY, given.interTokenLatencyNanos());
            constants.putIfAbsent(ConstantTime.PREFILL_OVERHEAD, given.prefillOverheadNanos());
            constants.putIfAbsent(ConstantTime.PREFILL_TIME_PER_TOKEN, given.prefillTimePerTokenNanos());
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
        boolean first = switch (calculator) {
            case CONSTANT -> true;
            case PER_TOKEN -> false;
            case WHAT_IS_GIVEN ->
                nanos(ConstantTime.TIME_TO_FIRST_TOKEN) > 0 || nanos(ConstantTime.TIME_TO_FIRST_TOKEN_STD_DEV) > 0;
        };
        LatencyModel.Constant mean = new LatencyModel.Constant(
                first ? nanos(ConstantTime.TIME_TO_FIRST_TOKEN) : 0,
                nanos(ConstantTime.INTER_TOKEN_LATENCY),
                first ? 0 : nanos(ConstantTime.PREFILL_OVERHEAD),
                first ? 0 : nanos(ConstantTime.PREFILL_TIME_PER_TOKEN));
        VariedLatency varied = new VariedLatency(
                mean,
                first ? nanos(ConstantTime.TIME_TO_FIRST_TOKEN_STD_DEV) : 0,
                nanos(ConstantTime.INTER_TOKEN_LATENCY_STD_DEV),
                first ? 0 : nanos(ConstantTime.PREFILL_TIME_STD_DEV),
                factorUnderLoad,
                maxNumSeqs);
        return varied.equals(new VariedLatency(mean, 0, 0, 0, 1, maxNumSeqs)) ? mean : varied;
    }

    void requireNoVariation() {
        if (factorUnderLoad != 1 || calculator != LatencyCalculator.WHAT_IS_GIVEN) {
            throw new IllegalArgumentException("time-factor-under-load and latency-calculator are for constant times"
                    + " (expected: latency-model constant, or none of both)");
        }
    }

    private long nanos(ConstantTime time) {
        return constants.getOrDefault(time, 0L);
    }
}
