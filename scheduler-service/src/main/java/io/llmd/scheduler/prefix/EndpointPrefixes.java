package io.llmd.scheduler.prefix;

import java.util.concurrent.locks.ReentrantLock;

/**
 * The block hashes that one endpoint probably holds. Safe from any thread; its lock is held for the hashes of one
 * request, some microseconds, and never while anything is waited for.
 */
final class EndpointPrefixes {

    private final ReentrantLock lock = new ReentrantLock();
    private final int blockTokens;
    private final LruHashSet hashes;
    private long answered;

    EndpointPrefixes(int blockTokens, int capacity) {
        this.blockTokens = blockTokens;
        this.hashes = new LruHashSet(capacity);
    }

    int blockTokens() {
        return blockTokens;
    }

    /** Leading blocks of each prompt that are held, added up. */
    int matches(HashChain chain) {
        lock.lock();
        try {
            int matches = 0;
            for (long[] prompt : chain.prompts()) {
                matches += held(prompt);
            }
            return matches;
        } finally {
            lock.unlock();
        }
    }

    /*
     * Whoever learns a chain uses its blocks from the last to the first. So a block is always used later than all that
     * follow it, in every chain, and is forgotten after them: what is held of a chain is a run from its beginning. The
     * length of such a run is found by doubling and halving instead of by walking.
     */
    private int held(long[] prompt) {
        int low = 0;
        int high = 1;
        while (high <= prompt.length && holds(prompt, high - 1)) {
            low = high;
            high *= 2;
        }
        high = Math.min(high, prompt.length + 1);
        while (high - low > 1) {
            int middle = (low + high) >>> 1;
            if (holds(prompt, middle - 1)) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private boolean holds(long[] prompt, int block) {
        return hashes.contains(prompt[block], LruHashSet.home(prompt, block));
    }

    /** Takes note that the endpoint will hold all blocks, as far as {@code capacity} goes. */
    void learn(HashChain chain, int capacity) {
        lock.lock();
        try {
            if (capacity != hashes.capacity()) {
                hashes.resize(capacity);
            }
            use(chain, capacity);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes note that a request has ended: the engine keeps its blocks as the newest ones, the first of the prompt longest, and
     * those of its answers, of which nobody knows the hashes.
     */
    void ended(HashChain chain, int answerBlocks) {
        lock.lock();
        try {
            for (int i = Math.min(answerBlocks, hashes.capacity()); i > 0; i--) {
                long hash = mixed(++answered);
                hashes.add(hash, LruHashSet.home(hash));
            }
            use(chain, hashes.capacity());
        } finally {
            lock.unlock();
        }
    }

    private void use(HashChain chain, int capacity) {
        for (long[] prompt : chain.prompts()) {
            for (int i = Math.min(prompt.length, capacity) - 1; i >= 0; i--) {
                hashes.add(prompt[i], LruHashSet.home(prompt, i));
            }
        }
    }

    /** Numbers that look like hashes: the finalizer of SplitMix64. */
    private static long mixed(long number) {
        long z = (number ^ (number >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    int size() {
        lock.lock();
        try {
            return hashes.size();
        } finally {
            lock.unlock();
        }
    }
}
