package io.llmd.lab.contender;

import io.llmd.simulator.cluster.EndpointView;
import io.llmd.simulator.cluster.Router;
import io.llmd.simulator.cluster.Target;
import io.llmd.simulator.engine.CounterRandom;
import java.util.List;

/** Policies that know how many requests each endpoint has, or not even that. */
final class LoadPolicies {

    private static final long SECOND = 1;

    private LoadPolicies() {}

    static Router random(Setting setting) {
        return (request, now, endpoints) -> Target.endpoint(drawn(setting.seed(), request.id(), 0, endpoints.size()));
    }

    static Router roundRobin() {
        long[] next = {0};
        return (request, now, endpoints) -> Target.endpoint((int) (next[0]++ % endpoints.size()));
    }

    static Router leastRequests(Setting setting) {
        return (request, now, endpoints) -> Target.endpoint(leastLoaded(endpoints, setting.seed(), request.id()));
    }

    /** The less loaded of two endpoints that are drawn. */
    static Router powerOfTwo(Setting setting) {
        return (request, now, endpoints) -> {
            int first = drawn(setting.seed(), request.id(), 0, endpoints.size());
            int second = drawn(setting.seed(), request.id(), SECOND, endpoints.size());
            return Target.endpoint(
                    endpoints.get(second).inFlight() < endpoints.get(first).inFlight() ? second : first);
        };
    }

    /** The endpoint with the fewest requests, ties at random. */
    static int leastLoaded(List<EndpointView> endpoints, long seed, long requestId) {
        int best = 0;
        double bestDraw = -1;
        for (int i = 0; i < endpoints.size(); i++) {
            int load = endpoints.get(i).inFlight();
            int least = endpoints.get(best).inFlight();
            double draw = CounterRandom.unit(seed, requestId, i);
            if (load < least || load == least && draw > bestDraw) {
                best = i;
                bestDraw = draw;
            }
        }
        return best;
    }

    private static int drawn(long seed, long requestId, long draw, int endpoints) {
        return (int) Math.floorMod(CounterRandom.bits(seed, requestId, draw), (long) endpoints);
    }
}
