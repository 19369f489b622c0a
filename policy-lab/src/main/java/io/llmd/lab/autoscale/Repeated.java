package io.llmd.lab.autoscale;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.Workload;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** The same kind of requests several times, one after the other, each time with a seed of its own. */
final class Repeated implements Workload {

    private final LongFunction<Workload> requests;
    private final long seed;
    private final int times;
    private final long lengthNanos;
    private int round;
    private long nextId;
    private Workload current;

    /** @param lengthNanos of one time; what would come later is left out */
    Repeated(LongFunction<Workload> requests, long seed, int times, long lengthNanos) {
        this.requests = requests;
        this.seed = seed;
        this.times = times;
        this.lengthNanos = lengthNanos;
        current = requests.apply(seed);
    }

    @Override
    public long nextTime() {
        while (true) {
            long time = current.nextTime();
            if (time != NEVER && time < lengthNanos) {
                return round * lengthNanos + time;
            }
            if (round + 1 >= times) {
                return NEVER;
            }
            round++;
            current = requests.apply(seed + round);
        }
    }

    @Override
    public @Nullable ClientRequest next() {
        if (nextTime() == NEVER) {
            return null;
        }
        ClientRequest request = current.next();
        return request == null
                ? null
                : new ClientRequest(
                        nextId++,
                        request.prompt(),
                        request.outputLength(),
                        request.output(),
                        request.priority(),
                        request.cacheSalt(),
                        request.adapter(),
                        request.attachment());
    }
}
