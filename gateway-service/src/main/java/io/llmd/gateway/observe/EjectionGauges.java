package io.llmd.gateway.observe;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** One gauge for each endpoint that ever failed and is still in the pool, and one for all of them. */
public final class EjectionGauges implements MeterBinder {

    private final Supplier<Set<String>> watched;
    private final Predicate<String> isOut;
    private final BooleanSupplier isPanic;
    private final Map<String, Meter> gauges = new ConcurrentHashMap<>();

    /**
     * @param watched endpoints that failed at some time
     * @param isOut whether one is ejected now
     * @param isPanic whether so many are that all are tried
     */
    public EjectionGauges(Supplier<Set<String>> watched, Predicate<String> isOut, BooleanSupplier isPanic) {
        this.watched = watched;
        this.isOut = isOut;
        this.isPanic = isPanic;
    }

    /** Registers gauges for endpoints that have none, and removes those of endpoints that are gone. */
    @Override
    public void bindTo(MeterRegistry registry) {
        if (registry.find(GatewayMeters.ENDPOINTS_PANIC.getName()).gauge() == null) {
            Gauge.builder(GatewayMeters.ENDPOINTS_PANIC.getName(), isPanic, panic -> panic.getAsBoolean() ? 1 : 0)
                    .strongReference(true)
                    .register(registry);
        }
        Set<String> now = watched.get();
        gauges.entrySet().removeIf(entry -> {
            boolean gone = !now.contains(entry.getKey());
            if (gone) {
                registry.remove(entry.getValue());
            }
            return gone;
        });
        for (String id : now) {
            gauges.computeIfAbsent(
                    id,
                    endpoint -> Gauge.builder(
                                    GatewayMeters.ENDPOINT_EJECTED.getName(), endpoint, e -> isOut.test(e) ? 1 : 0)
                            .tag("endpoint", endpoint)
                            .strongReference(true)
                            .register(registry));
        }
    }
}
