package io.llmd.scheduler.observe;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;

/** A gauge with the value that it was last given. */
final class SettableGauge {

    private final MeterRegistry registry;
    private final Gauge gauge;
    private volatile double value;

    SettableGauge(MeterRegistry registry, String name, Tags tags) {
        this.registry = registry;
        gauge = Gauge.builder(name, this, holder -> holder.value).tags(tags).register(registry);
    }

    void set(double newValue) {
        value = newValue;
    }

    void remove() {
        registry.remove(gauge);
    }
}
