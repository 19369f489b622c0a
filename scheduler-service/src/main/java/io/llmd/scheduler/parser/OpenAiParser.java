package io.llmd.scheduler.parser;

import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Reads bodies of the OpenAI API. */
public final class OpenAiParser implements RequestParser {

    private static final Map<String, BodyFormat> FORMATS = Map.of(
            "chat/completions", BodyFormat.CHAT_COMPLETIONS,
            "chat/completions/render", BodyFormat.CHAT_COMPLETIONS,
            "completions", BodyFormat.COMPLETIONS,
            "completions/render", BodyFormat.COMPLETIONS,
            "embeddings", BodyFormat.EMBEDDINGS,
            "responses", BodyFormat.RESPONSES,
            "conversations", BodyFormat.CONVERSATIONS,
            "images/generations", BodyFormat.IMAGES);

    private final JsonBodies json = new JsonBodies();

    /** A parser. */
    public OpenAiParser() {}

    @Override
    public List<String> pathSuffixes() {
        return List.copyOf(FORMATS.keySet());
    }

    @Override
    public ParseOutcome parse(String suffix, BodyBytes body, MediaSizes media) {
        return json.parse(Objects.requireNonNull(FORMATS.get(suffix), suffix), body, media);
    }
}
