package io.llmd.simulator.config;

import io.llmd.simulator.engine.LatencyModel;
import io.llmd.simulator.engine.VariedLatency;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The times of {@link LatencyModel.Constant} and their deviations, see {@link VariedLatency}. */
public enum ConstantTime {
    /** Step of a whole uncached prompt. */
    TIME_TO_FIRST_TOKEN,
    /** Its standard deviation. */
    TIME_TO_FIRST_TOKEN_STD_DEV,
    /** Step that decodes. */
    INTER_TOKEN_LATENCY,
    /** Its standard deviation. */
    INTER_TOKEN_LATENCY_STD_DEV,
    /** Fixed part of a prompt. */
    PREFILL_OVERHEAD,
    /** Part of a prompt that grows with its uncached tokens. */
    PREFILL_TIME_PER_TOKEN,
    /** Standard deviation of both together. */
    PREFILL_TIME_STD_DEV;

    /** The name in options and JSON. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The time of that name, or absent. */
    public static Optional<ConstantTime> of(String name) {
        return Arrays.stream(values())
                .filter(time -> time.wireName().equals(name))
                .findFirst();
    }
}
