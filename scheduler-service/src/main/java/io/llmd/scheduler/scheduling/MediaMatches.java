package io.llmd.scheduler.scheduling;

/** Column of encoder caches: how many of the request's media each endpoint has encoded before. */
public final class MediaMatches {

    private final int requestItems;
    private final int[] matchedItems;

    /** A column for {@code slotCount} endpoints, nothing known yet, about a request with so many different media. */
    public MediaMatches(int slotCount, int requestItems) {
        if (requestItems < 1) {
            throw new IllegalArgumentException("requestItems: " + requestItems + " (expected: >= 1)");
        }
        this.requestItems = requestItems;
        matchedItems = new int[slotCount];
    }

    /** Records how many of the media the endpoint has encoded before. */
    public void set(int slot, int items) {
        matchedItems[slot] = items;
    }

    /** Different media of the request. */
    public int requestItems() {
        return requestItems;
    }

    /** How many of them the endpoint has encoded before. */
    public int matchedItems(int slot) {
        return matchedItems[slot];
    }

    /** Share of the media that the endpoint has encoded before, in [0, 1]. */
    public double ratio(int slot) {
        return (double) matchedItems[slot] / requestItems;
    }
}
