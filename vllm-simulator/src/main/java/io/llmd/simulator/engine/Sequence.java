package io.llmd.simulator.engine;

import java.util.Arrays;

/** One request inside the engine: what is computed, which blocks it holds, when it got where. */
final class Sequence {
    enum Status {
        ARRIVING,
        WAITING,
        RUNNING,
        PREEMPTED,
        ENDED
    }

    final EngineRequest request;
    final long arrival;
    final long readyAt;
    Status status = Status.ARRIVING;
    int computed;
    int outputs;
    int cachedTokens;
    long scheduled = RequestTimes.NEVER;
    long firstToken = RequestTimes.NEVER;
    long lastToken = RequestTimes.NEVER;

    private int[] blocks = new int[4];
    private int blockCount;
    private long[] hashes = new long[4];
    private int hashCount;
    private int registered;

    Sequence(EngineRequest request, long arrival, long readyAt) {
        this.request = request;
        this.arrival = arrival;
        this.readyAt = readyAt;
    }

    /** Tokens whose ids are known: the prompt and what was produced. */
    int known() {
        return request.prompt().length + outputs;
    }

    int tokenAt(int position) {
        int[] prompt = request.prompt();
        return position < prompt.length ? prompt[position] : request.output().tokenAt(position - prompt.length);
    }

    int blockCount() {
        return blockCount;
    }

    int block(int index) {
        return blocks[index];
    }

    void addBlock(int block) {
        if (blockCount == blocks.length) {
            blocks = Arrays.copyOf(blocks, blockCount * 2);
        }
        blocks[blockCount++] = block;
    }

    /** Hash of a full block of known tokens; computed once, blocks before it first. */
    long hash(int index, BlockHasher hasher, int blockTokens) {
        while (hashCount <= index) {
            hasher.begin(hashCount == 0 ? hasher.root() : hashes[hashCount - 1]);
            for (int i = 0; i < blockTokens; i++) {
                hasher.token(tokenAt(hashCount * blockTokens + i));
            }
            if (hashCount == hashes.length) {
                hashes = Arrays.copyOf(hashes, hashCount * 2);
            }
            hashes[hashCount] = hasher.finish(request.adapter(), hashCount == 0 ? request.cacheSalt() : null);
            hashCount++;
        }
        return hashes[index];
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
        blockCount = 0;
        registered = 0;
        computed = 0;
    }

    RequestTimes times() {
        return new RequestTimes(arrival, readyAt, scheduled, firstToken, lastToken);
    }
}
