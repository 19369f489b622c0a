package io.llmd.gateway.edge;

import io.llmd.openai.ApiRoute;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;

/**
 * The head of a request to an inference route, checked and cleaned.
 *
 * @param route where it was posted
 * @param requestId id of the request, safe to be sent and logged
 * @param http11 whether the client understands chunked answers
 * @param keepAlive whether the client wants to keep the connection
 * @param headers what may be sent on to an endpoint
 * @param schedulingHeaders what only the scheduler may read besides, lower-case names
 * @param authorization all values of the authorization header
 * @param contentLength announced length of the body, -1 for chunked ones
 * @param contentType value of the content type, empty when absent
 * @param contentEncoding value of the content encoding, empty when absent
 * @param expect value of {@code expect}, empty when absent
 * @param origin value of {@code origin}, empty when absent
 * @param peer address of the client
 * @param isTrusted whether a trusted proxy sends it
 */
record RequestHead(
        ApiRoute route,
        String requestId,
        boolean http11,
        boolean keepAlive,
        HttpHeaders headers,
        Map<String, String> schedulingHeaders,
        List<String> authorization,
        long contentLength,
        String contentType,
        String contentEncoding,
        String expect,
        String origin,
        InetAddress peer,
        boolean isTrusted) {}
