package io.llmd.launcher.bench;

/**
 * What connections of a load ask for.
 *
 * @param streamed whether for events
 * @param requestBytes bytes of a body
 * @param exact whether answers must be those of the endpoints, byte for byte in length; some proxies write them anew
 * @param stamped whether the endpoints stamp events, of which then every byte is compared and every time is taken
 */
record LoadShape(boolean streamed, int requestBytes, boolean exact, boolean stamped) {

    LoadShape(boolean streamed, int requestBytes, boolean exact) {
        this(streamed, requestBytes, exact, false);
    }

    static LoadShape of(Workload workload, boolean exact) {
        return new LoadShape(workload.isStreamed(), workload.requestBytes(), exact);
    }
}
