package io.llmd.launcher.serve;

import io.llmd.contracts.schedule.EndpointList;
import io.llmd.contracts.schedule.Eviction;
import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.gateway.dispatch.Cancellation;
import io.llmd.gateway.dispatch.SchedulerClient;
import io.llmd.scheduler.api.Evictions;
import io.llmd.scheduler.api.QueuePlace;
import io.llmd.scheduler.api.ScheduleDoor;
import java.util.function.Consumer;

/**
 * The gateway's way to a scheduler in the same process: requests that need not wait are decided on the calling thread.
 * Thread-safe.
 */
final class InProcessScheduler implements SchedulerClient {

    private final ScheduleDoor door;

    InProcessScheduler(ScheduleDoor door) {
        this.door = door;
    }

    @Override
    public Cancellation schedule(ScheduleRequest request, Consumer<ScheduleOutcome> outcome) {
        QueuePlace place = door.schedule(request, outcome);
        return place == QueuePlace.NONE ? Cancellation.NONE : place::leave;
    }

    @Override
    public void report(OutcomeReport report) {
        door.report(report);
    }

    @Override
    public Cancellation evictions(Consumer<Eviction> evicted) {
        return door.evictions(new Evictions.Follower() {
            @Override
            public void evicted(Eviction eviction) {
                evicted.accept(eviction);
            }

            @Override
            public void ended() {}
        })::run;
    }

    @Override
    public void endpoints(Consumer<EndpointList> endpoints) {
        endpoints.accept(door.endpoints());
    }
}
