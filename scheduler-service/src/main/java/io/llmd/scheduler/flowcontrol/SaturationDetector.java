package io.llmd.scheduler.flowcontrol;

import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.Plugin;

/** Says how full endpoints are. Called by the one thread of flow control, and by decisions while flow control is off. */
public interface SaturationDetector extends Plugin {

    /** Where the load that the detector sees comes from, and thus how late it is. */
    enum Signal {
        /** Readings of the engines: up to an interval between two readings old. */
        READ,
        /** Counts of this scheduler: a request shows once it is placed. */
        COUNTED
    }

    /**
     * How full {@code endpoints} are together: 1 is full, more is over-subscribed, an empty pool is full. Must not block.
     *
     * @param endpoints some or all of the pool; must not be changed
     */
    Saturation measure(Endpoint[] endpoints);

    /**
     * How much one more request on any of {@code endpoints} adds to {@link Saturation#value}, at most; 0 when the detector
     * cannot say.
     *
     * @param promptTokens length of the request's prompt
     */
    double share(Endpoint[] endpoints, long promptTokens);

    /** Where the load comes from. */
    Signal signal();

    /** Changes whenever the same endpoints may measure differently without a new reading of them. */
    default long version() {
        return 0;
    }

    /** Name in the meter of stale endpoints. */
    String name();
}
