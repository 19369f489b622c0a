package io.llmd.simulator.routing;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.engine.EngineEvent;
import java.util.Arrays;

/** An index of blocks that endpoints report: a bit for each endpoint that holds one. */
final class ReportedPrefixes implements PrefixKnowledge {
    private final PromptBlocks prompts;
    private final double[] shares;
    private final HolderTable holders = new HolderTable();

    ReportedPrefixes(PromptBlocks prompts, int endpoints) {
        this.prompts = prompts;
        shares = new double[endpoints];
    }

    @Override
    public double[] shares(ClientRequest request) {
        long[] hashes = prompts.of(request);
        Arrays.fill(shares, 0);
        long holding = -1L >>> Long.SIZE - shares.length;
        int block = 0;
        while (block < hashes.length && holding != 0) {
            long still = holding & holders.get(hashes[block]);
            setShares(holding & ~still, (double) block / hashes.length);
            holding = still;
            block++;
        }
        setShares(holding, 1);
        return shares;
    }

    private void setShares(long endpoints, double share) {
        for (long rest = endpoints; rest != 0; rest &= rest - 1) {
            shares[Long.numberOfTrailingZeros(rest)] = share;
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
