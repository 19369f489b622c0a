package io.llmd.kvindex.query;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.prefix.EndpointMatch;
import io.llmd.contracts.prefix.PrefixMatches;
import io.llmd.contracts.prefix.TierBlocks;
import io.llmd.contracts.prefix.TopPrefix;
import io.llmd.contracts.prefix.TopPrefixes;
import io.llmd.kv.event.StorageTier;
import io.llmd.kv.index.BlockIndex;
import io.llmd.kv.index.IndexLane;
import io.llmd.kv.index.PrefixLookup;
import io.llmd.kv.key.KeyHasher;
import io.llmd.kvindex.ingest.IndexedPool;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Answers queries from a pool's index. Safe from any thread. */
public final class PrefixMatcher {

    private static final Comparator<EndpointMatch> BEST_FIRST = Comparator.comparingDouble(EndpointMatch::score)
            .reversed()
            .thenComparing(EndpointMatch::endpoint)
            .thenComparing(EndpointMatch::rank);

    private final IndexedPool pool;
    private final KeyHasher hasher;
    private final int blockTokens;
    private final TierWeights weights;
    private final LookupListener listener;
    private final LongSupplier nanoClock;
    private final PopularPrefixes popular;

    /** @param hasher computes the keys that the pool's index knows */
    public PrefixMatcher(
            IndexedPool pool,
            KeyHasher hasher,
            int blockTokens,
            TierWeights weights,
            LookupListener listener,
            LongSupplier nanoClock) {
        this.pool = pool;
        this.hasher = hasher;
        this.blockTokens = blockTokens;
        this.weights = weights;
        this.listener = listener;
        this.nanoClock = nanoClock;
        popular = new PopularPrefixes(nanoClock.getAsLong());
    }

    PrefixMatches answer(PrefixQuery query) throws QueryException {
        BlockIndex index = index();
        if (query.hasTokens) {
            addKeys(query);
        }
        long begun = nanoClock.getAsLong();
        PrefixLookup lookup = query.lookup;
        index.match(query.keys, query.keyCount, lookup);
        List<EndpointMatch> matches = new ArrayList<>(lookup.size());
        int longest = 0;
        for (int at = lookup.first(); at >= 0; at = lookup.next(at)) {
            IndexLane lane = lookup.lane(at);
            boolean isAsked = query.candidates.isEmpty() || query.candidates.contains(lane.endpoint());
            if (isAsked && !pool.isReplaced(lane)) {
                matches.add(match(lookup, at, lane));
                longest = Math.max(longest, lookup.blocks(at));
            }
        }
        matches.sort(BEST_FIRST);
        long now = nanoClock.getAsLong();
        popular.count(query.keys, longest, now);
        listener.answered(query.keyNanos + now - begun, query.keyCount, longest);
        return new PrefixMatches(blockTokens, query.keyCount, matches);
    }

    /**
     * The beginnings of prompts that were asked for the most, and who holds them.
     *
     * @throws QueryException in a process that answers no queries
     */
    TopPrefixes top(int limit) throws QueryException {
        BlockIndex index = index();
        PrefixLookup lookup = new PrefixLookup();
        List<TopPrefix> prefixes = new ArrayList<>();
        for (PopularPrefixes.Popular each : popular.top(limit, nanoClock.getAsLong())) {
            prefixes.add(new TopPrefix(
                    HexFormat.of().toHexDigits(each.key()),
                    each.blocks(),
                    each.blocks() * blockTokens,
                    each.queries(),
                    each.overstatedBy(),
                    holders(index, each.key(), lookup)));
        }
        return new TopPrefixes(blockTokens, prefixes);
    }

    private List<String> holders(BlockIndex index, long key, PrefixLookup lookup) {
        index.match(new long[] {key}, 1, lookup);
        Set<String> holders = new TreeSet<>();
        for (int at = lookup.first(); at >= 0; at = lookup.next(at)) {
            IndexLane lane = lookup.lane(at);
            if (!pool.isReplaced(lane)) {
                holders.add(lane.endpoint());
            }
        }
        return List.copyOf(holders);
    }

