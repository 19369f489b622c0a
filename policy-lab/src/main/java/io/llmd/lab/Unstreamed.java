package io.llmd.lab;

import io.llmd.lab.fleet.Conditions;
import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.EndpointView;
import io.llmd.simulator.cluster.RequestResult;
import io.llmd.simulator.cluster.Router;
import io.llmd.simulator.cluster.SimulationControl;
import io.llmd.simulator.cluster.Target;
import io.llmd.simulator.engine.EngineEvent;
import java.util.List;

/** Hides the first tokens of answers that are not streamed from a policy. For the thread of the simulation. */
final class Unstreamed implements Router, AutoCloseable {

    private final Router policy;
    private final Conditions conditions;
    private final long seed;

    Unstreamed(Router policy, Conditions conditions, long seed) {
        this.policy = policy;
        this.conditions = conditions;
        this.seed = seed;
    }

    @Override
    public Target route(ClientRequest request, long now, List<EndpointView> endpoints) {
        return policy.route(request, now, endpoints);
    }

    @Override
    public void begin(SimulationControl control) {
        policy.begin(control);
    }

    @Override
    public void scraped(EndpointView endpoint, long now) {
        policy.scraped(endpoint, now);
    }

    @Override
    public void firstToken(ClientRequest request, int endpoint, long now) {
        if (conditions.isStreamed(seed, request.id())) {
            policy.firstToken(request, endpoint, now);
        }
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
