package io.llmd.simulator.workload;

import io.llmd.simulator.cluster.ClientRequest;

/** What clients ask for, one request after the other. */
@FunctionalInterface
public interface RequestSource {

    /**
     * The next request.
     *
     * @param id to give it
     * @param stage of the workload it belongs to, or the client that sends it; from 0
     */
    ClientRequest next(long id, int stage);
}
