package io.llmd.gateway.observe;

import io.llmd.contracts.schedule.TokenUsage;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Map;

/** The spans of one request. Used by the event loop of its connection; nothing blocks. */
public interface RequestTrace {

    /** Of a request that nobody traces: does nothing, and allocates nothing. */
    RequestTrace NONE = new RequestTrace() {};

    /** The scheduler is asked; {@code headers} tell it the span that its own ones belong to. */
    default void scheduling(Map<String, String> headers) {}

    /**
     * The scheduler has answered.
     *
     * @param outcome endpoint, or reason of a rejection
     */
    default void scheduled(String outcome) {}

    /**
     * An endpoint is asked.
     *
     * @param headers for the endpoint, which stay as they are
     * @return the same with the span that the endpoint's own ones belong to
     */
    default HttpHeaders attempt(HttpHeaders headers, String endpointId) {
        return headers;
    }

    /** The first bytes of the answer's body have come. */
    default void answered() {}

    /**
     * The attempt is over.
     *
     * @param result as in the meter of attempts
     * @param status of the endpoint's answer, 0 when there was none
     */
    default void attemptEnded(String result, int status) {}

    /**
     * The request is over.
     *
     * @param code error code, {@code none} when there was none
     */
    default void ended(String model, RequestOutcome outcome, String code, TokenUsage usage) {}
}