    private BlockIndex index() throws QueryException {
        BlockIndex index = pool.index();
        if (index == null) {
            throw new QueryException(ErrorCode.NO_ENDPOINTS, "this process owns lanes and answers no queries");
        }
        return index;
    }

    /** Bytes of a block's tokens, four each. */
    int blockBytes() {
        return blockTokens * Integer.BYTES;
    }

    /** Computes the keys of all blocks of a query that has its tokens. */
    private void addKeys(PrefixQuery query) {
        int blocks = query.tokenCount / blockTokens;
        if (query.keyCount > 0 || blocks == 0) {
            return;
        }
        long begun = nanoClock.getAsLong();
        query.reserveKeys(blocks);
        query.keyCount = blocks;
        long parent = pool.root(query.model);
        String salt = salt(query);
        int salted = 0;
        if (salt != null) {
            parent = hasher.next(parent, query.tokens, 0, blockTokens, new String[] {salt});
            query.keys[0] = parent;
            salted = 1;
        }
        hasher.chain(parent, query.tokens, salted * blockTokens, blocks - salted, blockTokens, query.keys, salted);
        query.keyNanos += nanoClock.getAsLong() - begun;
    }

    /**
     * Computes keys of the next blocks of a query, whose tokens are bytes.
     *
     * @param tokens four bytes each, little-endian, those of so many blocks from a place on
     * @return negative if any token is
     */
    int addKeys(PrefixQuery query, ByteBuffer tokens, int from, int blocks) {
        long begun = nanoClock.getAsLong();
        int count = query.keyCount;
        query.reserveKeys(count + blocks);
        query.keyCount = count + blocks;
        long parent = count == 0 ? pool.root(query.model) : query.keys[count - 1];
        String salt = count == 0 ? salt(query) : null;
        int salted = 0;
        int any = 0;
        if (salt != null) {
            int[] first = new int[blockTokens];
            for (int i = 0; i < blockTokens; i++) {
                first[i] = tokens.getInt(from + i * Integer.BYTES);
                any |= first[i];
            }
            parent = hasher.next(parent, first, 0, blockTokens, new String[] {salt});
            query.keys[0] = parent;
            salted = 1;
        }
        any |= hasher.chain(
                parent, tokens, from + salted * blockBytes(), blocks - salted, blockTokens, query.keys, count + salted);
        query.keyNanos += nanoClock.getAsLong() - begun;
        return any;
    }

    private static @Nullable String salt(PrefixQuery query) {
        return query.salt == null || query.salt.isEmpty() ? null : query.salt;
    }

    private EndpointMatch match(PrefixLookup lookup, int at, IndexLane lane) {
        TierBlocks tiers = new TierBlocks(
                lookup.blocks(at, StorageTier.GPU),
                lookup.blocks(at, StorageTier.CPU),
                lookup.blocks(at, StorageTier.DISK),
                lookup.blocks(at, StorageTier.STORAGE));
        double trust = pool.trust(lane);
        int blocks = lookup.blocks(at);
        int reusable = lookup.reusableBlocks(at);
        double score = trust * worth(tiers, reusable);
        return new EndpointMatch(
                lane.endpoint(),
                lane.rank(),
                blocks,
                blocks * blockTokens,
                tiers,
                lookup.hostBlocks(at),
                score,
                trust,
                lane.isComplete(),
                reusable,
                EndpointMatch.reuse(blocks, reusable));
    }

    /** Which of the blocks are reused is not known by tier, so that the slowest count first. */
    private double worth(TierBlocks tiers, int reusable) {
        int storage = Math.min(reusable, tiers.storage());
        int disk = Math.min(reusable - storage, tiers.disk());
        int cpu = Math.min(reusable - storage - disk, tiers.cpu());
        int gpu = Math.min(reusable - storage - disk - cpu, tiers.gpu());
        return gpu * weights.gpu() + cpu * weights.cpu() + disk * weights.disk() + storage * weights.storage();
    }
}
