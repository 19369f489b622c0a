package io.llmd.simulator.routing;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.engine.EngineEvent;

/** What a router believes about the prefixes that endpoints hold. */
interface PrefixKnowledge {

    /** How much of the prompt each endpoint holds, as a score in [0, 1]. */
    double[] scores(ClientRequest request);

    /** The request goes there. */
    default void routed(ClientRequest request, int endpoint) {}

    /** An endpoint told about its blocks. */
    default void blocks(int endpoint, EngineEvent.BlockEvent event) {}

    /** Whether endpoints are to tell. */
    default boolean wantsBlocks() {
        return false;
    }
}
