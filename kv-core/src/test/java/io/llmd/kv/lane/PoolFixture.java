package io.llmd.kv.lane;

import io.llmd.kv.event.RemovedBlocks;
import io.llmd.kv.event.StorageTier;
import io.llmd.kv.event.StoredBlocks;
import io.llmd.kv.index.BlockIndex;
import io.llmd.kv.index.IndexLane;
import io.llmd.kv.index.IndexSettings;
import io.llmd.kv.index.PrefixLookup;
import io.llmd.kv.key.KeyHasher;
import io.llmd.kv.key.KeyMode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Lanes of a pool over one index, with the common set-up of specs/kv-cache-index.md section 9. */
final class PoolFixture {

    static final long H0 = 2164874634404590027L;
    static final long H1 = -1176264011553262890L;
    static final long H2 = 333;
    static final long H3 = 444;

    private final KeyHasher hasher;
    private final int blockTokens;
    private final BlockIndex index = new BlockIndex(IndexSettings.DEFAULT);
    private final PrefixLookup lookup = new PrefixLookup();
    private final Map<String, LaneState> lanes = new LinkedHashMap<>();
    private final Map<String, IndexLane> indexed = new LinkedHashMap<>();
    private long now = 1_000;
    private long sequence;

    PoolFixture(KeyMode mode, int blockTokens) {
        hasher = KeyHasher.of(mode, "");
        this.blockTokens = blockTokens;
    }

    PoolFixture() {
        this(KeyMode.XXH64, 4);
    }

    LaneState lane(String name) {
        return lane(name, settings -> settings);
    }

    LaneState lane(String name, UnaryOperator<LaneSettings> change) {
        return lanes.computeIfAbsent(name, any -> {
            String[] parts = name.split("/");
            IndexLane lane = index.addLane(parts[0], parts.length > 1 ? Integer.parseInt(parts[1]) : 0);
            indexed.put(name, lane);
            return new LaneState(change.apply(LaneSettings.of(hasher, "m", blockTokens)), lane, this::keyOf);
        });
    }

    long unfollowedRules() {
        return index.unfollowedRules();
    }

    IndexLane indexed(String name) {
        return indexed.get(name);
    }

    private long keyOf(long hash) {
        return lanes.values().stream()
                .mapToLong(lane -> lane.keyOf(hash))
                .filter(key -> key != 0)
                .findFirst()
                .orElse(0);
    }

    void batch(String lane, Consumer<LaneState> events) {
        LaneState state = lane(lane);
        state.begin(now);
        events.accept(state);
        state.end(sequence, sequence++);
    }

    void pass(long millis) {
        now += millis;
        lanes.values().forEach(lane -> lane.tidy(now));
    }

    /** Tokens {@code first..last} in blocks of 4 after a parent; null for the beginning of a prompt. */
    void store(String lane, @Nullable Long parent, int first, int last, long... hashes) {
        batch(lane, state -> state.stored(event(parent, first, last, hashes)));
    }

    void store(String lane, StoredBlocks event) {
        batch(lane, state -> state.stored(event));
    }

    static StoredBlocks event(@Nullable Long parent, int first, int last, long... hashes) {
        StoredBlocks event = new StoredBlocks();
        event.hashes = hashes;
        event.hashCount = hashes.length;
        event.hasParent = parent != null;
        event.parent = parent == null ? 0 : parent;
        event.tokens = IntStream.rangeClosed(first, last).toArray();
        event.tokenCount = event.tokens.length;
        event.blockTokens = event.tokenCount / hashes.length;
        return event;
    }

    static StoredBlocks hashesOnly(StorageTier tier, long... hashes) {
        StoredBlocks event = new StoredBlocks();
        event.hashes = hashes;
        event.hashCount = hashes.length;
        event.tier = tier;
        return event;
    }

    void remove(String lane, long... hashes) {
        remove(lane, StorageTier.GPU, hashes);
    }

    void remove(String lane, StorageTier tier, long... hashes) {
        batch(lane, state -> state.removed(removal(tier, hashes)));
    }

    static RemovedBlocks removal(StorageTier tier, long... hashes) {
        RemovedBlocks event = new RemovedBlocks();
        event.hashes = hashes;
        event.hashCount = hashes.length;
        event.tier = tier;
        return event;
    }

    /** Answers such as {@code a:2 b:1}, for the prompt of tokens 1 to {@code tokens}. */
    String query(int tokens) {
        return query(IntStream.rangeClosed(1, tokens).toArray(), "m", null);
    }

    String query(int[] tokens, String model, String @Nullable [] firstExtras) {
        match(tokens, model, firstExtras);
        TreeSet<String> answers = new TreeSet<>();
        for (int i = lookup.first(); i >= 0; i = lookup.next(i)) {
            IndexLane lane = lookup.lane(i);
            answers.add(lane.endpoint() + (lane.rank() > 0 ? "/" + lane.rank() : "") + ":" + lookup.blocks(i));
        }
        return String.join(" ", answers);
    }

    /** Blocks of the only answer by tier, such as {@code gpu 2 cpu 1 disk 0 storage 0}. */
    String tiers(int tokens) {
        match(IntStream.rangeClosed(1, tokens).toArray(), "m", null);
        if (lookup.size() != 1) {
            return lookup.size() + " answers";
        }
        int at = lookup.first();
        return "gpu " + lookup.blocks(at, StorageTier.GPU) + " cpu " + lookup.blocks(at, StorageTier.CPU) + " disk "
                + lookup.blocks(at, StorageTier.DISK) + " storage " + lookup.blocks(at, StorageTier.STORAGE);
    }

    /** Blocks that each lane can reuse of those that it holds, such as {@code a:2/4}. */
    String reusable(int tokens) {
        match(IntStream.rangeClosed(1, tokens).toArray(), "m", null);
        TreeSet<String> answers = new TreeSet<>();
        for (int i = lookup.first(); i >= 0; i = lookup.next(i)) {
            answers.add(lookup.lane(i).endpoint() + ":" + lookup.reusableBlocks(i) + "/" + lookup.blocks(i));
        }
        return String.join(" ", answers);
    }

    private void match(int[] tokens, String model, String @Nullable [] firstExtras) {
        long[] keys = new long[tokens.length / blockTokens];
        long key = hasher.root(model);
        for (int i = 0; i < keys.length; i++) {
            key = hasher.next(key, tokens, i * blockTokens, blockTokens, i == 0 ? firstExtras : null);
            keys[i] = key;
        }
        index.match(keys, keys.length, lookup);
    }
}
