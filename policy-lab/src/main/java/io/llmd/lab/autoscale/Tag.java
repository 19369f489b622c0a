package io.llmd.lab.autoscale;

import io.llmd.simulator.cluster.ClientRequest;

/**
 * What a request is known by.
 *
 * @param arrival when it came, in virtual nanoseconds
 * @param tier place of its tier in the list of them; its priority for the router
 */
record Tag(long arrival, int tier) {

    static Tag of(ClientRequest request) {
        if (request.attachment() instanceof Tag tag) {
            return tag;
        }
        throw new IllegalStateException("request " + request.id() + " has no tag");
    }
}
