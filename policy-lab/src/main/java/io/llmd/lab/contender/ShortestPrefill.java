package io.llmd.lab.contender;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.EndpointView;
import io.llmd.simulator.cluster.RequestResult;
import io.llmd.simulator.cluster.Router;
import io.llmd.simulator.cluster.Target;
import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.engine.EngineEvent;
import java.util.List;

/**
 * Mooncake's conductor without transfers of blocks: the endpoint on which waiting and computing what it does not hold take
 * the least time, at one rate for all.
 */
final class ShortestPrefill implements Router {

    private final HeldBlocks held;
    private final WorkBook work;
    private final int blockTokens;
    private final long seed;

    ShortestPrefill(Setting setting) {
        held = new HeldBlocks(setting);
        work = new WorkBook(setting.engines().size());
        blockTokens = setting.blockTokens();
        seed = setting.seed();
    }

    @Override
    public Target route(ClientRequest request, long now, List<EndpointView> endpoints) {
        int[] matched = held.matched(request, now);
        int best = 0;
        long least = Long.MAX_VALUE;
        double bestDraw = -1;
        for (int i = 0; i < endpoints.size(); i++) {
            long tokens = work.prefillTokens(i) + uncached(request, matched[i]);
            double draw = CounterRandom.unit(seed, request.id(), i);
            if (tokens < least || tokens == least && draw > bestDraw) {
                best = i;
                least = tokens;
                bestDraw = draw;
            }
        }
        work.sent(request.id(), best, uncached(request, matched[best]), 0);
        return Target.endpoint(best);
    }

    private long uncached(ClientRequest request, int matchedBlocks) {
        return Math.max(1, request.prompt().length - (long) matchedBlocks * blockTokens);
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
