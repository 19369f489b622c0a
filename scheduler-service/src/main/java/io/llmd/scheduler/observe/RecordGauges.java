package io.llmd.scheduler.observe;

import io.llmd.scheduler.explain.DecisionLog;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/** How much the records of decisions take. */
public final class RecordGauges {

    /** Registers the gauges. */
    public RecordGauges(MeterRegistry registry, DecisionLog log) {
        Gauge.builder(SchedulerMeters.RECORDS.getName(), log, DecisionLog::size).register(registry);
        Gauge.builder(SchedulerMeters.RECORDS_MEMORY.getName(), log, DecisionLog::sizeBytes)
                .baseUnit("bytes")
                .register(registry);
    }
}
