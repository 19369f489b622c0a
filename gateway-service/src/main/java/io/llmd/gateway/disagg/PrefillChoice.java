package io.llmd.gateway.disagg;

import io.llmd.contracts.schedule.TargetEndpoint;

/** Whether a request gets a prefill leg. */
sealed interface PrefillChoice {

    /** It does, at this endpoint. */
    record Yes(TargetEndpoint endpoint) implements PrefillChoice {}

    /** None is wanted: the decision names an endpoint to pull blocks from, and nobody to compute the prompt. */
    record Unwanted() implements PrefillChoice {}

    /** It does not. */
    record No(FallbackReason why) implements PrefillChoice {}
}
