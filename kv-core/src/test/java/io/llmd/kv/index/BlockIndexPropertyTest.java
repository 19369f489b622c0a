package io.llmd.kv.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.event.StorageTier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** The index against the slow, obvious one: any order of stores, removals, clears, lanes coming and going. */
class BlockIndexPropertyTest {

    private static final int STEPS = 400;

    private final PrefixLookup lookup = new PrefixLookup();

    @Property(tries = 150)
    void answersAreThoseOfTheModel(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 70) int laneCount,
            @ForAll @IntRange(min = 1, max = 4) int tiers) {
        Random random = new Random(seed);
        BlockIndex index = new BlockIndex(IndexSettings.DEFAULT);
        ModelIndex model = new ModelIndex();
        List<IndexLane> lanes = new ArrayList<>();
        for (int i = 0; i < laneCount; i++) {
            lanes.add(index.addLane("lane-" + i, 0));
        }
        for (int step = 0; step < STEPS; step++) {
            int which = random.nextInt(lanes.size());
            IndexLane lane = lanes.get(which);
            String name = lane.endpoint();
            StorageTier tier = StorageTier.of(random.nextInt(tiers));
            long[] chain = chain(random);
            int from = random.nextInt(chain.length);
            int count = random.nextInt(chain.length - from) + 1;
            long[] part = Arrays.copyOfRange(chain, from, from + count);
            int action = random.nextInt(100);
            if (action < 55) {
                lane.stored(tier, 0, from == 0 ? 0 : chain[from - 1], chain, chain, from, count);
                model.store(name, tier, part);
            } else if (action < 90) {
                lane.removed(tier, 0, chain, from, count);
                model.remove(name, tier, part);
            } else if (action < 94) {
                int mask = random.nextInt(StorageTier.ALL + 1);
                lane.cleared(mask);
                model.clear(name, mask);
            } else if (action < 97) {
                index.removeLane(lane);
                model.drop(name);
                lanes.set(which, index.addLane("lane-" + laneCount + "-" + step, 0));
            } else {
                index.sweep();
            }
            long[] asked = chain(random);
            index.match(asked, asked.length, lookup);
            assertThat(ModelIndex.answers(lookup)).as("step %d", step).isEqualTo(model.match(asked, asked.length));
        }
        assertThat(index.memberships()).isEqualTo(model.memberships());
        lanes.forEach(index::removeLane);
        while (index.sweep()) {}
        assertThat(index.blocks()).isZero();
    }

    /** One of some prompts of a tree: block i of a prompt follows from its number's leading digits. */
    private static long[] chain(Random random) {
        int prompt = random.nextInt(27);
        int length = 1 + random.nextInt(40);
        long[] keys = new long[length];
        for (int i = 0; i < length; i++) {
            int branch = i < 5 ? 0 : i < 15 ? prompt % 3 : i < 25 ? prompt % 9 : prompt;
            keys[i] = (branch * 1_000L + i + 1) * 0x9E3779B97F4A7C15L;
        }
        return keys;
    }
}
