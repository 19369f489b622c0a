package io.llmd.scheduler.parser;

import java.util.List;

/** Reads bodies of vLLM's own API that takes tokens: they are exact, and the engine's hashes of media come with them. */
public final class VllmHttpParser implements RequestParser {

    private final JsonBodies json = new JsonBodies();

    /** A parser. */
    public VllmHttpParser() {}

    @Override
    public List<String> pathSuffixes() {
        return List.of("inference/v1/generate");
    }

    @Override
    public ParseOutcome parse(String suffix, BodyBytes body, MediaSizes media) {
        return json.parse(BodyFormat.VLLM_GENERATE, body, media);
    }
}
