package io.llmd.contracts.schedule;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/**
 * Expected reuse of cached KV blocks.
 *
 * @param matchedTokens leading prompt tokens that the endpoint is expected to hold
 * @param promptTokens prompt tokens, possibly an estimate; 0 when unknown
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record PrefixMatch(int matchedTokens, int promptTokens) {

    /** Nothing known about the prompt. */
    public static final PrefixMatch NONE = new PrefixMatch(0, 0);

    public PrefixMatch {
        if (matchedTokens < 0 || promptTokens < 0) {
            throw new IllegalArgumentException(
                    "prefix: " + matchedTokens + " of " + promptTokens + " tokens (expected: >= 0)");
        }
    }
}
