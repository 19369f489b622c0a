package io.llmd.gateway.disagg;

import io.llmd.contracts.schedule.TargetEndpoint;
import org.jspecify.annotations.Nullable;

/**
 * How a decode leg is followed.
 *
 * @param prefill the endpoint whose blocks it uses; {@code null} when it computes the prompt itself
 * @param cachedTokens what its usage says of cached tokens instead of its own; {@link PrefillAnswer#UNKNOWN} to leave it
 * @param inputTokens the same for the input tokens of Anthropic's API, which leave cached ones out
 */
record DecodeTerms(@Nullable TargetEndpoint prefill, int cachedTokens, int inputTokens) {

    /** The endpoint computes the prompt itself. */
    static final DecodeTerms ALONE = new DecodeTerms(null, PrefillAnswer.UNKNOWN, PrefillAnswer.UNKNOWN);

    /** The endpoint gets the prompt's blocks while both are at work. */
    static DecodeTerms with(TargetEndpoint prefill) {
        return new DecodeTerms(prefill, PrefillAnswer.UNKNOWN, PrefillAnswer.UNKNOWN);
    }
}
