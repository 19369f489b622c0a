package io.llmd.lab.contender;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.EndpointView;
import io.llmd.simulator.cluster.Router;
import io.llmd.simulator.cluster.Target;
import io.llmd.simulator.engine.CounterRandom;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/**
 * Consistent hashing with bounded load: a key belongs to the endpoint at the next point of a ring, or to one further on while
 * that has more than its share of the requests.
 */
final class HashRing implements Router {

    private static final int POINTS = 160;

    private final ToLongFunction<ClientRequest> key;
    private final double bound;
    private final TreeMap<Long, Integer> ring = new TreeMap<>();

    /** @param bound most requests of an endpoint, in means of all; infinite for no bound */
    HashRing(int endpoints, ToLongFunction<ClientRequest> key, double bound) {
        this.key = key;
        this.bound = bound;
        for (int endpoint = 0; endpoint < endpoints; endpoint++) {
            for (int point = 0; point < POINTS; point++) {
                ring.put(CounterRandom.bits(endpoint, point, POINTS), endpoint);
            }
        }
    }

    @Override
    public Target route(ClientRequest request, long now, List<EndpointView> endpoints) {
        int all = 1;
        for (EndpointView endpoint : endpoints) {
            all += endpoint.inFlight();
        }
        double most = Math.ceil(bound * all / endpoints.size());
        long from = key.applyAsLong(request);
        for (Map.Entry<Long, Integer> point : ring.tailMap(from).entrySet()) {
            if (endpoints.get(point.getValue()).inFlight() < most) {
                return Target.endpoint(point.getValue());
            }
        }
        for (Map.Entry<Long, Integer> point : ring.entrySet()) {
            if (endpoints.get(point.getValue()).inFlight() < most) {
                return Target.endpoint(point.getValue());
            }
        }
        throw new IllegalStateException("all endpoints have more than " + bound + " means (expected: bound > 1)");
    }
}
