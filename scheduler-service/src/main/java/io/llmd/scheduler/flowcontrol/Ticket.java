package io.llmd.scheduler.flowcontrol;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A submitted request. Any thread may call any method, in any order; calls that come too late do nothing. */
public interface Ticket {

    /** The client left: a waiting request loses its place at once. */
    void cancel();

    /**
     * The dispatched request is on its way to endpoints and is counted there.
     *
     * @param leaseId identifies the attempt when it ends or has to be ended
     * @param endpointId endpoint whose readings will show the request; of several, the one that decodes
     */
    void placed(long leaseId, String endpointId);

    /** The dispatched request was sent nowhere. */
    void dropped();

    /** About how many requests go first, this one included; 0 when it does not wait. O(bands). */
    int position();

    /** About how long it has to wait from now, by the rate of the last seconds; null while that is unknown. */
    @Nullable
    Duration estimatedWait();
}
