package io.llmd.simulator.engine;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The hashes of another hasher, remembered for prompts that come again as the same array. That is what workloads with a
 * fixed set of prompts send, to several engines perhaps, which can share this hasher if they share a thread. A prompt is
 * remembered from its second coming on, so that prompts of their own cost nothing but a look, and two prompts in one of
 * 16,384 places take turns. Not thread-safe.
 */
public final class RememberingBlockHasher implements BlockHasher {
    private static final int PLACES = 1 << 14;

    private final BlockHasher hasher;
    private final int blockTokens;
    private final int[] seen = new int[PLACES];
    private final @Nullable Prompt[] prompts = new @Nullable Prompt[PLACES];

    /** @param blockTokens tokens in one block */
    public RememberingBlockHasher(BlockHasher hasher, int blockTokens) {
        this.hasher = hasher;
        this.blockTokens = blockTokens;
    }

    @Override
    public Chain begin(EngineRequest request) {
        Prompt prompt = remembered(request);
        return prompt == null ? hasher.begin(request) : new KnownChain(request, prompt);
    }

    private @Nullable Prompt remembered(EngineRequest request) {
        if (!request.media().isEmpty()) {
            return null;
        }
        int identity = System.identityHashCode(request.prompt());
        int place = identity & PLACES - 1;
        Prompt prompt = prompts[place];
        if (prompt != null && prompt.isOf(request)) {
            return prompt;
        }
        if (seen[place] != identity) {
            seen[place] = identity;
            return null;
        }
        Prompt fresh = new Prompt(request, request.prompt().length / blockTokens);
        prompts[place] = fresh;
        return fresh;
    }

    /** Hashes of the full blocks of a prompt, as far as they were computed. */
    private static final class Prompt {
        private final EngineRequest first;
        private final long[] hashes;
        private int known;

        Prompt(EngineRequest first, int blocks) {
            this.first = first;
            hashes = new long[blocks];
        }

        boolean isOf(EngineRequest request) {
            return first.prompt() == request.prompt()
                    && Objects.equals(first.cacheSalt(), request.cacheSalt())
                    && Objects.equals(first.adapter(), request.adapter());
        }
    }

    private final class KnownChain implements Chain {
        private final EngineRequest request;
        private final Prompt prompt;
        private @Nullable Chain rest;
        private int block;

        KnownChain(EngineRequest request, Prompt prompt) {
            this.request = request;
            this.prompt = prompt;
        }

        @Override
        public long next(int[] tokens, int from) {
            if (rest == null && block < prompt.known) {
                return prompt.hashes[block++];
            }
            Chain computing = rest == null ? beginRest() : rest;
            rest = computing;
            long hash = computing.next(tokens, from);
            if (block == prompt.known && block < prompt.hashes.length) {
                prompt.hashes[block] = hash;
                prompt.known++;
            }
            block++;
            return hash;
        }

        @Override
        public int takeKnown(long[] hashes, int from) {
            if (rest != null) {
                return 0;
            }
            int count = Math.min(prompt.known - block, hashes.length - from);
            System.arraycopy(prompt.hashes, block, hashes, from, count);
            block += count;
            return count;
        }

        private Chain beginRest() {
            Chain chain = hasher.begin(request);
            if (block > 0 && !chain.skip(block, prompt.hashes[block - 1])) {
                for (int i = 0; i < block; i++) {
                    chain.next(request.prompt(), i * blockTokens);
                }
            }
            return chain;
        }
    }
}
