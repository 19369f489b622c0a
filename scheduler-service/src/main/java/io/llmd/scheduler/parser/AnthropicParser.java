package io.llmd.scheduler.parser;

import java.util.List;

/** Reads bodies of Anthropic's messages API. Bodies whose tokens are only to be counted are passed through unread. */
public final class AnthropicParser implements RequestParser {

    private static final String MESSAGES = "messages";
    private static final String COUNT_TOKENS = "messages/count_tokens";

    private final JsonBodies json = new JsonBodies();

    /** A parser. */
    public AnthropicParser() {}

    @Override
    public List<String> pathSuffixes() {
        return List.of(MESSAGES, COUNT_TOKENS);
    }

    @Override
    public ParseOutcome parse(String suffix, BodyBytes body, MediaSizes media) {
        return suffix.equals(COUNT_TOKENS)
                ? ParseOutcome.unread(body.length())
                : json.parse(BodyFormat.ANTHROPIC_MESSAGES, body, media);
    }
}
