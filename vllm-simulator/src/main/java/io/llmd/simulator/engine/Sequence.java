package io.llmd.simulator.engine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One request inside the engine: what is computed, which blocks it holds, when it got where. */
final class Sequence {
    enum Status {
        ARRIVING,
        WAITING,
        LOADING,
        RUNNING,
        PREEMPTED,
        ENDED
    }

    final EngineRequest request;
    final int promptTokens;
    final long arrival;
    final long readyAt;
    Status status = Status.ARRIVING;
    int computed;
    int outputs;
    int cachedTokens;
    int loadedTokens;
    boolean loadAsked;
    boolean loaded;

    /** Whether somebody outside makes it wait. */
    boolean onHold;

    long scheduled = RequestTimes.NEVER;
    long firstToken = RequestTimes.NEVER;
    long lastToken = RequestTimes.NEVER;

    /** Leading blocks found at the last look, how many free blocks it missed for how many tokens, and when that was. */
    int matched;

    int missing;
    int tokensAtMatch;
    long freedAtMatch;

    /** Whether the step being planned, or in flight, includes it. */
    boolean planned;

    private final int mostBlocks;
    private int[] blocks = {};
    private int blockCount;
    private long[] hashes = {};
    private int hashCount;
    private BlockHasher.@Nullable Chain chain;
    private int registered;

    /** @param mostBlocks that it can fill */
    Sequence(EngineRequest request, int mostBlocks, long arrival, long readyAt) {
        this.request = request;
        this.mostBlocks = mostBlocks;
        promptTokens = request.prompt().length;
        this.arrival = arrival;
        this.readyAt = readyAt;
    }

    /** Tokens whose ids are known: the prompt and what was produced. */
    int known() {
        return promptTokens + outputs;
    }

    int tokenAt(int position) {
        return position < promptTokens
                ? request.prompt()[position]
                : request.output().tokenAt(position - promptTokens);
    }

    /** Copies the ids of known tokens. */
    void copyTokens(int from, int[] target, int count) {
        int ofPrompt = Math.clamp(promptTokens - (long) from, 0, count);
        System.arraycopy(request.prompt(), Math.min(from, promptTokens), target, 0, ofPrompt);
        for (int i = ofPrompt; i < count; i++) {
            target[i] = request.output().tokenAt(from + i - promptTokens);
        }
    }

    int blockCount() {
        return blockCount;
    }

    int block(int index) {
        return blocks[index];
    }

    int[] copyBlocks() {
        return Arrays.copyOf(blocks, blockCount);
    }

    void addBlock(int block) {
        if (blockCount == blocks.length) {
            blocks = Arrays.copyOf(blocks, Math.max(mostBlocks, blockCount + 1));
        }
        blocks[blockCount++] = block;
    }

    /**
     * Hash of a full block of known tokens; computed once, blocks before it first.
     *
     * @param scratch room for the tokens of one block
     */
    long hash(int index, BlockHasher hasher, int[] scratch) {
        if (hashCount <= index) {
            extendHashes(index, hasher, scratch);
        }
        return hashes[index];
    }

    private void extendHashes(int index, BlockHasher hasher, int[] scratch) {
        BlockHasher.Chain names = chain == null ? hasher.begin(request) : chain;
        chain = names;
        if (index >= hashes.length) {
            hashes = Arrays.copyOf(hashes, Math.max(mostBlocks, index + 1));
        }
        hashCount += names.takeKnown(hashes, hashCount);
        while (hashCount <= index) {
            int from = hashCount * scratch.length;
            if (from + scratch.length <= promptTokens) {
                hashes[hashCount++] = names.next(request.prompt(), from);
            } else {
                copyTokens(from, scratch, scratch.length);
                hashes[hashCount++] = names.next(scratch, 0);
            }
        }
    }

    /** Blocks at the front that are findable by hash already. */
    int registered() {
        return registered;
    }

    void registered(int count) {
        registered = count;
    }

    /** Gives all blocks back, the tail first, so that it is evicted before what others may share. */
    void releaseBlocks(BlockPool pool) {
        for (int i = blockCount - 1; i >= 0; i--) {
            pool.release(blocks[i]);
        }
        forgetBlocks();
    }

    /** Leaves the blocks to somebody else. */
    void forgetBlocks() {
        blockCount = 0;
        registered = 0;
        computed = 0;
    }

    /** The blocks were lost; what comes next is as good as a first look. */
    void restart(BlockPool pool) {
        releaseBlocks(pool);
        loaded = false;
        forgetMatch();
    }

    /** What was found in the cache at the last look is no longer true. */
    void forgetMatch() {
        missing = 0;
    }

    RequestTimes times() {
        return new RequestTimes(arrival, readyAt, scheduled, firstToken, lastToken);
    }
}
