package io.llmd.gateway.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TenantMetersTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final TenantMeters meters = new TenantMeters(registry);

    @Test
    void tenantsBeyondTheBoundAreCountedTogether() {
        for (int i = 0; i < TenantMeters.MOST_TENANTS + 3; i++) {
            meters.used("tenant-" + i, 10);
        }
        meters.used("tenant-0", 1);

        assertThat(used("tenant-0")).isEqualTo(11);
        assertThat(used("other")).isEqualTo(30);
        assertThat(registry.getMeters()).hasSize(TenantMeters.MOST_TENANTS + 1);
    }

    @Test
    void aForgottenTenantLeavesItsPlaceToAnother() {
        for (int i = 0; i < TenantMeters.MOST_TENANTS + 1; i++) {
            meters.used("tenant-" + i, 10);
        }
        meters.used("other", 1);
        meters.watchBudget("tenant-7", () -> 0.5);
        meters.forget("tenant-7");
        meters.used("new", 4);

        assertThat(used("new")).isEqualTo(4);
        assertThat(used("other")).isEqualTo(11);
        assertThat(registry.getMeters()).hasSize(TenantMeters.MOST_TENANTS + 1);
        assertThat(registry.getMeters().stream()
                        .map(meter -> meter.getId().getTag("tenant"))
                        .collect(Collectors.toSet()))
                .contains("new")
                .doesNotContain("tenant-7");
    }

    @Test
    void whoComesBackIsCountedFromTheStart() {
        meters.used("a", 5);
        meters.forget("a");
        meters.used("a", 2);
        meters.watchBudget("a", () -> 0.25);
        meters.forget("a");
        meters.forget("a");
        meters.watchBudget("a", () -> 0.75);

        assertThat(registry.get(GatewayMeters.BUDGET_LEFT.getName()).gauge().value())
                .isEqualTo(0.75);
        assertThat(registry.find(GatewayMeters.TENANT_TOKENS.getName())
                        .tag("tenant", "a")
                        .counter())
                .isNull();
    }

    private double used(String tenant) {
        Counter counter = registry.get(GatewayMeters.TENANT_TOKENS.getName())
                .tag("tenant", tenant)
                .counter();
        return counter.count();
    }
}
