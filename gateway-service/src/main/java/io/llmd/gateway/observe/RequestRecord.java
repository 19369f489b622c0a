package io.llmd.gateway.observe;

import java.util.List;

/**
 * A request that is over, without anything of its text. Times count from its head.
 *
 * @param requestId its id, which the client got too
 * @param route route in lower case
 * @param model name of a known model, or {@code unknown}
 * @param streaming whether events were asked for
 * @param keyId public part of the key
 * @param tenant whom the key belongs to
 * @param priority priority of the key
 * @param outcome how it ended, as the meters name it
 * @param code error code in lower case, {@code none} when there was none
 * @param bodyBytes size of its body
 * @param promptTokens tokens as the endpoint counted them, -1 when it did not
 * @param cachedTokens those of them that came from a cache, -1 when not known
 * @param outputTokens generated tokens; events with content where the endpoint did not count them; -1 when not known
 * @param receivedMicros when the whole body was there, 0 when it never was
 * @param attempts tries at endpoints, in order
 * @param firstByteMicros first byte of the answer's body, 0 when there was none
 * @param durationMicros end of the answer
 */
public record RequestRecord(
        String requestId,
        String route,
        String model,
        boolean streaming,
        String keyId,
        String tenant,
        int priority,
        String outcome,
        String code,
        long bodyBytes,
        int promptTokens,
        int cachedTokens,
        int outputTokens,
        long receivedMicros,
        List<Attempt> attempts,
        long firstByteMicros,
        long durationMicros) {
    public RequestRecord {
        attempts = List.copyOf(attempts);
    }

    /**
     * One try at an endpoint.
     *
     * @param askedMicros when the scheduler was asked
     * @param sentMicros when the request was sent to the endpoint
     * @param endedMicros when the try was over
     * @param endpoint id of the endpoint that was to answer
     * @param result {@code ok}, or how it failed, as the meters name it
     */
    public record Attempt(long askedMicros, long sentMicros, long endedMicros, String endpoint, String result) {}

    /** Id of the endpoint that was tried last, empty when none was. */
    public String endpoint() {
        return attempts.isEmpty() ? "" : attempts.getLast().endpoint();
    }
}
