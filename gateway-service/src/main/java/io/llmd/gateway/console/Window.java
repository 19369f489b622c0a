package io.llmd.gateway.console;

import java.util.Map;
import java.util.TreeMap;

/**
 * Requests that ended within the last seconds. Windows of several gateways add up.
 *
 * @param seconds how long it is
 * @param ended requests that are over
 * @param failed those that an endpoint, the gateway or an eviction broke
 * @param refused those that were refused, without those that were no good
 * @param left those whose client went away
 * @param inputTokens tokens of their prompts
 * @param cachedTokens those of them that came from caches
 * @param outputTokens generated tokens
 * @param firstByte times to the first byte
 * @param perToken times per token after the first
 * @param endpoints the same by endpoint
 */
record Window(
        double seconds,
        long ended,
        long failed,
        long refused,
        long left,
        long inputTokens,
        long cachedTokens,
        long outputTokens,
        Distribution firstByte,
        Distribution perToken,
        Map<String, OfEndpoint> endpoints) {

    /** Nothing has ended. */
    static final Window EMPTY =
            new Window(1, 0, 0, 0, 0, 0, 0, 0, Distribution.EMPTY, Distribution.EMPTY, new TreeMap<>());

    Window {
        endpoints = new TreeMap<>(endpoints);
    }

    /**
     * What an endpoint did.
     *
     * @param ended tries that are over
     * @param failed those that failed
     * @param inputTokens tokens of prompts
     * @param cachedTokens those of them that came from its cache
     * @param outputTokens generated tokens
     * @param firstByte times to the first byte
     */
    record OfEndpoint(
            long ended, long failed, long inputTokens, long cachedTokens, long outputTokens, Distribution firstByte) {

        OfEndpoint plus(OfEndpoint other) {
            return new OfEndpoint(
                    ended + other.ended,
                    failed + other.failed,
                    inputTokens + other.inputTokens,
                    cachedTokens + other.cachedTokens,
                    outputTokens + other.outputTokens,
                    sum(firstByte, other.firstByte));
        }
    }

    private static Distribution sum(Distribution one, Distribution other) {
        Distribution.Builder both = new Distribution.Builder();
        both.addAll(one);
        both.addAll(other);
        return both.build();
    }

    /** Both together. */
    Window plus(Window other) {
        Map<String, OfEndpoint> both = new TreeMap<>(endpoints);
        other.endpoints.forEach((id, more) -> both.merge(id, more, OfEndpoint::plus));
        return new Window(
                Math.max(seconds, other.seconds),
                ended + other.ended,
                failed + other.failed,
                refused + other.refused,
                left + other.left,
                inputTokens + other.inputTokens,
                cachedTokens + other.cachedTokens,
                outputTokens + other.outputTokens,
                sum(firstByte, other.firstByte),
                sum(perToken, other.perToken),
                both);
    }
}
