package io.llmd.scheduler.api.extproc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption.HeaderAppendAction;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.HeaderMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.HeadersResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.StreamedBodyResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.TrailersResponse;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Makes the messages that a proxy gets. */
final class Messages {

    /** Proxies want pieces well below 64 KiB. */
    static final int MOST_PIECE_BYTES = 62_000;

    static final ProcessingResponse REQUEST_TRAILERS = ProcessingResponse.newBuilder()
            .setRequestTrailers(TrailersResponse.getDefaultInstance())
            .build();
    static final ProcessingResponse RESPONSE_TRAILERS = ProcessingResponse.newBuilder()
            .setResponseTrailers(TrailersResponse.getDefaultInstance())
            .build();

    /** Goes on with the head as it is; the body is yet to come. */
    static final ProcessingResponse REQUEST_HEAD_AS_IT_IS = ProcessingResponse.newBuilder()
            .setRequestHeaders(HeadersResponse.newBuilder().setResponse(CommonResponse.getDefaultInstance()))
            .build();

    private Messages() {}

    /** One header that takes the place of all of its name. */
    static HeaderValueOption header(String name, String value) {
        return HeaderValueOption.newBuilder()
                .setHeader(HeaderValue.newBuilder().setKey(name).setRawValue(ByteString.copyFromUtf8(value)))
                .setAppendAction(HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD)
                .build();
    }

    /** Metadata with one text. */
    static Struct metadata(String namespace, String key, String value) {
        Struct fields = Struct.newBuilder()
                .putFields(key, Value.newBuilder().setStringValue(value).build())
                .build();
        return Struct.newBuilder()
                .putFields(namespace, Value.newBuilder().setStructValue(fields).build())
                .build();
    }

    static ProcessingResponse requestHead(HeaderMutation changes, Struct metadata) {
        return ProcessingResponse.newBuilder()
                .setRequestHeaders(HeadersResponse.newBuilder()
                        .setResponse(CommonResponse.newBuilder()
                                .setHeaderMutation(changes)
                                .setClearRouteCache(true)))
                .setDynamicMetadata(metadata)
                .build();
    }

    /**
     * The answer to a body that came as one piece, with what a head could not say yet.
     *
     * @param changed the body to send in its place; {@code null} for the same
     */
    static ProcessingResponse requestBodyWithHead(
            HeaderMutation changes, Struct metadata, @Nullable ByteString changed) {
        CommonResponse.Builder common =
                CommonResponse.newBuilder().setHeaderMutation(changes).setClearRouteCache(true);
        if (changed != null) {
            common.setBodyMutation(BodyMutation.newBuilder().setBody(changed));
        }
        return ProcessingResponse.newBuilder()
                .setRequestBody(BodyResponse.newBuilder().setResponse(common))
                .setDynamicMetadata(metadata)
                .build();
    }

    static ProcessingResponse responseHead(HeaderMutation changes) {
        return ProcessingResponse.newBuilder()
                .setResponseHeaders(HeadersResponse.newBuilder()
                        .setResponse(CommonResponse.newBuilder().setHeaderMutation(changes)))
                .build();
    }

    /** A body in pieces, at least one. */
    static void requestBody(ByteString body, boolean isEnd, Consumer<ProcessingResponse> out) {
        cut(
                body,
                isEnd,
                piece -> out.accept(
                        ProcessingResponse.newBuilder().setRequestBody(piece).build()));
    }

    /** The same of an answer. */
    static void responseBody(ByteString body, boolean isEnd, Consumer<ProcessingResponse> out) {
        cut(
                body,
                isEnd,
                piece -> out.accept(
                        ProcessingResponse.newBuilder().setResponseBody(piece).build()));
    }

    private static void cut(ByteString body, boolean isEnd, Consumer<BodyResponse> out) {
        int from = 0;
        do {
            int to = Math.min(body.size(), from + MOST_PIECE_BYTES);
            out.accept(streamed(body.substring(from, to), isEnd && to == body.size()));
            from = to;
        } while (from < body.size());
    }

    private static BodyResponse streamed(ByteString piece, boolean isEnd) {
        return BodyResponse.newBuilder()
                .setResponse(CommonResponse.newBuilder()
                        .setBodyMutation(BodyMutation.newBuilder()
                                .setStreamedResponse(StreamedBodyResponse.newBuilder()
                                        .setBody(piece)
                                        .setEndOfStream(isEnd))))
                .build();
    }

    /** The answer to one piece of an answer's body, for proxies that wait for it. */
    static ProcessingResponse responsePiece(@Nullable ByteString changed) {
        CommonResponse.Builder common = CommonResponse.newBuilder();
        if (changed != null) {
            common.setBodyMutation(BodyMutation.newBuilder().setBody(changed));
        }
        return ProcessingResponse.newBuilder()
                .setResponseBody(BodyResponse.newBuilder().setResponse(common))
                .build();
    }
}
