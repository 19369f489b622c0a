package io.llmd.launcher.bench;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc.ExternalProcessorImplBase;
import io.envoyproxy.envoy.service.ext_proc.v3.HeaderMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.HeadersResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.StreamedBodyResponse;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * What the protocol alone costs with the same libraries: sends every request to the first endpoint and every byte back, and
 * reads nothing.
 */
final class ExtProcFloor extends ExternalProcessorImplBase {

    private static final int MOST_PIECE_BYTES = 62_000;
    private static final int WINDOW_BYTES = 1 << 20;

    private final HeadersResponse head;

    private ExtProcFloor(String destination) {
        head = HeadersResponse.newBuilder()
                .setResponse(CommonResponse.newBuilder()
                        .setClearRouteCache(true)
                        .setHeaderMutation(HeaderMutation.newBuilder()
                                .addSetHeaders(HeaderValueOption.newBuilder()
                                        .setHeader(HeaderValue.newBuilder()
                                                .setKey("x-gateway-destination-endpoint")
                                                .setRawValue(ByteString.copyFromUtf8(destination))))))
                .build();
    }

    /** Serves until it is killed. @param args port, and port of the endpoint */
    public static void main(String[] args) throws IOException, InterruptedException {
        int port = Integer.parseInt(args[0]);
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .directExecutor()
                .flowControlWindow(WINDOW_BYTES)
                .addService(new ExtProcFloor("127.0.0.1:" + args[1]))
                .build()
                .start()
                .awaitTermination();
    }

    @Override
    public StreamObserver<ProcessingRequest> process(StreamObserver<ProcessingResponse> proxy) {
        return new StreamObserver<>() {
            private ByteString body = ByteString.EMPTY;

            @Override
            public void onNext(ProcessingRequest message) {
                if (message.hasRequestBody()) {
                    body = body.concat(message.getRequestBody().getBody());
                    if (message.getRequestBody().getEndOfStream()) {
                        proxy.onNext(ProcessingResponse.newBuilder()
                                .setRequestHeaders(head)
                                .build());
                        echo(body, proxy);
                    }
                } else if (message.hasResponseHeaders()) {
                    proxy.onNext(ProcessingResponse.newBuilder()
                            .setResponseHeaders(HeadersResponse.getDefaultInstance())
                            .build());
                } else if (message.hasResponseBody()) {
                    HttpBody piece = message.getResponseBody();
                    proxy.onNext(ProcessingResponse.newBuilder()
                            .setResponseBody(streamed(piece.getBody(), piece.getEndOfStream()))
                            .build());
                }
            }

            @Override
            public void onError(Throwable failure) {}

            @Override
            public void onCompleted() {
                proxy.onCompleted();
            }
        };
    }

    private static void echo(ByteString body, StreamObserver<ProcessingResponse> proxy) {
        for (int from = 0; from < body.size(); from += MOST_PIECE_BYTES) {
            int to = Math.min(body.size(), from + MOST_PIECE_BYTES);
            proxy.onNext(ProcessingResponse.newBuilder()
                    .setRequestBody(streamed(body.substring(from, to), to == body.size()))
                    .build());
        }
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
}
