package io.llmd.scheduler.scheduling;

/** Column of prefill work: per slot the tokens of this request that the endpoint would have to compute. */
public final class UncachedTokens {

    private final long[] tokens;

    /** A column for {@code slotCount} endpoints. */
    public UncachedTokens(int slotCount) {
        tokens = new long[slotCount];
    }

    /** Records the work of one endpoint. */
    public void set(int slot, long tokenCount) {
        tokens[slot] = tokenCount;
    }

    /** Tokens that the endpoint would have to compute. */
    public long tokens(int slot) {
        return tokens[slot];
    }
}
