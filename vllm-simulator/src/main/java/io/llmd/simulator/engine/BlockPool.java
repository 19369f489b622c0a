package io.llmd.simulator.engine;

import java.util.Arrays;

/**
 * The KV blocks of one engine. Not thread-safe.
 *
 * <p>Block 0 is reserved and never given out. A block with references is in use. A block without is in the free queue,
 * a doubly linked list in eviction order, and may still carry the hash of its content: it can be taken back by
 * {@link #acquireCached} until {@link #allocate} gives it to somebody else. Blocks of equal content are not merged;
 * the one registered first answers look-ups, and the next of them when it is evicted. A withheld block has neither
 * references nor content and is in no queue.
 */
final class BlockPool {
    static final int NONE = BlockIndex.NONE;

    private final int[] references;
    private final boolean[] hashed;
    private final int[] previousFree;
    private final int[] nextFree;
    private final BlockIndex byHash;
    private final BlockResidency residency;
    private long[] evicted = new long[16];
    private int evictedCount;
    private long freed;
    private int freeHead = NONE;
    private int freeTail = NONE;
    private int withheldHead = NONE;
    private int withheld;
    private int toWithhold;
    private int free;
    private int cached;

    BlockPool(int blocks) {
        this(blocks, new BlockResidency(0, 0));
    }

    BlockPool(int blocks, BlockResidency residency) {
        this.residency = residency;
        references = new int[blocks];
        hashed = new boolean[blocks];
        previousFree = new int[blocks];
        nextFree = new int[blocks];
        byHash = new BlockIndex(blocks);
        for (int block = 1; block < blocks; block++) {
            appendFree(block);
        }
    }

    /** Blocks that can be in use. */
    int total() {
        return references.length - 1;
    }

    int free() {
        return free;
    }

    /** Blocks that are not free, withheld ones included. */
    int used() {
        return total() - free;
    }

    /** Blocks with references. */
    int held() {
        return used() - withheld;
    }

    int cached() {
        return cached;
    }

    int references(int block) {
        return references[block];
    }

    /** The block that answers for a hash of that {@link BlockIndex#home}, or {@link #NONE}. */
    int find(long hash, int home) {
        return byHash.get(hash, home);
    }

    /** Takes one more reference on a block that {@link #find} returned. */
    void acquireCached(int block) {
        if (references[block]++ == 0) {
            unlinkFree(block);
        }
        residency.used(block);
    }

    /** Takes the block that was free longest and forgets its content. The caller has checked {@link #free}. */
    int allocate() {
        int block = takeFree();
        residency.allocated(block);
        references[block] = 1;
        return block;
    }

    private int takeFree() {
        int block = freeHead;
        if (block == NONE) {
            throw new IllegalStateException("no free block");
        }
        unlinkFree(block);
        if (hashed[block]) {
            evict(block);
        }
        return block;
    }

    /**
     * Withholds so many blocks from everybody: what is free of them at once, the others as they become free. Those
     * withheld beyond that are free again.
     */
    void withhold(int blocks) {
        toWithhold = blocks;
        while (withheld < toWithhold && free > 0) {
            withholdOne(takeFree());
        }
        while (withheld > toWithhold) {
            int block = withheldHead;
            withheldHead = nextFree[block];
            withheld--;
            appendFree(block);
            freed++;
        }
    }

    private void withholdOne(int block) {
        nextFree[block] = withheldHead;
        withheldHead = block;
        withheld++;
    }

    /** Gives one reference back; the last one puts the block at the end of the free queue. */
    void release(int block) {
        if (references[block] <= 0) {
            throw new IllegalStateException("block " + block + " is not in use");
        }
        if (--references[block] > 0) {
            return;
        }
        if (withheld < toWithhold) {
            if (hashed[block]) {
                evict(block);
            }
            withholdOne(block);
        } else {
            appendFree(block);
            freed++;
        }
    }

    /** How often a block became free; never falls. */
    long freed() {
        return freed;
    }

    /** Makes the content of a block in use findable. */
    void register(int block, long hash, int home) {
        if (hashed[block]) {
            throw new IllegalStateException("block " + block + " is registered already");
        }
        hashed[block] = true;
        byHash.add(block, hash, home);
        cached++;
    }

    private void evict(int block) {
        byHash.remove(block);
        hashed[block] = false;
        cached--;
        if (evictedCount == evicted.length) {
            evicted = Arrays.copyOf(evicted, evictedCount * 2);
        }
        evicted[evictedCount++] = byHash.hash(block);
        residency.evicted(block);
    }

    boolean hasEvicted() {
        return evictedCount > 0;
    }

    /** Hashes of the blocks that lost their content since the last call, in order, one for each block. */
    long[] takeEvicted() {
        long[] taken = Arrays.copyOf(evicted, evictedCount);
        evictedCount = 0;
        return taken;
    }

    /** Forgets what was evicted, for callers that nobody asks. */
    void dropEvicted() {
        evictedCount = 0;
    }

    /** Forgets the content of all blocks, and what was evicted; references and the order of the free queue stay. */
    void forgetContents() {
        byHash.clear();
        evictedCount = 0;
        Arrays.fill(hashed, false);
        residency.clear();
        cached = 0;
    }

    private void appendFree(int block) {
        previousFree[block] = freeTail;
        nextFree[block] = NONE;
        if (freeTail == NONE) {
            freeHead = block;
        } else {
            nextFree[freeTail] = block;
        }
        freeTail = block;
        free++;
    }

    private void unlinkFree(int block) {
        int before = previousFree[block];
        int after = nextFree[block];
        if (before == NONE) {
            freeHead = after;
        } else {
            nextFree[before] = after;
        }
        if (after == NONE) {
            freeTail = before;
        } else {
            previousFree[after] = before;
        }
        free--;
    }

    /** Hashes of the blocks that can be found, and of those whose loss was not taken yet, one for each; for tests. */
    long[] toldHashes() {
        long[] hashes = Arrays.copyOf(evicted, evictedCount + cached);
        int count = evictedCount;
        for (int block = 1; block < references.length; block++) {
            if (hashed[block]) {
                hashes[count++] = byHash.hash(block);
            }
        }
        return hashes;
    }

    /** Verifies the invariants in O(blocks); for tests. */
    void check() {
        int linked = 0;
        for (int block = freeHead; block != NONE; block = nextFree[block]) {
            require(references[block] == 0, "free block " + block + " has references");
            require(block != 0, "the reserved block is free");
            linked++;
        }
        require(linked == free, "free queue holds " + linked + " blocks, counted " + free);
        int inUse = 0;
        int withHash = 0;
        for (int block = 1; block < references.length; block++) {
            inUse += references[block] > 0 ? 1 : 0;
            withHash += hashed[block] ? 1 : 0;
        }
        int apart = 0;
        for (int block = withheldHead; block != NONE; block = nextFree[block]) {
            require(references[block] == 0 && !hashed[block], "withheld block " + block + " is in use or findable");
            apart++;
        }
        require(apart == withheld, apart + " blocks are withheld, counted " + withheld);
        require(
                withheld == toWithhold || free == 0,
                withheld + " withheld of " + toWithhold + " while others are free");
        require(
                inUse + free + withheld == total(),
                inUse + " in use, " + free + " free and " + withheld + " withheld of " + total());
        require(withHash == cached, withHash + " blocks carry a hash, counted " + cached);
        int found = 0;
        for (int block = 1; block < references.length; block++) {
            found += hashed[block] && byHash.reaches(block) ? 1 : 0;
        }
        require(found == cached, "the index reaches " + found + " blocks of " + cached);
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalStateException(message);
        }
    }
}
