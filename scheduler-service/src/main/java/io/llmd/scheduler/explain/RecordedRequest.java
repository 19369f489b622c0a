package io.llmd.scheduler.explain;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.Prompt;
import io.llmd.scheduler.scheduling.RequestBody;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What is kept of a request: sizes and names, no text, no token, no hash of either, no key.
 *
 * @param api kind of request
 * @param model model after rewriting
 * @param stream whether the answer is streamed
 * @param maxOutputTokens the client's limit, -1 when it gave none
 * @param promptTokens tokens of each prompt
 * @param exactTokens whether they are those of the engine, and no estimate
 * @param sizeBytes size of the body
 * @param media number of images, videos and recordings
 * @param priority priority of its objective
 * @param fairnessId flow that it belongs to
 * @param headers the headers that may be kept
 */
record RecordedRequest(
        RequestBody.Api api,
        String model,
        boolean stream,
        int maxOutputTokens,
        List<Integer> promptTokens,
        boolean exactTokens,
        int sizeBytes,
        int media,
        int priority,
        String fairnessId,
        Map<String, String> headers) {

    private static final int MAX_CHARACTERS = 256;
    private static final int FIXED_BYTES = 160;
    private static final Set<LlmdHeader> SECRET =
            Set.of(LlmdHeader.SESSION_TOKEN, LlmdHeader.KEY_ID, LlmdHeader.TENANT, LlmdHeader.REQUEST_ID);
    private static final Set<String> OWN_HEADERS = ownHeaders();

    RecordedRequest {
        Objects.requireNonNull(api, "api");
        model = cut(model);
        promptTokens = List.copyOf(promptTokens);
        fairnessId = cut(fairnessId);
        headers = Collections.unmodifiableMap(headers);
    }

    private static Set<String> ownHeaders() {
        Set<String> names = new HashSet<>(Set.of("traceparent", "tracestate"));
        for (LlmdHeader header : LlmdHeader.values()) {
            if (!SECRET.contains(header)) {
                names.add(header.wireName());
                names.addAll(header.aliases());
            }
        }
        return Set.copyOf(names);
    }

    /** Keeps what may be kept; of headers those of the suite and {@code moreHeaders}. */
    static RecordedRequest of(InferenceRequest request, Set<String> moreHeaders) {
        RequestBody body = request.body();
        List<Integer> tokens = new ArrayList<>(body.prompts().size());
        for (Prompt prompt : body.prompts()) {
            tokens.add(prompt.tokens());
        }
        return new RecordedRequest(
                body.api(),
                request.targetModel(),
                body.stream(),
                body.maxOutputTokens(),
                tokens,
                body.isExact(),
                body.sizeBytes(),
                body.mediaHashes().length,
                request.priority(),
                request.fairnessId(),
                kept(request.headers(), moreHeaders));
    }

    private static Map<String, String> kept(Map<String, String> headers, Set<String> more) {
        Map<String, String> kept = new HashMap<>(4);
        for (Map.Entry<String, String> header : headers.entrySet()) {
            if (OWN_HEADERS.contains(header.getKey()) || more.contains(header.getKey())) {
                kept.put(header.getKey(), cut(header.getValue()));
            }
        }
        return kept;
    }

    private static String cut(String text) {
        return text.length() <= MAX_CHARACTERS ? text : text.substring(0, MAX_CHARACTERS);
    }

    int allPromptTokens() {
        int tokens = 0;
        for (int prompt : promptTokens) {
            tokens += prompt;
        }
        return tokens;
    }

    /** The request again, its prompts empty but as long as they were; {@code zeros} must be as long as the longest. */
    InferenceRequest again(String requestId, long receivedNanos, byte[] zeros) {
        List<Prompt> prompts = new ArrayList<>(promptTokens.size());
        for (int tokens : promptTokens) {
            prompts.add(new Prompt(zeros, tokens * Prompt.TOKEN_BYTES));
        }
        RequestBody body =
                new RequestBody(api, model, stream, maxOutputTokens, prompts, "", sizeBytes, new long[media]);
        return new InferenceRequest(
                requestId, model, body, headers, priority, fairnessId, receivedNanos, DecisionRandom.of(requestId));
    }

    long bytes() {
        long bytes = FIXED_BYTES + model.length() + fairnessId.length() + 20L * promptTokens.size();
        for (Map.Entry<String, String> header : headers.entrySet()) {
            bytes += 120L + header.getKey().length() + header.getValue().length();
        }
        return bytes;
    }
}
