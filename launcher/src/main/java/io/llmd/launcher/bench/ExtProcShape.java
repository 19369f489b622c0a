package io.llmd.launcher.bench;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A kind of request and answer, as the messages that a proxy sends. */
enum ExtProcShape {
    SMALL("1kb", 1 << 10, false),
    MEDIUM("40kb", 40 << 10, false),
    LARGE("400kb", 400 << 10, false),
    STREAM("stream", 1 << 10, true);

    /** Proxies send what their buffers hold. */
    private static final int PIECE_BYTES = 32 << 10;

    private static final int PROMPTS = 64;

    private final String label;
    private final List<List<ProcessingRequest>> requests = new ArrayList<>();
    private final List<ProcessingRequest> answer = new ArrayList<>();

    ExtProcShape(String label, int bodyBytes, boolean isStream) {
        this.label = label;
        for (int i = 0; i < PROMPTS; i++) {
            requests.add(request(ByteString.copyFrom(Payloads.chatBody(i, isStream, bodyBytes))));
        }
        answer.add(ProcessingRequest.newBuilder()
                .setResponseHeaders(HttpHeaders.newBuilder()
                        .setHeaders(headers(
                                ":status", "200", "content-type", isStream ? "text/event-stream" : "application/json")))
                .build());
        if (!isStream) {
            answer.add(piece(ByteString.copyFrom(Payloads.answer()), true));
            return;
        }
        ByteString event = ByteString.copyFrom(Payloads.event(false));
        for (int i = 1; i < Payloads.EVENTS; i++) {
            answer.add(piece(event, false));
        }
        answer.add(piece(
                ByteString.copyFrom(Payloads.event(true)).concat(ByteString.copyFromUtf8("data: [DONE]\n\n")), true));
    }

    private static List<ProcessingRequest> request(ByteString body) {
        List<ProcessingRequest> messages = new ArrayList<>();
        messages.add(ProcessingRequest.newBuilder()
                .setRequestHeaders(HttpHeaders.newBuilder()
                        .setHeaders(headers(
                                ":method", "POST",
                                ":path", "/v1/chat/completions",
                                ":authority", "bench",
                                "content-type", "application/json",
                                "user-agent", "llmd-bench",
                                "accept", "*/*",
                                "x-forwarded-proto", "http")))
                .build());
        for (int from = 0; from < body.size(); from += PIECE_BYTES) {
            int to = Math.min(body.size(), from + PIECE_BYTES);
            messages.add(ProcessingRequest.newBuilder()
                    .setRequestBody(HttpBody.newBuilder()
                            .setBody(body.substring(from, to))
                            .setEndOfStream(to == body.size()))
                    .build());
        }
        return messages;
    }

    private static ProcessingRequest piece(ByteString bytes, boolean isEnd) {
        return ProcessingRequest.newBuilder()
                .setResponseBody(HttpBody.newBuilder().setBody(bytes).setEndOfStream(isEnd))
                .build();
    }

    private static HeaderMap headers(String... namesAndValues) {
        HeaderMap.Builder headers = HeaderMap.newBuilder();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            headers.addHeaders(HeaderValue.newBuilder()
                    .setKey(namesAndValues[i])
                    .setRawValue(ByteString.copyFromUtf8(namesAndValues[i + 1])));
        }
        return headers.build();
    }

    /** The shape of a label. */
    static Optional<ExtProcShape> labelled(String label) {
        return Arrays.stream(values())
                .filter(shape -> shape.label.equals(label))
                .findFirst();
    }

    String label() {
        return label;
    }

    /** Messages of one request; prompts come again after a while. */
    List<ProcessingRequest> request(long number) {
        return requests.get((int) (number % PROMPTS));
    }

    /** Messages of its answer. */
    List<ProcessingRequest> answer() {
        return answer;
    }
}
