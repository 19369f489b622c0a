package io.llmd.scheduler.prefix;

import io.llmd.scheduler.datalayer.EndpointListener;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which blocks each endpoint probably holds, learned from where requests were sent. Safe from any thread, with one lock
 * per endpoint that is held for microseconds.
 *
 * <p>Grows with the endpoints of the pool and, per endpoint, with the blocks it was sent, up to its capacity and never
 * beyond {@value #MAX_CAPACITY} blocks; a block costs at most 44 bytes, so an endpoint 1.2 MB at the default capacity of
 * 31,250 blocks and 46 MB at most. The least recently used block of an endpoint is forgotten first, and within a prompt the
 * last one. An endpoint that leaves the pool or starts anew is forgotten at once.
 */
public final class PrefixIndex implements EndpointListener {

    /** Most blocks that are kept per endpoint, whatever its metrics say. */
    public static final int MAX_CAPACITY = 1 << 20;

    private static final class Slot {
        private volatile @Nullable EndpointPrefixes prefixes;
    }

    private final Map<String, Slot> slots = new ConcurrentHashMap<>();

    /**
     * Leading blocks of the request that the endpoint holds, added up over its prompts.
     *
     * @param blockTokens block size of the endpoint
     * @implNote O(prompts · log(held blocks))
     */
    public int matchedBlocks(String endpointId, PromptHashes hashes, int blockTokens) {
        Slot slot = slots.get(endpointId);
        EndpointPrefixes prefixes = slot == null ? null : slot.prefixes;
        if (prefixes == null || prefixes.blockTokens() != blockTokens) {
            return 0;
        }
        return prefixes.matches(hashes.chain(blockTokens));
    }

    /** A request that an endpoint holds blocks of. Keeps 8 bytes for each block of its prompts. */
    public static final class Held {
        private final EndpointPrefixes prefixes;
        private final HashChain chain;

        private Held(EndpointPrefixes prefixes, HashChain chain) {
            this.prefixes = prefixes;
            this.chain = chain;
        }

        /** The request has ended. @param answerTokens of all its answers, or less when it is not known */
        public void ended(int answerTokens) {
            prefixes.ended(chain, Math.max(0, answerTokens) / chain.blockTokens());
        }
    }

    /**
     * Takes note that the request goes to the endpoint; ignored when the endpoint is not in the pool.
     *
     * @param blockTokens block size of the endpoint; another one than before makes the endpoint forget everything
     * @param capacity blocks of that size that the endpoint can hold
     * @return what to tell of the end of the request, null when nothing was learnt
     */
    public @Nullable Held learn(String endpointId, PromptHashes hashes, int blockTokens, int capacity) {
        Slot slot = slots.get(endpointId);
        if (slot == null || hashes.blocks(blockTokens) == 0) {
            return null;
        }
        int bounded = Math.clamp(capacity, 1, MAX_CAPACITY);
        EndpointPrefixes prefixes = prefixes(slot, blockTokens, bounded);
        HashChain chain = hashes.chain(blockTokens);
        prefixes.learn(chain, bounded);
        return new Held(prefixes, chain);
    }

    private static EndpointPrefixes prefixes(Slot slot, int blockTokens, int capacity) {
        EndpointPrefixes prefixes = slot.prefixes;
        if (prefixes != null && prefixes.blockTokens() == blockTokens) {
            return prefixes;
        }
        synchronized (slot) {
            EndpointPrefixes current = slot.prefixes;
            if (current == null || current.blockTokens() != blockTokens) {
                current = new EndpointPrefixes(blockTokens, capacity);
                slot.prefixes = current;
            }
            return current;
        }
    }

    /** Blocks in the index. */
    public long size() {
        long size = 0;
        for (Slot slot : slots.values()) {
            EndpointPrefixes prefixes = slot.prefixes;
            size += prefixes == null ? 0 : prefixes.size();
        }
        return size;
    }

    /** Blocks that the endpoint is thought to hold. */
    public int size(String endpointId) {
        Slot slot = slots.get(endpointId);
        EndpointPrefixes prefixes = slot == null ? null : slot.prefixes;
        return prefixes == null ? 0 : prefixes.size();
    }

    @Override
    public void added(EndpointMetadata endpoint) {
        slots.put(endpoint.id(), new Slot());
    }

    @Override
    public void removed(EndpointMetadata endpoint) {
        slots.remove(endpoint.id());
    }

    @Override
    public void restarted(EndpointMetadata endpoint) {
        slots.put(endpoint.id(), new Slot());
    }
}
