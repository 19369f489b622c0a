package io.llmd.gateway.disagg;

import io.llmd.contracts.schedule.TargetEndpoint;
import org.jspecify.annotations.Nullable;

/**
 * What the prefill leg and the decode leg of one try carry. A further try gets a new pair, so that ids which name a
 * transfer are made in the constructor and never used twice.
 */
interface LegPair {

    /** The prefill leg before anything is added: the client's request, cut down to one token and no stream. */
    default Leg prefillLeg(SplitCall call, TargetEndpoint endpoint) {
        Leg leg = call.leg(endpoint);
        OneToken.prime(call.request().route(), leg.body());
        return leg;
    }

    /**
     * Adds to the prefill leg what its endpoint has to know. Client-supplied transfer parameters are gone.
     *
     * @param endpoint where the leg goes
     */
    void prefill(Leg leg, TargetEndpoint endpoint);

    /**
     * Adds to the decode leg what its endpoint has to know. The body is the client's.
     *
     * @param answer the prefill leg's answer; its JSON is an object, nothing else is certain
     * @param prefill endpoint that gave it
     * @return why the decode leg has to go without; {@code null} when all is well
     */
    @Nullable
    FallbackReason decode(Leg leg, PrefillAnswer answer, TargetEndpoint prefill);
}
