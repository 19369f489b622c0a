package io.llmd.openai;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * What the gateway understood of a request body; everything else of it is forwarded as it came.
 *
 * @param route where it was posted
 * @param model model name, never empty
 * @param stream whether the client wants events
 * @param includeUsage whether the client asked for usage in the stream
 * @param maxOutputTokens the client's bound on generated tokens, {@link #NO_MAX_OUTPUT} when it set none
 * @param promptBytes bytes of the prompt in the body without inlined media, a base for estimates
 * @param promptTokens tokens of the prompt: exact when they were given as ids, else {@code promptBytes / 4}
 * @param choices completions wanted per prompt, at least 1
 * @param sequences answers that an endpoint may generate at most, for all prompts together, at least 1
 * @param splittable whether another endpoint may compute the prompt: the endpoint that answers needs nothing of that work
 *     but its KV blocks
 * @param hasMedia whether the prompt holds more than text
 * @param hadTransferParams whether the client wrote what only parts of the deployment may write: parameters of KV transfer, or
 *     token ids beside the messages of a chat; they are among the removals
 * @param namesTransfer whether parameters that are kept name blocks which one endpoint alone may fetch, and once
 * @param modelStart first byte of the model value in the body, its quote
 * @param modelEnd byte behind the model value
 * @param salt the client's cache salt
 * @param edits what makes the body fit to be sent on under the client's model name, in ascending order: members which clients
 *     may not set are taken out; empty when it may go as it is
 */
public record ApiRequest(
        ApiRoute route,
        String model,
        boolean stream,
        boolean includeUsage,
        int maxOutputTokens,
        long promptBytes,
        long promptTokens,
        int choices,
        int sequences,
        boolean splittable,
        boolean hasMedia,
        boolean hadTransferParams,
        boolean namesTransfer,
        int modelStart,
        int modelEnd,
        CacheSalt salt,
        List<BodyEdit> edits) {

    /**
     * Whose cached blocks a prompt may use: only requests with the same salt share them.
     *
     * @param text what the client wrote, empty when it wrote nothing
     * @param start first byte of the value in the body; when there is none, where a member may be inserted
     * @param end byte behind the value
     */
    public record CacheSalt(String text, int start, int end) {

        private BodyEdit replacedBy(String value) {
            String member = start == end ? "\"cache_salt\":" + quoted(value) + "," : quoted(value);
            return new BodyEdit(start, end, member.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** The client set no bound on generated tokens. */
    public static final int NO_MAX_OUTPUT = -1;

    public ApiRequest {
        Objects.requireNonNull(route, "route");
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(salt, "salt");
        edits = List.copyOf(edits);
    }

    /** The client's bound on generated tokens, where it set one. */
    public OptionalInt outputBound() {
        return maxOutputTokens == NO_MAX_OUTPUT ? OptionalInt.empty() : OptionalInt.of(maxOutputTokens);
    }

    /** The client's model name as JSON, with quotes. */
    public String modelAsJson() {
        return quoted(model);
    }

    private static String quoted(String text) {
        StringBuilder json = new StringBuilder(text.length() + 2);
        JsonText.appendQuoted(json, text);
        return json.toString();
    }

    /** The edits that make the body fit for the scheduler, which may see all that clients may write. */
    public List<BodyEdit> editsForScheduler() {
        return hadTransferParams || edits.isEmpty()
                ? edits
                : edits.stream().filter(edit -> edit.replacement().length > 0).toList();
    }

    /**
     * The edits that make the body fit to be sent on under another model name, in ascending order.
     *
     * @param newModel name that the endpoint knows
     */
    public List<BodyEdit> editsWithModel(String newModel) {
        if (newModel.equals(model)) {
            return edits;
        }
        return with(new BodyEdit(modelStart, modelEnd, quoted(newModel).getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * The same request with another cache salt.
     *
     * @param value 1 to 128 letters, digits, dashes and underscores, which every engine takes
     */
    public ApiRequest withCacheSalt(String value) {
        return new ApiRequest(
                route,
                model,
                stream,
                includeUsage,
                maxOutputTokens,
                promptBytes,
                promptTokens,
                choices,
                sequences,
                splittable,
                hasMedia,
                hadTransferParams,
                namesTransfer,
                modelStart,
                modelEnd,
                salt,
                with(salt.replacedBy(value)));
    }

    private List<BodyEdit> with(BodyEdit more) {
        List<BodyEdit> all = new ArrayList<>(edits.size() + 1);
        int i = 0;
        while (i < edits.size() && edits.get(i).start() < more.start()) {
            all.add(edits.get(i++));
        }
        all.add(more);
        all.addAll(edits.subList(i, edits.size()));
        return all;
    }
}
