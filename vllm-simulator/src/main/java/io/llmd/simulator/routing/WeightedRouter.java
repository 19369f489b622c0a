package io.llmd.simulator.routing;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.EndpointView;
import io.llmd.simulator.cluster.Router;
import io.llmd.simulator.cluster.Target;
import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.engine.EngineEvent;
import java.util.List;

/** Sums weighted scores of prefix, free memory and queue; the best endpoint wins, ties at random. */
final class WeightedRouter implements Router {
    private final PrefixKnowledge prefixes;
    private final double prefixWeight;
    private final double memoryWeight;
    private final double queueWeight;
    private final long seed;

    WeightedRouter(PrefixKnowledge prefixes, double prefixWeight, double memoryWeight, double queueWeight, long seed) {
        this.prefixes = prefixes;
        this.prefixWeight = prefixWeight;
        this.memoryWeight = memoryWeight;
        this.queueWeight = queueWeight;
        this.seed = seed;
    }

    @Override
    public Target route(ClientRequest request, long now, List<EndpointView> endpoints) {
        double[] scores = prefixes.scores(request);
        int least = Integer.MAX_VALUE;
        int most = 0;
        for (EndpointView endpoint : endpoints) {
            least = Math.min(least, endpoint.metrics().waiting());
            most = Math.max(most, endpoint.metrics().waiting());
        }
        int best = 0;
        double bestScore = -1;
        double bestDraw = 0;
        for (int i = 0; i < endpoints.size(); i++) {
            int waiting = endpoints.get(i).metrics().waiting();
            double queue = most == least ? 1 : (double) (most - waiting) / (most - least);
            double score = prefixWeight * (prefixWeight > 0 ? scores[i] : 0)
                    + memoryWeight * (1 - endpoints.get(i).metrics().kvUsage())
                    + queueWeight * queue;
            double draw = CounterRandom.unit(seed, request.id(), i);
            if (score > bestScore || score == bestScore && draw > bestDraw) {
                best = i;
                bestScore = score;
                bestDraw = draw;
            }
        }
        prefixes.routed(request, best);
        return Target.endpoint(best);
    }

    @Override
    public void blocks(int endpoint, EngineEvent.BlockEvent event, long now) {
        prefixes.blocks(endpoint, event);
    }

    @Override
    public boolean wantsBlocks() {
        return prefixes.wantsBlocks();
    }
}
