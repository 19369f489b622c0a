package io.llmd.simulator.routing;

import io.llmd.simulator.cluster.ClientRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Remembers for each endpoint the leading blocks of the prompts sent there, those used longest ago given up first. */
final class RoutedPrefixes implements PrefixKnowledge {
    private final PromptBlocks prompts;
    private final int blocksToMatch;
    private final int blocksPerEndpoint;
    private final List<LinkedHashMap<Long, Boolean>> remembered = new ArrayList<>();
    private final double[] scores;

    RoutedPrefixes(PromptBlocks prompts, int endpoints, int blocksToMatch, int blocksPerEndpoint) {
        this.prompts = prompts;
        this.blocksToMatch = blocksToMatch;
        this.blocksPerEndpoint = blocksPerEndpoint;
        scores = new double[endpoints];
        for (int i = 0; i < endpoints; i++) {
            remembered.add(new LinkedHashMap<>(16, 0.75f, true));
        }
    }

    @Override
    public double[] scores(ClientRequest request) {
        long[] hashes = prompts.of(request);
        int most = Math.min(hashes.length, blocksToMatch);
        for (int endpoint = 0; endpoint < scores.length; endpoint++) {
            Map<Long, Boolean> there = remembered.get(endpoint);
            int matched = 0;
            while (matched < most && there.containsKey(hashes[matched])) {
                matched++;
            }
            scores[endpoint] = (double) matched / most;
        }
        return scores;
    }

    @Override
    public void routed(ClientRequest request, int endpoint) {
        long[] hashes = prompts.of(request);
        LinkedHashMap<Long, Boolean> there = remembered.get(endpoint);
        for (int i = 0; i < Math.min(hashes.length, blocksToMatch); i++) {
            there.put(hashes[i], true);
            if (there.size() > blocksPerEndpoint) {
                there.pollFirstEntry();
            }
        }
    }
}
