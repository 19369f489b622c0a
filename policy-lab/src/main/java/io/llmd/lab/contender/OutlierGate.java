package io.llmd.lab.contender;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.EndpointView;
import io.llmd.simulator.cluster.Router;
import io.llmd.simulator.cluster.Target;
import java.util.List;

/**
 * AIBrix's prefix-cache policy, as its code has it: while one endpoint has far more requests than the mean only the least
 * loaded ones may match; the longest match on an endpoint that is not a standard deviation above the mean wins, ties by fewer
 * requests; else the fewest requests.
 */
final class OutlierGate implements Router {

    private static final int BLOCK_TOKENS = 16;
    private static final int REMEMBERED_BLOCKS = 200_000;
    private static final int GAP = 8;

    private final SentPrefixes sent;
    private final long seed;

    OutlierGate(Setting setting) {
        sent = new SentPrefixes(setting.engines().size(), BLOCK_TOKENS, REMEMBERED_BLOCKS);
        seed = setting.seed();
    }

    @Override
    public Target route(ClientRequest request, long now, List<EndpointView> endpoints) {
        long[] blocks = sent.blocks(request);
        int chosen = matched(blocks, endpoints);
        if (chosen < 0) {
            chosen = LoadPolicies.leastLoaded(endpoints, seed, request.id());
        }
        sent.send(chosen, blocks);
        return Target.endpoint(chosen);
    }

    private int matched(long[] blocks, List<EndpointView> endpoints) {
        double sum = 0;
        double squares = 0;
        int least = Integer.MAX_VALUE;
        int most = 0;
        for (EndpointView endpoint : endpoints) {
            int load = endpoint.inFlight();
            sum += load;
            squares += (double) load * load;
            least = Math.min(least, load);
            most = Math.max(most, load);
        }
        double mean = sum / endpoints.size();
        double deviation = Math.sqrt(Math.max(0, squares / endpoints.size() - mean * mean));
        boolean isUnbalanced = most > 2 * (mean + 1) && most - least >= GAP;
        double limit = isUnbalanced ? least : mean + deviation;
        int best = -1;
        int longest = 0;
        for (int i = 0; i < endpoints.size(); i++) {
            int load = endpoints.get(i).inFlight();
            int matched = load <= limit ? sent.matched(i, blocks) : 0;
            boolean isBetter = matched > longest
                    || matched == longest
                            && best >= 0
                            && load < endpoints.get(best).inFlight();
            if (matched > 0 && isBetter) {
                best = i;
                longest = matched;
            }
        }
        return best;
    }
}
