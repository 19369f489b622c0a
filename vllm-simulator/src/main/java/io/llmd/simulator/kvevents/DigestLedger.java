package io.llmd.simulator.kvevents;

import io.llmd.kv.hash.BlockHash;
import io.llmd.kv.hash.BlockHasher;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.hash.ExtraKeys;
import io.llmd.kv.hash.HashDomain;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds what events carry for the 64-bit ids that the engine works with. For one thread. */
public sealed interface DigestLedger {

    /** Events carry the ids. */
    DigestLedger IDS = new Ids();

    /** Events carry whole digests, which are kept as long as a block has them. */
    static DigestLedger whole(HashDomain domain, int blockTokens) {
        return new Whole(domain, blockTokens);
    }

    /** Hash of a block that was stored. */
    BlockHash hash(long id);

    /** Notes blocks that became findable. */
    BlockHashes store(@Nullable BlockHash parent, long[] ids, int[] tokens, List<ExtraKeys> extraKeys);

    /** Notes that one copy of a block is gone. */
    BlockHashes remove(long id);

    /** Notes that all blocks are gone. */
    void clear();

    /** Keeps nothing. */
    final class Ids implements DigestLedger {
        private Ids() {}

        @Override
        public BlockHash hash(long id) {
            return BlockHash.ofId(id);
        }

        @Override
        public BlockHashes store(@Nullable BlockHash parent, long[] ids, int[] tokens, List<ExtraKeys> extraKeys) {
            return BlockHashes.ofIds(ids);
        }

        @Override
        public BlockHashes remove(long id) {
            return BlockHashes.ofIds(id);
        }

        @Override
        public void clear() {
            // nothing is kept
        }
    }

    /** Computes each digest again from its block's tokens. */
    final class Whole implements DigestLedger {
        private final BlockHasher hasher;
        private final int blockTokens;
        private final Map<Long, Kept> kept = new HashMap<>();

        /** A digest and how many blocks have it. */
        private record Kept(byte[] digest, int copies) {}

        private Whole(HashDomain domain, int blockTokens) {
            hasher = domain.newHasher();
            this.blockTokens = blockTokens;
        }

        @Override
        public BlockHash hash(long id) {
            byte[] digest = digest(id);
            return BlockHash.of(digest, 0, digest.length);
        }

        private byte[] digest(long id) {
            Kept one = kept.get(id);
            if (one == null) {
                throw new IllegalStateException("block " + Long.toUnsignedString(id) + " was never stored");
            }
            return one.digest();
        }

        @Override
        public BlockHashes store(@Nullable BlockHash parent, long[] ids, int[] tokens, List<ExtraKeys> extraKeys) {
            int width = hasher.digestBytes();
            byte[] digests = new byte[width * ids.length];
            for (int i = 0; i < ids.length; i++) {
                int from = i * blockTokens;
                if (i > 0) {
                    hasher.next(
                            digests, (i - 1) * width, tokens, from, blockTokens, extraKeys.get(i), digests, i * width);
                } else if (parent == null) {
                    hasher.first(tokens, from, blockTokens, extraKeys.getFirst(), digests, 0);
                } else {
                    hasher.next(parent.digest(), 0, tokens, from, blockTokens, extraKeys.getFirst(), digests, 0);
                }
                byte[] digest = Arrays.copyOfRange(digests, i * width, (i + 1) * width);
                kept.merge(ids[i], new Kept(digest, 1), (old, _) -> new Kept(old.digest(), old.copies() + 1));
            }
            return BlockHashes.ofDigests(width, digests, 0, ids.length);
        }

        @Override
        public BlockHashes remove(long id) {
            byte[] digest = digest(id);
            kept.computeIfPresent(id, (_, one) -> one.copies() == 1 ? null : new Kept(one.digest(), one.copies() - 1));
            return BlockHashes.ofDigests(digest.length, digest, 0, 1);
        }

        @Override
        public void clear() {
            kept.clear();
        }
    }
}
