package io.llmd.simulator.routing;

import io.llmd.simulator.cluster.ClientRequest;

/** Knows nothing. */
final class NoPrefixes implements PrefixKnowledge {
    private static final double[] NOTHING = {};

    @Override
    public double[] scores(ClientRequest request) {
        return NOTHING;
    }
}
