package io.llmd.gateway.disagg;

import io.llmd.openai.JsonMembers;

/**
 * The complete answer of a prefill leg.
 *
 * @param json its members
 * @param cachedTokens prompt tokens that the prefill endpoint had cached; {@link #UNKNOWN} when it did not say
 * @param inputTokens {@code input_tokens} of its usage; {@link #UNKNOWN} when there are none
 */
record PrefillAnswer(JsonMembers json, int cachedTokens, int inputTokens) {

    /** The endpoint did not say. */
    static final int UNKNOWN = -1;

    static PrefillAnswer of(JsonMembers json) {
        JsonMembers usage = json.object("usage");
        return new PrefillAnswer(
                json, cachedTokens(json), usage == null ? UNKNOWN : usage.number("input_tokens", UNKNOWN));
    }

    private static int cachedTokens(JsonMembers json) {
        JsonMembers usage = json.object("usage");
        if (usage == null) {
            return UNKNOWN;
        }
        JsonMembers details = usage.object("prompt_tokens_details");
        if (details == null) {
            details = usage.object("input_tokens_details");
        }
        return details == null
                ? usage.number("cache_read_input_tokens", UNKNOWN)
                : details.number("cached_tokens", UNKNOWN);
    }
}
