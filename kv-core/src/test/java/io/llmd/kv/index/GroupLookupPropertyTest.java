package io.llmd.kv.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.lane.GroupRule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** What other KV-cache groups let engines reuse, against all ends of all prefixes tried one after the other. */
class GroupLookupPropertyTest {

    private static final int STEPS = 200;
    private static final int[] RULES = {GroupRule.last(1), GroupRule.last(3), GroupRule.ALL, GroupRule.since(4)};

    /** One lane: what it holds, and what its groups hold by rule. */
    private static final class Model {
        private final Set<Long> blocks = new HashSet<>();
        private final Map<Integer, Set<Long>> byRule = new HashMap<>();

        int matched(long[] keys) {
            int matched = 0;
            while (matched < keys.length && blocks.contains(keys[matched])) {
                matched++;
            }
            return matched;
        }

        int reusable(long[] keys) {
            for (int end = matched(keys); end > 0; end--) {
                if (isReusable(keys, end)) {
                    return end;
                }
            }
            return 0;
        }

        private boolean isReusable(long[] keys, int end) {
            for (Map.Entry<Integer, Set<Long>> group : byRule.entrySet()) {
                for (int at = GroupRule.firstNeeded(group.getKey(), end); at < end; at++) {
                    if (!group.getValue().contains(keys[at])) {
                        return false;
                    }
                }
            }
            return true;
        }
    }

    private final PrefixLookup lookup = new PrefixLookup();

    @Property(tries = 100)
    void answersAreThoseOfTheModel(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 60) int laneCount,
            @ForAll @IntRange(min = 1, max = 4) int rules) {
        Random random = new Random(seed);
        BlockIndex index = new BlockIndex(IndexSettings.DEFAULT);
        List<IndexLane> lanes = new ArrayList<>();
        List<Model> models = new ArrayList<>();
        for (int i = 0; i < laneCount; i++) {
            lanes.add(index.addLane("lane-" + i, 0));
            models.add(new Model());
        }
        for (int step = 0; step < STEPS; step++) {
            int which = random.nextInt(laneCount);
            change(random, rules, lanes.get(which), models.get(which));
            long[] asked = chain(random);
            index.match(asked, asked.length, lookup);
            for (int i = 0; i < laneCount; i++) {
                int place = lookup.place(lanes.get(i));
                assertThat(place < 0 ? 0 : lookup.blocks(place))
                        .isEqualTo(models.get(i).matched(asked));
                assertThat(place < 0 ? 0 : lookup.reusableBlocks(place))
                        .as("lane %d in step %d", i, step)
                        .isEqualTo(models.get(i).reusable(asked));
            }
        }
    }

    private static void change(Random random, int rules, IndexLane lane, Model model) {
        long[] chain = chain(random);
        int from = random.nextInt(chain.length);
        int count = random.nextInt(chain.length - from) + 1;
        List<Long> part = Arrays.stream(chain, from, from + count).boxed().toList();
        int rule = RULES[random.nextInt(rules)];
        int action = random.nextInt(100);
        if (action < 45) {
            lane.stored(StorageTier.GPU, 0, from == 0 ? 0 : chain[from - 1], chain, chain, from, count);
            model.blocks.addAll(part);
            // As a lane tells again what its groups hold of blocks that come back.
            model.byRule.forEach((each, held) -> part.stream()
                    .filter(held::contains)
                    .forEach(key -> {
                        lane.stored(StorageTier.GPU, each, 0, new long[] {key}, new long[1], 0, 1);
                    }));
        } else if (action < 60) {
            lane.removed(StorageTier.GPU, 0, chain, from, count);
            part.forEach(model.blocks::remove);
        } else if (action < 85) {
            lane.stored(StorageTier.GPU, rule, 0, chain, chain, from, count);
            model.byRule.computeIfAbsent(rule, any -> new HashSet<>()).addAll(part);
        } else if (action < 98) {
            lane.removed(StorageTier.GPU, rule, chain, from, count);
            part.forEach(model.byRule.getOrDefault(rule, new HashSet<>())::remove);
        } else {
            lane.cleared(StorageTier.ALL);
            model.blocks.clear();
            model.byRule.clear();
        }
    }

    private static long[] chain(Random random) {
        int prompt = random.nextInt(4);
        long[] keys = new long[1 + random.nextInt(24)];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = ((i < 6 ? 0 : prompt) * 1_000L + i + 1) * 0x9E3779B97F4A7C15L;
        }
        return keys;
    }
}
