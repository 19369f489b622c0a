package io.llmd.simulator.config;

import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.LatencyModel;
import io.llmd.simulator.engine.VariedLatency;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * The constant times of an engine's steps by their names.
 *
 * @param nanos times that are given; the others are 0
 * @param factorUnderLoad {@link VariedLatency#factorUnderLoad()}
 * @param fullBatch {@link VariedLatency#fullBatch()}
 */
public record ConstantTimes(Map<ConstantTime, Long> nanos, double factorUnderLoad, int fullBatch) {
    public ConstantTimes {
        nanos = nanos.isEmpty() ? Map.of() : Collections.unmodifiableMap(new EnumMap<>(nanos));
    }

    /** The constant times that an engine is started with; absent if its steps are modelled otherwise. */
    public static Optional<ConstantTimes> of(EngineSettings engine) {
        return switch (engine.latency()) {
            case LatencyModel.Constant mean -> Optional.of(new ConstantTimes(times(mean), 1, engine.maxNumSeqs()));
            case VariedLatency varied -> {
                Map<ConstantTime, Long> times = times(varied.mean());
                times.put(ConstantTime.TIME_TO_FIRST_TOKEN_STD_DEV, varied.firstTokenDeviationNanos());
                times.put(ConstantTime.INTER_TOKEN_LATENCY_STD_DEV, varied.interTokenDeviationNanos());
                times.put(ConstantTime.PREFILL_TIME_STD_DEV, varied.prefillDeviationNanos());
                yield Optional.of(new ConstantTimes(times, varied.factorUnderLoad(), varied.fullBatch()));
            }
            default -> Optional.empty();
        };
    }

    static Map<ConstantTime, Long> times(LatencyModel.Constant mean) {
        Map<ConstantTime, Long> times = new EnumMap<>(ConstantTime.class);
        times.put(ConstantTime.TIME_TO_FIRST_TOKEN, mean.timeToFirstTokenNanos());
        times.put(ConstantTime.INTER_TOKEN_LATENCY, mean.interTokenLatencyNanos());
        times.put(ConstantTime.PREFILL_OVERHEAD, mean.prefillOverheadNanos());
        times.put(ConstantTime.PREFILL_TIME_PER_TOKEN, mean.prefillTimePerTokenNanos());
        return times;
    }

    /** The model of these times; a deviation counts as far as its mean allows it. */
    public LatencyModel model() {
        Map<ConstantTime, Long> allowed = new EnumMap<>(ConstantTime.class);
        allowed.putAll(nanos);
        limit(allowed, ConstantTime.TIME_TO_FIRST_TOKEN_STD_DEV, ConstantTime.TIME_TO_FIRST_TOKEN);
        limit(allowed, ConstantTime.INTER_TOKEN_LATENCY_STD_DEV, ConstantTime.INTER_TOKEN_LATENCY);
        return new ConstantTimes(allowed, factorUnderLoad, fullBatch).model(LatencyCalculator.WHAT_IS_GIVEN);
    }

    private void limit(Map<ConstantTime, Long> times, ConstantTime deviation, ConstantTime mean) {
        times.put(deviation, Math.min(nanos(deviation), (long) (VariedLatency.LARGEST_SHARE * nanos(mean))));
    }

    /** @throws IllegalArgumentException if a deviation is larger than its mean allows it */
    LatencyModel model(LatencyCalculator calculator) {
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
                fullBatch);
        return varied.equals(new VariedLatency(mean, 0, 0, 0, 1, fullBatch)) ? mean : varied;
    }

    private long nanos(ConstantTime time) {
        return nanos.getOrDefault(time, 0L);
    }
}
