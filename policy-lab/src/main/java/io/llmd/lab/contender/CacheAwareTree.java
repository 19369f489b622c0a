package io.llmd.lab.contender;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.EndpointView;
import io.llmd.simulator.cluster.Router;
import io.llmd.simulator.cluster.Target;
import java.util.List;

/**
 * The cache-aware policy of SGLang's router and of smg, with the thresholds of its launcher: the fewest requests while load
 * is unbalanced; else the longest match, if it is long enough; else the fewest requests.
 */
final class CacheAwareTree implements Router {

    private static final int MORE_THAN = 64;
    private static final double TIMES = 1.5;
    private static final double MATCHED_SHARE = 0.3;

    /** 2^26 characters for each endpoint, four to a token. */
    private static final int TOKENS = 1 << 24;

    private final SentPrefixes sent;
    private final long seed;

    CacheAwareTree(Setting setting) {
        sent = new SentPrefixes(setting.engines().size(), setting.blockTokens(), TOKENS / setting.blockTokens());
        seed = setting.seed();
    }

    @Override
    public Target route(ClientRequest request, long now, List<EndpointView> endpoints) {
        long[] blocks = sent.blocks(request);
        int chosen = isUnbalanced(endpoints) ? -1 : longestMatch(blocks, endpoints);
        if (chosen < 0) {
            chosen = LoadPolicies.leastLoaded(endpoints, seed, request.id());
        }
        sent.send(chosen, blocks);
        return Target.endpoint(chosen);
    }

    private static boolean isUnbalanced(List<EndpointView> endpoints) {
        int least = Integer.MAX_VALUE;
        int most = 0;
        for (EndpointView endpoint : endpoints) {
            least = Math.min(least, endpoint.inFlight());
            most = Math.max(most, endpoint.inFlight());
        }
        return most - least > MORE_THAN && most > TIMES * least;
    }

    /** -1 when no match is long enough. */
    private int longestMatch(long[] blocks, List<EndpointView> endpoints) {
        int best = -1;
        int longest = (int) (MATCHED_SHARE * blocks.length);
        for (int i = 0; i < endpoints.size(); i++) {
            int matched = sent.matched(i, blocks);
            if (matched > longest) {
                best = i;
                longest = matched;
            }
        }
        return best;
    }
}
