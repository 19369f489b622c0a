package io.llmd.scheduler.datalayer;

import java.util.concurrent.atomic.AtomicLong;

/** Load of one endpoint. Never negative. */
final class InFlightCounter {

    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong tokens = new AtomicLong();

    void add(long tokenCharge) {
        requests.incrementAndGet();
        tokens.addAndGet(tokenCharge);
    }

    void releaseRequest() {
        subtract(requests, 1);
    }

    void releaseTokens(long charge) {
        subtract(tokens, charge);
    }

    private static void subtract(AtomicLong counter, long amount) {
        counter.updateAndGet(value -> Math.max(0, value - amount));
    }

    long requests() {
        return requests.get();
    }

    long tokens() {
        return tokens.get();
    }
}
