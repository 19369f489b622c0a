package io.llmd.scheduler.observe;

import io.llmd.scheduler.plugin.ResponseAttributes;
import io.micrometer.core.instrument.MeterRegistry;

/** Adds up the numbers that plugins work out about answers. Safe from any thread. */
public final class ResponseAttributeMeters implements ResponseAttributes {

    private final MeterRegistry registry;

    /** Registers meters at {@code registry}, one for each name that configurations give. */
    public ResponseAttributeMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    @Override
    public void reported(String requestId, String namespace, String name, double value) {
        registry.summary(SchedulerMeters.RESPONSE_ATTRIBUTES.getName(), "namespace", namespace, "name", name)
                .record(value);
    }
}
