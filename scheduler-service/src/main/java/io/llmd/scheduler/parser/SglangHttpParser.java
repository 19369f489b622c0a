package io.llmd.scheduler.parser;

import java.util.List;

/** Reads bodies of SGLang's own API with one list of tokens, which are exact. They name no model. */
public final class SglangHttpParser implements RequestParser {

    private final JsonBodies json = new JsonBodies();

    /** A parser. */
    public SglangHttpParser() {}

    @Override
    public List<String> pathSuffixes() {
        return List.of("generate");
    }

    @Override
    public ParseOutcome parse(String suffix, BodyBytes body, MediaSizes media) {
        return json.parse(BodyFormat.SGLANG_GENERATE, body, media);
    }
}
