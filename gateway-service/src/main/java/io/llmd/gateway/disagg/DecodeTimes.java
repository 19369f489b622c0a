package io.llmd.gateway.disagg;

import io.llmd.contracts.schedule.EndpointStatus;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How long decode legs take at each endpoint, to tell whether a queue there is longer than blocks are held. Thread-safe.
 *
 * @implNote By Little's law an endpoint that runs r requests of mean duration t ends r / t of them in a second, so that w
 *     waiting ones have all begun after about w * t / r.
 */
final class DecodeTimes {

    private static final double WEIGHT = 0.1;

    private final ConcurrentHashMap<String, Double> meanNanos = new ConcurrentHashMap<>();

    void ended(String endpointId, long nanos) {
        meanNanos.merge(endpointId, (double) nanos, (mean, now) -> mean + WEIGHT * (now - mean));
    }

    /** Time until an endpoint begins with a request that joins its queue now; zero when too little is known. */
    Duration queueTime(EndpointStatus status) {
        Double mean = meanNanos.get(status.endpoint().id());
        if (mean == null || !status.fresh() || status.waitingRequests() == 0) {
            return Duration.ZERO;
        }
        return Duration.ofNanos((long) (status.waitingRequests() * mean / Math.max(1, status.runningRequests())));
    }

    void retain(Set<String> endpointIds) {
        meanNanos.keySet().retainAll(endpointIds);
    }
}
