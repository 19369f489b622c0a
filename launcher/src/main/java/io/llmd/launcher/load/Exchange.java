package io.llmd.launcher.load;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.launcher.terminal.Json;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/**
 * One request from its intended send time to its end. All methods run on the client's event loop; after
 * {@link #ended} or {@link #failed}, exactly one of which is called, none is called any more.
 *
 * <p>Times to first token and to the end count from the intended send time: when the generator or a connection is late,
 * the wait belongs to what a user would have seen.
 */
final class Exchange {

    private static final int MAX_BODY_BYTES = 16 << 20;

    private final LoadRequest request;
    private final long intendedNanos;
    private final boolean counted;
    private final LoadStats stats;
    private final Runnable whenDone;
    private final SseScanner scanner = new SseScanner(this::event);
    private final ByteArrayOutputStream body = new ByteArrayOutputStream(0);

    private int status;
    private boolean eventStream;
    private boolean doneSeen;
    private @Nullable String streamError;
    private @Nullable String endpoint;
    private long eventNanos;
    private long firstTokenNanos = -1;
    private long lastTokenNanos = -1;
    private int tokens;
    private Usage usage = Usage.UNKNOWN;

    /**
     * @param intendedNanos when it was to be sent
     * @param counted whether its figures count; not so during warm-up
     * @param whenDone called last
     */
    Exchange(LoadRequest request, long intendedNanos, boolean counted, LoadStats stats, Runnable whenDone) {
        this.request = request;
        this.intendedNanos = intendedNanos;
        this.counted = counted;
        this.stats = stats;
        this.whenDone = whenDone;
    }

    LoadRequest request() {
        return request;
    }

    /** The generator has taken the request in hand. */
    void taken(long nowNanos) {
        stats.taken(counted, nowNanos - intendedNanos);
    }

    boolean headSeen() {
        return status != 0;
    }

    void head(int code, HttpHeaders headers) {
        status = code;
        endpoint = headers.get(LlmdHeader.DESTINATION_ENDPOINT_SERVED.wireName());
        String type = headers.get("content-type");
        eventStream = type != null && type.startsWith("text/event-stream");
    }

    /** @throws IllegalStateException when the answer is larger than any sensible one */
    void content(ByteBuf bytes, long nowNanos) {
        if (eventStream && status == 200) {
            eventNanos = nowNanos;
            scanner.accept(bytes);
            return;
        }
        if (body.size() + bytes.readableBytes() > MAX_BODY_BYTES) {
            throw new IllegalStateException("body: over " + MAX_BODY_BYTES + " bytes");
        }
        byte[] copy = new byte[bytes.readableBytes()];
        bytes.getBytes(bytes.readerIndex(), copy);
        body.writeBytes(copy);
    }

    private void event(byte[] bytes, int from, int to) {
        if (ChunkScan.isDone(bytes, from, to)) {
            doneSeen = true;
            return;
        }
        if (ChunkScan.hasError(bytes, from, to)) {
            streamError = errorCode(tree(bytes, from, to));
            return;
        }
        if (ChunkScan.hasText(bytes, from, to)) {
            token();
        }
        if (ChunkScan.hasUsage(bytes, from, to)) {
            usage = Usage.of(tree(bytes, from, to).path("usage"));
        }
    }

    private void token() {
        if (firstTokenNanos < 0) {
            firstTokenNanos = eventNanos;
        } else if (counted) {
            stats.interToken(eventNanos - lastTokenNanos);
        }
        lastTokenNanos = eventNanos;
        tokens++;
    }

    /** The answer is complete as HTTP sees it. */
    void ended(long nowNanos) {
        finish(outcome(), nowNanos);
    }

    /** The answer did not come, or broke off. */
    void failed(String reason, long nowNanos) {
        finish(reason, nowNanos);
    }

    private String outcome() {
        if (status != 200) {
            return status + " " + errorCode(tree(body.toByteArray(), 0, body.size()));
        }
        if (streamError != null) {
            return "stream_error " + streamError;
        }
        if (request.streamed()) {
            return !eventStream ? "not_a_stream" : doneSeen ? LoadStats.OK : "stream_truncated";
        }
        JsonNode answer = tree(body.toByteArray(), 0, body.size());
        usage = Usage.of(answer.path("usage"));
        return answer.path("choices").isArray() ? LoadStats.OK : "malformed_answer";
    }

    private void finish(String outcome, long nowNanos) {
        stats.ended(
                counted,
                new Result(
                        outcome,
                        request.streamed(),
                        request.kind(),
                        endpoint,
                        firstTokenNanos < 0 ? -1 : firstTokenNanos - intendedNanos,
                        tokens < 2 ? -1 : (lastTokenNanos - firstTokenNanos) / (double) (outputTokens() - 1),
                        nowNanos - intendedNanos,
                        usage.promptTokens(),
                        usage.cachedTokens(),
                        outputTokens(),
                        nowNanos));
        whenDone.run();
    }

    private int outputTokens() {
        return usage.completionTokens() > 1 || tokens < 2 ? Math.max(usage.completionTokens(), tokens) : tokens;
    }

    private static JsonNode tree(byte[] bytes, int from, int to) {
        try {
            JsonNode node = Json.MAPPER.readTree(bytes, from, to - from);
            return node == null ? MissingNode.getInstance() : node;
        } catch (JacksonException e) {
            return MissingNode.getInstance();
        }
    }

    private static String errorCode(JsonNode answer) {
        JsonNode error = answer.path("error");
        for (String member : new String[] {"code", "type"}) {
            JsonNode value = error.path(member);
            if (value.isString() || value.isNumber()) {
                return value.asString();
            }
        }
        return "without_code";
    }

    /** What the server counted; 0 where it did not say. */
    private record Usage(int promptTokens, int cachedTokens, int completionTokens) {
        static final Usage UNKNOWN = new Usage(0, 0, 0);

        static Usage of(JsonNode usage) {
            return new Usage(
                    usage.path("prompt_tokens").asInt(0),
                    usage.path("prompt_tokens_details").path("cached_tokens").asInt(0),
                    usage.path("completion_tokens").asInt(0));
        }
    }

    /**
     * How one request ended.
     *
     * @param outcome {@link LoadStats#OK} or what went wrong
     * @param kind place of its kind in the mix
     * @param endpoint the endpoint that served it, null when the gateway does not say
     * @param firstTokenNanos from the intended send time, -1 without a token
     * @param perTokenNanos mean time per token after the first, -1 with fewer than two tokens
     * @param endToEndNanos from the intended send time
     * @param endNanos when it ended
     */
    record Result(
            String outcome,
            boolean streamed,
            int kind,
            @Nullable String endpoint,
            long firstTokenNanos,
            double perTokenNanos,
            long endToEndNanos,
            int promptTokens,
            int cachedTokens,
            int outputTokens,
            long endNanos) {}
}
