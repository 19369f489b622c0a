package io.llmd.simulator.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class HolderTablePropertyTest {

    @Property(tries = 20, seed = "20311")
    void answersAsAMapDoesWhileItGrowsAndForgets(
            @ForAll long seed, @ForAll @IntRange(min = 10, max = 60_000) int keys) {
        Random random = new Random(seed);
        HolderTable table = new HolderTable();
        Map<Long, Long> model = new HashMap<>();
        for (int i = 0; i < 200_000; i++) {
            long key = 1 + random.nextInt(keys) + (i / 50_000) * (long) keys;
            long bit = 1L << random.nextInt(4);
            if (random.nextInt(3) > 0) {
                table.add(key, bit);
                model.merge(key, bit, (a, b) -> a | b);
            } else {
                table.remove(key, bit);
                model.computeIfPresent(key, (any, bits) -> bits & ~bit);
            }
        }
        table.removeFromAll(2);

        model.forEach((key, bits) -> assertThat(table.get(key)).isEqualTo(bits & ~2));
        assertThat(table.get(-1)).isZero();
    }
}
