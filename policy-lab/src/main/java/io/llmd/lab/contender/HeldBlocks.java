package io.llmd.lab.contender;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.routing.HolderTable;
import io.llmd.simulator.routing.PromptBlocks;
import java.util.Arrays;

/** What endpoints hold, by their events, for policies in code. */
final class HeldBlocks {

    private final PromptBlocks prompts;
    private final HolderTable holders = new HolderTable();
    private final BlockNews news;
    private final int[] matched;

    HeldBlocks(Setting setting) {
        prompts = new PromptBlocks(setting.engines().getFirst().hasher(), setting.blockTokens());
        news = new BlockNews(setting, this::apply);
        matched = new int[setting.engines().size()];
    }

    /** Leading blocks of a prompt that each endpoint holds; the same array each time. */
    int[] matched(ClientRequest request, long now) {
        news.replayed(now);
        long[] blocks = prompts.of(request);
        Arrays.fill(matched, 0);
        long holding = -1L >>> Long.SIZE - matched.length;
        for (int block = 0; block < blocks.length && holding != 0; block++) {
            holding &= holders.get(blocks[block]);
            for (long rest = holding; rest != 0; rest &= rest - 1) {
                matched[Long.numberOfTrailingZeros(rest)]++;
            }
        }
        return matched;
    }

    void changed(int endpoint, EngineEvent.BlockEvent event, long now) {
        news.changed(endpoint, event, now);
    }

    private void apply(EngineEvent.BlockEvent event, int endpoint) {
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
}
