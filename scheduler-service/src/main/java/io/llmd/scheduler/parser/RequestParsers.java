package io.llmd.scheduler.parser;

import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.scheduler.scheduling.RequestBody.Api;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads request bodies. The parser is found by the path: the longest path suffix that a parser claims and that begins at
 * a segment boundary wins. A body whose path nobody claims is passed through unread. Safe from any thread.
 */
public final class RequestParsers {

    private static final Map<String, Api> OPENAI_SUFFIXES = Map.of(
            "chat/completions", Api.CHAT_COMPLETIONS,
            "chat/completions/render", Api.CHAT_COMPLETIONS,
            "completions", Api.COMPLETIONS,
            "completions/render", Api.COMPLETIONS,
            "embeddings", Api.EMBEDDINGS,
            "responses", Api.RESPONSES);

    private final OpenAiParser openAi = new OpenAiParser();

    /** Parsers of all request formats that this scheduler understands. */
    public RequestParsers() {}

    /**
     * Reads a body.
     *
     * @param path request path, a query is ignored
     * @param body the bytes between position and limit; not changed, and not used after the call returns
     * @implNote one pass, linear in the body; allocates about one body for the prompt
     */
    public ParseOutcome parse(String path, ByteBuffer body) {
        Api api = api(path);
        if (api == null) {
            return new ParseOutcome.Parsed(new RequestBody(Api.RAW, "", false, -1, List.of(), "", body.remaining()));
        }
        if (body.hasArray()) {
            return openAi.parse(api, body.array(), body.arrayOffset() + body.position(), body.remaining());
        }
        byte[] copy = new byte[body.remaining()];
        body.duplicate().get(copy);
        return openAi.parse(api, copy, 0, copy.length);
    }

    static @Nullable Api api(String path) {
        int end = path.indexOf('?');
        end = end < 0 ? path.length() : end;
        while (end > 0 && path.charAt(end - 1) == '/') {
            end--;
        }
        int start = 0;
        while (start < end) {
            Api api = path.charAt(start) == '/' ? null : OPENAI_SUFFIXES.get(path.substring(start, end));
            if (api != null) {
                return api;
            }
            int slash = path.indexOf('/', start);
            start = slash < 0 ? end : slash + 1;
        }
        return null;
    }
}
