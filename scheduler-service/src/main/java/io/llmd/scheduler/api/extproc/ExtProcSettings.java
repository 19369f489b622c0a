package io.llmd.scheduler.api.extproc;

import java.time.Duration;
import java.util.Objects;

/**
 * What the door for proxies takes and where it writes.
 *
 * @param destinationNamespace namespace of the metadata that name the chosen endpoint, and of those that say who served
 * @param hintNamespace namespace of the metadata that say which endpoints are allowed
 * @param ignoresHints whether every endpoint of the pool is allowed, whatever hints say
 * @param trustsControl whether headers that set priority, flow, model and profile count, which a proxy has to take from untrusted
 *     clients
 * @param trustsTokens whether token ids beside the messages of a chat count, which steer where prompts go and what is taken to be
 *     cached there; no proxy takes them from clients
 * @param maxBodyBytes largest body of a request; a larger one is refused with 413
 * @param maxStreams requests that may be under way at one time; further ones are refused with RESOURCE_EXHAUSTED
 * @param maxHeldBytes bodies of all requests that are not forwarded yet; a request beyond is refused with 429
 * @param headTimeout longest wait for a part of a request
 * @param requestTimeout longest time of a request from its head to the end of its answer
 */
public record ExtProcSettings(
        String destinationNamespace,
        String hintNamespace,
        boolean ignoresHints,
        boolean trustsControl,
        boolean trustsTokens,
        int maxBodyBytes,
        long maxHeldBytes,
        int maxStreams,
        Duration headTimeout,
        Duration requestTimeout) {
    public ExtProcSettings {
        Objects.requireNonNull(destinationNamespace, "destinationNamespace");
        Objects.requireNonNull(hintNamespace, "hintNamespace");
        Objects.requireNonNull(headTimeout, "headTimeout");
        Objects.requireNonNull(requestTimeout, "requestTimeout");
        requirePositive("maxBodyBytes", maxBodyBytes);
        requirePositive("maxHeldBytes", maxHeldBytes);
        requirePositive("maxStreams", maxStreams);
    }

    private static void requirePositive(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
        }
    }
}
