package io.llmd.simulator.kvevents;

import io.llmd.kv.hash.BlockHash;
import io.llmd.kv.hash.ExtraKeys;
import io.llmd.kv.hash.HashDomain;
import io.llmd.kv.hash.RequestExtraKeys;
import io.llmd.simulator.engine.BlockHasher;
import io.llmd.simulator.engine.EngineRequest;

/** Names blocks by the 64-bit ids of vLLM's block hashes, so that whoever knows the tokens can compute them. */
public final class VllmBlockHasher implements BlockHasher {
    private final HashDomain domain;
    private final int blockTokens;
    private final AdapterPaths paths;

    public VllmBlockHasher(HashDomain domain, int blockTokens, AdapterPaths paths) {
        this.domain = domain;
        this.blockTokens = blockTokens;
        this.paths = paths;
    }

    @Override
    public Chain begin(EngineRequest request) {
        return new DigestChain(RequestKeys.of(request, paths));
    }

    private final class DigestChain implements Chain {
        private final io.llmd.kv.hash.BlockHasher hasher = domain.newHasher();
        private final RequestExtraKeys extraKeys;
        private final byte[] digest = new byte[hasher.digestBytes()];
        private int position;

        DigestChain(RequestExtraKeys extraKeys) {
            this.extraKeys = extraKeys;
        }

        @Override
        public long next(int[] tokens, int from) {
            ExtraKeys keys = extraKeys.forBlock(position, blockTokens);
            if (position == 0) {
                hasher.first(tokens, from, blockTokens, keys, digest, 0);
            } else {
                hasher.next(digest, 0, tokens, from, blockTokens, keys, digest, 0);
            }
            position += blockTokens;
            return BlockHash.id(digest, 0, digest.length);
        }
    }
}
