package io.llmd.lab.contender;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.EndpointView;
import io.llmd.simulator.cluster.RequestResult;
import io.llmd.simulator.cluster.Router;
import io.llmd.simulator.cluster.Target;
import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.engine.EngineEvent;
import java.util.Arrays;
import java.util.List;

/**
 * NVIDIA Dynamo's KV router on one tier: cost in blocks, {@code max(0, (active prefill tokens + prompt tokens) / block -
 * overlap) + active decode blocks}, drawn by softmax over the range of costs; temperature 0 takes the least.
 */
final class KvCost implements Router {

    private final HeldBlocks held;
    private final WorkBook work;
    private final double[] costs;
    private final double blockTokens;
    private final double temperature;
    private final long seed;

    KvCost(Setting setting, double temperature) {
        held = new HeldBlocks(setting);
        work = new WorkBook(setting.engines().size());
        costs = new double[setting.engines().size()];
        blockTokens = setting.blockTokens();
        this.temperature = temperature;
        seed = setting.seed();
    }

    @Override
    public Target route(ClientRequest request, long now, List<EndpointView> endpoints) {
        int tokens = request.prompt().length;
        int[] matched = held.matched(request, now);
        for (int i = 0; i < costs.length; i++) {
            double prefill = (work.prefillTokens(i) + tokens) / blockTokens - matched[i];
            costs[i] = Math.max(0, prefill) + work.decodeBlocks(i);
        }
        int chosen = drawn(request.id());
        work.sent(request.id(), chosen, Math.max(0, tokens - (long) (matched[chosen] * blockTokens)), (long)
                Math.ceil(tokens / blockTokens));
        return Target.endpoint(chosen);
    }

    private int drawn(long id) {
        double least = Arrays.stream(costs).min().orElse(0);
        double range = Arrays.stream(costs).max().orElse(0) - least;
        double[] weights = new double[costs.length];
        double sum = 0;
        for (int i = 0; i < costs.length; i++) {
            if (range == 0) {
                weights[i] = 1;
            } else if (temperature == 0) {
                weights[i] = costs[i] == least ? 1 : 0;
            } else {
                weights[i] = Math.exp(-(costs[i] - least) / (range * temperature));
            }
            sum += weights[i];
        }
        double left = CounterRandom.unit(seed, id, 0) * sum;
        int chosen = 0;
        for (int i = 0; i < weights.length && left > 0; i++) {
            if (weights[i] > 0) {
                chosen = i;
                left -= weights[i];
            }
        }
        return chosen;
    }

    @Override
    public void firstToken(ClientRequest request, int endpoint, long now) {
        work.firstToken(request.id());
    }

    @Override
    public void ended(RequestResult result, long now) {
        work.ended(result.request().id());
    }

    @Override
    public void blocks(int endpoint, EngineEvent.BlockEvent event, long now) {
        held.changed(endpoint, event, now);
    }

    @Override
    public boolean wantsFirstTokens() {
        return true;
    }

    @Override
    public boolean wantsBlocks() {
        return true;
    }
}
