package io.llmd.gateway.observe;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Meters of tenants. So many at a time have series of their own, the others are counted together as {@code other}; series of a
 * tenant go when it is forgotten, and leave their place to another one. Thread-safe.
 */
final class TenantMeters {

    static final int MOST_TENANTS = 200;

    private static final String TENANT = "tenant";
    private static final String OTHER = "other";

    private final MeterRegistry registry;
    private final Counter other;
    private final ConcurrentHashMap<String, Counter> tokens = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Meter> budgets = new ConcurrentHashMap<>();

    TenantMeters(MeterRegistry registry) {
        this.registry = registry;
        other = tokens(OTHER);
    }

    private Counter tokens(String label) {
        return registry.counter(GatewayMeters.TENANT_TOKENS.getName(), TENANT, label);
    }

    void used(String tenant, long used) {
        Counter known = tokens.get(tenant);
        if (known == null) {
            boolean isCounted = tokens.size() < MOST_TENANTS && !tenant.equals(OTHER);
            known = isCounted ? tokens.computeIfAbsent(tenant, this::tokens) : other;
        }
        known.increment(used);
    }

    void watchBudget(String tenant, DoubleSupplier left) {
        budgets.computeIfAbsent(
                tenant,
                label -> Gauge.builder(GatewayMeters.BUDGET_LEFT.getName(), left::getAsDouble)
                        .tag(TENANT, label)
                        .strongReference(true)
                        .register(registry));
    }

    /** Takes the series of a tenant away until it is heard of again. */
    void forget(String tenant) {
        tokens.computeIfPresent(tenant, (name, meter) -> removed(meter));
        budgets.computeIfPresent(tenant, (name, meter) -> removed(meter));
    }

    /** Within the map's own lock, so that nobody finds a meter in the registry that goes at once. */
    private <M extends Meter> @Nullable M removed(M meter) {
        registry.remove(meter);
        return null;
    }
}
