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
 */
public record ApiKey(
        String id,
        String tenant,
        Set<String> models,
        @Nullable Instant expires,
        int priority) {
    public ApiKey {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(tenant, "tenant");
        models = Set.copyOf(models);
    }

    /** Whether requests with this key may name the model. */
    public boolean mayUse(String model) {
        return models.isEmpty() || models.contains(model);
    }
}
