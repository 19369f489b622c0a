package io.llmd.gateway.disagg;

import io.llmd.contracts.schedule.TargetEndpoint;

/** Whether a request gets a prefill leg. */
sealed interface PrefillChoice {

    /** It does, at this endpoint. */
    record Yes(TargetEndpoint endpoint) implements PrefillChoice {}

    /** It does not. */
    record No(FallbackReason why) implements PrefillChoice {}
}
