package io.llmd.scheduler.datalayer;

import java.util.concurrent.atomic.AtomicLong;

/** Load of one endpoint: what this scheduler placed there, and what others said they did. Never negative. */
final class InFlightCounter {

    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong tokens = new AtomicLong();
    private volatile InFlightLoad elsewhere = InFlightLoad.NONE;

    void add(long tokenCharge) {
        requests.incrementAndGet();
        tokens.addAndGet(tokenCharge);
    }

    void assume(InFlightLoad load) {
        requests.addAndGet(load.requests());
        tokens.addAndGet(load.tokens());
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

    void elsewhere(InFlightLoad load) {
        elsewhere = load;
    }

    InFlightLoad own() {
        return new InFlightLoad(requests.get(), tokens.get());
    }

    long requests() {
        return requests.get() + elsewhere.requests();
    }

    long foreignTokens() {
        return elsewhere.tokens();
    }

    long tokens() {
        return tokens.get() + elsewhere.tokens();
    }
}
