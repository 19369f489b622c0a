package io.llmd.contracts.schedule;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A client request that needs an endpoint. Over HTTP ({@code POST /v1/schedule}) the body is the HTTP body, byte for
 * byte, and everything else travels as headers of {@link io.llmd.contracts.header.LlmdHeader}.
 *
 * @param requestId id of the client request; equal for all its attempts
 * @param path path of the client request without query, such as {@code /v1/chat/completions}
 * @param headers request headers with lower-case names, already cleared of what clients must not set
 * @param body the client's bytes; not changed by who reads them, valid until the outcome is delivered; {@link #NO_BODY}
 *     for a request that has none, which is not the same as an empty one
 * @param excludedEndpoints ids of endpoints that earlier attempts of this request found unusable
 * @param known what is known of the body's array; read by the thread that asks, before {@code schedule} returns, and not sent over HTTP
 */
public record ScheduleRequest(
        String requestId,
        String path,
        Map<String, String> headers,
        ByteBuffer body,
        List<String> excludedEndpoints,
        KnownText known) {

    /** The body of a request without one, such as a GET. */
    public static final ByteBuffer NO_BODY = ByteBuffer.allocate(0).asReadOnlyBuffer();

    public ScheduleRequest {
        Objects.requireNonNull(requestId, "requestId");
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(headers, "headers");
        Objects.requireNonNull(body, "body");
        Objects.requireNonNull(known, "known");
        excludedEndpoints = List.copyOf(excludedEndpoints);
    }

    /** A request of whose body nothing is known. */
    public ScheduleRequest(
            String requestId,
            String path,
            Map<String, String> headers,
            ByteBuffer body,
            List<String> excludedEndpoints) {
        this(requestId, path, headers, body, excludedEndpoints, KnownText.NONE);
    }

    /** Whether the request has a body, be it an empty one. */
    @SuppressWarnings("ReferenceEquality") // an empty body equals it
    public boolean hasBody() {
        return body != NO_BODY;
    }
}
