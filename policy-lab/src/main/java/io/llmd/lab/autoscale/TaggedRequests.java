package io.llmd.lab.autoscale;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.RequestResult;
import io.llmd.simulator.cluster.Workload;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Requests with the tags that this package needs. Those after the end of a run are left out. */
final class TaggedRequests implements Workload {

    private final Workload requests;
    private final ToIntFunction<ClientRequest> tierOf;
    private final long endNanos;
    private long count;

    TaggedRequests(Workload requests, ToIntFunction<ClientRequest> tierOf, long endNanos) {
        this.requests = requests;
        this.tierOf = tierOf;
        this.endNanos = endNanos;
    }

    @Override
    public long nextTime() {
        long time = requests.nextTime();
        return time >= endNanos ? NEVER : time;
    }

    @Override
    public @Nullable ClientRequest next() {
        long time = requests.nextTime();
        ClientRequest request = requests.next();
        if (request == null) {
            return null;
        }
        count++;
        return request.withAttachment(new Tag(time, tierOf.applyAsInt(request)));
    }

    @Override
    public void ended(RequestResult result) {
        requests.ended(result);
    }

    /** Requests that came. */
    long count() {
        return count;
    }
}
