package io.llmd.gateway.disagg;

import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.openai.ApiRequest;
import io.netty.handler.codec.http.HttpHeaders;

/**
 * A request that a decision spreads over several endpoints.
 *
 * @param request what was understood of it
 * @param decision where it goes; the primary endpoint answers
 * @param requestId the client's id of it
 * @param headers the client's headers that may go on
 * @param body array that holds the body, not copied and not changed
 * @param length bytes of the body from the start of the array
 * @param leftNanos time that the whole request has left
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; a copy of each body is what this type avoids
public record SplitRequest(
        ApiRequest request,
        ScheduleDecision decision,
        String requestId,
        HttpHeaders headers,
        byte[] body,
        int length,
        long leftNanos) {}
