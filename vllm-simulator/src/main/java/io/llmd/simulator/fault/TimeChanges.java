package io.llmd.simulator.fault;

import io.llmd.simulator.config.ConstantTime;
import io.llmd.simulator.config.ConstantTimes;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.LatencyModel;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Constant step times in the place of those that an engine was started with.
 *
 * @param nanos times that are changed
 * @param factorUnderLoad the other factor on the steps of a full batch; absent for the one from the start
 */
public record TimeChanges(
        Map<ConstantTime, Long> nanos, @Nullable Double factorUnderLoad) {
    /** All times are those from the start. */
    public static final TimeChanges NONE = new TimeChanges(Map.of(), null);

    public TimeChanges {
        nanos = nanos.isEmpty() ? Map.of() : Collections.unmodifiableMap(new EnumMap<>(nanos));
        if (factorUnderLoad != null && (!(factorUnderLoad >= 1) || factorUnderLoad.isInfinite())) {
            throw new IllegalArgumentException("time-factor-under-load: " + factorUnderLoad + " (expected: >= 1)");
        }
    }

    /** With another time; null for the one from the start. */
    TimeChanges with(ConstantTime time, @Nullable Long value) {
        Map<ConstantTime, Long> next = new EnumMap<>(ConstantTime.class);
        next.putAll(nanos);
        if (value == null) {
            next.remove(time);
        } else {
            next.put(time, value);
        }
        return new TimeChanges(next, factorUnderLoad);
    }

    /** With another factor; null for the one from the start. */
    TimeChanges withFactorUnderLoad(@Nullable Double value) {
        return new TimeChanges(nanos, value);
    }

    /**
     * How long the steps of an engine take.
     *
     * @param started what it was started with
     * @throws IllegalArgumentException if times are changed and it was not started with constant ones
     */
    public LatencyModel on(EngineSettings started) {
        if (equals(NONE)) {
            return started.latency();
        }
        ConstantTimes usual = ConstantTimes.of(started)
                .orElseThrow(() -> new IllegalArgumentException("step times: "
                        + started.latency()
                        + " (expected: an engine that was started with constant ones, see latency-model,"
                        + " for these to change)"));
        Map<ConstantTime, Long> times = new EnumMap<>(ConstantTime.class);
        times.putAll(usual.nanos());
        times.putAll(nanos);
        return new ConstantTimes(
                        times, factorUnderLoad == null ? usual.factorUnderLoad() : factorUnderLoad, usual.fullBatch())
                .model();
    }
}
