package io.llmd.lab;

import io.llmd.lab.fleet.Outage;
import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.EndpointView;
import io.llmd.simulator.cluster.Outcome;
import io.llmd.simulator.cluster.RequestResult;
import io.llmd.simulator.cluster.Router;
import io.llmd.simulator.cluster.SimulationControl;
import io.llmd.simulator.cluster.Target;
import io.llmd.simulator.engine.EngineEvent;
import java.util.List;

/**
 * Sends a request that cannot reach its endpoint once more, as the gateway does: the policy hears that the attempt failed, and
 * decides again. Who then cannot be reached either refuses the request. For the thread of the simulation; policies that hold
 * requests back are not asked again.
 */
final class Retrying implements Router, AutoCloseable {

    private final Router policy;
    private final Outage outage;

    Retrying(Router policy, Outage outage) {
        this.policy = policy;
        this.outage = outage;
    }

    @Override
    public Target route(ClientRequest request, long now, List<EndpointView> endpoints) {
        Target first = policy.route(request, now, endpoints);
        int failed = unreachable(first, now);
        if (failed < 0) {
            return first;
        }
        policy.ended(failure(request, failed, now), now);
        Target second = policy.route(request, now, endpoints);
        int again = unreachable(second, now);
        if (again < 0) {
            return second;
        }
        policy.ended(failure(request, again, now), now);
        return new Target.Rejected("endpoint cannot be reached");
    }

    private int unreachable(Target target, long now) {
        return target instanceof Target.Single single && outage.covers(single.endpoint(), now)
                ? single.endpoint()
                : RequestResult.NONE;
    }

    private static RequestResult failure(ClientRequest request, int endpoint, long now) {
        return new RequestResult(
                request,
                Outcome.FAILED,
                "endpoint cannot be reached",
                endpoint,
                RequestResult.NONE,
                now,
                now,
                RequestResult.NEVER,
                RequestResult.NEVER,
                RequestResult.NEVER,
                now,
                0,
                0,
                0);
    }

    @Override
    public void begin(SimulationControl control) {
        policy.begin(control);
    }

    @Override
    public void scraped(EndpointView endpoint, long now) {
        if (!outage.covers(endpoint.index(), now)) {
            policy.scraped(endpoint, now);
        }
    }

    @Override
    public void firstToken(ClientRequest request, int endpoint, long now) {
        policy.firstToken(request, endpoint, now);
    }

    @Override
    public void ended(RequestResult result, long now) {
        policy.ended(result, now);
    }

    @Override
    public void blocks(int endpoint, EngineEvent.BlockEvent event, long now) {
        policy.blocks(endpoint, event, now);
    }

    @Override
    public boolean wantsFirstTokens() {
        return policy.wantsFirstTokens();
    }

    @Override
    public boolean wantsBlocks() {
        return policy.wantsBlocks();
    }

    @Override
    public boolean wantsBlockTokens() {
        return policy.wantsBlockTokens();
    }

    @Override
    public void close() throws Exception {
        if (policy instanceof AutoCloseable closeable) {
            closeable.close();
        }
    }
}
