package io.llmd.scheduler.config;

import io.llmd.scheduler.api.Admissions;
import io.llmd.scheduler.replica.ReplicaListener;

/** Lets the bounds of flow control follow how many schedulers tell each other their load; meters hear it too. */
final class SharedBounds implements ReplicaListener {

    private final Admissions admissions;
    private final ReplicaListener meters;

    SharedBounds(Admissions admissions, ReplicaListener meters) {
        this.admissions = admissions;
        this.meters = meters;
    }

    @Override
    public void happened(Event event, int count) {
        meters.happened(event, count);
    }

    @Override
    public void others(int count) {
        meters.others(count);
        admissions.replicas(1 + count);
    }
}
