package io.llmd.gateway.coordinator;

import io.llmd.contracts.schedule.EndpointList;
import io.llmd.contracts.schedule.EndpointStatus;
import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.PrefixMatch;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.gateway.dispatch.Cancellation;
import io.llmd.gateway.dispatch.SchedulerClient;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Places every request at the gateway behind, which chooses the endpoints. Thread-safe; decides on the calling thread. */
public final class CoordinatorScheduler implements SchedulerClient {

    private final TargetEndpoint gateway;
    private final AtomicLong leases = new AtomicLong();

    /**
     * @param gateway as the endpoint that answers
     */
    public CoordinatorScheduler(TargetEndpoint gateway) {
        this.gateway = gateway;
    }

    @Override
    public Cancellation schedule(ScheduleRequest request, Consumer<ScheduleOutcome> outcome) {
        if (request.excludedEndpoints().contains(gateway.id())) {
            outcome.accept(new ScheduleRejection(
                    request.requestId(),
                    ScheduleRejection.Reason.NO_ENDPOINTS,
                    "the gateway behind the coordinator fails",
                    1_000));
        } else {
            outcome.accept(new ScheduleDecision(
                    request.requestId(),
                    leases.incrementAndGet(),
                    "",
                    "coordinator",
                    List.of(gateway),
                    PrefixMatch.NONE,
                    Map.of(),
                    Map.of()));
        }
        return Cancellation.NONE;
    }

    @Override
    public void report(OutcomeReport report) {
        // the gateway behind counts for itself
    }

    @Override
    public void endpoints(Consumer<EndpointList> endpoints) {
        endpoints.accept(new EndpointList(List.of(new EndpointStatus(gateway, Map.of(), true, 0, 0, 0, 0, 0, 0))));
    }
}
