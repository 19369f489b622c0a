package io.llmd.lab.result;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class SharedLruPropertyTest {

    @Property(tries = 200, seed = "1")
    void holdsWhatAListOfTheLastUsesHolds(
            @ForAll @Size(max = 40) List<@Size(max = 6) List<@IntRange(max = 12) Integer>> prompts,
            @ForAll @IntRange(min = 1, max = 10) int capacity) {
        SharedLru lru = new SharedLru(capacity);
        List<Long> model = new ArrayList<>();
        for (List<Integer> prompt : prompts) {
            long[] blocks =
                    prompt.stream().distinct().mapToLong(Integer::longValue).toArray();
            int expected = 0;
            while (expected < blocks.length && model.contains(blocks[expected])) {
                expected++;
            }
            assertThat(lru.take(blocks)).isEqualTo(expected);
            List<Long> used = new ArrayList<>();
            for (long block : blocks) {
                used.add(block);
            }
            Collections.reverse(used);
            model.removeAll(used);
            model.addAll(used);
            model = new ArrayList<>(model.subList(Math.max(0, model.size() - capacity), model.size()));
        }
    }
}
