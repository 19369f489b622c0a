package io.llmd.scheduler.scheduling;

/** Column of load that this scheduler has placed: per slot requests and prompt tokens in flight, read once per decision. */
public final class InFlightLoads {

    private final long[] requests;
    private final long[] tokens;

    /** A column for {@code slotCount} endpoints, all idle. */
    public InFlightLoads(int slotCount) {
        requests = new long[slotCount];
        tokens = new long[slotCount];
    }

    /** Records the load of one endpoint. */
    public void set(int slot, long requestCount, long tokenCount) {
        requests[slot] = requestCount;
        tokens[slot] = tokenCount;
    }

    /** Requests placed on the endpoint that have not ended. */
    public long requests(int slot) {
        return requests[slot];
    }

    /** Tokens charged for those requests and not yet released. */
    public long tokens(int slot) {
        return tokens[slot];
    }
}
