package io.llmd.simulator.config;

import io.llmd.simulator.engine.LatencyModel;

/** The times of {@link LatencyModel.Constant}. */
public enum ConstantTime {
    /** Step of a whole uncached prompt. */
    TIME_TO_FIRST_TOKEN,
    /** Step that decodes. */
    INTER_TOKEN_LATENCY,
    /** Fixed part of a prompt. */
    PREFILL_OVERHEAD,
    /** Part of a prompt that grows with its uncached tokens. */
    PREFILL_TIME_PER_TOKEN;

    LatencyModel.Constant with(LatencyModel.Constant old, long nanos) {
        return new LatencyModel.Constant(
                this == TIME_TO_FIRST_TOKEN ? nanos : old.timeToFirstTokenNanos(),
                this == INTER_TOKEN_LATENCY ? nanos : old.interTokenLatencyNanos(),
                this == PREFILL_OVERHEAD ? nanos : old.prefillOverheadNanos(),
                this == PREFILL_TIME_PER_TOKEN ? nanos : old.prefillTimePerTokenNanos());
    }
}
