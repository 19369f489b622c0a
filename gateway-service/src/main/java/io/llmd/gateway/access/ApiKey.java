package io.llmd.gateway.access;

import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One API key as the gateway knows it: everything but the key.
 *
 * @param id public part, fit for logs
 * @param tenant whom it belongs to
 * @param models models that it may use; empty for all
 * @param expires from when on it is refused; {@code null} for never
 * @param priority priority of its requests, higher is more important, negative may be shed
 * @param allowance what it may use
 * @param tenantAllowance what all keys of its tenant may use together
 */
public record ApiKey(
        String id,
        String tenant,
        Set<String> models,
        @Nullable Instant expires,
        int priority,
        Allowance allowance,
        Allowance tenantAllowance) {
    public ApiKey {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(allowance, "allowance");
        Objects.requireNonNull(tenantAllowance, "tenantAllowance");
        models = Set.copyOf(models);
    }

    /** A key without limits. */
    public static ApiKey unlimited(
            String id, String tenant, Set<String> models, @Nullable Instant expires, int priority) {
        return new ApiKey(id, tenant, models, expires, priority, Allowance.UNLIMITED, Allowance.UNLIMITED);
    }

    /** The same key of a tenant that may use something else. */
    ApiKey withTenantAllowance(Allowance other) {
        return new ApiKey(id, tenant, models, expires, priority, allowance, other);
    }

    /** Whether requests with this key may name the model. */
    public boolean mayUse(String model) {
        return models.isEmpty() || models.contains(model);
    }
}
