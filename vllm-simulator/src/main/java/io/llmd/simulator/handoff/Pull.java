package io.llmd.simulator.handoff;

import io.llmd.simulator.metrics.FetchStage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one request gets from the engine that holds its blocks. Not thread-safe. */
final class Pull {
    final long requestId;
    final Handoff handoff;

    /** Tokens to read and the blocks they fill; 0 to tell the holder only that it need not hold its blocks. */
    int tokens;

    int blocks;

    /** Names of the blocks of the prompt; empty where these do not matter. */
    final List<Long> hashes;

    /** Blocks of the prompt that are here already, and those after them that were found elsewhere so far. */
    int cachedBlocks;

    int found;

    /** Whether the engine has said what it wants. */
    boolean wanted;

    long wantedAt;

    /** Whether the request has ended meanwhile, so that nobody waits for the blocks. */
    boolean abandoned;

    /** How far the request is with it; absent once it runs, or needs no blocks. */
    @Nullable
    FetchStage stage;

    /** Whether the blocks shall come in vain. */
    boolean fails;

    /** When reading began. */
    long started;

    Pull(long requestId, Handoff handoff, List<Long> hashes) {
        this.requestId = requestId;
        this.handoff = handoff;
        this.hashes = hashes;
    }

    boolean reads() {
        return tokens > 0 && !abandoned;
    }
}
