package io.llmd.launcher.bench;

/**
 * What connections of a load ask for.
 *
 * @param streamed whether for events
 * @param requestBytes bytes of a body
 * @param exact whether answers must be those of the endpoints, byte for byte in length; some proxies write them anew
 */
record LoadShape(boolean streamed, int requestBytes, boolean exact) {

    static LoadShape of(Workload workload, boolean exact) {
        return new LoadShape(workload.isStreamed(), workload.requestBytes(), exact);
    }
}
