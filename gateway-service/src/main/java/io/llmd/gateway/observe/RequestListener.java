package io.llmd.gateway.observe;

/** Hears of each request that is over. Thread-safe; must not block or throw. */
public interface RequestListener {

    /** A request is over; called once for each. */
    void ended(RequestRecord request);
}
