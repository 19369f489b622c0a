package io.llmd.kv.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.event.StoredBlocks;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** A lane against the slow, obvious one: copies of each block per tier in a map. */
class LaneStatePropertyTest {

    private static final int PROMPT_BLOCKS = 12;
    private static final int BLOCK = 4;

    private final Map<String, Integer> copies = new HashMap<>();
    private final Set<Long> seen = new HashSet<>();

    @Property(tries = 200)
    void theIndexHoldsWhatTheEngineHolds(@ForAll long seed) {
        Random random = new Random(seed);
        PoolFixture pool = new PoolFixture();
        copies.clear();
        seen.clear();
        for (int step = 0; step < 150; step++) {
            int from = random.nextInt(PROMPT_BLOCKS);
            int count = 1 + random.nextInt(PROMPT_BLOCKS - from);
            StorageTier tier = StorageTier.of(random.nextInt(2));
            int action = random.nextInt(100);
            if (action < 50) {
                store(pool, from, count);
            } else if (action < 60) {
                credit(pool, from, count);
            } else if (action < 98) {
                remove(pool, tier, from, count);
            } else {
                pool.batch("a", LaneState::cleared);
                copies.clear();
                seen.clear();
            }
            assertThat(pool.query(PROMPT_BLOCKS * BLOCK)).as("step %d", step).isEqualTo(expected());
        }
    }

    private void store(PoolFixture pool, int from, int count) {
        if (from > 0 && !seen.contains(hash(from - 1))) {
            return;
        }
        StoredBlocks event = PoolFixture.event(
                from == 0 ? null : hash(from - 1),
                from * BLOCK + 1,
                (from + count) * BLOCK,
                IntStream.range(from, from + count)
                        .mapToLong(LaneStatePropertyTest::hash)
                        .toArray());
        pool.store("a", event);
        for (int i = from; i < from + count; i++) {
            seen.add(hash(i));
            copies.merge(StorageTier.GPU + " " + i, 1, Integer::sum);
        }
    }

    private void credit(PoolFixture pool, int from, int count) {
        pool.store(
                "a",
                PoolFixture.hashesOnly(
                        StorageTier.CPU,
                        IntStream.range(from, from + count)
                                .mapToLong(LaneStatePropertyTest::hash)
                                .toArray()));
        for (int i = from; i < from + count; i++) {
            if (seen.contains(hash(i))) {
                copies.merge(StorageTier.CPU + " " + i, 1, Integer::sum);
            }
        }
    }

    private void remove(PoolFixture pool, StorageTier tier, int from, int count) {
        pool.remove(
                "a",
                tier,
                IntStream.range(from, from + count)
                        .mapToLong(LaneStatePropertyTest::hash)
                        .toArray());
        for (int i = from; i < from + count; i++) {
            copies.computeIfPresent(tier + " " + i, (any, before) -> before == 1 ? null : before - 1);
        }
    }

    private String expected() {
        int matched = 0;
        while (copies.containsKey(StorageTier.GPU + " " + matched)
                || copies.containsKey(StorageTier.CPU + " " + matched)) {
            matched++;
        }
        return matched == 0 ? "" : "a:" + matched;
    }

    private static long hash(int block) {
        return 0x1234_5678_9abcL * (block + 1);
    }
}
