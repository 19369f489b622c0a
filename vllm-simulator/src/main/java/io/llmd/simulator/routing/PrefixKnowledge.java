package io.llmd.simulator.routing;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.engine.EngineEvent;

/** What a router believes about the prefixes that endpoints hold. */
interface PrefixKnowledge {

    /** Share of the prompt that each endpoint holds from its beginning, in [0, 1]. */
    double[] shares(ClientRequest request);

    /** The request goes there. */
    default void routed(ClientRequest request, int endpoint) {}

    /** An endpoint told about its blocks. */
    default void blocks(int endpoint, EngineEvent.BlockEvent event) {}

    /** Whether endpoints are to tell. */
    default boolean wantsBlocks() {
        return false;
    }
}
