package io.llmd.contracts.schedule;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/**
 * Tokens of one request as the endpoint counted them; -1 where it did not say.
 *
 * @param promptTokens tokens of the prompt
 * @param completionTokens generated tokens
 * @param cachedTokens prompt tokens that came from a cache
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record TokenUsage(int promptTokens, int completionTokens, int cachedTokens) {

    /** The endpoint said nothing. */
    public static final TokenUsage UNKNOWN = new TokenUsage(-1, -1, -1);
}
