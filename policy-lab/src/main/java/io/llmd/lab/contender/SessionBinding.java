package io.llmd.lab.contender;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.EndpointView;
import io.llmd.simulator.cluster.Router;
import io.llmd.simulator.cluster.Target;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Keeps a session where its first request went, which is where the fewest requests were. */
final class SessionBinding implements Router {

    private static final int MOST_SESSIONS = 100_000;

    private final long seed;
    private final Map<Long, Integer> bindings = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Integer> eldest) {
            return size() > MOST_SESSIONS;
        }
    };

    SessionBinding(long seed) {
        this.seed = seed;
    }

    @Override
    public Target route(ClientRequest request, long now, List<EndpointView> endpoints) {
        return Target.endpoint(bindings.computeIfAbsent(
                PromptKeys.ofSession(request), any -> LoadPolicies.leastLoaded(endpoints, seed, request.id())));
    }
}
