package io.llmd.simulator.cluster;

/** A request on its way. */
final class Flight {
    enum Stage {
        ARRIVED,
        HELD,
        /** Sent to the endpoint that computes its prompt for another one, or being computed there. */
        PREFILL,
        /** Sent to the endpoint that produces its output, or being computed there. */
        SERVED,
        ENDED
    }

    final ClientRequest request;
    final long arrival;
    Stage stage = Stage.ARRIVED;
    int endpoint = RequestResult.NONE;
    int prefillEndpoint = RequestResult.NONE;
    long routed = RequestResult.NEVER;
    long prefillScheduled = RequestResult.NEVER;
    int prefillCached;

    /** Whether the engine of its stage has it. */
    boolean submitted;

    /** Tokens that the prefill endpoint holds for it. */
    int heldTokens;

    /** Whether it still does. */
    boolean leased;

    Flight(ClientRequest request, long arrival) {
        this.request = request;
        this.arrival = arrival;
    }

    /** The endpoint of its stage. */
    int current() {
        return stage == Stage.PREFILL ? prefillEndpoint : endpoint;
    }
}
