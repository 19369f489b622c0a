package io.llmd.simulator.routing;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.engine.EngineEvent;
import java.util.Arrays;

/**
 * An index of blocks that endpoints report: a bit for each endpoint that holds one. Scores are those of llm-d's precise
 * scorer in the experiment: spread over [0, 1] between the least and the most that an endpoint with any of it holds.
 */
final class ReportedPrefixes implements PrefixKnowledge {
    private final PromptBlocks prompts;
    private final double[] scores;
    private final int[] held;
    private final HolderTable holders = new HolderTable();

    ReportedPrefixes(PromptBlocks prompts, int endpoints) {
        this.prompts = prompts;
        scores = new double[endpoints];
        held = new int[endpoints];
    }

    @Override
    public double[] scores(ClientRequest request) {
        count(prompts.of(request));
        int least = Integer.MAX_VALUE;
        int most = 0;
        for (int blocks : held) {
            least = blocks > 0 ? Math.min(least, blocks) : least;
            most = Math.max(most, blocks);
        }
        for (int endpoint = 0; endpoint < held.length; endpoint++) {
            scores[endpoint] = score(held[endpoint], least, most);
        }
        return scores;
    }

    private static double score(int blocks, int least, int most) {
        if (blocks == 0) {
            return 0;
        }
        return most == least ? 1 : (double) (blocks - least) / (most - least);
    }

    private void count(long[] hashes) {
        Arrays.fill(held, 0);
        long holding = -1L >>> Long.SIZE - held.length;
        int block = 0;
        while (block < hashes.length && holding != 0) {
            long still = holding & holders.get(hashes[block]);
            setHeld(holding & ~still, block);
            holding = still;
            block++;
        }
        setHeld(holding, hashes.length);
    }

    private void setHeld(long endpoints, int blocks) {
        for (long rest = endpoints; rest != 0; rest &= rest - 1) {
            held[Long.numberOfTrailingZeros(rest)] = blocks;
        }
    }

    @Override
    public void blocks(int endpoint, EngineEvent.BlockEvent event) {
        long bit = 1L << endpoint;
        switch (event) {
            case EngineEvent.BlocksStored stored -> {
                for (long hash : stored.hashes()) {
                    holders.add(hash, bit);
                }
            }
            case EngineEvent.BlocksRemoved removed -> {
                for (long hash : removed.hashes()) {
                    holders.remove(hash, bit);
                }
            }
            case EngineEvent.BlocksCleared _ -> holders.removeFromAll(bit);
        }
    }

    @Override
    public boolean wantsBlocks() {
        return true;
    }
}
