package io.llmd.scheduler.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class LruHashSetPropertyTest {

    @Property(tries = 300)
    void behavesAsALinkedHashSetThatForgetsItsEldest(
            @ForAll @Size(max = 400) List<@LongRange(min = 0, max = 60) Long> hashes,
            @ForAll @IntRange(min = 1, max = 40) int capacity,
            @ForAll @IntRange(min = 1, max = 40) int laterCapacity) {
        LruHashSet set = new LruHashSet(capacity);
        LinkedHashSet<Long> model = new LinkedHashSet<>();
        for (int i = 0; i < hashes.size(); i++) {
            if (i == hashes.size() / 2) {
                set.resize(laterCapacity);
                trim(model, laterCapacity);
            }
            // Multiples of 64 share their home cells in small tables, so that probing and gap closing are tried.
            long hash = hashes.get(i) * 64;
            set.add(hash);
            model.remove(hash);
            model.add(hash);
            trim(model, set.capacity());
        }
        assertThat(set.size()).isEqualTo(model.size());
        for (long hash = 0; hash <= 60; hash++) {
            assertThat(set.contains(hash * 64)).isEqualTo(model.contains(hash * 64));
        }
    }

    @Test
    void staysCorrectOverManyEvictions() {
        LruHashSet set = new LruHashSet(1000);
        LinkedHashSet<Long> model = new LinkedHashSet<>();
        Random random = new Random(7);
        for (int i = 0; i < 50_000; i++) {
            long hash = random.nextInt(3000) * 0x9e3779b97f4a7c15L;
            set.add(hash);
            model.remove(hash);
            model.add(hash);
            trim(model, 1000);
        }
        assertThat(set.size()).isEqualTo(1000);
        assertThat(model).allMatch(set::contains);
    }

    private static void trim(Set<Long> model, int capacity) {
        while (model.size() > capacity) {
            model.remove(model.iterator().next());
        }
    }
}
