package io.llmd.kube;

import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How long a lease has been as it is, as seen by this process: the times in it were written by the clock of another node,
 * which may be wrong. Safe from any thread.
 */
final class LeaseAge {

    private final LongSupplier nanos;
    private @Nullable LeaseSpec seen;
    private long seenNanos;

    /**
     * Has seen no lease yet.
     *
     * @param nanos a clock that never goes back, in nanoseconds
     */
    LeaseAge(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** Time since the lease was first seen as it is now; zero when this is the first time. */
    synchronized Duration of(LeaseSpec now) {
        long time = nanos.getAsLong();
        if (!now.equals(seen)) {
            seen = now;
            seenNanos = time;
        }
        return Duration.ofNanos(time - seenNanos);
    }
}
