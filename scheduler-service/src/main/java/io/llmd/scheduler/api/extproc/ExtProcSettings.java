package io.llmd.scheduler.api.extproc;

import java.time.Duration;
import java.util.Objects;

/**
 * What the door for proxies takes and where it writes.
 *
 * @param destinationNamespace namespace of the metadata that name the chosen endpoint, and of those that say who served
 * @param hintNamespace namespace of the metadata that say which endpoints are allowed
 * @param ignoresHints whether every endpoint of the pool is allowed, whatever hints say
 * @param maxBodyBytes largest body of a request; a larger one is refused with 413
 * @param maxStreams requests that may be under way at one time; further ones are refused with RESOURCE_EXHAUSTED
 * @param headTimeout how long a stream may be open before the head of its request comes
 */
public record ExtProcSettings(
        String destinationNamespace,
        String hintNamespace,
        boolean ignoresHints,
        int maxBodyBytes,
        int maxStreams,
        Duration headTimeout) {
    public ExtProcSettings {
        Objects.requireNonNull(destinationNamespace, "destinationNamespace");
        Objects.requireNonNull(hintNamespace, "hintNamespace");
        Objects.requireNonNull(headTimeout, "headTimeout");
        if (maxBodyBytes < 1 || maxStreams < 1) {
            throw new IllegalArgumentException("maxBodyBytes, maxStreams: not positive (expected: > 0)");
        }
    }
}
