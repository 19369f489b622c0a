package io.llmd.gateway.edge;

import java.time.Duration;
import java.util.Set;

/**
 * Bounds and manners of the edge.
 *
 * @param limits what a request may weigh
 * @param timeouts how long each step may take
 * @param trustedProxies peers whose control headers are believed
 * @param openAccess whether requests need no key
 * @param corsOrigins origins of browser pages that may call; empty for none
 * @param exposeEndpoint whether answers name the endpoint that served them, for trials
 * @param relayEndpointErrors whether bodies of an endpoint's 5xx go to the client
 * @param refuseTransferParams whether a body with parameters of KV transfer is refused rather than cleaned
 * @param maxFurtherEndpoints endpoints that may be tried after the first
 * @param assumedOutputTokens output counted against limits while a request without a bound of its own is under way
 * @param place where this process stands
 */
public record EdgeSettings(
        Limits limits,
        Timeouts timeouts,
        AddressRanges trustedProxies,
        boolean openAccess,
        Set<String> corsOrigins,
        boolean exposeEndpoint,
        boolean relayEndpointErrors,
        boolean refuseTransferParams,
        int maxFurtherEndpoints,
        int assumedOutputTokens,
        Place place) {

    /**
     * @param requestLineBytes first line of a request
     * @param headerBytes all headers together
     * @param headers number of headers
     * @param bodyBytes body of one request
     * @param heldBodyBytes bodies of all requests together
     * @param connections open connections of clients
     * @param connectionsPerAddress of those, from one address
     * @param writeBufferBytes answer bytes that wait for one slow client
     * @param heldAnswerBytes answers up to this size are sent only when they are complete
     * @param answerBytes answer that is no stream
     */
    public record Limits(
            int requestLineBytes,
            int headerBytes,
            int headers,
            int bodyBytes,
            long heldBodyBytes,
            int connections,
            int connectionsPerAddress,
            int writeBufferBytes,
            int heldAnswerBytes,
            long answerBytes) {}

    /**
     * @param header from the first byte of a request to the end of its headers
     * @param bodyGap between two parts of a body
     * @param body for a whole body, plus {@code bodyPerMebibyte} for each MiB received
     * @param bodyPerMebibyte see {@code body}
     * @param keepAlive idle connection
     * @param queue from asking the scheduler to its decision
     * @param firstByte from sending to the first byte of the answer's body
     * @param gap between two parts of an answer
     * @param writeGap client does not read
     * @param request whole request
     * @param keepAliveComment silence after which a comment is sent into a stream
     */
    public record Timeouts(
            Duration header,
            Duration bodyGap,
            Duration body,
            Duration bodyPerMebibyte,
            Duration keepAlive,
            Duration queue,
            Duration firstByte,
            Duration gap,
            Duration writeGap,
            Duration request,
            Duration keepAliveComment) {}
}
