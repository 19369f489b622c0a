package io.llmd.scheduler.api.extproc;

import com.google.protobuf.ByteString;
import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.HeaderMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpTrailers;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.Channel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One stream as a proxy holds it. Answers are collected as they come. */
final class Proxy implements ClientResponseObserver<ProcessingRequest, ProcessingResponse> {

    private final List<ProcessingResponse> answers = new ArrayList<>();
    private @Nullable ClientCallStreamObserver<ProcessingRequest> stream;
    private @Nullable Throwable failure;
    private final boolean isReading;
    private boolean isCompleted;

    private Proxy(boolean isReading) {
        this.isReading = isReading;
    }

    static Proxy open(Channel channel) {
        return open(channel, true);
    }

    /** One that takes no more answers than {@link #take} asks for. */
    static Proxy openWithoutReading(Channel channel) {
        return open(channel, false);
    }

    private static Proxy open(Channel channel, boolean isReading) {
        Proxy proxy = new Proxy(isReading);
        ExternalProcessorGrpc.newStub(channel).process(proxy);
        return proxy;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<ProcessingRequest> requestStream) {
        stream = requestStream;
        if (!isReading) {
            requestStream.disableAutoRequestWithInitial(0);
        }
    }

    /** Takes further answers. */
    void take(int answers) {
        stream().request(answers);
    }

    @Override
    public synchronized void onNext(ProcessingResponse answer) {
        answers.add(answer);
    }

    @Override
    public synchronized void onError(Throwable error) {
        failure = error;
    }

    @Override
    public synchronized void onCompleted() {
        isCompleted = true;
    }

    /** What has come since the last call. */
    synchronized List<ProcessingResponse> answers() {
        List<ProcessingResponse> taken = List.copyOf(answers);
        answers.clear();
        return taken;
    }

    synchronized int waiting() {
        return answers.size();
    }

    synchronized @Nullable Throwable failure() {
        return failure;
    }

    synchronized boolean isCompleted() {
        return isCompleted;
    }

    private ClientCallStreamObserver<ProcessingRequest> stream() {
        ClientCallStreamObserver<ProcessingRequest> open = stream;
        if (open == null) {
            throw new IllegalStateException("not open");
        }
        return open;
    }

    Proxy send(ProcessingRequest.Builder message) {
        stream().onNext(message.build());
        return this;
    }

    void cancel() {
        stream().cancel("the client has left", null);
    }

    void halfClose() {
        stream().onCompleted();
    }

    /** The head of a POST, and headers after the path as name, value, name, value. */
    Proxy post(String path, String... headers) {
        return send(requestHead(
                false,
                headers(Stream.concat(
                                Stream.of(":method", "POST", ":path", path, "content-type", "application/json"),
                                Stream.of(headers))
                        .toArray(String[]::new))));
    }

    static ProcessingRequest.Builder requestHead(boolean isEnd, HeaderMap headers) {
        return ProcessingRequest.newBuilder()
                .setRequestHeaders(HttpHeaders.newBuilder().setHeaders(headers).setEndOfStream(isEnd));
    }

    static HeaderMap headers(String... namesAndValues) {
        HeaderMap.Builder headers = HeaderMap.newBuilder();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            headers.addHeaders(HeaderValue.newBuilder()
                    .setKey(namesAndValues[i])
                    .setRawValue(ByteString.copyFromUtf8(namesAndValues[i + 1])));
        }
        return headers.build();
    }

    static ProcessingRequest.Builder requestBody(ByteString body, boolean isEnd) {
        return ProcessingRequest.newBuilder()
                .setRequestBody(HttpBody.newBuilder().setBody(body).setEndOfStream(isEnd));
    }

    Proxy body(String body, boolean isEnd) {
        return send(requestBody(ByteString.copyFromUtf8(body), isEnd));
    }

    Proxy requestTrailers() {
        return send(ProcessingRequest.newBuilder().setRequestTrailers(HttpTrailers.getDefaultInstance()));
    }

    Proxy answerHead(int status, String contentType, boolean isEnd) {
        return send(ProcessingRequest.newBuilder()
                .setResponseHeaders(HttpHeaders.newBuilder()
                        .setHeaders(headers(":status", Integer.toString(status), "content-type", contentType))
                        .setEndOfStream(isEnd)));
    }

    Proxy answerBody(String body, boolean isEnd) {
        return send(ProcessingRequest.newBuilder()
                .setResponseBody(HttpBody.newBuilder()
                        .setBody(ByteString.copyFromUtf8(body))
                        .setEndOfStream(isEnd)));
    }

    Proxy answerTrailers() {
        return send(ProcessingRequest.newBuilder().setResponseTrailers(HttpTrailers.getDefaultInstance()));
    }

    static Metadata hint(Value value) {
        return Metadata.newBuilder()
                .putFilterMetadata(
                        "envoy.lb.subset_hint",
                        Struct.newBuilder()
                                .putFields("x-gateway-destination-endpoint-subset", value)
                                .build())
                .build();
    }

    static Value text(String text) {
        return Value.newBuilder().setStringValue(text).build();
    }

    static Value list(Value... values) {
        return Value.newBuilder()
                .setListValue(ListValue.newBuilder().addAllValues(List.of(values)))
                .build();
    }

    /** Headers that an answer sets, by name. */
    static Map<String, String> set(HeaderMutation changes) {
        Map<String, String> set = new LinkedHashMap<>();
        for (HeaderValueOption option : changes.getSetHeadersList()) {
            set.put(
                    option.getHeader().getKey(),
                    option.getHeader().getRawValue().toStringUtf8());
        }
        return set;
    }
}
