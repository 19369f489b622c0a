package io.llmd.launcher.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** What a fleet holds for requests at this moment; nothing, once all of them have ended. */
final class SoakHeld {

    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final long POLL_MILLIS = 200;

    private final SoakFleet fleet;

    SoakHeld(SoakFleet fleet) {
        this.fleet = fleet;
    }

    /** Waits until nothing is held anywhere, or long enough to say that it always will be. */
    void awaitNothing() throws IOException, InterruptedException {
        long limit = System.nanoTime() + LIMIT.toNanos();
        while (inGateway() + leases() + inEndpoints() > 0 && System.nanoTime() < limit) {
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    /** Requests, connections of clients and bytes of bodies, in one number. */
    double inGateway() throws IOException, InterruptedException {
        MetersPage meters = fleet.gatewayMeters();
        return meters.required("gateway_inflight")
                + meters.required("gateway_open_connections")
                + meters.required("gateway_held_body_bytes");
    }

    double leases() throws IOException, InterruptedException {
        return fleet.schedulerMeters().required("scheduler_leases");
    }

    /** Requests that engines compute or let wait. */
    double inEndpoints() throws IOException, InterruptedException {
        double sum = 0;
        for (int i = 0; i < fleet.count(); i++) {
            MetersPage meters = fleet.endpointMeters(i);
            sum += meters.required("vllm:num_requests_running") + meters.required("vllm:num_requests_waiting");
        }
        return sum;
    }
}
